//! PUT Object - Copy.

use cospass_protocol::operation::PutObjectCopy;
use cospass_protocol::xml::{CopyResult, iso8601};

use super::draft::{self, Wanted};
use crate::authorize::Permit;
use crate::conditions::{self, Verdict};
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{Draft, ObjectRecord, Store, StoreError};

pub(super) async fn object(
    endpoint: &Endpoint,
    permit: Permit<PutObjectCopy>,
) -> Result<Reply, Refusal> {
    let copy = permit.into_operation();
    let now = endpoint.clock.now();
    let make = move |store: &Store| {
        if store.bucket(&copy.source.bucket).is_none() {
            return Err(Cause::NoSuchCopySource.into());
        }
        let from = (&copy.source.bucket, &copy.source.key);
        store
            .copy(
                from,
                (&copy.bucket, &copy.key),
                |source| plan(&copy, source, now),
                |there| {
                    conditions::of_overwrite(copy.forbid_overwrite, there).map_err(Failed::from)
                },
            )
            .map_err(|failed| match failed {
                // Only the source is asked for by its key.
                Failed::Store(StoreError::NoSuchKey) => Cause::NoSuchCopySource.into(),
                Failed::Store(error) => error.into(),
                Failed::Refused(refusal) => refusal,
            })
    };
    let record = endpoint.store.blocking(make).await?;
    let result = CopyResult {
        etag: record.etag(),
        crc64: record.crc64,
        last_modified: iso8601(record.modified),
    };
    Ok(Reply::xml(result.write_object()))
}

/// What the copy is to be, if the source is as the request wants it.
fn plan(copy: &PutObjectCopy, source: &ObjectRecord, now: i64) -> Result<Draft, Failed> {
    if conditions::of_download(&copy.source_conditions, source) != Verdict::Go {
        return Err(Cause::PreconditionFailed.into());
    }
    if !source.storage_class().is_readable() {
        return Err(Failed::Refused(Refusal::not_restored(source.storage_class())));
    }
    let headers = match &copy.replaced {
        Some(replaced) => draft::headers(&replaced.content, &replaced.metadata),
        None => source.headers.clone(),
    };
    Ok(Wanted { headers, storage_class: copy.storage_class, acl: copy.acl.as_ref() }.at(now))
}

/// Why there is no copy.
enum Failed {
    Store(StoreError),
    Refused(Refusal),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Cause> for Failed {
    fn from(cause: Cause) -> Self {
        Self::Refused(cause.into())
    }
}
