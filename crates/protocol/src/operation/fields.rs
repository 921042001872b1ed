//! What several operations say of an object: headers that are kept with it, conditions, checksums, limits.

use super::parts::{Headers, Pair, Params, pair};
use super::value::{ContentMd5, StorageClass, TrafficLimit};
use super::{DecodeError, invalid};

/// The prefix of user metadata.
const META: &str = "x-cos-meta-";

/// The most user metadata that an object may have, in bytes, names and values (436/7749).
const META_MAX: usize = 2048;

macro_rules! fields {
    ($($(#[$doc:meta])* $type:ident { $($field:ident: $name:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $type {
            $(#[doc = concat!("`", $name, "`")] pub $field: Option<Vec<u8>>,)*
        }

        impl $type {
            /// What is there: names and values.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
                [$(($name, &self.$field)),*]
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value.as_deref()?)))
            }

            pub(super) fn encode(&self) -> Vec<Pair<'_>> {
                self.iter().map(|(name, value)| (name.as_bytes().into(), value.into())).collect()
            }

            pub(super) fn decode(headers: Headers<'_, '_>) -> Result<Self, DecodeError> {
                Ok(Self { $($field: headers.once($name)?.map(<[u8]>::to_vec),)* })
            }
        }
    )*};
}

fields! {
    /// Headers that are kept with an object and sent with each download.
    ContentHeaders {
        cache_control: "Cache-Control",
        content_disposition: "Content-Disposition",
        content_encoding: "Content-Encoding",
        content_language: "Content-Language",
        content_type: "Content-Type",
        expires: "Expires",
    }

    /// What must hold of an object for the operation to be done (RFC 9110 §13); values as sent.
    Conditions {
        if_match: "If-Match",
        if_modified_since: "If-Modified-Since",
        if_none_match: "If-None-Match",
        if_unmodified_since: "If-Unmodified-Since",
    }
}

/// Headers that the answer to a download is to bear instead of the object's own: the parameters `response-…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseOverrides(Vec<(&'static str, &'static str, Vec<u8>)>);

impl ResponseOverrides {
    /// Parameters and the headers that they stand for.
    pub const NAMES: [(&str, &str); 6] = [
        ("response-cache-control", "Cache-Control"),
        ("response-content-disposition", "Content-Disposition"),
        ("response-content-encoding", "Content-Encoding"),
        ("response-content-language", "Content-Language"),
        ("response-content-type", "Content-Type"),
        ("response-expires", "Expires"),
    ];

    /// With one more header replaced; a name that is none of [`NAMES`](Self::NAMES) changes nothing.
    #[must_use]
    pub fn with(mut self, param: &str, value: impl Into<Vec<u8>>) -> Self {
        let found = Self::NAMES.into_iter().find(|(name, _)| *name == param);
        self.0.extend(found.map(|(param, header)| (param, header, value.into())));
        self
    }

    /// What is there: parameters, the headers that they stand for, values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str, &[u8])> {
        self.0.iter().map(|(param, header, value)| (*param, *header, value.as_slice()))
    }

    pub(super) fn decode(params: Params<'_, '_>) -> Result<Self, DecodeError> {
        let mut found = Vec::new();
        for (param, header) in Self::NAMES {
            let Some(value) = params.once(param)? else {
                continue;
            };
            if value.iter().any(|&byte| byte.is_ascii_control() && byte != b'\t') {
                return Err(invalid(param, &String::from_utf8_lossy(value)));
            }
            found.push((param, header, value.to_vec()));
        }
        Ok(Self(found))
    }
}

pub(super) fn metadata(headers: Headers<'_, '_>) -> Result<Vec<(String, Vec<u8>)>, DecodeError> {
    let found = headers
        .with_prefix(META)
        .filter_map(|(name, value)| Some((name.strip_prefix(META)?.to_owned(), value.to_vec())));
    let found: Vec<(String, Vec<u8>)> = found.collect();
    for (index, (name, _)) in found.iter().enumerate() {
        let is_twice = found.iter().skip(index + 1).any(|(other, _)| other == name);
        if is_twice || !is_metadata_name(name) {
            return Err(DecodeError::MetadataName { name: format!("{META}{name}") });
        }
    }
    let length = found.iter().map(|(name, value)| name.len() + value.len()).sum();
    if length > META_MAX { Err(DecodeError::MetadataTooLong { length }) } else { Ok(found) }
}

/// Letters, digits and `-` (436/13361); others, `_` among them, are lost or refused on the way into the service.
fn is_metadata_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

pub(super) fn metadata_headers(metadata: &[(String, Vec<u8>)]) -> Vec<Pair<'_>> {
    let named = |name: &String| format!("{META}{name}").into_bytes().into();
    metadata.iter().map(|(name, value)| (named(name), value.as_slice().into())).collect()
}

pub(super) fn storage_class(headers: Headers<'_, '_>) -> Result<StorageClass, DecodeError> {
    match headers.text("x-cos-storage-class")? {
        Some(name) => name.parse().map_err(|_| invalid("x-cos-storage-class", &name)),
        None => Ok(StorageClass::default()),
    }
}

pub(super) fn content_md5(headers: Headers<'_, '_>) -> Result<Option<ContentMd5>, DecodeError> {
    let value = headers.once("Content-MD5")?;
    value.map(|value| ContentMd5::parse(value).ok_or(DecodeError::InvalidDigest)).transpose()
}

const TRAFFIC_LIMIT: &str = "x-cos-traffic-limit";

/// As a header or as a parameter; if as both, they must say the same.
pub(super) fn traffic_limit(
    params: Params<'_, '_>,
    headers: Headers<'_, '_>,
) -> Result<Option<TrafficLimit>, DecodeError> {
    let parse = |text: &str| TrafficLimit::parse(text).ok_or_else(|| invalid(TRAFFIC_LIMIT, text));
    let header = headers.text(TRAFFIC_LIMIT)?.map(|text| parse(&text)).transpose()?;
    let param = params.text(TRAFFIC_LIMIT)?.map(|text| parse(&text)).transpose()?;
    match (header, param) {
        (Some(header), Some(param)) if header != param => {
            Err(invalid(TRAFFIC_LIMIT, &param.bits_per_second().to_string()))
        }
        (header, param) => Ok(header.or(param)),
    }
}

pub(super) fn traffic_limit_header(limit: TrafficLimit) -> Pair<'static> {
    pair(TRAFFIC_LIMIT, limit.bits_per_second().to_string())
}

pub(super) const FORBID_OVERWRITE: &str = "x-cos-forbid-overwrite";

pub(super) fn forbid_overwrite(is_forbidden: bool) -> Option<Pair<'static>> {
    is_forbidden.then(|| pair(FORBID_OVERWRITE, "true"))
}
