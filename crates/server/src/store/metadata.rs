//! The metadata: which buckets and objects there are, in one transactional file.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::ops::Bound;
use std::path::Path;

use redb::{
    Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition,
    WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::blob::BlobId;
use super::scan::{self, Step};
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

pub(super) struct Metadata(Database);

impl Metadata {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        match private::create_file(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
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
        Ok(Self(database))
    }

    pub(super) fn buckets(&self) -> Result<BTreeMap<String, BucketRecord>, StoreError> {
        let table = self.0.begin_read()?.open_table(BUCKETS)?;
        let mut buckets = BTreeMap::new();
        for row in table.iter()? {
            let (name, record) = row?;
            buckets.insert(name.value().to_owned(), decode(record.value())?);
        }
        Ok(buckets)
    }

    /// The blobs that are in use.
    pub(super) fn blobs(&self) -> Result<HashSet<BlobId>, StoreError> {
        let table = self.0.begin_read()?.open_table(OBJECTS)?;
        let mut blobs = HashSet::with_capacity(usize::try_from(table.len()?).unwrap_or(0));
        for row in table.iter()? {
            blobs.insert(decode::<ObjectRecord>(row?.1.value())?.blob);
        }
        Ok(blobs)
    }

    pub(super) fn insert_bucket(
        &self,
        name: &str,
        record: &BucketRecord,
    ) -> Result<(), StoreError> {
        let write = self.0.begin_write()?;
        {
            let mut buckets = write.open_table(BUCKETS)?;
            if buckets.get(name)?.is_some() {
                return Err(StoreError::BucketExists);
            }
            buckets.insert(name, encode(record)?.as_slice())?;
        }
        Ok(write.commit()?)
    }

    pub(super) fn remove_bucket(&self, name: &str) -> Result<(), StoreError> {
        let write = self.0.begin_write()?;
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
    }

    pub(super) fn object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<ObjectRecord>, StoreError> {
        let table = self.0.begin_read()?.open_table(OBJECTS)?;
        let found = table.get((bucket, key))?;
        found.map(|record| decode(record.value())).transpose()
    }

    /// Shows the objects of a bucket in byte order of their keys, all of one moment, as `visit` steers.
    pub(super) fn scan_objects(
        &self,
        bucket: &str,
        from: Bound<String>,
        mut visit: impl FnMut(&str, ObjectRecord) -> Step,
    ) -> Result<(), StoreError> {
        let table = self.0.begin_read()?.open_table(OBJECTS)?;
        let mut from = Some(from);
        'scan: while let Some(bound) = from.take() {
            let first = scan::as_ref(&bound).map(|key| (bucket, key));
            for row in table.range::<(&str, &str)>((first, Bound::Unbounded))? {
                let (name, record) = row?;
                let (of_bucket, key) = name.value();
                if of_bucket != bucket {
                    return Ok(());
                }
                match visit(key, decode(record.value())?) {
                    Step::Next => {}
                    Step::Past(prefix) => {
                        from = scan::past(&prefix);
                        continue 'scan;
                    }
                    Step::Stop => return Ok(()),
                }
            }
        }
        Ok(())
    }

    /// Puts an object and returns the one that it replaces.
    pub(super) fn put_object<E: From<StoreError>>(
        &self,
        bucket: &str,
        key: &str,
        record: &ObjectRecord,
        check: impl FnOnce(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<Option<ObjectRecord>, E> {
        let write = self.0.begin_write().map_err(StoreError::from)?;
        let current = current(&write, bucket, key)?;
        check(current.as_ref())?;
        insert(&write, bucket, key, record)?;
        write.commit().map_err(StoreError::from)?;
        Ok(current)
    }

    pub(super) fn update_object(
        &self,
        bucket: &str,
        key: &str,
        change: impl FnOnce(&mut ObjectRecord),
    ) -> Result<(), StoreError> {
        let write = self.0.begin_write()?;
        let mut record = current(&write, bucket, key)?.ok_or(StoreError::NoSuchKey)?;
        change(&mut record);
        insert(&write, bucket, key, &record)?;
        Ok(write.commit()?)
    }

    /// Removes objects and returns those that were there.
    pub(super) fn remove_objects<'a>(
        &self,
        bucket: &str,
        keys: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<ObjectRecord>, StoreError> {
        let write = self.0.begin_write()?;
        let mut removed = Vec::new();
        {
            let mut objects = write.open_table(OBJECTS)?;
            for key in keys {
                if let Some(record) = objects.remove((bucket, key))? {
                    removed.push(decode(record.value())?);
                }
            }
        }
        write.commit()?;
        Ok(removed)
    }
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
