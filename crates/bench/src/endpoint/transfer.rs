//! Large transfers over one connection. The endpoint's uploads are on the disk when they are answered; those of nginx are
//! in the system's memory. What the disk itself takes, and what the bare hash takes, is measured beside them.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use md5_stream::Md5;

use crate::http::{Connection, noise};
use crate::report::{Better, Report, Tool};
use crate::server::{Cospass, Nginx, Process};
use crate::{LARGE, Outcome, ROUNDS, parts};

const KEY: &str = "large.bin";

pub(crate) fn measure(
    cospass: &Cospass,
    nginx: Option<&Nginx>,
    folder: &Path,
    report: &mut Report,
) -> Outcome<()> {
    let piece = noise(1 << 20);
    for round in 0..ROUNDS {
        eprintln!("large transfers, round {} of {ROUNDS}", round + 1);
        let mut add = |title, tool, rate| report.add(title, tool, "MB/s", Better::More, rate);
        let (put, get) = ("PUT 256 MiB, durable", "GET 256 MiB");
        add(put, Tool::Disk, to_disk(&folder.join("floor"), &piece)?);
        add(put, Tool::Md5, rate(|| hash(&piece))?);
        let target = cospass.target("PUT", KEY)?;
        add(put, Tool::Cospass, rate(|| upload(cospass.address, &target, &piece))?);
        let in_parts = format!("PUT 256 MiB in {} parts at once, durable", parts::PARTS);
        add(&in_parts, Tool::Cospass, rate(|| parts::upload(cospass, "parts.bin", &piece))?);
        let target = cospass.target("GET", KEY)?;
        let before = cospass.process.processor_time();
        add(get, Tool::Cospass, rate(|| download(cospass.address, &target))?);
        let ours = processor_time(&cospass.process, before);
        if let Some(nginx) = nginx {
            let target = format!("/{KEY}");
            add(
                "PUT 256 MiB, not durable",
                Tool::Nginx,
                rate(|| upload(nginx.address, &target, &piece))?,
            );
            let before = nginx.process.processor_time();
            add(get, Tool::Nginx, rate(|| download(nginx.address, &target))?);
            let theirs = processor_time(&nginx.process, before);
            let title = "GET 256 MiB, processor";
            for (tool, taken) in [(Tool::Cospass, ours), (Tool::Nginx, theirs)] {
                if let Some(taken) = taken {
                    report.add(title, tool, "ms", Better::Less, taken);
                }
            }
        }
    }
    report.memory("memory after 256 MiB", Tool::Cospass, cospass.process.memory());
    report.memory("memory after 256 MiB", Tool::Nginx, nginx.and_then(|it| it.process.memory()));
    Ok(())
}

/// The processor time since then, in milliseconds.
fn processor_time(process: &Process, before: Option<Duration>) -> Option<f64> {
    Some(process.processor_time()?.saturating_sub(before?).as_secs_f64() * 1e3)
}

/// Megabytes (10⁶) a second.
fn rate(transfer: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let started = Instant::now();
    transfer()?;
    Ok(LARGE as f64 / 1e6 / started.elapsed().as_secs_f64())
}

fn upload(address: std::net::SocketAddr, target: &str, piece: &[u8]) -> Outcome<()> {
    match Connection::open(address)?.put(target, piece, LARGE)? {
        200 | 201 | 204 => Ok(()),
        status => Err(format!("an upload is answered with {status}").into()),
    }
}

fn download(address: std::net::SocketAddr, target: &str) -> Outcome<()> {
    match Connection::open(address)?.get(target, |_| {})? {
        (200, length) if length == LARGE as u64 => Ok(()),
        (status, length) => Err(format!("a download is answered with {status}, {length}").into()),
    }
}

/// The bare hash, which no upload can be faster than.
fn hash(piece: &[u8]) -> Outcome<()> {
    let mut md5 = Md5::new();
    for _ in 0..LARGE / piece.len() {
        md5.update(piece);
    }
    std::hint::black_box(md5.finish());
    Ok(())
}

/// The bare file: written, and waited for.
fn to_disk(path: &Path, piece: &[u8]) -> Outcome<f64> {
    let rate = rate(|| {
        let mut file = File::create(path)?;
        for _ in 0..LARGE / piece.len() {
            file.write_all(piece)?;
        }
        Ok(file.sync_data()?)
    });
    fs::remove_file(path)?;
    rate
}
