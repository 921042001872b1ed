//! GET, PUT and DELETE Object tagging.

use cospass_protocol::operation::{DeleteObjectTagging, GetObjectTagging, PutObjectTagging};
use cospass_protocol::xml::{read_tagging, write_tagging};
use cospass_protocol::{Bucket, ObjectKey, TagSet};
use http::StatusCode;

use super::check_md5;
use crate::authorize::Permit;
use crate::body::SealedBody;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::Store;

/// An object without tags has an empty set (a decision: Node takes that and 404 NoSuchTagSet alike).
pub(super) async fn get(
    endpoint: &Endpoint,
    permit: Permit<GetObjectTagging>,
) -> Result<Reply, Refusal> {
    let GetObjectTagging { bucket, key, version_id } = permit.into_operation();
    let record = endpoint
        .store
        .blocking(move |store| {
            store.version(&bucket, &key, version_id.as_deref()).map_err(Refusal::from)
        })
        .await?;
    Ok(Reply::xml(write_tagging(&record.tags())))
}

pub(super) async fn put(
    endpoint: &Endpoint,
    permit: Permit<PutObjectTagging>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let document = body.read_document(&permit).await?;
    let store = permit.store(endpoint);
    let PutObjectTagging { bucket, key, version_id, md5 } = permit.into_operation();
    check_md5(md5, &document)?;
    if document.is_empty() {
        return Err(Cause::MissingBody.into());
    }
    let tags = TagSet::new(read_tagging(&document)?, TagSet::OF_OBJECT)?;
    replace(&store, bucket, key, version_id, tags).await
}

pub(super) async fn delete(
    endpoint: &Endpoint,
    permit: Permit<DeleteObjectTagging>,
) -> Result<Reply, Refusal> {
    let store = permit.store(endpoint);
    let DeleteObjectTagging { bucket, key, version_id } = permit.into_operation();
    replace(&store, bucket, key, version_id, TagSet::default()).await
}

async fn replace(
    store: &Store,
    bucket: Bucket,
    key: ObjectKey,
    version_id: Option<String>,
    tags: TagSet,
) -> Result<Reply, Refusal> {
    store
        .blocking(move |store| {
            let set = store.set_object_tags(&bucket, &key, version_id.as_deref(), &tags);
            set.map_err(Refusal::from)
        })
        .await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
