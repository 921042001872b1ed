//! The fourth stage: whether the one who asks may. A [`Principal`] and an operation become a [`Permit`].
//!
//! What an operation needs stands in its own definition ([`Request::need`]); what decides is
//! [`judge`](cospass_protocol::policy::judge). Here the facts are gathered: the bucket's policy, and the grants of the
//! bucket, or those of the object where it has its own (436/30752).

mod unsigned;

use cospass_protocol::operation::{
    self, CannedAcl, DecodeError, DeleteObject, Grant, Need, Operation, Permission, Request,
};
use cospass_protocol::policy::{Ask, Circumstances, Rules, Target, judge};
use cospass_protocol::{Bucket, ObjectKey, for_each_operation};

use crate::authenticate::Principal;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::store::BucketRecord;

/// The permission to do one operation, and the operation. Nothing but [`authorize`] makes one, and whatever acts on a
/// request, or reads its body, asks for one.
pub(crate) struct Permit<Op> {
    operation: Op,
}

impl<Op> Permit<Op> {
    pub(crate) fn operation(&self) -> &Op {
        &self.operation
    }

    pub(crate) fn into_operation(self) -> Op {
        self.operation
    }
}

macro_rules! permitted {
    ($($(#[$doc:meta])* $operation:ident,)*) => {
        /// A permit for each operation.
        pub(crate) enum Permitted {
            $($operation(Permit<operation::$operation>),)*
        }

        /// Only [`authorize`] may call it, when everything was decided.
        fn permit(operation: Operation) -> Result<Permitted, Refusal> {
            match operation {
                $(Operation::$operation(operation) => {
                    Ok(Permitted::$operation(Permit { operation }))
                })*
                // `Operation` may grow; then so does this.
                _ => Err(Cause::Unserved.into()),
            }
        }
    };
}

for_each_operation!(permitted);

/// Who asks, in which circumstances, and the bucket that is asked for as it was when the request came.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) principal: &'a Principal<'a>,
    pub(crate) circumstances: Circumstances<'a>,
    /// `None` if the request is for none, or for one that is not there yet.
    pub(crate) bucket: Option<(&'a Bucket, &'a BucketRecord)>,
}

/// Decides. All buckets belong to the one account, which may do everything that the bucket's policy does not deny it by
/// name; everybody else may do what policies and grants allow.
///
/// What is asked is judged after who asks, so that a stranger learns nothing of what is served here.
pub(crate) async fn authorize(
    asker: &Asker<'_>,
    operation: Result<Operation, DecodeError>,
) -> Result<Permitted, Refusal> {
    let operation = match operation {
        Ok(operation) => operation,
        Err(_) if asker.is_stranger() => return Err(Cause::Anonymous.into()),
        Err(error) => return Err(error.into()),
    };
    if !asker.is_unlimited() {
        asker.check(&operation.need()).await?;
    }
    if let Some(need) = operation.also_needs() {
        asker.check(&need).await?;
    }
    if let Operation::GetObject(get) = &operation
        && get.overrides.iter().any(|(param, ..)| !asker.principal.signed_param(param))
    {
        return Err(Cause::UnsignedOverride.into());
    }
    unsigned::warn(asker);
    permit(operation)
}

/// Whether one object of a list may be deleted: the permit to delete what a list names says nothing of its objects
/// (436/8289). The bucket's grants decide of it, not the object's.
pub(crate) fn may_delete(asker: &Asker<'_>, bucket: &Bucket, key: &ObjectKey) -> bool {
    let delete = || DeleteObject { bucket: bucket.clone(), key: key.clone() };
    asker.is_unlimited()
        || asker.is_allowed(&delete().need(), asker.record(), &asker.grants(asker.record()))
}

impl Asker<'_> {
    fn record(&self) -> Option<&'_ BucketRecord> {
        self.bucket.map(|(_, record)| record)
    }

    /// Whether nobody signed, and nobody without a signature may have anything of what is asked for.
    fn is_stranger(&self) -> bool {
        let is_open = |bucket: &BucketRecord| {
            let grants = self.grants(Some(bucket));
            bucket.policy().is_some() || grants.iter().any(|grant| grant.grantee.is_everyone())
        };
        self.principal.is_anonymous() && !self.record().is_some_and(is_open)
    }

    /// Whether the owner of the bucket asks, with nothing that could stand against it.
    fn is_unlimited(&self) -> bool {
        let caller = self.principal.caller();
        let is_owner = caller.identity.is_some_and(|identity| *identity == self.endpoint.owner);
        let has_policy = self.record().is_some_and(|record| record.policy().is_some());
        is_owner && caller.session.is_none() && !has_policy
    }

    async fn check(&self, need: &Need) -> Result<(), Refusal> {
        if need.is_of_unsigned && !self.principal.is_anonymous() {
            return Ok(());
        }
        let elsewhere;
        let record = match (need.target.bucket(), self.bucket) {
            (Some(bucket), Some((asked, record))) if bucket == asked => Some(record),
            (Some(bucket), _) => {
                elsewhere = self.endpoint.store.bucket(bucket);
                elsewhere.as_ref()
            }
            (None, _) => None,
        };
        let is_allowed = match own_grants_count(need) {
            // Those of an object are read only if nothing else allows it.
            Some((bucket, key)) => {
                self.is_allowed(need, record, &[])
                    || self.is_allowed(
                        need,
                        record,
                        &self.object_grants(bucket, key, record).await?,
                    )
            }
            None => self.is_allowed(need, record, &self.grants(record)),
        };
        match is_allowed {
            true => Ok(()),
            false if self.principal.is_anonymous() => Err(Cause::Anonymous.into()),
            false => Err(Cause::Denied.into()),
        }
    }

    fn is_allowed(&self, need: &Need, record: Option<&BucketRecord>, grants: &[Grant]) -> bool {
        let Endpoint { owner, region, .. } = self.endpoint;
        let circumstances = &self.circumstances;
        let ask = Ask { need, region: region.name(), circumstances };
        let policy = record.and_then(BucketRecord::policy);
        let rules = Rules { owner_uin: owner.owner_uin(), policy, grants };
        let caller = self.principal.caller();
        let decision = judge(&caller, &ask, &rules);
        tracing::debug!(action = need.actions.first(), %decision);
        decision.is_allowed()
    }

    /// The grants of a bucket.
    fn grants(&self, record: Option<&BucketRecord>) -> Vec<Grant> {
        let owner_uin = self.endpoint.owner.owner_uin();
        record.map(|record| record.acl.to_grants(owner_uin)).unwrap_or_default()
    }

    /// The grants of an object; those of its bucket if it has none of its own, or is not there: then a stranger learns
    /// so only where it may read.
    async fn object_grants(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        record: Option<&BucketRecord>,
    ) -> Result<Vec<Grant>, Refusal> {
        let (bucket, key) = (bucket.clone(), key.clone());
        let found = self.endpoint.store.blocking(move |store| store.find_object(&bucket, &key));
        Ok(match found.await? {
            Some(object) if object.acl.as_canned() != Some(CannedAcl::Default) => {
                object.acl.to_grants(self.endpoint.owner.owner_uin())
            }
            _ => self.grants(record),
        })
    }
}

/// The object whose own grants decide instead of its bucket's: reading it, and its list of grants. Who may write one is for
/// the bucket to say (436/30752).
fn own_grants_count(need: &Need) -> Option<(&Bucket, &ObjectKey)> {
    match (&need.target, need.granted_by) {
        (Target::Object(bucket, key), Some(permission)) if permission != Permission::Write => {
            Some((bucket, key))
        }
        _ => None,
    }
}
