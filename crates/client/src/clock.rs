//! What time it is: on this machine, and at the service, as far as this machine's clock is known to be off.

use std::sync::atomic::{AtomicI64, Ordering};
#[cfg(not(target_os = "linux"))]
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use http::HeaderMap;
use http::header::DATE;
#[cfg(target_os = "linux")]
use nix::time::{ClockId, clock_gettime};

/// By less than this a clock is not called off: a signature begins 60 s before it is made, and a `Date` is that old at
/// most when it arrives.
const TOLERANCE_SECONDS: i64 = 30;

/// The seconds that the service's clock is ahead of this machine's, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct ClockOffset(AtomicI64);

impl ClockOffset {
    /// Unix seconds at the service.
    pub(crate) fn now(&self) -> i64 {
        local_now().saturating_add(self.seconds())
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, seconds: i64) {
        tracing::warn!(seconds, "the clock of this machine is off; the service's is used");
        self.0.store(seconds, Ordering::Relaxed);
    }

    /// By how much the clock would have to be set for the `Date` of an answer, if it is off.
    pub(crate) fn off_by(&self, headers: &HeaderMap) -> Option<i64> {
        let date = unix(headers.get(DATE)?.to_str().ok()?)?;
        let off = date.saturating_sub(local_now());
        (off.saturating_sub(self.seconds()).abs() > TOLERANCE_SECONDS).then_some(off)
    }
}

/// The Unix time of an HTTP date.
pub(crate) fn unix(date: &str) -> Option<i64> {
    let time = httpdate::parse_http_date(date).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// Unix seconds by this machine; 0 where its clock stands before 1970.
pub(crate) fn local_now() -> i64 {
    system_seconds().unwrap_or_default()
}

/// Unix seconds by this machine; `None` where its clock stands before 1970.
///
/// As the system counted them at its last tick, a few milliseconds ago at most: reading the counter behind it to the nanosecond
/// makes the processor wait for all that it has begun, a tenth of what a signature takes.
#[cfg(target_os = "linux")]
pub(crate) fn system_seconds() -> Option<i64> {
    let now = clock_gettime(ClockId::CLOCK_REALTIME_COARSE).ok()?;
    (now.tv_sec() >= 0).then_some(now.tv_sec())
}

/// Unix seconds by this machine; `None` where its clock stands before 1970.
#[cfg(not(target_os = "linux"))]
pub(crate) fn system_seconds() -> Option<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seconds_are_those_of_the_system() {
        let fine = || std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let (before, seconds, after) = (fine(), system_seconds().unwrap(), fine());
        // The last tick may have been in the second before.
        assert!((before - 1..=after).contains(&seconds.unsigned_abs()));
    }

    fn dated(unix: i64) -> HeaderMap {
        let time = UNIX_EPOCH + std::time::Duration::from_secs(unix.unsigned_abs());
        HeaderMap::from_iter([(DATE, httpdate::fmt_http_date(time).parse().unwrap())])
    }

    #[test]
    fn a_clock_is_off_by_more_than_a_request_takes() {
        let clock = ClockOffset::default();
        assert_eq!(clock.off_by(&dated(local_now() + 20)), None);
        let off = clock.off_by(&dated(local_now() - 4000)).unwrap();
        assert!((-4002..=-3998).contains(&off), "{off}");
        clock.set(off);
        assert_eq!(clock.off_by(&dated(local_now() - 4000)), None);
        assert!(clock.now() < local_now() - 3900);
        assert!(clock.off_by(&dated(local_now())).is_some());
        assert_eq!(clock.off_by(&HeaderMap::new()), None);
    }
}
