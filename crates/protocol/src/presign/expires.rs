//! For how long a signature is to hold, checked when *now* is known.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use cospass_sign::KeyTime;

/// How long a signature holds, in whole seconds from now; 300 unless the caller says otherwise, as in the official
/// Python SDK. Any number can be said; [`key_time`](Expires::key_time) refuses what makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expires(i128);

impl Expires {
    /// The validity of a signature made at `now` (Unix seconds): from 60 s before to this long after it.
    ///
    /// # Errors
    /// [`ExpiresError`]: zero, negative, or an end that does not fit 64 bits.
    pub fn key_time(self, now: i64) -> Result<KeyTime, ExpiresError> {
        let too_late = ExpiresError::TooLate { seconds: self.0 };
        match self.0 {
            0 => Err(ExpiresError::Zero),
            seconds if seconds < 0 => Err(ExpiresError::Negative { seconds }),
            seconds => {
                let seconds = i64::try_from(seconds).map_err(|_| too_late.clone())?;
                KeyTime::expiring(now, seconds).ok_or(too_late)
            }
        }
    }
}

impl Default for Expires {
    fn default() -> Self {
        Expires(300)
    }
}

macro_rules! from_seconds {
    ($($number:ty),*) => {$(
        impl From<$number> for Expires {
            fn from(seconds: $number) -> Self {
                Expires(seconds.into())
            }
        }
    )*};
}

from_seconds!(i32, u32, i64, u64, i128);

impl From<Duration> for Expires {
    /// A fraction of a second is dropped.
    fn from(duration: Duration) -> Self {
        Expires(duration.as_secs().into())
    }
}

/// Why a signature cannot hold for so long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpiresError {
    /// Zero seconds: the signature would be over when it is made.
    Zero,
    /// Less than zero seconds.
    Negative {
        /// The seconds as given.
        seconds: i128,
    },
    /// The seconds, or the time at which they end, do not fit 64 bits.
    TooLate {
        /// The seconds as given.
        seconds: i128,
    },
}

impl ExpiresError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Zero => "expires-zero",
            Self::Negative { .. } => "expires-negative",
            Self::TooLate { .. } => "expires-too-late",
        }
    }
}

impl fmt::Display for ExpiresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.write_str("a signature cannot hold for 0 seconds; give at least 1"),
            Self::Negative { seconds } => write!(
                f,
                "a signature cannot hold for {seconds} seconds; give how long it holds from now on"
            ),
            Self::TooLate { seconds } => write!(
                f,
                "a signature that holds for {seconds} seconds ends after the last time that 64 bits can tell"
            ),
        }
    }
}

impl Error for ExpiresError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_validity_is_that_of_the_python_sdk() {
        let key_time = Expires::default().key_time(1_700_000_000);
        assert_eq!(key_time, Ok(KeyTime::new(1_699_999_940, 1_700_000_300)));
        let two_hours = Duration::from_millis(7_200_999);
        assert_eq!(Expires::from(two_hours), Expires::from(7200));
    }

    #[test]
    fn zero_is_refused() {
        assert_eq!(Expires::from(0).key_time(0), Err(ExpiresError::Zero));
        let short = Duration::from_millis(999);
        assert_eq!(Expires::from(short).key_time(0), Err(ExpiresError::Zero));
    }

    #[test]
    fn negative_is_refused() {
        let refusal = ExpiresError::Negative { seconds: -5 };
        assert_eq!(Expires::from(-5).key_time(0), Err(refusal));
    }

    #[test]
    fn more_than_64_bits_is_refused() {
        for seconds in [i128::from(i64::MAX) + 1, i128::from(u64::MAX)] {
            let refusal = ExpiresError::TooLate { seconds };
            assert_eq!(Expires::from(seconds).key_time(0), Err(refusal));
        }
        let longest = Expires::from(i64::MAX);
        assert_eq!(longest.key_time(0).unwrap().end(), i64::MAX);
        let seconds = i64::MAX.into();
        assert_eq!(longest.key_time(1), Err(ExpiresError::TooLate { seconds }));
    }
}
