//! Symbolic links: made, read, followed.
//!
//! A link is an object whose bytes are the path of another one of its bucket (436/109082). Whether that is there is asked
//! when the link is followed, and it is followed once: the target may not be a link.

use cospass_protocol::operation::{GetSymlink, PutSymlink, StorageClass, SymlinkTarget};
use cospass_protocol::{Bucket, ObjectKey};
use http::StatusCode;
use http::header::{ETAG, HeaderName, HeaderValue, LAST_MODIFIED};

use super::draft::{self, Wanted};
use super::{upload, with_version};
use crate::authorize::{Permit, Seen};
use crate::clock::http_date;
use crate::conditions::{self, forbids_overwrite};
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{Kind, ObjectRecord, Reader, Store, StoreError};

pub(super) async fn put(endpoint: &Endpoint, permit: Permit<PutSymlink>) -> Result<Reply, Refusal> {
    let (store, now) = (permit.store(endpoint), endpoint.clock.now());
    let put = permit.into_operation();
    let make = move |store: &Store| {
        let wanted = Wanted {
            headers: draft::headers(&put.key, &put.content, &put.metadata),
            storage_class: StorageClass::Standard,
            acl: put.acl.as_ref(),
            tags: Vec::new(),
            kind: Kind::Symlink(put.target.as_str().to_owned()),
            encryption: None,
            retain_until: None,
        };
        let mut bytes = store.upload()?;
        let path = format!("/{}", put.target.key().as_str());
        bytes.write(path.as_bytes()).map_err(StoreError::from)?;
        let is_forbidden = forbids_overwrite(store, &put.bucket, put.forbid_overwrite);
        let record = store.commit(bytes, &put.bucket, &put.key, wanted.at(now)?, |there| {
            conditions::of_overwrite(is_forbidden, there).map_err(Refusal::from)
        })?;
        Ok(upload::reply(store, &put.bucket, &record))
    };
    store.blocking(make).await
}

pub(super) async fn get(endpoint: &Endpoint, permit: Permit<GetSymlink>) -> Result<Reply, Refusal> {
    let seen = permit.seen();
    let GetSymlink { bucket, key, version_id } = permit.into_operation();
    let find = move |store: &Store| {
        let record = store.version(&bucket, &key, version_id.as_deref())?;
        seen.check(store, &record)?;
        let Kind::Symlink(target) = &record.kind else {
            return Err(Cause::NotSymlink.into());
        };
        let mut reply = with_version(Reply::empty(StatusCode::OK), store, &bucket, &record)
            .header(ETAG, record.etag())
            .header(LAST_MODIFIED, http_date(record.modified));
        if let Ok(target) = HeaderValue::from_bytes(target.as_bytes()) {
            reply.headers.insert(HeaderName::from_static("x-cos-symlink-target"), target);
        }
        Ok::<_, Refusal>(reply)
    };
    endpoint.store.blocking(find).await
}

/// The object that a key stands for, as it was judged.
pub(super) fn follow(
    store: &Store,
    seen: &Seen,
    bucket: &Bucket,
    key: &ObjectKey,
    version: Option<&str>,
) -> Result<ObjectRecord, Refusal> {
    let record = store.version(bucket, key, version)?;
    let target = target(&record)?;
    seen.check_link(target.as_ref())?;
    let record = match target {
        None => record,
        Some(key) => store.object(bucket, &key).map_err(missing).and_then(no_link)?,
    };
    seen.check(store, &record)?;
    Ok(record)
}

/// The object whose bytes are copied, key and version: a copy of a link is one of what it stands for (a decision).
pub(super) fn source(
    store: &Store,
    seen: &Seen,
    bucket: &Bucket,
    key: &ObjectKey,
    version: Option<&str>,
) -> Result<(ObjectKey, Option<String>), Refusal> {
    let target = target(&store.version(bucket, key, version)?)?;
    seen.check_link(target.as_ref())?;
    let Some(target) = target else {
        return Ok((key.clone(), version.map(str::to_owned)));
    };
    store.object(bucket, &target).map_err(missing).and_then(no_link)?;
    Ok((target, None))
}

/// The object that a key stands for, as it was judged, and its bytes.
pub(super) fn open(
    store: &Store,
    seen: &Seen,
    bucket: &Bucket,
    key: &ObjectKey,
    version: Option<&str>,
) -> Result<(ObjectRecord, Reader), Refusal> {
    let (record, reader) = store.open_object(bucket, key, version)?;
    let target = target(&record)?;
    seen.check_link(target.as_ref())?;
    let (record, reader) = match target {
        None => (record, reader),
        Some(key) => {
            let (record, reader) = store.open_object(bucket, &key, None).map_err(missing)?;
            (no_link(record)?, reader)
        }
    };
    seen.check(store, &record)?;
    Ok((record, reader))
}

fn target(record: &ObjectRecord) -> Result<Option<ObjectKey>, Refusal> {
    match &record.kind {
        Kind::Normal | Kind::Appendable => Ok(None),
        Kind::Symlink(target) => {
            let target = SymlinkTarget::parse(target.as_bytes());
            target.map(|target| Some(target.key().clone())).ok_or_else(|| Cause::Failure.into())
        }
    }
}

fn no_link(record: ObjectRecord) -> Result<ObjectRecord, Refusal> {
    match record.kind {
        Kind::Symlink(_) => Err(Cause::SymlinkTargetMissing.into()),
        Kind::Normal | Kind::Appendable => Ok(record),
    }
}

fn missing(error: StoreError) -> Refusal {
    match error {
        StoreError::NoSuchKey | StoreError::DeleteMarker { .. } => {
            Cause::SymlinkTargetMissing.into()
        }
        error => error.into(),
    }
}
