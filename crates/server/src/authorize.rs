//! The fourth stage: whether the one who asks may. A [`Principal`] and an operation become a [`Permit`].
//!
//! What an operation needs stands in its own definition ([`Request::need`]); what decides is
//! [`judge`](cospass_protocol::policy::judge). Here the facts are gathered: the bucket's policy, and the grants of the
//! bucket, or those of the object where it has its own (436/30752).

mod denied;
mod keys;
mod seen;
mod unsigned;

pub(crate) use denied::Denied;
pub(crate) use keys::{CallAsker, PermittedCall, authorize_call};
pub(crate) use seen::Seen;
pub(crate) use unsigned::left_out;

use cospass_protocol::operation::{
    self, CannedAcl, DecodeError, DeleteObject, Grant, Need, Operation, Permission, Request,
};
use cospass_protocol::policy::{Ask, Circumstances, Rules, Target, judge};
use cospass_protocol::{Bucket, ObjectKey, for_each_operation};

use crate::accounts::Account;
use crate::authenticate::Principal;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::store::{AclRecord, BucketId, BucketRecord, ObjectRecord, Store, StoreError};

/// The permission to do one operation, and the operation. Nothing but [`authorize`] makes one, and whatever acts on a
/// request, or reads its body, asks for one.
pub(crate) struct Permit<Op> {
    operation: Op,
    seen: Seen,
    /// Of those that have the name of the bucket one after the other, the one that was judged. `None` if there was none.
    bucket: Option<BucketId>,
}

impl<Op: Request> Permit<Op> {
    /// The store, to write to the bucket that was judged. It may be deleted before a body has ended, and another one have its
    /// name: that one is not written to.
    pub(crate) fn store(&self, endpoint: &Endpoint) -> Store {
        match self.operation.need().target.bucket() {
            Some(bucket) => endpoint.store.within(bucket, self.bucket),
            None => endpoint.store.clone(),
        }
    }
}

impl<Op> Permit<Op> {
    pub(crate) fn operation(&self) -> &Op {
        &self.operation
    }

    pub(crate) fn into_operation(self) -> Op {
        self.operation
    }

    /// A permit for a test of what needs one.
    #[cfg(test)]
    pub(crate) fn for_test(operation: Op) -> Self {
        Self { operation, seen: Seen::default(), bucket: None }
    }

    /// What the permit was given on.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.clone()
    }
}

macro_rules! permitted {
    ($($(#[$doc:meta])* $operation:ident,)*) => {
        /// A permit for each operation.
        pub(crate) enum Permitted {
            $($operation(Permit<operation::$operation>),)*
        }

        /// Only [`authorize`] may call it, when everything was decided.
        fn permit(
            operation: Operation,
            seen: Seen,
            bucket: Option<BucketId>,
        ) -> Result<Permitted, Refusal> {
            match operation {
                $(Operation::$operation(operation) => {
                    Ok(Permitted::$operation(Permit { operation, seen, bucket }))
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
    /// The name of the region that the bucket is in, or is to be made in.
    pub(crate) region: &'a str,
    /// `None` if the request is for none, or for one that is not there yet.
    pub(crate) bucket: Option<(&'a Bucket, &'a BucketRecord)>,
}

/// Decides. An account may do everything with its buckets that their policies do not deny it by name; everybody else may do
/// what policies and grants allow.
///
/// What is asked is judged after who asks, so that a stranger learns nothing of what is served here.
pub(crate) fn authorize(
    asker: &Asker<'_>,
    operation: Result<Operation, DecodeError>,
) -> Result<Permitted, Refusal> {
    let operation = match operation {
        Ok(operation) => operation,
        Err(_) if asker.is_stranger() => return Err(Cause::Anonymous.into()),
        Err(error) => return Err(error.into()),
    };
    let is_download = matches!(operation, Operation::GetObject(_) | Operation::HeadObject(_));
    if asker.principal.may_download_alone() && !is_download {
        return Err(Cause::OutOfV4.into());
    }
    let need = operation.need();
    let mut seen = match asker.is_unlimited(need.target.bucket(), asker.record()) {
        true => Seen::default(),
        false => asker.check(&need)?,
    };
    // What is read is the source of a copy; what is written to has no access control that counts.
    if let Some(need) = operation.also_needs() {
        seen = asker.check(&need)?;
    }
    // That they stand beside a signature is enough: the SDKs' documents append them to a URL (436/57420).
    if let Operation::GetObject(get) = &operation
        && asker.principal.is_anonymous()
        && get.overrides.iter().next().is_some()
    {
        return Err(Cause::UnsignedOverride.into());
    }
    unsigned::warn(asker);
    permit(operation, seen, asker.record().map(|record| record.id))
}

/// Whether one object of a list may be deleted: the permit to delete what a list names says nothing of its objects
/// (436/8289). The bucket's grants decide of it, not the object's.
pub(crate) fn may_delete(asker: &Asker<'_>, bucket: &Bucket, key: &ObjectKey) -> bool {
    let delete = || DeleteObject { bucket: bucket.clone(), key: key.clone(), version_id: None };
    let record = asker.record();
    asker.is_unlimited(Some(bucket), record)
        || asker.judge(&delete().need(), record, &asker.grants(Some(bucket), record)).is_ok()
}

impl Asker<'_> {
    fn record(&self) -> Option<&BucketRecord> {
        self.bucket.map(|(_, record)| record)
    }

    /// Whether nobody signed, and nobody without a signature may have anything of what is asked for.
    fn is_stranger(&self) -> bool {
        let is_open = |(name, bucket): (&Bucket, &BucketRecord)| {
            let grants = self.grants(Some(name), Some(bucket));
            bucket.policy().is_some() || grants.iter().any(|grant| grant.grantee.is_everyone())
        };
        self.principal.is_anonymous() && !self.bucket.is_some_and(is_open)
    }

    /// Whether the owner of a bucket asks, with nothing that could stand against it.
    fn is_unlimited(&self, bucket: Option<&Bucket>, record: Option<&BucketRecord>) -> bool {
        let caller = self.principal.caller();
        let owner = &self.owner(bucket).identity;
        let is_owner = caller.identity.is_some_and(|identity| identity == owner);
        let has_policy = record.is_some_and(|record| record.policy().is_some());
        is_owner && caller.session.is_none() && !has_policy
    }

    /// Whose a bucket is; what is of no bucket is of the account that asks.
    fn owner(&self, bucket: Option<&Bucket>) -> &Account {
        let accounts = &self.endpoint.accounts;
        match bucket {
            Some(bucket) => accounts.of_bucket(bucket),
            None => accounts.of_caller(self.principal.caller().identity),
        }
    }

    fn check(&self, need: &Need) -> Result<Seen, Refusal> {
        let elsewhere;
        let record = match (need.target.bucket(), self.bucket) {
            (Some(bucket), Some((asked, record))) if bucket == asked => Some(record),
            (Some(bucket), _) => {
                elsewhere = self.endpoint.store.bucket(bucket);
                elsewhere.as_deref()
            }
            (None, _) => None,
        };
        let is_needed = !need.is_of_unsigned || self.principal.is_anonymous();
        let bucket = need.target.bucket();
        if !is_needed || self.is_unlimited(bucket, record) {
            return Ok(Seen::default());
        }
        if let Some((bucket, key)) = own_grants_count(need) {
            return self.check_object(need, bucket, key, record);
        }
        self.judge(need, record, &self.grants(bucket, record))?;
        Ok(Seen::default())
    }

    /// Judges what is done to an object by its own grants, and by those of the object that it stands for if it is a symbolic
    /// link: who may make links must not read by them what it may not read by itself.
    fn check_object(
        &self,
        need: &Need,
        bucket: &Bucket,
        key: &ObjectKey,
        record: Option<&BucketRecord>,
    ) -> Result<Seen, Refusal> {
        let store = &self.endpoint.store;
        let object = found(store.version(bucket, key, need.version_id.as_deref()))?;
        let followed = object.as_ref().filter(|_| follows_links(need));
        let link = followed.and_then(ObjectRecord::link);
        let acl = self.check_grants(need, object, record)?;
        let rules = record.map(|record| (bucket, record));
        match link {
            None => Ok(Seen::new(acl, None, rules)),
            Some(key) => {
                let target = found(store.version(bucket, &key, None))?;
                let need = Need { target: Target::object(bucket, &key), ..need.clone() };
                let acl = self.check_grants(&need, target, record)?;
                Ok(Seen::new(acl, Some(key), rules))
            }
        }
    }

    /// An object without grants of its own goes by those of its bucket. So does one that is not there: a stranger learns so
    /// only where it may read. Returns the access control of the object.
    fn check_grants(
        &self,
        need: &Need,
        object: Option<ObjectRecord>,
        record: Option<&BucketRecord>,
    ) -> Result<AclRecord, Refusal> {
        let acl = object.map_or_else(|| AclRecord::canned(CannedAcl::Default), |object| object.acl);
        let grants = match acl.as_canned() {
            Some(CannedAcl::Default) => self.grants(need.target.bucket(), record),
            _ => acl.to_grants(self.owner(need.target.bucket()).uin()),
        };
        self.judge(need, record, &grants)?;
        Ok(acl)
    }

    /// The one place that decides.
    fn judge(
        &self,
        need: &Need,
        record: Option<&BucketRecord>,
        grants: &[Grant],
    ) -> Result<(), Refusal> {
        let owner = self.owner(need.target.bucket());
        let tags = record.map(|record| record.configurations.tags()).unwrap_or_default();
        let circumstances = &Circumstances { resource_tags: tags, ..self.circumstances };
        let region = match record {
            Some(_) => self.endpoint.region_of(record),
            None => self.region,
        };
        let ask = Ask { need, region, circumstances };
        let policy = record.and_then(BucketRecord::policy);
        let rules = Rules { owner_uin: owner.uin(), policy, grants };
        let caller = self.principal.caller();
        let decision = judge(&caller, &ask, &rules);
        tracing::debug!(action = need.actions.first(), %decision);
        match decision.is_allowed() {
            true => Ok(()),
            false if self.principal.is_anonymous() => Err(Cause::Anonymous.into()),
            false => Err(Refusal::denied(Denied::new(need, region, &decision))),
        }
    }

    /// The grants of a bucket.
    fn grants(&self, bucket: Option<&Bucket>, record: Option<&BucketRecord>) -> Vec<Grant> {
        let owner_uin = self.owner(bucket).uin();
        record.map(|record| record.acl.to_grants(owner_uin)).unwrap_or_default()
    }
}

/// Whether an operation reads what a link stands for, not the link.
fn follows_links(need: &Need) -> bool {
    need.granted_by == Some(Permission::Read) && !need.actions.contains(&"GetSymlink")
}

/// The object or the version that was looked for; none of it is there where a delete marker is.
fn found(found: Result<ObjectRecord, StoreError>) -> Result<Option<ObjectRecord>, StoreError> {
    match found {
        Ok(object) => Ok(Some(object)),
        Err(
            StoreError::NoSuchBucket
            | StoreError::NoSuchKey
            | StoreError::NoSuchVersion
            | StoreError::DeleteMarker { .. },
        ) => Ok(None),
        Err(error) => Err(error),
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
