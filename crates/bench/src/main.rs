//! How many URLs a second one core signs: cospass, other tools and the bare hashing, in the same run, round by round.
//!
//! ```text
//! cospass-bench PEERS OUT      (`make bench-sign` knows the two)
//! ```
//!
//! `cospass-bench instructions FILE [write]` counts instructions instead of seconds ([`instructions`]).
//!
//! `PEERS` is the list of the other tools ([`peer`]), `OUT` the JSON file ([`report`]). Nothing is measured before the output of
//! each tool was verified, and ours was found equal to that of the official Python SDK.

#![allow(clippy::print_stdout, reason = "the table is this program's output")]

mod batches;
mod check;
mod cpu;
mod floor;
mod instructions;
mod measure;
mod ours;
mod peer;
mod received;
mod report;
mod workload;

use std::error::Error;
use std::path::{Path, PathBuf};

use peer::Listed;
use report::Report;
use serde_json::json;
use workload::Workload;

/// How often each tool runs each workload, and for how many seconds of processor time.
const ROUNDS: usize = 7;
const SLICE_SECONDS: f64 = 0.15;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["instructions", file] => return instructions::compare(Path::new(file), false),
        ["instructions", file, "write"] => return instructions::compare(Path::new(file), true),
        ["run", case, times] => return instructions::run(case, times.parse()?),
        _ => {}
    }
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(peers), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: cospass-bench PEERS OUT".into());
    };
    println!("Threads…");
    let threads = batches::threads()?;
    // Before the others start, so that they run on the same core.
    let core = cpu::pin();
    let lengths = batches::lengths()?;
    let mut peers = Listed::start_all(&peers)?;
    let workloads = Workload::all();
    let mut report = Report::new(core, json!({ "threads": threads, "lengths": lengths }));
    for listed in &mut peers {
        let Ok(peer) = &mut listed.peer else { continue };
        let mut conventions = Vec::new();
        for workload in &workloads {
            if let Some(reason) = peer.cannot(workload) {
                conventions.push(format!("not run: {reason}"));
                continue;
            }
            conventions.push(check::holds(workload, peer)?);
            if listed.name == PYTHON {
                check::equal_to_python(workload, peer)?;
            }
        }
        println!("{}: each signature holds ({}).", peer.version(), conventions.join("; "));
        report.conventions.push((listed.name.clone(), conventions));
    }
    println!("Measuring…");
    for _ in 0..ROUNDS {
        for workload in &workloads {
            for (tool, urls_per_second) in measure::round(workload, &mut peers)? {
                report.add(workload, tool, urls_per_second);
            }
        }
    }
    report.end(&peers);
    println!("{report}");
    report.write(&out)?;
    println!("{} has the same as JSON.", out.display());
    Ok(())
}

/// The one whose output is to be the same text as ours.
const PYTHON: &str = "python-sdk";
