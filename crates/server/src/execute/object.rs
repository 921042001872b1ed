//! GET and HEAD Object.

use std::ops::Range;

use cospass_protocol::content_range;
use cospass_protocol::operation::{GetObject, HeadObject, ResponseOverrides, StorageClass};
use http::StatusCode;
use http::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, HeaderName, HeaderValue, LAST_MODIFIED};

use super::expiration::with_expiration_of;
use super::{Execution, customer_key, restore, retention, symlink, with_encryption, with_version};
use crate::authorize::{Permit, Seen};
use crate::clock::http_date;
use crate::conditions::{self, Verdict};
use crate::download::Download;
use crate::endpoint::Endpoint;
use crate::limits::SMALL_OBJECT;
use crate::pace::Pace;
use crate::refusal::{Cause, Refusal};
use crate::reply::{Reply, ReplyBody};
use crate::store::{Kind, ObjectRecord, Reader, Store, StoreError};

pub(super) fn get(endpoint: &Endpoint, permit: Permit<GetObject>) -> Execution<'_> {
    let (seen, now) = (permit.seen(), endpoint.clock.now());
    let get = permit.into_operation();
    if let Some(answer) = at_hand(&endpoint.store, &get, &seen, now).transpose() {
        return Execution::Done(answer);
    }
    let open = move |store: &Store| {
        let version = get.version_id.as_deref();
        let (record, reader) = symlink::open(store, &seen, &get.bucket, &get.key, version)?;
        download(store, &get, &record, reader, now)
    };
    Execution::begin(endpoint.store.blocking(open))
}

/// The answer to a download of an object that is in memory. What a link stands for is found by who opens it.
fn at_hand(
    store: &Store,
    get: &GetObject,
    seen: &Seen,
    now: i64,
) -> Result<Option<Reply>, Refusal> {
    let at_hand = store.object_at_hand(&get.bucket, &get.key, get.version_id.as_deref())?;
    let is_link = |record: &ObjectRecord| matches!(record.kind, Kind::Symlink(_));
    let Some((record, reader)) = at_hand.filter(|(record, _)| !is_link(record)) else {
        return Ok(None);
    };
    seen.check_link(None)?;
    seen.check(store, &record)?;
    download(store, get, &record, reader, now).map(Some)
}

/// The answer to a download of an object that was opened, and is the one that was judged. Blocks, unless its bytes are at hand.
fn download(
    store: &Store,
    get: &GetObject,
    record: &ObjectRecord,
    reader: Reader,
    now: i64,
) -> Result<Reply, Refusal> {
    customer_key::unlock(record.encryption, get.customer_key.as_ref())?;
    match conditions::of_download(&get.conditions, record) {
        Verdict::Failed => return Err(Cause::PreconditionFailed.into()),
        Verdict::NotModified => return Ok(not_modified(record, &get.overrides)),
        Verdict::Go => {}
    }
    if !record.is_readable(now) {
        return Err(Refusal::not_restored(record.storage_class()));
    }
    let reader = reader.decrypted(get.customer_key.clone());
    let reply = content(get, record, reader, now)?;
    let reply = customer_key::with_key(reply, get.customer_key.as_ref());
    let reply = with_version(reply, store, &get.bucket, record);
    Ok(with_expiration_of(reply, store, &get.bucket, &get.key, get.version_id.as_deref())?)
}

pub(super) fn head(endpoint: &Endpoint, permit: Permit<HeadObject>) -> Result<Reply, Refusal> {
    let (seen, now) = (permit.seen(), endpoint.clock.now());
    let (store, head) = (&endpoint.store, permit.into_operation());
    let version = head.version_id.as_deref();
    let record = symlink::follow(store, &seen, &head.bucket, &head.key, version)?;
    customer_key::unlock(record.encryption, head.customer_key.as_ref())?;
    match conditions::of_download(&head.conditions, &record) {
        Verdict::Failed => Err(Cause::PreconditionFailed.into()),
        Verdict::NotModified => Ok(not_modified(&record, &ResponseOverrides::default())),
        Verdict::Go => {
            let length = Some(record.size);
            let reply = Reply { length, ..Reply::empty(StatusCode::OK) };
            let reply = describe(reply, &record, now);
            let reply = customer_key::with_key(reply, head.customer_key.as_ref());
            let reply = with_version(reply, store, &head.bucket, &record);
            Ok(with_expiration_of(reply, store, &head.bucket, &head.key, version)?)
        }
    }
}

fn content(
    get: &GetObject,
    record: &ObjectRecord,
    reader: Reader,
    now: i64,
) -> Result<Reply, Refusal> {
    let range = get.range.filter(|_| conditions::is_range_of(get.if_range.as_deref(), record));
    let part = match range {
        None => 0..record.size,
        Some(range) => range.within(record.size).ok_or_else(|| Refusal::range(record.size))?,
    };
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let body = body(reader, &part, Pace::of(get.traffic_limit)).map_err(StoreError::from)?;
    let mut reply = describe(Reply { body, ..Reply::empty(status) }, record, now)
        .header(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if range.is_some() {
        reply = reply.header(CONTENT_RANGE, content_range(&part, record.size));
    }
    override_headers(&mut reply, &get.overrides, |_| true);
    Ok(reply)
}

/// Replaces headers by those that a request asks for.
fn override_headers(
    reply: &mut Reply,
    overrides: &ResponseOverrides,
    is_wanted: impl Fn(&str) -> bool,
) {
    for (param, header, value) in overrides.iter().filter(|(_, header, _)| is_wanted(header)) {
        let value = HeaderValue::from_bytes(value);
        // What HTTP cannot carry was refused when the parameter was decoded.
        let (Ok(name), Ok(value)) = (HeaderName::try_from(header), value) else {
            tracing::warn!(param, "an override was left out");
            continue;
        };
        reply.headers.insert(name, value);
    }
}

/// A small part is read at once; a large one, or a paced one, while it is sent.
fn body(reader: Reader, part: &Range<u64>, pace: Pace) -> std::io::Result<ReplyBody> {
    let length = part.end.saturating_sub(part.start);
    if length > SMALL_OBJECT || pace.is_limited() {
        return Ok(ReplyBody::Download(Download::start(reader, part, pace)?));
    }
    let mut reader = reader.narrow(part);
    if let Some(bytes) = reader.at_hand() {
        return Ok(ReplyBody::Whole(bytes));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    reader.read_exact(&mut bytes)?;
    Ok(ReplyBody::Whole(bytes.into()))
}

/// That the client has the object already, and for how long it may keep it, as the object itself would say it (RFC 9110
/// §15.4.5).
fn not_modified(record: &ObjectRecord, overrides: &ResponseOverrides) -> Reply {
    let is_of_caches = |name: &str| {
        ["Cache-Control", "Expires"].iter().any(|header| header.eq_ignore_ascii_case(name))
    };
    let mut reply = Reply::empty(StatusCode::NOT_MODIFIED);
    stored_headers(&mut reply, record, is_of_caches);
    override_headers(&mut reply, overrides, is_of_caches);
    reply.header(ETAG, record.etag()).header(LAST_MODIFIED, http_date(record.modified))
}

/// Adds headers that the object was uploaded with.
fn stored_headers(reply: &mut Reply, record: &ObjectRecord, is_wanted: impl Fn(&str) -> bool) {
    for (name, value) in record.headers.iter().filter(|(name, _)| is_wanted(name)) {
        let pair = (HeaderName::try_from(name.as_str()), HeaderValue::from_bytes(value));
        if let (Ok(name), Ok(value)) = pair {
            reply.headers.insert(name, value);
        }
    }
}

/// Adds the headers that tell what an object is.
fn describe(mut reply: Reply, record: &ObjectRecord, now: i64) -> Reply {
    stored_headers(&mut reply, record, |_| true);
    let class = record.storage_class();
    if class != StorageClass::default() {
        let name = HeaderName::from_static("x-cos-storage-class");
        reply = reply.header(name, HeaderValue::from_static(class.as_str()));
    }
    if let Some(tier) = class.tier() {
        let name = HeaderName::from_static("x-cos-storage-tier");
        reply = reply.header(name, HeaderValue::from_static(tier));
    }
    if !record.tags.is_empty() {
        let name = HeaderName::from_static("x-cos-tagging-count");
        reply = reply.header(name, HeaderValue::from(record.tags.len()));
    }
    let kind = if record.kind == Kind::Appendable { "appendable" } else { "normal" };
    reply = with_encryption(restore::with_state(reply, record, now), record.encryption);
    reply = retention::with_retention(reply, record);
    reply
        .header(ETAG, record.etag())
        .header(LAST_MODIFIED, http_date(record.modified))
        .header(HeaderName::from_static("x-cos-hash-crc64ecma"), record.crc64.to_string())
        .header(HeaderName::from_static("x-cos-object-type"), HeaderValue::from_static(kind))
}
