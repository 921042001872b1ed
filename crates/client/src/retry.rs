//! Whether a request is sent again, when, and where to: a pure function of the attempt and of what came of it.
//!
//! What the official SDKs do (Python SDK `cos_client.py` `send_request`; C++ SDK `retry_util.cpp`): they repeat after a
//! status of 500 and above and after a broken connection, never after 4xx, and change `myqcloud.com` for `tencentcos.cn`
//! before the last attempt when the answer, or its absence, does not bear the service's mark `x-cos-request-id`. On top
//! come here the jitter, `Retry-After`, the body that was too slow to arrive, and the clock.

use std::time::Duration;

/// How often and how fast requests are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a request is sent at most; 1 repeats nothing.
    pub attempts: u32,
    /// The longest wait before the second attempt; it doubles with each one.
    pub first_wait: Duration,
    /// The longest wait before any attempt.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    /// Five attempts within at most some 3 s of waiting.
    fn default() -> Self {
        Self {
            attempts: 5,
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(10),
        }
    }
}

/// Whether doing a request twice is as good as doing it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It is: reading, deleting, and writing the same bytes to the same place.
    Safe,
    /// It is not: only what the server surely did not act on is repeated.
    IfNotDone,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which attempt has just failed, counted from 1.
    pub number: u32,
    /// Whether it may be done twice.
    pub repeat: Repeat,
    /// Whether the clock was already set by the server's.
    pub clock_was_set: bool,
    /// Whether the host is one that can be changed, `BUCKET.cos.REGION.myqcloud.com`, and has not been yet.
    pub can_switch_domain: bool,
}

/// What came of an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// No connection was made.
    NotConnected,
    /// The connection broke, or nothing came, before the whole answer was there.
    Interrupted,
    /// The request cannot be sent by this transport at all.
    Unsendable,
    /// The server answered.
    Refused {
        /// The status.
        status: u16,
        /// `Code` of the error document; empty if there is none.
        code: &'a str,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
        /// Whether the answer bears `x-cos-request-id`.
        by_service: bool,
        /// Whether the server's clock says that the refusal comes from this one's.
        clock_is_off: bool,
    },
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Tell the caller.
    GiveUp,
    /// Send it again.
    Again {
        /// After so long.
        after: Duration,
        /// To `tencentcos.cn`.
        switch_domain: bool,
        /// By the server's clock.
        set_clock: bool,
    },
}

impl RetryPolicy {
    /// What to do after a failed attempt. `jitter` is a random number; the wait lies between half of its bound and all of
    /// it.
    pub fn decide(&self, attempt: Attempt, outcome: Outcome<'_>, jitter: u32) -> Decision {
        if attempt.number >= self.attempts {
            return Decision::GiveUp;
        }
        let mut after = self.wait(attempt.number, jitter);
        let may_repeat = match outcome {
            Outcome::NotConnected => true,
            Outcome::Unsendable => false,
            Outcome::Interrupted => attempt.repeat == Repeat::Safe,
            Outcome::Refused { clock_is_off: true, .. } => {
                if attempt.clock_was_set {
                    return Decision::GiveUp;
                }
                return Decision::Again {
                    after: Duration::ZERO,
                    switch_domain: false,
                    set_clock: true,
                };
            }
            Outcome::Refused { status, code, retry_after, .. } => {
                if let Some(seconds) = retry_after {
                    let asked = Duration::from_secs(seconds);
                    // Whoever asks for an hour is not waited for: the caller shall know.
                    if asked > self.longest_wait.saturating_mul(6) {
                        return Decision::GiveUp;
                    }
                    after = after.max(asked);
                }
                match (status, code) {
                    (503 | 429, _) => true,
                    (
                        400,
                        "RequestTimeout" | "IncompleteBody" | "UserNetworkTooSlow" | "BadDigest",
                    ) => true,
                    (408, _) => true,
                    (500 | 502 | 504, _) => attempt.repeat == Repeat::Safe,
                    _ => false,
                }
            }
        };
        if !may_repeat {
            return Decision::GiveUp;
        }
        let by_service = matches!(outcome, Outcome::Refused { by_service: true, .. });
        let is_last = attempt.number + 1 == self.attempts;
        let switch_domain = is_last && attempt.can_switch_domain && !by_service;
        Decision::Again { after, switch_domain, set_clock: false }
    }

    fn wait(&self, number: u32, jitter: u32) -> Duration {
        let doubled = self.first_wait.saturating_mul(1 << number.saturating_sub(1).min(16));
        let most = doubled.min(self.longest_wait);
        most / 2 + (most / 2).mul_f64(f64::from(jitter) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Attempt =
        Attempt { number: 1, repeat: Repeat::Safe, clock_was_set: false, can_switch_domain: true };

    fn refused(status: u16, code: &str) -> Outcome<'_> {
        Outcome::Refused { status, code, retry_after: None, by_service: true, clock_is_off: false }
    }

    fn is_repeated(attempt: Attempt, outcome: Outcome<'_>) -> bool {
        RetryPolicy::default().decide(attempt, outcome, 0) != Decision::GiveUp
    }

    #[test]
    fn what_may_be_done_twice_is_repeated_after_failures_of_the_server_and_the_network() {
        for outcome in [
            Outcome::NotConnected,
            Outcome::Interrupted,
            refused(500, "InternalError"),
            refused(502, ""),
            refused(503, "SlowDown"),
            refused(504, ""),
            refused(400, "RequestTimeout"),
            refused(400, "BadDigest"),
        ] {
            assert!(is_repeated(FIRST, outcome), "{outcome:?}");
        }
        for outcome in [
            Outcome::Unsendable,
            refused(400, "InvalidArgument"),
            refused(403, "AccessDenied"),
            refused(404, "NoSuchKey"),
            refused(409, "BucketAlreadyExists"),
            refused(412, "PreconditionFailed"),
            refused(501, "NotImplemented"),
        ] {
            assert!(!is_repeated(FIRST, outcome), "{outcome:?}");
        }
    }

    #[test]
    fn what_may_not_be_done_twice_is_repeated_only_if_it_was_surely_not_done() {
        let once = Attempt { repeat: Repeat::IfNotDone, ..FIRST };
        for outcome in [Outcome::NotConnected, refused(503, "SlowDown")] {
            assert!(is_repeated(once, outcome), "{outcome:?}");
        }
        for outcome in [Outcome::Interrupted, refused(500, "InternalError"), refused(504, "")] {
            assert!(!is_repeated(once, outcome), "{outcome:?}");
        }
    }

    #[test]
    fn attempts_end() {
        let last = Attempt { number: 5, ..FIRST };
        assert!(!is_repeated(last, Outcome::NotConnected));
        let none = RetryPolicy { attempts: 1, ..RetryPolicy::default() };
        assert_eq!(none.decide(FIRST, Outcome::NotConnected, 0), Decision::GiveUp);
    }

    #[test]
    fn waits_double_within_their_bounds() {
        let policy = RetryPolicy::default();
        let wait = |number, jitter| match policy.decide(
            Attempt { number, ..FIRST },
            Outcome::NotConnected,
            jitter,
        ) {
            Decision::Again { after, .. } => after.as_millis(),
            Decision::GiveUp => panic!("given up"),
        };
        assert_eq!((wait(1, 0), wait(1, u32::MAX)), (100, 200));
        assert_eq!((wait(3, 0), wait(3, u32::MAX)), (400, 800));
        let long = RetryPolicy { attempts: 100, ..policy };
        let after = long.decide(Attempt { number: 50, ..FIRST }, Outcome::NotConnected, u32::MAX);
        assert!(matches!(after, Decision::Again { after, .. } if after == policy.longest_wait));
    }

    #[test]
    fn the_server_says_when() {
        let busy = |retry_after| Outcome::Refused {
            status: 503,
            code: "SlowDown",
            retry_after: Some(retry_after),
            by_service: true,
            clock_is_off: false,
        };
        let policy = RetryPolicy::default();
        let decision = policy.decide(FIRST, busy(3), 0);
        assert!(matches!(decision, Decision::Again { after, .. } if after.as_secs() == 3));
        assert_eq!(policy.decide(FIRST, busy(3600), 0), Decision::GiveUp);
    }

    #[test]
    fn the_clock_is_set_once() {
        let off = Outcome::Refused {
            status: 403,
            code: "AccessDenied",
            retry_after: None,
            by_service: true,
            clock_is_off: true,
        };
        let policy = RetryPolicy::default();
        assert_eq!(
            policy.decide(Attempt { repeat: Repeat::IfNotDone, ..FIRST }, off, 0),
            Decision::Again { after: Duration::ZERO, switch_domain: false, set_clock: true }
        );
        let again = Attempt { clock_was_set: true, ..FIRST };
        assert_eq!(policy.decide(again, off, 0), Decision::GiveUp);
    }

    #[test]
    fn the_domain_is_switched_for_the_last_attempt_where_the_service_did_not_answer() {
        let switches = |attempt, outcome| {
            matches!(
                RetryPolicy::default().decide(attempt, outcome, 0),
                Decision::Again { switch_domain: true, .. }
            )
        };
        let before_last = Attempt { number: 4, ..FIRST };
        let stranger = Outcome::Refused {
            status: 502,
            code: "",
            retry_after: None,
            by_service: false,
            clock_is_off: false,
        };
        assert!(switches(before_last, Outcome::NotConnected));
        assert!(switches(before_last, stranger));
        assert!(!switches(before_last, refused(502, "")));
        assert!(!switches(FIRST, stranger));
        assert!(!switches(Attempt { can_switch_domain: false, ..before_last }, stranger));
    }
}
