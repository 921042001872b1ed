//! PUT Object.
//!
//! The body is gathered into chunks; while one is written and hashed on a thread that may block, the next one arrives. So
//! an upload never holds more than two chunks in memory, and a thread only while there is something to write.

use cospass_protocol::operation::{ContentMd5, PutObject, TrafficLimit};
use http::StatusCode;
use http::header::{ETAG, HeaderName};
use tokio::task::JoinHandle;

use super::draft::{self, Wanted};
use super::{encryption, with_encryption};
use crate::authorize::Permit;
use crate::body::{Length, Pieces, SealedBody};
use crate::conditions;
use crate::endpoint::Endpoint;
use crate::limits::CHUNK;
use crate::pace::Pace;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{Kind, ObjectRecord, Store, StoreError, Upload, tag_pairs};

pub(super) async fn put(
    endpoint: &Endpoint,
    permit: Permit<PutObject>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    check_length(endpoint, body)?;
    check_before_the_body(&endpoint.store, permit.operation()).await?;
    let traffic_limit = permit.operation().traffic_limit;
    let received = receive(endpoint, &permit, body, traffic_limit).await?;
    let record = keep(endpoint, received, permit.into_operation()).await?;
    Ok(reply(&record))
}

/// Makes an object of what was received.
pub(super) async fn keep(
    endpoint: &Endpoint,
    received: Received,
    mut put: PutObject,
) -> Result<ObjectRecord, Refusal> {
    put.encryption = encryption(endpoint, &put.bucket, put.encryption);
    let headers = draft::headers(&put.key, &put.content, &put.metadata);
    let wanted = Wanted {
        headers,
        storage_class: put.storage_class,
        acl: put.acl.as_ref(),
        tags: tag_pairs(&put.tags),
        kind: Kind::Normal,
        encryption: put.encryption,
    };
    let draft = wanted.at(endpoint.clock.now());
    endpoint
        .store
        .blocking(move |store| {
            let upload = received.finish(store, put.md5)?;
            store.commit(upload, &put.bucket, &put.key, draft, |object| {
                conditions::of_upload(&put, object).map_err(Refusal::from)
            })
        })
        .await
}

/// An upload that cannot succeed need not be sent. What counts is the check when it is committed.
pub(super) async fn check_before_the_body(store: &Store, put: &PutObject) -> Result<(), Refusal> {
    if !put.forbid_overwrite && put.conditions.iter().next().is_none() {
        return Ok(());
    }
    let put = put.clone();
    let check = move |store: &Store| {
        let object = store.find_object(&put.bucket, &put.key)?;
        conditions::of_upload(&put, object.as_ref()).map_err(Refusal::from)
    };
    store.blocking(check).await
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
}

impl Received {
    /// Writes the rest, and compares the whole with the MD5 that came along. Blocks.
    pub(super) fn finish(self, store: &Store, md5: Option<ContentMd5>) -> Result<Upload, Refusal> {
        let upload = write(store, self.upload, &self.rest)?;
        match md5 {
            Some(md5) if md5.0 != upload.md5() => Err(Cause::BadDigest.into()),
            _ => Ok(upload),
        }
    }
}

/// Takes a body in.
pub(super) async fn receive<Op>(
    endpoint: &Endpoint,
    permit: &Permit<Op>,
    body: &mut SealedBody,
    limit: Option<TrafficLimit>,
) -> Result<Received, Refusal> {
    let pieces = body.open(permit, endpoint.limits.object_size, Pace::of(limit));
    receive_pieces(endpoint, pieces).await
}

/// Takes the pieces of an opened body in.
pub(super) async fn receive_pieces(
    endpoint: &Endpoint,
    mut pieces: Pieces<'_>,
) -> Result<Received, Refusal> {
    let mut chunk = Vec::new();
    let mut writing = None;
    while let Some(piece) = pieces.next().await? {
        chunk.extend_from_slice(&piece);
        if chunk.len() >= CHUNK {
            let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
            let upload = written(writing.take()).await?;
            let store = endpoint.store.clone();
            writing = Some(tokio::spawn(async move {
                store.blocking(move |store| write(store, upload, &full)).await
            }));
        }
    }
    Ok(Received { upload: written(writing).await?, rest: chunk })
}

type Writing = JoinHandle<Result<Upload, Refusal>>;

async fn written(writing: Option<Writing>) -> Result<Option<Upload>, Refusal> {
    match writing {
        None => Ok(None),
        Some(writing) => match writing.await {
            Ok(upload) => upload.map(Some),
            Err(_) => Err(Cause::Failure.into()),
        },
    }
}

fn write(store: &Store, upload: Option<Upload>, chunk: &[u8]) -> Result<Upload, Refusal> {
    let mut upload = match upload {
        Some(upload) => upload,
        None => store.upload()?,
    };
    upload.write(chunk).map_err(StoreError::from)?;
    Ok(upload)
}

pub(super) fn reply(record: &ObjectRecord) -> Reply {
    with_encryption(Reply::empty(StatusCode::OK), record.encryption)
        .header(ETAG, record.etag())
        .header(HeaderName::from_static("x-cos-hash-crc64ecma"), record.crc64.to_string())
}
