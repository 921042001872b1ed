//! The fields of a signature as all official SDKs print them: one behind the other, in their order.
//!
//! Nearly every signature that comes is read here, at once; whatever is different, or wrong, is left to [`Fields`](super::Fields),
//! which a property test holds this to.

use std::borrow::Cow;

use super::Authorization;
use super::time::{Time, plain};
use crate::percent::{self, Plus};
use crate::signing::Signature;
use crate::split::split_at;

impl<'a> Authorization<'a> {
    /// Reads the signature that a text begins with, and says what stands behind it. `is_encoded` says of a value
    /// whether it may be percent-encoded. `None` if there is anything unusual, whether right or wrong.
    #[inline]
    pub(crate) fn in_order(
        text: &'a str,
        is_encoded: impl Fn(&[u8]) -> bool,
    ) -> Option<(Self, &'a str)> {
        let rest = text.strip_prefix("q-sign-algorithm=sha1&q-ak=")?;
        let (secret_id, rest) = value(rest)?;
        let from_time = rest.strip_prefix("q-sign-time=")?;
        let (sign_time, rest) = time(from_time, &is_encoded)?;
        let sent = from_time.get(..from_time.len() - rest.len())?;
        let from_time = rest.strip_prefix("q-key-time=")?;
        // With all official SDKs the two are the same.
        let (key_time, rest) = match from_time.strip_prefix(sent) {
            Some(rest) => (sign_time.clone(), rest),
            None => time(from_time, &is_encoded)?,
        };
        let (header_list, rest) = value(rest.strip_prefix("q-header-list=")?)?;
        let (param_list, rest) = value(rest.strip_prefix("q-url-param-list=")?)?;
        let rest = rest.strip_prefix("q-signature=")?;
        let (signature, rest) = rest.split_at_checked(Signature::LENGTH)?;
        let ends = rest.is_empty() || rest.starts_with('&');
        if !ends || secret_id.is_empty() || is_encoded(secret_id.as_bytes()) {
            return None;
        }
        let read = Self {
            secret_id: Cow::Borrowed(secret_id),
            sign_time,
            key_time,
            header_list: list(header_list, &is_encoded)?,
            param_list: list(param_list, &is_encoded)?,
            signature: Signature::parse(signature)?,
            token: None,
        };
        Some((read, rest))
    }
}

/// The value up to the next `&`, and what is behind that.
#[inline]
fn value(text: &str) -> Option<(&str, &str)> {
    let (before, behind) = split_at(text.as_bytes(), b'&');
    behind?;
    let (value, rest) = text.split_at_checked(before.len())?;
    Some((value, rest.get(1..)?))
}

/// A time of digits alone, and what is behind it and its `&`.
#[inline]
fn time(text: &str, is_encoded: impl Fn(&[u8]) -> bool) -> Option<(Time, &str)> {
    let (time, rest) = plain(text.as_bytes(), is_encoded)?;
    let [b'&', rest @ ..] = rest else { return None };
    Some((Time::Plain(time), text.get(text.len() - rest.len()..)?))
}

/// A list of names, decoded.
#[inline]
fn list(text: &str, is_encoded: impl Fn(&[u8]) -> bool) -> Option<Cow<'_, str>> {
    if !is_encoded(text.as_bytes()) {
        return Some(Cow::Borrowed(text));
    }
    let separated = separated(text).map(Cow::Owned);
    separated.or_else(|| {
        let decoded = percent::decode_query(text.as_bytes(), Plus::Space).into_owned();
        String::from_utf8(decoded).ok().map(Cow::Owned)
    })
}

/// A list in which nothing but the marks between the names is encoded.
fn separated(text: &str) -> Option<String> {
    let mut list = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (name, behind) = rest.split_at_checked(split_at(rest.as_bytes(), b'%').0.len())?;
        list.push_str(name);
        if behind.is_empty() {
            return (!list.contains('+')).then_some(list);
        }
        rest = behind.strip_prefix("%3B").or_else(|| behind.strip_prefix("%3b"))?;
        list.push(';');
    }
}
