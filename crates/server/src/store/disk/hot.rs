//! What is small and was read not long ago, blobs and the contents of rows, in memory, so that what is asked for again and
//! again costs no look at the disk.
//!
//! Neither ever changes, and no other one ever has its name: what was read of it, and found undamaged, stays right. Which one
//! an object has is not kept here; that is looked up each time. A row that is no more need not be forgotten: nobody asks for
//! it, so that it goes when there is no room.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// The random name of a blob or of a content.
type Id = [u8; 16];

/// How much is kept, in bytes: it counts for the memory of an endpoint at rest.
const ROOM: usize = 8 << 20;

/// What it takes to keep anything, however small, in bytes; about.
const ENTRY: usize = 128;

/// Bytes by their names. When there is no room, those go that were not asked for since they were last looked at, the oldest
/// first ("second chance").
pub(super) struct Hot {
    kept: Mutex<Kept>,
    room: usize,
}

#[derive(Default)]
struct Kept {
    blobs: HashMap<Id, Blob>,
    /// In the order in which they are looked at. One that was forgotten may still stand here.
    queue: VecDeque<Id>,
    occupied: usize,
}

struct Blob {
    bytes: Bytes,
    /// What it occupies, in bytes.
    size: usize,
    was_asked_for: bool,
}

impl Hot {
    pub(super) fn new() -> Self {
        Self { kept: Mutex::default(), room: ROOM }
    }

    pub(super) fn find(&self, id: Id) -> Option<Bytes> {
        let mut kept = self.lock();
        let found = kept.blobs.get_mut(&id)?;
        found.was_asked_for = true;
        Some(found.bytes.clone())
    }

    /// Keeps a blob that was found undamaged and occupies so many bytes, in place of others if need be.
    pub(super) fn keep(&self, id: Id, bytes: Bytes, size: usize) {
        let mut kept = self.lock();
        let size = size.saturating_add(ENTRY);
        if size > self.room || kept.blobs.contains_key(&id) {
            return;
        }
        while kept.occupied.saturating_add(size) > self.room {
            kept.make_room();
        }
        kept.occupied = kept.occupied.saturating_add(size);
        kept.blobs.insert(id, Blob { bytes, size, was_asked_for: false });
        kept.queue.push_back(id);
    }

    /// Forgets a blob that is no more.
    pub(super) fn forget(&self, id: Id) {
        let mut kept = self.lock();
        kept.remove(id);
        // Those that come and go without ever making room do not pile up.
        if kept.queue.len() > kept.blobs.len().saturating_mul(2).saturating_add(64) {
            let Kept { blobs, queue, .. } = &mut *kept;
            queue.retain(|blob| blobs.contains_key(blob));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Looks at the next one, which goes unless it was asked for.
    fn make_room(&mut self) {
        let Some(next) = self.queue.pop_front() else {
            // Nothing is kept; there is nothing to count either.
            self.occupied = 0;
            return;
        };
        match self.blobs.get_mut(&next) {
            Some(blob) if blob.was_asked_for => {
                blob.was_asked_for = false;
                self.queue.push_back(next);
            }
            _ => self.remove(next),
        }
    }

    fn remove(&mut self, id: Id) {
        if let Some(Blob { size, .. }) = self.blobs.remove(&id) {
            self.occupied = self.occupied.saturating_sub(size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM_FOR_THREE: usize = 3 * (10 + ENTRY);

    fn blob(number: u8) -> Id {
        [number; 16]
    }

    fn keep(hot: &Hot, number: u8) {
        hot.keep(blob(number), Bytes::from(vec![number; 10]), 10);
    }

    fn kept(hot: &Hot) -> Vec<u8> {
        let mut kept: Vec<_> = hot.lock().blobs.keys().map(|[first, ..]| *first).collect();
        kept.sort_unstable();
        kept
    }

    #[test]
    fn what_is_asked_for_stays() {
        let hot = Hot { room: ROOM_FOR_THREE, ..Hot::new() };
        (1..=3).for_each(|number| keep(&hot, number));
        assert_eq!(hot.find(blob(1)).unwrap(), [1; 10][..]);
        assert_eq!(hot.find(blob(9)), None);
        keep(&hot, 4);
        assert_eq!(kept(&hot), [1, 3, 4], "2 was the oldest that nobody had asked for");
        keep(&hot, 5);
        assert_eq!(kept(&hot), [1, 4, 5]);
        keep(&hot, 6);
        assert_eq!(kept(&hot), [4, 5, 6], "it was asked for once, long ago");
        hot.keep(blob(7), Bytes::new(), ROOM_FOR_THREE);
        assert_eq!(kept(&hot), [4, 5, 6], "there is no room for it anyway");
    }

    #[test]
    fn what_is_forgotten_takes_no_room() {
        let hot = Hot { room: ROOM_FOR_THREE, ..Hot::new() };
        for _ in 0..1000 {
            keep(&hot, 1);
            keep(&hot, 1);
            hot.forget(blob(1));
            hot.forget(blob(2));
        }
        assert_eq!((hot.find(blob(1)), hot.lock().occupied), (None, 0));
        assert!(hot.lock().queue.len() < 100);
        (1..=3).for_each(|number| keep(&hot, number));
        assert_eq!((kept(&hot), hot.lock().occupied), (vec![1, 2, 3], ROOM_FOR_THREE));
    }
}
