//! What a server answered: its XML error document, alone or after the headers that `curl -i` shows.

use std::io::Read;

use cospass_protocol::xml::{ErrorDocument, Evidence};
use cospass_sign::explain::ServerView;

use crate::exit::Failure;

/// The longest answer that is read, in bytes.
const ANSWER_MAX: u64 = 1024 * 1024;

/// Reads the answer from a file, or from standard input for `-`.
pub(super) fn read_answer(path: &str) -> Result<ServerView, Failure> {
    let cannot_read =
        |error| Failure::io(format_args!("cannot read the answer {path:?} (--error)"), &error);
    let mut text = Vec::new();
    let input: Box<dyn Read> = match path {
        "-" => Box::new(std::io::stdin().lock()),
        path => Box::new(std::fs::File::open(path).map_err(cannot_read)?),
    };
    input.take(ANSWER_MAX).read_to_end(&mut text).map_err(cannot_read)?;
    parse_answer(&text).ok_or_else(|| {
        Failure::usage(
            "error-document",
            format_args!(
                "{path:?} (--error) holds no XML error document; give the body, <Error>…</Error>"
            ),
        )
    })
}

/// Reads the error document in what a server sent, or `None` if there is none.
pub(crate) fn parse_answer(text: &[u8]) -> Option<ServerView> {
    let begins = |mark: &[u8]| text.windows(mark.len()).position(|window| window == mark);
    let start = begins(b"<?xml").or_else(|| begins(b"<Error"))?;
    let document = ErrorDocument::read(text.get(start..)?.trim_ascii_end()).ok()?;
    let mut view =
        ServerView { code: document.code, message: document.message, ..ServerView::default() };
    match document.evidence {
        Some(Evidence::Signed { string_to_sign, format_string }) => {
            view.string_to_sign = Some(string_to_sign);
            view.format_string = Some(format_string.into_bytes());
        }
        Some(Evidence::ServerTime(time)) => view.server_time = unix_seconds(&time),
        None => {}
    }
    Some(view)
}

/// The Unix time of `2019-04-09T03:39:20Z`.
fn unix_seconds(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let numbers = |text: &str, mark| -> Option<[i64; 3]> {
        let numbers: Option<Vec<i64>> = text.split(mark).map(|part| part.parse().ok()).collect();
        numbers?.try_into().ok()
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    Some(days(year, month, day)? * 86_400 + hour * 3600 + minute * 60 + second)
}

/// The days from 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1970..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(year.div_euclid(400) * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_with_and_without_what_curl_shows_before_it() {
        let body = "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>AccessDenied</Code>\n\t<Message>Request has \
                    expired</Message>\n\t<ServerTime>2019-04-09T03:39:20Z</ServerTime>\n</Error>\n\n";
        for text in [body.to_owned(), format!("HTTP/1.1 403 Forbidden\r\nServer: x\r\n\r\n{body}")]
        {
            let view = parse_answer(text.as_bytes()).unwrap();
            assert_eq!(
                (view.code.as_str(), view.server_time),
                ("AccessDenied", Some(1_554_781_160))
            );
        }
    }

    #[test]
    fn anything_else_is_no_answer() {
        for text in ["", "<html></html>", "<Error", "{\"error\":1}"] {
            assert_eq!(parse_answer(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn times_are_read() {
        for (text, unix) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("2020-04-10T09:36:35Z", 1_586_511_395),
            ("2099-12-31T23:59:59Z", 4_102_444_799),
        ] {
            assert_eq!(unix_seconds(text), Some(unix), "{text}");
        }
        for text in ["2020-04-10 09:36:35Z", "2020-13-10T09:36:35Z", "2020-04T09:36:35Z", "Z"] {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }
}
