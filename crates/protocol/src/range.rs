//! Byte ranges: the `Range` header of a download and the `Content-Range` of its answer (RFC 9110 §14).
//!
//! The service serves one range a request. A header of another unit, of several ranges or of no sense is ignored, as
//! RFC 9110 §14.2 allows, and the whole object is sent; a range that lies outside the object is refused.

use std::fmt;
use std::ops::Range;

/// One byte range as a client asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `bytes=first-last`, both inclusive.
    FromTo(u64, u64),
    /// `bytes=first-`: from there to the end.
    From(u64),
    /// `bytes=-length`: that many bytes at the end.
    Last(u64),
}

impl ByteRange {
    /// Reads the value of a `Range` header; `None` when it is to be ignored.
    ///
    /// ```
    /// use cospass_protocol::ByteRange;
    ///
    /// assert_eq!(ByteRange::parse(b"bytes=0-4"), Some(ByteRange::FromTo(0, 4)));
    /// assert_eq!(ByteRange::parse(b"lines=0-4"), None);
    /// ```
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = std::str::from_utf8(value).ok()?;
        let (unit, ranges) = value.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = ranges.trim().split_once('-')?;
        match (first.trim(), last.trim()) {
            ("", length) => Some(Self::Last(number(length)?)),
            (first, "") => Some(Self::From(number(first)?)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::FromTo(first, last))
            }
        }
    }

    /// The bytes that it names of an object of `size` bytes; `None` when it lies outside of it.
    ///
    /// ```
    /// use cospass_protocol::ByteRange;
    ///
    /// assert_eq!(ByteRange::Last(2).within(13), Some(11..13));
    /// assert_eq!(ByteRange::From(13).within(13), None);
    /// ```
    pub fn within(self, size: u64) -> Option<Range<u64>> {
        let (first, end) = match self {
            Self::FromTo(first, last) => (first, last.saturating_add(1).min(size)),
            Self::From(first) => (first, size),
            Self::Last(length) => (size.saturating_sub(length), size),
        };
        (first < end).then_some(first..end)
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromTo(first, last) => write!(f, "bytes={first}-{last}"),
            Self::From(first) => write!(f, "bytes={first}-"),
            Self::Last(length) => write!(f, "bytes=-{length}"),
        }
    }
}

/// The value of `Content-Range` for a part of an object: `bytes 2-4/13`.
///
/// `part` is not empty and lies within `size`, as [`ByteRange::within`] returns it.
pub fn content_range(part: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1))
}

/// A position may have any number of digits (RFC 9110 §14.1.2); what does not fit lies behind every object.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_and_parse_are_inverse() {
        for range in [ByteRange::FromTo(0, 0), ByteRange::From(7), ByteRange::Last(3)] {
            assert_eq!(ByteRange::parse(range.to_string().as_bytes()), Some(range));
        }
    }

    #[test]
    fn what_makes_no_sense_is_ignored() {
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=4-2",
            "bytes=+1-2",
            "bytes=0-1,3-4",
            "items=0-1",
            "bytes 0-1",
        ] {
            assert_eq!(ByteRange::parse(value.as_bytes()), None, "{value}");
        }
        assert_eq!(ByteRange::parse(b"bytes=\xff-"), None);
    }

    #[test]
    fn a_position_of_many_digits_lies_behind_every_object() {
        let of = |text: &[u8]| ByteRange::parse(text).unwrap().within(13);
        assert_eq!(of(b"bytes=2-99999999999999999999"), Some(2..13));
        assert_eq!(of(b"bytes=-99999999999999999999"), Some(0..13));
        assert_eq!(of(b"bytes=99999999999999999999-"), None);
    }

    #[test]
    fn case_and_spaces_do_not_matter() {
        assert_eq!(ByteRange::parse(b"Bytes= 2 - 4 "), Some(ByteRange::FromTo(2, 4)));
    }

    #[test]
    fn a_range_is_cut_to_the_object() {
        assert_eq!(ByteRange::FromTo(2, 4).within(13), Some(2..5));
        assert_eq!(ByteRange::FromTo(2, 400).within(13), Some(2..13));
        assert_eq!(ByteRange::FromTo(2, u64::MAX).within(13), Some(2..13));
        assert_eq!(ByteRange::From(12).within(13), Some(12..13));
        assert_eq!(ByteRange::Last(400).within(13), Some(0..13));
    }

    #[test]
    fn a_range_outside_the_object_is_refused() {
        for range in [ByteRange::FromTo(13, 14), ByteRange::From(13), ByteRange::Last(0)] {
            assert_eq!(range.within(13), None, "{range}");
        }
        for range in [ByteRange::FromTo(0, 0), ByteRange::From(0), ByteRange::Last(1)] {
            assert_eq!(range.within(0), None, "{range}");
        }
    }

    #[test]
    fn content_range_is_inclusive() {
        assert_eq!(content_range(&(2..5), 13), "bytes 2-4/13");
    }
}
