//! What the tables hold, and what of it a transaction changes together.
//!
//! | table | key | value |
//! |---|---|---|
//! | about | `format` | the number of the format |
//! | about | `last-version` | the number of the version that was made last |
//! | buckets | bucket | [`BucketRecord`](super::BucketRecord) |
//! | objects | bucket, key | [`ObjectRecord`] |
//! | versions | bucket, key, version | [`Former`](super::version::Former): a former version, or a delete marker |
//! | null-versions | bucket, key | which of the former versions is the `null` one |
//! | uploads | bucket, key, upload | [`UploadRecord`](super::UploadRecord) |
//! | parts | upload, number | [`PartRecord`](super::PartRecord) |
//! | manifests | manifest | [`Manifest`] |
//! | blobs | blob | nothing: the row says that another one names the blob |
//! | contents | content | the bytes of one object, which are few; the row goes and comes with the one that names it |

use std::ops::Bound;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::backend::{Backend, BlobId, Rows, Table, Verdict};
use super::record::{ContentId, Manifest, ManifestId, Place};
use super::row::RowKey;
use super::transaction::Transaction;
use super::{BucketRecord, ObjectRecord, StoreError};

/// The format of the tables and records.
pub(super) const FORMAT: u32 = 9;

/// How many rows a walk reads at first, and how many at most at a time. It begins with few, since it may be sent on; one that
/// was sent on is likely to be sent on again by the first row.
const FIRST_ROWS: usize = 16;
const ROWS_BEHIND_A_JUMP: usize = 2;
const MOST_ROWS: usize = 1024;

/// Says which format the tables have, or refuses another.
pub(super) fn open(backend: &dyn Backend) -> Result<(), StoreError> {
    let key = RowKey::new().text("format");
    let found = find(backend, Table::About, &key)?;
    match found {
        Some(FORMAT) => Ok(()),
        Some(found) => Err(StoreError::UnknownFormat { found }),
        None => write(backend, |tables| put(tables, Table::About, key.clone(), &FORMAT)),
    }
}

/// Runs a transaction, which is committed unless it refuses. It may be run more than once.
pub(super) fn write<T, E: From<StoreError>>(
    backend: &dyn Backend,
    run: impl Fn(&mut Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut ran = None;
    let written = backend.write(&mut |tables| {
        let result = run(tables);
        let verdict = if result.is_ok() { Verdict::Commit } else { Verdict::Abort };
        ran = Some(result);
        verdict
    });
    written.map_err(StoreError::from)?;
    let never = || Err(StoreError::from(std::io::Error::other("nothing was run")).into());
    ran.unwrap_or_else(never)
}

/// The record of a key.
pub(super) fn find<T: DeserializeOwned>(
    rows: &dyn Rows,
    table: Table,
    key: &RowKey,
) -> Result<Option<T>, StoreError> {
    rows.get(table, key.as_bytes())?.map(|record| decode(&record)).transpose()
}

pub(super) fn put(
    tables: &mut Transaction<'_>,
    table: Table,
    key: RowKey,
    record: &impl Serialize,
) -> Result<(), StoreError> {
    tables.put(table, key.into_bytes(), postcard::to_stdvec(record)?);
    Ok(())
}

pub(super) fn decode<T: DeserializeOwned>(record: &[u8]) -> Result<T, StoreError> {
    Ok(postcard::from_bytes(record)?)
}

/// Where a walk goes from a row.
pub(super) enum Walk {
    Next,
    From(Bound<Vec<u8>>),
    End,
}

/// Shows rows from one bound to another in byte order, as `visit` steers. They need not all be of one moment.
pub(super) fn walk(
    rows: &dyn Rows,
    table: Table,
    span: (Bound<Vec<u8>>, Bound<Vec<u8>>),
    visit: impl FnMut(&[u8], &[u8]) -> Result<Walk, StoreError>,
) -> Result<(), StoreError> {
    walk_by(rows, table, span, FIRST_ROWS, visit)
}

/// As [`walk`], for those who know how many rows they are most likely to look at.
pub(super) fn walk_by(
    rows: &dyn Rows,
    table: Table,
    (mut from, to): (Bound<Vec<u8>>, Bound<Vec<u8>>),
    first: usize,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<Walk, StoreError>,
) -> Result<(), StoreError> {
    let mut most = first.clamp(FIRST_ROWS, MOST_ROWS);
    'runs: loop {
        let span = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
        let run = rows.scan(table, span, most)?;
        for (key, record) in run.iter() {
            match visit(key, record)? {
                Walk::Next => {}
                Walk::From(bound) => {
                    (from, most) = (bound, ROWS_BEHIND_A_JUMP);
                    continue 'runs;
                }
                Walk::End => return Ok(()),
            }
        }
        match run.last().filter(|_| run.len() >= most) {
            Some((key, _)) => from = Bound::Excluded(key.to_vec()),
            None => return Ok(()),
        }
        most = most.saturating_mul(2).min(MOST_ROWS);
    }
}

/// The one record in a span that comes first, if there is one.
pub(super) fn is_empty(rows: &dyn Rows, table: Table, begins: &RowKey) -> Result<bool, StoreError> {
    let (from, to) = (begins.clone().first(), begins.clone().last());
    let span = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
    Ok(rows.scan(table, span, 1)?.is_empty())
}

pub(super) fn bucket_key(bucket: &str) -> RowKey {
    RowKey::new().text(bucket)
}

pub(super) fn object_key(bucket: &str, key: &str) -> RowKey {
    bucket_key(bucket).text(key)
}

pub(super) fn manifest_key(ManifestId(id): ManifestId) -> RowKey {
    RowKey::new().id(id)
}

pub(super) fn content_key(ContentId(id): ContentId) -> RowKey {
    RowKey::new().id(id)
}

fn blob_key(BlobId(id): BlobId) -> RowKey {
    RowKey::new().id(id)
}

pub(super) fn find_object(
    rows: &dyn Rows,
    bucket: &str,
    key: &str,
) -> Result<Option<ObjectRecord>, StoreError> {
    find(rows, Table::Objects, &object_key(bucket, key))
}

/// A bucket that must be there.
pub(super) fn bucket_record(rows: &dyn Rows, bucket: &str) -> Result<BucketRecord, StoreError> {
    find(rows, Table::Buckets, &bucket_key(bucket))?.ok_or(StoreError::NoSuchBucket)
}

/// The object of a key in a bucket that must be there.
pub(super) fn current(
    rows: &dyn Rows,
    bucket: &str,
    key: &str,
) -> Result<Option<ObjectRecord>, StoreError> {
    if rows.get(Table::Buckets, bucket_key(bucket).as_bytes())?.is_none() {
        return Err(StoreError::NoSuchBucket);
    }
    find_object(rows, bucket, key)
}

/// Puts an object, which has its blob or its manifest from now on. A manifest, or the row of its bytes, must be there.
pub(super) fn put_object(
    tables: &mut Transaction<'_>,
    bucket: &str,
    key: &str,
    record: &ObjectRecord,
) -> Result<(), StoreError> {
    match record.place {
        Place::Blob(blob) => name(tables, blob),
        Place::Manifest(id) => {
            let found = find::<Manifest>(tables, Table::Manifests, &manifest_key(id))?;
            let mut manifest = found.ok_or(StoreError::NoSuchKey)?;
            manifest.objects = manifest.objects.saturating_add(1);
            put(tables, Table::Manifests, manifest_key(id), &manifest)?;
        }
        Place::Row(_) => {}
    }
    put(tables, Table::Objects, object_key(bucket, key), record)
}

/// Takes away what an object has that is not there any more, and returns the blobs that nothing names now.
pub(super) fn release(
    tables: &mut Transaction<'_>,
    record: &ObjectRecord,
) -> Result<Vec<BlobId>, StoreError> {
    let id = match record.place {
        Place::Blob(blob) => return Ok(unname(tables, [blob])),
        Place::Manifest(id) => id,
        Place::Row(content) => {
            tables.remove(Table::Contents, content_key(content).into_bytes());
            return Ok(Vec::new());
        }
    };
    let Some(mut manifest) = find::<Manifest>(tables, Table::Manifests, &manifest_key(id))? else {
        return Ok(Vec::new());
    };
    manifest.objects = manifest.objects.saturating_sub(1);
    if manifest.objects == 0 {
        tables.remove(Table::Manifests, manifest_key(id).into_bytes());
        return Ok(unname(tables, manifest.pieces.iter().map(|piece| piece.blob)));
    }
    put(tables, Table::Manifests, manifest_key(id), &manifest)?;
    Ok(Vec::new())
}

/// Says that a row names a blob.
pub(super) fn name(tables: &mut Transaction<'_>, blob: BlobId) {
    tables.put(Table::Blobs, blob_key(blob).into_bytes(), Vec::new());
}

/// Says that no row names some blobs any more, and returns them.
pub(super) fn unname(
    tables: &mut Transaction<'_>,
    blobs: impl IntoIterator<Item = BlobId>,
) -> Vec<BlobId> {
    let unname = |blob| {
        tables.remove(Table::Blobs, blob_key(blob).into_bytes());
        blob
    };
    blobs.into_iter().map(unname).collect()
}

/// Whether a row names a blob.
pub(super) fn is_named(rows: &dyn Rows, blob: BlobId) -> Result<bool, StoreError> {
    Ok(rows.get(Table::Blobs, blob_key(blob).as_bytes())?.is_some())
}
