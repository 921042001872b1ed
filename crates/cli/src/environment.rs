//! What the command takes from its surroundings: credentials, the region, and the time.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use cospass::Credentials;
use cospass::credentials::{
    Chain, CredentialSource, CredentialsError, EnvironmentError, Found, Provided, Providing,
    Surroundings, from_environment,
};

use crate::exit::{Exit, Failure};

/// All sources of credentials.
pub(crate) fn sources() -> Chain {
    Chain::usual(Surroundings::of_process())
}

/// The credentials of the first source that has some.
pub(crate) fn credentials() -> Result<Credentials, Failure> {
    find(&sources()).map(|found| found.credentials).map_err(|error| refused(&error))
}

/// Those of variables and files, for what is done offline.
pub(crate) fn credentials_offline() -> Result<Credentials, Failure> {
    let chain = Chain::of_machine(Surroundings::of_process());
    find(&chain).map(|found| found.credentials).map_err(|error| refused(&error))
}

/// As [`credentials_offline`], or `None` where there are none at all.
pub(crate) fn credentials_offline_if_set() -> Result<Option<Credentials>, Failure> {
    match find(&Chain::of_machine(Surroundings::of_process())) {
        Ok(found) => Ok(Some(found.credentials)),
        Err(CredentialsError::NotFound { .. }) => Ok(None),
        Err(error) => Err(refused(&error)),
    }
}

/// The credentials of the environment alone, or `None` where it has none: those that an endpoint is to honour are not the
/// ones that its user has elsewhere.
pub(crate) fn credentials_of_environment() -> Result<Option<Credentials>, Failure> {
    match from_environment() {
        Ok(credentials) => Ok(Some(credentials)),
        Err(EnvironmentError::NotFound) => Ok(None),
        Err(error) => Err(Failure::new(Exit::Credentials, error.cause(), error)),
    }
}

/// Asks sources, on a runtime of its own: a command that only signs needs none.
pub(crate) fn find(chain: &Chain) -> Result<Found, CredentialsError> {
    alone(chain.find())
}

/// Runs what asks sources to its end.
pub(crate) fn alone<T>(
    work: impl Future<Output = Result<T, CredentialsError>>,
) -> Result<T, CredentialsError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let no_runtime = |error| CredentialsError::Unreadable { path: "threads".into(), error };
    runtime.map_err(no_runtime)?.block_on(work)
}

/// Why a source has no credentials: a server that was not reached says nothing of them.
pub(crate) fn refused(error: &CredentialsError) -> Failure {
    let exit = match error {
        CredentialsError::Unreachable { .. } => Exit::Network,
        _ => Exit::Credentials,
    };
    Failure::new(exit, error.cause(), error)
}

/// Credentials that were found before there was a client, and the sources to ask when they end.
pub(crate) struct Continued {
    first: Mutex<Option<Credentials>>,
    then: Chain,
}

impl Continued {
    pub(crate) fn new(first: Credentials) -> Self {
        Self { first: Mutex::new(Some(first)), then: sources() }
    }
}

impl CredentialSource for Continued {
    fn name(&self) -> String {
        self.then.name()
    }

    fn provide(&self) -> Providing<'_> {
        match self.first.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(first) => Box::pin(std::future::ready(Ok(Provided::Found(first)))),
            None => self.then.provide(),
        }
    }
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
