//! A page of a listing, out of few keys and out of many: it is to take as long.

use std::path::Path;
use std::thread;
use std::time::Instant;

use crate::http::{Connection, noise};
use crate::report::{Better, Report, Tool};
use crate::server::Cospass;
use crate::{Outcome, ROUNDS};

const FEW: usize = 10_000;
const MANY: usize = 1_000_000;

/// How many connections fill the bucket.
const WRITERS: usize = 8;

/// How many pages make one measurement.
const PAGES: usize = 40;

pub(crate) fn measure(command: &Path, data: &Path, report: &mut Report) -> Outcome<()> {
    // Nothing of what is filled in has to outlast this program.
    let cospass = Cospass::start(command, data, &["--no-sync"])?;
    let mut there = 0;
    for (keys, title) in
        [(FEW, "list 1000 keys, of 10 thousand"), (MANY, "list 1000 keys, of 1 million")]
    {
        eprintln!("filling a bucket with {keys} keys");
        fill(&cospass, there, keys)?;
        there = keys;
        for _ in 0..ROUNDS {
            report.add(title, Tool::Cospass, "ms", Better::Less, page(&cospass, keys)?);
        }
    }
    report.memory("memory with 1 million keys", Tool::Cospass, cospass.process.memory());
    Ok(())
}

fn key(index: usize) -> String {
    format!("folder/{index:09}.jpg")
}

fn fill(cospass: &Cospass, from: usize, to: usize) -> Outcome<()> {
    let content = noise(16);
    // What a thread fails with has to be text: other errors stay where they are made.
    let write = |first: usize| -> Result<(), String> {
        let told = |error: Box<dyn std::error::Error>| error.to_string();
        let mut connection = Connection::open(cospass.address).map_err(told)?;
        for index in (first..to).step_by(WRITERS) {
            let target = cospass.target("PUT", &key(index), &[]).map_err(told)?;
            match connection.put(&target, &content, content.len()).map_err(told)? {
                200 => {}
                status => return Err(format!("PUT: {status}")),
            }
        }
        Ok(())
    };
    let write = &write;
    thread::scope(|scope| {
        let start = |writer: usize| scope.spawn(move || write(from + writer));
        let writers: Vec<_> = (0..WRITERS).map(start).collect();
        writers.into_iter().try_for_each(|writer| {
            writer.join().unwrap_or_else(|_| Err("a writer failed".to_owned()))
        })
    })?;
    Ok(())
}

/// Milliseconds that a page takes, which lies in the middle of the keys; the median of some.
fn page(cospass: &Cospass, keys: usize) -> Outcome<f64> {
    let marker = key(keys / 2);
    let target = cospass.target("GET", "/", &[("marker", &marker), ("max-keys", "1000")])?;
    let mut connection = Connection::open(cospass.address)?;
    let mut times = Vec::new();
    for _ in 0..PAGES {
        let mut found = 0;
        let started = Instant::now();
        let (status, _) = connection.get(&target, |piece| found += piece.len())?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
        if status != 200 || found < 100_000 {
            return Err(format!("a listing is answered with {status}, {found} bytes").into());
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(PAGES / 2).copied().unwrap_or(f64::NAN))
}
