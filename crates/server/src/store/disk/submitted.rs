//! Transactions that wait for nobody's thread: async tasks leave them here, and one thread, taken while there are any, runs all
//! of them that have come meanwhile, one behind the other. A thread for each would be woken twice, for its turn and for the
//! outcome, which costs more than what it does.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::spawn_blocking;

use super::tables::{MOST_WRITERS, Tables};
use crate::store::backend::Job;

/// What waits to be run.
#[derive(Default)]
pub(super) struct Submitted(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Whether a thread is at it, or about to be.
    is_taken: bool,
}

impl Submitted {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are to be run together. If there are none, nobody is at it any more.
    fn next(&self) -> Vec<Job> {
        let mut queue = self.lock();
        let most = queue.jobs.len().min(MOST_WRITERS);
        queue.is_taken = most > 0;
        queue.jobs.drain(..most).collect()
    }
}

impl Tables {
    pub(super) fn submit(self: &Arc<Self>, job: Job) {
        let mut queue = self.submitted.lock();
        queue.jobs.push_back(job);
        if !std::mem::replace(&mut queue.is_taken, true) {
            drop(queue);
            let worker = Worker { tables: Arc::clone(self), is_done: false };
            spawn_blocking(move || worker.work());
        }
    }

    /// Runs jobs in one transaction of the database, and tells them what came of it.
    fn write_together(&self, jobs: Vec<Job>) {
        let mut ended = Vec::with_capacity(jobs.len());
        let mut jobs = jobs.into_iter();
        let written = self.share(|batch| {
            for mut job in &mut jobs {
                if batch.run(&mut *job.run).is_ok() {
                    ended.push(job.ended);
                }
            }
        });
        // None of them were run if the transaction could not be begun.
        ended.extend(jobs.map(|job| job.ended));
        let outcome = match written {
            Ok(outcome) => outcome.wait(),
            Err(error) => Err(Arc::new(error)),
        };
        for ended in ended {
            let outcome = outcome.clone();
            ended(outcome.map_err(|error| io::Error::new(error.kind(), error)));
        }
    }
}

/// Whoever runs what was submitted.
struct Worker {
    tables: Arc<Tables>,
    is_done: bool,
}

impl Worker {
    fn work(mut self) {
        loop {
            let jobs = self.tables.submitted.next();
            if jobs.is_empty() {
                self.is_done = true;
                return;
            }
            self.tables.write_together(jobs);
        }
    }
}

impl Drop for Worker {
    /// A runtime that ends starts no more threads: who waits is to learn that nothing will come.
    fn drop(&mut self) {
        if !self.is_done {
            let mut queue = self.tables.submitted.lock();
            queue.is_taken = false;
            let left = std::mem::take(&mut queue.jobs);
            drop(queue);
            drop(left);
        }
    }
}
