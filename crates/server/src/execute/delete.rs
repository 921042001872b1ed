//! DELETE Object, of one and of many.

use cospass_protocol::operation::{DeleteObject, DeleteObjects};
use cospass_protocol::xml::{Delete, DeleteResult, DeletedObject, ObjectToDelete};
use cospass_protocol::{KeyError, ObjectKey};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

use super::{VERSION_ID, check_md5};
use crate::authorize::{Asker, Permit, may_delete};
use crate::body::SealedBody;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{Deleted, Retained, Store, StoreError};

pub(super) async fn one(
    endpoint: &Endpoint,
    permit: Permit<DeleteObject>,
) -> Result<Reply, Refusal> {
    let store = permit.store(endpoint);
    let DeleteObject { bucket, key, version_id } = permit.into_operation();
    let (objects, now) = ([(key, version_id)], endpoint.clock.now());
    let delete = move |store: &Store| store.delete_objects(&bucket, &objects, now);
    let deleted = store.blocking(delete).await?.pop();
    let deleted = deleted.unwrap_or_else(|| Ok(Deleted::default())).map_err(StoreError::from)?;
    let mut reply = Reply::empty(StatusCode::NO_CONTENT);
    if deleted.marker.is_some() {
        let name = HeaderName::from_static("x-cos-delete-marker");
        reply = reply.header(name, HeaderValue::from_static("true"));
    }
    Ok(match deleted.version.or(deleted.marker) {
        Some(version) => reply.header(VERSION_ID, version),
        None => reply,
    })
}

/// Keys that can be deleted are, all at once; those that are not there count as deleted (inferred).
pub(super) async fn several(
    asker: &Asker<'_>,
    permit: Permit<DeleteObjects>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let document = body.read_list(&permit).await?;
    let store = permit.store(asker.endpoint);
    let DeleteObjects { bucket, md5 } = permit.into_operation();
    check_md5(md5, &document)?;
    if document.is_empty() {
        return Err(Cause::MissingBody.into());
    }
    let Delete { quiet, objects } = Delete::read(&document)?;
    let (mut named, mut asked) = (Vec::new(), Vec::new());
    let mut result = DeleteResult::default();
    for object in objects {
        match key(&object) {
            Ok(key) if !may_delete(asker, &bucket, &key) => {
                result.errors.push(refused(object, Cause::Denied));
            }
            Ok(key) => {
                let version = Some(object.version_id.clone()).filter(|id| !id.is_empty());
                named.push((key, version));
                asked.push(object);
            }
            Err(cause) => result.errors.push(refused(object, cause)),
        }
    }
    let now = asker.endpoint.clock.now();
    let delete = move |store: &Store| store.delete_objects(&bucket, &named, now);
    let deleted = store.blocking(delete).await?;
    for (object, deleted) in asked.into_iter().zip(deleted) {
        match deleted {
            Ok(Deleted { marker, .. }) => {
                result.deleted.push(DeletedObject { object, marker_version_id: marker });
            }
            Err(Retained) => result.errors.push(refused(object, Cause::Retained)),
        }
    }
    if quiet {
        result.deleted.clear();
    }
    Ok(Reply::xml(result.write()))
}

fn refused(object: ObjectToDelete, cause: Cause) -> (ObjectToDelete, String, String) {
    (object, cause.code().to_string(), Refusal::from(cause).message().to_owned())
}

/// The object that is meant.
fn key(object: &ObjectToDelete) -> Result<ObjectKey, Cause> {
    // In a document a key stands as in a listing, not as a path: its leading slash is its own.
    match ObjectKey::new(format!("/{}", object.key)) {
        Ok(key) => Ok(key),
        Err(KeyError::TooLong { .. }) => Err(Cause::KeyTooLong),
        Err(KeyError::Empty) => Err(Cause::InvalidArgument),
    }
}
