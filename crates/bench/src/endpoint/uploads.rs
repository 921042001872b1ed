//! Small uploads, each on the disk when it is answered, over one connection and over 64 that take turns with what the bare
//! disk does; and how much memory 256 uploads take that come at the same time.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use crate::http::{Connection, noise};
use crate::report::{Better, Report, Tool};
use crate::server::Cospass;
use crate::{Outcome, ROUNDS};

/// A small upload, in bytes, over how many connections, and for how long.
const SMALL: usize = 1 << 10;
const CONNECTIONS: [usize; 2] = [1, 64];
const TIME: Duration = Duration::from_secs(2);

/// How many uploads come at the same time to take memory, and of how many bytes.
const MANY: usize = 256;
const LARGER: usize = 4 << 20;

pub(crate) fn measure(cospass: &Cospass, folder: &Path, report: &mut Report) -> Outcome<()> {
    let piece = noise(1 << 20);
    for round in 0..ROUNDS {
        eprintln!("small uploads, round {} of {ROUNDS}", round + 1);
        for connections in CONNECTIONS {
            let s = if connections == 1 { "" } else { "s" };
            let title = format!("PUT 1 KiB, durable, {connections} connection{s}");
            let mut add = |tool, rate| report.add(&title, tool, "requests/s", Better::More, rate);
            if connections == 1 {
                add(Tool::Disk, to_disk(&folder.join("floor"), &piece)?);
            }
            let before = cospass.process.processor_time();
            let (count, rate) = small(cospass, connections, round, &piece)?;
            add(Tool::Cospass, rate);
            if let (Some(before), Some(after)) = (before, cospass.process.processor_time()) {
                let each = after.saturating_sub(before).as_secs_f64() / count as f64;
                let title = format!("{title}, processor");
                report.add(&title, Tool::Cospass, "µs/request", Better::Less, each * 1e6);
            }
        }
    }
    let memory = many(cospass, &piece)?;
    report.memory("memory at most, 256 uploads", Tool::Cospass, memory);
    Ok(())
}

/// How many uploads, each of a key of its own, and how many per second.
fn small(
    cospass: &Cospass,
    connections: usize,
    round: usize,
    piece: &[u8],
) -> Outcome<(usize, f64)> {
    let started = Instant::now();
    let upload = |connection: usize| -> Result<usize, String> {
        let upload = || -> Outcome<usize> {
            let mut stream = Connection::open(cospass.address)?;
            let mut count = 0;
            while started.elapsed() < TIME {
                let key = format!("small/{connections}/{round}/{connection}/{count}");
                expect_200(stream.put(&cospass.target("PUT", &key)?, piece, SMALL)?)?;
                count += 1;
            }
            Ok(count)
        };
        upload().map_err(|error| error.to_string())
    };
    let counts: Result<Vec<_>, String> = scope(|scope| {
        let uploads: Vec<_> =
            (0..connections).map(|connection| scope.spawn(move || upload(connection))).collect();
        let end = |upload: std::thread::ScopedJoinHandle<'_, Result<usize, String>>| {
            upload.join().map_err(|_| "an upload panicked".to_owned())?
        };
        uploads.into_iter().map(end).collect()
    });
    let count = counts?.iter().sum::<usize>();
    Ok((count, count as f64 / started.elapsed().as_secs_f64()))
}

/// The most memory that the endpoint has while many uploads come at the same time, in bytes.
fn many(cospass: &Cospass, piece: &[u8]) -> Outcome<Option<u64>> {
    let is_over = AtomicBool::new(false);
    let upload = |number: usize| -> Result<(), String> {
        let upload = || -> Outcome<()> {
            let target = cospass.target("PUT", &format!("many/{number}"))?;
            expect_200(Connection::open(cospass.address)?.put(&target, piece, LARGER)?)
        };
        upload().map_err(|error| error.to_string())
    };
    let (ended, most) = scope(|scope| {
        let watching = scope.spawn(|| {
            let mut most = None;
            while !is_over.load(Ordering::Relaxed) {
                most = most.max(cospass.process.memory());
                sleep(Duration::from_millis(5));
            }
            most
        });
        let uploads: Vec<_> = (0..MANY).map(|number| scope.spawn(move || upload(number))).collect();
        let ended: Result<Vec<()>, String> = uploads
            .into_iter()
            .map(|upload| upload.join().map_err(|_| "an upload panicked".to_owned())?)
            .collect();
        is_over.store(true, Ordering::Relaxed);
        (ended, watching.join())
    });
    ended?;
    most.map_err(|_| "nobody watched".into())
}

fn expect_200(status: u16) -> Outcome<()> {
    match status {
        200 => Ok(()),
        status => Err(format!("an upload is answered with {status}").into()),
    }
}

/// The bare disk: so many files a second, each made, written and waited for.
fn to_disk(folder: &Path, piece: &[u8]) -> Outcome<f64> {
    fs::create_dir_all(folder)?;
    let (started, mut count) = (Instant::now(), 0_u32);
    while started.elapsed() < TIME {
        let mut file = File::create(folder.join(count.to_string()))?;
        file.write_all(piece.get(..SMALL).unwrap_or_default())?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / started.elapsed().as_secs_f64();
    fs::remove_dir_all(folder)?;
    Ok(rate)
}
