//! The validity of a signature: `KeyTime`, `start;end` in Unix seconds.

use std::fmt;
use std::str::FromStr;

/// From when to when a signature holds, both inclusive, in Unix seconds.
///
/// The same form serves `q-key-time` (which makes the signing key) and `q-sign-time` (which enters
/// the `StringToSign`); the two are normally equal (COS document 436/7778).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyTime {
    start: i64,
    end: i64,
}

impl KeyTime {
    /// Seconds by which a signature starts before it is made, so that a service whose clock is a
    /// little behind honours it (official Python SDK, `cos_auth.py`).
    pub const BACKDATE_SECONDS: i64 = 60;

    /// Valid from `start` to `end`, Unix seconds.
    pub const fn new(start: i64, end: i64) -> Self {
        Self { start, end }
    }

    /// As the official Python SDK makes it: from 60 s before `now` to `expires` seconds after it.
    /// `None` if the end does not fit 64 bits.
    ///
    /// ```
    /// use cospass_sign::KeyTime;
    ///
    /// let key_time = KeyTime::expiring(1_700_000_000, 300).unwrap();
    /// assert_eq!(key_time.to_string(), "1699999940;1700000300");
    /// ```
    pub fn expiring(now: i64, expires: i64) -> Option<Self> {
        let start = now.checked_sub(Self::BACKDATE_SECONDS)?;
        Some(Self { start, end: now.checked_add(expires)? })
    }

    /// Appends the text of `q-key-time` to a string: what `Display` prints, without its machinery.
    pub fn write_into(self, out: &mut String) {
        push_decimal(out, self.start);
        out.push(';');
        push_decimal(out, self.end);
    }

    /// First second of validity, Unix time.
    pub const fn start(self) -> i64 {
        self.start
    }

    /// Last second of validity, Unix time.
    pub const fn end(self) -> i64 {
        self.end
    }
}

impl fmt::Display for KeyTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};{}", self.start, self.end)
    }
}

fn push_decimal(out: &mut String, number: i64) {
    if number < 0 {
        out.push('-');
    }
    let number = number.unsigned_abs();
    // What is above the last eight digits: two of them as a rule, until the year 5138.
    let high = number / 100_000_000;
    let Some(high @ 1..) = u8::try_from(high).ok().filter(|high| *high < 100) else {
        return push_any(out, number);
    };
    let mut digits = [b'0' + high / 10, b'0' + high % 10, 0, 0, 0, 0, 0, 0, 0, 0];
    if let Some(place) = digits.last_chunk_mut() {
        *place = eight_digits((number % 100_000_000) as u32);
    }
    push_digits(out, digits.get(usize::from(high < 10)..).unwrap_or_default());
}

/// The digits of a number below a hundred million: halved, quartered and cut into eight, all parts at once.
fn eight_digits(number: u32) -> [u8; 8] {
    let number = u64::from(number);
    // Each part stands where what is printed first has the lower bits. A product by these is a quotient, as far as parts go.
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = tens | ((twos - tens * 10) << 8);
    (ones | 0x3030_3030_3030_3030).to_le_bytes()
}

/// Any number; the largest of 64 bits has twenty digits.
#[cold]
fn push_any(out: &mut String, number: u64) {
    let mut digits = [0; 20];
    let mut left = number;
    let mut count = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
        count += 1;
        if left == 0 {
            break;
        }
    }
    push_digits(out, digits.get(digits.len() - count..).unwrap_or_default());
}

fn push_digits(out: &mut String, digits: &[u8]) {
    out.push_str(std::str::from_utf8(digits).unwrap_or_default());
}

/// The text is not `start;end` in decimal seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyTimeError;

impl fmt::Display for KeyTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not two Unix times joined by `;`, such as 1700000000;1700000300")
    }
}

impl std::error::Error for KeyTimeError {}

impl FromStr for KeyTime {
    type Err = KeyTimeError;

    fn from_str(text: &str) -> Result<Self, KeyTimeError> {
        match parse(text)? {
            (key_time, false) => Ok(key_time),
            (_, true) => Err(KeyTimeError),
        }
    }
}

/// Reads `start;end` and says whether one of them has a fraction: the official Python SDK prints
/// one if it is given a fractional expiry. A fraction of a second is dropped.
pub(crate) fn parse(text: &str) -> Result<(KeyTime, bool), KeyTimeError> {
    let (start, end) = text.split_once(';').ok_or(KeyTimeError)?;
    let (start, start_fraction) = seconds(start)?;
    let (end, end_fraction) = seconds(end)?;
    Ok((KeyTime { start, end }, start_fraction || end_fraction))
}

fn seconds(text: &str) -> Result<(i64, bool), KeyTimeError> {
    if let Some(plain) = plain_seconds(text.as_bytes()) {
        return Ok((plain, false));
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(digits) || !fraction.is_none_or(all_digits) {
        return Err(KeyTimeError);
    }
    Ok((whole.parse().map_err(|_| KeyTimeError)?, fraction.is_some()))
}

/// A time as nearly all are: digits alone, and no more of them than always fit 64 bits.
fn plain_seconds(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |seconds: i64, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| seconds * 10 + i64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_and_parse_are_inverse() {
        for key_time in [KeyTime::new(1, 2), KeyTime::new(-60, 300), KeyTime::new(0, i64::MAX)] {
            assert_eq!(key_time.to_string().parse(), Ok(key_time));
        }
    }

    #[test]
    fn what_is_written_is_what_is_printed() {
        let few = [0, 9, 10, 98, 99, 100, 123_456, -1, -10, -1_700_000_000, i64::MAX, i64::MIN];
        let around = [99_999_999, 999_999_999, 1_700_000_000, 9_999_999_999];
        for number in few.into_iter().chain(around) {
            let key_time = KeyTime::new(number, number.wrapping_add(1));
            let mut text = String::new();
            key_time.write_into(&mut text);
            assert_eq!(text, key_time.to_string());
        }
    }

    #[test]
    fn each_of_eight_digits_is_right() {
        for number in (0..10_000).flat_map(|part| [part, part * 10_000, part * 10_001]) {
            assert_eq!(eight_digits(number).as_slice(), format!("{number:08}").as_bytes());
        }
    }

    #[test]
    fn bad_numbers_are_refused() {
        for text in
            ["", ";", "1", "1;", ";1", "1;x", "+1;2", "1; 2", "1;2;3", "1;99999999999999999999"]
        {
            assert_eq!(text.parse::<KeyTime>(), Err(KeyTimeError), "{text}");
        }
    }

    #[test]
    fn a_fraction_is_seen_and_dropped() {
        assert_eq!(parse("1;2.5"), Ok((KeyTime::new(1, 2), true)));
        assert_eq!("1;2.5".parse::<KeyTime>(), Err(KeyTimeError));
    }

    #[test]
    fn an_end_over_64_bits_is_refused() {
        assert_eq!(KeyTime::expiring(1_700_000_000, i64::MAX), None);
    }
}
