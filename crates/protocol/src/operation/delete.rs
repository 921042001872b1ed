//! Deleting many objects at once.

use super::DecodeError;
use super::object::content_md5;
use super::parts::{Headers, Pair, Parts, parts};
use super::request::Request;
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
    fn name(&self) -> &'static str {
        "DELETE Multiple Objects"
    }

    fn action(&self) -> &'static str {
        "DeleteMultipleObjects"
    }

    fn encode(&self) -> Parts<'_> {
        parts("POST", &self.bucket, "delete", vec![], self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::Bucket(self.bucket.clone())).granted_by(Permission::Write)
    }
}
