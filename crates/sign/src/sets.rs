//! Whether a text has a byte of some set: the question that is asked of every name and value, many bytes at a time.

/// Texts of fewer bytes are looked up in a table, byte by byte. Of longer ones many bytes are compared at once, which takes
/// less for each, and more to begin with.
const LONG: usize = 16;

/// A function that says whether any byte of a text is in a set.
macro_rules! set {
    ($(#[$documentation:meta])* $name:ident, $byte:ident => $is_in:expr) => {
        $(#[$documentation])*
        pub(crate) fn $name(text: &[u8]) -> bool {
            static TABLE: [bool; 256] = {
                let mut table = [false; 256];
                let mut $byte: u8 = 0;
                loop {
                    #[allow(clippy::indexing_slicing, reason = "a table of all bytes, made when this is compiled")]
                    {
                        table[$byte as usize] = $is_in;
                    }
                    if $byte == u8::MAX {
                        break table;
                    }
                    $byte += 1;
                }
            };
            any(text, &TABLE, |$byte| $is_in)
        }
    };
}

set! {
    /// A `%`: what the text of a path stands for may be another one.
    has_percent, byte => byte == b'%'
}
set! {
    /// A `%` or a `+`: what the text of a query stands for may be another one.
    has_mark, byte => (byte == b'%') | (byte == b'+')
}
set! {
    /// A byte that is percent-encoded, which is any but the unreserved ones.
    has_reserved, byte => !stays(byte)
}
set! {
    /// Like [`has_reserved`], but for `/`.
    has_reserved_but_slash, byte => !stays(byte) & (byte != b'/')
}
set! {
    /// What no list of names has by the rule: a byte that is percent-encoded, an escape, an upper-case letter.
    has_unlisted, byte => (byte.wrapping_sub(b'A') < 26) | !(stays(byte) | (byte == b';'))
}
set! {
    /// An upper-case letter or a `:`.
    has_upper_case_or_colon, byte => (byte.wrapping_sub(b'A') < 26) | (byte == b':')
}

/// Whether a byte is unreserved (RFC 3986 §2.3), without a branch.
#[inline]
pub(crate) const fn stays(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // `-`, `.`, `/` and the digits stand in one row.
    let mark = (byte.wrapping_sub(b'-') < 13) & (byte != b'/');
    letter | mark | (byte == b'_') | (byte == b'~')
}

/// Whether any byte is in the set that both the table and the function know. Sixteen at a time, without a branch, so that a
/// compiler makes a few vector instructions of them; the last sixteen may overlap those before.
#[inline]
fn any(text: &[u8], table: &[bool; 256], is_in: impl Fn(u8) -> bool) -> bool {
    let by_table = |&byte: &u8| table.get(usize::from(byte)).copied().unwrap_or_default();
    let of = |piece: &[u8; 16]| piece.iter().fold(false, |found, &byte| found | is_in(byte));
    match text.last_chunk() {
        Some(last) if text.len() >= LONG => text.as_chunks().0.iter().any(of) || of(last),
        _ => text.iter().fold(false, |found, byte| found | by_table(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::percent::is_unreserved;

    #[test]
    fn each_byte_is_seen_in_every_place() {
        for byte in 0..=u8::MAX {
            for (length, place) in
                [(1, 0), (16, 3), (15, 14), (31, 30), (32, 0), (40, 20), (40, 39)]
            {
                let mut text = vec![b'a'; length];
                text[place] = byte;
                let found = [
                    has_percent(&text),
                    has_mark(&text),
                    has_reserved(&text),
                    has_reserved_but_slash(&text),
                    has_unlisted(&text),
                    has_upper_case_or_colon(&text),
                ];
                let unreserved = is_unreserved(byte);
                let expected = [
                    byte == b'%',
                    b"%+".contains(&byte),
                    !unreserved,
                    !unreserved && byte != b'/',
                    byte != b';' && (!unreserved || byte.is_ascii_uppercase()),
                    byte == b':' || byte.is_ascii_uppercase(),
                ];
                assert_eq!(found, expected, "{byte} at {place} of {length}");
            }
        }
        assert!(!has_reserved(b""));
    }
}
