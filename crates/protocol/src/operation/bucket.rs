//! Operations on the account and on buckets.

use super::acl::AclHeaders;
use super::fields::content_md5;
use super::parts::{Headers, Pair, Params, Parts, Resource, number, pair, parts};
use super::request::{Request, called};
use super::tagging::{bucket_tags, tags_header};
use super::value::ContentMd5;
use super::{CannedAcl, DecodeError};
use super::{Need, Permission, invalid};
use crate::policy::Target;
use crate::{Bucket, Tag, TagSet};

/// The most buckets that one answer lists, and the number if the request names none (436/8291).
const MAX_KEYS: u32 = 2000;

/// Lists the account's buckets (436/8291).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetService {
    /// Only buckets of the region of this name.
    pub region: Option<String>,
    /// Only buckets with this tag.
    pub tag: Option<Tag>,
    /// Only buckets that were made before or after a time, Unix seconds.
    pub created: Option<(CreatedRange, i64)>,
    /// Only buckets after this name, in byte order.
    pub marker: Option<String>,
    /// At most so many, 1 to 2000.
    pub max_keys: u32,
}

/// On which side of a time a bucket was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CreatedRange {
    /// `lt`
    Before,
    /// `lte`
    NotAfter,
    /// `gt`
    After,
    /// `gte`
    NotBefore,
}

impl CreatedRange {
    const ALL: [Self; 4] = [Self::Before, Self::NotAfter, Self::After, Self::NotBefore];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Before => "lt",
            Self::NotAfter => "lte",
            Self::After => "gt",
            Self::NotBefore => "gte",
        }
    }

    /// Whether a time lies on that side of another.
    pub const fn has(self, time: i64, of: i64) -> bool {
        match self {
            Self::Before => time < of,
            Self::NotAfter => time <= of,
            Self::After => time > of,
            Self::NotBefore => time >= of,
        }
    }
}

impl Default for GetService {
    fn default() -> Self {
        Self { region: None, tag: None, created: None, marker: None, max_keys: MAX_KEYS }
    }
}

impl GetService {
    pub(super) fn decode(params: Params<'_, '_>) -> Result<Self, DecodeError> {
        let text = |name| Ok(params.text(name)?.map(|text| text.into_owned()));
        Ok(Self {
            region: text("region")?,
            tag: match (text("tagkey")?, text("tagvalue")?) {
                (Some(key), Some(value)) => Some(Tag { key, value }),
                (None, None) => None,
                (Some(key), None) => return Err(invalid("tagkey", &key)),
                (None, Some(value)) => return Err(invalid("tagvalue", &value)),
            },
            created: created(params)?,
            marker: text("marker")?,
            max_keys: params.count("max-keys", MAX_KEYS)?,
        })
    }

    fn params(&self) -> Vec<Pair<'_>> {
        let mut params = Vec::new();
        params.extend(self.region.as_deref().map(|region| pair("region", region)));
        if let Some(tag) = &self.tag {
            params.extend([pair("tagkey", &*tag.key), pair("tagvalue", &*tag.value)]);
        }
        if let Some((range, time)) = self.created {
            params.extend([pair("create-time", time.to_string()), pair("range", range.as_str())]);
        }
        params.extend(self.marker.as_deref().map(|marker| pair("marker", marker)));
        if self.max_keys != MAX_KEYS {
            params.push(pair("max-keys", self.max_keys.to_string()));
        }
        params
    }
}

/// Either parameter says nothing without the other.
fn created(params: Params<'_, '_>) -> Result<Option<(CreatedRange, i64)>, DecodeError> {
    match (params.text("create-time")?, params.text("range")?) {
        (None, None) => Ok(None),
        (Some(time), Some(range)) => {
            let found = CreatedRange::ALL.into_iter().find(|one| one.as_str() == range);
            let found = found.ok_or_else(|| invalid("range", &range))?;
            let seconds = number(&time).and_then(|seconds| i64::try_from(seconds).ok());
            Ok(Some((found, seconds.ok_or_else(|| invalid("create-time", &time))?)))
        }
        (Some(time), None) => Err(invalid("create-time", &time)),
        (None, Some(range)) => Err(invalid("range", &range)),
    }
}

impl Request for GetService {
    called!("GET Service", "GetService");

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
    /// Its tags.
    pub tags: TagSet,
}

impl PutBucket {
    pub(super) fn decode(bucket: Bucket, headers: Headers<'_, '_>) -> Result<Self, DecodeError> {
        let acl = AclHeaders::decode(&headers, CannedAcl::is_for_bucket)?;
        Ok(Self { bucket, acl, tags: bucket_tags(headers)? })
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        let mut out = self.acl.as_ref().map(AclHeaders::encode).unwrap_or_default();
        out.extend(tags_header(&self.tags));
        out
    }
}

impl Request for PutBucket {
    called!("PUT Bucket", "PutBucket");

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
    called!("HEAD Bucket", "HeadBucket");

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
    called!("DELETE Bucket", "DeleteBucket");

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
    called!("GET Bucket acl", "GetBucketACL");

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
    called!("PUT Bucket acl", "PutBucketACL");

    fn encode(&self) -> Parts<'_> {
        parts("PUT", &self.bucket, "acl", vec![], self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::Bucket(self.bucket.clone()))
            .granted_by(Permission::WriteAcp)
    }
}
