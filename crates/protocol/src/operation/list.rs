//! Operations that tell what a bucket holds and where it is.

use super::DecodeError;
use super::parts::{Pair, Params, Parts, pair, parts};
use super::request::{Request, called};
use super::{Need, Permission};
use crate::Bucket;
use crate::policy::Target;

/// The most keys and common prefixes that one answer lists, and the number if the request names none (436/7734).
const MAX_KEYS: u32 = 1000;

/// Lists the objects of a bucket (436/7734).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucket {
    /// The bucket.
    pub bucket: Bucket,
    /// Only keys that begin so.
    pub prefix: String,
    /// Keys that are alike up to this text, beyond the prefix, count as one; none if empty.
    pub delimiter: String,
    /// Only keys after this one, in byte order.
    pub marker: String,
    /// At most so many keys and common prefixes, 1 to 1000.
    pub max_keys: u32,
    /// Whether the answer's keys are to be percent-encoded.
    pub url_encoded: bool,
}

impl GetBucket {
    /// The first page of everything.
    pub fn new(bucket: Bucket) -> Self {
        Self {
            bucket,
            prefix: String::new(),
            delimiter: String::new(),
            marker: String::new(),
            max_keys: MAX_KEYS,
            url_encoded: false,
        }
    }

    pub(super) fn decode(bucket: Bucket, params: Params<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self {
            bucket,
            prefix: params.owned("prefix")?,
            delimiter: params.owned("delimiter")?,
            marker: params.owned("marker")?,
            max_keys: params.count("max-keys", MAX_KEYS)?,
            url_encoded: params.url_encoding()?,
        })
    }

    fn params(&self) -> Vec<Pair<'_>> {
        let mut params = texts([
            ("prefix", &self.prefix),
            ("delimiter", &self.delimiter),
            ("marker", &self.marker),
        ]);
        params.extend(count("max-keys", self.max_keys, MAX_KEYS));
        params.extend(encoding(self.url_encoded));
        params
    }
}

impl Request for GetBucket {
    called!("GET Bucket", "GetBucket");

    fn encode(&self) -> Parts<'_> {
        parts("GET", &self.bucket, "", self.params(), vec![])
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::prefix(&self.bucket, &self.prefix))
            .granted_by(Permission::Read)
    }
}

/// Tells the region of a bucket (436/8275).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBucketLocation {
    /// The bucket.
    pub bucket: Bucket,
}

impl Request for GetBucketLocation {
    called!("GET Bucket location", "GetBucketLocation");

    fn encode(&self) -> Parts<'_> {
        parts("GET", &self.bucket, "location", vec![], vec![])
    }
}

/// The texts that are not empty.
pub(super) fn texts<'a, const N: usize>(pairs: [(&'static str, &'a str); N]) -> Vec<Pair<'a>> {
    let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| pair(name, value)).collect()
}

/// A number that is not the one that stands for itself.
pub(super) fn count(name: &'static str, number: u32, default: u32) -> Option<Pair<'static>> {
    (number != default).then(|| pair(name, number.to_string()))
}

pub(super) fn encoding(url_encoded: bool) -> Option<Pair<'static>> {
    url_encoded.then(|| pair("encoding-type", "url"))
}
