//! Who hashes what. MD5 takes more of the processors than everything else of an upload together, and cannot go faster for one
//! upload; but a thread hashes chunks of two at once almost as fast as a chunk of one ([`Md5::update_both`]).
//!
//! So the uploads of the whole process take turns at as many threads as there are cores. While there are no more uploads than
//! threads, each has one for itself; when there are more, a thread takes two chunks at a time.
//!
//! [`Md5::update_both`]: md5_stream::Md5::update_both

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex};

use tokio::task::spawn_blocking;

use super::lane::Lane;
use super::{Chunk, lock};
use crate::refusal::Refusal;
use crate::store::Hashing;
use crate::workers::Workers;

/// Where the turns of this process wait.
static DESK: Mutex<Desk> = Mutex::new(Desk { turns: VecDeque::new(), threads: 0 });

/// How many threads may hash at a time.
static MOST: LazyLock<usize> = LazyLock::new(Workers::cores);

struct Desk {
    turns: VecDeque<Turn>,
    /// How many threads are at it, or about to be.
    threads: usize,
}

/// An upload's next chunk, and what it is to be hashed by.
struct Turn {
    lane: Arc<Lane<Hashing>>,
    hashing: Hashing,
    chunk: Arc<Chunk>,
}

/// Has a chunk hashed behind those that wait.
pub(super) fn push(lane: &Arc<Lane<Hashing>>, chunk: Arc<Chunk>) -> Result<(), Refusal> {
    if let Some(idle) = lane.push(chunk)? {
        let turn = Turn::next(Arc::clone(lane), idle);
        let mut desk = lock(&DESK);
        desk.turns.extend(turn);
        let seat = desk.seat();
        drop(desk);
        begin(seat);
    }
    Ok(())
}

impl Turn {
    fn next(lane: Arc<Lane<Hashing>>, idle: Hashing) -> Option<Self> {
        let (hashing, chunk) = lane.next(idle)?;
        Some(Self { lane, hashing, chunk })
    }

    /// The one behind it, of the same upload.
    fn behind(self) -> Option<Self> {
        drop(self.chunk);
        Self::next(self.lane, self.hashing)
    }
}

impl Desk {
    /// A seat for one more thread, if there is something to do and a core for it.
    fn seat(&mut self) -> Option<Seat> {
        let is_wanted = !self.turns.is_empty() && self.threads < *MOST;
        is_wanted.then(|| {
            self.threads = self.threads.saturating_add(1);
            Seat
        })
    }

    /// One turn, or two if there is no core left for the second.
    fn take(&mut self) -> Option<(Turn, Option<Turn>)> {
        let first = self.turns.pop_front()?;
        let second = if self.threads < *MOST { None } else { self.turns.pop_front() };
        Some((first, second))
    }
}

/// A place at the desk. Dropped, it hashes until nothing waits: by a thread that was taken for it, or, should the runtime end
/// before there is one, by whoever ends it. Else what waits would wait for ever.
struct Seat;

/// Must not be called while the desk is locked.
fn begin(seat: Option<Seat>) {
    if let Some(seat) = seat {
        spawn_blocking(move || drop(seat));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut behind = [None, None];
        loop {
            let mut desk = lock(&DESK);
            desk.turns.extend(behind.into_iter().flatten());
            let Some(taken) = desk.take() else {
                desk.threads = desk.threads.saturating_sub(1);
                return;
            };
            let seat = desk.seat();
            drop(desk);
            begin(seat);
            behind = match taken {
                (mut turn, None) => {
                    turn.hashing.update(&turn.chunk.bytes);
                    [turn.behind(), None]
                }
                (mut turn, Some(mut other)) => {
                    let first = (&mut turn.hashing, &*turn.chunk.bytes);
                    Hashing::update_both(first, (&mut other.hashing, &other.chunk.bytes));
                    [turn.behind(), other.behind()]
                }
            };
        }
    }
}
