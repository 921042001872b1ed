//! Objects: put, found, listed, opened, copied, deleted.

use std::io;
use std::ops::Bound;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use cospass_protocol::operation::CustomerKey;
use cospass_protocol::{Bucket, ObjectKey, TagSet};
use tokio::sync::oneshot;

use super::backend::{BlobId, Job, Rows, Table, Verdict};
use super::metadata::{
    bucket_key, bucket_record, content_key, decode, find, find_object, is_named, manifest_key,
    walk_by,
};
use super::record::{
    AclRecord, ContentId, Draft, Listed, Manifest, ManifestId, ObjectRecord, Place, Sums, tag_pairs,
};
use super::retention;
use super::row::Fields;
use super::scan::{self, Step};
use super::transaction::Transaction;
use super::upload::Finished;
use super::version::{self, Deleted, Name, find_version, put_changed, put_current, versioning};
use super::{Inner, Reader, Store, StoreError, Upload};
use crate::limits::SMALL_OBJECT;

impl Store {
    pub(crate) fn object(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
    ) -> Result<ObjectRecord, StoreError> {
        self.version(bucket, key, None)
    }

    /// The version of an object that is asked for, or the current one.
    pub(crate) fn version(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&str>,
    ) -> Result<ObjectRecord, StoreError> {
        find_version(&*self.0.backend, Name::of(bucket, key), version)
    }

    /// As [`object`](Self::object), for those to whom it may be absent.
    pub(crate) fn find_object(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
    ) -> Result<Option<ObjectRecord>, StoreError> {
        find_object(&*self.0.backend, bucket.as_str(), key.as_str())
    }

    /// Shows the objects of a bucket in byte order of their keys, as `visit` steers.
    pub(crate) fn scan_objects(
        &self,
        bucket: &Bucket,
        from: Bound<String>,
        mut visit: impl FnMut(&str, ObjectRecord) -> Step,
    ) -> Result<(), StoreError> {
        self.scan_rows(bucket, ("", from), 0, |key, record| Ok(visit(key, decode(record)?)))
    }

    /// As [`scan_objects`](Self::scan_objects), those whose keys begin with a prefix, with what a listing shows of each. So
    /// many of them are read at once, if there are.
    pub(crate) fn list_objects(
        &self,
        bucket: &Bucket,
        (prefix, from): (&str, Bound<String>),
        at_once: usize,
        mut visit: impl FnMut(&str, Listed) -> Step,
    ) -> Result<(), StoreError> {
        self.scan_rows(bucket, (prefix, from), at_once, |key, record| {
            Ok(visit(key, Listed::read(record)?))
        })
    }

    fn scan_rows(
        &self,
        bucket: &Bucket,
        (prefix, from): (&str, Bound<String>),
        at_once: usize,
        mut visit: impl FnMut(&str, &[u8]) -> Result<Step, StoreError>,
    ) -> Result<(), StoreError> {
        let bucket = bucket_key(bucket.as_str());
        let first = match from {
            Bound::Included(key) => bucket.clone().text(&key).first(),
            Bound::Excluded(key) => bucket.clone().text(&key).behind(),
            Bound::Unbounded => bucket.clone().first(),
        };
        let span = (first, bucket.clone().text_begins(prefix).last());
        walk_by(&*self.0.backend, Table::Objects, span, at_once, |row, record| {
            let key = row.strip_prefix(bucket.as_bytes()).and_then(|key| Fields(key).text());
            Ok(scan::go_on(&bucket, visit(&key.ok_or(StoreError::Key)?, record)?))
        })
    }

    /// An object and its bytes, which stay readable while they are held, whatever happens to the object.
    pub(crate) fn open_object(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&str>,
    ) -> Result<(ObjectRecord, Reader), StoreError> {
        loop {
            let record = self.version(bucket, key, version)?;
            if let Some(reader) = self.reader(&record)? {
                return Ok((record, reader));
            }
            // Another upload may have replaced the object since: then the metadata names other bytes.
            if self.version(bucket, key, version)?.place == record.place {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
        }
    }

    /// As [`open_object`](Self::open_object), if all of it is small and in memory, so that an async task may call it. `None`
    /// says nothing: then it is to be opened by a thread that may block.
    pub(crate) fn object_at_hand(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&str>,
    ) -> Result<Option<(ObjectRecord, Reader)>, StoreError> {
        let record = self.version(bucket, key, version)?;
        let reader = match record.place {
            Place::Row(content) => self.reader_of_row(content)?,
            Place::Blob(blob) if record.size <= SMALL_OBJECT => {
                let bytes = self.0.backend.at_hand(blob, record.size);
                bytes.map(|bytes| Reader::of_blob_at_hand(blob, bytes))
            }
            Place::Blob(_) | Place::Manifest(_) => None,
        };
        Ok(reader.map(|reader| (record, reader)))
    }

    /// The bytes of an object, if they are still there.
    fn reader(&self, record: &ObjectRecord) -> Result<Option<Reader>, StoreError> {
        match record.place {
            Place::Blob(blob) => match self.0.backend.open(blob, record.size) {
                Ok(open) => Ok(Some(Reader::of_blob(blob, open, record.size))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            },
            Place::Manifest(id) => self.reader_of_parts(id),
            Place::Row(content) => self.reader_of_row(content),
        }
    }

    fn reader_of_row(&self, ContentId(id): ContentId) -> Result<Option<Reader>, StoreError> {
        Ok(self.0.backend.content(id)?.map(Reader::of_bytes_at_hand))
    }

    fn reader_of_parts(&self, id: ManifestId) -> Result<Option<Reader>, StoreError> {
        let backend = &self.0.backend;
        let found = find::<Manifest>(&**backend, Table::Manifests, &manifest_key(id))?;
        let Some(Manifest { pieces, .. }) = found else {
            return Ok(None);
        };
        let pin = self.0.pins.hold(pieces.iter().map(|piece| piece.blob).collect());
        // They go together, or the last of them first, when an append merges them: if that is named now, all of them were
        // when they were pinned.
        if let Some(last) = pieces.last()
            && !is_named(&**backend, last.blob)?
        {
            return Ok(None);
        }
        let parts = pieces.iter().map(|piece| (piece.blob, piece.size));
        Ok(Some(Reader::of_parts(parts, backend, pin)))
    }

    /// Begins an upload; nothing is seen of it before it is [committed](Self::commit).
    pub(crate) fn upload(&self) -> Result<Upload, StoreError> {
        self.encrypted_upload(None)
    }

    /// As [`upload`](Self::upload), encrypted with a key, if there is one.
    pub(crate) fn encrypted_upload(&self, key: Option<&CustomerKey>) -> Result<Upload, StoreError> {
        let Inner { backend, pins, few, .. } = &*self.0;
        Ok(Upload::begin(backend, pins, *few, key.cloned())?)
    }

    /// Makes an upload the object of a key, durably. `check` sees the object that is there and may refuse.
    pub(crate) fn commit<E: From<StoreError>>(
        &self,
        upload: Upload,
        bucket: &Bucket,
        key: &ObjectKey,
        draft: Draft,
        check: impl Fn(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<ObjectRecord, E> {
        match upload.finish().map_err(StoreError::from)? {
            Finished::Blob(written) => {
                let record = draft.record(Place::Blob(written.blob), Sums::of(&written));
                self.put(bucket, key, record, Content::Elsewhere, check)
            }
            Finished::Few(bytes, sums) => {
                let record = draft.record(self.place_in_row()?, sums);
                self.put(bucket, key, record, Content::Bytes(&bytes), check)
            }
        }
    }

    /// As [`commit`](Self::commit), of an upload of [few](Self::are_few) bytes: whoever waits for it takes no thread.
    pub(crate) async fn commit_few<E: From<StoreError> + Send + 'static>(
        &self,
        upload: Upload,
        bucket: Bucket,
        key: ObjectKey,
        draft: Draft,
        check: impl Fn(Option<&ObjectRecord>) -> Result<(), E> + Send + 'static,
    ) -> Result<ObjectRecord, E> {
        let (bytes, sums) = match upload.finish().map_err(StoreError::from)? {
            Finished::Few(bytes, sums) => (bytes, sums),
            Finished::Blob(written) => {
                let blob = written.blob;
                drop(written);
                self.remove_unless_named(blob);
                return Err(StoreError::from(io::Error::other("more than few bytes")).into());
            }
        };
        let record = draft.record(self.place_in_row()?, sums);
        let number = self.next_version(record.modified);
        let (told, answer) = oneshot::channel();
        let ran = Arc::new(Mutex::new(None));
        let (store, result) = (self.clone(), Arc::clone(&ran));
        let run = move |tables: &mut Transaction<'_>| {
            let mut put = || {
                store.check_within(tables)?;
                let content = Content::Bytes(&bytes);
                put_record(tables, Name::of(&bucket, &key), &record, content, number, &check)
            };
            let put: Result<_, E> = put();
            let verdict = if put.is_ok() { Verdict::Commit } else { Verdict::Abort };
            *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(put);
            verdict
        };
        let pins = self.0.pins.clone();
        let ended = move |written: io::Result<()>| {
            let put = ran.lock().unwrap_or_else(PoisonError::into_inner).take();
            let put =
                written.map_err(StoreError::from).map_err(E::from).and(put.unwrap_or_else(lost));
            // Nobody may be there any more to be told, but the orphans are.
            let _ = told.send(put.map(|(record, orphans)| {
                pins.remove(orphans);
                record
            }));
        };
        self.0.backend.submit(Job { run: Box::new(run), ended: Box::new(ended) });
        answer.await.unwrap_or_else(|_| lost())
    }

    /// Whether so many bytes are few enough to be kept in a row.
    pub(crate) fn are_few(&self, bytes: usize) -> bool {
        bytes <= self.0.few
    }

    /// A place for a few bytes.
    fn place_in_row(&self) -> Result<Place, StoreError> {
        self.0.backend.check_room()?;
        Ok(Place::Row(ContentId::at(self.0.last_version.load(Ordering::Relaxed))?))
    }

    /// Makes an object of the bytes of another, durably. `plan` sees the source and says what the copy is to be; `check`
    /// sees the object that is there. Both may refuse.
    pub(crate) fn copy<E: From<StoreError>>(
        &self,
        from: (&Bucket, &ObjectKey, Option<&str>),
        to: (&Bucket, &ObjectKey),
        plan: impl Fn(&ObjectRecord) -> Result<Draft, E>,
        check: impl Fn(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<ObjectRecord, E> {
        loop {
            let source = self.version(from.0, from.1, from.2)?;
            let draft = plan(&source)?;
            let mut pin = None;
            let place = match source.place {
                Place::Manifest(_) => Some(source.place),
                Place::Row(_) => Some(self.place_in_row()?),
                Place::Blob(blob) => {
                    let link = BlobId::random().map_err(StoreError::from)?;
                    pin = Some(self.0.pins.hold(vec![link]));
                    match self.0.backend.link(blob, link) {
                        Ok(()) => Some(Place::Blob(link)),
                        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                        Err(error) => return Err(StoreError::from(error).into()),
                    }
                }
            };
            let record = place.map(|place| draft.copy(&source, place));
            let content = match source.place {
                Place::Row(content) => Content::Of(content),
                Place::Blob(_) | Place::Manifest(_) => Content::Elsewhere,
            };
            let put = record.map(|record| {
                self.put(to.0, to.1, record, content, |there| check(there).map_err(Tried::Refused))
            });
            drop(pin);
            match put {
                Some(Ok(record)) => return Ok(record),
                Some(Err(Tried::Refused(refused))) => return Err(refused),
                Some(Err(Tried::Store(StoreError::NoSuchKey))) | None => {}
                Some(Err(Tried::Store(error))) => return Err(error.into()),
            }
            // As in `open_object`.
            if self.version(from.0, from.1, from.2)?.place == source.place {
                return Err(StoreError::from(io::Error::from(io::ErrorKind::NotFound)).into());
            }
        }
    }

    fn put<E: From<StoreError>>(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        record: ObjectRecord,
        content: Content<'_>,
        check: impl Fn(Option<&ObjectRecord>) -> Result<(), E>,
    ) -> Result<ObjectRecord, E> {
        let (name, number) = (Name::of(bucket, key), self.next_version(record.modified));
        let put = self.write(|tables| put_record(tables, name, &record, content, number, &check));
        match put {
            Ok((record, orphans)) => {
                self.0.pins.remove(orphans);
                Ok(record)
            }
            Err(error) => {
                if let Place::Blob(blob) = record.place {
                    self.remove_unless_named(blob);
                }
                Err(error)
            }
        }
    }

    /// Removes a blob after the transaction that was to name it failed. It may have been committed all the same.
    pub(super) fn remove_unless_named(&self, blob: BlobId) {
        if let Ok(false) = is_named(&*self.0.backend, blob) {
            self.0.pins.remove(vec![blob]);
        }
    }

    /// Deletes objects, or those versions of them that are asked for, all but what is retained or none, at a time, Unix
    /// seconds. Deleting what is not there is no error.
    pub(crate) fn delete_objects(
        &self,
        bucket: &Bucket,
        objects: &[(ObjectKey, Option<String>)],
        now: i64,
    ) -> Result<Vec<Result<Deleted, Retained>>, StoreError> {
        let number = self.next_version(now);
        let (deleted, orphans) = self.write(|tables| {
            let versioning = versioning(tables, bucket.as_str())?;
            let (mut all, mut orphans) = (Vec::new(), Vec::new());
            for (key, version) in objects {
                let name = Name::of(bucket, key);
                let at = (number, now);
                match version::delete(tables, name, version.as_deref(), at, versioning) {
                    Ok((deleted, released)) => {
                        all.push(Ok(deleted));
                        orphans.extend(released);
                    }
                    Err(StoreError::Retained) => all.push(Err(Retained)),
                    Err(error) => return Err(error),
                }
            }
            Ok::<_, StoreError>((all, orphans))
        })?;
        self.0.pins.remove(orphans);
        Ok(deleted)
    }

    /// Replaces the access control of an object, durably. `check` sees the object that is there and may refuse.
    pub(crate) fn set_object_acl<E: From<StoreError>>(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&str>,
        acl: &AclRecord,
        check: impl Fn(&ObjectRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        self.update_object(bucket, key, version, |record| {
            check(record)?;
            record.acl = acl.clone();
            Ok(())
        })
    }

    pub(crate) fn set_object_tags(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&str>,
        tags: &TagSet,
    ) -> Result<(), StoreError> {
        self.update_object(bucket, key, version, |record| {
            record.tags = tag_pairs(tags);
            Ok(())
        })
    }

    /// Changes what is kept of an object beside its bytes, durably. `change` may refuse, and may be called more than once.
    pub(crate) fn update_object<T, E: From<StoreError>>(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&str>,
        change: impl Fn(&mut ObjectRecord) -> Result<T, E>,
    ) -> Result<T, E> {
        let name = Name::of(bucket, key);
        self.write(|tables| {
            let mut record = find_version(tables, name, version)?;
            let changed = change(&mut record)?;
            put_changed(tables, name, &record)?;
            Ok(changed)
        })
    }
}

/// What nobody will tell any more.
fn lost<T, E: From<StoreError>>() -> Result<T, E> {
    Err(StoreError::from(io::Error::other("a transaction of the metadata was given up")).into())
}

/// Makes an object of a record and returns what it became, and the blobs that nothing names any more. `number` is that of its
/// version at most.
fn put_record<E: From<StoreError>>(
    tables: &mut Transaction<'_>,
    name: Name<'_>,
    record: &ObjectRecord,
    content: Content<'_>,
    number: u64,
    check: &impl Fn(Option<&ObjectRecord>) -> Result<(), E>,
) -> Result<(ObjectRecord, Vec<BlobId>), E> {
    let bucket = bucket_record(tables, name.bucket)?;
    check(find_object(tables, name.bucket, name.key)?.as_ref())?;
    let mut record = record.clone();
    retention::begin(&bucket, &mut record)?;
    // Before what is there goes: it may be what is copied.
    content.put(tables, record.place)?;
    let orphans = put_current(tables, name, &mut record, number, bucket.versioning())?;
    Ok((record, orphans))
}

/// The bytes of an object that is put, if they are to be in a row.
#[derive(Clone, Copy)]
enum Content<'a> {
    /// They are not, or are there already.
    Elsewhere,
    Bytes(&'a [u8]),
    /// They are those of another object, which may be gone by now.
    Of(ContentId),
}

impl Content<'_> {
    fn put(self, tables: &mut Transaction<'_>, place: Place) -> Result<(), StoreError> {
        let Place::Row(id) = place else { return Ok(()) };
        let bytes = match self {
            Self::Elsewhere => return Ok(()),
            Self::Bytes(bytes) => bytes.to_vec(),
            Self::Of(other) => {
                let found = tables.get(Table::Contents, content_key(other).as_bytes())?;
                found.ok_or(StoreError::NoSuchKey)?
            }
        };
        tables.put(Table::Contents, content_key(id).into_bytes(), bytes);
        Ok(())
    }
}

/// An object was not deleted, since it must stay for a while yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retained;

impl From<Retained> for StoreError {
    fn from(Retained: Retained) -> Self {
        Self::Retained
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
