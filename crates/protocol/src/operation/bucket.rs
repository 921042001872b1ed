//! Operations on the account and on buckets.

use super::acl::AclHeaders;
use super::object::content_md5;
use super::parts::{Headers, Pair, Params, Parts, Resource, pair, parts};
use super::request::Request;
use super::value::ContentMd5;
use super::{CannedAcl, DecodeError};
use super::{Need, Permission};
use crate::Bucket;
use crate::policy::Target;

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

    fn params(&self) -> Vec<Pair<'_>> {
        let mut params = Vec::new();
        params.extend(self.region.as_deref().map(|region| pair("region", region)));
        params.extend(self.marker.as_deref().map(|marker| pair("marker", marker)));
        if self.max_keys != MAX_KEYS {
            params.push(pair("max-keys", self.max_keys.to_string()));
        }
        params
    }
}

impl Request for GetService {
    fn name(&self) -> &'static str {
        "GET Service"
    }

    fn action(&self) -> &'static str {
        "GetService"
    }

    fn encode(&self) -> Parts<'_> {
        parts("GET", Resource::Service, "", self.params(), vec![])
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

    fn headers(&self) -> Vec<Pair<'_>> {
        self.acl.as_ref().map(AclHeaders::encode).unwrap_or_default()
    }
}

impl Request for PutBucket {
    fn name(&self) -> &'static str {
        "PUT Bucket"
    }

    fn action(&self) -> &'static str {
        "PutBucket"
    }

    fn encode(&self) -> Parts<'_> {
        parts("PUT", &self.bucket, "", vec![], self.headers())
    }
}

/// Tells whether a bucket is there (436/7735).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadBucket {
    /// Its name.
    pub bucket: Bucket,
}

impl Request for HeadBucket {
    fn name(&self) -> &'static str {
        "HEAD Bucket"
    }

    fn action(&self) -> &'static str {
        "HeadBucket"
    }

    fn encode(&self) -> Parts<'_> {
        parts("HEAD", &self.bucket, "", vec![], vec![])
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::Bucket(self.bucket.clone())).granted_by(Permission::Read)
    }
}

/// Deletes an empty bucket (436/7732).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteBucket {
    /// Its name.
    pub bucket: Bucket,
}

impl Request for DeleteBucket {
    fn name(&self) -> &'static str {
        "DELETE Bucket"
    }

    fn action(&self) -> &'static str {
        "DeleteBucket"
    }

    fn encode(&self) -> Parts<'_> {
        parts("DELETE", &self.bucket, "", vec![], vec![])
    }
}

/// Reads a bucket's access control (436/7733).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucketAcl {
    /// Its name.
    pub bucket: Bucket,
}

impl Request for GetBucketAcl {
    fn name(&self) -> &'static str {
        "GET Bucket acl"
    }

    fn action(&self) -> &'static str {
        "GetBucketACL"
    }

    fn encode(&self) -> Parts<'_> {
        parts("GET", &self.bucket, "acl", vec![], vec![])
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::Bucket(self.bucket.clone()))
            .granted_by(Permission::ReadAcp)
    }
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

    fn headers(&self) -> Vec<Pair<'_>> {
        let mut out = self.acl.as_ref().map(AclHeaders::encode).unwrap_or_default();
        out.extend(self.md5.map(ContentMd5::header));
        out
    }
}

impl Request for PutBucketAcl {
    fn name(&self) -> &'static str {
        "PUT Bucket acl"
    }

    fn action(&self) -> &'static str {
        "PutBucketACL"
    }

    fn encode(&self) -> Parts<'_> {
        parts("PUT", &self.bucket, "acl", vec![], self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::Bucket(self.bucket.clone()))
            .granted_by(Permission::WriteAcp)
    }
}
