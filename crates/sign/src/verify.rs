//! Verification: the canonical rule first, then each convention of the official SDKs.
//!
//! Whoever forges a signature must guess 160 bits: each attempt compares the signature of *this* request under another
//! reading of it ([`Reading`]).

use crate::canonical::Canonical;
use crate::claim::Claim;
use crate::convention::{Convention, Deviation};
use crate::head::RequestHead;
use crate::key_time::KeyTime;
use crate::ordinary;
use crate::percent::Plus;
use crate::reading::{Attempt, Reading, readings_of_plus};
use crate::refusal::Refusal;
use crate::secret::{SecretKey, SecurityToken};
use crate::signing::{SignTime, SigningKey};
use crate::verifier::Keys;

/// By how many seconds a signature may lie in the future: the service tolerates clocks that are up
/// to 15 minutes off (COS document 436/7730, `RequestTimeTooSkewed`).
pub const CLOCK_SKEW_SECONDS: i64 = 900;

/// How many bytes of canonical text are hashed for the deviations of one request, at most: enough for every reading of a text of
/// two thousand bytes. Who sends a long request with much in it that could be read in another way gets fewer readings, so that
/// no request costs much more than its length.
const MOST_HASHED: usize = 256 * 1024;

/// Which conventions are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Acceptance {
    /// The canonical rule alone.
    Strict,
    /// What the service honours: everything but the two conventions that sign another path than the
    /// one the service reads ([`Deviation::EncodedPath`], [`Deviation::PathPlusAsSpace`]). Under
    /// those a signature for one object could be sent for another.
    Service,
    /// Whatever an official SDK makes.
    #[default]
    Sdk,
}

/// A signature that holds. Nothing but [`Claim::verify`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    convention: Convention,
    plus: Plus,
}

impl Verified {
    /// The convention by which it holds.
    pub fn convention(&self) -> Convention {
        self.convention
    }

    /// How the signer meant a `+` in the query: whoever acts on the parameters must read them so.
    pub fn plus(&self) -> Plus {
        self.plus
    }
}

impl Claim<'_> {
    /// Verifies the claim against the request it was read from.
    ///
    /// `secret_key` is the secret of [`Claim::secret_id`], or `None` if the caller knows no such
    /// SecretId: the same work is done then, so that the time it takes tells nothing. `now` is in
    /// Unix seconds. Neither time range needs to lie within the other; each is checked by itself.
    ///
    /// # Errors
    /// The first cause in the order in which the service checks: SecretId, time, signature.
    ///
    /// ```
    /// use cospass_sign::{Acceptance, Authorization, Canonical, Claim, RequestHead};
    /// use cospass_sign::{SecretKey, SigningKey};
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
    /// assert!(claim.verify(&head, Some(&secret), 300, Acceptance::Strict).is_ok());
    /// let refused = claim.verify(&head, Some(&secret), 301, Acceptance::Strict);
    /// assert_eq!(refused.unwrap_err().cause(), "expired");
    /// # Ok::<(), cospass_sign::ClaimError>(())
    /// ```
    pub fn verify(
        &self,
        head: &RequestHead<'_>,
        secret_key: Option<&SecretKey>,
        now: i64,
        acceptance: Acceptance,
    ) -> Result<Verified, Refusal> {
        self.judge(secret_key, now, |known, fractional| {
            let keys = Keys::derive(known, &self.authorization.key_time());
            self.verify_by(head, &keys, acceptance, fractional, &mut Vec::new())
        })
    }

    /// What every verification begins and ends with: the times are judged first, and whose SecretId is not known is refused
    /// at the end, with the work done that a known one takes.
    pub(crate) fn judge(
        &self,
        secret_key: Option<&SecretKey>,
        now: i64,
        verify: impl FnOnce(&SecretKey, bool) -> Result<Verified, Refusal>,
    ) -> Result<Verified, Refusal> {
        let nobody = SecretKey::new("");
        let verdict = self
            .check_times(now)
            .and_then(|fractional| verify(secret_key.unwrap_or(&nobody), fractional));
        if secret_key.is_some() { verdict } else { Err(Refusal::UnknownSecretId) }
    }

    /// Verifies with keys that were derived for the key time of this claim, whose times hold. What `text` holds is of no
    /// account: it is used for the canonical text.
    pub(crate) fn verify_by(
        &self,
        head: &RequestHead<'_>,
        keys: &Keys,
        acceptance: Acceptance,
        fractional: bool,
        text: &mut Vec<u8>,
    ) -> Result<Verified, Refusal> {
        if let Some(ordinary) = ordinary::write(self, head, acceptance, text) {
            let expected = if self.authorization.has_one_time() {
                keys.signing_key.sign_at(&keys.sign_time, text)
            } else {
                let sign_time = SignTime::new(&self.authorization.sign_time());
                keys.signing_key.sign_at(&sign_time, text)
            };
            if expected == *self.authorization.signature() {
                return judged(Convention::CANONICAL, Plus::Space, fractional, acceptance);
            }
            if ordinary.has_one_reading {
                return Err(Refusal::SignatureMismatch);
            }
        }
        let found = self.find_convention(head, &keys.signing_key, acceptance, fractional)?;
        judged(found.convention, found.plus, false, acceptance)
    }

    /// Whether the request carries the token of the temporary credentials that its SecretId belongs
    /// to. The service reports a wrong one in the words for a wrong SecretId, before it looks at
    /// the time.
    ///
    /// # Errors
    /// [`Refusal::TokenMissing`] and [`Refusal::TokenDiffers`].
    pub fn check_token(&self, token: &SecurityToken) -> Result<(), Refusal> {
        match (self.has_token(), self.carries_token(token)) {
            (false, _) => Err(Refusal::TokenMissing),
            (true, false) => Err(Refusal::TokenDiffers),
            (true, true) => Ok(()),
        }
    }

    /// The canonical text of this request as a verifier sees it, with the names that it lists and
    /// has: what the service prints beside `SignatureDoesNotMatch`. It holds no secret.
    pub fn canonical_view(&self, head: &RequestHead<'_>) -> CanonicalView {
        let mut canonical = Canonical::new();
        let reading = Reading::of(self, head, Plus::Space);
        reading.write(&Attempt::RULE, &mut canonical);
        let mut string_to_sign = String::new();
        canonical.write_string_to_sign(&self.authorization.sign_time(), &mut string_to_sign);
        CanonicalView { string_to_sign, format_string: canonical.http_string().to_vec() }
    }

    /// The first name that is listed and not sent, however a `+` is read.
    pub(crate) fn not_sent(&self, head: &RequestHead<'_>) -> Option<Refusal> {
        let mut readings =
            readings_of_plus(head).map(|plus| Reading::of(self, head, plus).missing());
        let first = readings.next()??;
        readings.all(|missing| missing.is_some()).then_some(first)
    }

    /// Whether the times hold; the answer says whether one has a fraction.
    pub(crate) fn check_times(&self, now: i64) -> Result<bool, Refusal> {
        let times = self
            .authorization
            .times()
            .unwrap_or_else(|| unreachable!("a claim is read with times that were parsed"));
        for (field, time) in [("q-sign-time", times.sign), ("q-key-time", times.key)] {
            check_time(field, time, now)?;
        }
        Ok(times.fractional)
    }

    pub(crate) fn find_convention(
        &self,
        head: &RequestHead<'_>,
        key: &SigningKey,
        acceptance: Acceptance,
        fractional: bool,
    ) -> Result<Verified, Refusal> {
        let sign_time = SignTime::new(&self.authorization.sign_time());
        let mut canonical = Canonical::new();
        let mut first_refusal = None;
        for plus in readings_of_plus(head) {
            let reading = Reading::of(self, head, plus);
            if let Some(missing) = reading.missing() {
                first_refusal.get_or_insert(missing);
                continue;
            }
            first_refusal.get_or_insert(Refusal::SignatureMismatch);
            let mut hashed = 0;
            for attempt in reading.attempts(acceptance) {
                // The rule itself is tried at any length.
                if hashed > MOST_HASHED {
                    break;
                }
                reading.write(&attempt, &mut canonical);
                hashed += canonical.http_string().len();
                let expected = key.sign_at(&sign_time, canonical.http_string());
                if expected == *self.authorization.signature() {
                    let mut convention = reading.convention.and(attempt.convention());
                    if fractional {
                        convention = convention.with(Deviation::FractionalTime);
                    }
                    return Ok(Verified { convention, plus });
                }
            }
        }
        Err(first_refusal.unwrap_or(Refusal::SignatureMismatch))
    }
}

/// A signature that holds by a convention, unless the rule alone is accepted.
fn judged(
    convention: Convention,
    plus: Plus,
    fractional: bool,
    acceptance: Acceptance,
) -> Result<Verified, Refusal> {
    let convention =
        if fractional { convention.with(Deviation::FractionalTime) } else { convention };
    match acceptance {
        Acceptance::Strict if !convention.is_canonical() => {
            Err(Refusal::NotCanonical { convention })
        }
        _ => Ok(Verified { convention, plus }),
    }
}

/// Whether a time range holds `now`, or will within the tolerated skew.
pub(crate) fn check_time(field: &'static str, time: KeyTime, now: i64) -> Result<(), Refusal> {
    if now > time.end() {
        return Err(Refusal::Expired { field, end: time.end(), now });
    }
    if time.start() > now.saturating_add(CLOCK_SKEW_SECONDS) {
        return Err(Refusal::NotYetValid { field, start: time.start(), now });
    }
    Ok(())
}

/// The canonical text of a request, as a verifier makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalView {
    string_to_sign: String,
    format_string: Vec<u8>,
}

impl CanonicalView {
    /// `StringToSign`: `sha1`, the sign time and the hash of the `FormatString`, a line each.
    pub fn string_to_sign(&self) -> &str {
        &self.string_to_sign
    }

    /// `FormatString`, the `HttpString` of the documentation. Raw bytes: the path is decoded.
    pub fn format_string(&self) -> &[u8] {
        &self.format_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::Authorization;

    /// A request that only a deviation makes hold: the host was signed in lower case.
    fn cause(path: &str) -> Option<&'static str> {
        let secret = SecretKey::new("secret");
        let mut canonical = Canonical::new();
        canonical.write::<&str, &str, _, _>("GET", path.as_bytes(), &[], &[("host", "h")]);
        let signature = SigningKey::derive(&secret, "0;300").sign("0;300", &canonical);
        let mut text = String::new();
        Authorization::new("AKID", "0;300", "host", "", signature).write_header(&mut text);
        let headers = [(&b"host"[..], &b"H"[..]), (b"authorization", text.as_bytes())];
        let head = RequestHead::new("GET", path.as_bytes(), None, &headers);
        let claim = Claim::read(&head).unwrap();
        let verdict = claim.verify(&head, Some(&secret), 300, Acceptance::Service);
        verdict.err().map(|refusal| refusal.cause())
    }

    #[test]
    fn no_more_is_hashed_for_deviations_than_is_due() {
        assert_eq!(cause("/k"), None);
        assert_eq!(cause(&format!("/{}", "k".repeat(MOST_HASHED / 2))), None);
        assert_eq!(cause(&format!("/{}", "k".repeat(MOST_HASHED))), Some("signature-mismatch"));
    }
}
