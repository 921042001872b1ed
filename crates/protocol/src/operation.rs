//! What a request asks for: one value for each operation, with all that its parameters and headers say.
//!
//! [`Operation::encode`] and [`Operation::decode`] are inverses. Decoding reads names and values as they are after
//! percent-decoding; a parameter or header that is unknown is ignored, as the service does, but one that names another
//! operation, or an option that would change what this one does, is a named refusal: see [`Unserved`].

mod acl;
mod bucket;
mod copy;
mod delete;
mod list;
mod multipart;
mod object;
mod parts;
mod unserved;
mod value;

use std::borrow::Cow;
use std::fmt;

pub use acl::{AclHeaders, CannedAcl, Grant, Grantee, Permission};
pub use bucket::{DeleteBucket, GetBucketAcl, GetService, HeadBucket, PutBucket, PutBucketAcl};
pub use copy::{CopySource, PutObjectCopy, Replaced, UploadPartCopy};
pub use delete::DeleteObjects;
pub use list::{GetBucket, GetBucketLocation};
pub use multipart::{
    AbortMultipartUpload, CompleteMultipartUpload, InitiateMultipartUpload, ListMultipartUploads,
    ListParts, UploadPart,
};
pub use object::{
    Conditions, ContentHeaders, DeleteObject, GetObject, GetObjectAcl, HeadObject, PutObject,
    PutObjectAcl, ResponseOverrides,
};
pub use parts::{Pair, Parts, Resource};
pub use unserved::Unserved;
pub use value::{ContentMd5, StorageClass, TrafficLimit};

use crate::{Bucket, ObjectKey};
use parts::{Headers, Params};

/// An operation on the account, a bucket or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Lists the account's buckets.
    GetService(GetService),
    /// Makes a bucket.
    PutBucket(PutBucket),
    /// Tells whether a bucket is there.
    HeadBucket(HeadBucket),
    /// Deletes an empty bucket.
    DeleteBucket(DeleteBucket),
    /// Lists the objects of a bucket.
    GetBucket(GetBucket),
    /// Tells the region of a bucket.
    GetBucketLocation(GetBucketLocation),
    /// Reads a bucket's access control.
    GetBucketAcl(GetBucketAcl),
    /// Replaces a bucket's access control.
    PutBucketAcl(PutBucketAcl),
    /// Deletes many objects at once.
    DeleteObjects(DeleteObjects),
    /// Uploads an object.
    PutObject(PutObject),
    /// Copies an object.
    PutObjectCopy(PutObjectCopy),
    /// Downloads an object or a part of it.
    GetObject(GetObject),
    /// Tells what an object is.
    HeadObject(HeadObject),
    /// Deletes an object.
    DeleteObject(DeleteObject),
    /// Reads an object's access control.
    GetObjectAcl(GetObjectAcl),
    /// Replaces an object's access control.
    PutObjectAcl(PutObjectAcl),
    /// Begins an upload in parts.
    InitiateMultipartUpload(InitiateMultipartUpload),
    /// Uploads a part.
    UploadPart(UploadPart),
    /// Makes a part out of an object.
    UploadPartCopy(UploadPartCopy),
    /// Lists the parts that were uploaded.
    ListParts(ListParts),
    /// Lists the uploads in parts that are under way.
    ListMultipartUploads(ListMultipartUploads),
    /// Makes an object of parts.
    CompleteMultipartUpload(CompleteMultipartUpload),
    /// Gives an upload in parts up.
    AbortMultipartUpload(AbortMultipartUpload),
}

impl Operation {
    /// Takes a request apart.
    ///
    /// # Errors
    /// One [`DecodeError`] for each reason; no input panics.
    pub fn decode(parts: Parts<'_>) -> Result<Self, DecodeError> {
        let (params, headers) = (Params(&parts.params), Headers(&parts.headers));
        unserved::refuse(&parts.method, &parts.resource, params, headers)?;
        let sub = subresource(params)?;
        let method = parts.method.as_ref();
        match parts.resource {
            Resource::Service => match (method, sub) {
                ("GET", "") => GetService::decode(params).map(Self::GetService),
                _ => Err(not_allowed(method)),
            },
            Resource::Bucket(bucket) => Self::of_bucket(method, sub, bucket, params, headers),
            Resource::Object(bucket, key) => {
                Self::of_object(method, sub, bucket, key, params, headers)
            }
        }
    }

    fn of_bucket(
        method: &str,
        sub: &str,
        bucket: Bucket,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(match (method, sub) {
            ("PUT", "") => Self::PutBucket(PutBucket::decode(bucket, headers)?),
            ("HEAD", "") => Self::HeadBucket(HeadBucket { bucket }),
            ("DELETE", "") => Self::DeleteBucket(DeleteBucket { bucket }),
            ("GET", "") => Self::GetBucket(GetBucket::decode(bucket, params)?),
            ("POST", "delete") => Self::DeleteObjects(DeleteObjects::decode(bucket, headers)?),
            ("GET", "uploads") => {
                Self::ListMultipartUploads(ListMultipartUploads::decode(bucket, params)?)
            }
            ("GET", "acl") => Self::GetBucketAcl(GetBucketAcl { bucket }),
            ("PUT", "acl") => Self::PutBucketAcl(PutBucketAcl::decode(bucket, headers)?),
            ("GET", "location") => Self::GetBucketLocation(GetBucketLocation { bucket }),
            _ => return Err(not_allowed(method)),
        })
    }

    fn of_object(
        method: &str,
        sub: &str,
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(match (method, sub) {
            ("PUT", "") if CopySource::is_in(headers)? => {
                Self::PutObjectCopy(PutObjectCopy::decode(bucket, key, headers)?)
            }
            ("PUT", "") => Self::PutObject(PutObject::decode(bucket, key, params, headers)?),
            ("GET", "") => Self::GetObject(GetObject::decode(bucket, key, params, headers)?),
            ("HEAD", "") => Self::HeadObject(HeadObject::decode(bucket, key, headers)?),
            ("DELETE", "") => Self::DeleteObject(DeleteObject { bucket, key }),
            ("GET", "acl") => Self::GetObjectAcl(GetObjectAcl { bucket, key }),
            ("PUT", "acl") => Self::PutObjectAcl(PutObjectAcl::decode(bucket, key, headers)?),
            _ => return Self::of_upload(method, sub, bucket, key, params, headers),
        })
    }

    fn of_upload(
        method: &str,
        sub: &str,
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(match (method, sub) {
            ("POST", "uploads") => Self::InitiateMultipartUpload(InitiateMultipartUpload::decode(
                bucket, key, headers,
            )?),
            ("PUT", "uploadId") if CopySource::is_in(headers)? => {
                Self::UploadPartCopy(UploadPartCopy::decode(bucket, key, params, headers)?)
            }
            ("PUT", "uploadId") => {
                Self::UploadPart(UploadPart::decode(bucket, key, params, headers)?)
            }
            ("GET", "uploadId") => Self::ListParts(ListParts::decode(bucket, key, params)?),
            ("POST", "uploadId") => Self::CompleteMultipartUpload(CompleteMultipartUpload::decode(
                bucket, key, params, headers,
            )?),
            ("DELETE", "uploadId") => {
                Self::AbortMultipartUpload(AbortMultipartUpload::decode(bucket, key, params)?)
            }
            _ => return Err(not_allowed(method)),
        })
    }

    /// The request that asks for this.
    pub fn encode(&self) -> Parts<'_> {
        match self {
            Self::GetService(op) => parts("GET", Resource::Service, "", op.params(), vec![]),
            Self::PutBucket(op) => parts("PUT", &op.bucket, "", vec![], op.headers()),
            Self::HeadBucket(op) => parts("HEAD", &op.bucket, "", vec![], vec![]),
            Self::DeleteBucket(op) => parts("DELETE", &op.bucket, "", vec![], vec![]),
            Self::GetBucket(op) => parts("GET", &op.bucket, "", op.params(), vec![]),
            Self::GetBucketLocation(op) => parts("GET", &op.bucket, "location", vec![], vec![]),
            Self::GetBucketAcl(op) => parts("GET", &op.bucket, "acl", vec![], vec![]),
            Self::PutBucketAcl(op) => parts("PUT", &op.bucket, "acl", vec![], op.headers()),
            Self::DeleteObjects(op) => parts("POST", &op.bucket, "delete", vec![], op.headers()),
            Self::PutObject(op) => parts("PUT", (&op.bucket, &op.key), "", vec![], op.headers()),
            Self::PutObjectCopy(op) => {
                parts("PUT", (&op.bucket, &op.key), "", vec![], op.headers())
            }
            Self::GetObject(op) => {
                parts("GET", (&op.bucket, &op.key), "", op.params(), op.headers())
            }
            Self::HeadObject(op) => parts("HEAD", (&op.bucket, &op.key), "", vec![], op.headers()),
            Self::DeleteObject(op) => parts("DELETE", (&op.bucket, &op.key), "", vec![], vec![]),
            Self::GetObjectAcl(op) => parts("GET", (&op.bucket, &op.key), "acl", vec![], vec![]),
            Self::PutObjectAcl(op) => {
                parts("PUT", (&op.bucket, &op.key), "acl", vec![], op.headers())
            }
            Self::InitiateMultipartUpload(op) => {
                parts("POST", (&op.bucket, &op.key), "uploads", vec![], op.headers())
            }
            Self::UploadPartCopy(op) => {
                parts("PUT", (&op.bucket, &op.key), "", op.params(), op.headers())
            }
            Self::UploadPart(op) => {
                parts("PUT", (&op.bucket, &op.key), "", op.params(), op.headers())
            }
            Self::ListParts(op) => parts("GET", (&op.bucket, &op.key), "", op.params(), vec![]),
            Self::ListMultipartUploads(op) => {
                parts("GET", &op.bucket, "uploads", op.params(), vec![])
            }
            Self::CompleteMultipartUpload(op) => {
                parts("POST", (&op.bucket, &op.key), "", op.params(), op.headers())
            }
            Self::AbortMultipartUpload(op) => {
                parts("DELETE", (&op.bucket, &op.key), "", op.params(), vec![])
            }
        }
    }

    /// Its name in the documentation.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::GetService(_) => "GET Service",
            Self::PutBucket(_) => "PUT Bucket",
            Self::HeadBucket(_) => "HEAD Bucket",
            Self::DeleteBucket(_) => "DELETE Bucket",
            Self::GetBucket(_) => "GET Bucket",
            Self::GetBucketLocation(_) => "GET Bucket location",
            Self::GetBucketAcl(_) => "GET Bucket acl",
            Self::PutBucketAcl(_) => "PUT Bucket acl",
            Self::DeleteObjects(_) => "DELETE Multiple Objects",
            Self::PutObject(_) => "PUT Object",
            Self::PutObjectCopy(_) => "PUT Object - Copy",
            Self::GetObject(_) => "GET Object",
            Self::HeadObject(_) => "HEAD Object",
            Self::DeleteObject(_) => "DELETE Object",
            Self::GetObjectAcl(_) => "GET Object acl",
            Self::PutObjectAcl(_) => "PUT Object acl",
            Self::InitiateMultipartUpload(_) => "Initiate Multipart Upload",
            Self::UploadPartCopy(_) => "Upload Part - Copy",
            Self::UploadPart(_) => "Upload Part",
            Self::ListParts(_) => "List Parts",
            Self::ListMultipartUploads(_) => "List Multipart Uploads",
            Self::CompleteMultipartUpload(_) => "Complete Multipart Upload",
            Self::AbortMultipartUpload(_) => "Abort Multipart Upload",
        }
    }
}

/// Parameters that name what of a bucket or an object is meant, without being its bytes.
const SUBRESOURCES: [&str; 5] = ["acl", "delete", "location", "uploadId", "uploads"];

/// The one that is named, or `""`. Two of them are a contradiction.
fn subresource(params: Params<'_, '_>) -> Result<&'static str, DecodeError> {
    let mut named = SUBRESOURCES.into_iter().filter(|name| params.has(name));
    match (named.next(), named.next()) {
        (Some(first), Some(second)) => Err(invalid(second, &format!("beside {first}"))),
        (named, _) => Ok(named.unwrap_or_default()),
    }
}

fn not_allowed(method: &str) -> DecodeError {
    DecodeError::MethodNotAllowed { method: method.to_owned() }
}

fn parts<'a>(
    method: &'static str,
    resource: impl Into<Resource>,
    sub: &'static str,
    mut params: Vec<Pair<'a>>,
    headers: Vec<Pair<'a>>,
) -> Parts<'a> {
    if !sub.is_empty() {
        params.insert(0, parts::pair(sub, ""));
    }
    Parts { method: Cow::Borrowed(method), resource: resource.into(), params, headers }
}

/// Why a request is none of the operations served here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// It names an operation or option of the service that is not served here.
    Unserved(Unserved),
    /// The method does not go with the resource.
    MethodNotAllowed {
        /// The method as given.
        method: String,
    },
    /// A parameter or header has a value that is not allowed, or stands twice.
    InvalidArgument {
        /// Its name.
        name: &'static str,
        /// Its value as given.
        value: String,
    },
    /// `Content-MD5` is not 16 bytes of base64.
    InvalidDigest,
    /// `x-cos-copy-source` does not name an object.
    InvalidCopySource,
    /// The user metadata (`x-cos-meta-…`) is longer than 2 KB.
    MetadataTooLong {
        /// Its length, names without the prefix and values, in bytes.
        length: usize,
    },
}

fn invalid(name: &'static str, value: &str) -> DecodeError {
    DecodeError::InvalidArgument { name, value: value.to_owned() }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unserved(unserved) => write!(f, "{unserved}"),
            Self::MethodNotAllowed { method } => {
                write!(f, "the method {method} does not go with this resource")
            }
            Self::InvalidArgument { name, value } => {
                write!(f, "{name} has a value that is not allowed, or stands twice: {value:?}")
            }
            Self::InvalidDigest => f.write_str("Content-MD5 is not 16 bytes of base64"),
            Self::InvalidCopySource => {
                f.write_str("x-cos-copy-source is not BUCKET.DOMAIN/KEY, the key percent-encoded")
            }
            Self::MetadataTooLong { length } => {
                write!(f, "the user metadata is {length} bytes long; at most 2048 are allowed")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

#[cfg(test)]
mod tests;
