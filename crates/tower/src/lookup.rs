//! Where the keys are that signatures are checked with.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::sync::Arc;

use cospass_sign::Credentials;

/// Finds the credentials of a SecretId: in memory, in a database, at another service.
pub trait SecretLookup: Clone + Send + Sync + 'static {
    /// The credentials of a SecretId, or `None` if there are none. Those with a token ask for that token in each request.
    ///
    /// Whoever sends requests chooses the SecretId; it may be any text.
    ///
    /// # Errors
    /// [`LookupFailed`], if it cannot be found out; the request is answered with 500 `InternalError`.
    fn look_up(
        &self,
        secret_id: &str,
    ) -> impl Future<Output = Result<Option<Credentials>, LookupFailed>> + Send;
}

/// It cannot be found out whose a SecretId is. Whoever implements [`SecretLookup`] logs why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupFailed;

impl std::fmt::Display for LookupFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it cannot be found out whose the SecretId is")
    }
}

impl std::error::Error for LookupFailed {}

/// One account.
impl SecretLookup for Credentials {
    fn look_up(
        &self,
        secret_id: &str,
    ) -> impl Future<Output = Result<Option<Credentials>, LookupFailed>> + Send {
        let is_own = self.secret_id().as_str() == secret_id;
        ready(Ok(is_own.then(|| self.clone())))
    }
}

/// Many, by SecretId.
impl SecretLookup for Arc<BTreeMap<String, Credentials>> {
    fn look_up(
        &self,
        secret_id: &str,
    ) -> impl Future<Output = Result<Option<Credentials>, LookupFailed>> + Send {
        ready(Ok(self.get(secret_id).cloned()))
    }
}
