//! What a client signs with: one pair of keys, or those of a source, renewed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cospass_sign::Credentials;

use super::{CredentialSource, CredentialsError, Renewing};
use crate::presigners::Presigners;

/// What a client signs with.
pub(crate) struct Keyring {
    renewing: Option<Renewing>,
    latest: Mutex<Option<Arc<Presigners>>>,
}

impl Keyring {
    /// One pair of keys.
    pub(crate) fn of(credentials: Credentials) -> Self {
        let presigners = Presigners::new(credentials);
        Self { renewing: None, latest: Mutex::new(Some(Arc::new(presigners))) }
    }

    /// Those of a source, which is asked when the first request is signed.
    pub(crate) fn from(source: impl CredentialSource + 'static) -> Self {
        Self { renewing: Some(Renewing::new(source)), latest: Mutex::default() }
    }

    /// What to sign with now.
    pub(crate) async fn current(&self) -> Result<Arc<Presigners>, CredentialsError> {
        let Some(renewing) = &self.renewing else { return self.latest() };
        let credentials = renewing.credentials().await?;
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            Some(presigners) if is_same(presigners.credentials(), &credentials) => {
                Ok(Arc::clone(presigners))
            }
            _ => Ok(Arc::clone(latest.insert(Arc::new(Presigners::new(credentials))))),
        }
    }

    /// What was signed with last.
    pub(crate) fn latest(&self) -> Result<Arc<Presigners>, CredentialsError> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.clone().ok_or(CredentialsError::NotAskedYet)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let latest = self.latest().ok();
        let credentials = latest.as_ref().map(|presigners| presigners.credentials());
        f.debug_struct("Keyring")
            .field("renewing", &self.renewing)
            .field("credentials", &credentials)
            .finish_non_exhaustive()
    }
}

/// Whether two pairs came out of one answer: temporary keys have an id of their own each.
fn is_same(one: &Credentials, other: &Credentials) -> bool {
    one.secret_id().as_str() == other.secret_id().as_str() && one.ends_at() == other.ends_at()
}
