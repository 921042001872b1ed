//! `x-cos-expiration`: when lifecycle rules make an object go, and the rule that does.
//!
//! The documents of the Go and Python SDKs have it among what an upload answers; cos-java-sdk-v5 reads it of uploads, copies,
//! HEAD and GET (`ObjectExpirationHeaderHandler`), in S3's spelling: `expiry-date="…", rule-id="…"`, the id
//! percent-encoded. A former version has days of its own and is not told of: a decision, as is an empty id for a rule
//! that has none.

use cospass_protocol::{Bucket, ObjectKey};
use cospass_sign::percent;
use http::header::HeaderName;

use crate::clock::http_date;
use crate::lifecycle::{self, Subject};
use crate::reply::Reply;
use crate::store::{ObjectRecord, Store, StoreError};

const EXPIRATION: HeaderName = HeaderName::from_static("x-cos-expiration");

/// Adds when an object that was just made goes.
pub(super) fn with_expiration(
    reply: Reply,
    store: &Store,
    bucket: &Bucket,
    key: &ObjectKey,
    record: &ObjectRecord,
) -> Reply {
    let Some(bucket) = store.bucket(bucket) else { return reply };
    let Some(rules) = bucket.configurations.lifecycle() else { return reply };
    let tags = record.tags();
    let subject = Subject::of(key.as_str(), record, &tags);
    match lifecycle::expiry(rules, &subject) {
        None => reply,
        Some((time, rule)) => {
            let (date, id) = (http_date(time), percent::encode(rule.as_bytes()));
            reply.header(EXPIRATION, format!("expiry-date=\"{date}\", rule-id=\"{id}\""))
        }
    }
}

/// Adds when what a key names goes: of a link that is the link, not what it stands for. Blocks, if there are rules.
pub(super) fn with_expiration_of(
    reply: Reply,
    store: &Store,
    bucket: &Bucket,
    key: &ObjectKey,
    version: Option<&str>,
) -> Result<Reply, StoreError> {
    let is_ruled = || store.bucket(bucket).is_some_and(|b| b.configurations.lifecycle().is_some());
    if version.is_some() || !is_ruled() {
        return Ok(reply);
    }
    Ok(match store.find_object(bucket, key)? {
        None => reply,
        Some(record) => with_expiration(reply, store, bucket, key, &record),
    })
}
