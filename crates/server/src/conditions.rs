//! Whether an object is as a request's `If-…` headers want it (RFC 9110 §13.2.2), and whether it may be replaced.

use std::time::{SystemTime, UNIX_EPOCH};

use cospass_protocol::Bucket;
use cospass_protocol::operation::Conditions;

use crate::refusal::Cause;
use crate::store::{ObjectRecord, Store, Versioning};

/// What the conditions of a download, or of a question about an object, come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They hold.
    Go,
    /// The client has this very object: 304.
    NotModified,
    /// They do not hold: 412.
    Failed,
}

/// Judges the conditions of a download. A date that is none is ignored, as RFC 9110 says.
pub(crate) fn of_download(conditions: &Conditions, object: &ObjectRecord) -> Verdict {
    if conditions.iter().next().is_none() {
        return Verdict::Go;
    }
    if is_another(conditions, object) {
        return Verdict::Failed;
    }
    let not_modified = match (&conditions.if_none_match, &conditions.if_modified_since) {
        (Some(list), _) => matches_any(list, &object.etag()),
        (None, Some(time)) => modified_after(object, time).is_some_and(|after| !after),
        (None, None) => false,
    };
    if not_modified { Verdict::NotModified } else { Verdict::Go }
}

/// Judges the conditions of an upload, of a copy or of a completed upload against the object that it would replace.
/// `If-Modified-Since` is for downloads alone (RFC 9110 §13.1.3).
pub(crate) fn of_write(
    conditions: &Conditions,
    is_forbidden: bool,
    object: Option<&ObjectRecord>,
) -> Result<(), Cause> {
    let is_there = |list: &Vec<u8>, object: &ObjectRecord| matches_any(list, &object.etag());
    let failed = match object {
        None => conditions.if_match.is_some(),
        Some(object) => {
            let none_match = conditions.if_none_match.as_ref();
            is_another(conditions, object) || none_match.is_some_and(|list| is_there(list, object))
        }
    };
    if failed {
        return Err(Cause::PreconditionFailed);
    }
    of_overwrite(is_forbidden, object)
}

/// Whether a range is wanted of this object: its `If-Range` names it, by its entity tag or by the very time at which it was
/// modified (RFC 9110 §13.1.5). If it is another one, all of it is.
pub(crate) fn is_range_of(if_range: Option<&[u8]>, object: &ObjectRecord) -> bool {
    if_range.is_none_or(|value| match unix(value) {
        Some(time) => time == object.modified,
        None => {
            let tag = value.trim_ascii();
            !tag.starts_with(b"W/") && tag != b"*" && matches_any(tag, &object.etag())
        }
    })
}

/// Whether an object is not the one that `If-Match` names or, without it, was changed since `If-Unmodified-Since`.
fn is_another(conditions: &Conditions, object: &ObjectRecord) -> bool {
    match (&conditions.if_match, &conditions.if_unmodified_since) {
        (Some(list), _) => !matches_any(list, &object.etag()),
        (None, Some(time)) => modified_after(object, time).unwrap_or(false),
        (None, None) => false,
    }
}

/// `None` if the value is no date.
fn modified_after(object: &ObjectRecord, value: &[u8]) -> Option<bool> {
    unix(value).map(|time| object.modified > time)
}

/// Whether an upload must not replace anything: it asks so with `x-cos-forbid-overwrite`, which says nothing where versions
/// are, or were, kept (436/7749).
pub(crate) fn forbids_overwrite(store: &Store, bucket: &Bucket, asked: bool) -> bool {
    let is_plain = || store.bucket(bucket).is_none_or(|it| it.versioning() == Versioning::Never);
    asked && is_plain()
}

/// Judges an upload that must not replace anything against the object that it would replace.
pub(crate) fn of_overwrite(is_forbidden: bool, object: Option<&ObjectRecord>) -> Result<(), Cause> {
    if is_forbidden && object.is_some() { Err(Cause::FileAlreadyExists) } else { Ok(()) }
}

/// Whether a list of entity tags, or `*`, names this one. `W/` is not looked at: every tag here is strong.
fn matches_any(list: &[u8], etag: &str) -> bool {
    let list = String::from_utf8_lossy(list);
    let bare = etag.trim_matches('"');
    list.split(',').map(str::trim).any(|entry| {
        let entry = entry.strip_prefix("W/").unwrap_or(entry);
        // SDKs send tags with and without quotes.
        entry == "*" || entry.trim_matches('"') == bare
    })
}

fn unix(value: &[u8]) -> Option<i64> {
    let time = httpdate::parse_http_date(std::str::from_utf8(value).ok()?).ok()?;
    seconds(time)
}

fn seconds(time: SystemTime) -> Option<i64> {
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}
