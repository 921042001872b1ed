//! Times in XML documents.

const SECONDS_A_DAY: i64 = 86_400;

/// A Unix time as `2019-04-09T03:39:20Z`.
///
/// ```
/// assert_eq!(cospass_protocol::xml::iso8601(1_554_781_160), "2019-04-09T03:39:20Z");
/// ```
pub fn iso8601(unix_seconds: i64) -> String {
    written(unix_seconds, "Z")
}

/// A Unix time as `2019-04-09T03:39:20.000Z`, the form of objects, parts and uploads.
pub fn iso8601_millis(unix_seconds: i64) -> String {
    written(unix_seconds, ".000Z")
}

fn written(unix_seconds: i64, end: &str) -> String {
    let (days, seconds) =
        (unix_seconds.div_euclid(SECONDS_A_DAY), unix_seconds.rem_euclid(SECONDS_A_DAY));
    let (year, month, day) = civil(days);
    let mut out = String::with_capacity("2019-04-09T03:39:20.000Z".len());
    match u8::try_from(year / 100) {
        // A page of a listing has a thousand of them, which formatting would take a fifth of.
        Ok(century @ 0..100) if year >= 0 => {
            push_two(&mut out, century.into());
            push_two(&mut out, year % 100);
        }
        _ => out.push_str(&format!("{year:04}")),
    }
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let rest = [('-', month), ('-', day), ('T', hour), (':', minute), (':', second)];
    for (separator, number) in rest {
        out.push(separator);
        push_two(&mut out, number);
    }
    out.push_str(end);
    out
}

/// Two digits of a number below 100.
fn push_two(out: &mut String, number: i64) {
    for digit in [number / 10, number % 10] {
        out.push(
            u32::try_from(digit).ok().and_then(|digit| char::from_digit(digit, 10)).unwrap_or('0'),
        );
    }
}

/// The Unix time of `2007-12-01T12:00:00.000Z` or `2007-12-01T00:00:00+08:00`, which lifecycle rules may have (436/8280),
/// with a fraction of a second or without. `None` for any other text.
pub fn from_iso8601(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| number(text.get(range)?);
    let is = |at: usize, separators: &[u8]| {
        text.as_bytes().get(at).is_some_and(|byte| separators.contains(byte))
    };
    let separated = is(4, b"-") && is(7, b"-") && is(10, b"T") && is(13, b":") && is(16, b":");
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let days = days_of(year, month, day);
    if !separated || civil(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let rest = text.get(19..)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => rest,
    };
    let offset = if zone == "Z" { 0 } else { offset(zone)? };
    Some(days * SECONDS_A_DAY + hour * 3600 + minute * 60 + second - offset)
}

/// `+08:00` or `-08:00` in seconds.
fn offset(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, zone.strip_prefix('-')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let bounded = |digits: &str, most: i64| {
        number(digits).filter(|number| digits.len() == 2 && *number <= most)
    };
    Some(sign * (bounded(hours, 23)? * 3600 + bounded(minutes, 59)? * 60))
}

fn number(digits: &str) -> Option<i64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// The day of a date, counted from 1970-01-01; the inverse of [`civil`] for dates that there are.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a day counted from 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        for (unix, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_586_511_395, "2020-04-10T09:36:35Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!(iso8601(unix), text);
            assert_eq!(iso8601_millis(unix), text.replace('Z', ".000Z"));
            assert_eq!(from_iso8601(text), Some(unix));
            assert_eq!(from_iso8601(&iso8601_millis(unix)), Some(unix));
        }
    }

    #[test]
    fn an_offset_is_taken_off() {
        let of = |text| from_iso8601(text).map(iso8601);
        assert_eq!(of("2007-12-01T00:00:00+08:00").as_deref(), Some("2007-11-30T16:00:00Z"));
        assert_eq!(of("2007-12-01T00:00:00.5-00:30").as_deref(), Some("2007-12-01T00:30:00Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2007-12-01",
            "2007-12-01T00:00:00",
            "2007-12-01 00:00:00Z",
            "2007-13-01T00:00:00Z",
            "2007-00-01T00:00:00Z",
            "2007-02-30T00:00:00Z",
            "2007-12-01T24:00:00Z",
            "2007-12-01T00:00:00+8:00",
            "2007-12-01T00:00:00+24:00",
            "2007-12-01T00:00:00ZZ",
            "+007-12-01T00:00:00Z",
            "２007-12-01T00:00:00Z",
        ] {
            assert_eq!(from_iso8601(text), None, "{text}");
        }
    }
}
