//! How fast the endpoint is, beside nginx that serves the same files without looking at a signature.
//!
//! ```text
//! cospass-bench-endpoint COSPASS OUT [PART …]      (`make bench-endpoint` knows the first two)
//! ```
//!
//! `COSPASS` is the command, `OUT` the JSON file ([`report`]), `PART` what of it is to be measured, if not all: `downloads`,
//! small ones, loaded by wrk ([`load`]); `uploads`, small ones over some connections ([`uploads`]); `transfers`, large ones, over
//! one connection, and in parts over several ([`transfer`], [`parts`]). All servers run at the same time and take turns, round by round, so that
//! what else the machine does falls on each alike. A tool that is not installed is told as not run.
//!
//! Before anything is measured, every server has to give the right bytes, and the endpoint has to refuse a changed URL.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the table is this program's output")]

mod http;
mod load;
mod parts;
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

/// What can be measured by itself.
const PARTS: [&str; 3] = ["downloads", "uploads", "transfers"];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(command), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: cospass-bench-endpoint COSPASS OUT [PART …]".into());
    };
    let parts: Vec<PathBuf> = arguments.collect();
    if let Some(part) =
        parts.iter().find(|part| !PARTS.iter().any(|name| part.as_os_str() == *name))
    {
        return Err(format!("{}: a part is one of {}", part.display(), PARTS.join(", ")).into());
    }
    let folder = out.with_extension("data");
    clear(&folder)?;
    let is_wanted =
        |name: &str| parts.is_empty() || parts.iter().any(|part| part.as_os_str() == name);
    let report = measure(&command, &folder, is_wanted);
    clear(&folder)?;
    let report = report?;
    println!("{report}");
    report.write(&out)?;
    println!("{} has the same as JSON.", out.display());
    Ok(())
}

fn measure(command: &Path, folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Outcome<Report> {
    let cospass = Cospass::start(command, &folder.join("cospass"))?;
    let nginx = Nginx::start(&folder.join("nginx"))?;
    let mut report = Report::new(nginx.is_some(), load::is_installed());
    if is_wanted("downloads") {
        load::measure(&cospass, nginx.as_ref(), folder, &mut report)?;
    }
    if is_wanted("uploads") {
        uploads::measure(&cospass, folder, &mut report)?;
    }
    drop((cospass, nginx));
    if !is_wanted("transfers") {
        return Ok(report);
    }
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
