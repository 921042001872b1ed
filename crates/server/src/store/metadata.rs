//! The metadata: which buckets and objects there are, in one transactional file.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    TableDefinition, WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::blob::BlobId;
use super::{BucketRecord, ObjectRecord, StoreError};
use crate::private;

/// The format of the tables and records below.
pub(super) const FORMAT: u32 = 1;

/// `"format"` alone.
const ABOUT: TableDefinition<'_, &str, u32> = TableDefinition::new("about");

/// By name.
const BUCKETS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("buckets");

/// By bucket and key, in byte order.
const OBJECTS: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("objects");

pub(super) struct Metadata {
    path: PathBuf,
    /// After an error of the disk, a full one for instance, a database refuses everything until it is opened anew. `None`
    /// when that failed, too. Transactions end before the lock is released, so that it can be closed.
    pub(super) database: RwLock<Option<Database>>,
}

impl Metadata {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        match private::create_file(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        let database = RwLock::new(Some(open(path)?));
        Ok(Self { path: path.to_owned(), database })
    }

    fn read<T>(
        &self,
        run: impl Fn(&ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let attempt = || {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            run(&database.as_ref().ok_or(redb::Error::PreviousIo)?.begin_read()?)
        };
        match attempt() {
            Err(StoreError::Metadata(redb::Error::PreviousIo)) => {
                self.reopen()?;
                attempt()
            }
            read => read,
        }
    }

    /// `run` commits.
    fn write<T, E: From<StoreError>>(
        &self,
        run: impl FnOnce(WriteTransaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let mut begun = begin_write(database.as_ref());
        if let Err(StoreError::Metadata(redb::Error::PreviousIo)) = begun {
            drop(database);
            self.reopen()?;
            database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            begun = begin_write(database.as_ref());
        }
        run(begun?)
    }

    /// Opens the database anew, unless another thread just did.
    fn reopen(&self) -> Result<(), StoreError> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if begin_write(database.as_ref()).is_err() {
            tracing::warn!("the metadata is opened anew after an error of the disk");
            *database = None;
            *database = Some(Database::open(&self.path)?);
        }
        Ok(())
    }

    pub(super) fn buckets(&self) -> Result<BTreeMap<String, BucketRecord>, StoreError> {
        self.read(|read| {
            let mut buckets = BTreeMap::new();
            for row in read.open_table(BUCKETS)?.iter()? {
                let (name, record) = row?;
                buckets.insert(name.value().to_owned(), decode(record.value())?);
            }
            Ok(buckets)
        })
    }

    /// The blobs that are in use.
    pub(super) fn blobs(&self) -> Result<HashSet<BlobId>, StoreError> {
        self.read(|read| {
            let table = read.open_table(OBJECTS)?;
            let mut blobs = HashSet::with_capacity(usize::try_from(table.len()?).unwrap_or(0));
            for row in table.iter()? {
                blobs.insert(decode::<ObjectRecord>(row?.1.value())?.blob);
            }
            Ok(blobs)
        })
    }

    pub(super) fn insert_bucket(
        &self,
        name: &str,
        record: &BucketRecord,
    ) -> Result<(), StoreError> {
        self.write(|write| {
            {
                let mut buckets = write.open_table(BUCKETS)?;
                if buckets.get(name)?.is_some() {
                    return Err(StoreError::BucketExists);
                }
                buckets.insert(name, encode(record)?.as_slice())?;
            }
            Ok(write.commit()?)
        })
    }

    pub(super) fn remove_bucket(&self, name: &str) -> Result<(), StoreError> {
        self.write(|write| {
            {
                let objects = write.open_table(OBJECTS)?;
                let mut of_bucket = objects.range((name, "")..)?;
                if let Some(row) = of_bucket.next()
                    && row?.0.value().0 == name
                {
                    return Err(StoreError::BucketNotEmpty);
                }
                if write.open_table(BUCKETS)?.remove(name)?.is_none() {
                    return Err(StoreError::NoSuchBucket);
                }
            }
            Ok(write.commit()?)
        })
    }

    pub(super) fn object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<ObjectRecord>, StoreError> {
        self.read(|read| {
            let found = read.open_table(OBJECTS)?.get((bucket, key))?;
            found.map(|record| decode(record.value())).transpose()
        })
    }

    /// Puts an object and returns the one that it replaces.
    pub(super) fn put_object<E: From<StoreError>>(
        &self,
        bucket: &str,
        key: &str,
        record: &ObjectRecord,
        check: impl FnOnce(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<Option<ObjectRecord>, E> {
        self.write(|write| {
            let current = current(&write, bucket, key)?;
            check(current.as_ref())?;
            insert(&write, bucket, key, record)?;
            write.commit().map_err(StoreError::from)?;
            Ok(current)
        })
    }

    pub(super) fn update_object(
        &self,
        bucket: &str,
        key: &str,
        change: impl FnOnce(&mut ObjectRecord),
    ) -> Result<(), StoreError> {
        self.write(|write| {
            let mut record = current(&write, bucket, key)?.ok_or(StoreError::NoSuchKey)?;
            change(&mut record);
            insert(&write, bucket, key, &record)?;
            Ok(write.commit()?)
        })
    }

    /// Removes an object and returns it.
    pub(super) fn remove_object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<ObjectRecord>, StoreError> {
        self.write(|write| {
            let removed = {
                let mut objects = write.open_table(OBJECTS)?;
                let removed = objects.remove((bucket, key))?;
                removed.map(|record| decode(record.value())).transpose()?
            };
            write.commit()?;
            Ok(removed)
        })
    }
}

fn open(path: &Path) -> Result<Database, StoreError> {
    let database = Database::create(path)?;
    let write = database.begin_write()?;
    {
        let mut about = write.open_table(ABOUT)?;
        let found = about.get("format")?.map(|number| number.value());
        match found {
            Some(FORMAT) => {}
            Some(found) => return Err(StoreError::UnknownFormat { found }),
            None => {
                about.insert("format", FORMAT)?;
            }
        }
        write.open_table(BUCKETS)?;
        write.open_table(OBJECTS)?;
    }
    write.commit()?;
    Ok(database)
}

fn begin_write(database: Option<&Database>) -> Result<WriteTransaction, StoreError> {
    Ok(database.ok_or(redb::Error::PreviousIo)?.begin_write()?)
}

/// The object of a key in a bucket that must be there.
fn current(
    write: &WriteTransaction,
    bucket: &str,
    key: &str,
) -> Result<Option<ObjectRecord>, StoreError> {
    if write.open_table(BUCKETS)?.get(bucket)?.is_none() {
        return Err(StoreError::NoSuchBucket);
    }
    let objects = write.open_table(OBJECTS)?;
    let found = objects.get((bucket, key))?;
    found.map(|record| decode(record.value())).transpose()
}

fn insert(
    write: &WriteTransaction,
    bucket: &str,
    key: &str,
    record: &ObjectRecord,
) -> Result<(), StoreError> {
    let mut objects = write.open_table(OBJECTS)?;
    objects.insert((bucket, key), encode(record)?.as_slice())?;
    Ok(())
}

fn encode(record: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    Ok(postcard::to_stdvec(record)?)
}

fn decode<T: DeserializeOwned>(record: &[u8]) -> Result<T, StoreError> {
    Ok(postcard::from_bytes(record)?)
}
