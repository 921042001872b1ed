//! Making a signature: the signing key of a key time, and the signature of a canonical text.

use std::fmt;

use sha1_lanes::{HexMessage, Hmac, State, hex};
use subtle::ConstantTimeEq;

use crate::canonical::Canonical;
use crate::secret::SecretKey;

/// The key that signs for one key time: `hex(HMAC-SHA1(SecretKey, KeyTime))`, kept as the two hash
/// states that HMAC begins with, so that it is derived once for many signatures.
///
/// Secret: whoever has it signs anything until the key time ends. It is wiped when dropped and
/// cannot be printed.
#[derive(Clone)]
pub struct SigningKey(Hmac);

impl SigningKey {
    /// Derives the key for a key time, given as the text of `q-key-time`.
    pub fn derive(secret_key: &SecretKey, key_time: &str) -> Self {
        Deriver::new(secret_key).derive(key_time)
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
        self.sign_at(&SignTime::new(sign_time), canonical.http_string())
    }

    /// Signs an `HttpString`, as [`Canonical::http_string`] has it, at a sign time that is laid out for many signatures.
    pub fn sign_at(&self, sign_time: &SignTime, http_string: &[u8]) -> Signature {
        Signature(match &sign_time.0 {
            Text::Short(message) => self.0.digits_of_hash(message, http_string),
            Text::Long(text) => {
                let hash = hex(&State::INITIAL.hash(http_string));
                hex(&self.0.digest(&[text.as_bytes(), &hash, b"\n"].concat()))
            }
        })
    }

    /// The states in which the hashes of each signature begin.
    pub(crate) fn states(&self) -> [&State; 2] {
        self.0.states()
    }

    /// Signs the policy of an upload form, given as text, not as base64: `hex(HMAC-SHA1(SignKey, hex(SHA1(policy))))`
    /// (COS document 436/14690). See [`FormClaim`](crate::FormClaim).
    pub fn sign_policy(&self, policy: &[u8]) -> Signature {
        Signature(hex(&self.0.digest(&hex(&State::INITIAL.hash(policy)))))
    }
}

/// Derives the signing keys of one SecretKey, whose own part of the hashing is done once.
///
/// Secret like the key itself: wiped when dropped, and not printed.
///
/// ```
/// use cospass_sign::{Canonical, Deriver, SecretKey, SigningKey};
///
/// let secret = SecretKey::new("secret");
/// let mut canonical = Canonical::new();
/// canonical.write::<&str, &str, &str, &str>("GET", b"/", &[], &[]);
/// let signature = Deriver::new(&secret).derive("0;300").sign("0;300", &canonical);
/// assert_eq!(signature, SigningKey::derive(&secret, "0;300").sign("0;300", &canonical));
/// ```
#[derive(Clone)]
pub struct Deriver(Hmac);

impl Deriver {
    /// Of a SecretKey.
    pub fn new(secret_key: &SecretKey) -> Self {
        Self(Hmac::new(secret_key.expose().as_bytes()))
    }

    /// The key for a key time, given as the text of `q-key-time`.
    pub fn derive(&self, key_time: &str) -> SigningKey {
        SigningKey(self.0.keyed_by_digits(key_time.as_bytes()))
    }

    /// The key for a key time, and the first that it signs: what [`derive`](Self::derive) and [`SigningKey::sign_at`] give one
    /// after the other, sooner, since deriving the key and hashing the text do not wait for each other.
    pub fn derive_and_sign(
        &self,
        key_time: &str,
        sign_time: &SignTime,
        http_string: &[u8],
    ) -> (SigningKey, Signature) {
        match &sign_time.0 {
            Text::Short(message) => {
                let time = key_time.as_bytes();
                let (key, digits) = self.0.keyed_by_digits_with_hash(time, message, http_string);
                (SigningKey(key), Signature(digits))
            }
            Text::Long(_) => {
                let key = self.derive(key_time);
                let signature = key.sign_at(sign_time, http_string);
                (key, signature)
            }
        }
    }
}

impl fmt::Debug for Deriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deriver(..)")
    }
}

/// A sign time as it stands in a `StringToSign`, laid out for hashing: the same for all signatures of one time.
///
/// ```
/// use cospass_sign::{Canonical, SecretKey, SignTime, SigningKey};
///
/// let key = SigningKey::derive(&SecretKey::new("secret"), "0;300");
/// let mut canonical = Canonical::new();
/// canonical.write::<&str, &str, &str, &str>("GET", b"/", &[], &[]);
/// let signature = key.sign_at(&SignTime::new("0;300"), b"get\n/\n\n\n");
/// assert_eq!(signature, key.sign("0;300", &canonical));
/// ```
#[derive(Clone, Debug)]
pub struct SignTime(Text);

/// `sha1` and the time, a line each: what a `StringToSign` begins with.
#[derive(Clone, Debug)]
enum Text {
    Short(HexMessage),
    /// A verifier is sent what a signer would not write, such as a fraction of many digits.
    Long(String),
}

impl SignTime {
    /// Of the text of `q-sign-time`.
    pub fn new(sign_time: &str) -> Self {
        const BEFORE: &[u8] = b"sha1\n";
        let mut text = [0; HexMessage::LONGEST];
        let parts = [BEFORE, sign_time.as_bytes(), b"\n"];
        let mut length = 0;
        for part in parts {
            let end = length + part.len();
            let Some(place) = text.get_mut(length..end) else {
                return Self(Text::Long(["sha1\n", sign_time, "\n"].concat()));
            };
            place.copy_from_slice(part);
            length = end;
        }
        let short = text.get(..length).and_then(HexMessage::new);
        Self(short.map_or_else(|| Text::Long(["sha1\n", sign_time, "\n"].concat()), Text::Short))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A signature: 40 lower-case hex digits. Equality takes the same time whatever the digits.
// So aligned, the digits are found to be text, and compared, in words.
#[derive(Clone, Copy)]
#[repr(align(8))]
pub struct Signature([u8; 40]);

impl Signature {
    /// How many digits it has.
    pub const LENGTH: usize = 40;

    pub(crate) fn of(digits: [u8; 40]) -> Self {
        Self(digits)
    }

    /// Reads 40 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        Self::of_digits(text.as_bytes().try_into().ok()?)
    }

    /// Of digits that may be no hex digits in lower case.
    #[inline]
    pub(crate) fn of_digits(digits: &[u8; Self::LENGTH]) -> Option<Self> {
        // Without a branch for each digit, so that a compiler compares many at once.
        let lower_hex =
            |digit: u8| (digit.wrapping_sub(b'0') < 10) | (digit.wrapping_sub(b'a') < 6);
        let all = digits.iter().fold(true, |all, &digit| all & lower_hex(digit));
        all.then_some(Self(*digits))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        equal(&self.0, &other.0)
    }
}

impl Eq for Signature {}

/// Whether two texts are equal, in a time that depends on their lengths alone: as `subtle` compares bytes, eight of them as
/// one number.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    let ((words_a, rest_a), (words_b, rest_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let words = words_a.iter().zip(words_b);
    let difference =
        words.fold(0, |found, (a, b)| found | (u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b)));
    a.len() == b.len() && (difference.ct_eq(&0) & rest_a.ct_eq(rest_b)).into()
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;
    use sha1::{Digest, Sha1};

    use super::{Deriver, SecretKey, SignTime, Signature, SigningKey, equal};
    use crate::canonical::Canonical;

    /// By the crates `hmac` and `sha1`, step by step as document 436/7778 has it.
    fn plainly(secret: &str, [key_time, sign_time]: [&str; 2], http_string: &[u8]) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mac = |key: &str, text: &str| {
            let mac = <Hmac<Sha1>>::new_from_slice(key.as_bytes()).unwrap();
            hex(&mac.chain_update(text).finalize().into_bytes())
        };
        let string_to_sign = format!("sha1\n{sign_time}\n{}\n", hex(&Sha1::digest(http_string)));
        mac(&mac(secret, key_time), &string_to_sign)
    }

    proptest! {
        #[test]
        fn a_signature_is_what_the_document_says(
            secret in "\\PC{0,100}",
            key_time in "[0-9]{1,10};[0-9]{1,10}",
            sign_time in "[0-9]{1,10};[0-9]{1,100}",
            path in "\\PC{0,300}",
        ) {
            let mut canonical = Canonical::new();
            canonical.write::<&str, &str, &str, &str>("GET", path.as_bytes(), &[], &[]);
            let signature = SigningKey::derive(&SecretKey::new(secret.as_str()), &key_time)
                .sign(&sign_time, &canonical);
            let expected = plainly(&secret, [&key_time, &sign_time], canonical.http_string());
            prop_assert_eq!(signature.as_str(), &expected);
            let (key, at_once) = Deriver::new(&SecretKey::new(secret)).derive_and_sign(
                &key_time,
                &SignTime::new(&sign_time),
                canonical.http_string(),
            );
            prop_assert_eq!(at_once.as_str(), &expected);
            let again = key.sign(&sign_time, &canonical);
            prop_assert_eq!(again.as_str(), &expected);
        }
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
    fn texts_are_equal_if_each_byte_is() {
        assert!(equal(b"abc", b"abc") && equal(b"", b""));
        for length in [3, 8, 19, 40] {
            let text = vec![b'a'; length];
            assert!(equal(&text, &text) && !equal(&text, &text[1..]) && !equal(&text[1..], &text));
            for place in 0..length {
                let mut other = text.clone();
                other[place] = b'b';
                assert!(!equal(&text, &other));
            }
        }
    }

    #[test]
    fn neither_key_nor_signature_shows_in_debug() {
        let key = SigningKey::derive(&SecretKey::new("hush"), "1;2");
        let signature = Signature::parse("0123456789abcdef0123456789abcdef01234567").unwrap();
        assert_eq!(format!("{key:?} {signature:?}"), "SigningKey(..) Signature(..)");
        assert_eq!(format!("{:?}", Deriver::new(&SecretKey::new("hush"))), "Deriver(..)");
    }
}
