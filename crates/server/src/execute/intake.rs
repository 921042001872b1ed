//! The chunks of an upload on their way to the store: while one arrives, those before it are [hashed](hashing) by one thread and
//! written by another, neither of which waits for the other. A thread is taken only while there is something to do.
//!
//! How much memory an upload holds depends on how many there are: few may have large chunks and some of them waiting. Of
//! many, each need not be fast by itself, and has one chunk on its way while the next one arrives.

mod hashing;
mod lane;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cospass_protocol::operation::CustomerKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::limits;
use crate::refusal::{Cause, Refusal};
use crate::store::{Hashing, Store, StoreError, Upload, Writing};
use lane::Lane;

/// The uploads that are taken in by this process.
static UPLOADS: AtomicUsize = AtomicUsize::new(0);

/// An upload of more than a chunk.
pub(super) struct Intake {
    store: Store,
    /// What it is encrypted with.
    key: Option<CustomerKey>,
    lanes: Option<Lanes>,
    /// The length of a chunk, and how many may be on their way.
    chunk: usize,
    free: Arc<Semaphore>,
    spare: Spare,
}

/// Buffers that are used again.
type Spare = Arc<Mutex<Vec<Vec<u8>>>>;

struct Lanes {
    hashing: Arc<Lane<Hashing>>,
    writing: Arc<Lane<Writing>>,
}

impl Intake {
    pub(super) fn new(store: Store, key: Option<CustomerKey>) -> Self {
        let (chunk, waiting) = limits::intake(UPLOADS.fetch_add(1, Ordering::Relaxed));
        let free = Arc::new(Semaphore::new(waiting));
        Self { store, key, lanes: None, chunk, free, spare: Spare::default() }
    }

    /// How many bytes are to be gathered before they are handed over.
    pub(super) fn chunk(&self) -> usize {
        self.chunk
    }

    /// Takes a chunk, as soon as there are not too many on their way, and returns a buffer for the next one.
    pub(super) async fn take(&mut self, bytes: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let lanes = match self.lanes.take() {
            Some(lanes) => lanes,
            None => {
                let key = self.key.clone();
                let begin = move |store: &Store| store.encrypted_upload(key.as_ref());
                let upload = self.store.blocking(begin).await?;
                let (hashing, writing) = upload.split();
                Lanes { hashing: Lane::new(hashing), writing: Lane::new(writing) }
            }
        };
        let permit = Arc::clone(&self.free).acquire_owned().await;
        let permit = permit.map_err(|_| Cause::Failure)?;
        let chunk = Arc::new(Chunk { bytes, spare: Arc::clone(&self.spare), _permit: permit });
        hashing::push(&lanes.hashing, Arc::clone(&chunk))?;
        push(&lanes.writing, chunk)?;
        self.lanes = Some(lanes);
        Ok(lock(&self.spare).pop().unwrap_or_else(|| Vec::with_capacity(self.chunk)))
    }

    /// The upload, with every chunk written; `None` if there was none.
    pub(super) async fn end(mut self) -> Result<Option<Upload>, Refusal> {
        let Some(Lanes { hashing, writing }) = self.lanes.take() else {
            return Ok(None);
        };
        let (hashing, writing) = (hashing.end().await?, writing.end().await?);
        Ok(Some(Upload::of(hashing, writing)))
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        UPLOADS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Bytes that both lanes have to see.
struct Chunk {
    bytes: Vec<u8>,
    spare: Spare,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        lock(&self.spare).push(bytes);
    }
}

/// Has a chunk written behind those that wait.
fn push(lane: &Arc<Lane<Writing>>, chunk: Arc<Chunk>) -> Result<(), Refusal> {
    if let Some(idle) = lane.push(chunk)? {
        let lane = Arc::clone(lane);
        spawn_blocking(move || write(&lane, idle));
    }
    Ok(())
}

/// Writes what waits, until nothing does.
fn write(lane: &Lane<Writing>, mut idle: Writing) {
    while let Some((mut writing, chunk)) = lane.next(idle) {
        if let Err(error) = writing.append(&chunk.bytes) {
            return lane.fail(StoreError::from(error));
        }
        idle = writing;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use md5_stream::Md5;
    use tokio::task::JoinSet;

    use super::*;
    use crate::workers::Workers;

    /// Takes an upload in whose chunks have lengths of its own, and compares what came of it.
    async fn upload(store: Store, number: usize) {
        let mut intake = Intake::new(store, None);
        let mut all = Vec::new();
        for chunk in 0..40 {
            let bytes = vec![(50 * number + chunk) as u8; 1000 * (number + 1) + chunk];
            all.extend_from_slice(&bytes);
            assert!(intake.take(bytes).await.is_ok());
        }
        let upload = intake.end().await.ok().flatten().unwrap();
        assert_eq!((upload.size(), upload.md5()), (all.len() as u64, Md5::digest(&all)));
    }

    #[tokio::test]
    async fn more_uploads_than_cores_are_each_hashed_right() {
        let store = Store::in_memory().unwrap();
        let numbers = 0..3 * Workers::cores() + 1;
        let uploads: JoinSet<()> = numbers.map(|number| upload(store.clone(), number)).collect();
        uploads.join_all().await;
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), crate::store::Syncing::Never).unwrap();
        std::fs::remove_dir_all(folder.path().join("incoming")).unwrap();
        let mut intake = Intake::new(store, None);
        let mut refused = false;
        for _ in 0..40 {
            refused |= intake.take(vec![7; 1 << 16]).await.is_err();
        }
        assert!(refused || intake.end().await.is_err());
    }
}
