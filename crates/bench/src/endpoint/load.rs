//! Small downloads under load: wrk asks for 64 objects in turn, over 32 and over 256 connections that are kept.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::http::{Connection, fetch, noise};
use crate::report::{Better, Report, Tool};
use crate::server::{Cospass, Nginx, find};
use crate::{Outcome, ROUNDS};

const OBJECTS: usize = 64;
const SIZES: [(usize, &str); 2] = [(1 << 10, "1 KiB"), (64 << 10, "64 KiB")];
const CONNECTIONS: [usize; 2] = [32, 256];
const SECONDS: usize = 3;

pub(crate) fn is_installed() -> bool {
    find("wrk").is_some()
}

pub(crate) fn measure(
    cospass: &Cospass,
    nginx: Option<&Nginx>,
    folder: &Path,
    report: &mut Report,
) -> Outcome<()> {
    report.memory("memory at rest", Tool::Cospass, cospass.process.memory());
    report.memory("memory at rest", Tool::Nginx, nginx.and_then(|it| it.process.memory()));
    let Some(wrk) = find("wrk") else { return Ok(()) };
    let mut turns = Vec::new();
    for (size, name) in SIZES {
        let keys: Vec<_> = (0..OBJECTS).map(|index| format!("{size}-{index}.bin")).collect();
        let content = noise(size);
        let ours = prepare_cospass(cospass, &keys, &content)?;
        turns.push((Tool::Cospass, name, cospass.address, script(folder, "cospass", size, &ours)?));
        if let Some(nginx) = nginx {
            let theirs: Vec<_> = keys.iter().map(|key| format!("/{key}")).collect();
            for key in &keys {
                fs::write(nginx.files.join(key), &content)?;
            }
            check(nginx.address, &theirs, &content)?;
            let script = script(folder, "nginx", size, &theirs)?;
            turns.push((Tool::Nginx, name, nginx.address, script));
        }
    }
    for round in 0..ROUNDS {
        eprintln!("small downloads, round {} of {ROUNDS}", round + 1);
        for connections in CONNECTIONS {
            for (tool, size, address, script) in &turns {
                let title = format!("GET {size}, {connections} connections");
                let requests = run(&wrk, connections, *address, script)?;
                report.add(&title, *tool, "requests/s", Better::More, requests);
            }
        }
    }
    let title = "memory after 256 connections";
    report.memory(title, Tool::Cospass, cospass.process.memory());
    report.memory(title, Tool::Nginx, nginx.and_then(|it| it.process.memory()));
    Ok(())
}

/// Uploads the objects; gives the pre-signed targets that download them.
fn prepare_cospass(cospass: &Cospass, keys: &[String], content: &[u8]) -> Outcome<Vec<String>> {
    let mut connection = Connection::open(cospass.address)?;
    for key in keys {
        let status = connection.put(&cospass.target("PUT", key)?, content, content.len())?;
        if status != 200 {
            return Err(format!("PUT {key}: {status}").into());
        }
    }
    let targets: Outcome<Vec<_>> = keys.iter().map(|key| cospass.target("GET", key)).collect();
    let targets = targets?;
    check(cospass.address, &targets, content)?;
    let changed = targets.first().ok_or("no keys")?.replacen("-0.bin", "-1.bin", 1);
    match Connection::open(cospass.address)?.get(&changed, |_| {})? {
        (403, _) => Ok(targets),
        (status, _) => Err(format!("a changed URL is answered with {status}").into()),
    }
}

fn check(address: SocketAddr, targets: &[String], content: &[u8]) -> Outcome<()> {
    for target in targets {
        if fetch(address, target)? != content {
            return Err(format!("{target} has another content").into());
        }
    }
    Ok(())
}

/// A script of wrk that asks for the targets in turn. The requests are written once, so that wrk costs the same for both.
fn script(
    folder: &Path,
    server: &str,
    size: usize,
    targets: &[String],
) -> Outcome<std::path::PathBuf> {
    let paths: String = targets.iter().map(|target| format!("  \"{target}\",\n")).collect();
    let text = format!(
        "local paths = {{\n{paths}}}\nlocal requests, at = {{}}, 0\n\
         function init(args)\n  for i, path in ipairs(paths) do requests[i] = wrk.format(\"GET\", path) end\nend\n\
         function request()\n  at = at % #requests + 1\n  return requests[at]\nend\n"
    );
    let path = folder.join(format!("{server}-{size}.lua"));
    fs::write(&path, text)?;
    Ok(path)
}

/// Requests per second; an answer that is no success is an error.
fn run(wrk: &Path, connections: usize, address: SocketAddr, script: &Path) -> Outcome<f64> {
    let output = Command::new(wrk)
        .args(["-t", "2", "-c", &connections.to_string(), "-d", &format!("{SECONDS}s"), "-s"])
        .arg(script)
        .arg(format!("http://{address}/"))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(format!("wrk met errors: {text}").into());
    }
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    Ok(line.ok_or_else(|| format!("wrk said {text}"))?.trim().parse()?)
}
