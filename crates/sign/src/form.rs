//! The signature of an upload form, POST Object (COS document 436/14690).
//!
//! A form has a signature of its own. It covers one text, the *policy* that stands in the form, and nothing of the
//! request; what the form may hold is what the policy says:
//!
//! ```text
//! SignKey      = hex(HMAC-SHA1(SecretKey, q-key-time))
//! StringToSign = hex(SHA1(policy, base64 decoded))
//! q-signature  = hex(HMAC-SHA1(SignKey, StringToSign))
//! ```

use std::fmt;

use subtle::ConstantTimeEq;

use crate::authorization::FieldError;
use crate::claim::ClaimError;
use crate::key_time::KeyTime;
use crate::refusal::Refusal;
use crate::secret::{SecretKey, SecurityToken, TOKEN_NAME};
use crate::signing::{Signature, SigningKey};
use crate::verify::check_time;

const ALGORITHM: &str = "q-sign-algorithm";
const SECRET_ID: &str = "q-ak";
const KEY_TIME: &str = "q-key-time";
const SIGNATURE: &str = "q-signature";

/// The signature that a form claims to have, before anything is believed.
#[derive(Clone)]
pub struct FormClaim<'a> {
    secret_id: &'a str,
    key_time: &'a str,
    times: KeyTime,
    signature: Signature,
    token: Option<&'a [u8]>,
}

impl<'a> FormClaim<'a> {
    /// Reads the signature out of the fields of a form; `field` tells the value of the field of a name.
    ///
    /// # Errors
    /// [`ClaimError::Unsigned`] when the form has none of the four fields of a signature; the other errors name what is
    /// wrong with one of them.
    pub fn read(field: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Self, ClaimError> {
        if [ALGORITHM, SECRET_ID, KEY_TIME, SIGNATURE].iter().all(|name| field(name).is_none()) {
            return Err(ClaimError::Unsigned);
        }
        let text = |name: &'static str| {
            let value = field(name).ok_or(FieldError::Missing { field: name })?;
            std::str::from_utf8(value).map_err(|_| ClaimError::NotUtf8)
        };
        let algorithm = text(ALGORITHM)?;
        if algorithm != "sha1" {
            return Err(FieldError::Algorithm { value: algorithm.to_owned() }.into());
        }
        let secret_id = text(SECRET_ID)?;
        if secret_id.is_empty() {
            return Err(FieldError::EmptySecretId.into());
        }
        let key_time = text(KEY_TIME)?;
        let times = key_time
            .parse()
            .map_err(|_| FieldError::Time { field: KEY_TIME, value: key_time.to_owned() })?;
        let signature = Signature::parse(text(SIGNATURE)?).ok_or(FieldError::Signature)?;
        Ok(Self { secret_id, key_time, times, signature, token: field(TOKEN_NAME) })
    }

    /// `q-ak`: whose secret the caller must look up.
    pub fn secret_id(&self) -> &str {
        self.secret_id
    }

    /// Verifies the claim against the policy of the form, decoded from its base64.
    ///
    /// `secret_key` is the secret of [`secret_id`](Self::secret_id), or `None` if the caller knows no such SecretId: the
    /// same work is done then, so that the time it takes tells nothing. `now` is in Unix seconds.
    ///
    /// # Errors
    /// The first cause in the order in which a request's signature is checked: SecretId, time, signature.
    ///
    /// ```
    /// use cospass_sign::{FormClaim, SecretKey, SigningKey};
    ///
    /// let (secret, policy) = (SecretKey::new("secret"), br#"{"expiration":"2026-01-01T00:00:00.000Z","conditions":[]}"#);
    /// let signature = SigningKey::derive(&secret, "0;300").sign_policy(policy);
    /// let form = [
    ///     ("q-sign-algorithm", "sha1"),
    ///     ("q-ak", "AKID"),
    ///     ("q-key-time", "0;300"),
    ///     ("q-signature", signature.as_str()),
    /// ];
    /// let field = |name: &str| form.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_bytes());
    /// let claim = FormClaim::read(field)?;
    /// assert!(claim.verify(policy, Some(&secret), 300).is_ok());
    /// assert_eq!(claim.verify(b"{}", Some(&secret), 300).unwrap_err().cause(), "signature-mismatch");
    /// assert_eq!(claim.verify(policy, Some(&secret), 301).unwrap_err().cause(), "expired");
    /// # Ok::<(), cospass_sign::ClaimError>(())
    /// ```
    pub fn verify(
        &self,
        policy: &[u8],
        secret_key: Option<&SecretKey>,
        now: i64,
    ) -> Result<(), Refusal> {
        let nobody = SecretKey::new("");
        let key = SigningKey::derive(secret_key.unwrap_or(&nobody), self.key_time);
        let holds = key.sign_policy(policy) == self.signature;
        if secret_key.is_none() {
            return Err(Refusal::UnknownSecretId);
        }
        check_time(KEY_TIME, self.times, now)?;
        if holds { Ok(()) } else { Err(Refusal::SignatureMismatch) }
    }

    /// The token that the form carries, for those who read what stands in it. `None` also for one that is no text.
    pub fn token(&self) -> Option<SecurityToken> {
        std::str::from_utf8(self.token?).ok().map(SecurityToken::new)
    }

    /// Whether the form carries the token of the temporary credentials that its SecretId belongs to, as
    /// [`Claim::check_token`](crate::Claim::check_token) does.
    ///
    /// # Errors
    /// [`Refusal::TokenMissing`] and [`Refusal::TokenDiffers`].
    pub fn check_token(&self, token: &SecurityToken) -> Result<(), Refusal> {
        let carried = self.token.ok_or(Refusal::TokenMissing)?;
        match bool::from(carried.ct_eq(token.expose().as_bytes())) {
            true => Ok(()),
            false => Err(Refusal::TokenDiffers),
        }
    }
}

impl fmt::Debug for FormClaim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormClaim")
            .field("secret_id", &self.secret_id)
            .field("key_time", &self.key_time)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of 436/14690: this policy, byte for byte.
    const POLICY: &str = r#"{
    "expiration": "2019-08-30T09:38:12.414Z",
    "conditions": [
        { "acl": "default" },
        { "bucket": "examplebucket-1250000000" },
        [ "starts-with", "$key", "folder/subfolder/" ],
        [ "starts-with", "$Content-Type", "image/" ],
        [ "starts-with", "$success_action_redirect", "https://my.website/" ],
        [ "eq", "$x-cos-server-side-encryption", "AES256" ],
        { "q-sign-algorithm": "sha1" },
        { "q-ak": "AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q" },
        { "q-sign-time": "1567150692;1567157892" }
    ]
}"#;
    const SECRET: &str = "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz";
    const SIGNED: [(&str, &str); 4] = [
        (ALGORITHM, "sha1"),
        (SECRET_ID, "AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q"),
        (KEY_TIME, "1567150692;1567157892"),
        (SIGNATURE, "7758dc9a832e9d301dca704cacbf9d9f8172fdef"),
    ];
    const NOW: i64 = 1_567_150_700;

    fn read<'a>(form: &'a [(&str, &'a str)]) -> Result<FormClaim<'a>, ClaimError> {
        FormClaim::read(|name| {
            form.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_bytes())
        })
    }

    /// The form of the documentation with one field changed.
    fn with(name: &str, value: &'static str) -> Vec<(&'static str, &'static str)> {
        let change = |(field, old)| (field, if field == name { value } else { old });
        SIGNED.into_iter().map(change).collect()
    }

    #[test]
    fn the_documented_example_holds_at_every_stage() {
        let key = SigningKey::derive(&SecretKey::new(SECRET), SIGNED[2].1);
        assert_eq!(key.sign_policy(POLICY.as_bytes()).as_str(), SIGNED[3].1);
        let claim = read(&SIGNED).unwrap();
        assert_eq!(claim.secret_id(), SIGNED[1].1);
        assert_eq!(claim.verify(POLICY.as_bytes(), Some(&SecretKey::new(SECRET)), NOW), Ok(()));
    }

    #[test]
    fn what_was_signed_cannot_be_changed() {
        let secret = SecretKey::new(SECRET);
        let verify = |form: &[(&str, &str)], policy: &str, now| {
            read(form).unwrap().verify(policy.as_bytes(), Some(&secret), now)
        };
        let other = POLICY.replace("image/", "video/");
        assert_eq!(verify(&SIGNED, &other, NOW), Err(Refusal::SignatureMismatch));
        let longer = with(KEY_TIME, "1567150692;1567157893");
        assert_eq!(verify(&longer, POLICY, NOW), Err(Refusal::SignatureMismatch));
        let wrong =
            read(&SIGNED).unwrap().verify(POLICY.as_bytes(), Some(&SecretKey::new("other")), NOW);
        assert_eq!(wrong, Err(Refusal::SignatureMismatch));
        assert_eq!(
            read(&SIGNED).unwrap().verify(POLICY.as_bytes(), None, NOW),
            Err(Refusal::UnknownSecretId)
        );
        let (end, start) = (1_567_157_892, 1_567_150_692);
        assert_eq!(verify(&SIGNED, POLICY, end), Ok(()));
        assert!(matches!(verify(&SIGNED, POLICY, end + 1), Err(Refusal::Expired { .. })));
        assert_eq!(verify(&SIGNED, POLICY, start - 900), Ok(()));
        assert!(matches!(verify(&SIGNED, POLICY, start - 901), Err(Refusal::NotYetValid { .. })));
    }

    #[test]
    fn a_field_that_is_missing_or_malformed_is_named() {
        assert_eq!(read(&[("key", "a")]).unwrap_err(), ClaimError::Unsigned);
        for (field, ..) in SIGNED {
            let form: Vec<_> = SIGNED.into_iter().filter(|(name, _)| *name != field).collect();
            let missing = ClaimError::Field(FieldError::Missing { field });
            assert_eq!(read(&form).unwrap_err(), missing);
        }
        for (field, value, cause) in [
            (ALGORITHM, "sha256", "unknown-algorithm"),
            (SECRET_ID, "", "empty-secret-id"),
            (KEY_TIME, "1567150692", "bad-time"),
            (SIGNATURE, "7758DC9A832E9D301DCA704CACBF9D9F8172FDEF", "bad-signature"),
        ] {
            assert_eq!(read(&with(field, value)).unwrap_err().cause(), cause);
        }
        let not_text =
            FormClaim::read(|name| Some(if name == SECRET_ID { b"\xff" } else { b"sha1" }));
        assert_eq!(not_text.unwrap_err(), ClaimError::NotUtf8);
    }

    #[test]
    fn a_token_is_compared() {
        let token = SecurityToken::new("whisper");
        assert_eq!(read(&SIGNED).unwrap().check_token(&token), Err(Refusal::TokenMissing));
        for (carried, verdict) in [
            ("whisper", Ok(())),
            ("other", Err(Refusal::TokenDiffers)),
            ("", Err(Refusal::TokenDiffers)),
        ] {
            let mut form = SIGNED.to_vec();
            form.push((TOKEN_NAME, carried));
            assert_eq!(read(&form).unwrap().check_token(&token), verdict);
            assert!(!format!("{:?}", read(&form).unwrap()).contains("whisper"));
        }
    }
}
