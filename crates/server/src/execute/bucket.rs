//! Operations on buckets.

use cospass_protocol::operation::{CannedAcl, DeleteBucket, HeadBucket, PutBucket};
use cospass_protocol::xml::CreateBucketConfiguration;
use http::StatusCode;
use http::header::HeaderName;

use super::acl_record;
use crate::authorize::Permit;
use crate::body::SealedBody;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{AclRecord, BucketRecord};

pub(super) async fn put(
    endpoint: &Endpoint,
    permit: Permit<PutBucket>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let document = body.read_document(&permit).await?;
    if !document.is_empty() {
        let wanted = CreateBucketConfiguration::read(&document)?;
        if wanted != CreateBucketConfiguration::default() {
            return Err(Cause::Unserved.into());
        }
    }
    let PutBucket { bucket, acl } = permit.into_operation();
    let acl = acl.as_ref().map_or_else(|| AclRecord::canned(CannedAcl::Private), acl_record);
    let record = BucketRecord::new(endpoint.clock.now(), acl);
    endpoint
        .store
        .blocking(move |store| store.create_bucket(&bucket, record).map_err(Refusal::from))
        .await?;
    Ok(Reply::empty(StatusCode::OK))
}

pub(super) fn head(endpoint: &Endpoint, _permit: &Permit<HeadBucket>) -> Reply {
    let region = HeaderName::from_static("x-cos-bucket-region");
    Reply::empty(StatusCode::OK).header(region, endpoint.region.name())
}

pub(super) async fn delete(
    endpoint: &Endpoint,
    permit: Permit<DeleteBucket>,
) -> Result<Reply, Refusal> {
    let DeleteBucket { bucket } = permit.into_operation();
    endpoint
        .store
        .blocking(move |store| store.delete_bucket(&bucket).map_err(Refusal::from))
        .await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
