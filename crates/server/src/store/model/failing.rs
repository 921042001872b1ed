//! A backend that fails when it is told so: a call, or every call from one on, which is a crash.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use bytes::Bytes;

use crate::store::backend::{
    Backend, BlobId, BlobReader, BlobWriter, Rows, Run, Span, Table, Verdict,
};
use crate::store::transaction::Transaction;

/// A backend that fails when it is told so.
pub(super) struct Failing {
    pub(super) inner: Arc<dyn Backend>,
    pub(super) state: Arc<State>,
}

/// Whether calls are to fail, and which.
#[derive(Default)]
pub(super) struct State {
    /// How many more calls are done; negative when one has failed.
    calls_left: AtomicI64,
    is_armed: AtomicBool,
    /// Whether all calls fail after the first that does.
    is_crash: AtomicBool,
    /// Whether the first call that fails is done all the same.
    is_done: AtomicBool,
}

enum Fate {
    Done,
    DoneAndFailed,
    Failed,
}

impl State {
    /// From now on so many calls are done; the next fails.
    pub(super) fn arm(&self, calls: usize, is_crash: bool, is_done: bool) {
        self.calls_left.store(calls as i64, Ordering::SeqCst);
        self.is_crash.store(is_crash, Ordering::SeqCst);
        self.is_done.store(is_done, Ordering::SeqCst);
        self.is_armed.store(true, Ordering::SeqCst);
    }

    /// Calls are done again. Tells whether one has failed.
    pub(super) fn disarm(&self) -> bool {
        self.is_armed.swap(false, Ordering::SeqCst) && self.calls_left.load(Ordering::SeqCst) < 0
    }

    fn fate(&self) -> Fate {
        if !self.is_armed.load(Ordering::SeqCst) {
            return Fate::Done;
        }
        match self.calls_left.fetch_sub(1, Ordering::SeqCst) {
            1.. => Fate::Done,
            0 if self.is_done.load(Ordering::SeqCst) => Fate::DoneAndFailed,
            0 => Fate::Failed,
            _ if self.is_crash.load(Ordering::SeqCst) => Fate::Failed,
            _ => Fate::Done,
        }
    }

    fn call<T>(&self, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.fate() {
            Fate::Done => call(),
            Fate::DoneAndFailed => call().and(Err(failed())),
            Fate::Failed => Err(failed()),
        }
    }
}

fn failed() -> io::Error {
    io::Error::other("made to fail")
}

impl Rows for Failing {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        self.state.call(|| self.inner.get(table, key))
    }

    fn scan(&self, table: Table, span: Span<'_>, most: usize) -> io::Result<Run> {
        self.state.call(|| self.inner.scan(table, span, most))
    }
}

impl Backend for Failing {
    fn write(&self, run: &mut dyn FnMut(&mut Transaction<'_>) -> Verdict) -> io::Result<()> {
        self.state.call(|| self.inner.write(run))
    }

    fn content(&self, key: [u8; 16]) -> io::Result<Option<Bytes>> {
        self.state.call(|| self.inner.content(key))
    }

    fn check_room(&self) -> io::Result<()> {
        self.state.call(|| self.inner.check_room())
    }

    fn begin(&self, blob: BlobId) -> io::Result<Box<dyn BlobWriter>> {
        let inner = self.state.call(|| self.inner.begin(blob))?;
        Ok(Box::new(FailingWriter { inner: Some(inner), state: Arc::clone(&self.state) }))
    }

    fn open(&self, blob: BlobId, size: u64) -> io::Result<Box<dyn BlobReader>> {
        self.state.call(|| self.inner.open(blob, size))
    }

    /// It promises nothing, so that nothing of it can fail.
    fn at_hand(&self, blob: BlobId, size: u64) -> Option<Bytes> {
        self.inner.at_hand(blob, size)
    }

    fn link(&self, blob: BlobId, link: BlobId) -> io::Result<()> {
        self.state.call(|| self.inner.link(blob, link))
    }

    fn remove(&self, blob: BlobId) -> io::Result<()> {
        self.state.call(|| self.inner.remove(blob))
    }

    fn blobs(&self, after: Option<BlobId>, most: usize) -> io::Result<Vec<BlobId>> {
        self.state.call(|| self.inner.blobs(after, most))
    }
}

struct FailingWriter {
    inner: Option<Box<dyn BlobWriter>>,
    state: Arc<State>,
}

impl BlobWriter for FailingWriter {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let inner = self.inner.as_mut().unwrap();
        self.state.call(|| inner.append(bytes))
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let inner = self.inner.take().unwrap();
        self.state.call(|| inner.finish())
    }
}
