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

/// Does what is permitted. `origin` is where the client found the endpoint.
pub(crate) async fn execute(
    asker: &Asker<'_>,
    permitted: Permitted,
    body: &mut SealedBody,
    origin: Origin<'_>,
) -> Result<Reply, Refusal> {
    let endpoint = asker.endpoint;
    match permitted {
        Permitted::GetService(permit) => Ok(service::get(asker, &permit, origin.host)),
        Permitted::PutBucket(permit) => bucket::put(asker, permit, body).await,
        Permitted::HeadBucket(permit) => Ok(bucket::head(endpoint, &permit)),
        Permitted::DeleteBucket(permit) => bucket::delete(endpoint, permit).await,
        Permitted::GetBucket(permit) => list::get(endpoint, permit).await,
        Permitted::GetBucketObjectVersions(permit) => versions::list(endpoint, permit).await,
        Permitted::GetBucketLocation(permit) => Ok(list::location(endpoint, &permit)),
        Permitted::GetBucketAcl(permit) => acl::of_bucket(endpoint, &permit),
        Permitted::PutBucketAcl(permit) => acl::put_to_bucket(endpoint, permit, body).await,
        Permitted::GetBucketConfiguration(permit) => configuration::get(endpoint, &permit),
        Permitted::ListBucketConfigurations(permit) => configuration::list(endpoint, &permit),
        Permitted::PutBucketConfiguration(permit) => {
            configuration::put(endpoint, permit, body).await
        }
        Permitted::PostBucketInventory(permit) => {
            configuration::post_inventory(endpoint, permit, body).await
        }
        Permitted::DeleteBucketConfiguration(permit) => {
            configuration::delete(endpoint, permit).await
        }
        Permitted::DeleteObjects(permit) => delete::several(asker, permit, body).await,
        Permitted::PutObject(permit) => upload::put(endpoint, permit, body).await,
        Permitted::PostObject(permit) => post::object(endpoint, permit, body, origin).await,
        Permitted::PutObjectCopy(permit) => copy::object(endpoint, permit).await,
        Permitted::GetObject(permit) => object::get(endpoint, permit).await,
        Permitted::HeadObject(permit) => object::head(endpoint, permit),
        Permitted::DeleteObject(permit) => delete::one(endpoint, permit).await,
        Permitted::GetObjectAcl(permit) => acl::of_object(endpoint, permit).await,
        Permitted::PutObjectAcl(permit) => acl::put_to_object(endpoint, permit, body).await,
        Permitted::GetObjectTagging(permit) => tagging::get(endpoint, permit).await,
        Permitted::PutObjectTagging(permit) => tagging::put(endpoint, permit, body).await,
        Permitted::DeleteObjectTagging(permit) => tagging::delete(endpoint, permit).await,
        Permitted::PostObjectRestore(permit) => restore::post(endpoint, permit, body).await,
        Permitted::GetObjectRetention(permit) => retention::get(endpoint, permit).await,
        Permitted::PutObjectRetention(permit) => retention::put(endpoint, permit, body).await,
        Permitted::AppendObject(permit) => append::append(endpoint, permit, body).await,
        Permitted::PutSymlink(permit) => symlink::put(endpoint, permit).await,
        Permitted::GetSymlink(permit) => symlink::get(endpoint, permit).await,
        Permitted::InitiateMultipartUpload(permit) => multipart::initiate(endpoint, permit).await,
        Permitted::UploadPart(permit) => multipart::part(endpoint, permit, body).await,
        Permitted::UploadPartCopy(permit) => copy::part(endpoint, permit).await,
        Permitted::ListParts(permit) => multipart::list(endpoint, permit).await,
        Permitted::ListMultipartUploads(permit) => multipart::uploads(endpoint, permit).await,
        Permitted::CompleteMultipartUpload(permit) => {
            multipart::complete(endpoint, permit, body, origin).await
        }
        Permitted::AbortMultipartUpload(permit) => multipart::abort(endpoint, permit).await,
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
