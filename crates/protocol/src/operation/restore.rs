//! Restoring an archived object.

use super::fields::content_md5;
use super::parts::{Headers, Pair, Params, Parts, parts};
use super::request::{Request, called};
use super::value::ContentMd5;
use super::versions::{version_id, version_param};
use super::{DecodeError, Need};
use crate::policy::Target;
use crate::{Bucket, ObjectKey};

/// Makes an archived object readable for some days, which the body tells (436/12633).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostObjectRestore {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
}

impl PostObjectRestore {
    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(Self { bucket, key, version_id: version_id(params)?, md5: content_md5(headers)? })
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        self.md5.map(ContentMd5::header).into_iter().collect()
    }
}

impl Request for PostObjectRestore {
    called!("POST Object restore", "PostObjectRestore");

    fn encode(&self) -> Parts<'_> {
        let version = version_param(self.version_id.as_ref());
        parts("POST", (&self.bucket, &self.key), "restore", version, self.headers())
    }

    /// The documentation names one action (598/31923), the Node SDK another.
    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key)).or("RestoreObject")
    }
}
