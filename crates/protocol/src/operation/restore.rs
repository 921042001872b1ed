//! Restoring an archived object.

use super::DecodeError;
use super::object::content_md5;
use super::parts::{Headers, Pair, Parts, parts};
use super::request::Request;
use super::value::ContentMd5;
use crate::{Bucket, ObjectKey};

/// Makes an archived object readable for some days, which the body tells (436/12633).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostObjectRestore {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
}

impl PostObjectRestore {
    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(Self { bucket, key, md5: content_md5(headers)? })
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        self.md5.map(ContentMd5::header).into_iter().collect()
    }
}

impl Request for PostObjectRestore {
    fn name(&self) -> &'static str {
        "POST Object restore"
    }

    fn action(&self) -> &'static str {
        "PostObjectRestore"
    }

    fn encode(&self) -> Parts<'_> {
        parts("POST", (&self.bucket, &self.key), "restore", vec![], self.headers())
    }
}
