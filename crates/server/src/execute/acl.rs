//! GET and PUT Object acl.

use cospass_protocol::operation::{GetObjectAcl, PutObjectAcl};
use cospass_protocol::xml::AccessControlPolicy;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

use super::{acl_record, check_md5};
use crate::authorize::Permit;
use crate::body::SealedBody;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::AclRecord;

pub(super) async fn get(
    endpoint: &Endpoint,
    permit: Permit<GetObjectAcl>,
) -> Result<Reply, Refusal> {
    let GetObjectAcl { bucket, key } = permit.into_operation();
    let record = endpoint
        .store
        .blocking(move |store| store.object(&bucket, &key).map_err(Refusal::from))
        .await?;
    let owner_uin = endpoint.owner_uin.clone();
    let grants = record.acl.to_grants(&owner_uin);
    let reply = Reply::xml(AccessControlPolicy { owner_uin, grants }.write());
    Ok(match record.acl.as_canned() {
        Some(canned) => {
            let value = HeaderValue::from_static(canned.as_str());
            reply.header(HeaderName::from_static("x-cos-acl"), value)
        }
        None => reply,
    })
}

pub(super) async fn put(
    endpoint: &Endpoint,
    permit: Permit<PutObjectAcl>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let document = body.read_document(&permit).await?;
    let PutObjectAcl { bucket, key, acl, md5 } = permit.into_operation();
    check_md5(md5, &document)?;
    let acl = match (acl, document.is_empty()) {
        (Some(acl), true) => acl_record(&acl),
        (None, false) => AclRecord::grants(&AccessControlPolicy::read_grants(&document)?),
        (None, true) => return Err(Cause::MissingBody.into()),
        // Headers and a body contradict each other.
        (Some(_), false) => return Err(Cause::InvalidArgument.into()),
    };
    endpoint
        .store
        .blocking(move |store| store.set_object_acl(&bucket, &key, acl).map_err(Refusal::from))
        .await?;
    Ok(Reply::empty(StatusCode::OK))
}
