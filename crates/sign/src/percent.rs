//! Percent-encoding (RFC 3986 §2.1) and its inverse, over raw bytes.
//!
//! The signature escapes everything but the unreserved characters `A-Z a-z 0-9 - _ . ~`, with
//! upper-case hex digits (COS document 436/7778, "UrlEncode"). This file is the one place that
//! knows it; nothing here ever goes through a lossy conversion.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::sets::{has_mark, has_percent, has_reserved, has_reserved_but_slash, stays};

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
    if !has_reserved(raw) {
        return out.extend_from_slice(raw);
    }
    encode_with(&UPPER, raw, |text| out.extend_from_slice(text));
}

/// Appends `raw`, percent-encoded, the whole in lower case, hex digits included: the form in which
/// a name enters the canonical text (`a/B` becomes `a%2fb`).
pub fn encode_lower_into(out: &mut Vec<u8>, raw: &[u8]) {
    encode_with(&LOWER, raw, |text| out.extend_from_slice(text));
}

/// Appends `raw` to a string, percent-encoded with upper-case hex digits.
pub fn push_encoded(out: &mut String, raw: &[u8]) {
    encode_with(&UPPER, raw, |text| out.push_str(std::str::from_utf8(text).unwrap_or_default()));
}

/// Like [`push_encoded`]: text that nothing has to be done to is copied as it is.
pub fn push_encoded_str(out: &mut String, raw: &str) {
    if !has_reserved(raw.as_bytes()) {
        out.push_str(raw);
    } else {
        push_encoded(out, raw.as_bytes());
    }
}

/// Compares two names as [`encode_lower_into`] writes them.
///
/// Encoded, a reserved byte begins with `%`, which stands before every unreserved character; two
/// reserved bytes compare as their hex digits do, which is as they do themselves.
pub(crate) fn cmp_lower_encoded(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |byte: &u8| (is_unreserved(*byte), byte.to_ascii_lowercase());
    a.iter().map(rank).cmp(b.iter().map(rank))
}

/// Like [`push_encoded_str`], but for `/`, which stays: a path whose slashes all separate.
pub fn push_encoded_path(out: &mut String, raw: &str) {
    if !has_reserved_but_slash(raw.as_bytes()) {
        return out.push_str(raw);
    }
    let raw = raw.as_bytes();
    encode_with(&PATH, raw, |text| out.push_str(std::str::from_utf8(text).unwrap_or_default()));
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
    // Most texts have no mark.
    if !has_mark(encoded) {
        return Cow::Borrowed(encoded);
    }
    let mut out = Vec::with_capacity(encoded.len());
    decode_escapes_into(&mut out, encoded, plus);
    Cow::Owned(out)
}

/// Appends what [`decode`] makes of `encoded`.
pub(crate) fn decode_into(out: &mut Vec<u8>, encoded: &[u8]) {
    if has_percent(encoded) {
        decode_escapes_into(out, encoded, Plus::Literal);
    } else {
        out.extend_from_slice(encoded);
    }
}

/// Appends what `encoded` stands for.
fn decode_escapes_into(out: &mut Vec<u8>, encoded: &[u8], plus: Plus) {
    let is_mark = |byte: &u8| *byte == b'%' || (*byte == b'+' && plus == Plus::Space);
    let mut rest = encoded;
    loop {
        let (run, marked) = rest.split_at(rest.iter().position(is_mark).unwrap_or(rest.len()));
        out.extend_from_slice(run);
        rest = marked;
        // Often there is one mark behind the other.
        while let Some((mark, after)) = rest.split_first().filter(|(byte, _)| is_mark(byte)) {
            let (byte, after) = if *mark == b'+' { (b' ', after) } else { decode_escape(after) };
            out.push(byte);
            rest = after;
        }
        if rest.is_empty() {
            return;
        }
    }
}

/// Appends `encoded`, decoded and encoded again, as [`decode`] and [`encode_into`] do; what is encoded as it has to be is
/// copied. `None` if there is a `+`, which can be read in two ways.
pub(crate) fn recode_into(out: &mut Vec<u8>, encoded: &[u8]) -> Option<()> {
    if !has_reserved(encoded) || is_encoded(encoded) {
        out.extend_from_slice(encoded);
    } else if encoded.contains(&b'+') {
        return None;
    } else {
        encode_into(out, &decode(encoded));
    }
    Some(())
}

/// Whether [`encode`] could have written this: unreserved characters, and escapes of all others in upper case. Without a
/// branch for each byte, so that a compiler looks at many at once.
fn is_encoded(text: &[u8]) -> bool {
    let is_hex = |digit: u8| (digit.wrapping_sub(b'0') < 10) | (digit.wrapping_sub(b'A') < 6);
    // Of a hex digit: letters begin one after a multiple of 16.
    let nibble = |digit: u8| (digit & 0x0f).wrapping_add(if digit & 0x40 == 0 { 0 } else { 9 });
    let is_good = |mark: u8, high: u8, low: u8| {
        let byte = nibble(high) << 4 | nibble(low);
        let is_escape = is_hex(high) & is_hex(low) & !stays(byte);
        stays(mark) | ((mark == b'%') & is_escape)
    };
    let piece = |[marks, highs, lows]: [&[u8; PIECE]; 3]| {
        let triples = marks.iter().zip(highs).zip(lows);
        triples.fold(true, |all, ((&mark, &high), &low)| all & is_good(mark, high, low))
    };
    let triples = text.len().saturating_sub(2);
    let [marks, highs, lows] =
        [0, 1, 2].map(|first| text.get(first..first + triples).unwrap_or_default());
    let end = text.get(triples..).unwrap_or_default();
    // No escape begins there.
    if !end.iter().all(|&byte| stays(byte)) {
        return false;
    }
    // The last piece may overlap the one before.
    match [marks.last_chunk(), highs.last_chunk(), lows.last_chunk()] {
        [Some(mark), Some(high), Some(low)] => {
            let pieces =
                marks.as_chunks().0.iter().zip(highs.as_chunks().0).zip(lows.as_chunks().0);
            pieces.fold(true, |all, ((mark, high), low)| all & piece([mark, high, low]))
                & piece([mark, high, low])
        }
        _ => {
            marks.iter().zip(highs).zip(lows).all(|((&mark, &high), &low)| is_good(mark, high, low))
        }
    }
}

/// So many bytes are looked at together.
const PIECE: usize = 16;

/// The byte that a `%` stands for with what is after it, and what is left.
#[inline]
fn decode_escape(after: &[u8]) -> (u8, &[u8]) {
    match after {
        &[high, low, ref left @ ..] => match (hex_value(high), hex_value(low)) {
            (Some(high), Some(low)) => (high << 4 | low, left),
            _ => (b'%', after),
        },
        _ => (b'%', after),
    }
}

/// `raw` as [`encode_lower_into`] writes it: borrowed where that changes nothing.
pub(crate) fn encode_lower(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.iter().all(|&byte| is_unreserved(byte) && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(raw.len());
    encode_lower_into(&mut out, raw);
    Cow::Owned(out)
}

/// Whether `text` holds at least one well-formed escape, `%` and two hex digits.
pub fn has_escape(text: &[u8]) -> bool {
    text.windows(3).any(|w| {
        matches!(w, &[b'%', high, low] if hex_value(high).is_some() && hex_value(low).is_some())
    })
}

/// What stands for each byte: up to three characters, and how many they are.
type Table = [[u8; 4]; 256];

static UPPER: Table = table(b"0123456789ABCDEF", false, false);
static PATH: Table = table(b"0123456789ABCDEF", true, false);
static LOWER: Table = table(b"0123456789abcdef", false, true);

#[allow(clippy::indexing_slicing, reason = "the tables are made when this is compiled")]
const fn table(digits: &[u8; 16], slash: bool, lower: bool) -> Table {
    let mut table = [[0; 4]; 256];
    let mut byte: u8 = 0;
    loop {
        table[byte as usize] = if is_unreserved(byte) || (slash && byte == b'/') {
            [if lower { byte.to_ascii_lowercase() } else { byte }, 0, 0, 1]
        } else {
            [b'%', digits[byte as usize >> 4], digits[byte as usize & 0x0f], 3]
        };
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

/// Encodes each piece in a buffer of its own, without a branch for each byte: an entry of the table
/// is written whole, and the next one over what of it does not count.
fn encode_with(table: &Table, raw: &[u8], mut append: impl FnMut(&[u8])) {
    const PIECE: usize = 64;
    let mut text = [0; 3 * PIECE + 1];
    for piece in raw.chunks(PIECE) {
        let mut length = 0;
        for &byte in piece {
            let Some(entry) = table.get(usize::from(byte)) else { continue };
            if let Some(place) = text.get_mut(length..length + 4) {
                place.copy_from_slice(entry);
            }
            let [.., count] = *entry;
            length += usize::from(count);
        }
        append(text.get(..length).unwrap_or_default());
    }
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
    fn the_slashes_of_a_path_stay() {
        let mut out = String::new();
        push_encoded_path(&mut out, "/A b//腾/");
        assert_eq!(out, "/A%20b//%E8%85%BE/");
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

    #[test]
    fn long_texts_are_encoded_whole() {
        for length in [63, 64, 65, 200] {
            assert_eq!(encode(&vec![b'a'; length]), "a".repeat(length));
            assert_eq!(encode(&vec![b'/'; length]), "%2F".repeat(length));
        }
    }

    proptest! {
        #[test]
        fn text_is_encoded_as_its_bytes_are(raw in "[a-z/]{0,40}|\\PC{0,80}") {
            let mut out = String::new();
            push_encoded_str(&mut out, &raw);
            prop_assert_eq!(&out, &encode(raw.as_bytes()));
            out.clear();
            push_encoded_path(&mut out, &raw);
            prop_assert_eq!(out, encode(raw.as_bytes()).replace("%2F", "/"));
        }

        #[test]
        fn names_compare_as_their_encoded_forms(a in "[a-cA-C0/_~é-]{0,4}", b in "[a-cA-C0/_~é-]{0,4}") {
            let encoded = |raw: &str| {
                let mut out = Vec::new();
                encode_lower_into(&mut out, raw.as_bytes());
                out
            };
            let expected = encoded(&a).cmp(&encoded(&b));
            prop_assert_eq!(cmp_lower_encoded(a.as_bytes(), b.as_bytes()), expected);
        }

        #[test]
        fn any_two_bytes_compare_as_their_encoded_forms(a: u8, b: u8) {
            let encoded = |raw: u8| {
                let mut out = Vec::new();
                encode_lower_into(&mut out, &[raw]);
                out
            };
            prop_assert_eq!(cmp_lower_encoded(&[a], &[b]), encoded(a).cmp(&encoded(b)));
        }

        #[test]
        fn what_is_encoded_already_is_recoded_as_everything_is(text in "([a-z]{0,9}|%[2-7][0-9A-Fa-f]|%[C-F][0-9A-F]|%|[/+ ~]){0,9}") {
            let mut out = Vec::new();
            let recoded = recode_into(&mut out, text.as_bytes());
            let expected = encode(&decode(text.as_bytes()));
            prop_assert_eq!(recoded.is_none(), text.contains('+'));
            if recoded.is_some() {
                prop_assert_eq!(std::str::from_utf8(&out).unwrap(), &expected);
            }
            prop_assert_eq!(is_encoded(text.as_bytes()), text == expected);
            out.clear();
            decode_into(&mut out, text.as_bytes());
            prop_assert_eq!(&out[..], &*decode(text.as_bytes()));
        }

        #[test]
        fn decode_inverts_encode(raw: Vec<u8>) {
            let encoded = encode(&raw);
            prop_assert_eq!(&*decode(encoded.as_bytes()), &raw[..]);
            prop_assert_eq!(&*decode_query(encoded.as_bytes(), Plus::Space), &raw[..]);
        }
    }
}
