//! Blobs that are not to be removed now: in the making, about to be named, or being read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::backend::{Backend, BlobId};

/// Who holds which blobs.
#[derive(Clone)]
pub(super) struct Pins {
    backend: Arc<dyn Backend>,
    held: Arc<Mutex<HashMap<BlobId, Held>>>,
}

#[derive(Default)]
struct Held {
    holders: usize,
    /// Whether it is removed when nobody holds it any more.
    is_doomed: bool,
}

impl Pins {
    pub(super) fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend, held: Arc::default() }
    }

    /// Holds blobs from now on. Whether they are there must be looked up afterwards.
    pub(super) fn hold(&self, blobs: Vec<BlobId>) -> Pin {
        let mut held = lock(&self.held);
        for blob in &blobs {
            held.entry(*blob).or_default().holders += 1;
        }
        drop(held);
        Pin { blobs, pins: self.clone() }
    }

    pub(super) fn is_held(&self, blob: BlobId) -> bool {
        lock(&self.held).contains_key(&blob)
    }

    /// Removes blobs that nothing names any more, now or when the last of their holders is done. Giving the room of a large
    /// file back takes a disk as long as many small uploads, so that whoever waits for an answer does not wait for it, unless
    /// room is scarce and he may need it next. Blocks.
    pub(super) fn remove(&self, mut blobs: Vec<BlobId>) {
        let mut held = lock(&self.held);
        blobs.retain(|blob| match held.get_mut(blob) {
            Some(held) => {
                held.is_doomed = true;
                false
            }
            None => true,
        });
        drop(held);
        // Most have none: then there is no need to ask for the room.
        if !blobs.is_empty() && self.backend.has_ample_room() {
            remove_later(&self.backend, blobs);
        } else {
            remove(&*self.backend, &blobs);
        }
    }
}

/// Holds blobs until it is dropped.
pub(super) struct Pin {
    blobs: Vec<BlobId>,
    pins: Pins,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut orphans = Vec::new();
        let mut held = lock(&self.pins.held);
        for blob in &self.blobs {
            let Some(of_blob) = held.get_mut(blob) else { continue };
            of_blob.holders = of_blob.holders.saturating_sub(1);
            if of_blob.holders == 0 && held.remove(blob).is_some_and(|held| held.is_doomed) {
                orphans.push(*blob);
            }
        }
        drop(held);
        // An answer may be dropped where nothing may block.
        remove_later(&self.pins.backend, orphans);
    }
}

/// Removes blobs on a thread of its own, where there is a runtime to give one.
fn remove_later(backend: &Arc<dyn Backend>, orphans: Vec<BlobId>) {
    match tokio::runtime::Handle::try_current() {
        _ if orphans.is_empty() => {}
        Ok(runtime) => {
            let backend = Arc::clone(backend);
            runtime.spawn_blocking(move || remove(&*backend, &orphans));
        }
        Err(_) => remove(&**backend, &orphans),
    }
}

/// If that fails, a sweep will remove them.
fn remove(backend: &dyn Backend, orphans: &[BlobId]) {
    for &blob in orphans {
        if let Err(error) = backend.remove(blob) {
            tracing::warn!(%error, "a blob that is no longer needed could not be removed");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc;

    use bytes::Bytes;

    use super::*;
    use crate::store::backend::{BlobReader, BlobWriter, Rows, Run, Span, Table, Verdict};
    use crate::store::memory::Memory;
    use crate::store::transaction::Transaction;

    /// A backend that removes a blob when it is told to.
    struct Slow {
        inner: Memory,
        has_ample_room: bool,
        told: Mutex<mpsc::Receiver<()>>,
    }

    impl Rows for Slow {
        fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
            self.inner.get(table, key)
        }

        fn scan(&self, table: Table, span: Span<'_>, most: usize) -> io::Result<Run> {
            self.inner.scan(table, span, most)
        }
    }

    impl Backend for Slow {
        fn write(&self, run: &mut dyn FnMut(&mut Transaction<'_>) -> Verdict) -> io::Result<()> {
            self.inner.write(run)
        }

        fn content(&self, key: [u8; 16]) -> io::Result<Option<Bytes>> {
            self.inner.content(key)
        }

        fn check_room(&self) -> io::Result<()> {
            Ok(())
        }

        fn has_ample_room(&self) -> bool {
            self.has_ample_room
        }

        fn begin(&self, blob: BlobId) -> io::Result<Box<dyn BlobWriter>> {
            self.inner.begin(blob)
        }

        fn open(&self, blob: BlobId, size: u64) -> io::Result<Box<dyn BlobReader>> {
            self.inner.open(blob, size)
        }

        fn at_hand(&self, blob: BlobId, size: u64) -> Option<Bytes> {
            self.inner.at_hand(blob, size)
        }

        fn link(&self, blob: BlobId, link: BlobId) -> io::Result<()> {
            self.inner.link(blob, link)
        }

        fn remove(&self, blob: BlobId) -> io::Result<()> {
            lock(&self.told).recv().map_err(io::Error::other)?;
            self.inner.remove(blob)
        }

        fn blobs(&self, after: Option<BlobId>, most: usize) -> io::Result<Vec<BlobId>> {
            self.inner.blobs(after, most)
        }
    }

    /// A blob, who holds it, where it lies, and how its removal is told to go on.
    fn blob(has_ample_room: bool) -> (BlobId, Pins, Arc<dyn Backend>, mpsc::Sender<()>) {
        let (tell, told) = mpsc::channel();
        let slow = Slow { inner: Memory::default(), has_ample_room, told: Mutex::new(told) };
        let backend: Arc<dyn Backend> = Arc::new(slow);
        let blob = BlobId::random().unwrap();
        backend.begin(blob).unwrap().finish().unwrap();
        (blob, Pins::new(Arc::clone(&backend)), backend, tell)
    }

    #[tokio::test]
    async fn where_there_is_room_nobody_waits_for_more() {
        let (blob, pins, backend, tell) = blob(true);
        pins.remove(vec![blob]);
        assert_eq!(backend.blobs(None, 9).unwrap(), [blob], "it is not gone when this returns");
        tell.send(()).unwrap();
        while !backend.blobs(None, 9).unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn where_room_is_scarce_it_is_free_at_once() {
        let (blob, pins, backend, tell) = blob(false);
        tell.send(()).unwrap();
        pins.remove(vec![blob]);
        assert!(backend.blobs(None, 9).unwrap().is_empty());
    }
}
