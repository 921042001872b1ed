//! Percent-encoding (RFC 3986 §2.1) and its inverse, over raw bytes.
//!
//! The signature escapes everything but the unreserved characters `A-Z a-z 0-9 - _ . ~`, with
//! upper-case hex digits (COS document 436/7778, "UrlEncode"). This file is the one place that
//! knows it; nothing here ever goes through a lossy conversion.

use std::borrow::Cow;

/// How a `+` in a query string is read.
///
/// Most official SDKs write a space as `+` in a query (Python's `urlencode`, Java, Go); the C++ SDK
/// writes parameters as they stand, so that its `+` is a plus sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Plus {
    /// `+` stands for a space: the rule.
    Space,
    /// `+` stands for itself.
    Literal,
}

/// Whether `byte` is unreserved (RFC 3986 §2.3) and so stays as it is.
pub const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Appends `raw`, percent-encoded with upper-case hex digits.
pub fn encode_into(out: &mut Vec<u8>, raw: &[u8]) {
    for &byte in raw {
        if is_unreserved(byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(&escape(byte));
        }
    }
}

/// Appends `raw`, percent-encoded, the whole in lower case, hex digits included: the form in which
/// a name enters the canonical text (`a/B` becomes `a%2fb`).
pub fn encode_lower_into(out: &mut Vec<u8>, raw: &[u8]) {
    for &byte in raw {
        if is_unreserved(byte) {
            out.push(byte.to_ascii_lowercase());
        } else {
            out.extend_from_slice(&escape(byte).map(|b| b.to_ascii_lowercase()));
        }
    }
}

/// Appends `raw` to a string, percent-encoded with upper-case hex digits.
pub fn push_encoded(out: &mut String, raw: &[u8]) {
    for &byte in raw {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            out.extend(escape(byte).map(char::from));
        }
    }
}

/// `raw`, percent-encoded with upper-case hex digits.
///
/// ```
/// use cospass_sign::percent::encode;
///
/// assert_eq!(encode("a b/腾".as_bytes()), "a%20b%2F%E8%85%BE");
/// ```
pub fn encode(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    push_encoded(&mut out, raw);
    out
}

/// The bytes that `encoded` stands for; `+` is itself. A `%` that is not followed by two hex digits
/// stays as it stands, so that every input has exactly one reading.
///
/// ```
/// use cospass_sign::percent::decode;
///
/// assert_eq!(&*decode(b"a%20b+c%zz"), b"a b+c%zz");
/// ```
pub fn decode(encoded: &[u8]) -> Cow<'_, [u8]> {
    decode_query(encoded, Plus::Literal)
}

/// Like [`decode`], with `+` read as `plus` says.
pub fn decode_query(encoded: &[u8], plus: Plus) -> Cow<'_, [u8]> {
    let spaced = plus == Plus::Space;
    if !encoded.iter().any(|&b| b == b'%' || (spaced && b == b'+')) {
        return Cow::Borrowed(encoded);
    }
    let mut out = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'%', &[high, low, ref tail @ ..]) => match (hex_value(high), hex_value(low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = tail;
                }
                _ => out.push(byte),
            },
            (b'+', _) if spaced => out.push(b' '),
            _ => out.push(byte),
        }
    }
    Cow::Owned(out)
}

/// Whether `text` holds at least one well-formed escape, `%` and two hex digits.
pub fn has_escape(text: &[u8]) -> bool {
    text.windows(3).any(|w| {
        matches!(w, &[b'%', high, low] if hex_value(high).is_some() && hex_value(low).is_some())
    })
}

fn escape(byte: u8) -> [u8; 3] {
    [b'%', hex_digit(byte >> 4), hex_digit(byte & 0x0f)]
}

const fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 }
}

pub(crate) const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_of_the_documentation_is_escaped() {
        let reserved = br##" !"#$%&'()*+,/:;<=>?@[\]^`{|}"##;
        assert_eq!(
            encode(reserved),
            "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E%60%7B%7C%7D"
        );
        assert_eq!(encode(b"Az09-_.~"), "Az09-_.~");
    }

    #[test]
    fn names_are_lower_cased_with_their_escapes() {
        let mut out = Vec::new();
        encode_lower_into(&mut out, "a/B腾".as_bytes());
        assert_eq!(out, b"a%2fb%e8%85%be");
    }

    #[test]
    fn a_broken_escape_stays() {
        for text in ["%", "%2", "%zz", "%%", "a%"] {
            assert_eq!(&*decode(text.as_bytes()), text.as_bytes());
        }
        assert_eq!(&*decode(b"%%41"), b"%A");
    }

    #[test]
    fn plus_is_read_as_asked() {
        assert_eq!(&*decode_query(b"a+b%2B", Plus::Space), b"a b+");
        assert_eq!(&*decode_query(b"a+b%2B", Plus::Literal), b"a+b+");
    }

    proptest! {
        #[test]
        fn decode_inverts_encode(raw: Vec<u8>) {
            let encoded = encode(&raw);
            prop_assert_eq!(&*decode(encoded.as_bytes()), &raw[..]);
            prop_assert_eq!(&*decode_query(encoded.as_bytes(), Plus::Space), &raw[..]);
        }
    }
}
