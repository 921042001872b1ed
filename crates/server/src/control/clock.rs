//! The clock, shown and moved.

use serde::Deserialize;
use serde_json::json;

use super::{Answer, json as answer};
use crate::clock::{Clock, ClockSetting, parse_seconds};

const FORMS: &str =
    r#"write {"fixed":UNIX}, {"offset":"+15m"}, {"advance":"2h"} or {"system":true}"#;

/// What to do with the clock: one member of these.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Change {
    Fixed(i64),
    Offset(Seconds),
    Advance(Seconds),
    System(bool),
}

/// Seconds as a number, or as a duration with its unit.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(i64),
    Text(String),
}

impl Seconds {
    fn read(self) -> Result<i64, String> {
        match self {
            Self::Number(seconds) => Ok(seconds),
            Self::Text(text) => parse_seconds(&text).ok_or_else(|| {
                format!(
                    "{text:?} is no duration; write a number with s, m, h or d, such as \"+15m\""
                )
            }),
        }
    }
}

pub(super) fn show(clock: &Clock) -> Answer {
    let shown = json!({ "now": clock.now(), "clock": clock.setting().to_string() });
    answer(http::StatusCode::OK, &shown)
}

/// Moves the clock as a document says, or tells what is wrong with that.
pub(super) fn change(clock: &Clock, document: &[u8]) -> Result<(), String> {
    let change = serde_json::from_slice(document);
    match change.map_err(|error| format!("{error}; {FORMS}"))? {
        // As on the command line: whole seconds between 1970 and the year 9999.
        Change::Fixed(time) => {
            let setting: Result<ClockSetting, _> = format!("fixed:{time}").parse();
            clock.change(setting.map_err(|error| error.to_string())?);
        }
        Change::Offset(seconds) => clock.change(ClockSetting::Offset(seconds.read()?)),
        Change::Advance(seconds) => clock.advance(seconds.read()?),
        Change::System(true) => clock.change(ClockSetting::System),
        Change::System(false) => return Err(format!("\"system\" can only be true; {FORMS}")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_moves_the_clock() {
        let clock = Clock::system();
        for (document, setting) in [
            (r#"{"fixed":1700000000}"#, "fixed:1700000000"),
            (r#"{"advance":"15m"}"#, "fixed:1700000900"),
            (r#"{"advance":-900}"#, "fixed:1700000000"),
            (r#"{"offset":"-2h"}"#, "offset:-7200s"),
            (r#"{"advance":"1h"}"#, "offset:-3600s"),
            (r#"{"offset":60}"#, "offset:+60s"),
            (r#"{"system":true}"#, "system"),
        ] {
            change(&clock, document.as_bytes()).unwrap();
            assert_eq!(clock.setting().to_string(), setting, "{document}");
        }
    }

    #[test]
    fn anything_else_is_refused_and_moves_nothing() {
        let clock = Clock::manual(5);
        for document in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"fixed":"x"}"#,
            r#"{"fixed":-1}"#,
            r#"{"fixed":1,"offset":2}"#,
            r#"{"offset":"soon"}"#,
            r#"{"advance":1.5}"#,
            r#"{"system":false}"#,
            r#"{"speed":2}"#,
        ] {
            assert!(change(&clock, document.as_bytes()).is_err(), "{document}");
        }
        assert_eq!(clock.now(), 5);
    }
}
