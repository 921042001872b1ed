//! A request head as it arrived: a borrowed view in which nothing is decoded yet.

use std::borrow::Cow;
use std::fmt;

use crate::percent::{self, Plus};
use crate::split::split_at;

/// The fields of a signature as query parameters, in the order in which they are printed
/// (COS document 436/7778).
pub const SIGNATURE_FIELDS: [&str; 7] = [
    "q-sign-algorithm",
    "q-ak",
    "q-sign-time",
    "q-key-time",
    "q-header-list",
    "q-url-param-list",
    "q-signature",
];

/// The query parameter that carries a whole signature in the legacy form.
pub const SIGN_PARAMETER: &str = "sign";

/// Whether `name` (decoded) belongs to the signature itself, so that it is never a signed parameter.
pub fn is_signature_field(name: &[u8]) -> bool {
    name == SIGN_PARAMETER.as_bytes() || position_of_field(name).is_some()
}

/// Which of [`SIGNATURE_FIELDS`] that is. Spelled out, so that a length and a few words are compared, not seven names.
pub(crate) fn position_of_field(name: &[u8]) -> Option<usize> {
    match name {
        b"q-sign-algorithm" => Some(0),
        b"q-ak" => Some(1),
        b"q-sign-time" => Some(2),
        b"q-key-time" => Some(3),
        b"q-header-list" => Some(4),
        b"q-url-param-list" => Some(5),
        b"q-signature" => Some(6),
        _ => None,
    }
}

/// The head of a request as it arrived on the wire: raw path, raw query, headers in their order.
///
/// The view borrows everything, so that a server can make one from its own buffers. Its `Debug`
/// shows method and path alone: query and headers may carry a signature or a token.
///
/// ```
/// use cospass_sign::RequestHead;
///
/// let headers: [(&[u8], &[u8]); 1] = [(b"Host", b"b-1250000000.cos.ap-beijing.myqcloud.com")];
/// let head = RequestHead::new("GET", b"/a%20b", Some(b"acl"), &headers);
/// assert_eq!(head.header(b"host"), Some(&b"b-1250000000.cos.ap-beijing.myqcloud.com"[..]));
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    method: &'a str,
    path: &'a [u8],
    query: Option<&'a [u8]>,
    headers: &'a [(&'a [u8], &'a [u8])],
}

impl<'a> RequestHead<'a> {
    /// A view of a request.
    ///
    /// - `method`: as sent; the signature compares it in lower case.
    /// - `path`: percent-encoded as sent, from the first `/` up to the `?`, never normalised. An empty
    ///   one stands for `/`, which is what is sent for a URL without a path (RFC 9112 §3.2.1).
    /// - `query`: percent-encoded as sent, what follows the `?`.
    /// - `headers`: names in any case, values raw, duplicates kept. `Host` is one of them.
    pub const fn new(
        method: &'a str,
        path: &'a [u8],
        query: Option<&'a [u8]>,
        headers: &'a [(&'a [u8], &'a [u8])],
    ) -> Self {
        Self { method, path, query, headers }
    }

    /// The method as sent.
    pub const fn method(&self) -> &'a str {
        self.method
    }

    /// The path as sent, percent-encoded.
    pub const fn path(&self) -> &'a [u8] {
        self.path
    }

    /// The path that the signature covers: escapes decoded, `+` kept, nothing merged.
    pub fn decoded_path(&self) -> Cow<'a, [u8]> {
        percent::decode(self.path)
    }

    /// The query as sent, percent-encoded, without the `?`.
    pub const fn query(&self) -> Option<&'a [u8]> {
        self.query
    }

    /// All headers in the order sent.
    pub const fn headers(&self) -> &'a [(&'a [u8], &'a [u8])] {
        self.headers
    }

    /// The first header of that name, in any case.
    pub fn header(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|&(_, value)| value)
    }

    /// The same request with another method.
    pub const fn with_method(self, method: &'a str) -> Self {
        Self { method, ..self }
    }

    /// The same request with other headers.
    pub const fn with_headers(self, headers: &'a [(&'a [u8], &'a [u8])]) -> Self {
        Self { headers, ..self }
    }

    /// The decoded query parameters in the order sent, without those of the signature. A parameter
    /// without `=` has an empty value; empty pieces (`&&`, a trailing `&`) are no parameters.
    pub fn params(&self, plus: Plus) -> impl Iterator<Item = Parameter<'a>> + use<'a> {
        raw_params(self.query.unwrap_or_default())
            .map(move |(name, value)| (percent::decode_query(name, plus), value))
            .filter(|(name, _)| !is_signature_field(name))
            .map(move |(name, value)| {
                (name, percent::decode_query(value.unwrap_or_default(), plus))
            })
    }
}

/// Name and value of a query parameter as sent; no value where there is no `=`.
pub(crate) type RawParameter<'a> = (&'a [u8], Option<&'a [u8]>);

/// The parameters of a query, or of a piece of one, as sent; those of a signature are among them.
pub(crate) fn raw_params(query: &[u8]) -> impl Iterator<Item = RawParameter<'_>> {
    let mut left = Some(query);
    let pieces = std::iter::from_fn(move || {
        let (piece, behind) = split_at(left?, b'&');
        left = behind;
        Some(piece)
    });
    pieces.filter(|piece| !piece.is_empty()).map(|piece| split_at(piece, b'='))
}

/// A decoded query parameter: name and value.
pub type Parameter<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method)
            .field("path", &String::from_utf8_lossy(self.path))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        RequestHead::new("GET", b"/", Some(query.as_bytes()), &[])
            .params(Plus::Space)
            .map(|(n, v)| (text(&n), text(&v)))
            .collect()
    }

    #[test]
    fn each_field_is_found_in_its_position() {
        for (position, field) in SIGNATURE_FIELDS.into_iter().enumerate() {
            assert_eq!(position_of_field(field.as_bytes()), Some(position));
        }
        assert_eq!(position_of_field(b"q-akk"), None);
    }

    #[test]
    fn stray_separators_are_no_parameters() {
        let want = [("acl", ""), ("a", "b=c"), ("x", "")].map(|(n, v)| (n.into(), v.into()));
        assert_eq!(params("&&acl&a=b=c&x=&"), want);
    }

    #[test]
    fn the_signature_is_no_parameter() {
        assert_eq!(params("q-ak=x&q-signature=y&sign=z&signed=1"), [("signed".into(), "1".into())]);
    }

    #[test]
    fn a_semicolon_separates_nothing() {
        assert_eq!(params("a=1;b=2"), [("a".into(), "1;b=2".into())]);
    }

    #[test]
    fn debug_shows_neither_query_nor_headers() {
        let headers: [(&[u8], &[u8]); 1] = [(b"Authorization", b"q-signature=deadbeef")];
        let head = RequestHead::new("GET", b"/k", Some(b"q-signature=cafe"), &headers);
        let text = format!("{head:?}");
        assert!(text.contains("/k") && !text.contains("cafe") && !text.contains("deadbeef"));
    }
}
