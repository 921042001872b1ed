//! The chunks of one upload that wait for one thing to be done with them, one after the other.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::{Chunk, lock};
use crate::refusal::{Cause, Refusal};
use crate::store::StoreError;

/// Some work, and the chunks that it is to be given.
pub(super) struct Lane<W> {
    state: Mutex<State<W>>,
    changed: Notify,
}

struct State<W> {
    waiting: VecDeque<Arc<Chunk>>,
    work: Work<W>,
}

enum Work<W> {
    /// Nothing waits.
    Idle(W),
    /// Somebody is at it.
    Busy,
    Failed(StoreError),
    /// It was told why, or the work was handed back.
    Gone,
}

impl<W> Lane<W> {
    pub(super) fn new(work: W) -> Arc<Self> {
        let state = State { waiting: VecDeque::new(), work: Work::Idle(work) };
        Arc::new(Self { state: Mutex::new(state), changed: Notify::new() })
    }

    /// Has a chunk wait. If nobody is at the work, it is for the caller to see that somebody will be.
    pub(super) fn push(&self, chunk: Arc<Chunk>) -> Result<Option<W>, Refusal> {
        let mut state = lock(&self.state);
        state.waiting.push_back(chunk);
        match std::mem::replace(&mut state.work, Work::Busy) {
            Work::Busy => Ok(None),
            Work::Idle(work) => Ok(Some(work)),
            failed => {
                state.work = Work::Gone;
                Err(failure(failed))
            }
        }
    }

    /// The next chunk, for whoever is at the work; if there is none, the work is done for now.
    pub(super) fn next(&self, work: W) -> Option<(W, Arc<Chunk>)> {
        let mut state = lock(&self.state);
        if let Some(chunk) = state.waiting.pop_front() {
            return Some((work, chunk));
        }
        state.work = Work::Idle(work);
        drop(state);
        self.changed.notify_one();
        None
    }

    /// The work cannot go on; nothing waits for it any more.
    pub(super) fn fail(&self, error: StoreError) {
        let mut state = lock(&self.state);
        state.waiting.clear();
        state.work = Work::Failed(error);
        drop(state);
        self.changed.notify_one();
    }

    /// Waits until everything is done.
    pub(super) async fn end(&self) -> Result<W, Refusal> {
        loop {
            {
                let mut state = lock(&self.state);
                match std::mem::replace(&mut state.work, Work::Gone) {
                    Work::Idle(work) => return Ok(work),
                    Work::Busy => state.work = Work::Busy,
                    failed => return Err(failure(failed)),
                }
            }
            self.changed.notified().await;
        }
    }
}

fn failure<W>(work: Work<W>) -> Refusal {
    match work {
        Work::Failed(error) => error.into(),
        _ => Cause::Failure.into(),
    }
}
