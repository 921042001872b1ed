//! The chunks of an upload on their way to the store: while one arrives, those before it are [hashed](hashing) by one thread and
//! written by another, neither of which waits for the other. A thread is taken only while there is something to do.
//!
//! How much memory an upload holds depends on how many there are at the time: few may have large chunks and some of them
//! waiting. Of many, each need not be fast by itself, and has one chunk on its way while the next one arrives; those that began
//! while there were few give back what is too much now.

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
    /// [`MOST_WAITING`], less what the chunks hold that are on their way.
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
        UPLOADS.fetch_add(1, Ordering::Relaxed);
        let free = Arc::new(Semaphore::new(limits::MOST_WAITING));
        Self { store, key, lanes: None, free, spare: Spare::default() }
    }

    /// How many bytes are to be gathered before they are handed over, and how many such may be on their way, now.
    fn share() -> (usize, usize) {
        limits::intake(UPLOADS.load(Ordering::Relaxed).saturating_sub(1))
    }

    /// How many bytes are to be gathered before they are handed over. That may change with each that is taken.
    pub(super) fn chunk(&self) -> usize {
        Self::share().0
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
        let held = limits::MOST_WAITING.checked_div(Self::share().1).unwrap_or(1);
        let held = u32::try_from(held).map_err(|_| Cause::Failure)?;
        let permit = Arc::clone(&self.free).acquire_many_owned(held).await;
        let permit = permit.map_err(|_| Cause::Failure)?;
        let chunk = Arc::new(Chunk { bytes, spare: Arc::clone(&self.spare), _permit: permit });
        hashing::push(&lanes.hashing, Arc::clone(&chunk))?;
        push(&lanes.writing, chunk)?;
        self.lanes = Some(lanes);
        Ok(self.buffer())
    }

    /// A buffer for a chunk, one that was used before if it is not too long by now.
    fn buffer(&self) -> Vec<u8> {
        let (chunk, mut spare) = (self.chunk(), lock(&self.spare));
        spare.retain(|buffer| buffer.capacity() <= chunk);
        spare.pop().unwrap_or_else(|| Vec::with_capacity(chunk))
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

    /// Uploads of other tests only add to the many.
    #[tokio::test]
    async fn who_began_alone_takes_less_as_soon_as_there_are_many() {
        let store = Store::in_memory().unwrap();
        let mut first = Intake::new(store.clone(), None);
        let long = vec![7; limits::CHUNK];
        let many: Vec<_> = (0..256).map(|_| Intake::new(store.clone(), None)).collect();
        let (chunk, waiting) = limits::intake(many.len());
        assert_eq!((first.chunk(), waiting), (chunk, 1));
        let mut next = first.take(long).await.unwrap_or_default();
        // The first is on its way or behind it: as long as it is there, it leaves room for no other.
        next.resize(chunk, 7);
        assert!(next.capacity() <= chunk);
        let next = first.take(next).await.unwrap_or_default();
        assert!(next.capacity() <= chunk, "what it had before is not used again");
        assert!(lock(&first.spare).iter().all(|buffer| buffer.capacity() <= chunk));
        drop(many);
        assert!(matches!(first.end().await, Ok(Some(upload)) if upload.size() > chunk as u64));
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
