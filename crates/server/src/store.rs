//! Where buckets and objects are kept.
//!
//! [`Store`] knows what they are and is written once. Beneath it lies a [`Backend`]: ordered tables of bytes and blobs,
//! in one folder of this machine ([`disk`]) or in memory ([`memory`]).
//!
//! A key is never a path: blobs lie under random names, and the tables alone know whose they are. An upload is durable in
//! this order: its blob, then the transaction that names it. What a crash leaves between the two is a blob that nothing
//! names, and a sweep removes it. Few bytes have no blob: they are a row of that transaction.
//!
//! Every function blocks; callers on an async runtime go through [`Store::blocking`]. Two things they may do themselves,
//! as a thread of its own for each costs more than they do: look up single records, which are in memory as a rule and one
//! page of a file away otherwise; and take what is [at hand](Store::object_at_hand), which is in memory for sure.

mod append;
mod backend;
mod cipher;
mod configurations;
mod disk;
mod known;
mod lifecycle;
mod memory;
mod metadata;
mod multipart;
mod object;
mod pins;
mod reader;
mod record;
mod retention;
mod row;
mod scan;
mod stored;
mod sweep;
mod transaction;
mod upload;
mod version;
mod version_scan;

use std::fmt;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cospass_protocol::Bucket;
use tokio::sync::watch;

use crate::limits::BESIDE;

pub(crate) use append::Appended;
pub(crate) use cipher::KeyCheck;
pub(crate) use disk::Syncing;
pub(crate) use lifecycle::Due;
pub(crate) use multipart::UploadName;
pub(crate) use object::Retained;
pub(crate) use reader::Reader;
pub(crate) use record::{
    AclRecord, BucketId, BucketRecord, Draft, Encryption, Kind, Listed, ObjectRecord, PartRecord,
    Restored, UploadRecord, tag_pairs,
};
pub(crate) use scan::{Step, past, start};
pub(crate) use upload::{Hashing, Upload, Writing};
pub(crate) use version::{Deleted, Former, Versioning};

use backend::{Backend, Rows, Table};
use disk::Disk;
use known::{Known, Records};
use memory::Memory;
use metadata::{FORMAT, bucket_key, decode, find, put, walk};
use pins::Pins;
use row::{Fields, RowKey};
use transaction::Transaction;

/// An open store. Clones are the same store.
#[derive(Clone)]
pub(crate) struct Store(Arc<Inner>, Within);

/// Which bucket is written to, if that is settled: see [`Store::within`].
type Within = Option<(RowKey, Option<BucketId>)>;

struct Inner {
    backend: Arc<dyn Backend>,
    pins: Pins,
    buckets: Known,
    /// Held while a bucket is made, changed or deleted, so that `buckets` follows the tables.
    bucket_changes: Mutex<()>,
    /// An object of at most so many bytes is kept in a row, beside its metadata.
    few: usize,
    /// The time of the last version, in microseconds since 1970: no two have the same.
    last_version: AtomicU64,
    /// Dropped when all of the above is: see [`Store::closed`].
    open: watch::Sender<()>,
}

impl Store {
    /// Opens the store in a folder, which is made if it is not there.
    pub(crate) fn open(folder: &Path, syncing: Syncing) -> Result<Self, StoreError> {
        let disk = Disk::open(folder, syncing)?;
        let open = disk.tables.open.clone();
        Self::with_few(Arc::new(disk), BESIDE, open)
    }

    /// A store in memory, gone when it is dropped.
    pub(crate) fn in_memory() -> Result<Self, StoreError> {
        Self::over(Arc::new(Memory::default()))
    }

    fn over(backend: Arc<dyn Backend>) -> Result<Self, StoreError> {
        Self::with_few(backend, BESIDE, watch::Sender::default())
    }

    fn with_few(
        backend: Arc<dyn Backend>,
        few: usize,
        open: watch::Sender<()>,
    ) -> Result<Self, StoreError> {
        metadata::open(&*backend)?;
        let mut buckets = Records::new();
        let all = (Bound::Unbounded, Bound::Unbounded);
        walk(&*backend, Table::Buckets, all, |key, record| {
            let name = Fields(key).text().ok_or(StoreError::Key)?;
            buckets.insert(name.into_owned(), Arc::new(decode(record)?));
            Ok(metadata::Walk::Next)
        })?;
        let (pins, buckets) = (Pins::new(Arc::clone(&backend)), Known::new(buckets));
        let inner = Inner {
            backend,
            pins,
            buckets,
            bucket_changes: Mutex::new(()),
            few,
            last_version: AtomicU64::new(0),
            open,
        };
        Ok(Self(Arc::new(inner), None))
    }

    /// Ends when nobody has the store any more, and its folder may be opened again.
    pub(crate) fn closed(&self) -> impl Future<Output = ()> + use<> {
        let mut open = self.0.open.subscribe();
        // Nothing is ever sent.
        async move { while open.changed().await.is_ok() {} }
    }

    /// The store for who was let into a bucket: nothing is written once it is gone, even if there is another of its name by
    /// then, which nobody let them into. `None` if there was none yet. What is refused so is [`StoreError::NoSuchBucket`].
    pub(crate) fn within(&self, bucket: &Bucket, id: Option<BucketId>) -> Self {
        Self(Arc::clone(&self.0), Some((bucket_key(bucket.as_str()), id)))
    }

    /// Runs something that blocks on a thread that may.
    pub(crate) async fn blocking<T, E>(
        &self,
        run: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.clone();
        let joined = tokio::task::spawn_blocking(move || run(&store)).await;
        joined.unwrap_or_else(|error| Err(StoreError::Io(io::Error::other(error)).into()))
    }

    /// A bucket, if it is there. Does not block.
    pub(crate) fn bucket(&self, bucket: &Bucket) -> Option<Arc<BucketRecord>> {
        self.0.buckets.find(bucket.as_str())
    }

    /// All buckets in byte order. Does not block.
    pub(crate) fn buckets(&self) -> Vec<(String, Arc<BucketRecord>)> {
        self.0.buckets.all()
    }

    pub(crate) fn create_bucket(
        &self,
        bucket: &Bucket,
        record: BucketRecord,
    ) -> Result<(), StoreError> {
        let record = BucketRecord { id: BucketId::random()?, ..record };
        self.change_bucket(bucket, |tables, row| {
            match tables.get(Table::Buckets, row.as_bytes())? {
                Some(_) => Err(StoreError::BucketExists),
                None => put(tables, Table::Buckets, row.clone(), &record),
            }
        })
    }

    pub(crate) fn delete_bucket(&self, bucket: &Bucket) -> Result<(), StoreError> {
        self.change_bucket(bucket, |tables, row| {
            for table in [Table::Objects, Table::Versions, Table::Uploads] {
                if !metadata::is_empty(tables, table, row)? {
                    return Err(StoreError::BucketNotEmpty);
                }
            }
            tables.get(Table::Buckets, row.as_bytes())?.ok_or(StoreError::NoSuchBucket)?;
            tables.remove(Table::Buckets, row.clone().into_bytes());
            Ok(())
        })
    }

    pub(crate) fn set_bucket_acl(&self, bucket: &Bucket, acl: AclRecord) -> Result<(), StoreError> {
        self.change_bucket(bucket, |tables, row| {
            let found = find::<BucketRecord>(tables, Table::Buckets, row)?;
            let record = found.ok_or(StoreError::NoSuchBucket)?;
            put(tables, Table::Buckets, row.clone(), &BucketRecord { acl: acl.clone(), ..record })
        })
    }

    /// Runs a transaction that changes the row of a bucket.
    fn change_bucket<E: From<StoreError>>(
        &self,
        bucket: &Bucket,
        change: impl Fn(&mut Transaction<'_>, &RowKey) -> Result<(), E>,
    ) -> Result<(), E> {
        let row = bucket_key(bucket.as_str());
        let _guard = self.0.bucket_changes.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = self.write(|tables| {
            change(tables, &row)?;
            Ok::<_, E>(find::<BucketRecord>(tables, Table::Buckets, &row)?)
        });
        let (there, changed) = match changed {
            Ok(there) => (Ok(there), Ok(())),
            // What failed may have happened all the same: everybody is to see what came of it.
            Err(error) => (find(&*self.0.backend, Table::Buckets, &row), Err(error)),
        };
        match there {
            Ok(record) => self.0.buckets.change(bucket.as_str(), record),
            Err(error) => {
                tracing::error!(%error, "a bucket is shown as it was, after a change that failed")
            }
        }
        changed
    }

    /// What the next version has at most as its number, so that it comes before all others. `now` in Unix seconds.
    fn next_version(&self, now: i64) -> u64 {
        let now = u64::try_from(now).unwrap_or(0).saturating_mul(1_000_000);
        let after = |last: u64| Some(last.saturating_add(1).max(now));
        let last = &self.0.last_version;
        let before = last.fetch_update(Ordering::SeqCst, Ordering::SeqCst, after);
        let micros = before.ok().and_then(after).unwrap_or(now);
        0_u64.wrapping_sub(micros)
    }

    /// Refuses to go on in another bucket than the one that was let into.
    fn check_within(&self, rows: &dyn Rows) -> Result<(), StoreError> {
        let Some((row, id)) = &self.1 else { return Ok(()) };
        let found = find::<BucketRecord>(rows, Table::Buckets, row)?;
        match found.map(|found| found.id) == *id {
            true => Ok(()),
            false => Err(StoreError::NoSuchBucket),
        }
    }

    /// Runs a transaction; see [`metadata::write`].
    fn write<T, E: From<StoreError>>(
        &self,
        run: impl Fn(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        metadata::write(&*self.0.backend, |tables| {
            self.check_within(tables)?;
            run(tables)
        })
    }
}

/// Why the store did not do what was asked.
#[derive(Debug)]
pub enum StoreError {
    /// Another process, or another server of this one, has the folder open.
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder was written by a version whose format this one does not know.
    UnknownFormat {
        /// The number of that format.
        found: u32,
    },
    /// There is no such bucket.
    NoSuchBucket,
    /// There is a bucket of that name already.
    BucketExists,
    /// The bucket has objects, or uploads in parts under way.
    BucketNotEmpty,
    /// There is no such object.
    NoSuchKey,
    /// There is no such version of the object.
    NoSuchVersion,
    /// A delete marker says that the object was deleted.
    DeleteMarker {
        /// The marker's own version.
        version: String,
        /// Whether it was asked for by that version.
        is_asked: bool,
    },
    /// The object, or what it would replace, must stay as it is for a while yet.
    Retained,
    /// It must stay longer than it was to from now on.
    RetentionShortened,
    /// No object of the bucket can be told to stay.
    NotLockable,
    /// There is no such upload in parts.
    NoSuchUpload,
    /// A record of the metadata cannot be read.
    Record(postcard::Error),
    /// The key of a record cannot be read.
    Key,
    /// The disk, or what else things are kept on, failed.
    Io(io::Error),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { folder } => {
                write!(f, "{} is in use by another endpoint", folder.display())
            }
            Self::UnknownFormat { found } => {
                write!(
                    f,
                    "the data folder has format {found}, and this version knows no other than {FORMAT}: serve \
                     an empty folder, or this one with the version that made it"
                )
            }
            Self::NoSuchBucket => f.write_str("there is no such bucket"),
            Self::BucketExists => f.write_str("there is a bucket of that name"),
            Self::BucketNotEmpty => f.write_str("the bucket is not empty"),
            Self::NoSuchKey => f.write_str("there is no such object"),
            Self::NoSuchVersion => f.write_str("there is no such version of the object"),
            Self::DeleteMarker { version, .. } => {
                write!(f, "the object was deleted: {version} is a delete marker")
            }
            Self::Retained => f.write_str("the object is locked"),
            Self::RetentionShortened => f.write_str("the object is locked for longer than that"),
            Self::NotLockable => f.write_str("objects of the bucket cannot be locked"),
            Self::NoSuchUpload => f.write_str("there is no such upload in parts"),
            Self::Record(error) => write!(f, "a record of the metadata cannot be read: {error}"),
            Self::Key => f.write_str("the key of a record of the metadata cannot be read"),
            Self::Io(error) => write!(f, "the store failed: {error}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<postcard::Error> for StoreError {
    fn from(error: postcard::Error) -> Self {
        Self::Record(error)
    }
}

#[cfg(test)]
mod contract;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
