//! Times in XML documents.

const SECONDS_A_DAY: i64 = 86_400;

/// A Unix time as `2019-04-09T03:39:20Z`.
///
/// ```
/// assert_eq!(cospass_protocol::xml::iso8601(1_554_781_160), "2019-04-09T03:39:20Z");
/// ```
pub fn iso8601(unix_seconds: i64) -> String {
    let (days, seconds) =
        (unix_seconds.div_euclid(SECONDS_A_DAY), unix_seconds.rem_euclid(SECONDS_A_DAY));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A Unix time as `2019-04-09T03:39:20.000Z`, the form of objects, parts and uploads.
pub fn iso8601_millis(unix_seconds: i64) -> String {
    iso8601(unix_seconds).replace('Z', ".000Z")
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
        }
    }
}
