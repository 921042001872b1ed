//! What the command takes from its surroundings: credentials and the region from environment variables, and the time.

use std::time::{SystemTime, UNIX_EPOCH};

use cospass::Credentials;
use cospass::credentials::{EnvironmentError, from_environment};

use crate::exit::{Exit, Failure};

/// The credentials of the environment.
pub(crate) fn credentials() -> Result<Credentials, Failure> {
    from_environment().map_err(refused)
}

/// The credentials of the environment, or `None` where it has none at all.
pub(crate) fn credentials_if_set() -> Result<Option<Credentials>, Failure> {
    match from_environment() {
        Ok(credentials) => Ok(Some(credentials)),
        Err(EnvironmentError::NotFound) => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: EnvironmentError) -> Failure {
    Failure::new(Exit::Credentials, error.cause(), error)
}

/// The value of a variable; empty counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The time, in Unix seconds.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
