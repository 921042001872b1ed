//! Temporary keys that need no table: whatever there is to know of them stands in their token, sealed.
//!
//! ```text
//! TmpSecretId  = "AKID" base64url(seed)                           seed: 48 random bytes
//! TmpSecretKey = base64(HMAC-SHA256(key, "secret" seed))          derived, so that no token holds it
//! Token        = base64url(version, id of the key, sealed)        sealed with AES-256-GCM
//! ```
//!
//! The key of the seal is HMAC-SHA256(key, "seal" seed), for this one token: its nonce is always zero, and a token opens
//! with the SecretId that it was made with and with no other. Any endpoint that has the key can check what another made.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cospass_protocol::sts::{Issued, StsError, StsErrorCode, TOKEN_MAX};
use cospass_sign::{Credentials, SecretKey, SecurityToken};
use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io;
use std::sync::{PoisonError, RwLock};
use zeroize::Zeroizing;

use crate::authorize::Permit;

/// What a SecretId begins with.
const PREFIX: &str = "AKID";
/// The random bytes of a SecretId: 64 characters, as the service's have.
const SEED: usize = 48;
/// The layout of a token.
const VERSION: u8 = 1;
/// How many bytes of a key's hash name it.
const KEY_ID: usize = 4;

/// What temporary keys are to be made of. Only an `authorize` makes a permit of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Issue {
    /// Whose rights they have.
    pub(crate) who: Who,
    /// The name of the session.
    pub(crate) name: String,
    /// Who asked for them, by number.
    pub(crate) asked_by: String,
    /// The policy that narrows them, JSON.
    pub(crate) policy: Option<String>,
    /// When they end, Unix seconds.
    pub(crate) ends: i64,
}

/// Whose rights temporary keys have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Who {
    /// Those of an account or a user, by number.
    Caller { owner_uin: String, uin: String },
    /// Those of a role, by id.
    Role { owner_uin: String, id: String },
}

/// A key that makes and checks temporary keys. Wiped when dropped.
#[derive(Clone)]
pub(crate) struct TokenKey {
    id: [u8; KEY_ID],
    key: Zeroizing<[u8; 32]>,
}

impl TokenKey {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        let hash = Sha256::digest([&b"cospass token key id"[..], &key].concat());
        let mut id = [0; KEY_ID];
        id.iter_mut().zip(hash).for_each(|(place, byte)| *place = byte);
        Self { id, key: Zeroizing::new(key) }
    }

    pub(crate) fn random() -> io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self::new(key))
    }

    /// The bytes, for the file that keeps them.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.key
    }

    fn derive(&self, what: &[u8], seed: &[u8; SEED]) -> Zeroizing<[u8; 32]> {
        // A key of any length is one: the error has no value to come from.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*self.key) else {
            return Zeroizing::new([0; 32]);
        };
        mac.update(what);
        mac.update(seed);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    fn secret_key(&self, seed: &[u8; SEED]) -> SecretKey {
        let key = self.derive(b"secret", seed);
        SecretKey::new(STANDARD.encode(key.as_slice()))
    }

    fn seal_key(&self, seed: &[u8; SEED]) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &*self.derive(b"seal", seed)).ok().map(LessSafeKey::new)
    }

    /// What stands before the sealed part of a token, and is authenticated with it.
    fn header(&self) -> [u8; 1 + KEY_ID] {
        let mut header = [VERSION; 1 + KEY_ID];
        header.iter_mut().skip(1).zip(self.id).for_each(|(place, byte)| *place = byte);
        header
    }

    fn seal(&self, seed: &[u8; SEED], issue: &Issue) -> Option<String> {
        let mut sealed = postcard::to_stdvec(issue).ok()?;
        let header = self.header();
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        self.seal_key(seed)?
            .seal_in_place_append_tag(nonce, Aad::from(header), &mut sealed)
            .ok()?;
        Some(URL_SAFE_NO_PAD.encode([&header[..], &sealed].concat()))
    }

    fn open(&self, seed: &[u8; SEED], sealed: &[u8]) -> Option<Issue> {
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let key = self.seal_key(seed)?;
        let opened = key.open_in_place(nonce, Aad::from(self.header()), &mut sealed).ok()?;
        postcard::from_bytes(opened).ok()
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(..)")
    }
}

/// The keys of an endpoint: the first makes temporary keys, all of them check.
#[derive(Debug)]
pub(crate) struct TokenKeys(RwLock<Vec<TokenKey>>);

impl TokenKeys {
    pub(crate) fn new(keys: Vec<TokenKey>) -> Self {
        Self(RwLock::new(keys))
    }

    /// One that nobody else has.
    pub(crate) fn random() -> io::Result<Self> {
        Ok(Self::new(vec![TokenKey::random()?]))
    }

    /// Other keys from now on: what those that are gone have made is refused.
    pub(crate) fn replace(&self, keys: Vec<TokenKey>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// Makes temporary keys.
    pub(crate) fn issue(&self, permit: &Permit<Issue>) -> Result<Issued, StsError> {
        let issue = permit.operation();
        let mut seed = [0; SEED];
        let failed = |code: StsErrorCode| StsError::from(code);
        getrandom::fill(&mut seed).map_err(|_| failed(StsErrorCode::GetSeedTokenError))?;
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.first().ok_or_else(|| failed(StsErrorCode::EncryptError))?;
        let token = key.seal(&seed, issue).ok_or_else(|| failed(StsErrorCode::EncryptError))?;
        if token.len() > TOKEN_MAX {
            return Err(failed(StsErrorCode::ExtendStrategyOverSize));
        }
        let secret_id = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(seed));
        let secret_key = key.secret_key(&seed);
        let credentials = Credentials::new(secret_id, secret_key.expose()).with_token(token);
        Ok(Issued { credentials, expires: issue.ends })
    }

    /// What a token says, and the SecretKey of the SecretId that it came with; `None` if it does not belong to it, was not
    /// made here, or was changed.
    pub(crate) fn open(
        &self,
        secret_id: &str,
        token: &SecurityToken,
    ) -> Option<(SecretKey, Issue)> {
        let seed = seed_of(secret_id)?;
        let token = token.expose();
        if token.len() > TOKEN_MAX {
            return None;
        }
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (header, sealed) = token.split_at_checked(1 + KEY_ID)?;
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.iter().find(|key| key.header() == header)?;
        Some((key.secret_key(&seed), key.open(&seed, sealed)?))
    }
}

/// Whether a SecretId has the form of a temporary one.
pub(crate) fn is_temporary(secret_id: &str) -> bool {
    seed_of(secret_id).is_some()
}

fn seed_of(secret_id: &str) -> Option<[u8; SEED]> {
    let seed = URL_SAFE_NO_PAD.decode(secret_id.strip_prefix(PREFIX)?).ok()?;
    seed.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue() -> Issue {
        Issue {
            who: Who::Caller { owner_uin: "1".into(), uin: "2".into() },
            name: "upload".into(),
            asked_by: "2".into(),
            policy: Some(r#"{"version":"2.0"}"#.into()),
            ends: 1_700_000_000,
        }
    }

    fn issued(keys: &TokenKeys) -> Credentials {
        keys.issue(&Permit::for_test(issue())).unwrap().credentials
    }

    fn opened(keys: &TokenKeys, secret_id: &str, token: &str) -> Option<(SecretKey, Issue)> {
        keys.open(secret_id, &SecurityToken::new(token))
    }

    #[test]
    fn they_have_the_form_of_the_services() {
        let credentials = issued(&TokenKeys::random().unwrap());
        let (id, token) = (credentials.secret_id().as_str(), credentials.token().unwrap().expose());
        let is_url_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        assert_eq!(id.len(), 68);
        assert!(id.starts_with("AKID") && id.bytes().all(is_url_safe) && is_temporary(id));
        assert_eq!(credentials.secret_key().expose().len(), 44);
        assert!(token.bytes().all(is_url_safe) && token.len() < TOKEN_MAX);
        assert!(!is_temporary("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"));
    }

    #[test]
    fn a_token_says_what_was_sealed_and_gives_the_key() {
        let keys = TokenKeys::random().unwrap();
        let credentials = issued(&keys);
        let token = credentials.token().unwrap().expose();
        let (key, issue_read) = opened(&keys, credentials.secret_id().as_str(), token).unwrap();
        assert_eq!(key.expose(), credentials.secret_key().expose());
        assert_eq!(issue_read, issue());
    }

    #[test]
    fn forged_altered_and_foreign_tokens_do_not_open() {
        let keys = TokenKeys::random().unwrap();
        let (credentials, other) = (issued(&keys), issued(&keys));
        let (id, token) = (credentials.secret_id().as_str(), credentials.token().unwrap().expose());
        for at in 0..token.len() {
            let mut bytes = token.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).unwrap();
            assert!(opened(&keys, id, &altered).is_none(), "changed at {at}");
        }
        assert!(opened(&keys, other.secret_id().as_str(), token).is_none());
        assert!(opened(&keys, "AKIDEXAMPLE", token).is_none());
        assert!(opened(&TokenKeys::random().unwrap(), id, token).is_none());
        for forged in ["", "AQ", &token[..token.len() - 4], &"A".repeat(TOKEN_MAX + 4)] {
            assert!(opened(&keys, id, forged).is_none(), "{forged}");
        }
    }

    #[test]
    fn a_former_key_checks_and_the_first_one_makes() {
        let (old, new) = (TokenKey::random().unwrap(), TokenKey::random().unwrap());
        let keys = TokenKeys::new(vec![old.clone()]);
        let credentials = issued(&keys);
        let (id, token) = (credentials.secret_id().as_str(), credentials.token().unwrap().expose());
        keys.replace(vec![new.clone(), old]);
        assert!(opened(&keys, id, token).is_some());
        let later = issued(&keys);
        let (later_id, later_token) = (later.secret_id().as_str(), later.token().unwrap().expose());
        keys.replace(vec![new]);
        assert!(opened(&keys, id, token).is_none());
        assert!(opened(&keys, later_id, later_token).is_some());
    }

    #[test]
    fn a_policy_that_does_not_fit_is_refused() {
        let keys = TokenKeys::random().unwrap();
        let policy = Some("x".repeat(TOKEN_MAX));
        let refused = keys.issue(&Permit::for_test(Issue { policy, ..issue() })).unwrap_err();
        assert_eq!(refused.code, StsErrorCode::ExtendStrategyOverSize);
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let keys = TokenKeys::new(vec![TokenKey::new([0x5a; 32])]);
        assert_eq!(
            format!("{keys:?}").matches("5a").count() + format!("{keys:?}").matches("90").count(),
            0
        );
    }
}
