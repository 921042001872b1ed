//! Large transfers over one connection. The endpoint's uploads are on the disk when they are answered; those of nginx are
//! in the system's memory. What the disk itself takes is measured beside them.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use crate::http::{Connection, noise};
use crate::report::{Better, Report, Tool};
use crate::server::{Cospass, Nginx};
use crate::{LARGE, Outcome, ROUNDS};

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
        let target = cospass.target("PUT", KEY)?;
        add(put, Tool::Cospass, rate(|| upload(cospass.address, &target, &piece))?);
        let target = cospass.target("GET", KEY)?;
        add(get, Tool::Cospass, rate(|| download(cospass.address, &target))?);
        if let Some(nginx) = nginx {
            let target = format!("/{KEY}");
            add(
                "PUT 256 MiB, not durable",
                Tool::Nginx,
                rate(|| upload(nginx.address, &target, &piece))?,
            );
            add(get, Tool::Nginx, rate(|| download(nginx.address, &target))?);
        }
    }
    report.memory("memory after 256 MiB", Tool::Cospass, cospass.process.memory());
    report.memory("memory after 256 MiB", Tool::Nginx, nginx.and_then(|it| it.process.memory()));
    Ok(())
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
