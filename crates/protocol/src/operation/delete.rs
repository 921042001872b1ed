//! Deleting many objects at once.

use super::DecodeError;
use super::object::content_md5;
use super::parts::{Headers, Pair};
use super::value::ContentMd5;
use crate::Bucket;

/// Deletes the objects that the body names (436/8289).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteObjects {
    /// The bucket.
    pub bucket: Bucket,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
}

impl DeleteObjects {
    pub(super) fn decode(bucket: Bucket, headers: Headers<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self { bucket, md5: content_md5(headers)? })
    }

    pub(super) fn headers(&self) -> Vec<Pair<'_>> {
        self.md5.map(ContentMd5::header).into_iter().collect()
    }
}
