//! What signing makes: the URL, the text, and what a client must send with them.

use std::fmt;
use std::sync::Arc;

use cospass_sign::KeyTime;

use super::risks::Risks;
use crate::warning::{Longest, Warning};

/// A signed request, ready to hand out.
///
/// Whoever has the URL or the text can make the request until it ends, so `Debug` shows neither of them, nor any
/// header's value.
#[derive(Clone, PartialEq, Eq)]
pub struct Presigned {
    /// The URL, and behind it the value of an `Authorization` header: one allocation for both.
    pub(super) text: String,
    pub(super) url_end: usize,
    /// Those of the last signature serve the next one.
    pub(super) headers: Option<Arc<[(String, String)]>>,
    pub(super) key_time: KeyTime,
    /// From when on the credentials are refused, where that is known.
    pub(super) credentials_end: Option<i64>,
    pub(super) risks: Risks,
}

impl Presigned {
    /// The URL to request: with the signature in its query when a URL was pre-signed; without it, but with the
    /// parameters, when an `Authorization` value was asked for.
    pub fn url(&self) -> &str {
        self.text.get(..self.url_end).unwrap_or_default()
    }

    /// The URL, moved out.
    pub fn into_url(mut self) -> String {
        self.text.truncate(self.url_end);
        self.text
    }

    /// The value of an `Authorization` header with this signature.
    pub fn authorization(&self) -> &str {
        self.text.get(self.url_end..).unwrap_or_default()
    }

    /// The headers that must be sent with the request, as they are signed. `Host` is among them only when it is not the
    /// one that the URL makes a client send. The `Authorization` header itself is not among them.
    pub fn headers(&self) -> &[(String, String)] {
        self.headers.as_deref().unwrap_or_default()
    }

    /// From when to when the signature holds.
    pub fn key_time(&self) -> KeyTime {
        self.key_time
    }

    /// The last second of the signature itself, Unix time. The service refuses it earlier when the credentials end earlier,
    /// see [`effective_end`](Self::effective_end).
    pub fn expires_at(&self) -> i64 {
        self.key_time.end()
    }

    /// The last second at which the service takes the signature, Unix time: that of the signature, or that of the
    /// credentials where they are known to end before it.
    pub fn effective_end(&self) -> i64 {
        let last = self.last_of_credentials();
        last.map_or(self.key_time.end(), |last| last.min(self.key_time.end()))
    }

    fn last_of_credentials(&self) -> Option<i64> {
        self.credentials_end.map(|end| end.saturating_sub(1))
    }

    /// What is valid and yet a risk; worked out when it is asked for.
    pub fn warnings(&self) -> Vec<Warning> {
        self.warnings_beyond(Longest::default())
    }

    /// The same, where other validities are too long.
    pub fn warnings_beyond(&self, longest: Longest) -> Vec<Warning> {
        let last = self.last_of_credentials();
        let token = last.and_then(|last| Warning::of_token(self.key_time, last));
        let others = self.risks.warnings(self.key_time, longest, self.url());
        token.into_iter().chain(others).collect()
    }
}

impl fmt::Debug for Presigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers().iter().map(|(name, _)| name).collect();
        f.debug_struct("Presigned")
            .field("headers", &names)
            .field("key_time", &self.key_time)
            .field("warnings", &self.warnings())
            .finish_non_exhaustive()
    }
}
