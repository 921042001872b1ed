//! GET and PUT acl, of objects and of buckets.

use cospass_protocol::operation::{
    AclHeaders, CannedAcl, ContentMd5, GetBucketAcl, GetObjectAcl, PutBucketAcl, PutObjectAcl,
};
use cospass_protocol::xml::AccessControlPolicy;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

use super::{acl_record, check_md5};
use crate::authorize::Permit;
use crate::body::SealedBody;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{AclRecord, ObjectRecord};

pub(super) async fn of_object(
    endpoint: &Endpoint,
    permit: Permit<GetObjectAcl>,
) -> Result<Reply, Refusal> {
    let seen = permit.seen();
    let GetObjectAcl { bucket, key, version_id } = permit.into_operation();
    let owner_uin = endpoint.accounts.of_bucket(&bucket).uin().to_owned();
    let record = endpoint
        .store
        .blocking(move |store| {
            let record = store.version(&bucket, &key, version_id.as_deref())?;
            seen.check(store, &record)?;
            Ok::<_, Refusal>(record)
        })
        .await?;
    Ok(reply(owner_uin, &record.acl))
}

pub(super) fn of_bucket(
    endpoint: &Endpoint,
    permit: &Permit<GetBucketAcl>,
) -> Result<Reply, Refusal> {
    let bucket = &permit.operation().bucket;
    let record = endpoint.store.bucket(bucket).ok_or(Cause::NoSuchBucket)?;
    Ok(reply(endpoint.accounts.of_bucket(bucket).uin().to_owned(), &record.acl))
}

pub(super) async fn put_to_object(
    endpoint: &Endpoint,
    permit: Permit<PutObjectAcl>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let document = body.read_document(&permit).await?;
    let (store, seen) = (permit.store(endpoint), permit.seen());
    let PutObjectAcl { bucket, key, version_id, acl, md5 } = permit.into_operation();
    let acl = match wanted(acl, md5, &document)? {
        // So an object that goes by the rules of its bucket is answered; put back as it is, it goes by them again.
        AclRecord::Grants(grants) if grants.is_empty() => AclRecord::canned(CannedAcl::Default),
        acl => acl,
    };
    store
        .blocking(move |store| {
            let check = |object: &ObjectRecord| seen.check(store, object);
            store.set_object_acl(&bucket, &key, version_id.as_deref(), &acl, check)
        })
        .await?;
    Ok(Reply::empty(StatusCode::OK))
}

pub(super) async fn put_to_bucket(
    endpoint: &Endpoint,
    permit: Permit<PutBucketAcl>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let document = body.read_document(&permit).await?;
    let store = permit.store(endpoint);
    let PutBucketAcl { bucket, acl, md5 } = permit.into_operation();
    let acl = wanted(acl, md5, &document)?;
    store.blocking(move |store| store.set_bucket_acl(&bucket, acl).map_err(Refusal::from)).await?;
    Ok(Reply::empty(StatusCode::OK))
}

fn reply(owner_uin: String, acl: &AclRecord) -> Reply {
    let grants = acl.to_grants(&owner_uin);
    let reply = Reply::xml(AccessControlPolicy { owner_uin, grants }.write());
    match acl.as_canned() {
        Some(canned) => {
            let value = HeaderValue::from_static(canned.as_str());
            reply.header(HeaderName::from_static("x-cos-acl"), value)
        }
        None => reply,
    }
}

/// The access control that headers or a document ask for.
fn wanted(
    acl: Option<AclHeaders>,
    md5: Option<ContentMd5>,
    document: &[u8],
) -> Result<AclRecord, Refusal> {
    check_md5(md5, document)?;
    match (acl, document.is_empty()) {
        (Some(acl), true) => Ok(acl_record(&acl)),
        (None, false) => Ok(AclRecord::grants(&AccessControlPolicy::read_grants(document)?)),
        (None, true) => Err(Cause::MissingBody.into()),
        // Headers and a body contradict each other.
        (Some(_), false) => Err(Cause::InvalidArgument.into()),
    }
}
