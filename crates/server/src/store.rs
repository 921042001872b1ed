//! Where buckets and objects are kept: one folder of this machine.
//!
//! ```text
//! DIR/lock               held while the store is open
//! DIR/metadata.redb      buckets, and of each object everything but its bytes
//! DIR/blobs/ab/cd/ID     the bytes of one upload or part, never changed
//! DIR/incoming/ID        the bytes of an upload under way
//! ```
//!
//! A key is never a path: blobs lie under random names, and the metadata alone knows whose they are. An upload is
//! durable in this order: file, its bytes on disk, rename, folder on disk, metadata committed. What a crash leaves
//! between two steps is a file that no metadata names, and opening the store removes it.
//!
//! Every function blocks; callers on an async runtime go through [`Store::blocking`].

mod blob;
mod metadata;
mod multipart;
mod reader;
mod record;
mod scan;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, TryLockError};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use cospass_protocol::{Bucket, ObjectKey, TagSet};

pub(crate) use blob::Upload;
pub(crate) use multipart::UploadName;
pub(crate) use reader::Reader;
pub(crate) use record::{
    AclRecord, BucketRecord, Draft, ObjectRecord, PartRecord, UploadRecord, tag_pairs,
};
pub(crate) use scan::{Step, past, start};

use crate::private;
use blob::Blobs;
use metadata::{Metadata, Released};
use reader::Readers;
use record::Place;

/// An open store. Clones are the same store.
#[derive(Clone)]
pub(crate) struct Store(Arc<Inner>);

struct Inner {
    metadata: Metadata,
    blobs: Arc<Blobs>,
    readers: Readers,
    /// All buckets, as the metadata has them: each request asks for one.
    buckets: RwLock<BTreeMap<String, BucketRecord>>,
    /// Held while a bucket is made, changed or deleted, so that `buckets` follows the metadata.
    bucket_changes: Mutex<()>,
    /// Locked until the process ends, however it ends.
    _lock: File,
}

impl Store {
    /// Opens the store in a folder, which is made if it is not there, and removes what a crash may have left.
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        private::create_folder(folder)?;
        let lock = lock(&folder.join("lock"))?;
        let metadata = Metadata::open(&folder.join("metadata.redb"))?;
        let blobs = Arc::new(Blobs::open(folder)?);
        let readers = Readers::new(Arc::clone(&blobs));
        blobs.sweep(&metadata.blobs()?)?;
        private::sync_folder(folder)?;
        let buckets = RwLock::new(metadata.buckets()?);
        let bucket_changes = Mutex::new(());
        Ok(Self(Arc::new(Inner { metadata, blobs, readers, buckets, bucket_changes, _lock: lock })))
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
    pub(crate) fn bucket(&self, bucket: &Bucket) -> Option<BucketRecord> {
        let buckets = self.0.buckets.read().unwrap_or_else(PoisonError::into_inner);
        buckets.get(bucket.as_str()).cloned()
    }

    /// All buckets in byte order. Does not block.
    pub(crate) fn buckets(&self) -> Vec<(String, BucketRecord)> {
        let buckets = self.0.buckets.read().unwrap_or_else(PoisonError::into_inner);
        buckets.iter().map(|(name, record)| (name.clone(), record.clone())).collect()
    }

    pub(crate) fn create_bucket(
        &self,
        bucket: &Bucket,
        record: BucketRecord,
    ) -> Result<(), StoreError> {
        let _guard = self.change_buckets();
        self.0.metadata.insert_bucket(bucket.as_str(), &record)?;
        let mut buckets = self.0.buckets.write().unwrap_or_else(PoisonError::into_inner);
        buckets.insert(bucket.as_str().to_owned(), record);
        Ok(())
    }

    pub(crate) fn delete_bucket(&self, bucket: &Bucket) -> Result<(), StoreError> {
        let _guard = self.change_buckets();
        self.0.metadata.remove_bucket(bucket.as_str())?;
        let mut buckets = self.0.buckets.write().unwrap_or_else(PoisonError::into_inner);
        buckets.remove(bucket.as_str());
        Ok(())
    }

    pub(crate) fn set_bucket_acl(&self, bucket: &Bucket, acl: AclRecord) -> Result<(), StoreError> {
        let _guard = self.change_buckets();
        let mut record = self.bucket(bucket).ok_or(StoreError::NoSuchBucket)?;
        record.acl = acl;
        self.0.metadata.update_bucket(bucket.as_str(), &record)?;
        let mut buckets = self.0.buckets.write().unwrap_or_else(PoisonError::into_inner);
        buckets.insert(bucket.as_str().to_owned(), record);
        Ok(())
    }

    pub(crate) fn object(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
    ) -> Result<ObjectRecord, StoreError> {
        self.find_object(bucket, key)?.ok_or(StoreError::NoSuchKey)
    }

    /// As [`object`](Self::object), for those to whom it may be absent.
    pub(crate) fn find_object(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
    ) -> Result<Option<ObjectRecord>, StoreError> {
        self.0.metadata.object(bucket.as_str(), key.as_str())
    }

    /// Shows the objects of a bucket in byte order of their keys, as `visit` steers.
    pub(crate) fn scan_objects(
        &self,
        bucket: &Bucket,
        from: Bound<String>,
        visit: impl FnMut(&str, ObjectRecord) -> Step,
    ) -> Result<(), StoreError> {
        self.0.metadata.scan_objects(bucket.as_str(), from, visit)
    }

    /// An object and its bytes, which stay readable while they are held, whatever happens to the object.
    pub(crate) fn open_object(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
    ) -> Result<(ObjectRecord, Reader), StoreError> {
        loop {
            let record = self.object(bucket, key)?;
            if let Some(reader) = self.reader(&record)? {
                return Ok((record, reader));
            }
            // Another upload may have replaced the object since: then the metadata names other bytes.
            if self.object(bucket, key)?.place == record.place {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
        }
    }

    /// The bytes of an object, if they are still there.
    fn reader(&self, record: &ObjectRecord) -> Result<Option<Reader>, StoreError> {
        match record.place {
            Place::Blob(blob) => match self.0.blobs.read(blob) {
                Ok(file) => Ok(Some(Reader::of_file(file, record.size))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            },
            Place::Manifest(id) => {
                let pin = self.0.readers.pin(id);
                let Some(pieces) = self.0.metadata.pieces(id)? else {
                    return Ok(None);
                };
                let parts = pieces.iter().map(|piece| (self.0.blobs.path(piece.blob), piece.size));
                Ok(Some(Reader::of_parts(parts, pin)))
            }
        }
    }

    /// Begins an upload; nothing is seen of it before it is [committed](Self::commit).
    pub(crate) fn upload(&self) -> Result<Upload, StoreError> {
        Ok(self.0.blobs.upload()?)
    }

    /// Makes an upload the object of a key, durably. `check` sees the object that is there and may refuse.
    pub(crate) fn commit<E: From<StoreError>>(
        &self,
        upload: Upload,
        bucket: &Bucket,
        key: &ObjectKey,
        draft: Draft,
        check: impl FnOnce(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<ObjectRecord, E> {
        let written = self.0.blobs.keep(upload).map_err(StoreError::from)?;
        self.put(bucket, key, draft.record(&written), check)
    }

    /// Makes an object of the bytes of another, durably. `plan` sees the source and says what the copy is to be; `check`
    /// sees the object that is there. Both may refuse.
    pub(crate) fn copy<E: From<StoreError>>(
        &self,
        from: (&Bucket, &ObjectKey),
        to: (&Bucket, &ObjectKey),
        plan: impl Fn(&ObjectRecord) -> Result<Draft, E>,
        check: impl Fn(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<ObjectRecord, E> {
        loop {
            let source = self.object(from.0, from.1)?;
            let draft = plan(&source)?;
            let place = match source.place {
                Place::Manifest(_) => Some(source.place),
                Place::Blob(blob) => match self.0.blobs.link(blob) {
                    Ok(blob) => Some(Place::Blob(blob)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    Err(error) => return Err(StoreError::from(error).into()),
                },
            };
            let record = place.map(|place| draft.copy(&source, place));
            let put = record.map(|record| {
                self.put(to.0, to.1, record, |there| check(there).map_err(Tried::Refused))
            });
            match put {
                Some(Ok(record)) => return Ok(record),
                Some(Err(Tried::Refused(refused))) => return Err(refused),
                Some(Err(Tried::Store(StoreError::NoSuchKey))) | None => {}
                Some(Err(Tried::Store(error))) => return Err(error.into()),
            }
            // As in `open_object`.
            if self.object(from.0, from.1)?.place == source.place {
                return Err(StoreError::from(io::Error::from(io::ErrorKind::NotFound)).into());
            }
        }
    }

    fn put<E: From<StoreError>>(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        record: ObjectRecord,
        check: impl FnOnce(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<ObjectRecord, E> {
        let replaced = self.0.metadata.put_object(bucket.as_str(), key.as_str(), &record, check);
        match replaced {
            Ok(replaced) => {
                self.forget(replaced);
                Ok(record)
            }
            Err(error) => {
                // A commit that failed may be on the disk all the same: what the metadata names stays.
                if let (Place::Blob(blob), Ok(there)) =
                    (record.place, self.0.metadata.object(bucket.as_str(), key.as_str()))
                    && there.is_none_or(|object| object.place != record.place)
                {
                    self.forget([Released::blob(blob)]);
                }
                Err(error)
            }
        }
    }

    /// Deletes objects, all or none; deleting what is not there is no error.
    pub(crate) fn delete_objects(
        &self,
        bucket: &Bucket,
        keys: &[ObjectKey],
    ) -> Result<(), StoreError> {
        let keys = keys.iter().map(ObjectKey::as_str);
        self.forget(self.0.metadata.remove_objects(bucket.as_str(), keys)?);
        Ok(())
    }

    pub(crate) fn set_object_acl(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        acl: AclRecord,
    ) -> Result<(), StoreError> {
        self.0.metadata.update_object(bucket.as_str(), key.as_str(), |record| record.acl = acl)
    }

    pub(crate) fn set_object_tags(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        tags: &TagSet,
    ) -> Result<(), StoreError> {
        let set = |record: &mut ObjectRecord| record.tags = tag_pairs(tags);
        self.0.metadata.update_object(bucket.as_str(), key.as_str(), set)
    }

    /// Removes bytes that no metadata names any more.
    fn forget(&self, released: impl IntoIterator<Item = Released>) {
        for Released { manifest, blobs } in released {
            self.0.readers.remove(manifest, blobs);
        }
    }

    fn change_buckets(&self) -> MutexGuard<'_, ()> {
        self.0.bucket_changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a copy was not put.
enum Tried<E> {
    Store(StoreError),
    Refused(E),
}

impl<E> From<StoreError> for Tried<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
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
    /// There is no such upload in parts.
    NoSuchUpload,
    /// A record of the metadata cannot be read.
    Record(postcard::Error),
    /// The metadata could not be read or written.
    Metadata(redb::Error),
    /// A file could not be read or written.
    Io(io::Error),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { folder } => {
                write!(f, "{} is in use by another endpoint", folder.display())
            }
            Self::UnknownFormat { found } => {
                write!(f, "the data folder has format {found}, which this version does not know")
            }
            Self::NoSuchBucket => f.write_str("there is no such bucket"),
            Self::BucketExists => f.write_str("there is a bucket of that name"),
            Self::BucketNotEmpty => f.write_str("the bucket is not empty"),
            Self::NoSuchKey => f.write_str("there is no such object"),
            Self::NoSuchUpload => f.write_str("there is no such upload in parts"),
            Self::Record(error) => write!(f, "a record of the metadata cannot be read: {error}"),
            Self::Metadata(error) => write!(f, "the metadata failed: {error}"),
            Self::Io(error) => write!(f, "the data folder failed: {error}"),
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

macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Metadata(error.into())
            }
        }
    )*};
}

from_redb!(
    redb::DatabaseError,
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError,
    redb::Error
);

#[cfg(test)]
mod tests;
