//! Transactions that wait for nobody's thread: async tasks leave them here, and one thread runs all of them that have come
//! meanwhile, one behind the other. A thread for each would be woken twice, for its turn and for the outcome, which costs more
//! than what it does.
//!
//! It is always the same thread, and none of those that block for others: what the database keeps in memory is taken from the
//! allocator by whoever changes it, and an allocator that has some memory for each thread would keep as much of it for each
//! that was ever at it.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::tables::{MOST_WRITERS, Tables};
use crate::store::backend::Job;

/// What waits to be run. Dropped, it ends the thread.
#[derive(Default)]
pub(super) struct Submitted(Arc<Desk>);

#[derive(Default)]
struct Desk {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Whoever waits holds the tables, and the thread does not: with the last of both they are closed.
    jobs: VecDeque<(Arc<Tables>, Job)>,
    has_thread: bool,
    is_closed: bool,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for those that are to be run together; `None` when there will be none any more.
    fn next(&self) -> Option<(Arc<Tables>, Vec<Job>)> {
        let is_idle = |queue: &mut Queue| queue.jobs.is_empty() && !queue.is_closed;
        let queue = self.changed.wait_while(self.lock(), is_idle);
        let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
        let most = queue.jobs.len().min(MOST_WRITERS);
        let (mut tables, jobs): (Vec<_>, Vec<_>) = queue.jobs.drain(..most).unzip();
        tables.pop().map(|tables| (tables, jobs))
    }
}

impl Drop for Submitted {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_one();
    }
}

impl Tables {
    pub(super) fn submit(self: &Arc<Self>, job: Job) {
        let desk = &self.submitted.0;
        let mut queue = desk.lock();
        if !queue.has_thread {
            let at_it = Arc::clone(desk);
            let work = move || {
                while let Some((tables, jobs)) = at_it.next() {
                    // Should it panic, who waits learns that nothing will come, and those behind are not to wait for ever.
                    let _ = catch_unwind(AssertUnwindSafe(|| tables.write_together(jobs)));
                }
            };
            match thread::Builder::new().name("metadata".to_owned()).spawn(work) {
                Ok(_) => queue.has_thread = true,
                Err(error) => {
                    drop(queue);
                    return (job.ended)(Err(error));
                }
            }
        }
        queue.jobs.push_back((Arc::clone(self), job));
        drop(queue);
        desk.changed.notify_one();
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
