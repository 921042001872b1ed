//! Until when an object cannot be changed: as headers of an upload, and as operations of its own (436/7749, 436/95768,
//! 436/55292).

use super::fields::content_md5;
use super::parts::{Headers, Pair, Params, Parts, pair, parts};
use super::request::{Request, called};
use super::value::ContentMd5;
use super::versions::{version_id, version_param};
use super::{DecodeError, Unserved, invalid};
use crate::xml::{from_iso8601, iso8601_millis};
use crate::{Bucket, ObjectKey};

/// What all headers of object lock begin with.
const LOCK: &str = "x-cos-object-lock";
const MODE: &str = "x-cos-object-lock-mode";
const UNTIL: &str = "x-cos-object-lock-retain-until-date";

/// The mode of every lock: nobody can end it, only make it last longer. The service has no other (436/55290).
pub const RETENTION_MODE: &str = "COMPLIANCE";

/// Until when an upload is to be kept, Unix seconds; `None` if its headers say nothing of it. A mode without a date is
/// refused; a date without a mode has the only one there is, as in the documents (decided).
pub(super) fn retain_until(headers: Headers<'_, '_>) -> Result<Option<i64>, DecodeError> {
    let mode = headers.text(MODE)?;
    if let Some(mode) = mode.as_deref().filter(|mode| *mode != RETENTION_MODE) {
        return Err(invalid(MODE, mode));
    }
    match (headers.text(UNTIL)?, mode) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(invalid(UNTIL, "")),
        (Some(date), _) => from_iso8601(&date).map(Some).ok_or_else(|| invalid(UNTIL, &date)),
    }
}

/// The inverse of [`retain_until`].
pub(super) fn retain_until_headers(until: Option<i64>) -> Vec<Pair<'static>> {
    let headers = |until| vec![pair(MODE, RETENTION_MODE), pair(UNTIL, iso8601_millis(until))];
    until.map(headers).unwrap_or_default()
}

/// Refuses headers of object lock that would be dropped: those of a legal hold, which is not served here, and any where
/// no object is made whole or begun in parts.
pub(super) fn refuse_elsewhere(
    is_upload: bool,
    headers: Headers<'_, '_>,
) -> Result<(), DecodeError> {
    let is_taken = |name: &str| is_upload && [MODE, UNTIL].contains(&name);
    match headers.with_prefix(LOCK).find(|(name, _)| !is_taken(name)) {
        Some((name, _)) => Err(DecodeError::Unserved(Unserved::Header(name))),
        None => Ok(()),
    }
}

/// Reads until when an object cannot be changed (436/55292).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetObjectRetention {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
}

impl Request for GetObjectRetention {
    called!("GET Object Retention", "GetObjectRetention");

    fn encode(&self) -> Parts<'_> {
        let version = version_param(self.version_id.as_ref());
        parts("GET", (&self.bucket, &self.key), "retention", version, vec![])
    }
}

/// Says until when an object cannot be changed: longer than before. The body tells (436/95768).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutObjectRetention {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
}

impl PutObjectRetention {
    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(Self { bucket, key, version_id: version_id(params)?, md5: content_md5(headers)? })
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        self.md5.map(ContentMd5::header).into_iter().collect()
    }
}

impl Request for PutObjectRetention {
    called!("PUT Object Retention", "PutObjectRetention");

    fn encode(&self) -> Parts<'_> {
        let version = version_param(self.version_id.as_ref());
        parts("PUT", (&self.bucket, &self.key), "retention", version, self.headers())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(headers: &[(&'static str, &'static str)]) -> Result<Option<i64>, DecodeError> {
        let headers: Vec<_> = headers.iter().map(|&(name, value)| pair(name, value)).collect();
        retain_until(Headers(&headers))
    }

    #[test]
    fn headers_and_retain_until_are_inverse() {
        for until in [None, Some(1_670_661_288)] {
            assert_eq!(retain_until(Headers(&retain_until_headers(until))), Ok(until));
        }
        // Go's RFC 3339, without a fraction.
        let alone = decode(&[("X-Cos-Object-Lock-Retain-Until-Date", "2022-12-10T08:34:48Z")]);
        assert_eq!(alone, Ok(Some(1_670_661_288)));
    }

    #[test]
    fn another_mode_or_no_date_is_refused() {
        let date = (UNTIL, "2022-12-10T08:34:48.000Z");
        for mode in ["GOVERNANCE", "compliance", ""] {
            assert_eq!(decode(&[(MODE, mode), date]), Err(invalid(MODE, mode)));
        }
        assert_eq!(decode(&[(MODE, RETENTION_MODE)]), Err(invalid(UNTIL, "")));
        assert_eq!(decode(&[(UNTIL, "soon")]), Err(invalid(UNTIL, "soon")));
    }
}
