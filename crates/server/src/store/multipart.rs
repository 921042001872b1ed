//! Uploads in parts. Each part is a blob that is durable before it is acknowledged; completing an upload writes metadata
//! alone: a manifest, which lists the blobs of the parts in their order.

use std::collections::HashSet;
use std::ops::Bound;

use cospass_protocol::{Bucket, ObjectKey};
use redb::{ReadableTable, WriteTransaction};

use super::metadata::{
    MANIFESTS, Metadata, PARTS, Released, UPLOADS, current, decode, encode, put, release,
};
use super::record::{Draft, Manifest, ManifestId, ObjectRecord, PartRecord, Piece, UploadRecord};
use super::scan::{self, Step};
use super::{Store, StoreError, Upload};

/// Which upload of which object.
#[derive(Clone, Debug)]
pub(crate) struct UploadName {
    pub(crate) bucket: Bucket,
    pub(crate) key: ObjectKey,
    pub(crate) id: String,
}

impl UploadName {
    fn row(&self) -> (&str, &str, &str) {
        (self.bucket.as_str(), self.key.as_str(), &self.id)
    }
}

impl Store {
    /// Begins an upload in parts and names it: Unix seconds and 64 random hex digits, so that ids are in order of time.
    pub(crate) fn begin_parts(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        draft: Draft,
    ) -> Result<UploadName, StoreError> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(std::io::Error::from)?;
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let id = format!("{:010}{digits}", draft.modified.max(0));
        let name = UploadName { bucket: bucket.clone(), key: key.clone(), id };
        self.0.metadata.begin_parts(&name, &draft.upload())?;
        Ok(name)
    }

    pub(crate) fn upload_in_parts(&self, name: &UploadName) -> Result<UploadRecord, StoreError> {
        self.0.metadata.upload_in_parts(name)
    }

    /// Makes an upload a part of another, durably, in place of the one that has its number. `now` in Unix seconds.
    pub(crate) fn commit_part(
        &self,
        upload: Upload,
        name: &UploadName,
        number: u16,
        now: i64,
    ) -> Result<PartRecord, StoreError> {
        let part = PartRecord::new(self.0.blobs.keep(upload)?, now);
        match self.0.metadata.put_part(name, number, &part) {
            Ok(replaced) => {
                self.forget(replaced.map(|part| Released::blob(part.blob)));
                Ok(part)
            }
            Err(error) => {
                // As in `Store::put`: what the metadata names stays.
                let before = u64::from(number.saturating_sub(1));
                let is_named = match self.parts(name, before, 1) {
                    Ok((_, parts)) => parts.iter().any(|(_, there)| there.blob == part.blob),
                    Err(StoreError::NoSuchUpload) => false,
                    Err(_) => true,
                };
                if !is_named {
                    self.forget([Released::blob(part.blob)]);
                }
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
        self.0.metadata.parts(name, after, most)
    }

    /// Shows the uploads in parts of a bucket in byte order of keys and ids, as `visit` steers. Where `from` leaves a
    /// key out, its uploads after `after_id` are shown none the less, unless that is empty.
    pub(crate) fn scan_uploads(
        &self,
        bucket: &Bucket,
        from: Bound<String>,
        after_id: &str,
        visit: impl FnMut(&str, &str, UploadRecord) -> Step,
    ) -> Result<(), StoreError> {
        self.0.metadata.scan_uploads(bucket.as_str(), from, after_id, visit)
    }

    /// Makes an upload the object of its key, durably, from the parts that `choose` picks of those there are, by number
    /// and in that order. `choose` and `check`, which sees the object that is there, may refuse.
    pub(crate) fn complete_parts<E: From<StoreError>>(
        &self,
        name: &UploadName,
        now: i64,
        choose: impl FnOnce(&[(u16, PartRecord)]) -> Result<Vec<PartRecord>, E>,
        check: impl FnOnce(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<ObjectRecord, E> {
        let manifest = ManifestId::random().map_err(StoreError::from)?;
        let (record, released) =
            self.0.metadata.complete_parts(name, manifest, now, choose, check)?;
        self.forget(released);
        Ok(record)
    }

    /// Gives an upload in parts up.
    pub(crate) fn abort_parts(&self, name: &UploadName) -> Result<(), StoreError> {
        self.forget(self.0.metadata.abort_parts(name)?);
        Ok(())
    }
}

impl Metadata {
    fn begin_parts(&self, name: &UploadName, record: &UploadRecord) -> Result<(), StoreError> {
        self.write(|write| {
            current(&write, name.bucket.as_str(), name.key.as_str())?;
            write.open_table(UPLOADS)?.insert(name.row(), encode(record)?.as_slice())?;
            Ok(write.commit()?)
        })
    }

    fn upload_in_parts(&self, name: &UploadName) -> Result<UploadRecord, StoreError> {
        self.read(|read| {
            let table = read.open_table(UPLOADS)?;
            let found = table.get(name.row())?;
            found.map_or(Err(StoreError::NoSuchUpload), |record| decode(record.value()))
        })
    }

    /// Puts a part and returns the one that it replaces.
    fn put_part(
        &self,
        name: &UploadName,
        number: u16,
        part: &PartRecord,
    ) -> Result<Option<PartRecord>, StoreError> {
        self.write(|write| {
            upload(&write, name)?;
            let replaced = {
                let mut parts = write.open_table(PARTS)?;
                let replaced =
                    parts.insert((name.id.as_str(), number), encode(part)?.as_slice())?;
                replaced.map(|record| decode(record.value())).transpose()?
            };
            write.commit()?;
            Ok(replaced)
        })
    }

    fn parts(
        &self,
        name: &UploadName,
        after: u64,
        most: usize,
    ) -> Result<(UploadRecord, Vec<(u16, PartRecord)>), StoreError> {
        self.read(|read| {
            let found = read.open_table(UPLOADS)?.get(name.row())?;
            let upload = found.map_or(Err(StoreError::NoSuchUpload), |row| decode(row.value()))?;
            let mut parts = Vec::new();
            let Ok(after) = u16::try_from(after) else {
                return Ok((upload, parts));
            };
            let table = read.open_table(PARTS)?;
            let (first, last) = ((name.id.as_str(), after), (name.id.as_str(), u16::MAX));
            let range = (Bound::Excluded(first), Bound::Included(last));
            for row in table.range::<(&str, u16)>(range)?.take(most) {
                let (of, part) = row?;
                parts.push((of.value().1, decode(part.value())?));
            }
            Ok((upload, parts))
        })
    }

    fn scan_uploads(
        &self,
        bucket: &str,
        from: Bound<String>,
        after_id: &str,
        mut visit: impl FnMut(&str, &str, UploadRecord) -> Step,
    ) -> Result<(), StoreError> {
        // No id is as high as this one.
        const LAST_ID: &str = "\u{10ffff}";
        let after_id = if after_id.is_empty() { LAST_ID } else { after_id };
        self.scan(|read, shown| {
            let table = read.open_table(UPLOADS)?;
            let mut from = Some((from.clone(), after_id));
            'scan: while let Some((bound, after_id)) = from.take() {
                let first = match scan::as_ref(&bound) {
                    Bound::Included(key) => Bound::Included((bucket, key, "")),
                    Bound::Excluded(key) => Bound::Excluded((bucket, key, after_id)),
                    Bound::Unbounded => Bound::Included((bucket, "", "")),
                };
                for row in table.range::<(&str, &str, &str)>((first, Bound::Unbounded))? {
                    let (name, record) = row?;
                    let (of_bucket, key, id) = name.value();
                    if of_bucket != bucket {
                        return Ok(());
                    }
                    *shown = true;
                    match visit(key, id, decode(record.value())?) {
                        Step::Next => {}
                        Step::Past(prefix) => {
                            from = scan::past(&prefix).map(|bound| (bound, LAST_ID));
                            continue 'scan;
                        }
                        Step::Stop => return Ok(()),
                    }
                }
            }
            Ok(())
        })
    }

    fn complete_parts<E: From<StoreError>>(
        &self,
        name: &UploadName,
        manifest: ManifestId,
        now: i64,
        choose: impl FnOnce(&[(u16, PartRecord)]) -> Result<Vec<PartRecord>, E>,
        check: impl FnOnce(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<(ObjectRecord, Vec<Released>), E> {
        self.write(|write| {
            let upload = upload(&write, name)?;
            let there = take_parts(&write, name)?;
            let chosen = choose(&there)?;
            let record = ObjectRecord::of_parts(upload, &chosen, manifest, now);
            let (bucket, key) = (name.bucket.as_str(), name.key.as_str());
            let replaced = current(&write, bucket, key)?;
            check(replaced.as_ref())?;
            add_manifest(&write, manifest, &chosen)?;
            put(&write, bucket, key, &record)?;
            let mut released = Vec::new();
            if let Some(replaced) = replaced {
                released.push(release(&write, &replaced)?);
            }
            let chosen: HashSet<_> = chosen.iter().map(|part| part.blob).collect();
            let left = there.iter().filter(|(_, part)| !chosen.contains(&part.blob));
            released.extend(left.map(|(_, part)| Released::blob(part.blob)));
            write.commit().map_err(StoreError::from)?;
            Ok((record, released))
        })
    }

    /// Removes an upload and its parts and returns what is not needed any more.
    fn abort_parts(&self, name: &UploadName) -> Result<Vec<Released>, StoreError> {
        self.write(|write| {
            upload(&write, name)?;
            let parts = take_parts(&write, name)?;
            write.commit()?;
            Ok(parts.into_iter().map(|(_, part)| Released::blob(part.blob)).collect())
        })
    }
}

fn upload(write: &WriteTransaction, name: &UploadName) -> Result<UploadRecord, StoreError> {
    let uploads = write.open_table(UPLOADS)?;
    let found = uploads.get(name.row())?;
    found.map_or(Err(StoreError::NoSuchUpload), |record| decode(record.value()))
}

/// Removes an upload and its parts from the metadata and returns the parts, by number.
fn take_parts(
    write: &WriteTransaction,
    name: &UploadName,
) -> Result<Vec<(u16, PartRecord)>, StoreError> {
    write.open_table(UPLOADS)?.remove(name.row())?;
    let mut table = write.open_table(PARTS)?;
    let (id, mut parts) = (name.id.as_str(), Vec::new());
    for row in table.extract_from_if::<(&str, u16), _>((id, 0)..=(id, u16::MAX), |_, _| true)? {
        let (of, part) = row?;
        parts.push((of.value().1, decode(part.value())?));
    }
    Ok(parts)
}

/// A manifest that no object names yet: putting one counts.
fn add_manifest(
    write: &WriteTransaction,
    id: ManifestId,
    parts: &[PartRecord],
) -> Result<(), StoreError> {
    let piece = |part: &PartRecord| Piece { blob: part.blob, size: part.size };
    let manifest = Manifest { objects: 0, pieces: parts.iter().map(piece).collect() };
    write.open_table(MANIFESTS)?.insert(id.0, encode(&manifest)?.as_slice())?;
    Ok(())
}
