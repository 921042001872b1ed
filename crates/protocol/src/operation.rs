//! What a request asks for: one value for each operation, with all that its parameters and headers say.
//!
//! [`Operation::encode`] and [`Operation::decode`] are inverses. Decoding reads names and values as they are after
//! percent-decoding; a parameter or header that is unknown is ignored, as the service does, but one that names another
//! operation, or an option that would change what this one does, is a named refusal: see [`Unserved`].

mod acl;
mod append;
mod bucket;
mod configuration;
mod copy;
mod delete;
mod encryption;
mod fields;
mod list;
mod multipart;
mod need;
mod object;
mod parts;
mod post;
mod request;
mod restore;
mod retention;
mod symlink;
mod tagging;
mod unserved;
mod value;
mod versions;

use std::fmt;

pub use acl::{AclHeaders, CannedAcl, Grant, Grantee, Permission};
pub use append::AppendObject;
pub use bucket::{
    CreatedRange, DeleteBucket, GetBucketAcl, GetService, HeadBucket, PutBucket, PutBucketAcl,
};
pub use configuration::{
    Configuration, DeleteBucketConfiguration, GetBucketConfiguration, ListBucketConfigurations,
    PostBucketInventory, PutBucketConfiguration,
};
pub use copy::{CopySource, PutObjectCopy, Replaced, UploadPartCopy};
pub use delete::DeleteObjects;
pub use encryption::{CustomerKey, ServerSideEncryption};
pub use fields::{Conditions, ContentHeaders, ResponseOverrides};
pub use list::{GetBucket, GetBucketLocation};
pub use multipart::{
    AbortMultipartUpload, CompleteMultipartUpload, InitiateMultipartUpload, ListMultipartUploads,
    ListParts, UploadPart,
};
pub use need::Need;
pub use object::{DeleteObject, GetObject, GetObjectAcl, HeadObject, PutObject, PutObjectAcl};
pub use parts::{Pair, Parts, Resource};
pub use post::{PostObject, SuccessAction};
pub use request::Request;
pub use restore::PostObjectRestore;
pub use retention::{GetObjectRetention, PutObjectRetention, RETENTION_MODE};
pub use symlink::{GetSymlink, PutSymlink, SymlinkTarget};
pub use tagging::{DeleteObjectTagging, GetObjectTagging, PutObjectTagging};
pub use unserved::Unserved;
pub use value::{ContentMd5, StorageClass, TrafficLimit};
pub use versions::GetBucketObjectVersions;

use crate::{Bucket, ObjectKey, TagError};
use parts::{Headers, Params};
use versions::version_id;

/// Shows every operation's type to a macro, so that whoever must treat each of them writes the list no second time.
#[macro_export]
macro_rules! for_each_operation {
    ($show:ident) => {
        $show! {
            /// Lists the account's buckets.
            GetService,
            /// Makes a bucket.
            PutBucket,
            /// Tells whether a bucket is there.
            HeadBucket,
            /// Deletes an empty bucket.
            DeleteBucket,
            /// Lists the objects of a bucket.
            GetBucket,
            /// Lists the versions of the objects of a bucket.
            GetBucketObjectVersions,
            /// Tells the region of a bucket.
            GetBucketLocation,
            /// Reads a bucket's access control.
            GetBucketAcl,
            /// Replaces a bucket's access control.
            PutBucketAcl,
            /// Reads a configuration of a bucket.
            GetBucketConfiguration,
            /// Lists the configurations of a bucket of which there are several.
            ListBucketConfigurations,
            /// Replaces a configuration of a bucket.
            PutBucketConfiguration,
            /// Asks for a report of what a bucket holds.
            PostBucketInventory,
            /// Deletes a configuration of a bucket.
            DeleteBucketConfiguration,
            /// Deletes many objects at once.
            DeleteObjects,
            /// Uploads an object.
            PutObject,
            /// Uploads an object out of a form.
            PostObject,
            /// Copies an object.
            PutObjectCopy,
            /// Downloads an object or a part of it.
            GetObject,
            /// Tells what an object is.
            HeadObject,
            /// Deletes an object.
            DeleteObject,
            /// Reads an object's access control.
            GetObjectAcl,
            /// Replaces an object's access control.
            PutObjectAcl,
            /// Reads an object's tags.
            GetObjectTagging,
            /// Replaces an object's tags.
            PutObjectTagging,
            /// Removes an object's tags.
            DeleteObjectTagging,
            /// Makes an archived object readable for a while.
            PostObjectRestore,
            /// Reads until when an object cannot be changed.
            GetObjectRetention,
            /// Says until when an object cannot be changed.
            PutObjectRetention,
            /// Appends to an object.
            AppendObject,
            /// Makes a link to an object.
            PutSymlink,
            /// Reads a link.
            GetSymlink,
            /// Begins an upload in parts.
            InitiateMultipartUpload,
            /// Uploads a part.
            UploadPart,
            /// Makes a part out of an object.
            UploadPartCopy,
            /// Lists the parts that were uploaded.
            ListParts,
            /// Lists the uploads in parts that are under way.
            ListMultipartUploads,
            /// Makes an object of parts.
            CompleteMultipartUpload,
            /// Gives an upload in parts up.
            AbortMultipartUpload,
        }
    };
}

macro_rules! operation {
    ($($(#[$doc:meta])* $operation:ident,)*) => {
        /// An operation on the account, a bucket or an object.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Operation {
            $($(#[$doc])* $operation($operation),)*
        }

        impl Request for Operation {
            fn name(&self) -> &'static str {
                match self { $(Self::$operation(operation) => operation.name(),)* }
            }

            fn action(&self) -> &'static str {
                match self { $(Self::$operation(operation) => operation.action(),)* }
            }

            fn encode(&self) -> Parts<'_> {
                match self { $(Self::$operation(operation) => operation.encode(),)* }
            }

            fn need(&self) -> Need {
                match self { $(Self::$operation(operation) => operation.need(),)* }
            }

            fn also_needs(&self) -> Option<Need> {
                match self { $(Self::$operation(operation) => operation.also_needs(),)* }
            }
        }
    };
}

for_each_operation!(operation);

impl Operation {
    /// Takes a request apart.
    ///
    /// # Errors
    /// One [`DecodeError`] for each reason; no input panics.
    pub fn decode(parts: Parts<'_>) -> Result<Self, DecodeError> {
        let (params, headers) = (Params(&parts.params), Headers(&parts.headers));
        unserved::refuse(&parts.method, &parts.resource, params, headers)?;
        let sub = subresource(&parts.resource, params)?;
        let method = parts.method.as_ref();
        let is_upload = matches!((method, sub), ("PUT", "") | ("POST", "uploads"));
        let is_object = matches!(parts.resource, Resource::Object(..));
        retention::refuse_elsewhere(is_upload && is_object, headers)?;
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
            ("GET", "versions") => {
                Self::GetBucketObjectVersions(GetBucketObjectVersions::decode(bucket, params)?)
            }
            ("POST", "") => return Err(DecodeError::NotAForm),
            ("GET", "location") => Self::GetBucketLocation(GetBucketLocation { bucket }),
            _ => match Configuration::from_subresource(sub) {
                Some(which) => configuration::decode(method, which, bucket, params, headers)?,
                None => return Err(not_allowed(method)),
            },
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
            ("HEAD", "") => Self::HeadObject(HeadObject::decode(bucket, key, params, headers)?),
            ("DELETE", "") => {
                let version_id = version_id(params)?;
                Self::DeleteObject(DeleteObject { bucket, key, version_id })
            }
            ("GET", "acl") => {
                let version_id = version_id(params)?;
                Self::GetObjectAcl(GetObjectAcl { bucket, key, version_id })
            }
            ("PUT", "acl") => {
                Self::PutObjectAcl(PutObjectAcl::decode(bucket, key, params, headers)?)
            }
            ("GET", "tagging") => {
                let version_id = version_id(params)?;
                Self::GetObjectTagging(GetObjectTagging { bucket, key, version_id })
            }
            ("PUT", "tagging") => {
                Self::PutObjectTagging(PutObjectTagging::decode(bucket, key, params, headers)?)
            }
            ("DELETE", "tagging") => {
                let version_id = version_id(params)?;
                Self::DeleteObjectTagging(DeleteObjectTagging { bucket, key, version_id })
            }
            ("POST", "restore") => {
                Self::PostObjectRestore(PostObjectRestore::decode(bucket, key, params, headers)?)
            }
            ("GET", "retention") => {
                let version_id = version_id(params)?;
                Self::GetObjectRetention(GetObjectRetention { bucket, key, version_id })
            }
            ("PUT", "retention") => {
                Self::PutObjectRetention(PutObjectRetention::decode(bucket, key, params, headers)?)
            }
            ("POST", "append") => {
                Self::AppendObject(AppendObject::decode(bucket, key, params, headers)?)
            }
            ("PUT", "symlink") => Self::PutSymlink(PutSymlink::decode(bucket, key, headers)?),
            ("GET", "symlink") => {
                let version_id = version_id(params)?;
                Self::GetSymlink(GetSymlink { bucket, key, version_id })
            }
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
}

/// Parameters that name what of a bucket or an object is meant, without being its bytes.
const SUBRESOURCES: [&str; 11] = [
    "acl",
    "append",
    "delete",
    "location",
    "restore",
    "retention",
    "symlink",
    "tagging",
    "uploadId",
    "uploads",
    "versions",
];

/// The one that is named, or `""`. Two of them are a contradiction. Those of a bucket's configurations name nothing of
/// its objects.
fn subresource(resource: &Resource, params: Params<'_, '_>) -> Result<&'static str, DecodeError> {
    let is_bucket = matches!(resource, Resource::Bucket(_));
    let configurations = Configuration::ALL.iter().map(|which| which.subresource());
    // Objects have tags, too.
    let configurations = configurations.filter(|name| is_bucket && !SUBRESOURCES.contains(name));
    let mut named = SUBRESOURCES.into_iter().chain(configurations).filter(|name| params.has(name));
    match (named.next(), named.next()) {
        (Some(first), Some(second)) => Err(invalid(second, &format!("beside {first}"))),
        (named, _) => Ok(named.unwrap_or_default()),
    }
}

fn not_allowed(method: &str) -> DecodeError {
    DecodeError::MethodNotAllowed { method: method.to_owned() }
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
    /// A key of the key management service is named, where there is none.
    UnknownKmsKey,
    /// `Content-MD5` is not 16 bytes of base64.
    InvalidDigest,
    /// `x-cos-copy-source` does not name an object.
    InvalidCopySource,
    /// A POST to a bucket that names nothing else is an upload out of a form, and its body is none: see [`PostObject`].
    NotAForm,
    /// A form lacks a field that it needs.
    MissingField {
        /// Its name.
        name: &'static str,
    },
    /// The key of a form is not UTF-8.
    KeyNotText,
    /// The key of a form is longer than 850 bytes.
    KeyTooLong {
        /// Its length, in bytes.
        length: usize,
    },
    /// `x-cos-tagging` names tags that no object can have.
    InvalidTag(TagError),
    /// The name of some user metadata is none that the service takes (436/13361), or it stands twice.
    MetadataName {
        /// The header, with its prefix.
        name: String,
    },
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
            Self::UnknownKmsKey => f.write_str(
                "there is no key management service here, so none of its keys can be found",
            ),
            Self::InvalidDigest => f.write_str("Content-MD5 is not 16 bytes of base64"),
            Self::InvalidCopySource => {
                f.write_str("x-cos-copy-source is not BUCKET.DOMAIN/KEY, the key percent-encoded")
            }
            Self::NotAForm => f.write_str("the body is not multipart/form-data"),
            Self::MissingField { name } => write!(f, "the form has no field {name}"),
            Self::KeyNotText => f.write_str("the key is not UTF-8"),
            Self::KeyTooLong { length } => {
                write!(f, "the key is {length} bytes long in UTF-8; at most 850 are allowed")
            }
            Self::InvalidTag(error) => write!(f, "{error}"),
            Self::MetadataName { name } => {
                write!(
                    f,
                    "{name} stands twice, or has more behind x-cos-meta- than letters, digits and -"
                )
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
