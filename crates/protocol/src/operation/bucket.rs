//! Operations on the account and on buckets.

use super::acl::AclHeaders;
use super::object::content_md5;
use super::parts::{Headers, Pair, Params, pair};
use super::value::ContentMd5;
use super::{CannedAcl, DecodeError};
use crate::Bucket;

/// The most buckets that one answer lists, and the number if the request names none (436/8291).
const MAX_KEYS: u32 = 2000;

/// Lists the account's buckets (436/8291).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetService {
    /// Only buckets of the region of this name.
    pub region: Option<String>,
    /// Only buckets after this name, in byte order.
    pub marker: Option<String>,
    /// At most so many, 1 to 2000.
    pub max_keys: u32,
}

impl Default for GetService {
    fn default() -> Self {
        Self { region: None, marker: None, max_keys: MAX_KEYS }
    }
}

impl GetService {
    pub(super) fn decode(params: Params<'_, '_>) -> Result<Self, DecodeError> {
        let text = |name| Ok(params.text(name)?.map(|text| text.into_owned()));
        Ok(Self {
            region: text("region")?,
            marker: text("marker")?,
            max_keys: params.count("max-keys", MAX_KEYS)?,
        })
    }

    pub(super) fn params(&self) -> Vec<Pair<'_>> {
        let mut params = Vec::new();
        params.extend(self.region.as_deref().map(|region| pair("region", region)));
        params.extend(self.marker.as_deref().map(|marker| pair("marker", marker)));
        if self.max_keys != MAX_KEYS {
            params.push(pair("max-keys", self.max_keys.to_string()));
        }
        params
    }
}

/// Makes a bucket (436/7738).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutBucket {
    /// Its name.
    pub bucket: Bucket,
    /// Its access control; private if absent.
    pub acl: Option<AclHeaders>,
}

impl PutBucket {
    pub(super) fn decode(bucket: Bucket, headers: Headers<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self { bucket, acl: AclHeaders::decode(&headers, CannedAcl::is_for_bucket)? })
    }

    pub(super) fn headers(&self) -> Vec<Pair<'_>> {
        self.acl.as_ref().map(AclHeaders::encode).unwrap_or_default()
    }
}

/// Tells whether a bucket is there (436/7735).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadBucket {
    /// Its name.
    pub bucket: Bucket,
}

/// Deletes an empty bucket (436/7732).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteBucket {
    /// Its name.
    pub bucket: Bucket,
}

/// Reads a bucket's access control (436/7733).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucketAcl {
    /// Its name.
    pub bucket: Bucket,
}

/// Replaces a bucket's access control (436/7737).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutBucketAcl {
    /// Its name.
    pub bucket: Bucket,
    /// The new access control; in the body if absent.
    pub acl: Option<AclHeaders>,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
}

impl PutBucketAcl {
    pub(super) fn decode(bucket: Bucket, headers: Headers<'_, '_>) -> Result<Self, DecodeError> {
        let acl = AclHeaders::decode(&headers, CannedAcl::is_for_bucket)?;
        Ok(Self { bucket, acl, md5: content_md5(headers)? })
    }

    pub(super) fn headers(&self) -> Vec<Pair<'_>> {
        let mut out = self.acl.as_ref().map(AclHeaders::encode).unwrap_or_default();
        out.extend(self.md5.map(ContentMd5::header));
        out
    }
}
