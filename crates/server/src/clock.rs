//! Where *now* comes from: the system, or a test.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last second that HTTP can write.
const END_OF_9999: i64 = 253_402_300_799;

/// The time by which signatures are judged and objects are dated. Clones are the same clock, so that whoever keeps one
/// can move it while the endpoint runs.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<RwLock<ClockSetting>>);

impl Clock {
    /// A clock of any kind.
    pub fn new(setting: ClockSetting) -> Self {
        Self(Arc::new(RwLock::new(setting)))
    }

    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at a Unix time until it is [set](Self::set).
    pub fn manual(unix_seconds: i64) -> Self {
        Self::new(ClockSetting::Fixed(unix_seconds))
    }

    /// Makes the clock stand at a Unix time.
    pub fn set(&self, unix_seconds: i64) {
        self.change(ClockSetting::Fixed(unix_seconds));
    }

    /// Makes it a clock of another kind.
    pub fn change(&self, setting: ClockSetting) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = setting;
    }

    /// Moves the clock by seconds, back if they are negative. One that stands goes on standing, one that runs goes on
    /// running.
    pub fn advance(&self, seconds: i64) {
        let mut setting = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *setting = match *setting {
            ClockSetting::System => ClockSetting::Offset(seconds),
            ClockSetting::Offset(offset) => ClockSetting::Offset(offset.saturating_add(seconds)),
            ClockSetting::Fixed(time) => ClockSetting::Fixed(time.saturating_add(seconds)),
        };
    }

    /// What kind of clock it is.
    pub fn setting(&self) -> ClockSetting {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unix seconds, from 0 up to the end of the year 9999.
    pub fn now(&self) -> i64 {
        let now = match self.setting() {
            ClockSetting::System => system_now(),
            ClockSetting::Offset(offset) => system_now().saturating_add(offset),
            ClockSetting::Fixed(time) => time,
        };
        now.clamp(0, END_OF_9999)
    }
}

fn system_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The kind of a [`Clock`]. As text: `system`, `fixed:UNIX`, `offset:±DURATION`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClockSetting {
    /// It shows the system's time.
    #[default]
    System,
    /// It stands at a Unix time.
    Fixed(i64),
    /// It runs so many seconds before the system's, behind it if they are negative.
    Offset(i64),
}

impl fmt::Display for ClockSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Fixed(time) => write!(f, "fixed:{time}"),
            Self::Offset(seconds) => write!(f, "offset:{seconds:+}s"),
        }
    }
}

impl FromStr for ClockSetting {
    type Err = ClockSettingError;

    fn from_str(text: &str) -> Result<Self, ClockSettingError> {
        match text.split_once(':') {
            None if text == "system" => Ok(Self::System),
            Some(("fixed", time)) => {
                let time = time.parse().ok().filter(|time| (0..=END_OF_9999).contains(time));
                time.map(Self::Fixed).ok_or(ClockSettingError::Time)
            }
            Some(("offset", duration)) => {
                parse_seconds(duration).map(Self::Offset).ok_or(ClockSettingError::Offset)
            }
            _ => Err(ClockSettingError::Kind),
        }
    }
}

/// Reads `±DURATION`: a number of seconds, or one with `s`, `m`, `h` or `d`; without a sign it is positive.
pub(crate) fn parse_seconds(text: &str) -> Option<i64> {
    let (number, unit) = match text.char_indices().last()? {
        (at, 's') => (text.get(..at)?, 1),
        (at, 'm') => (text.get(..at)?, 60),
        (at, 'h') => (text.get(..at)?, 60 * 60),
        (at, 'd') => (text.get(..at)?, 24 * 60 * 60),
        _ => (text, 1),
    };
    number.parse::<i64>().ok()?.checked_mul(unit)
}

/// Why a text is no [`ClockSetting`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockSettingError {
    /// It begins like none.
    Kind,
    /// What follows `fixed:` is no Unix time between 0 and the end of the year 9999.
    Time,
    /// What follows `offset:` is no duration.
    Offset,
}

impl fmt::Display for ClockSettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kind => {
                "it is no clock; write system, fixed:UNIX (fixed:1700000000) or offset:±DURATION (offset:+15m)"
            }
            Self::Time => {
                "what follows fixed: is no Unix time; write whole seconds since 1970, such as fixed:1700000000"
            }
            Self::Offset => {
                "what follows offset: is no duration; write a number with s, m, h or d, such as offset:+15m or \
                 offset:-2h"
            }
        })
    }
}

impl std::error::Error for ClockSettingError {}

/// A Unix time as HTTP writes it; times before 1970 and after 9999 become those bounds.
pub(crate) fn http_date(unix_seconds: i64) -> String {
    let seconds = u64::try_from(unix_seconds.clamp(0, END_OF_9999)).unwrap_or(0);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_until_it_is_set() {
        let clock = Clock::manual(5);
        let same = clock.clone();
        assert_eq!(clock.now(), 5);
        same.set(6);
        assert_eq!(clock.now(), 6);
        same.advance(10);
        assert_eq!(clock.now(), 16);
        same.advance(-100);
        assert_eq!(clock.now(), 0, "time begins in 1970");
    }

    #[test]
    fn a_clock_with_an_offset_runs() {
        let clock = Clock::system();
        clock.advance(-3600);
        clock.advance(7200);
        assert_eq!(clock.setting(), ClockSetting::Offset(3600));
        let ahead = clock.now() - system_now();
        assert!((3599..=3601).contains(&ahead), "{ahead}");
        clock.change(ClockSetting::System);
        assert!(clock.now() - system_now() <= 1);
        clock.change(ClockSetting::Offset(i64::MAX));
        assert_eq!(clock.now(), END_OF_9999);
    }

    #[test]
    fn print_and_parse_are_inverse() {
        for setting in [
            ClockSetting::System,
            ClockSetting::Fixed(0),
            ClockSetting::Fixed(1_700_000_000),
            ClockSetting::Offset(900),
            ClockSetting::Offset(-7200),
            ClockSetting::Offset(0),
        ] {
            assert_eq!(setting.to_string().parse(), Ok(setting));
        }
        for (text, seconds) in [("+15m", 900), ("-2h", -7200), ("90", 90), ("1d", 86_400)] {
            assert_eq!(format!("offset:{text}").parse(), Ok(ClockSetting::Offset(seconds)));
        }
    }

    #[test]
    fn anything_else_says_what_is_wrong() {
        for (text, error) in [
            ("", ClockSettingError::Kind),
            ("System", ClockSettingError::Kind),
            ("system:", ClockSettingError::Kind),
            ("1700000000", ClockSettingError::Kind),
            ("fixed:", ClockSettingError::Time),
            ("fixed:-1", ClockSettingError::Time),
            ("fixed:2023-11-14", ClockSettingError::Time),
            ("fixed:253402300800", ClockSettingError::Time),
            ("offset:", ClockSettingError::Offset),
            ("offset:m", ClockSettingError::Offset),
            ("offset:1.5h", ClockSettingError::Offset),
            ("offset:+-1h", ClockSettingError::Offset),
            ("offset:9223372036854775807d", ClockSettingError::Offset),
            ("offset:1中", ClockSettingError::Offset),
        ] {
            assert_eq!(text.parse::<ClockSetting>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn http_dates_are_bounded() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(-1), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(i64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
