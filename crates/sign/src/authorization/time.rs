//! One of the two times of a signature: a text that is signed as it stands, and what it says.

use std::borrow::Cow;

use super::FieldError;
use crate::key_time::{self, KeyTime};

/// A time as it stands in its field. Two of the same text are equal.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Time {
    /// As nearly all are, two numbers without anything else: its text follows from them.
    Plain(KeyTime),
    Other(Box<Other>),
}

/// Leading zeros, a sign, a fraction; or no time at all, which nobody can be sent.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Other {
    text: String,
    /// The numbers, and whether one has a fraction.
    read: Option<(KeyTime, bool)>,
}

impl Time {
    /// Of any text.
    pub(super) fn of(text: &str) -> Self {
        if let Some((key_time, b"")) = plain(text.as_bytes(), |_| false) {
            return Self::Plain(key_time);
        }
        let read = key_time::parse(text).ok();
        Self::Other(Box::new(Other { text: text.to_owned(), read }))
    }

    /// Of the value of a field.
    ///
    /// # Errors
    /// [`FieldError::Time`], if it is no time.
    pub(super) fn read(field: &'static str, value: &str) -> Result<Self, FieldError> {
        let time = Self::of(value);
        match time.number() {
            Some(_) => Ok(time),
            None => Err(FieldError::Time { field, value: value.to_owned() }),
        }
    }

    /// The numbers, and whether one has a fraction.
    pub(super) fn number(&self) -> Option<(KeyTime, bool)> {
        match self {
            Self::Plain(key_time) => Some((*key_time, false)),
            Self::Other(other) => other.read,
        }
    }

    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Plain(key_time) => {
                let mut text = String::with_capacity(2 * MOST_DIGITS + 1);
                key_time.write_into(&mut text);
                Cow::Owned(text)
            }
            Self::Other(other) => Cow::Borrowed(&other.text),
        }
    }
}

/// So many digits always fit 64 bits.
const MOST_DIGITS: usize = 18;

/// The plain time that a text begins with, and what is behind it; `is_encoded` says whether the mark between the numbers may be
/// percent-encoded.
#[inline]
pub(super) fn plain(text: &[u8], is_encoded: impl Fn(&[u8]) -> bool) -> Option<(KeyTime, &[u8])> {
    let (start, rest) = digits(text)?;
    let end = match rest {
        [b';', end @ ..] => end,
        [b'%', b'3', b'B' | b'b', end @ ..] if is_encoded(b"%") => end,
        _ => return None,
    };
    let (end, rest) = digits(end)?;
    Some((KeyTime::new(start, end), rest))
}

/// The number that a text begins with, without leading zeros, and what is behind it.
#[inline]
fn digits(text: &[u8]) -> Option<(i64, &[u8])> {
    let (mut number, mut rest) =
        match text.split_first_chunk().map(|(eight, rest)| (eight_digits(*eight), rest)) {
            Some((Some(number), rest)) => (number, rest),
            _ => (0, text),
        };
    while let Some((byte, behind)) = rest.split_first().filter(|(byte, _)| byte.is_ascii_digit()) {
        // Of nineteen digits, which wrap at the most, there is no answer.
        number = i64::wrapping_add(i64::wrapping_mul(number, 10), (byte - b'0').into());
        rest = behind;
        if text.len() - rest.len() > MOST_DIGITS {
            return None;
        }
    }
    let count = text.len() - rest.len();
    let is_plain = count == 1 || (count > 1 && text.first() != Some(&b'0'));
    is_plain.then_some((number, rest))
}

/// The number that eight digits stand for, if all of them are digits: pairs of neighbours become one number, three times.
#[inline]
fn eight_digits(text: [u8; 8]) -> Option<i64> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let text = u64::from_le_bytes(text);
    let digits = text ^ ZEROS;
    // A byte above nine shows in its highest bit, if not at once then with so much more.
    if (digits | digits.wrapping_add(0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let eight = (fours * 10_000 + (fours >> 32)) & 0xffff_ffff;
    Some(eight.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_the_text_that_it_was_read_from() {
        for text in ["0;0", "1700000000;1700000300", "1;999999999999999999", "01;2", "-1;2.5", "1"]
        {
            assert_eq!(Time::of(text).text(), text);
        }
    }

    #[test]
    fn only_numbers_without_anything_else_are_plain() {
        assert!(matches!(Time::of("0;10"), Time::Plain(_)));
        for text in
            ["00;1", "0;01", "1;2.5", "-1;2", "1;2 ", "1%3B2", "1;1000000000000000000", ";1", "1;"]
        {
            assert!(matches!(Time::of(text), Time::Other(_)), "{text}");
        }
    }

    #[test]
    fn every_digit_counts_in_its_place() {
        for number in
            [0, 7, 1_234_567, 12_345_678, 99_999_999, 170_000_000_059, 999_999_999_999_999_999]
        {
            let text = format!("{number};{number}");
            let time = plain(text.as_bytes(), |_| false);
            assert_eq!(time.map(|(time, _)| time), Some(KeyTime::new(number, number)));
        }
        for byte in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
            for place in 0..8 {
                let mut text = *b"12345678";
                text[place] = byte;
                assert_eq!(eight_digits(text), None, "{byte} at {place}");
            }
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        assert_eq!(
            Time::read("q-key-time", "1;2.5").ok().and_then(|t| t.number()),
            Some((KeyTime::new(1, 2), true))
        );
        let value = "1;".to_owned();
        let error = FieldError::Time { field: "q-key-time", value: value.clone() };
        assert_eq!(Time::read("q-key-time", &value).err(), Some(error));
    }
}
