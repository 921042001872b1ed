//! A request taken apart: what an operation is encoded to and decoded from.

use std::borrow::Cow;

use super::{DecodeError, invalid};
use crate::{Bucket, ObjectKey};

/// A name and its value, raw bytes: nothing of them is percent-encoded.
pub type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// What a request is for, told by host and path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// The account.
    Service,
    /// A bucket.
    Bucket(Bucket),
    /// An object. The key is not that of the bucket itself.
    Object(Bucket, ObjectKey),
}

impl Resource {
    /// The bucket itself for the key `/`, else an object in it.
    pub fn new(bucket: Bucket, key: ObjectKey) -> Self {
        if key.is_bucket() { Self::Bucket(bucket) } else { Self::Object(bucket, key) }
    }

    /// The bucket, unless it is the account that is meant.
    pub fn bucket(&self) -> Option<&Bucket> {
        match self {
            Self::Service => None,
            Self::Bucket(bucket) | Self::Object(bucket, _) => Some(bucket),
        }
    }
}

impl From<&Bucket> for Resource {
    fn from(bucket: &Bucket) -> Self {
        Self::Bucket(bucket.clone())
    }
}

impl From<(&Bucket, &ObjectKey)> for Resource {
    fn from((bucket, key): (&Bucket, &ObjectKey)) -> Self {
        Self::Object(bucket.clone(), key.clone())
    }
}

/// A request without its signature and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The method in upper case.
    pub method: Cow<'a, str>,
    /// What it is for.
    pub resource: Resource,
    /// The query parameters, decoded, without those of the signature.
    pub params: Vec<Pair<'a>>,
    /// The headers; names in any case.
    pub headers: Vec<Pair<'a>>,
}

pub(super) fn pair<'a>(name: &'a str, value: impl Into<Cow<'a, str>>) -> Pair<'a> {
    let value = match value.into() {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    (Cow::Borrowed(name.as_bytes()), value)
}

/// A request for a resource, or the sub-resource of it that a parameter without value names.
pub(super) fn parts<'a>(
    method: &'static str,
    resource: impl Into<Resource>,
    sub: &'static str,
    mut params: Vec<Pair<'a>>,
    headers: Vec<Pair<'a>>,
) -> Parts<'a> {
    if !sub.is_empty() {
        params.insert(0, pair(sub, ""));
    }
    Parts { method: Cow::Borrowed(method), resource: resource.into(), params, headers }
}

/// The parameters of a request, by name.
#[derive(Clone, Copy)]
pub(super) struct Params<'a, 'b>(pub(super) &'a [Pair<'b>]);

impl<'a> Params<'a, '_> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found.as_ref() == name.as_bytes())
    }

    /// The value of a parameter that may stand once. Its name counts in any case, as in a signature: a signed
    /// `Response-Expires` must not vouch for an unsigned `response-expires`.
    pub(super) fn once(&self, name: &'static str) -> Result<Option<&'a [u8]>, DecodeError> {
        once(self.0.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())), name)
    }

    pub(super) fn text(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, DecodeError> {
        self.once(name)?.map(|value| as_text(name, value)).transpose()
    }

    /// The text of a parameter; empty if it is absent.
    pub(super) fn owned(&self, name: &'static str) -> Result<String, DecodeError> {
        Ok(self.text(name)?.map(Cow::into_owned).unwrap_or_default())
    }

    /// A positive number: `most` if it is absent or larger.
    pub(super) fn count(&self, name: &'static str, most: u32) -> Result<u32, DecodeError> {
        match self.text(name)? {
            None => Ok(most),
            Some(text) => match number(&text) {
                Some(0) | None => Err(invalid(name, &text)),
                Some(number) => Ok(u32::try_from(number).unwrap_or(most).min(most)),
            },
        }
    }

    /// Whether the answer's keys are to be percent-encoded, `encoding-type=url`.
    pub(super) fn url_encoding(&self) -> Result<bool, DecodeError> {
        match self.text("encoding-type")?.as_deref() {
            None | Some("") => Ok(false),
            Some("url") => Ok(true),
            Some(other) => Err(invalid("encoding-type", other)),
        }
    }
}

/// A number in plain decimal; what is beyond every number is the largest.
pub(super) fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// The headers of a request, by name in any case.
#[derive(Clone, Copy)]
pub(super) struct Headers<'a, 'b>(pub(super) &'a [Pair<'b>]);

impl<'a> Headers<'a, '_> {
    /// The value of a header that may stand once.
    pub(super) fn once(&self, name: &'static str) -> Result<Option<&'a [u8]>, DecodeError> {
        let of_name =
            self.0.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()));
        once(of_name, name)
    }

    pub(super) fn text(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, DecodeError> {
        self.once(name)?.map(|value| as_text(name, value)).transpose()
    }

    /// A header that is `true` or `false`, which it is also if it is absent.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, DecodeError> {
        match self.text(name)?.as_deref() {
            Some("true") => Ok(true),
            Some("false") | None => Ok(false),
            Some(other) => Err(invalid(name, other)),
        }
    }

    /// Every header whose name begins so; names in lower case.
    pub(super) fn with_prefix(
        &self,
        prefix: &'static str,
    ) -> impl Iterator<Item = (String, &'a [u8])> {
        self.0.iter().filter_map(move |(name, value)| {
            let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
            name.starts_with(prefix).then_some((name, value.as_ref()))
        })
    }
}

fn once<'a>(
    mut values: impl Iterator<Item = &'a Pair<'a>>,
    name: &'static str,
) -> Result<Option<&'a [u8]>, DecodeError> {
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Ok(Some(value)),
        (None, _) => Ok(None),
        (Some(_), Some((_, second))) => Err(invalid(name, &String::from_utf8_lossy(second))),
    }
}

fn as_text<'a>(name: &'static str, value: &'a [u8]) -> Result<Cow<'a, str>, DecodeError> {
    let text = std::str::from_utf8(value);
    text.map(Cow::Borrowed).map_err(|_| invalid(name, &String::from_utf8_lossy(value)))
}
