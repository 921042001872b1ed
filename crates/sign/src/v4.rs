//! The signature of the service's former interface, V4: `?sign=` with base64 of an HMAC and of the text that it covers.
//!
//! ```text
//! text = a=APPID&b=BUCKET&k=SECRETID&t=NOW&e=END&r=RANDOM&f=/APPID/BUCKET/KEY
//! sign = base64(HMAC-SHA1(SecretKey, text) text)
//! ```
//!
//! It covers neither method nor parameters nor headers. cos-nodejs-sdk-v5 still makes it (`sdk/util.js`, `getV4Auth`), and
//! its tests download with it from the service. Nothing here makes one.

use std::borrow::Cow;
use std::fmt;

use sha1_lanes::Hmac;
use subtle::ConstantTimeEq;

use crate::authorization::FieldError;
use crate::claim::ClaimError;
use crate::head::{RequestHead, SIGN_PARAMETER, raw_params};
use crate::key_time::KeyTime;
use crate::percent::{self, Plus};
use crate::refusal::Refusal;
use crate::secret::SecretKey;
use crate::verify::check_time;

/// The length of the HMAC, in bytes.
const MAC_LENGTH: usize = 20;

/// A V4 signature, before anything is believed.
#[derive(Clone)]
pub struct V4Claim<'a> {
    mac: &'a [u8],
    text: &'a str,
    fields: Fields<'a>,
}

#[derive(Clone)]
struct Fields<'a> {
    appid: &'a str,
    bucket: &'a str,
    secret_id: &'a str,
    times: KeyTime,
    /// Percent-encoded as it stands.
    file: &'a str,
}

impl<'a> V4Claim<'a> {
    /// The parameter `sign` of a request, decoded but for its base64. A `+` in it is a digit of base64.
    pub fn parameter(head: &RequestHead<'a>) -> Option<Cow<'a, [u8]>> {
        let mut params = raw_params(head.query().unwrap_or_default());
        let is_sign =
            |name: &[u8]| *percent::decode_query(name, Plus::Literal) == *SIGN_PARAMETER.as_bytes();
        let (_, value) = params.find(|(name, _)| is_sign(name))?;
        Some(percent::decode_query(value.unwrap_or_default(), Plus::Literal))
    }

    /// Reads a signature that was decoded from its base64.
    ///
    /// # Errors
    /// [`ClaimError::NotV5`] when it is too short to be of this form, either; the other errors name what is wrong with its
    /// text. An end of 0, which made a signature that could be used once, is a time that is none: the service as it is
    /// today has nothing to be used once.
    pub fn read(signature: &'a [u8]) -> Result<Self, ClaimError> {
        let (mac, text) = signature.split_at_checked(MAC_LENGTH).ok_or(ClaimError::NotV5)?;
        let text = std::str::from_utf8(text).map_err(|_| ClaimError::NotV5)?;
        Ok(Self { mac, text, fields: Fields::read(text)? })
    }

    /// `k`: whose secret the caller must look up.
    pub fn secret_id(&self) -> &'a str {
        self.fields.secret_id
    }

    /// Whether it is for that object: `key_path` is a slash and the key, decoded.
    pub fn is_for(&self, appid: &str, bucket: &str, key_path: &str) -> bool {
        let Fields { appid: a, bucket: b, file, .. } = self.fields;
        let path = format!("/{appid}/{bucket}{key_path}");
        a == appid && b == bucket && *percent::decode(file.as_bytes()) == *path.as_bytes()
    }

    /// Verifies it. `secret_key` is the secret of [`secret_id`](Self::secret_id), or `None` if the caller knows no such
    /// SecretId: the same work is done then, so that the time it takes tells nothing. `now` is in Unix seconds.
    ///
    /// # Errors
    /// The first cause in the order in which a request's signature is checked: SecretId, time, signature.
    pub fn verify(&self, secret_key: Option<&SecretKey>, now: i64) -> Result<(), Refusal> {
        let nobody = SecretKey::new("");
        let key = secret_key.unwrap_or(&nobody).expose().as_bytes();
        let mac = Hmac::new(key).digest(self.text.as_bytes());
        let holds = mac.ct_eq(self.mac);
        if secret_key.is_none() {
            return Err(Refusal::UnknownSecretId);
        }
        check_time("e", self.fields.times, now)?;
        if bool::from(holds) { Ok(()) } else { Err(Refusal::SignatureMismatch) }
    }
}

impl fmt::Debug for V4Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("V4Claim").field("secret_id", &self.secret_id()).finish_non_exhaustive()
    }
}

impl<'a> Fields<'a> {
    fn read(text: &'a str) -> Result<Self, FieldError> {
        let field = |name: &'static str| {
            let mut values = text.split('&').filter_map(|piece| {
                let (found, value) = piece.split_once('=')?;
                (found == name).then_some(value)
            });
            match (values.next(), values.next()) {
                (Some(value), None) if !value.is_empty() => Ok(value),
                (Some(_), Some(_)) => Err(FieldError::Duplicate { field: name }),
                _ => Err(FieldError::Missing { field: name }),
            }
        };
        let (start, end) = (field("t")?, field("e")?);
        let times = format!("{start};{end}").parse().ok().filter(|_| end != "0");
        Ok(Self {
            appid: field("a")?,
            bucket: field("b")?,
            secret_id: field("k")?,
            times: times.ok_or(FieldError::Time { field: "e", value: end.to_owned() })?,
            file: field("f")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "a=1250000000&b=b&k=AKID&t=100&e=200&r=7&f=/1250000000/b/%E9%A1%B5/a%20b.txt";

    fn sign(text: &str, secret: &str) -> Vec<u8> {
        let mac = Hmac::new(secret.as_bytes()).digest(text.as_bytes());
        [mac.as_slice(), text.as_bytes()].concat()
    }

    #[test]
    fn what_was_signed_is_verified_within_its_time() {
        let (signature, secret) = (sign(TEXT, "secret"), SecretKey::new("secret"));
        let other = SecretKey::new("other");
        let claim = V4Claim::read(&signature).unwrap();
        assert_eq!(claim.secret_id(), "AKID");
        assert_eq!(claim.verify(Some(&secret), 200), Ok(()));
        let cause = |secret, now| claim.verify(secret, now).unwrap_err().cause();
        assert_eq!(cause(Some(&secret), 201), "expired");
        assert_eq!(cause(Some(&secret), -801), "not-yet-valid");
        assert_eq!(cause(Some(&other), 200), "signature-mismatch");
        assert_eq!(cause(None, 201), "unknown-secret-id");
        let changed =
            [&signature[..MAC_LENGTH], TEXT.replace("e=200", "e=201").as_bytes()].concat();
        let changed = V4Claim::read(&changed).unwrap();
        assert_eq!(changed.verify(Some(&secret), 200), Err(Refusal::SignatureMismatch));
    }

    #[test]
    fn it_is_for_one_object() {
        let signature = sign(TEXT, "secret");
        let claim = V4Claim::read(&signature).unwrap();
        assert!(claim.is_for("1250000000", "b", "/页/a b.txt"));
        for (appid, bucket, key) in [
            ("1250000000", "b", "/页/a b"),
            ("1250000000", "b", "/页/a%20b.txt"),
            ("1250000000", "c", "/页/a b.txt"),
            ("1", "b", "/页/a b.txt"),
        ] {
            assert!(!claim.is_for(appid, bucket, key), "{appid} {bucket} {key}");
        }
    }

    #[test]
    fn another_text_is_refused() {
        for short in [&b""[..], &[0; MAC_LENGTH - 1]] {
            assert_eq!(V4Claim::read(short).unwrap_err(), ClaimError::NotV5);
        }
        let refused = |text: &str| V4Claim::read(&sign(text, "s")).unwrap_err();
        assert_eq!(refused(""), FieldError::Missing { field: "t" }.into());
        for name in ["a", "b", "k", "f"] {
            let field = ["a", "b", "k", "f"].into_iter().find(|field| *field == name).unwrap();
            let left_out = TEXT.replace(&format!("{name}="), "x=");
            assert_eq!(refused(&left_out), FieldError::Missing { field }.into());
            let twice = format!("{TEXT}&{name}=1");
            assert_eq!(refused(&twice), FieldError::Duplicate { field }.into());
        }
        for end in ["0", "later", "-"] {
            let text = TEXT.replace("e=200", &format!("e={end}"));
            let value = end.to_owned();
            assert_eq!(refused(&text), FieldError::Time { field: "e", value }.into());
        }
    }

    #[test]
    fn the_parameter_keeps_its_plus() {
        let head = RequestHead::new("GET", b"/k", Some(b"a=1&sign=Q+%2B%3D"), &[]);
        assert_eq!(V4Claim::parameter(&head).as_deref(), Some(&b"Q++="[..]));
        assert_eq!(V4Claim::parameter(&RequestHead::new("GET", b"/k", None, &[])), None);
    }

    #[test]
    fn debug_hides_the_signature() {
        let signature = sign(TEXT, "secret");
        let shown = format!("{:?}", V4Claim::read(&signature).unwrap());
        assert_eq!(shown, "V4Claim { secret_id: \"AKID\", .. }");
    }
}
