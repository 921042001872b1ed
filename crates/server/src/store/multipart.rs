//! Uploads in parts. Each part is a blob that is durable before it is acknowledged; completing an upload writes metadata
//! alone: a manifest, which lists the blobs of the parts in their order.

use std::collections::HashSet;
use std::ops::Bound;

use base16ct::lower;
use cospass_protocol::{Bucket, ObjectKey};

use super::backend::{Rows, Table};
use super::metadata::{
    self, Walk, bucket_key, bucket_record, decode, find, find_object, manifest_key, put, unname,
    walk,
};
use super::record::{Draft, Manifest, ManifestId, ObjectRecord, PartRecord, Piece, UploadRecord};
use super::retention;
use super::row::{Fields, RowKey};
use super::scan::{self, Step};
use super::transaction::Transaction;
use super::version::{Name, put_current};
use super::{Store, StoreError, Upload};

/// Which upload of which object.
#[derive(Clone, Debug)]
pub(crate) struct UploadName {
    pub(crate) bucket: Bucket,
    pub(crate) key: ObjectKey,
    pub(crate) id: String,
}

impl UploadName {
    fn row(&self) -> RowKey {
        metadata::object_key(self.bucket.as_str(), self.key.as_str()).text(&self.id)
    }

    /// What the keys of its parts begin with.
    fn parts(&self) -> RowKey {
        RowKey::new().text(&self.id)
    }
}

impl Store {
    /// Begins an upload in parts for whoever has that id, and names it: Unix seconds and 64 random hex digits, so that ids are in order of time.
    pub(crate) fn begin_parts(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        draft: Draft,
        initiator: String,
    ) -> Result<UploadName, StoreError> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(std::io::Error::from)?;
        let id = format!("{:010}{}", draft.modified.max(0), lower::encode_string(&random));
        let name = UploadName { bucket: bucket.clone(), key: key.clone(), id };
        let retained = draft.retained;
        let record = draft.upload(initiator);
        self.write(|tables| {
            retention::check_bucket(&bucket_record(tables, bucket.as_str())?, retained)?;
            put(tables, Table::Uploads, name.row(), &record)
        })?;
        Ok(name)
    }

    pub(crate) fn upload_in_parts(&self, name: &UploadName) -> Result<UploadRecord, StoreError> {
        find_upload(&*self.0.backend, name)
    }

    /// Makes an upload a part of another, durably, in place of the one that has its number. `now` in Unix seconds.
    pub(crate) fn commit_part(
        &self,
        upload: Upload,
        name: &UploadName,
        number: u16,
        now: i64,
    ) -> Result<PartRecord, StoreError> {
        let written = upload.finish_blob()?;
        let part = PartRecord::new(&written, now);
        let row = name.parts().number(number);
        let put = self.write(|tables| {
            find_upload(tables, name)?;
            let replaced = find::<PartRecord>(tables, Table::Parts, &row)?;
            let orphans = unname(tables, replaced.map(|part| part.blob));
            metadata::name(tables, part.blob);
            put(tables, Table::Parts, row.clone(), &part)?;
            Ok::<_, StoreError>(orphans)
        });
        match put {
            Ok(orphans) => {
                self.0.pins.remove(orphans);
                Ok(part)
            }
            Err(error) => {
                self.remove_unless_named(part.blob);
                Err(error)
            }
        }
    }

    /// An upload and its parts after a number, at most so many.
    pub(crate) fn parts(
        &self,
        name: &UploadName,
        after: u64,
        most: usize,
    ) -> Result<(UploadRecord, Vec<(u16, PartRecord)>), StoreError> {
        let mut parts = Vec::new();
        if let Ok(after) = u16::try_from(after) {
            let from = name.parts().number(after).behind();
            walk(&*self.0.backend, Table::Parts, (from, name.parts().last()), |key, part| {
                if parts.len() >= most {
                    return Ok(Walk::End);
                }
                parts.push((part_number(key)?, decode(part)?));
                Ok(Walk::Next)
            })?;
        }
        // Asked for last: if it is there now, none of its parts was taken away before.
        Ok((find_upload(&*self.0.backend, name)?, parts))
    }

    /// Shows the uploads in parts of a bucket in byte order of keys and ids, as `visit` steers. Where `from` leaves a
    /// key out, its uploads after `after_id` are shown none the less, unless that is empty.
    pub(crate) fn scan_uploads(
        &self,
        bucket: &Bucket,
        from: Bound<String>,
        after_id: &str,
        mut visit: impl FnMut(&str, &str, UploadRecord) -> Step,
    ) -> Result<(), StoreError> {
        let bucket = bucket_key(bucket.as_str());
        let first = match from {
            Bound::Included(key) => bucket.clone().text(&key).first(),
            Bound::Excluded(key) if after_id.is_empty() => bucket.clone().text(&key).behind(),
            Bound::Excluded(key) => bucket.clone().text(&key).text(after_id).behind(),
            Bound::Unbounded => bucket.clone().first(),
        };
        let span = (first, bucket.clone().last());
        walk(&*self.0.backend, Table::Uploads, span, |row, record| {
            let mut fields = Fields(row);
            let names = (fields.text(), fields.text(), fields.text());
            let (Some(_), Some(key), Some(id)) = names else {
                return Err(StoreError::Key);
            };
            Ok(scan::go_on(&bucket, visit(&key, &id, decode(record)?)))
        })
    }

    /// Makes an upload the object of its key, durably, from the parts that `choose` picks of those there are, by number
    /// and in that order. `choose` and `check`, which sees the object that is there, may refuse.
    pub(crate) fn complete_parts<E: From<StoreError>>(
        &self,
        name: &UploadName,
        now: i64,
        choose: impl Fn(&[(u16, PartRecord)]) -> Result<Vec<PartRecord>, E>,
        check: impl Fn(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<ObjectRecord, E> {
        let manifest = ManifestId::random().map_err(StoreError::from)?;
        let number = self.next_version(now);
        let (record, orphans) = self.write(|tables| {
            let upload = find_upload(tables, name)?;
            let there = take_parts(tables, name)?;
            let chosen = choose(&there)?;
            let mut record = ObjectRecord::of_parts(upload, &chosen, manifest, now);
            let bucket = bucket_record(tables, name.bucket.as_str())?;
            check(find_object(tables, name.bucket.as_str(), name.key.as_str())?.as_ref())?;
            retention::begin(&bucket, &mut record)?;
            add_manifest(tables, manifest, &chosen)?;
            let chosen: HashSet<_> = chosen.iter().map(|part| part.blob).collect();
            let left = there.iter().map(|(_, part)| part.blob);
            let mut orphans = unname(tables, left.filter(|blob| !chosen.contains(blob)));
            let object = Name::of(&name.bucket, &name.key);
            orphans.extend(put_current(tables, object, &mut record, number, bucket.versioning())?);
            Ok::<_, E>((record, orphans))
        })?;
        self.0.pins.remove(orphans);
        Ok(record)
    }

    /// Gives an upload in parts up.
    pub(crate) fn abort_parts(&self, name: &UploadName) -> Result<(), StoreError> {
        let orphans = self.write(|tables| {
            find_upload(tables, name)?;
            let parts = take_parts(tables, name)?;
            Ok::<_, StoreError>(unname(tables, parts.into_iter().map(|(_, part)| part.blob)))
        })?;
        self.0.pins.remove(orphans);
        Ok(())
    }
}

fn find_upload(rows: &dyn Rows, name: &UploadName) -> Result<UploadRecord, StoreError> {
    find(rows, Table::Uploads, &name.row())?.ok_or(StoreError::NoSuchUpload)
}

/// The number of a part, from its row's key.
fn part_number(key: &[u8]) -> Result<u16, StoreError> {
    let mut fields = Fields(key);
    fields.text().and_then(|_| fields.number()).ok_or(StoreError::Key)
}

/// Removes an upload and its parts from the tables and returns the parts, by number.
fn take_parts(
    tables: &mut Transaction<'_>,
    name: &UploadName,
) -> Result<Vec<(u16, PartRecord)>, StoreError> {
    let (mut rows, mut parts) = (vec![], Vec::new());
    let span = (name.parts().first(), name.parts().last());
    walk(tables, Table::Parts, span, |key, part| {
        parts.push((part_number(key)?, decode(part)?));
        rows.push(key.to_vec());
        Ok(Walk::Next)
    })?;
    rows.into_iter().for_each(|key| tables.remove(Table::Parts, key));
    tables.remove(Table::Uploads, name.row().into_bytes());
    Ok(parts)
}

/// A manifest that no object names yet: putting one counts. Its blobs are named since they are parts.
fn add_manifest(
    tables: &mut Transaction<'_>,
    id: ManifestId,
    parts: &[PartRecord],
) -> Result<(), StoreError> {
    let piece = |part: &PartRecord| Piece { blob: part.blob, size: part.size };
    let manifest = Manifest { objects: 0, pieces: parts.iter().map(piece).collect() };
    put(tables, Table::Manifests, manifest_key(id), &manifest)
}
