//! A backend in memory: everything is gone when it is dropped.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;

use super::backend::{Backend, BlobId, BlobReader, BlobWriter, Rows, Run, Span, Table, Verdict};
use super::transaction::Transaction;

/// Tables and blobs in memory.
#[derive(Default)]
pub(super) struct Memory {
    tables: RwLock<Tables>,
    blobs: Arc<RwLock<BTreeMap<BlobId, Content>>>,
}

type Content = Arc<Vec<u8>>;

#[derive(Default)]
struct Tables(BTreeMap<Table, BTreeMap<Vec<u8>, Vec<u8>>>);

impl Rows for Tables {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.get(&table).and_then(|rows| rows.get(key)).cloned())
    }

    fn scan(&self, table: Table, span: Span<'_>, most: usize) -> io::Result<Run> {
        let Some(rows) = self.0.get(&table).filter(|_| !is_empty(span)) else {
            return Ok(Run::default());
        };
        let rows = rows.range::<[u8], _>(span).take(most);
        Ok(rows.map(|(key, value)| (key.as_slice(), value.as_slice())).collect())
    }
}

/// Whether nothing lies between two bounds; a `BTreeMap` does not bear such.
fn is_empty(span: Span<'_>) -> bool {
    match span {
        (Bound::Included(first), Bound::Included(last)) => first > last,
        (
            Bound::Included(first) | Bound::Excluded(first),
            Bound::Included(last) | Bound::Excluded(last),
        ) => first >= last,
        _ => false,
    }
}

impl Rows for Memory {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        read(&self.tables).get(table, key)
    }

    fn scan(&self, table: Table, span: Span<'_>, most: usize) -> io::Result<Run> {
        read(&self.tables).scan(table, span, most)
    }
}

impl Backend for Memory {
    fn write(&self, run: &mut dyn FnMut(&mut Transaction<'_>) -> Verdict) -> io::Result<()> {
        let mut tables = write(&self.tables);
        let mut transaction = Transaction::new(&*tables);
        if run(&mut transaction) == Verdict::Abort {
            return Ok(());
        }
        for ((table, key), value) in transaction.into_changes() {
            let rows = tables.0.entry(table).or_default();
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        Ok(())
    }

    fn content(&self, key: [u8; 16]) -> io::Result<Option<Bytes>> {
        Ok(self.get(Table::Contents, &key)?.map(Bytes::from))
    }

    fn check_room(&self) -> io::Result<()> {
        Ok(())
    }

    fn begin(&self, blob: BlobId) -> io::Result<Box<dyn BlobWriter>> {
        Ok(Box::new(Writer { blob, bytes: Vec::new(), blobs: Arc::clone(&self.blobs) }))
    }

    fn open(&self, blob: BlobId, _size: u64) -> io::Result<Box<dyn BlobReader>> {
        let bytes = read(&self.blobs).get(&blob).cloned();
        Ok(Box::new(bytes.ok_or(io::ErrorKind::NotFound)?))
    }

    /// A blob is as small as whoever asks takes it to be.
    fn at_hand(&self, blob: BlobId, _size: u64) -> Option<Bytes> {
        let content = read(&self.blobs).get(&blob).map(Arc::clone)?;
        Some(Bytes::from_owner(Whole(content)))
    }

    fn link(&self, blob: BlobId, link: BlobId) -> io::Result<()> {
        let mut blobs = write(&self.blobs);
        let bytes = blobs.get(&blob).cloned().ok_or(io::ErrorKind::NotFound)?;
        blobs.insert(link, bytes);
        Ok(())
    }

    fn remove(&self, blob: BlobId) -> io::Result<()> {
        write(&self.blobs).remove(&blob);
        Ok(())
    }

    fn blobs(&self, after: Option<BlobId>, most: usize) -> io::Result<Vec<BlobId>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let blobs = read(&self.blobs);
        Ok(blobs.range((from, Bound::Unbounded)).map(|(blob, _)| *blob).take(most).collect())
    }
}

/// The bytes of a blob, as an owner of them.
struct Whole(Content);

impl AsRef<[u8]> for Whole {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

struct Writer {
    blob: BlobId,
    bytes: Vec<u8>,
    blobs: Arc<RwLock<BTreeMap<BlobId, Content>>>,
}

impl BlobWriter for Writer {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.bytes.shrink_to_fit();
        write(&self.blobs).insert(self.blob, Arc::new(self.bytes));
        Ok(())
    }
}

impl BlobReader for Content {
    fn read_exact_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start.checked_add(buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(self.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn at_hand(&mut self, offset: u64, most: usize) -> Option<Bytes> {
        let start = usize::try_from(offset).ok().filter(|start| *start < self.len())?;
        let end = start.saturating_add(most).min(self.len());
        Some(Bytes::from_owner(Whole(Arc::clone(self))).slice(start..end))
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
