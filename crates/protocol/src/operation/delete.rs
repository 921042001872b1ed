//! Deleting many objects at once.

use super::DecodeError;
use super::fields::content_md5;
use super::parts::{Headers, Pair, Parts, parts};
use super::request::{Request, called};
use super::value::ContentMd5;
use super::{Need, Permission};
use crate::Bucket;
use crate::policy::Target;

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

    fn headers(&self) -> Vec<Pair<'_>> {
        self.md5.map(ContentMd5::header).into_iter().collect()
    }
}

impl Request for DeleteObjects {
    called!("DELETE Multiple Objects", "DeleteMultipleObjects");

    fn encode(&self) -> Parts<'_> {
        parts("POST", &self.bucket, "delete", vec![], self.headers())
    }

    /// What a signed request needs is decided key by key (436/8289).
    fn need(&self) -> Need {
        Need::new(self.action(), Target::Bucket(self.bucket.clone()))
            .granted_by(Permission::Write)
            .of_unsigned()
    }
}
