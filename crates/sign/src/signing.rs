//! Making a signature: the signing key of a key time, and the signature of a canonical text.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::canonical::{Canonical, hex};
use crate::percent;
use crate::secret::SecretKey;

type HmacSha1 = Hmac<Sha1>;

/// The key that signs for one key time: `hex(HMAC-SHA1(SecretKey, KeyTime))`, kept as the two hash
/// states that HMAC begins with, so that it is derived once for many signatures.
///
/// Secret: whoever has it signs anything until the key time ends. It is wiped when dropped and
/// cannot be printed.
#[derive(Clone)]
pub struct SigningKey(HmacSha1);

impl SigningKey {
    /// Derives the key for a key time, given as the text of `q-key-time`.
    pub fn derive(secret_key: &SecretKey, key_time: &str) -> Self {
        Self(keyed(&*sign_key(secret_key, key_time)))
    }

    /// Signs a canonical text: `hex(HMAC-SHA1(SignKey, StringToSign))` with the text of
    /// `q-sign-time`.
    ///
    /// ```
    /// use cospass_sign::{Canonical, SecretKey, SigningKey};
    ///
    /// let mut canonical = Canonical::new();
    /// canonical.write::<&str, &str, &str, &str>("GET", b"/", &[], &[]);
    /// let key = SigningKey::derive(&SecretKey::new("secret"), "0;300");
    /// assert_eq!(key.sign("0;300", &canonical).as_str().len(), 40);
    /// ```
    pub fn sign(&self, sign_time: &str, canonical: &Canonical) -> Signature {
        let mac = self
            .0
            .clone()
            .chain_update("sha1\n")
            .chain_update(sign_time)
            .chain_update("\n")
            .chain_update(canonical.http_string_hash())
            .chain_update("\n");
        Signature(hex(&mac.finalize().into_bytes().into()))
    }

    /// Signs the policy of an upload form, given as text, not as base64: `hex(HMAC-SHA1(SignKey, hex(SHA1(policy))))`
    /// (COS document 436/14690). See [`FormClaim`](crate::FormClaim).
    pub fn sign_policy(&self, policy: &[u8]) -> Signature {
        let mac = self.0.clone().chain_update(hex(&Sha1::digest(policy).into()));
        Signature(hex(&mac.finalize().into_bytes().into()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A signature: 40 lower-case hex digits. Equality takes the same time whatever the digits.
#[derive(Clone, Copy)]
pub struct Signature([u8; 40]);

impl Signature {
    pub(crate) fn of(digits: [u8; 40]) -> Self {
        Self(digits)
    }

    /// Reads 40 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: [u8; 40] = text.as_bytes().try_into().ok()?;
        let lower_hex = |b: &u8| percent::hex_value(*b).is_some() && !b.is_ascii_uppercase();
        digits.iter().all(lower_hex).then_some(Self(digits))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Signature {}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

/// The SignKey of a key time, in hex digits.
pub(crate) fn sign_key(secret_key: &SecretKey, key_time: &str) -> Zeroizing<[u8; 40]> {
    let digest = keyed(secret_key.expose().as_bytes()).chain_update(key_time).finalize();
    Zeroizing::new(hex(&digest.into_bytes().into()))
}

pub(crate) fn keyed(key: &[u8]) -> HmacSha1 {
    HmacSha1::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 test case 2 for HMAC-SHA-1.
    #[test]
    fn hmac_is_the_standard_one() {
        let mac = keyed(b"Jefe").chain_update("what do ya want for nothing?").finalize();
        let digest: [u8; 20] = mac.into_bytes().into();
        assert_eq!(&hex(&digest), b"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    }

    #[test]
    fn only_forty_lower_hex_digits_are_a_signature() {
        let good = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(Signature::parse(good).unwrap().as_str(), good);
        for bad in ["", &good[1..], &good.to_uppercase(), &good.replace('0', "g")] {
            assert!(Signature::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn neither_key_nor_signature_shows_in_debug() {
        let key = SigningKey::derive(&SecretKey::new("hush"), "1;2");
        let signature = Signature::parse("0123456789abcdef0123456789abcdef01234567").unwrap();
        assert_eq!(format!("{key:?} {signature:?}"), "SigningKey(..) Signature(..)");
    }
}
