//! What a permit was given on, so that nothing else is done than what was judged.
//!
//! Between the judgement and the deed another request may replace the object, its access control, that of its bucket, the
//! bucket's policy, or what a symbolic link leads to. Whoever acts on an object that was judged by what is kept of it reads
//! it, and then asks here.

use std::sync::Arc;

use cospass_protocol::operation::CannedAcl;
use cospass_protocol::policy::Policy;
use cospass_protocol::{Bucket, ObjectKey};

use crate::refusal::{Cause, Refusal};
use crate::store::{AclRecord, BucketRecord, ObjectRecord, Store};

/// What a permit was given on; nothing of it may have changed. Empty if the one who asks may do it whatever it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Option<Arc<Judged>>);

#[derive(Debug)]
struct Judged {
    acl: AclRecord,
    /// What the object leads to, if it is a symbolic link.
    link: Option<ObjectKey>,
    bucket: Option<Rules>,
}

/// What a bucket says of who may do what.
#[derive(Debug)]
struct Rules {
    bucket: Bucket,
    acl: AclRecord,
    policy: Option<Policy>,
}

impl Seen {
    /// An object, or what the object leads to, and the bucket that it is in.
    pub(super) fn new(
        acl: AclRecord,
        link: Option<ObjectKey>,
        bucket: Option<(&Bucket, &BucketRecord)>,
    ) -> Self {
        let bucket = bucket.map(|(bucket, record)| Rules {
            bucket: bucket.clone(),
            acl: record.acl.clone(),
            policy: record.policy().cloned(),
        });
        Self(Some(Arc::new(Judged { acl, link, bucket })))
    }

    /// Refuses an object with another access control than the one that was judged. It is asked after the object was read:
    /// what was uploaded after its bucket was closed is not read by who was let in before.
    pub(crate) fn check(&self, store: &Store, object: &ObjectRecord) -> Result<(), Refusal> {
        let Some(judged) = &self.0 else { return Ok(()) };
        let rules_hold = judged.bucket.as_ref().is_none_or(|rules| {
            let goes_by_bucket = judged.acl.as_canned() == Some(CannedAcl::Default);
            store.bucket(&rules.bucket).is_some_and(|record| {
                (!goes_by_bucket || record.acl == rules.acl)
                    && record.policy() == rules.policy.as_ref()
            })
        });
        match judged.acl == object.acl && rules_hold {
            true => Ok(()),
            false => Err(Cause::Denied.into()),
        }
    }

    /// Refuses to follow a link to another object than the one that was judged, or a link where none was.
    pub(crate) fn check_link(&self, target: Option<&ObjectKey>) -> Result<(), Refusal> {
        match &self.0 {
            Some(judged) if judged.link.as_ref() != target => Err(Cause::Denied.into()),
            _ => Ok(()),
        }
    }
}
