//! Operations on buckets.

use cospass_protocol::operation::{CannedAcl, Configuration, DeleteBucket, HeadBucket, PutBucket};
use cospass_protocol::xml::{CreateBucketConfiguration, write_tagging};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

use super::acl_record;
use crate::authorize::{Asker, Permit};
use crate::body::SealedBody;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{AclRecord, BucketRecord};

pub(super) async fn put(
    asker: &Asker<'_>,
    permit: Permit<PutBucket>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let endpoint = asker.endpoint;
    let document = body.read_document(&permit).await?;
    let is_multi_az = is_multi_az(&document)?;
    let PutBucket { bucket, acl, tags } = permit.into_operation();
    let acl = acl.as_ref().map_or_else(|| AclRecord::canned(CannedAcl::Private), acl_record);
    let now = endpoint.clock.now();
    let region = Some(asker.region).filter(|region| *region != endpoint.region.name());
    let region = region.map(str::to_owned);
    let mut record = BucketRecord { region, is_multi_az, ..BucketRecord::new(now, acl) };
    if !tags.is_empty() {
        let tagging = Configuration::Tagging.subresource();
        let document = write_tagging(tags.as_slice());
        record.configurations = record.configurations.with(tagging, "", document, now)?;
    }
    endpoint
        .store
        .blocking(move |store| store.create_bucket(&bucket, record).map_err(Refusal::from))
        .await?;
    Ok(Reply::empty(StatusCode::OK))
}

/// Whether a bucket is asked for that lies in several zones. That is told, and means nothing else on one machine. A bucket
/// that is a file system, or all of another class, would have to behave so.
fn is_multi_az(document: &[u8]) -> Result<bool, Refusal> {
    if document.is_empty() {
        return Ok(false);
    }
    let wanted = CreateBucketConfiguration::read(document)?;
    let CreateBucketConfiguration { az_config, arch_config, storage_class } = wanted;
    match (az_config.as_deref(), arch_config, storage_class) {
        (None, None, None) => Ok(false),
        (Some("MAZ"), None, None) => Ok(true),
        (Some(_), None, None) => {
            Err(Refusal::argument("BucketAZConfig", "MAZ, or nothing, is what a bucket may have"))
        }
        _ => Err(Cause::Unserved.into()),
    }
}

pub(super) fn head(endpoint: &Endpoint, permit: &Permit<HeadBucket>) -> Reply {
    let reply = Reply::empty(StatusCode::OK);
    let record = endpoint.store.bucket(&permit.operation().bucket);
    let reply = match record.as_deref() {
        Some(BucketRecord { is_multi_az: true, .. }) => reply.header(
            HeaderName::from_static("x-cos-bucket-az-type"),
            HeaderValue::from_static("MAZ"),
        ),
        _ => reply,
    };
    let region = endpoint.region_of(record.as_deref());
    reply.header(HeaderName::from_static("x-cos-bucket-region"), region)
}

pub(super) async fn delete(
    endpoint: &Endpoint,
    permit: Permit<DeleteBucket>,
) -> Result<Reply, Refusal> {
    let store = permit.store(endpoint);
    let DeleteBucket { bucket } = permit.into_operation();
    store.blocking(move |store| store.delete_bucket(&bucket).map_err(Refusal::from)).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
