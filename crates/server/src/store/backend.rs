//! What a place to keep things must be able to do, and nothing of what is kept: ordered tables of bytes, and blobs.
//!
//! [`Store`](super::Store) is written once over these primitives and knows buckets, objects and uploads; a backend knows
//! none of them. What each primitive promises is told here and held by the contract suite (`contract.rs`), which runs on
//! every backend.
//!
//! Every function blocks, but for those that are called `at_hand`, and may be called by many threads at once. Reading a row blocks no
//! longer than it takes to read a page of a file that the system most likely has in memory.

use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::transaction::Transaction;

/// The tables, in which rows lie in byte order of their keys. What the keys and the values are is told by
/// [`metadata`](super::metadata).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    About,
    Buckets,
    Objects,
    Uploads,
    Parts,
    Manifests,
    Blobs,
    Versions,
    NullVersions,
    Contents,
}

impl Table {
    pub(super) const ALL: [Self; 10] = [
        Self::About,
        Self::Buckets,
        Self::Objects,
        Self::Uploads,
        Self::Parts,
        Self::Manifests,
        Self::Blobs,
        Self::Versions,
        Self::NullVersions,
        Self::Contents,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::About => "about",
            Self::Buckets => "buckets",
            Self::Objects => "objects",
            Self::Uploads => "uploads",
            Self::Parts => "parts",
            Self::Manifests => "manifests",
            Self::Blobs => "blobs",
            Self::Versions => "versions",
            Self::NullVersions => "null-versions",
            Self::Contents => "contents",
        }
    }
}

/// A key and its value.
pub(super) type Row<'a> = (&'a [u8], &'a [u8]);

/// Some rows, one behind the other in one piece of memory: it is asked for once, however many they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    bytes: Vec<u8>,
    /// Where the key and where the value of each row ends.
    ends: Vec<(usize, usize)>,
}

impl Run {
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(key);
        let end_of_key = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.ends.push((end_of_key, self.bytes.len()));
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A row by its number, from 0 on.
    pub(super) fn row(&self, number: usize) -> Option<Row<'_>> {
        let &(end_of_key, end) = self.ends.get(number)?;
        let before = number.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.map_or(0, |&(_, end)| end);
        Some((self.bytes.get(start..end_of_key)?, self.bytes.get(end_of_key..end)?))
    }

    pub(super) fn last(&self) -> Option<Row<'_>> {
        self.row(self.len().checked_sub(1)?)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map_while(|number| self.row(number))
    }
}

impl<'a> FromIterator<Row<'a>> for Run {
    fn from_iter<I: IntoIterator<Item = Row<'a>>>(rows: I) -> Self {
        let mut run = Self::default();
        rows.into_iter().for_each(|(key, value)| run.push(key, value));
        run
    }
}

/// The keys from one bound to another.
pub(super) type Span<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// Tables that can be read: those of a backend, or as a [`Transaction`] sees them.
pub(super) trait Rows {
    /// The value of a key.
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>>;

    /// The first rows of a span, in byte order, at most so many. If there are fewer, the span has no more. All of them
    /// were there at one moment; a scan that goes on behind the last of them may see a later one.
    fn scan(&self, table: Table, span: Span<'_>, most: usize) -> io::Result<Run>;
}

/// What becomes of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of it is to happen, at once.
    Commit,
    /// Nothing of it is to happen.
    Abort,
}

/// A transaction that somebody else runs.
pub(super) struct Job {
    pub(super) run: Box<dyn FnMut(&mut Transaction<'_>) -> Verdict + Send>,
    /// Is told what [`Backend::write`] would return, where it may block; dropped without, if `run` panicked.
    pub(super) ended: Box<dyn FnOnce(io::Result<()>) + Send>,
}

/// A place to keep things: reads see everything whose write has returned.
pub(super) trait Backend: Rows + Send + Sync + 'static {
    /// Runs a transaction. It is alone: what it reads stays so until it is committed. When this returns without an error,
    /// what was committed is durable. After an error, it happened whole or not at all.
    ///
    /// `run` may be called more than once; what it did before is forgotten then.
    fn write(&self, run: &mut dyn FnMut(&mut Transaction<'_>) -> Verdict) -> io::Result<()>;

    /// As [`write`](Self::write), but somebody else does it and waits for it, where there is something to wait for: an async
    /// task may ask for it.
    fn submit(&self, mut job: Job) {
        if let Ok(written) = catch_unwind(AssertUnwindSafe(|| self.write(&mut *job.run))) {
            (job.ended)(written);
        }
    }

    /// The value of a row of [`Table::Contents`], whose key no other value ever has, so that it may be kept in memory. Blocks
    /// no longer than reading any row.
    fn content(&self, key: [u8; 16]) -> io::Result<Option<Bytes>>;

    /// Refuses, `StorageFull`, if there is as good as no room, so that what is left of it is kept for deleting.
    fn check_room(&self) -> io::Result<()>;

    /// Whether there is so much room that nobody needs to wait until that of a removed blob is free again.
    fn has_ample_room(&self) -> bool {
        false
    }

    /// Begins a blob that is not there yet. It is there as soon as it is [finished](BlobWriter::finish), and not before.
    fn begin(&self, blob: BlobId) -> io::Result<Box<dyn BlobWriter>>;

    /// Opens a blob of that size, in bytes. It stays readable while it is open, removed or not. `NotFound` if it is not
    /// there.
    fn open(&self, blob: BlobId, size: u64) -> io::Result<Box<dyn BlobReader>>;

    /// All bytes of a blob of that size, if it is small and they are in memory, so that nothing is waited for. They are as
    /// undamaged as those that are read. `None` says nothing of the blob, not even whether it is there.
    fn at_hand(&self, blob: BlobId, size: u64) -> Option<Bytes>;

    /// Makes a new blob of the bytes of another, durably. Each of the two is removed by itself. `NotFound` if the other is
    /// not there.
    fn link(&self, blob: BlobId, link: BlobId) -> io::Result<()>;

    /// Removes a blob. One that is not there is as good as removed; one whose removal a crash undoes is found by a sweep.
    fn remove(&self, blob: BlobId) -> io::Result<()>;

    /// Blobs after a given one in the order of their ids, about so many. If there are none, that one was the last.
    fn blobs(&self, after: Option<BlobId>, most: usize) -> io::Result<Vec<BlobId>>;
}

/// A blob in the making. Dropped, it leaves nothing behind.
pub(super) trait BlobWriter: Send {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes the blob be there, durably. After an error it may be there or not, and is not to be used.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// An open blob.
pub(super) trait BlobReader: Send {
    /// Fills a buffer with the bytes from an offset on, which are those that were written: bytes that changed since are an
    /// error, `InvalidData`. `UnexpectedEof` if the blob is too short.
    fn read_exact_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Some of the bytes from an offset on, at least one and at most so many, if they are in memory, so that nothing is
    /// waited for. They are as undamaged as those that are read. `None` says nothing of the blob.
    fn at_hand(&mut self, offset: u64, most: usize) -> Option<Bytes>;
}

/// The random name of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct BlobId(pub(super) [u8; 16]);

impl BlobId {
    pub(super) fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_gives_its_rows_back() {
        let rows: [Row<'_>; 4] = [(b"", b""), (b"a", b""), (b"b", b"value"), (b"", b"v")];
        let run: Run = rows.into_iter().collect();
        assert_eq!(run.iter().collect::<Vec<_>>(), rows);
        assert_eq!((run.len(), run.last(), run.row(4)), (4, Some(rows[3]), None));
        assert_eq!((Run::default().last(), Run::default().is_empty()), (None, true));
    }
}
