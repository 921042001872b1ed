//! What a server keeps from one request to the next: keys that were derived, and a buffer.

use std::fmt;

use crate::claim::Claim;
use crate::head::RequestHead;
use crate::refusal::Refusal;
use crate::secret::SecretKey;
use crate::signing::{SignTime, SigningKey, equal};
use crate::verify::{Acceptance, Verified};

/// Verifies one claim after the other. The verdict is that of [`Claim::verify`].
///
/// URLs are made by the second, and many in the same second, so that their signing key is the same: the last few are kept. They
/// are wiped when they give way to others, and with the verifier. Which key times were met before may be seen from the time
/// that a verdict takes; nothing else can.
///
/// ```
/// use cospass_sign::{Acceptance, Authorization, Canonical, Claim, RequestHead};
/// use cospass_sign::{SecretKey, SigningKey, Verifier};
///
/// let secret = SecretKey::new("secret");
/// let mut canonical = Canonical::new();
/// canonical.write::<&str, &str, _, _>("GET", b"/k", &[], &[("host", "h")]);
/// let signature = SigningKey::derive(&secret, "0;300").sign("0;300", &canonical);
/// let mut text = String::new();
/// Authorization::new("AKID", "0;300", "host", "", signature).write_header(&mut text);
///
/// let headers = [(&b"host"[..], &b"h"[..]), (b"authorization", text.as_bytes())];
/// let head = RequestHead::new("GET", b"/k", None, &headers);
/// let claim = Claim::read(&head)?;
/// let mut verifier = Verifier::new();
/// assert!(verifier.verify(&claim, &head, Some(&secret), 300, Acceptance::Strict).is_ok());
/// let other = SecretKey::new("other");
/// let refused = verifier.verify(&claim, &head, Some(&other), 300, Acceptance::Strict);
/// assert_eq!(refused.unwrap_err().cause(), "signature-mismatch");
/// # Ok::<(), cospass_sign::ClaimError>(())
/// ```
pub struct Verifier {
    kept: Vec<Option<Derived>>,
    buffer: Vec<u8>,
}

/// How many keys are kept; the key time says in which place.
const KEPT: usize = 64;

/// A key time is two Unix times; a longer text, which only a verifier is sent, is not kept.
const LONGEST_KEPT: usize = 64;

struct Derived {
    secret_key: SecretKey,
    key_time: String,
    keys: Keys,
}

/// What a claim is verified with.
pub(crate) struct Keys {
    pub(crate) signing_key: SigningKey,
    /// The sign time, if it is the key time, as it is with all official SDKs.
    pub(crate) sign_time: SignTime,
}

impl Keys {
    pub(crate) fn derive(secret_key: &SecretKey, key_time: &str) -> Self {
        let signing_key = SigningKey::derive(secret_key, key_time);
        Self { signing_key, sign_time: SignTime::new(key_time) }
    }
}

impl Verifier {
    /// Without any keys yet.
    pub fn new() -> Self {
        Self { kept: (0..KEPT).map(|_| None).collect(), buffer: Vec::with_capacity(512) }
    }

    /// Verifies a claim as [`Claim::verify`] does.
    ///
    /// # Errors
    /// Those of [`Claim::verify`].
    pub fn verify(
        &mut self,
        claim: &Claim<'_>,
        head: &RequestHead<'_>,
        secret_key: Option<&SecretKey>,
        now: i64,
        acceptance: Acceptance,
    ) -> Result<Verified, Refusal> {
        let verdict = claim.check_times(now).and_then(|fractional| {
            let nobody = SecretKey::new("");
            let known = secret_key.unwrap_or(&nobody);
            let key_time = claim.authorization().key_time();
            let derived;
            let keys = match self.kept.get_mut(place_of(key_time)) {
                Some(place) if key_time.len() <= LONGEST_KEPT => kept(place, known, key_time),
                _ => {
                    derived = Keys::derive(known, key_time);
                    &derived
                }
            };
            claim.verify_by(head, keys, acceptance, fractional, &mut self.buffer)
        });
        if secret_key.is_some() { verdict } else { Err(Refusal::UnknownSecretId) }
    }
}

/// The keys in a place, derived if they are not there.
fn kept<'k>(place: &'k mut Option<Derived>, secret_key: &SecretKey, key_time: &str) -> &'k Keys {
    let is_same = |kept: &Derived| {
        let [a, b] = [&kept.secret_key, secret_key].map(|key| key.expose().as_bytes());
        kept.key_time == key_time && equal(a, b)
    };
    if !place.as_ref().is_some_and(is_same) {
        *place = None;
    }
    let derive = || Derived {
        secret_key: secret_key.clone(),
        key_time: key_time.to_owned(),
        keys: Keys::derive(secret_key, key_time),
    };
    &place.get_or_insert_with(derive).keys
}

/// Later seconds have other places.
fn place_of(key_time: &str) -> usize {
    let digits =
        key_time.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    digits % KEPT
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_for_their_secret_and_time_alone() {
        let mut place = None;
        let secrets = ["a", "b"].map(SecretKey::new);
        for (secret, time) in [(0, "1;2"), (0, "1;2"), (1, "1;2"), (1, "1;3"), (0, "1;2")] {
            let secret = &secrets[secret];
            let kept = kept(&mut place, secret, time).signing_key.sign_policy(b"");
            assert_eq!(kept, SigningKey::derive(secret, time).sign_policy(b""));
        }
    }

    #[test]
    fn nothing_of_the_keys_shows_in_debug() {
        assert_eq!(format!("{:?}", Verifier::new()), "Verifier(..)");
    }
}
