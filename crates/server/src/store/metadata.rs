//! The metadata: which buckets and objects there are, in one transactional file.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    TableDefinition, WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::blob::BlobId;
use super::record::{Manifest, ManifestId, PartRecord, Piece, Place};
use super::scan::{self, Step};
use super::{BucketRecord, ObjectRecord, StoreError};
use crate::private;

/// The format of the tables and records below.
pub(super) const FORMAT: u32 = 3;

/// `"format"` alone.
const ABOUT: TableDefinition<'_, &str, u32> = TableDefinition::new("about");

/// By name.
const BUCKETS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("buckets");

/// By bucket and key, in byte order.
const OBJECTS: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("objects");

/// Uploads in parts by bucket, key and id, in byte order.
pub(super) const UPLOADS: TableDefinition<'_, (&str, &str, &str), &[u8]> =
    TableDefinition::new("uploads");

/// Parts by the id of their upload and their number.
pub(super) const PARTS: TableDefinition<'_, (&str, u16), &[u8]> = TableDefinition::new("parts");

/// Which blobs the objects are made of that were uploaded in parts.
pub(super) const MANIFESTS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("manifests");

pub(super) struct Metadata {
    path: PathBuf,
    /// After an error of the disk, a full one for instance, a database refuses everything until it is opened anew. `None`
    /// when that failed, too. Transactions end before the lock is released, so that it can be closed.
    pub(super) database: RwLock<Option<Database>>,
}

/// Blobs that no metadata names any more.
#[derive(Debug)]
pub(super) struct Released {
    /// The manifest that listed them.
    pub(super) manifest: Option<ManifestId>,
    pub(super) blobs: Vec<BlobId>,
}

impl Released {
    pub(super) fn blob(blob: BlobId) -> Self {
        Self { manifest: None, blobs: vec![blob] }
    }
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

    pub(super) fn read<T>(
        &self,
        mut run: impl FnMut(&ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut attempt = || {
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

    /// Like [`read`](Self::read) for what shows rows one by one: it sets a mark before the first, and is not run again
    /// after that, so that no row is shown twice.
    pub(super) fn scan(
        &self,
        mut run: impl FnMut(&ReadTransaction, &mut bool) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut shown = false;
        self.read(|read| match run(read, &mut shown) {
            Err(StoreError::Metadata(error)) if shown => Err(io::Error::other(error).into()),
            scanned => scanned,
        })
    }

    /// `run` commits.
    pub(super) fn write<T, E: From<StoreError>>(
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
            let table = read.open_table(BUCKETS)?;
            let mut buckets = BTreeMap::new();
            for row in table.iter()? {
                let (name, record) = row?;
                buckets.insert(name.value().to_owned(), decode(record.value())?);
            }
            Ok(buckets)
        })
    }

    /// The blobs that are in use.
    pub(super) fn blobs(&self) -> Result<HashSet<BlobId>, StoreError> {
        self.read(|read| {
            let objects = read.open_table(OBJECTS)?;
            let mut blobs = HashSet::with_capacity(usize::try_from(objects.len()?).unwrap_or(0));
            for row in objects.iter()? {
                if let Place::Blob(blob) = decode::<ObjectRecord>(row?.1.value())?.place {
                    blobs.insert(blob);
                }
            }
            for row in read.open_table(MANIFESTS)?.iter()? {
                let manifest = decode::<Manifest>(row?.1.value())?;
                blobs.extend(manifest.pieces.iter().map(|piece| piece.blob));
            }
            for row in read.open_table(PARTS)?.iter()? {
                blobs.insert(decode::<PartRecord>(row?.1.value())?.blob);
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

    /// Replaces the record of a bucket that is there.
    pub(super) fn update_bucket(
        &self,
        name: &str,
        record: &BucketRecord,
    ) -> Result<(), StoreError> {
        self.write(|write| {
            write.open_table(BUCKETS)?.insert(name, encode(record)?.as_slice())?;
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
                let uploads = write.open_table(UPLOADS)?;
                if let Some(row) = uploads.range((name, "", "")..)?.next()
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
            let table = read.open_table(OBJECTS)?;
            let found = table.get((bucket, key))?;
            found.map(|record| decode(record.value())).transpose()
        })
    }

    /// Shows the objects of a bucket in byte order of their keys, all of one moment, as `visit` steers.
    pub(super) fn scan_objects(
        &self,
        bucket: &str,
        from: Bound<String>,
        mut visit: impl FnMut(&str, ObjectRecord) -> Step,
    ) -> Result<(), StoreError> {
        self.scan(|read, shown| {
            let table = read.open_table(OBJECTS)?;
            let mut from = Some(from.clone());
            'scan: while let Some(bound) = from.take() {
                let first = scan::as_ref(&bound).map(|key| (bucket, key));
                for row in table.range::<(&str, &str)>((first, Bound::Unbounded))? {
                    let (name, record) = row?;
                    let (of_bucket, key) = name.value();
                    if of_bucket != bucket {
                        return Ok(());
                    }
                    *shown = true;
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
        })
    }

    /// The pieces of a manifest; `None` if no object has it any more.
    pub(super) fn pieces(&self, manifest: ManifestId) -> Result<Option<Vec<Piece>>, StoreError> {
        self.read(|read| {
            let table = read.open_table(MANIFESTS)?;
            let found = table.get(manifest.0)?;
            let found = found.map(|manifest| decode::<Manifest>(manifest.value())).transpose()?;
            Ok(found.map(|manifest| manifest.pieces))
        })
    }

    /// Puts an object and returns what the one that it replaces leaves.
    pub(super) fn put_object<E: From<StoreError>>(
        &self,
        bucket: &str,
        key: &str,
        record: &ObjectRecord,
        check: impl FnOnce(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<Option<Released>, E> {
        self.write(|write| {
            let current = current(&write, bucket, key)?;
            check(current.as_ref())?;
            put(&write, bucket, key, record)?;
            let released = current.map(|replaced| release(&write, &replaced)).transpose()?;
            write.commit().map_err(StoreError::from)?;
            Ok(released)
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

    /// Removes objects and returns what those that were there leave.
    pub(super) fn remove_objects<'a>(
        &self,
        bucket: &str,
        keys: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<Released>, StoreError> {
        self.write(|write| {
            let mut released = Vec::new();
            for key in keys {
                let removed = {
                    let mut objects = write.open_table(OBJECTS)?;
                    let removed = objects.remove((bucket, key))?;
                    removed.map(|record| decode::<ObjectRecord>(record.value())).transpose()?
                };
                if let Some(record) = removed {
                    released.push(release(&write, &record)?);
                }
            }
            write.commit()?;
            Ok(released)
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
        write.open_table(UPLOADS)?;
        write.open_table(PARTS)?;
        write.open_table(MANIFESTS)?;
    }
    write.commit()?;
    Ok(database)
}

fn begin_write(database: Option<&Database>) -> Result<WriteTransaction, StoreError> {
    Ok(database.ok_or(redb::Error::PreviousIo)?.begin_write()?)
}

/// The object of a key in a bucket that must be there.
pub(super) fn current(
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

/// Puts an object, which has its manifest from now on, if it has one. That must be there.
pub(super) fn put(
    write: &WriteTransaction,
    bucket: &str,
    key: &str,
    record: &ObjectRecord,
) -> Result<(), StoreError> {
    if let Place::Manifest(id) = record.place {
        let mut manifests = write.open_table(MANIFESTS)?;
        let found = manifests.get(id.0)?.map(|row| decode::<Manifest>(row.value())).transpose()?;
        let mut manifest = found.ok_or(StoreError::NoSuchKey)?;
        manifest.objects = manifest.objects.saturating_add(1);
        manifests.insert(id.0, encode(&manifest)?.as_slice())?;
    }
    insert(write, bucket, key, record)
}

/// What an object leaves that is not there any more: its blob, or the last one of a manifest those that it lists.
pub(super) fn release(
    write: &WriteTransaction,
    record: &ObjectRecord,
) -> Result<Released, StoreError> {
    let id = match record.place {
        Place::Blob(blob) => return Ok(Released::blob(blob)),
        Place::Manifest(id) => id,
    };
    let mut manifests = write.open_table(MANIFESTS)?;
    let found = manifests.get(id.0)?.map(|row| decode::<Manifest>(row.value())).transpose()?;
    let mut blobs = Vec::new();
    if let Some(mut manifest) = found {
        manifest.objects = manifest.objects.saturating_sub(1);
        if manifest.objects == 0 {
            manifests.remove(id.0)?;
            blobs = manifest.pieces.iter().map(|piece| piece.blob).collect();
        } else {
            manifests.insert(id.0, encode(&manifest)?.as_slice())?;
        }
    }
    Ok(Released { manifest: Some(id), blobs })
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

pub(super) fn encode(record: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    Ok(postcard::to_stdvec(record)?)
}

pub(super) fn decode<T: DeserializeOwned>(record: &[u8]) -> Result<T, StoreError> {
    Ok(postcard::from_bytes(record)?)
}
