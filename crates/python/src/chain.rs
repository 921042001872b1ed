//! The credentials of this machine, by the chain of the client crate: environment, files, roles, STS.

use std::sync::{Arc, Mutex, PoisonError};

use cospass::credentials::{Chain as Sources, Fate, Renewing, Surroundings};
use cospass_sign::Credentials;
use pyo3::prelude::*;

use crate::credentials::Keys;
use crate::refusal::Refusal;
use crate::send::Pending;

/// What `CredentialsChain` inherits: a credential instance whose three values are of one key, renewed ahead of its end.
#[pyclass(frozen, subclass, module = "cospass._cospass")]
pub(crate) struct Chain {
    renewing: Arc<Renewing>,
    /// Those that were handed out last.
    last: Mutex<Option<Arc<Keys>>>,
}

/// A source, what became of it (`used`, `absent`, `failed`, `not-asked`), and why.
type Told = (String, &'static str, Option<String>);

/// The SecretId, whether it is temporary, its end, and all sources; the first is nothing where none has any.
type Identity = (Option<String>, bool, Option<i64>, Vec<Told>);

impl Chain {
    /// Keys that hold. Where they have to be asked for, other threads of Python run meanwhile, and Ctrl-C ends it.
    pub(crate) fn keys(&self, py: Python<'_>) -> Result<Arc<Keys>, Refusal> {
        let credentials = match self.renewing.fresh() {
            Some(credentials) => credentials,
            None => {
                let renewing = Arc::clone(&self.renewing);
                awaited(py, async move {
                    let found = renewing.credentials().await;
                    found.map_err(|error| Refusal::Credentials(error.to_string()))
                })?
            }
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = last.as_ref().filter(|keys| keys.are(&credentials)) {
            return Ok(Arc::clone(keys));
        }
        let keys = Arc::new(Keys::from(&credentials));
        *last = Some(Arc::clone(&keys));
        Ok(keys)
    }

    /// Whether the next signature has to wait for a server or a file.
    pub(crate) fn is_due(&self) -> bool {
        self.renewing.fresh().is_none()
    }

    /// Those that were handed out last, so that a SecretId that was just read is followed by its own key and token.
    fn last(&self, py: Python<'_>) -> Result<Arc<Keys>, Refusal> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last.map_or_else(|| self.keys(py), Ok)
    }
}

#[pymethods]
impl Chain {
    /// Nobody is asked before the keys are needed.
    #[new]
    fn new() -> Self {
        Self { renewing: Arc::new(Renewing::usual()), last: Mutex::default() }
    }

    /// The public half; renewed here, if it is time.
    #[getter]
    fn secret_id(&self, py: Python<'_>) -> Result<String, Refusal> {
        Ok(self.keys(py)?.id.clone())
    }

    /// The secret half of the SecretId that was read last.
    #[getter]
    fn secret_key(&self, py: Python<'_>) -> Result<String, Refusal> {
        Ok(self.last(py)?.key.expose().to_owned())
    }

    /// The token of the SecretId that was read last; `None` if it is permanent.
    #[getter]
    fn token(&self, py: Python<'_>) -> Result<Option<String>, Refusal> {
        Ok(self.last(py)?.token.as_ref().map(|token| token.expose().to_owned()))
    }

    /// Asks, if it is time.
    fn _renew(&self, py: Python<'_>) -> Result<(), Refusal> {
        self.keys(py).map(drop)
    }

    /// Asks every source anew, and tells what became of it, without a secret.
    fn _whoami(&self, py: Python<'_>) -> Result<Identity, Refusal> {
        let walk = async { Ok(Sources::usual(Surroundings::of_process()).walk().await) };
        let (won, tried) = awaited(py, walk)?;
        let tried = tried.into_iter().map(|tried| {
            let (fate, why) = match tried.fate {
                Fate::Won => ("used", None),
                Fate::Absent(why) => ("absent", Some(why)),
                Fate::Failed(why) => ("failed", Some(why)),
                Fate::NotAsked => ("not-asked", None),
            };
            (tried.source, fate, why)
        });
        let credentials = won.and_then(Result::ok);
        Ok((
            credentials.as_ref().map(|found| found.secret_id().as_str().to_owned()),
            credentials.as_ref().is_some_and(|found| found.token().is_some()),
            credentials.as_ref().and_then(Credentials::ends_at),
            tried.collect(),
        ))
    }

    fn __repr__(&self) -> &'static str {
        "CredentialsChain(..)"
    }
}

/// What comes out of work that waits.
fn awaited<T: Send + 'static>(
    py: Python<'_>,
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Refusal> {
    let came = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&came);
    let tell = move |py: Python<'_>, value| {
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        Ok(py.None())
    };
    Pending::start(work, tell)?.wait(py)?;
    let value = came.lock().unwrap_or_else(PoisonError::into_inner).take();
    value.ok_or(Refusal::Cancelled)
}
