//! What a server keeps from one request to the next: the keys that were derived.

use std::fmt;
use std::sync::RwLock;

use crate::claim::Claim;
use crate::head::RequestHead;
use crate::key_time::KeyTime;
use crate::refusal::Refusal;
use crate::secret::SecretKey;
use crate::signing::{SignTime, SigningKey, equal};
use crate::verify::{Acceptance, Verified};

/// Verifies one claim after the other, for as many threads as there are. The verdict is that of [`Claim::verify`].
///
/// URLs are made by the second, and many in the same second, so that their signing key is the same: the last few are kept,
/// each for its SecretId and its key time. They are wiped when they give way to others, and with the verifier. No thread waits
/// for another: what cannot be looked up at once is derived. Which pairs of a SecretId and a key time were met before may be
/// seen from the time that a verdict takes; whether a SecretId is known cannot.
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
/// let verifier = Verifier::new();
/// assert!(verifier.verify(&claim, &head, Some(&secret), 300, Acceptance::Strict).is_ok());
/// let other = SecretKey::new("other");
/// let refused = verifier.verify(&claim, &head, Some(&other), 300, Acceptance::Strict);
/// assert_eq!(refused.unwrap_err().cause(), "signature-mismatch");
/// # Ok::<(), cospass_sign::ClaimError>(())
/// ```
pub struct Verifier {
    places: Box<[RwLock<Option<Derived>>]>,
    /// The canonical text of whoever has the verifier alone, to be written anew.
    text: Vec<u8>,
}

/// The canonical texts of nearly all requests fit so many bytes; the memory of a longer one is given back.
const MOST_TEXT_KEPT: usize = 16 * 1024;

/// How many keys are kept; SecretId and key time say in which place.
const KEPT: usize = 64;

/// SecretIds have 36 characters, those of temporary keys some 70; longer texts, which only a verifier is sent, are not kept.
const LONGEST_KEPT: usize = 128;

/// The keys of one SecretId at one key time.
struct Derived {
    secret_id: String,
    key_time: KeyTime,
    secret_key: SecretKey,
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

impl Derived {
    fn of(claim: &Claim<'_>, key_time: KeyTime, secret_key: &SecretKey) -> Self {
        Self {
            secret_id: claim.secret_id().to_owned(),
            key_time,
            secret_key: secret_key.clone(),
            keys: Keys::derive(secret_key, &claim.authorization().key_time()),
        }
    }

    /// Whether these are the keys of a SecretId, which may have got another SecretKey meanwhile.
    fn is_of(&self, secret_id: &str, key_time: KeyTime, secret_key: &SecretKey) -> bool {
        let [own, other] = [&self.secret_key, secret_key].map(|key| key.expose().as_bytes());
        self.key_time == key_time && self.secret_id == secret_id && equal(own, other)
    }
}

impl Verifier {
    /// Without any keys yet.
    pub fn new() -> Self {
        let places = (0..KEPT).map(|_| RwLock::new(None)).collect();
        Self { places, text: Vec::new() }
    }

    /// Verifies a claim as [`Claim::verify`] does.
    ///
    /// # Errors
    /// Those of [`Claim::verify`].
    pub fn verify(
        &self,
        claim: &Claim<'_>,
        head: &RequestHead<'_>,
        secret_key: Option<&SecretKey>,
        now: i64,
        acceptance: Acceptance,
    ) -> Result<Verified, Refusal> {
        claim.judge(secret_key, now, |known, fractional| {
            let verify =
                |keys: &Keys| claim.verify_by(head, keys, acceptance, fractional, &mut Vec::new());
            let (id, authorization) = (claim.secret_id(), claim.authorization());
            let Some((key_time, place)) =
                authorization.plain_key_time().and_then(|time| Some((time, self.place(id, time)?)))
            else {
                return verify(&Keys::derive(known, &authorization.key_time()));
            };
            if let Ok(kept) = place.try_read()
                && let Some(kept) = kept.as_ref().filter(|kept| kept.is_of(id, key_time, known))
            {
                return verify(&kept.keys);
            }
            let derived = Derived::of(claim, key_time, known);
            let verdict = verify(&derived.keys);
            if let Ok(mut kept) = place.try_write() {
                *kept = Some(derived);
            }
            verdict
        })
    }

    /// Verifies a claim as [`verify`](Self::verify) does, for whoever has this verifier alone: nothing is locked, so that one claim
    /// may be read while another is hashed.
    ///
    /// # Errors
    /// Those of [`Claim::verify`].
    pub fn verify_alone(
        &mut self,
        claim: &Claim<'_>,
        head: &RequestHead<'_>,
        secret_key: Option<&SecretKey>,
        now: i64,
        acceptance: Acceptance,
    ) -> Result<Verified, Refusal> {
        let Self { places, text } = self;
        let verdict = claim.judge(secret_key, now, |known, fractional| {
            let mut verify =
                |keys: &Keys| claim.verify_by(head, keys, acceptance, fractional, text);
            let (id, authorization) = (claim.secret_id(), claim.authorization());
            let time = authorization.plain_key_time();
            let place = time.and_then(|time| Some((time, number(id, time)?)));
            let Some((time, place)) = place
                .and_then(|(time, number)| Some((time, places.get_mut(number)?.get_mut().ok()?)))
            else {
                return verify(&Keys::derive(known, &authorization.key_time()));
            };
            if !place.as_ref().is_some_and(|kept| kept.is_of(id, time, known)) {
                *place = None;
            }
            verify(&place.get_or_insert_with(|| Derived::of(claim, time, known)).keys)
        });
        if self.text.capacity() > MOST_TEXT_KEPT {
            self.text = Vec::new();
        }
        verdict
    }

    /// Where the keys of a SecretId at a key time are, if they are kept.
    fn place(&self, secret_id: &str, key_time: KeyTime) -> Option<&RwLock<Option<Derived>>> {
        self.places.get(number(secret_id, key_time)?)
    }
}

/// The place of a SecretId at a key time, if keys of such are kept. Later seconds have other places.
fn number(secret_id: &str, key_time: KeyTime) -> Option<usize> {
    // The middle of a product depends on every bit of the other factor (Knuth, The Art of Computer Programming, §6.4).
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    if secret_id.len() > LONGEST_KEPT {
        return None;
    }
    let of_id = secret_id.as_bytes().last_chunk().copied().map_or(0, u64::from_le_bytes);
    let second = key_time.start().cast_unsigned();
    Some(((of_id.wrapping_mul(GOLDEN) >> 32).wrapping_add(second) % KEPT as u64) as usize)
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
    use crate::authorization::Authorization;
    use crate::canonical::Canonical;

    const NOW: i64 = 1_700_000_100;

    /// The text of a signature for `GET /k`.
    fn signed(secret: &str, id: &str, start: i64) -> String {
        let time = format!("{start};{}", NOW + 100);
        let mut canonical = Canonical::new();
        canonical.write::<&str, &str, &str, &str>("GET", b"/k", &[], &[]);
        let signature = SigningKey::derive(&SecretKey::new(secret), &time).sign(&time, &canonical);
        let mut text = String::new();
        Authorization::new(id, &time, "", "", signature).write_header(&mut text);
        text
    }

    fn with_claim<R>(text: &str, run: impl FnOnce(&Claim<'_>, &RequestHead<'_>) -> R) -> R {
        let headers = [(&b"authorization"[..], text.as_bytes())];
        let head = RequestHead::new("GET", b"/k", None, &headers);
        run(&Claim::read(&head).unwrap(), &head)
    }

    fn cause(
        verifier: &Verifier,
        text: &str,
        secret: Option<&str>,
        now: i64,
    ) -> Option<&'static str> {
        let secret = secret.map(SecretKey::new);
        with_claim(text, |claim, head| {
            let verdict = verifier.verify(claim, head, secret.as_ref(), now, Acceptance::Service);
            assert_eq!(verdict, claim.verify(head, secret.as_ref(), now, Acceptance::Service));
            verdict.err().map(|refusal| refusal.cause())
        })
    }

    #[test]
    fn keys_are_kept_for_their_secret_and_time_alone() {
        let verifier = Verifier::new();
        let (first, later) = (signed("a", "A", NOW - 100), signed("a", "A", NOW - 99));
        for _ in 0..2 {
            assert_eq!(cause(&verifier, &first, Some("a"), NOW), None);
            assert_eq!(cause(&verifier, &later, Some("a"), NOW), None);
            assert_eq!(cause(&verifier, &first, Some("b"), NOW), Some("signature-mismatch"));
            assert_eq!(cause(&verifier, &first, None, NOW), Some("unknown-secret-id"));
            assert_eq!(cause(&verifier, &first, Some("a"), NOW + 101), Some("expired"));
        }
    }

    #[test]
    fn a_verifier_that_somebody_has_alone_judges_alike() {
        let mut alone = Verifier::new();
        let (first, later) = (signed("a", "A", NOW - 100), signed("a", "A", NOW - 36));
        let long = signed("a", &"A".repeat(LONGEST_KEPT + 1), NOW - 100);
        for text in [&first, &later, &first, &first, &long] {
            for (secret, now) in
                [(Some("a"), NOW), (Some("b"), NOW), (None, NOW), (Some("a"), NOW + 101)]
            {
                let secret = secret.map(SecretKey::new);
                with_claim(text, |claim, head| {
                    let verdict =
                        alone.verify_alone(claim, head, secret.as_ref(), now, Acceptance::Service);
                    assert_eq!(
                        verdict,
                        claim.verify(head, secret.as_ref(), now, Acceptance::Service)
                    );
                });
            }
        }
        cause(&alone, &first, Some("a"), NOW);
        assert!(has(&alone, &first, "a"));
    }

    fn has(verifier: &Verifier, text: &str, secret: &str) -> bool {
        with_claim(text, |claim, _| {
            let (id, time) = (claim.secret_id(), claim.authorization().plain_key_time().unwrap());
            let kept = verifier.place(id, time).unwrap().read().unwrap();
            kept.as_ref().is_some_and(|kept| kept.is_of(id, time, &SecretKey::new(secret)))
        })
    }

    #[test]
    fn keys_stay_until_another_second_takes_their_place() {
        let verifier = Verifier::new();
        let text = |second: usize| signed("a", "AKIDEXAMPLE", NOW - 1000 + second as i64);
        for second in 0..KEPT {
            cause(&verifier, &text(second), Some("a"), NOW);
        }
        assert!((0..KEPT).all(|second| has(&verifier, &text(second), "a")));
        cause(&verifier, &text(KEPT), Some("a"), NOW);
        assert!(!has(&verifier, &text(0), "a") && has(&verifier, &text(KEPT), "a"));
        assert!(has(&verifier, &text(1), "a"));
    }

    /// Else a SecretId that is met with the keys of another one would be told from one that is not known.
    #[test]
    fn two_secret_ids_that_are_not_known_share_no_keys() {
        let verifier = Verifier::new();
        let [one, other] = ["AKIDNOBODY", "AKIDNOBODX"].map(|id| signed("", id, NOW - 100));
        cause(&verifier, &one, None, NOW);
        assert!(has(&verifier, &one, "") && !has(&verifier, &other, ""));
    }

    #[test]
    fn long_texts_are_not_kept() {
        let verifier = Verifier::new();
        let text = signed("a", &"A".repeat(LONGEST_KEPT + 1), NOW - 100);
        assert_eq!(cause(&verifier, &text, Some("a"), NOW), None);
        assert!(verifier.places.iter().all(|place| place.read().unwrap().is_none()));
    }

    #[test]
    fn the_memory_of_a_long_text_is_given_back() {
        let (mut verifier, text) = (Verifier::new(), signed("a", "A", NOW - 100));
        let headers = [(&b"authorization"[..], text.as_bytes())];
        for length in [2, MOST_TEXT_KEPT] {
            let path = "/".repeat(length);
            let head = RequestHead::new("GET", path.as_bytes(), None, &headers);
            let claim = Claim::read(&head).unwrap();
            let secret = SecretKey::new("a");
            let verdict =
                verifier.verify_alone(&claim, &head, Some(&secret), NOW, Acceptance::Service);
            assert_eq!(verdict.unwrap_err().cause(), "signature-mismatch");
            assert_eq!(verifier.text.capacity() > 0, length == 2);
        }
    }

    #[test]
    fn whoever_comes_while_a_place_is_in_use_does_not_wait() {
        let (verifier, text) = (Verifier::new(), signed("a", "A", NOW - 100));
        with_claim(&text, |claim, _| {
            let time = claim.authorization().plain_key_time().unwrap();
            let _held = verifier.place(claim.secret_id(), time).unwrap().write().unwrap();
            assert_eq!(cause(&verifier, &text, Some("a"), NOW), None);
        });
        assert!(!has(&verifier, &text, "a"));
    }

    #[test]
    fn nothing_of_the_keys_shows_in_debug() {
        assert_eq!(format!("{:?}", Verifier::new()), "Verifier(..)");
    }
}
