//! Objects that grow: each append is a blob, durable before a transaction adds it to the object's manifest. So a crash
//! leaves the object as it was or with all that was appended, and of two appends to one place one is refused.
//!
//! Few bytes are written together with the small pieces before them, each time about as much again as they are, so that
//! a manifest stays short, however many appends made it, and a byte is written again only a few times. A manifest that
//! was changed has a new id: whoever reads the object finds either.

use std::io;

use cospass_protocol::operation::CustomerKey;
use cospass_protocol::{Bucket, ObjectKey};
use crc_fast::{CrcAlgorithm, Digest as Crc};
use md5_stream::Md5;

use super::backend::{BlobId, Table};
use super::cipher;
use super::metadata::{
    self, bucket_record, current, find, find_object, manifest_key, object_key, put, unname,
};
use super::record::{Draft, Manifest, ManifestId, ObjectRecord, Piece, Place, Sums};
use super::retention;
use super::transaction::Transaction;
use super::upload::Written;
use super::version::{self, Name};
use super::{Store, StoreError, Upload};
use crate::limits::CHUNK;

/// What is appended.
pub(crate) enum Appended {
    /// So few bytes that they may be written together with what is before them; and what both are encrypted with.
    Few(Vec<u8>, Option<CustomerKey>),
    /// Written already.
    Upload(Box<Upload>),
}

/// Bytes that are not written yet, and what they are to be encrypted with.
#[derive(Default)]
struct Few {
    bytes: Vec<u8>,
    key: Option<CustomerKey>,
}

/// What an append does to a manifest.
struct Plan {
    /// Where the bytes are that it is made for.
    before: Option<Place>,
    kept: Vec<Piece>,
    /// What gives way to what is added.
    merged: Vec<BlobId>,
    added: Option<Written>,
}

impl Store {
    /// Appends to an object, or begins one, durably. `check` sees the object that is there; it may refuse, must refuse
    /// one that was not begun so, and may be called more than once.
    pub(crate) fn append<E: From<StoreError>>(
        &self,
        appended: Appended,
        bucket: &Bucket,
        key: &ObjectKey,
        draft: &Draft,
        check: impl Fn(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<ObjectRecord, E> {
        let (sums, few, mut written) = match appended {
            Appended::Few(bytes, key) => {
                let sums = sums(&bytes, key.is_some()).map_err(StoreError::from)?;
                (sums, Few { bytes, key }, None)
            }
            Appended::Upload(upload) => {
                let written = upload.finish_blob().map_err(StoreError::from)?;
                (Sums::of(&written), Few::default(), Some(written))
            }
        };
        let (name, number) = (Name::of(bucket, key), self.next_version(draft.modified));
        let (bucket, key) = (name.bucket, name.key);
        loop {
            self.check_within(&*self.0.backend)?;
            let there = find_object(&*self.0.backend, bucket, key)?;
            check(there.as_ref())?;
            let plan = match self.plan(there.as_ref(), &few, &mut written) {
                Err(StoreError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                    // Another append may have merged it.
                    if find_object(&*self.0.backend, bucket, key)? == there {
                        return Err(StoreError::from(error).into());
                    }
                    continue;
                }
                plan => plan?,
            };
            let put = self.write(|tables| {
                let there = current(tables, bucket, key)?;
                check(there.as_ref())?;
                if let Some(there) = &there {
                    there.check_retention(draft.modified)?;
                }
                if there.as_ref().map(|there| there.place) != plan.before {
                    return Ok(None);
                }
                let manifest = plan.apply(tables)?;
                let mut record = ObjectRecord::appended(there.as_ref(), draft, sums, manifest);
                let mut orphans = unname(tables, plan.merged.iter().copied());
                if there.is_none() {
                    let released;
                    retention::begin(&bucket_record(tables, name.bucket)?, &mut record)?;
                    let at = (number, draft.modified);
                    (record.version, released) = version::begin_null(tables, name, at)?;
                    orphans.extend(released);
                }
                put(tables, Table::Objects, object_key(name.bucket, name.key), &record)?;
                Ok::<_, E>(Some((record, orphans)))
            });
            match put {
                Ok(Some((record, orphans))) => {
                    self.0.pins.remove(orphans);
                    return Ok(record);
                }
                Ok(None) if few.bytes.is_empty() => written = plan.added,
                Ok(None) => self.forget(&plan),
                Err(error) => {
                    self.forget(&plan);
                    return Err(error);
                }
            }
        }
    }

    fn forget(&self, plan: &Plan) {
        if let Some(added) = &plan.added {
            self.remove_unless_named(added.blob);
        }
    }

    fn plan(
        &self,
        there: Option<&ObjectRecord>,
        few: &Few,
        written: &mut Option<Written>,
    ) -> Result<Plan, StoreError> {
        let mut kept = match there.map(|there| there.place) {
            None => Vec::new(),
            Some(Place::Manifest(id)) => self.manifest(id)?.pieces,
            Some(Place::Blob(_) | Place::Row(_)) => {
                return Err(io::Error::other("not begun by appending").into());
            }
        };
        let mut added = written.take();
        let mut merged = Vec::new();
        if !few.bytes.is_empty() {
            let last = to_merge(&kept, few.bytes.len());
            let pieces = kept.split_off(last);
            let pin = self.0.pins.hold(pieces.iter().map(|piece| piece.blob).collect());
            let mut upload = self.encrypted_upload(few.key.as_ref())?;
            for piece in &pieces {
                upload.write(&self.bytes(piece, few.key.as_ref())?)?;
            }
            upload.write(&few.bytes)?;
            added = Some(upload.finish_blob()?);
            drop(pin);
            merged = pieces.iter().map(|piece| piece.blob).collect();
        }
        Ok(Plan { before: there.map(|there| there.place), kept, merged, added })
    }

    fn manifest(&self, id: ManifestId) -> Result<Manifest, StoreError> {
        let found = find(&*self.0.backend, Table::Manifests, &manifest_key(id))?;
        found.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound).into())
    }

    /// All of a small piece, as it was before it was encrypted.
    fn bytes(&self, piece: &Piece, key: Option<&CustomerKey>) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![0; usize::try_from(piece.size).unwrap_or(0)];
        self.0.backend.open(piece.blob, piece.size)?.read_exact_at(0, &mut bytes)?;
        if let Some(key) = key {
            cipher::apply(key, piece.blob, 0, &mut bytes)?;
        }
        Ok(bytes)
    }
}

impl Plan {
    /// Puts the new manifest in place of the old one.
    fn apply(&self, tables: &mut Transaction<'_>) -> Result<ManifestId, StoreError> {
        if let Some(Place::Manifest(id)) = self.before {
            tables.remove(Table::Manifests, manifest_key(id).into_bytes());
        }
        let mut pieces = self.kept.clone();
        if let Some(added) = self.added.as_ref().filter(|added| added.size > 0) {
            metadata::name(tables, added.blob);
            pieces.push(Piece { blob: added.blob, size: added.size });
        }
        let id = ManifestId::random()?;
        put(tables, Table::Manifests, manifest_key(id), &Manifest { objects: 1, pieces })?;
        Ok(id)
    }
}

fn sums(bytes: &[u8], is_encrypted: bool) -> io::Result<Sums> {
    let mut crc64 = Crc::new(CrcAlgorithm::Crc64Xz);
    crc64.update(bytes);
    let mut md5 = Md5::new();
    if is_encrypted {
        // As of any upload: the entity tag of what is encrypted says nothing of its content.
        md5.update(BlobId::random()?.0);
    }
    md5.update(bytes);
    Ok(Sums { size: bytes.len() as u64, md5: md5.finish(), crc64: crc64.finalize() })
}

/// From which piece on they are written together with so many bytes: those that are no longer than what follows them.
fn to_merge(pieces: &[Piece], few: usize) -> usize {
    let mut following = few as u64;
    let mut first = pieces.len();
    for piece in pieces.iter().rev() {
        let together = following.saturating_add(piece.size);
        if piece.size > following || together > CHUNK as u64 {
            break;
        }
        (following, first) = (together, first.saturating_sub(1));
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_many_small_appends_is_short_and_little_is_written_again() {
        let mut pieces: Vec<Piece> = Vec::new();
        let (mut written, mut longest) = (0, 0);
        const APPENDS: u64 = 20_000;
        for _ in 0..APPENDS {
            let first = to_merge(&pieces, 100);
            let size = 100 + pieces.split_off(first).iter().map(|piece| piece.size).sum::<u64>();
            pieces.push(Piece { blob: BlobId::random().unwrap(), size });
            (written, longest) = (written + size, longest.max(pieces.len()));
        }
        assert_eq!(pieces.iter().map(|piece| piece.size).sum::<u64>(), APPENDS * 100);
        assert!(longest < 30, "{longest} pieces");
        assert!(written < APPENDS * 100 * 14, "{written} bytes");
    }
}
