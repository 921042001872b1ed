//! Credentials that are kept until they are about to end, and renewed then: once, however many ask.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cospass_sign::Credentials;

use super::{Chain, CredentialSource, CredentialsError, Provided};
use crate::clock::local_now;

/// Credentials are renewed so many seconds before they end, as the official Python SDK does it; short ones when a quarter
/// of their time is left.
const AHEAD_SECONDS: i64 = 300;

/// After a renewal that failed, what still holds is used so many seconds before the next attempt.
const PAUSE_SECONDS: i64 = 10;

/// What is kept of a source.
#[derive(Clone)]
struct Kept {
    credentials: Credentials,
    /// From when on they are to be renewed; none if they have no end.
    due: Option<i64>,
}

impl Kept {
    fn holds(&self, now: i64) -> bool {
        self.credentials.ends_at().is_none_or(|end| now < end)
    }

    fn is_due(&self, now: i64) -> bool {
        self.due.is_some_and(|due| due <= now)
    }
}

/// A source that is asked when its credentials are about to end, and not before. Tasks that ask while it is asked wait for
/// its answer if theirs have ended, and go on with them if not.
pub struct Renewing {
    source: Arc<dyn CredentialSource>,
    kept: Mutex<Option<Kept>>,
    /// Held by whoever asks the source.
    asking: tokio::sync::Mutex<()>,
}

impl Renewing {
    /// Keeps what that source gives.
    pub fn new(source: impl CredentialSource + 'static) -> Self {
        Self {
            source: Arc::new(source),
            kept: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// The usual chain of this process.
    pub fn usual() -> Self {
        Self::new(Chain::usual(super::Surroundings::of_process()))
    }

    /// Those that are kept, if they hold and need not be renewed yet: for whoever cannot wait.
    pub fn fresh(&self) -> Option<Credentials> {
        let now = local_now();
        let kept = self.kept().filter(|kept| kept.holds(now) && !kept.is_due(now));
        kept.map(|kept| kept.credentials)
    }

    /// Credentials that hold.
    ///
    /// # Errors
    /// [`CredentialsError`] when there are none; not when a renewal fails while those that are kept still hold.
    pub async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let now = local_now();
        let _asking = match self.kept().filter(|kept| kept.holds(now)) {
            Some(kept) if !kept.is_due(now) => return Ok(kept.credentials),
            Some(kept) => match self.asking.try_lock() {
                Ok(asking) => asking,
                // Somebody else asks already.
                Err(_) => return Ok(kept.credentials),
            },
            None => self.asking.lock().await,
        };
        // While this one waited, another may have got some.
        let kept = self.kept().filter(|kept| kept.holds(now));
        match kept {
            Some(kept) if !kept.is_due(now) => Ok(kept.credentials),
            kept => self.ask(kept, now).await,
        }
    }

    /// Asks the source, with what is kept and still holds to fall back on.
    async fn ask(&self, kept: Option<Kept>, now: i64) -> Result<Credentials, CredentialsError> {
        match (self.asked(now).await, kept) {
            (Ok(credentials), _) => {
                let due = credentials.ends_at().map(|end| due(now, end));
                self.keep(Kept { credentials: credentials.clone(), due });
                Ok(credentials)
            }
            (Err(error), Some(kept)) => {
                tracing::warn!(
                    source = self.source.name(),
                    cause = error.cause(),
                    "not renewed yet"
                );
                let due = Some(now.saturating_add(PAUSE_SECONDS));
                let credentials = kept.credentials.clone();
                self.keep(Kept { due, ..kept });
                Ok(credentials)
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn asked(&self, now: i64) -> Result<Credentials, CredentialsError> {
        match self.source.provide().await? {
            Provided::Absent(why) => Err(CredentialsError::NotFound {
                tried: vec![super::Tried::absent(self.source.name(), why)],
            }),
            Provided::Found(credentials) => match credentials.ends_at() {
                Some(at) if at <= now => {
                    Err(CredentialsError::Ended { source: self.source.name(), at })
                }
                _ => Ok(credentials),
            },
        }
    }

    fn kept(&self) -> Option<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, kept: Kept) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

/// When credentials that were got now are to be renewed.
fn due(now: i64, end: i64) -> i64 {
    let ahead = AHEAD_SECONDS.min(end.saturating_sub(now) / 4);
    end.saturating_sub(ahead)
}

impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewing").field("source", &self.source.name()).finish_non_exhaustive()
    }
}
