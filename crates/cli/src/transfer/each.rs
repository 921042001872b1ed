//! Several transfers, some at the same time, until all are done or somebody says stop.

use std::future::Future;

use cospass::{Error, Stop, TransferOptions};
use tokio::task::JoinSet;

use super::MoveArgs;
use super::failure::{exit_of, printable, told_of};
use super::reporter::{Moved, Report, Reporter};
use crate::exit::{Exit, Failure};
use crate::output::note;
use crate::runtime::StopSignal;

/// One transfer to do.
pub(super) struct Task<T> {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) size: Option<u64>,
    pub(super) what: T,
}

/// What came of all.
#[derive(Default)]
struct Ended {
    done: usize,
    failures: Vec<(String, Error)>,
}

/// Does all tasks. Ctrl-C stops them, and `go_on` says how to go on then.
pub(super) async fn each<T, F, R>(
    tasks: Vec<Task<T>>,
    args: &MoveArgs,
    go_on: &str,
    work: F,
) -> Result<Exit, Failure>
where
    T: Send + 'static,
    F: Fn(T, TransferOptions) -> R,
    R: Future<Output = Result<Moved, Error>> + Send + 'static,
{
    let bytes = tasks.iter().filter_map(|task| task.size).sum();
    let reporter = Reporter::new(args, tasks.len(), bytes);
    if args.dry_run {
        tasks.iter().for_each(|task| reporter.would(&task.from, &task.to, task.size));
        return Ok(Exit::Done);
    }
    let stop = Stop::new();
    let stopper = stop_at_signal(stop.clone())?;
    let mut options = args.options();
    options.gauge = options.gauge.with_stop(stop.clone());
    if tasks.len() > 1 {
        // The jobs are files then: small ones have one part, and large ones keep the line busy by themselves.
        options.jobs = 2;
    }
    let mut ended = Ended::default();
    let mut running = JoinSet::new();
    for task in tasks {
        while running.len() >= args.files_at_once(task.size) {
            take(&mut running, &mut ended).await?;
        }
        if stop.is_stopped() {
            break;
        }
        let report = reporter.begin(&task.from, &task.to, task.size);
        let (telling, mut options) = (report.clone(), options.clone());
        options.gauge = options.gauge.with_progress(move |progress| telling.progress(progress));
        let working = work(task.what, options);
        running.spawn(async move { (task.from, report, working.await) });
    }
    while !running.is_empty() {
        take(&mut running, &mut ended).await?;
    }
    stopper.abort();
    reporter.end();
    ended.tell(stop.is_stopped(), go_on)
}

/// Tells the transfers to stop at the first signal; the second ends the process at once.
fn stop_at_signal(stop: Stop) -> Result<tokio::task::JoinHandle<()>, Failure> {
    let mut signal = StopSignal::listen()?;
    Ok(tokio::spawn(async move {
        signal.received().await;
        stop.stop();
        signal.received().await;
        std::process::exit(130);
    }))
}

async fn take(
    running: &mut JoinSet<(String, Report, Result<Moved, Error>)>,
    ended: &mut Ended,
) -> Result<(), Failure> {
    match running.join_next().await {
        None => {}
        Some(Ok((_, report, Ok(moved)))) => {
            report.done(&moved);
            ended.done += 1;
        }
        Some(Ok((from, report, Err(error)))) => {
            report.failed(&error);
            ended.failures.push((from, error));
        }
        Some(Err(error)) => {
            return Err(Failure::new(Exit::Failed, "task", format_args!("{error}")));
        }
    }
    Ok(())
}

impl Ended {
    fn tell(self, was_stopped: bool, go_on: &str) -> Result<Exit, Failure> {
        let is_alone = self.done == 0 && self.failures.len() == 1;
        let keeps =
            |error: &Error| matches!(error, Error::Stopped { .. } | Error::UrlExpired { .. });
        let is_kept = was_stopped || self.failures.iter().any(|(_, error)| keeps(error));
        let exits: Vec<Exit> = self.failures.iter().map(|(_, error)| exit_of(error)).collect();
        for (from, error) in &self.failures {
            if !is_alone {
                note(format_args!("cospass: {}: {}: {error}", printable(from), error.cause()));
            }
        }
        if is_kept && !go_on.is_empty() {
            note(format_args!("cospass: to go on: {go_on}"));
        }
        match (self.failures.into_iter().next(), is_alone) {
            (None, _) if was_stopped => {
                Err(Failure::new(Exit::Failed, "stopped", "stopped before all was done"))
            }
            (None, _) => Ok(Exit::Done),
            (Some((from, error)), true) => Err(told_of(&from, &error)),
            (Some(_), false) => {
                let same = exits.windows(2).all(|pair| pair.first() == pair.last());
                Ok(exits.first().copied().filter(|_| same).unwrap_or(Exit::Failed))
            }
        }
    }
}

/// The command as it was given, to give it again.
pub(super) fn same_command() -> String {
    let words = std::env::args_os().map(|word| crate::shell::quote(&word.to_string_lossy()));
    words.collect::<Vec<_>>().join(" ")
}
