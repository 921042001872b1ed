//! How many URLs a second one core signs: cospass, the official Python SDK and the bare hashing, in
//! the same run, round by round.
//!
//! ```text
//! cospass-bench PYTHON SCRIPT OUT      (`make bench` knows the three)
//! ```
//!
//! `cospass-bench instructions FILE [write]` counts instructions instead of seconds ([`instructions`]).
//!
//! `PYTHON SCRIPT` is the Python SDK's side ([`python`]), `OUT` the JSON file ([`report`]). Nothing is
//! measured before each workload's output equals that of the SDK.

#![allow(clippy::print_stdout, reason = "the table is this program's output")]

mod check;
mod cpu;
mod floor;
mod instructions;
mod measure;
mod ours;
mod python;
mod received;
mod report;
mod workload;

use std::error::Error;
use std::path::{Path, PathBuf};

use python::Python;
use report::Report;
use workload::Workload;

/// How often each tool runs each workload, and for how many seconds of processor time.
const ROUNDS: usize = 7;
const SLICE_SECONDS: f64 = 0.35;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["instructions", file] => return instructions::compare(Path::new(file), false),
        ["instructions", file, "write"] => return instructions::compare(Path::new(file), true),
        ["run", case, times] => return instructions::run(case, times.parse()?),
        _ => {}
    }
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(interpreter), Some(script), Some(out)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: cospass-bench PYTHON SCRIPT OUT".into());
    };
    // Before the interpreter starts, so that it runs on the same core.
    let core = cpu::pin();
    let mut python = Python::start(&interpreter, &script)?;
    let workloads = Workload::all();
    for workload in &workloads {
        check::equal_to_python(workload, &mut python)?;
    }
    println!("Each output equals that of {}. Measuring…", python.version());

    let mut report = Report::new(core, python.version());
    for _ in 0..ROUNDS {
        for workload in &workloads {
            for (tool, urls_per_second) in measure::round(workload, &mut python)? {
                report.add(workload, tool, urls_per_second);
            }
        }
    }
    println!("{report}");
    report.write(&out)?;
    println!("{} has the same as JSON.", out.display());
    Ok(())
}
