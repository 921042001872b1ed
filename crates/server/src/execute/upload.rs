//! PUT Object.
//!
//! The body is gathered into chunks; while one is written and hashed on a thread that may block, the next one arrives. So
//! an upload never holds more than two chunks in memory, and a thread only while there is something to write.

use cospass_protocol::operation::PutObject;
use http::StatusCode;
use http::header::{ETAG, HeaderName};
use tokio::task::JoinHandle;

use super::draft::{self, Wanted};
use crate::authorize::Permit;
use crate::body::{Length, Pieces, SealedBody};
use crate::conditions;
use crate::endpoint::Endpoint;
use crate::limits::CHUNK;
use crate::pace::Pace;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{ObjectRecord, Store, StoreError, Upload};

pub(super) async fn put(
    endpoint: &Endpoint,
    permit: Permit<PutObject>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let most = endpoint.limits.object_size;
    match body.length() {
        Length::Absent => return Err(Cause::MissingLength.into()),
        Length::Known(length) if length > most => return Err(Cause::EntityTooLarge.into()),
        Length::Known(_) | Length::Chunked => {}
    }
    check_before_the_body(&endpoint.store, permit.operation()).await?;
    let pace = Pace::of(permit.operation().traffic_limit);
    let (upload, rest) = receive(&endpoint.store, body.open(&permit, most, pace)).await?;
    let put = permit.into_operation();
    let headers = draft::headers(&put.content, &put.metadata);
    let wanted = Wanted { headers, storage_class: put.storage_class, acl: put.acl.as_ref() };
    let draft = wanted.at(endpoint.clock.now());
    let record = endpoint
        .store
        .blocking(move |store| {
            let upload = write(store, upload, &rest)?;
            if put.md5.is_some_and(|md5| md5.0 != upload.md5()) {
                return Err(Cause::BadDigest.into());
            }
            store.commit(upload, &put.bucket, &put.key, draft, |object| {
                conditions::of_upload(&put, object).map_err(Refusal::from)
            })
        })
        .await?;
    Ok(reply(&record))
}

/// An upload that cannot succeed need not be sent. What counts is the check when it is committed.
async fn check_before_the_body(store: &Store, put: &PutObject) -> Result<(), Refusal> {
    if !put.forbid_overwrite && put.conditions.iter().next().is_none() {
        return Ok(());
    }
    let put = put.clone();
    let check = move |store: &Store| {
        let object = match store.object(&put.bucket, &put.key) {
            Err(StoreError::NoSuchKey) => None,
            found => Some(found?),
        };
        conditions::of_upload(&put, object.as_ref()).map_err(Refusal::from)
    };
    store.blocking(check).await
}

/// Takes the body in, all but its last chunk written. There is no upload yet if that chunk is all of it.
async fn receive(
    store: &Store,
    mut pieces: Pieces<'_>,
) -> Result<(Option<Upload>, Vec<u8>), Refusal> {
    let mut chunk = Vec::new();
    let mut writing = None;
    while let Some(piece) = pieces.next().await? {
        chunk.extend_from_slice(&piece);
        if chunk.len() >= CHUNK {
            let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
            let upload = written(writing.take()).await?;
            let store = store.clone();
            writing = Some(tokio::spawn(async move {
                store.blocking(move |store| write(store, upload, &full)).await
            }));
        }
    }
    Ok((written(writing).await?, chunk))
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

fn reply(record: &ObjectRecord) -> Reply {
    Reply::empty(StatusCode::OK)
        .header(ETAG, record.etag())
        .header(HeaderName::from_static("x-cos-hash-crc64ecma"), record.crc64.to_string())
}
