//! GET and PUT Object Retention: until when an object cannot be changed.

use cospass_protocol::operation::{GetObjectRetention, PutObjectRetention, RETENTION_MODE};
use cospass_protocol::xml::{Retention, XmlError, iso8601_millis};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

use super::check_md5;
use crate::authorize::Permit;
use crate::body::SealedBody;
use crate::endpoint::Endpoint;
use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::ObjectRecord;

pub(super) async fn get(
    endpoint: &Endpoint,
    permit: Permit<GetObjectRetention>,
) -> Result<Reply, Refusal> {
    let seen = permit.seen();
    let GetObjectRetention { bucket, key, version_id } = permit.into_operation();
    let find = move |store: &crate::store::Store| {
        let record = store.version(&bucket, &key, version_id.as_deref())?;
        seen.check(store, &record)?;
        let until = record.retained.ok_or(Cause::NoSuchRetention)?;
        Ok::<_, Refusal>(Reply::xml(Retention { until }.write()))
    };
    endpoint.store.blocking(find).await
}

pub(super) async fn put(
    endpoint: &Endpoint,
    permit: Permit<PutObjectRetention>,
    body: &mut SealedBody,
) -> Result<Reply, Refusal> {
    let document = body.read_document(&permit).await?;
    let store = permit.store(endpoint);
    let PutObjectRetention { bucket, key, version_id, md5 } = permit.into_operation();
    check_md5(md5, &document)?;
    if document.is_empty() {
        return Err(Cause::MissingBody.into());
    }
    let Retention { until } = Retention::read(&document).map_err(|error| match error {
        error @ XmlError::Value(_) => Refusal::document_value(&error),
        error => error.into(),
    })?;
    let now = endpoint.clock.now();
    check_date(Some(until), now)?;
    let set = move |store: &crate::store::Store| {
        store.retain(&bucket, &key, version_id.as_deref(), until, now).map_err(Refusal::from)
    };
    store.blocking(set).await?;
    Ok(Reply::empty(StatusCode::OK))
}

/// Refuses a time that has passed, both Unix seconds: it would lock nothing, and whoever sent it believes that it does.
pub(super) fn check_date(until: Option<i64>, now: i64) -> Result<(), Refusal> {
    match until {
        Some(until) if until <= now => {
            let date = iso8601_millis(until);
            let why =
                format!("{date} is in the past; an object can be locked until a time to come");
            Err(Refusal::argument("RetainUntilDate", &why))
        }
        _ => Ok(()),
    }
}

/// Adds until when an object cannot be changed.
pub(super) fn with_retention(reply: Reply, record: &ObjectRecord) -> Reply {
    let Some(until) = record.retained else { return reply };
    let (mode, date) = ("x-cos-object-lock-mode", "x-cos-object-lock-retain-until-date");
    reply
        .header(HeaderName::from_static(mode), HeaderValue::from_static(RETENTION_MODE))
        .header(HeaderName::from_static(date), iso8601_millis(until))
}
