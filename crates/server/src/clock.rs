//! Where *now* comes from: the system, or a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time by which signatures are judged and objects are dated.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at a Unix time until it is [set](Self::set); its clones are the same clock.
    pub fn manual(unix_seconds: i64) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(unix_seconds))))
    }

    /// Sets a manual clock; the system's stays as it is.
    pub fn set(&self, unix_seconds: i64) {
        if let Source::Manual(time) = &self.0 {
            time.store(unix_seconds, Ordering::SeqCst);
        }
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        match &self.0 {
            Source::System => match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
                Err(_) => 0,
            },
            Source::Manual(time) => time.load(Ordering::SeqCst),
        }
    }
}

/// A Unix time as HTTP writes it; times before 1970 and after 9999 become those bounds.
pub(crate) fn http_date(unix_seconds: i64) -> String {
    const END_OF_9999: u64 = 253_402_300_799;
    let seconds = u64::try_from(unix_seconds).unwrap_or(0).min(END_OF_9999);
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
    }

    #[test]
    fn the_system_clock_runs() {
        let clock = Clock::system();
        clock.set(5);
        assert!(clock.now() > 1_700_000_000);
    }

    #[test]
    fn http_dates_are_bounded() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(-1), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(i64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
