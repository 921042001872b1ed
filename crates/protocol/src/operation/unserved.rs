//! Operations and options of the service that are not served here, by the name that gives them away.
//!
//! A request that bears one of these names is refused: without it, it would be another operation (`PUT` with `uploadId`
//! is not an upload of the object), or would do less than was asked (encryption, tags).

use std::fmt;

use super::DecodeError;
use super::parts::{Headers, Params, Resource};

/// An operation or option of the service that is not served here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unserved {
    /// A query parameter names it.
    Parameter(String),
    /// A header names it.
    Header(String),
}

impl fmt::Display for Unserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter(name) => write!(f, "the parameter {name} is not served here"),
            Self::Header(name) => write!(f, "the header {name} is not served here"),
        }
    }
}

/// What official SDKs name of a bucket beside its configurations. Without its name, `DELETE /?style` would delete the bucket.
const OF_BUCKET: &[&str] = &[
    "ci-process",
    "decompression",
    "guetzli",
    "hotlink",
    "image-slim",
    "live",
    "notification",
    "origin-protect",
    "publicAccessBlock",
    "response-control",
    "style",
    "unbind",
];

/// What official SDKs name of an object, and what S3 does. `live` and `vod` are live channels, `rename` and `recursive` are for
/// buckets that are file systems, `preflight` asks whether an upload would be allowed.
const OF_OBJECT: &[&str] = &[
    "TDCRefresh",
    "ci-process",
    "ci-processing",
    "decompression",
    "imageInfo",
    "legal-hold",
    "live",
    "object-lock",
    "partNumber",
    "policy",
    "preflight",
    "recursive",
    "rename",
    "select",
    "torrent",
    "vod",
];

/// Image processing writes its whole instruction as a parameter's name.
const PROCESSING: &[&str] = &["imageMogr2", "imageView2", "watermark"];

const HEADERS: &[&str] = &[
    "pic-operations",
    "x-cos-callback",
    "x-cos-server-side-encryption-context",
    "x-cos-website-redirect-location",
];

/// Names a key of the key management service, which has none here.
const KMS_KEY: &str = "x-cos-server-side-encryption-cos-kms-key-id";

/// How the headers begin that bring along the key of a copy's source.
const KEY_OF_SOURCE: &str = "x-cos-copy-source-server-side-encryption-customer-";

pub(super) fn refuse(
    method: &str,
    resource: &Resource,
    params: Params<'_, '_>,
    headers: Headers<'_, '_>,
) -> Result<(), DecodeError> {
    let names = match resource {
        Resource::Service => &[],
        Resource::Bucket(_) => OF_BUCKET,
        Resource::Object(..) => OF_OBJECT,
    };
    // A part is one of an upload; without it, part of an object is meant, which the service does not know.
    let is_meant =
        |name: &str| params.has(name) && !(name == "partNumber" && params.has("uploadId"));
    if let Some(name) = names.iter().find(|name| is_meant(name)) {
        return Err(DecodeError::Unserved(Unserved::Parameter((*name).to_owned())));
    }
    if let (Resource::Object(..), Some(name)) = (resource, processing(params)) {
        return Err(DecodeError::Unserved(Unserved::Parameter(name.to_owned())));
    }
    if headers.text(KMS_KEY)?.is_some_and(|id| !id.is_empty()) {
        return Err(DecodeError::UnknownKmsKey);
    }
    for prefix in HEADERS {
        if let Some((name, _)) = headers.with_prefix(prefix).next() {
            return Err(DecodeError::Unserved(Unserved::Header(name)));
        }
    }
    // cos-python-sdk-v5 begins a copy in parts with the key of its source, which counts for the parts.
    let begins = params.has("uploads");
    let is_meant = |name: &str| !begins || !name.starts_with(KEY_OF_SOURCE);
    if !matches!((resource, method), (Resource::Object(..), "PUT"))
        && let Some((name, _)) =
            headers.with_prefix("x-cos-copy-source").find(|(name, _)| is_meant(name))
    {
        return Err(DecodeError::Unserved(Unserved::Header(name)));
    }
    Ok(())
}

fn processing(params: Params<'_, '_>) -> Option<&'static str> {
    let begins =
        |prefix: &str| params.0.iter().any(|(name, _)| name.starts_with(prefix.as_bytes()));
    PROCESSING.iter().copied().find(|prefix| begins(prefix))
}
