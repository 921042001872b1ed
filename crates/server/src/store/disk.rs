//! A backend in one folder of this machine.
//!
//! ```text
//! DIR/lock               held while the folder is open
//! DIR/metadata.redb      the tables
//! DIR/blobs/ab/ID        a blob and the checksums of its blocks, never changed
//! DIR/incoming/ID        a blob in the making
//! ```
//!
//! A blob is durable in this order: its bytes on disk, rename, folder on disk. Only then a table may name it. What a table
//! or a blob says is compared with checksums whenever it is read ([`checked`]).

mod at_hand;
mod blobs;
mod buffer;
mod checked;
mod hot;
mod submitted;
mod system;
mod tables;

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::StoreError;
use super::backend::{
    Backend, BlobId, BlobReader, BlobWriter, Job, Rows, Run, Span, Table, Verdict,
};
use super::transaction::Transaction;
use crate::private;
use blobs::Blobs;
use hot::Hot;
use tables::Tables;

/// Whether what is acknowledged is on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Syncing {
    /// Before it is acknowledged.
    #[default]
    Always,
    /// When the system gets to it: it survives the end of the process, not that of the system.
    Never,
}

/// A folder, open.
pub(super) struct Disk {
    pub(super) tables: Arc<Tables>,
    blobs: Blobs,
    hot: Hot,
    /// Locked until the process ends, however it ends.
    lock: File,
}

impl Disk {
    /// Opens a folder, which is made if it is not there.
    pub(super) fn open(folder: &Path, sync: Syncing) -> Result<Self, StoreError> {
        private::create_folder(folder)?;
        let lock = lock(&folder.join("lock"))?;
        let tables = Arc::new(Tables::open(&folder.join("metadata.redb"), sync)?);
        let blobs = Blobs::open(folder, sync)?;
        if sync == Syncing::Always {
            private::sync_folder(folder)?;
        }
        Ok(Self { tables, blobs, hot: Hot::new(), lock })
    }
}

impl Rows for Disk {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        self.tables.get(table, key)
    }

    fn scan(&self, table: Table, span: Span<'_>, most: usize) -> io::Result<Run> {
        self.tables.scan(table, span, most)
    }
}

impl Backend for Disk {
    fn write(&self, run: &mut dyn FnMut(&mut Transaction<'_>) -> Verdict) -> io::Result<()> {
        self.tables.write(run)
    }

    fn submit(&self, job: Job) {
        self.tables.submit(job);
    }

    fn content(&self, key: [u8; 16]) -> io::Result<Option<Bytes>> {
        if let Some(bytes) = self.hot.find(key) {
            return Ok(Some(bytes));
        }
        let found = self.tables.get(Table::Contents, &key)?.map(Bytes::from);
        if let Some(bytes) = &found {
            self.hot.keep(key, bytes.clone(), bytes.len());
        }
        Ok(found)
    }

    fn check_room(&self) -> io::Result<()> {
        system::check_room(&self.lock)
    }

    fn has_ample_room(&self) -> bool {
        system::has_ample_room(&self.lock)
    }

    fn begin(&self, blob: BlobId) -> io::Result<Box<dyn BlobWriter>> {
        Ok(Box::new(self.blobs.begin(blob)?))
    }

    fn open(&self, blob: BlobId, size: u64) -> io::Result<Box<dyn BlobReader>> {
        Ok(Box::new(self.blobs.open_blob(blob, size)?))
    }

    fn at_hand(&self, blob: BlobId, size: u64) -> Option<Bytes> {
        if let Some(bytes) = self.hot.find(blob.0) {
            return (bytes.len() as u64 == size).then_some(bytes);
        }
        let (bytes, occupied) = self.blobs.at_hand(blob, size)?;
        self.hot.keep(blob.0, bytes.clone(), occupied);
        Some(bytes)
    }

    fn link(&self, blob: BlobId, link: BlobId) -> io::Result<()> {
        self.blobs.link(blob, link)
    }

    fn remove(&self, blob: BlobId) -> io::Result<()> {
        self.hot.forget(blob.0);
        self.blobs.remove(blob)
    }

    fn blobs(&self, after: Option<BlobId>, most: usize) -> io::Result<Vec<BlobId>> {
        self.blobs.list(after, most)
    }
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let file = match private::create_file(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            File::options().write(true).open(path)?
        }
        created => created?,
    };
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Locked { folder: path.parent().unwrap_or(path).to_owned() })
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
