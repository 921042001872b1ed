//! DELETE Object, of one and of many.

use cospass_protocol::operation::{DeleteObject, DeleteObjects};
use cospass_protocol::xml::{Delete, DeleteResult, ObjectToDelete};
use cospass_protocol::{KeyError, ObjectKey};
use http::StatusCode;

use super::check_md5;
use crate::authorize::{Asker, Permit, may_delete};
use crate::body::SealedBody;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;

pub(super) async fn one(
    endpoint: &Endpoint,
    permit: Permit<DeleteObject>,
) -> Result<Reply, Refusal> {
    let DeleteObject { bucket, key } = permit.into_operation();
    endpoint
        .store
        .blocking(move |store| store.delete_objects(&bucket, &[key]).map_err(Refusal::from))
        .await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Keys that can be deleted are, all at once; those that are not there count as deleted (inferred).
pub(super) async fn several(
    asker: &Asker<'_>,
    permit: Permit<DeleteObjects>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let document = body.read_list(&permit).await?;
    let DeleteObjects { bucket, md5 } = permit.into_operation();
    check_md5(md5, &document)?;
    if document.is_empty() {
        return Err(Cause::MissingBody.into());
    }
    let Delete { quiet, objects } = Delete::read(&document)?;
    let (mut keys, mut result) = (Vec::new(), DeleteResult::default());
    for object in objects {
        match key(&object) {
            Ok(key) if !may_delete(asker, &bucket, &key) => {
                result.errors.push(refused(object, Cause::Denied));
            }
            Ok(key) => {
                keys.push(key);
                result.deleted.push(object);
            }
            Err(cause) => result.errors.push(refused(object, cause)),
        }
    }
    asker
        .endpoint
        .store
        .blocking(move |store| store.delete_objects(&bucket, &keys).map_err(Refusal::from))
        .await?;
    if quiet {
        result.deleted.clear();
    }
    Ok(Reply::xml(result.write()))
}

fn refused(object: ObjectToDelete, cause: Cause) -> (ObjectToDelete, String, String) {
    (object, cause.code().to_string(), Refusal::from(cause).message().to_owned())
}

/// The object that is meant. Without versions, `null` is the one there is.
fn key(object: &ObjectToDelete) -> Result<ObjectKey, Cause> {
    if !matches!(object.version_id.as_str(), "" | "null") {
        return Err(Cause::Unserved);
    }
    // In a document a key stands as in a listing, not as a path: its leading slash is its own.
    match ObjectKey::new(format!("/{}", object.key)) {
        Ok(key) => Ok(key),
        Err(KeyError::TooLong { .. }) => Err(Cause::KeyTooLong),
        Err(KeyError::Empty) => Err(Cause::InvalidArgument),
    }
}
