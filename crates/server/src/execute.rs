//! The fifth stage: a [`Permit`](crate::authorize::Permit) is acted on.

mod acl;
mod append;
mod bucket;
mod configuration;
mod content_type;
mod copy;
mod customer_key;
mod delete;
mod draft;
mod expiration;
mod intake;
mod list;
mod multipart;
mod object;
mod page;
mod post;
#[cfg(test)]
mod races;
mod restore;
mod retention;
mod service;
mod symlink;
mod tagging;
mod upload;
mod versions;

use std::pin::Pin;

use cospass_protocol::Bucket;
use cospass_protocol::operation::{AclHeaders, CannedAcl, ContentMd5, ServerSideEncryption};
use http::header::{HeaderName, HeaderValue};
use md5_stream::Md5;

use crate::authorize::{Asker, Permitted};
use crate::body::SealedBody;
use crate::endpoint::{Endpoint, Origin};
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{AclRecord, Encryption, ObjectRecord, Store, Versioning};

/// Something that is done, or under way.
#[allow(clippy::large_enum_variant, reason = "it is taken apart as soon as it is made")]
pub(crate) enum Execution<'a> {
    Done(Result<Reply, Refusal>),
    /// In a place of its own: a connection has room for what a request may wait for, and that room is gone through with every
    /// request. What an upload needs is many times what a download of something at hand does.
    Begun(Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send + 'a>>),
}

impl<'a> Execution<'a> {
    fn begin(execution: impl Future<Output = Result<Reply, Refusal>> + Send + 'a) -> Self {
        Self::Begun(Box::pin(execution))
    }

    /// What came of it.
    pub(crate) async fn end(self) -> Result<Reply, Refusal> {
        match self {
            Self::Done(answer) => answer,
            Self::Begun(execution) => execution.await,
        }
    }
}

/// Does what is permitted, or begins it. `origin` is where the client found the endpoint.
pub(crate) fn execute<'a>(
    asker: &'a Asker<'a>,
    permitted: Permitted,
    body: &'a mut SealedBody,
    origin: Origin<'a>,
) -> Execution<'a> {
    let endpoint = asker.endpoint;
    match permitted {
        Permitted::GetService(permit) => {
            Execution::Done(Ok(service::get(asker, &permit, origin.host)))
        }
        Permitted::PutBucket(permit) => Execution::begin(bucket::put(asker, permit, body)),
        Permitted::HeadBucket(permit) => Execution::Done(Ok(bucket::head(endpoint, &permit))),
        Permitted::DeleteBucket(permit) => Execution::begin(bucket::delete(endpoint, permit)),
        Permitted::GetBucket(permit) => Execution::begin(list::get(endpoint, permit)),
        Permitted::GetBucketObjectVersions(permit) => {
            Execution::begin(versions::list(endpoint, permit))
        }
        Permitted::GetBucketLocation(permit) => {
            Execution::Done(Ok(list::location(endpoint, &permit)))
        }
        Permitted::GetBucketAcl(permit) => Execution::Done(acl::of_bucket(endpoint, &permit)),
        Permitted::PutBucketAcl(permit) => {
            Execution::begin(acl::put_to_bucket(endpoint, permit, body))
        }
        Permitted::GetBucketConfiguration(permit) => {
            Execution::Done(configuration::get(endpoint, &permit))
        }
        Permitted::ListBucketConfigurations(permit) => {
            Execution::Done(configuration::list(endpoint, &permit))
        }
        Permitted::PutBucketConfiguration(permit) => {
            Execution::begin(configuration::put(endpoint, permit, body))
        }
        Permitted::PostBucketInventory(permit) => {
            Execution::begin(configuration::post_inventory(endpoint, permit, body))
        }
        Permitted::DeleteBucketConfiguration(permit) => {
            Execution::begin(configuration::delete(endpoint, permit))
        }
        Permitted::DeleteObjects(permit) => Execution::begin(delete::several(asker, permit, body)),
        Permitted::PutObject(permit) => Execution::begin(upload::put(endpoint, permit, body)),
        Permitted::PostObject(permit) => {
            Execution::begin(post::object(endpoint, permit, body, origin))
        }
        Permitted::PutObjectCopy(permit) => Execution::begin(copy::object(endpoint, permit)),
        Permitted::GetObject(permit) => object::get(endpoint, permit),
        Permitted::HeadObject(permit) => Execution::Done(object::head(endpoint, permit)),
        Permitted::DeleteObject(permit) => Execution::begin(delete::one(endpoint, permit)),
        Permitted::GetObjectAcl(permit) => Execution::begin(acl::of_object(endpoint, permit)),
        Permitted::PutObjectAcl(permit) => {
            Execution::begin(acl::put_to_object(endpoint, permit, body))
        }
        Permitted::GetObjectTagging(permit) => Execution::begin(tagging::get(endpoint, permit)),
        Permitted::PutObjectTagging(permit) => {
            Execution::begin(tagging::put(endpoint, permit, body))
        }
        Permitted::DeleteObjectTagging(permit) => {
            Execution::begin(tagging::delete(endpoint, permit))
        }
        Permitted::PostObjectRestore(permit) => {
            Execution::begin(restore::post(endpoint, permit, body))
        }
        Permitted::GetObjectRetention(permit) => Execution::begin(retention::get(endpoint, permit)),
        Permitted::PutObjectRetention(permit) => {
            Execution::begin(retention::put(endpoint, permit, body))
        }
        Permitted::AppendObject(permit) => Execution::begin(append::append(endpoint, permit, body)),
        Permitted::PutSymlink(permit) => Execution::begin(symlink::put(endpoint, permit)),
        Permitted::GetSymlink(permit) => Execution::begin(symlink::get(endpoint, permit)),
        Permitted::InitiateMultipartUpload(permit) => {
            Execution::begin(multipart::initiate(asker, permit))
        }
        Permitted::UploadPart(permit) => Execution::begin(multipart::part(endpoint, permit, body)),
        Permitted::UploadPartCopy(permit) => Execution::begin(copy::part(endpoint, permit)),
        Permitted::ListParts(permit) => Execution::begin(multipart::list(endpoint, permit)),
        Permitted::ListMultipartUploads(permit) => {
            Execution::begin(multipart::uploads(endpoint, permit))
        }
        Permitted::CompleteMultipartUpload(permit) => {
            Execution::begin(multipart::complete(endpoint, permit, body, origin))
        }
        Permitted::AbortMultipartUpload(permit) => {
            Execution::begin(multipart::abort(endpoint, permit))
        }
    }
}

/// Refuses a document that is not the one whose MD5 came along.
fn check_md5(md5: Option<ContentMd5>, document: &[u8]) -> Result<(), Refusal> {
    match md5 {
        Some(md5) if md5.0 != Md5::digest(document) => Err(Cause::BadDigest.into()),
        _ => Ok(()),
    }
}

const VERSION_ID: HeaderName = HeaderName::from_static("x-cos-version-id");

/// Adds which version an object is, unless versions were never kept in its bucket.
fn with_version(reply: Reply, store: &Store, bucket: &Bucket, record: &ObjectRecord) -> Reply {
    match store.bucket(bucket).map(|bucket| bucket.versioning()) {
        None | Some(Versioning::Never) => reply,
        Some(Versioning::Enabled | Versioning::Suspended) => {
            reply.header(VERSION_ID, record.version.id())
        }
    }
}

/// Adds how an object is encrypted.
fn with_encryption(reply: Reply, encryption: Encryption) -> Reply {
    match encryption {
        // Who has the key is told its MD5 again: see `customer_key`.
        Encryption::None | Encryption::Customer(_) => reply,
        Encryption::Cos => {
            let name = HeaderName::from_static("x-cos-server-side-encryption");
            let value = ServerSideEncryption::ALGORITHM;
            reply.header(name, HeaderValue::from_static(value))
        }
    }
}

fn acl_record(acl: &AclHeaders) -> AclRecord {
    match acl {
        AclHeaders::Canned(canned) => AclRecord::canned(*canned),
        // `private` grants nothing beside them (cos-js-sdk-v5 `test/test.js`: "decodeAcl", then "putObjectAcl() xml").
        AclHeaders::Grants(grants) | AclHeaders::CannedAndGrants(CannedAcl::Private, grants) => {
            AclRecord::grants(grants)
        }
        AclHeaders::CannedAndGrants(canned, grants) => AclRecord::canned_and(*canned, grants),
    }
}

/// How an object is to be encrypted: as its request says, or else as its bucket does (436/40136).
fn encryption(
    endpoint: &Endpoint,
    bucket: &Bucket,
    asked: Option<ServerSideEncryption>,
) -> Option<ServerSideEncryption> {
    let by_default = || {
        let record = endpoint.store.bucket(bucket)?;
        // No other algorithm can be configured here.
        record.configurations.encryption().map(|_| ServerSideEncryption::Aes256)
    };
    asked.or_else(by_default)
}
