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

const OF_BUCKET: &[&str] = &["notification", "publicAccessBlock", "response-control"];

const OF_OBJECT: &[&str] = &[
    "ci-process",
    "ci-processing",
    "imageInfo",
    "legal-hold",
    "object-lock",
    "partNumber",
    "policy",
    "select",
    "torrent",
];

/// Image processing writes its whole instruction as a parameter's name.
const PROCESSING: &[&str] = &["imageMogr2", "imageView2", "watermark"];

const HEADERS: &[&str] = &[
    "pic-operations",
    "x-cos-callback",
    "x-cos-server-side-encryption-context",
    "x-cos-server-side-encryption-cos-kms-key-id",
    "x-cos-website-redirect-location",
];

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
    for prefix in HEADERS {
        if let Some((name, _)) = headers.with_prefix(prefix).next() {
            return Err(DecodeError::Unserved(Unserved::Header(name)));
        }
    }
    if !matches!((resource, method), (Resource::Object(..), "PUT"))
        && let Some((name, _)) = headers.with_prefix("x-cos-copy-source").next()
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
