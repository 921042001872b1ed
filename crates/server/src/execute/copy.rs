//! Copies: PUT Object - Copy, and Upload Part - Copy.

use std::ops::Range;

use cospass_protocol::operation::{
    Conditions, CopySource, CustomerKey, PutObjectCopy, UploadPartCopy,
};
use cospass_protocol::xml::{CopyResult, iso8601, iso8601_millis};
use cospass_protocol::{Bucket, ObjectKey};

use http::StatusCode;
use http::header::HeaderName;

use super::draft::{self, Wanted};
use super::expiration::with_expiration;
use super::{
    VERSION_ID, customer_key, encryption, retention, symlink, with_encryption, with_version,
};
use crate::authorize::{Permit, Seen};
use crate::conditions::{self, Verdict, forbids_overwrite};
use crate::endpoint::Endpoint;
use crate::limits::CHUNK;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{
    Draft, Kind, ObjectRecord, Reader, Store, StoreError, Upload, UploadName, tag_pairs,
};

pub(super) async fn object(
    endpoint: &Endpoint,
    permit: Permit<PutObjectCopy>,
) -> Result<Reply, Refusal> {
    let (seen, now) = (permit.seen(), endpoint.clock.now());
    let store = permit.store(endpoint);
    let mut copy = permit.into_operation();
    copy.encryption = encryption(endpoint, &copy.bucket, copy.encryption);
    retention::check_date(copy.retain_until, now)?;
    let key = key_of_copy(&copy).cloned();
    customer_key::check(key.as_ref())?;
    let make = move |store: &Store| {
        if store.bucket(&copy.source.bucket).is_none() {
            return Err(Cause::NoSuchCopySource.into());
        }
        let (source_key, version) = source(store, &seen, &copy.source)?;
        let from = (&copy.source.bucket, &source_key, version.as_deref());
        let plan = |source: &ObjectRecord| {
            seen.check(store, source).map_err(Failed::Refused)?;
            plan(&copy, source, now)
        };
        copied(store, &copy, from, plan)
            .map_err(|failed| match failed {
                // The bucket of the source is there, or was just now.
                Failed::Store(error @ StoreError::NoSuchBucket) => error.into(),
                // Only the source is asked for by its key.
                Failed::Store(error) => of_source(error.into()),
                Failed::Refused(refusal) => refusal,
            })
            .map(|record| {
                let reply =
                    with_version(Reply::empty(StatusCode::OK), store, &copy.bucket, &record);
                let reply = with_expiration(reply, store, &copy.bucket, &copy.key, &record);
                (record, with_source_version(reply, &copy.source).headers)
            })
    };
    let (record, headers) = store.blocking(make).await?;
    let result = CopyResult {
        etag: record.etag(),
        crc64: record.crc64,
        last_modified: iso8601(record.modified),
        version_id: headers.contains_key(VERSION_ID).then(|| record.version.id()),
    };
    let reply = Reply { headers, ..Reply::xml(result.write_object()) };
    Ok(customer_key::with_key(with_encryption(reply, record.encryption), key.as_ref()))
}

/// A copy shares the bytes of its source, unless either is encrypted with a key of the customer: then they are written
/// again.
fn copied(
    store: &Store,
    copy: &PutObjectCopy,
    from: (&Bucket, &ObjectKey, Option<&str>),
    plan: impl Fn(&ObjectRecord) -> Result<Draft, Failed>,
) -> Result<ObjectRecord, Failed> {
    let is_forbidden = forbids_overwrite(store, &copy.bucket, copy.forbid_overwrite);
    let check = |there: Option<&ObjectRecord>| {
        conditions::of_write(&copy.conditions, is_forbidden, there).map_err(Failed::from)
    };
    let key = key_of_copy(copy);
    if key.is_none() && copy.source_key.is_none() {
        let to = (&copy.bucket, &copy.key);
        return store.copy(from, to, plan, check);
    }
    let (source, reader) = store.open_object(from.0, from.1, from.2)?;
    let draft = plan(&source)?;
    let reader = reader.decrypted(copy.source_key.clone());
    let upload = copy_range(store, reader, &(0..source.size), key)?;
    store.commit(upload, &copy.bucket, &copy.key, draft, check)
}

fn key_of_copy(copy: &PutObjectCopy) -> Option<&CustomerKey> {
    copy.encryption.as_ref().and_then(|asked| asked.customer_key())
}

/// The bytes of a part are read and written again: they need an MD5 of their own.
pub(super) async fn part(
    endpoint: &Endpoint,
    permit: Permit<UploadPartCopy>,
) -> Result<Reply, Refusal> {
    let seen = permit.seen();
    let store = permit.store(endpoint);
    let copy = permit.into_operation();
    let (now, most) = (endpoint.clock.now(), endpoint.limits.object_size);
    let make = move |store: &Store| {
        let name = UploadName { bucket: copy.bucket, key: copy.key, id: copy.upload_id };
        let upload = store.upload_in_parts(&name)?;
        customer_key::unlock(upload.encryption, copy.customer_key.as_ref())?;
        let (source_key, version) = source(store, &seen, &copy.source)?;
        let opened = store.open_object(&copy.source.bucket, &source_key, version.as_deref());
        let (source, reader) = opened.map_err(|error| of_source(error.into()))?;
        seen.check(store, &source)?;
        check_source(&copy.source_conditions, &source, copy.source_key.as_ref(), now)?;
        let range = match copy.range {
            None => 0..source.size,
            Some((first, last)) if first <= last && last < source.size => first..last + 1,
            Some(_) => return Err(Refusal::range(source.size)),
        };
        if range.end.saturating_sub(range.start) > most {
            return Err(Cause::EntityTooLarge.into());
        }
        let reader = reader.decrypted(copy.source_key);
        let upload = copy_range(store, reader, &range, copy.customer_key.as_ref())?;
        let part = store.commit_part(upload, &name, copy.number, now)?;
        let reply = with_source_version(Reply::empty(StatusCode::OK), &copy.source);
        Ok::<_, Refusal>((part, customer_key::with_key(reply, copy.customer_key.as_ref())))
    };
    let (part, Reply { headers, .. }) = store.blocking(make).await?;
    let result = CopyResult {
        etag: part.etag(),
        crc64: part.crc64,
        last_modified: iso8601_millis(part.modified),
        version_id: None,
    };
    Ok(Reply { headers, ..Reply::xml(result.write_part()) })
}

/// The key and the version that are copied.
fn source(
    store: &Store,
    seen: &Seen,
    source: &CopySource,
) -> Result<(ObjectKey, Option<String>), Refusal> {
    let version = source.version_id.as_deref();
    symlink::source(store, seen, &source.bucket, &source.key, version).map_err(of_source)
}

/// A refusal of what is copied is told as one of the source.
fn of_source(refusal: Refusal) -> Refusal {
    match refusal.cause {
        Cause::NoSuchKey | Cause::NoSuchBucket => Cause::NoSuchCopySource.into(),
        Cause::DeleteMarker => Cause::SourceDeleteMarker.into(),
        _ => refusal,
    }
}

/// Adds the version that the source names.
fn with_source_version(reply: Reply, source: &CopySource) -> Reply {
    match &source.version_id {
        None => reply,
        Some(version) => {
            let name = HeaderName::from_static("x-cos-copy-source-version-id");
            reply.header(name, version.as_str())
        }
    }
}

fn copy_range(
    store: &Store,
    reader: Reader,
    range: &Range<u64>,
    key: Option<&CustomerKey>,
) -> Result<Upload, StoreError> {
    let mut upload = store.encrypted_upload(key)?;
    let mut left = range.end.saturating_sub(range.start);
    let mut reader = reader.narrow(range);
    while left > 0 {
        let length = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let mut chunk = vec![0; length];
        reader.read_exact(&mut chunk)?;
        upload.write(&chunk)?;
        left = left.saturating_sub(length as u64);
    }
    Ok(upload)
}

/// Whether a source is as the request wants it, and can be read.
fn check_source(
    wanted: &Conditions,
    source: &ObjectRecord,
    key: Option<&CustomerKey>,
    now: i64,
) -> Result<(), Refusal> {
    customer_key::unlock(source.encryption, key)?;
    if source.kind == Kind::Appendable {
        return Err(Cause::SourceAppendable.into());
    }
    if conditions::of_download(wanted, source) != Verdict::Go {
        return Err(Cause::PreconditionFailed.into());
    }
    match source.is_readable(now) {
        true => Ok(()),
        false => Err(Refusal::not_restored(source.storage_class())),
    }
}

/// What the copy is to be, if the source is as the request wants it.
fn plan(copy: &PutObjectCopy, source: &ObjectRecord, now: i64) -> Result<Draft, Failed> {
    check_source(&copy.source_conditions, source, copy.source_key.as_ref(), now)
        .map_err(Failed::Refused)?;
    let headers = match &copy.replaced {
        Some(replaced) => draft::headers(&copy.key, &replaced.content, &replaced.metadata),
        None => source.headers.clone(),
    };
    let tags = copy.replaced_tags.as_ref().map_or_else(|| source.tags.clone(), tag_pairs);
    let wanted = Wanted {
        headers,
        storage_class: copy.storage_class,
        acl: copy.acl.as_ref(),
        tags,
        kind: Kind::Normal,
        encryption: copy.encryption.clone(),
        retain_until: copy.retain_until,
    };
    Ok(wanted.at(now)?)
}

/// Why there is no copy.
enum Failed {
    Store(StoreError),
    Refused(Refusal),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Cause> for Failed {
    fn from(cause: Cause) -> Self {
        Self::Refused(cause.into())
    }
}
