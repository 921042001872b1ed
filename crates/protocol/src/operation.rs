//! What a request asks for: one value for each operation, with all that its parameters and headers say.
//!
//! [`Operation::encode`] and [`Operation::decode`] are inverses. Decoding reads names and values as they are after
//! percent-decoding; a parameter or header that is unknown is ignored, as the service does, but one that names another
//! operation, or an option that would change what this one does, is a named refusal: see [`Unserved`].

mod acl;
mod bucket;
mod object;
mod parts;
mod unserved;
mod value;

use std::borrow::Cow;
use std::fmt;

pub use acl::{AclHeaders, CannedAcl, Grant, Grantee, Permission};
pub use bucket::{DeleteBucket, GetService, HeadBucket, PutBucket};
pub use object::{
    Conditions, ContentHeaders, DeleteObject, GetObject, GetObjectAcl, HeadObject, PutObject,
    PutObjectAcl, ResponseOverrides,
};
pub use parts::{Pair, Parts, Resource};
pub use unserved::Unserved;
pub use value::{ContentMd5, StorageClass, TrafficLimit};

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
    /// Uploads an object.
    PutObject(PutObject),
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
}

impl Operation {
    /// Takes a request apart.
    ///
    /// # Errors
    /// One [`DecodeError`] for each reason; no input panics.
    pub fn decode(parts: Parts<'_>) -> Result<Self, DecodeError> {
        let (params, headers) = (Params(&parts.params), Headers(&parts.headers));
        unserved::refuse(&parts.method, &parts.resource, params, headers)?;
        let acl = params.has("acl");
        let allowed =
            || DecodeError::MethodNotAllowed { method: parts.method.clone().into_owned() };
        Ok(match (parts.resource, parts.method.as_ref(), acl) {
            (Resource::Service, "GET", _) => Self::GetService(GetService::decode(params)?),
            (Resource::Bucket(bucket), "PUT", _) => {
                Self::PutBucket(PutBucket::decode(bucket, headers)?)
            }
            (Resource::Bucket(bucket), "HEAD", _) => Self::HeadBucket(HeadBucket { bucket }),
            (Resource::Bucket(bucket), "DELETE", _) => Self::DeleteBucket(DeleteBucket { bucket }),
            (Resource::Object(bucket, key), "PUT", false) => {
                Self::PutObject(PutObject::decode(bucket, key, params, headers)?)
            }
            (Resource::Object(bucket, key), "GET", false) => {
                Self::GetObject(GetObject::decode(bucket, key, params, headers)?)
            }
            (Resource::Object(bucket, key), "HEAD", false) => {
                Self::HeadObject(HeadObject::decode(bucket, key, headers)?)
            }
            (Resource::Object(bucket, key), "DELETE", false) => {
                Self::DeleteObject(DeleteObject { bucket, key })
            }
            (Resource::Object(bucket, key), "GET", true) => {
                Self::GetObjectAcl(GetObjectAcl { bucket, key })
            }
            (Resource::Object(bucket, key), "PUT", true) => {
                Self::PutObjectAcl(PutObjectAcl::decode(bucket, key, headers)?)
            }
            _ => return Err(allowed()),
        })
    }

    /// The request that asks for this.
    pub fn encode(&self) -> Parts<'_> {
        let parts = |method: &'static str, resource, params, headers| Parts {
            method: Cow::Borrowed(method),
            resource,
            params,
            headers,
        };
        let acl = || vec![parts::pair("acl", "")];
        let of_bucket = |bucket: &crate::Bucket| Resource::Bucket(bucket.clone());
        let of_object = |bucket: &crate::Bucket, key: &crate::ObjectKey| {
            Resource::Object(bucket.clone(), key.clone())
        };
        match self {
            Self::GetService(op) => parts("GET", Resource::Service, op.params(), vec![]),
            Self::PutBucket(op) => parts("PUT", of_bucket(&op.bucket), vec![], op.headers()),
            Self::HeadBucket(op) => parts("HEAD", of_bucket(&op.bucket), vec![], vec![]),
            Self::DeleteBucket(op) => parts("DELETE", of_bucket(&op.bucket), vec![], vec![]),
            Self::PutObject(op) => {
                parts("PUT", of_object(&op.bucket, &op.key), vec![], op.headers())
            }
            Self::GetObject(op) => {
                parts("GET", of_object(&op.bucket, &op.key), op.params(), op.headers())
            }
            Self::HeadObject(op) => {
                parts("HEAD", of_object(&op.bucket, &op.key), vec![], op.headers())
            }
            Self::DeleteObject(op) => {
                parts("DELETE", of_object(&op.bucket, &op.key), vec![], vec![])
            }
            Self::GetObjectAcl(op) => parts("GET", of_object(&op.bucket, &op.key), acl(), vec![]),
            Self::PutObjectAcl(op) => {
                parts("PUT", of_object(&op.bucket, &op.key), acl(), op.headers())
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
            Self::PutObject(_) => "PUT Object",
            Self::GetObject(_) => "GET Object",
            Self::HeadObject(_) => "HEAD Object",
            Self::DeleteObject(_) => "DELETE Object",
            Self::GetObjectAcl(_) => "GET Object acl",
            Self::PutObjectAcl(_) => "PUT Object acl",
        }
    }
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
            Self::MetadataTooLong { length } => {
                write!(f, "the user metadata is {length} bytes long; at most 2048 are allowed")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

#[cfg(test)]
mod tests;
