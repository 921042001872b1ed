//! Small downloads under load: wrk asks for 64 objects in turn, over 32 and over 256 connections that are kept. Requests per
//! second, the time within which 99 of 100 are answered, and the processor time that each takes the server: the first two
//! depend on what else the machine does, the last one less.

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
                let process = match (tool, nginx) {
                    (Tool::Nginx, Some(nginx)) => &nginx.process,
                    _ => &cospass.process,
                };
                let before = process.processor_time();
                let ran = run(&wrk, connections, *address, script)?;
                let title = format!("GET {size}, {connections} connections");
                report.add(&title, *tool, "requests/s", Better::More, ran.per_second);
                report.add(&format!("{title}, p99"), *tool, "ms", Better::Less, ran.p99);
                if let (Some(before), Some(after)) = (before, process.processor_time()) {
                    let each = after.saturating_sub(before).as_secs_f64() / ran.requests;
                    let title = format!("{title}, processor");
                    report.add(&title, *tool, "µs/request", Better::Less, each * 1e6);
                }
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

/// What wrk tells.
struct Ran {
    requests: f64,
    per_second: f64,
    /// In milliseconds.
    p99: f64,
}

/// Runs wrk; an answer that is no success is an error.
fn run(wrk: &Path, connections: usize, address: SocketAddr, script: &Path) -> Outcome<Ran> {
    let output = Command::new(wrk)
        .args([
            "-t",
            "2",
            "-c",
            &connections.to_string(),
            "-d",
            &format!("{SECONDS}s"),
            "--latency",
            "-s",
        ])
        .arg(script)
        .arg(format!("http://{address}/"))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(format!("wrk met errors: {text}").into());
    }
    let line = |has: &str| text.lines().map(str::trim).find(|line| line.contains(has));
    let word = |has: &str, number: usize| {
        let word = line(has).and_then(|line| line.split_whitespace().nth(number));
        word.ok_or_else(|| format!("wrk said {text}"))
    };
    Ok(Ran {
        requests: word("requests in", 0)?.parse()?,
        per_second: word("Requests/sec:", 1)?.parse()?,
        p99: milliseconds(word("99%", 1)?).ok_or_else(|| format!("wrk said {text}"))?,
    })
}

/// Reads a time as wrk writes it: `870.00us`, `1.23ms`, `1.02s`.
fn milliseconds(text: &str) -> Option<f64> {
    let (number, factor) = match text {
        text if text.ends_with("us") => (text.strip_suffix("us")?, 1e-3),
        text if text.ends_with("ms") => (text.strip_suffix("ms")?, 1.0),
        text => (text.strip_suffix('s')?, 1e3),
    };
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_wrk_writes_them() {
        let times = ["870.00us", "1.23ms", "1.02s"].map(|text| milliseconds(text).unwrap());
        assert_eq!(times, [0.87, 1.23, 1020.0]);
        assert_eq!(milliseconds("1.02"), None);
    }
}
