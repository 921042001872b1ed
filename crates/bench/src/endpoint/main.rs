//! How fast the endpoint is, beside nginx that serves the same files without looking at a signature.
//!
//! ```text
//! cospass-bench-endpoint COSPASS OUT      (`make bench-endpoint` knows both)
//! ```
//!
//! `COSPASS` is the command, `OUT` the JSON file ([`report`]). Small downloads are loaded by wrk ([`load`]),
//! large ones and large uploads by one connection of this program ([`transfer`]), small uploads by some ([`uploads`]). All servers run at the same time and take turns, round by round, so that
//! what else the machine does falls on each alike. A tool that is not installed is told as not run.
//!
//! Before anything is measured, every server has to give the right bytes, and the endpoint has to refuse a changed URL.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the table is this program's output")]

mod http;
mod load;
mod report;
mod server;
mod transfer;
mod uploads;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use report::Report;
use server::{Cospass, Nginx};

/// How often each server has each turn.
const ROUNDS: usize = 5;

/// What a large transfer moves.
const LARGE: usize = 256 << 20;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(command), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: cospass-bench-endpoint COSPASS OUT".into());
    };
    let folder = out.with_extension("data");
    clear(&folder)?;
    let report = measure(&command, &folder);
    clear(&folder)?;
    let report = report?;
    println!("{report}");
    report.write(&out)?;
    println!("{} has the same as JSON.", out.display());
    Ok(())
}

fn measure(command: &Path, folder: &Path) -> Outcome<Report> {
    let cospass = Cospass::start(command, &folder.join("cospass"))?;
    let nginx = Nginx::start(&folder.join("nginx"))?;
    let mut report = Report::new(nginx.is_some(), load::is_installed());
    load::measure(&cospass, nginx.as_ref(), folder, &mut report)?;
    uploads::measure(&cospass, folder, &mut report)?;
    drop((cospass, nginx));
    // What they hold after large transfers is not to be what many small ones left them with.
    let cospass = Cospass::start(command, &folder.join("cospass"))?;
    let nginx = Nginx::start(&folder.join("nginx"))?;
    transfer::measure(&cospass, nginx.as_ref(), folder, &mut report)?;
    Ok(report)
}

/// Removes what an earlier run has left.
fn clear(folder: &Path) -> Outcome<()> {
    match fs::remove_dir_all(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}
