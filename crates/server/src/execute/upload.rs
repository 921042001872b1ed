//! PUT Object.
//!
//! The body is gathered into chunks, which are hashed and written while the next one arrives ([`intake`](super::intake)).

use std::sync::Arc;

use cospass_protocol::Bucket;
use cospass_protocol::operation::{ContentMd5, CustomerKey, PutObject, TrafficLimit};
use http::StatusCode;
use http::header::{ETAG, HeaderName};
use md5_stream::Md5;

use super::draft::{self, Wanted};
use super::expiration::with_expiration;
use super::intake::Intake;
use super::{check_md5, customer_key, encryption, retention, with_encryption, with_version};
use crate::authorize::Permit;
use crate::body::{Length, Pieces, SealedBody};
use crate::conditions::{self, forbids_overwrite};
use crate::endpoint::Endpoint;
use crate::pace::Pace;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{Appended, Kind, ObjectRecord, Store, StoreError, Upload, tag_pairs};

pub(super) async fn put(
    endpoint: &Endpoint,
    permit: Permit<PutObject>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    check_length(endpoint, body)?;
    check_before_the_body(endpoint, permit.operation()).await?;
    let traffic_limit = permit.operation().traffic_limit;
    let key = permit.operation().encryption.as_ref().and_then(|asked| asked.customer_key());
    let received = receive(endpoint, &permit, body, traffic_limit, key).await?;
    let store = permit.store(endpoint);
    keep(endpoint, &store, received, permit.into_operation()).await.map(|(_, reply)| reply)
}

/// Makes an object of what was received, and the answer that tells of it.
pub(super) async fn keep(
    endpoint: &Endpoint,
    store: &Store,
    received: Received,
    mut put: PutObject,
) -> Result<(ObjectRecord, Reply), Refusal> {
    put.encryption = encryption(endpoint, &put.bucket, put.encryption);
    let headers = draft::headers(&put.key, &put.content, &put.metadata);
    let wanted = Wanted {
        headers,
        storage_class: put.storage_class,
        acl: put.acl.as_ref(),
        tags: tag_pairs(&put.tags),
        kind: Kind::Normal,
        encryption: put.encryption.clone(),
        retain_until: put.retain_until,
    };
    let draft = wanted.at(endpoint.clock.now())?;
    put.forbid_overwrite = forbids_overwrite(store, &put.bucket, put.forbid_overwrite);
    let put = Arc::new(put);
    let (asked, wanted_md5) = (Arc::clone(&put), put.md5);
    let check = move |there: Option<&ObjectRecord>| {
        conditions::of_write(&asked.conditions, asked.forbid_overwrite, there)
            .map_err(Refusal::from)
    };
    let (bucket, key) = (put.bucket.clone(), put.key.clone());
    let record = if received.is_few(store) {
        let upload = received.finish(store, wanted_md5)?;
        store.commit_few(upload, bucket, key, draft, check).await?
    } else {
        let commit = move |store: &Store| {
            let upload = received.finish(store, wanted_md5)?;
            store.commit(upload, &bucket, &key, draft, check)
        };
        store.blocking(commit).await?
    };
    let key = put.encryption.as_ref().and_then(|asked| asked.customer_key());
    let reply = customer_key::with_key(reply(store, &put.bucket, &record), key);
    let reply = with_expiration(reply, store, &put.bucket, &put.key, &record);
    Ok((record, reply))
}

/// An upload that cannot succeed need not be sent. What counts is the check when it is committed.
pub(super) async fn check_before_the_body(
    endpoint: &Endpoint,
    put: &PutObject,
) -> Result<(), Refusal> {
    retention::check_date(put.retain_until, endpoint.clock.now())?;
    if !put.forbid_overwrite && put.conditions.iter().next().is_none() {
        return Ok(());
    }
    let put = put.clone();
    let check = move |store: &Store| {
        let is_forbidden = forbids_overwrite(store, &put.bucket, put.forbid_overwrite);
        let object = store.find_object(&put.bucket, &put.key)?;
        conditions::of_write(&put.conditions, is_forbidden, object.as_ref()).map_err(Refusal::from)
    };
    endpoint.store.blocking(check).await
}

/// An upload needs a length that is known or told by chunks, and not too large.
pub(super) fn check_length(endpoint: &Endpoint, body: &SealedBody) -> Result<(), Refusal> {
    match body.length() {
        Length::Absent => Err(Cause::MissingLength.into()),
        Length::Known(length) if length > endpoint.limits.object_size => {
            Err(Cause::EntityTooLarge.into())
        }
        Length::Known(_) | Length::Chunked => Ok(()),
    }
}

/// A body that was taken in, all but its last chunk written. There is no upload yet if that chunk is all of it.
pub(super) struct Received {
    upload: Option<Upload>,
    rest: Vec<u8>,
    key: Option<CustomerKey>,
}

impl Received {
    /// Whether nothing is written before it is committed, so that finishing it does not block.
    fn is_few(&self, store: &Store) -> bool {
        self.upload.is_none() && self.key.is_none() && store.are_few(self.rest.len())
    }

    /// Writes the rest, and compares the whole with the MD5 that came along. Blocks.
    pub(super) fn finish(self, store: &Store, md5: Option<ContentMd5>) -> Result<Upload, Refusal> {
        let upload = write(store, self.upload, &self.rest, self.key.as_ref())?;
        match md5 {
            Some(md5) if md5.0 != upload.md5() => Err(Cause::BadDigest.into()),
            _ => Ok(upload),
        }
    }

    /// As [`finish`](Self::finish), to be appended: what it is, its length and its MD5.
    pub(super) fn append(
        self,
        store: &Store,
        md5: Option<ContentMd5>,
    ) -> Result<(Appended, u64, [u8; 16]), Refusal> {
        if self.upload.is_none() {
            check_md5(md5, &self.rest)?;
            let (length, md5) = (self.rest.len() as u64, Md5::digest(&self.rest));
            return Ok((Appended::Few(self.rest, self.key), length, md5));
        }
        let upload = self.finish(store, md5)?;
        let (length, md5) = (upload.size(), upload.md5());
        Ok((Appended::Upload(Box::new(upload)), length, md5))
    }
}

/// Takes a body in.
pub(super) async fn receive<Op>(
    endpoint: &Endpoint,
    permit: &Permit<Op>,
    body: &mut SealedBody,
    limit: Option<TrafficLimit>,
    key: Option<&CustomerKey>,
) -> Result<Received, Refusal> {
    let pieces = body.open(permit, endpoint.limits.object_size, Pace::of(limit));
    receive_pieces(endpoint, pieces, key).await
}

/// Takes the pieces of an opened body in.
pub(super) async fn receive_pieces(
    endpoint: &Endpoint,
    mut pieces: Pieces<'_>,
    key: Option<&CustomerKey>,
) -> Result<Received, Refusal> {
    customer_key::check(key)?;
    let mut intake = Intake::new(endpoint.store.clone(), key.cloned());
    let mut chunk = Vec::new();
    while let Some(mut piece) = pieces.next().await? {
        while !piece.is_empty() {
            let room = intake.chunk().saturating_sub(chunk.len());
            let now = piece.split_to(room.min(piece.len()));
            // What does not come in one piece may fill a chunk, and is to take no more memory than that.
            if !chunk.is_empty() {
                chunk.reserve_exact(room);
            }
            chunk.extend_from_slice(&now);
            if chunk.len() >= intake.chunk() {
                chunk = intake.take(chunk).await?;
            }
        }
    }
    Ok(Received { upload: intake.end().await?, rest: chunk, key: key.cloned() })
}

fn write(
    store: &Store,
    upload: Option<Upload>,
    chunk: &[u8],
    key: Option<&CustomerKey>,
) -> Result<Upload, Refusal> {
    let mut upload = match upload {
        Some(upload) => upload,
        None => store.encrypted_upload(key)?,
    };
    upload.write(chunk).map_err(StoreError::from)?;
    Ok(upload)
}

pub(super) fn reply(store: &Store, bucket: &Bucket, record: &ObjectRecord) -> Reply {
    let reply = with_version(Reply::empty(StatusCode::OK), store, bucket, record);
    with_encryption(reply, record.encryption)
        .header(ETAG, record.etag())
        .header(HeaderName::from_static("x-cos-hash-crc64ecma"), record.crc64.to_string())
}
