//! POST Object restore: an archived object becomes readable for some days.

use cospass_protocol::operation::{PostObjectRestore, StorageClass};
use cospass_protocol::xml::{RestoreRequest, RestoreTier};
use http::StatusCode;
use http::header::HeaderName;

use super::check_md5;
use crate::authorize::Permit;
use crate::body::SealedBody;
use crate::clock::http_date;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::{ObjectRecord, Restored};

const SECONDS_A_DAY: i64 = 86_400;

/// 202 for an object that is to be restored, 200 for one that is to stay readable: its days are counted anew (decided:
/// the documentation tells only the former).
pub(super) async fn post(
    endpoint: &Endpoint,
    permit: Permit<PostObjectRestore>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let document = body.read_document(&permit).await?;
    let store = permit.store(endpoint);
    let PostObjectRestore { bucket, key, version_id, md5 } = permit.into_operation();
    check_md5(md5, &document)?;
    if document.is_empty() {
        return Err(Cause::MissingBody.into());
    }
    let (asked, now) = (RestoreRequest::read(&document)?, endpoint.clock.now());
    let restore = move |record: &mut ObjectRecord| restore(record, asked, now);
    let status = store
        .blocking(move |store| store.update_object(&bucket, &key, version_id.as_deref(), restore))
        .await?;
    Ok(Reply::empty(status))
}

fn restore(
    record: &mut ObjectRecord,
    asked: RestoreRequest,
    now: i64,
) -> Result<StatusCode, Refusal> {
    let time = time(record.storage_class(), asked.tier)?;
    let days = i64::from(asked.days).saturating_mul(SECONDS_A_DAY);
    let (from, status) = match record.restored.filter(|restored| now < restored.until) {
        Some(restored) if now < restored.from => return Err(Cause::RestoreRunning.into()),
        Some(restored) => (restored.from, StatusCode::OK),
        None => (now.saturating_add(time), StatusCode::ACCEPTED),
    };
    let until = from.max(now).saturating_add(days);
    record.restored = Some(Restored { from, until });
    Ok(status)
}

/// How long it takes to restore an object, in seconds: one for each hour that the service takes at most (436/12633), so
/// that a test can wait for it. A decision.
fn time(class: StorageClass, tier: RestoreTier) -> Result<i64, Refusal> {
    use RestoreTier::{Bulk, Expedited, Standard};
    match (class, tier) {
        (StorageClass::Archive | StorageClass::MazArchive, Expedited) => Ok(1),
        (StorageClass::Archive | StorageClass::MazArchive, Standard) => Ok(5),
        (StorageClass::Archive | StorageClass::MazArchive, Bulk) => Ok(12),
        (StorageClass::DeepArchive | StorageClass::MazDeepArchive, Standard) => Ok(24),
        (StorageClass::DeepArchive | StorageClass::MazDeepArchive, Bulk) => Ok(48),
        (StorageClass::DeepArchive | StorageClass::MazDeepArchive, Expedited) => {
            Err(Refusal::argument("Tier", "Expedited is not for DEEP_ARCHIVE"))
        }
        _ => Err(Cause::NotArchived.into()),
    }
}

/// Adds how far the restoring of an object is.
pub(super) fn with_state(reply: Reply, record: &ObjectRecord, now: i64) -> Reply {
    let name = HeaderName::from_static("x-cos-restore");
    match record.restored.filter(|restored| now < restored.until) {
        None => reply,
        Some(Restored { from, .. }) if now < from => reply.header(name, "ongoing-request=\"true\""),
        Some(Restored { until, .. }) => {
            let expiry = http_date(until);
            reply.header(name, format!("ongoing-request=\"false\", expiry-date=\"{expiry}\""))
        }
    }
}
