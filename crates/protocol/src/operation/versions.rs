//! Versions of objects: naming one, and listing them.

use super::list::{count, encoding, texts};
use super::parts::{Pair, Params, Parts, pair, parts};
use super::request::{Request, called};
use super::{DecodeError, Need, Permission};
use crate::Bucket;
use crate::policy::Target;

/// The most versions and common prefixes that one answer lists, and the number if the request names none (436/35521).
const MAX_KEYS: u32 = 1000;

const VERSION_ID: &str = "versionId";

/// The version that a request is for; an empty one is none.
pub(super) fn version_id(params: Params<'_, '_>) -> Result<Option<String>, DecodeError> {
    Ok(Some(params.owned(VERSION_ID)?).filter(|id| !id.is_empty()))
}

/// The inverse of [`version_id`].
pub(super) fn version_param(id: Option<&String>) -> Vec<Pair<'_>> {
    id.map(|id| pair(VERSION_ID, id.as_str())).into_iter().collect()
}

/// Lists the versions of the objects of a bucket (436/35521).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucketObjectVersions {
    /// The bucket.
    pub bucket: Bucket,
    /// Only keys that begin so.
    pub prefix: String,
    /// Keys that are alike up to this text, beyond the prefix, count as one; none if empty.
    pub delimiter: String,
    /// Only keys after this one, in byte order.
    pub key_marker: String,
    /// Also versions of that key after this one; without a key it says nothing.
    pub version_id_marker: String,
    /// At most so many versions, delete markers and common prefixes, 1 to 1000.
    pub max_keys: u32,
    /// Whether the answer's keys are to be percent-encoded.
    pub url_encoded: bool,
}

impl GetBucketObjectVersions {
    pub(super) fn decode(bucket: Bucket, params: Params<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self {
            bucket,
            prefix: params.owned("prefix")?,
            delimiter: params.owned("delimiter")?,
            key_marker: params.owned("key-marker")?,
            version_id_marker: params.owned("version-id-marker")?,
            max_keys: params.count("max-keys", MAX_KEYS)?,
            url_encoded: params.url_encoding()?,
        })
    }

    fn params(&self) -> Vec<Pair<'_>> {
        let mut params = texts([
            ("prefix", &self.prefix),
            ("delimiter", &self.delimiter),
            ("key-marker", &self.key_marker),
            ("version-id-marker", &self.version_id_marker),
        ]);
        params.extend(count("max-keys", self.max_keys, MAX_KEYS));
        params.extend(encoding(self.url_encoded));
        params
    }
}

impl Request for GetBucketObjectVersions {
    called!("GET Bucket Object versions", "GetBucketObjectVersions");

    fn encode(&self) -> Parts<'_> {
        parts("GET", &self.bucket, "versions", self.params(), vec![])
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::prefix(&self.bucket, &self.prefix))
            .granted_by(Permission::Read)
    }
}
