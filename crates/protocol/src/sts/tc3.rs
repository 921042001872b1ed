//! TC3-HMAC-SHA256, the signature of API 3.0 (1278/55345, "signature method v3").
//!
//! ```text
//! CanonicalRequest = METHOD \n / \n query \n name:value\n… \n SignedHeaders \n hex(SHA256(body))
//! StringToSign     = TC3-HMAC-SHA256 \n timestamp \n DATE/SERVICE/tc3_request \n hex(SHA256(CanonicalRequest))
//! SigningKey       = HMAC(HMAC(HMAC("TC3" + SecretKey, DATE), SERVICE), "tc3_request")
//! Signature        = hex(HMAC(SigningKey, StringToSign))
//! ```

use std::fmt;

use base16ct::lower;
use cospass_sign::SecretKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::xml::iso8601;

/// The name of the algorithm, with which the `Authorization` header begins.
pub const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// What the scope ends in.
const TERMINATION: &str = "tc3_request";

/// What `X-TC-Content-SHA256` says where the body is not signed.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The most names of signed headers.
const SIGNED_HEADERS_MAX: usize = 64;

/// What is signed of a request.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path, `/` in practice.
    pub path: &'a str,
    /// The query as sent, percent-encoded.
    pub query: &'a str,
    /// All headers, of which those count that are named.
    pub headers: &'a [(&'a [u8], &'a [u8])],
    /// The body.
    pub body: &'a [u8],
}

/// The date, in UTC, of a Unix time: `2019-02-25`.
pub fn date(timestamp: i64) -> String {
    let mut text = iso8601(timestamp);
    text.truncate(text.find('T').unwrap_or(text.len()));
    text
}

/// The signature of a request, 64 hex digits. `names` are the signed headers in lower case, in order.
pub fn signature(
    signed: &Signed<'_>,
    names: &[&str],
    secret_key: &SecretKey,
    timestamp: i64,
    service: &str,
) -> String {
    let scope = Scope { date: date(timestamp), service: service.to_owned() };
    let canonical = canonical(signed, names, None);
    lower::encode_string(&mac_of(&scope, secret_key, timestamp, &canonical))
}

/// `Authorization` of a request that has that signature.
pub fn authorization(
    secret_id: &str,
    timestamp: i64,
    service: &str,
    names: &[&str],
    signature: &str,
) -> String {
    let (date, names) = (date(timestamp), names.join(";"));
    format!(
        "{ALGORITHM} Credential={secret_id}/{date}/{service}/{TERMINATION}, SignedHeaders={names}, Signature={signature}"
    )
}

#[derive(Clone, Debug)]
struct Scope {
    date: String,
    service: String,
}

/// What an `Authorization` header claims.
#[derive(Clone)]
pub struct Tc3Claim {
    secret_id: String,
    scope: Scope,
    names: Vec<String>,
    signature: [u8; 32],
}

impl Tc3Claim {
    /// Reads the header; `None` if it is another one, or lacks something. `content-type` and `host` must be signed.
    pub fn read(authorization: &str) -> Option<Self> {
        let fields = authorization.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
        let (mut credential, mut names, mut signature) = (None, None, None);
        for field in fields.split(',') {
            let (name, value) = field.trim().split_once('=')?;
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut names,
                "Signature" => &mut signature,
                _ => return None,
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        let mut parts = credential?.split('/');
        let (secret_id, date, service) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next() != Some(TERMINATION) || parts.next().is_some() || secret_id.is_empty() {
            return None;
        }
        let names: Vec<_> = names?.split(';').map(str::to_owned).collect();
        let is_named = |name: &str| names.iter().any(|named| named == name);
        if !is_named("content-type") || !is_named("host") || names.len() > SIGNED_HEADERS_MAX {
            return None;
        }
        Some(Self {
            secret_id: secret_id.to_owned(),
            scope: Scope { date: date.to_owned(), service: service.to_owned() },
            names,
            signature: from_hex(signature?)?,
        })
    }

    /// Whose secret the caller must look up.
    pub fn secret_id(&self) -> &str {
        &self.secret_id
    }

    /// Whether the signature is that of the request, made with that key at that time, Unix seconds. The service is taken
    /// from the scope, since clients make it of whatever host they were given; the host is signed with its port or without
    /// (tencentcloud-sdk-nodejs). Takes the same time wherever signatures differ.
    pub fn holds(&self, signed: &Signed<'_>, secret_key: &SecretKey, timestamp: i64) -> bool {
        let names: Vec<_> = self.names.iter().map(String::as_str).collect();
        let is_of_day = self.scope.date == date(timestamp);
        let host = header(signed.headers, "host").unwrap_or_default();
        let no_port = host.rsplit_once(':').map(|(name, _)| name);
        let mut holds = Choice::from(0);
        for host in [None, no_port] {
            let canonical = canonical(signed, &names, host);
            let mac = mac_of(&self.scope, secret_key, timestamp, &canonical);
            holds |= mac.ct_eq(&self.signature);
        }
        bool::from(holds) && is_of_day
    }
}

/// Shows no signature.
impl fmt::Debug for Tc3Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret_id, scope, names, .. } = self;
        f.debug_struct("Tc3Claim")
            .field("secret_id", secret_id)
            .field("scope", scope)
            .field("names", names)
            .finish_non_exhaustive()
    }
}

/// The CanonicalRequest; with another host than the header's, if it is given.
fn canonical(signed: &Signed<'_>, names: &[&str], host: Option<&str>) -> String {
    let Signed { method, path, query, headers, body } = signed;
    let mut text = format!("{method}\n{path}\n{query}\n");
    for name in names {
        let sent = header(headers, name).unwrap_or_default();
        let value = host.filter(|_| *name == "host").map_or(sent, str::to_owned);
        // The one value that clients write in lower case to sign it.
        let value = if *name == "x-tc-action" { value.to_ascii_lowercase() } else { value };
        text.push_str(&format!("{name}:{}\n", value.trim()));
    }
    let is_unsigned = header(headers, "x-tc-content-sha256").as_deref() == Some(UNSIGNED_PAYLOAD);
    let payload = if is_unsigned { UNSIGNED_PAYLOAD.as_bytes() } else { body };
    text.push_str(&format!(
        "\n{}\n{}",
        names.join(";"),
        lower::encode_string(&Sha256::digest(payload))
    ));
    text
}

fn header(headers: &[(&[u8], &[u8])], name: &str) -> Option<String> {
    let mut named = headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()));
    named.next().map(|(_, value)| String::from_utf8_lossy(value).into_owned())
}

fn mac_of(scope: &Scope, secret_key: &SecretKey, timestamp: i64, canonical: &str) -> [u8; 32] {
    let Scope { date, service } = scope;
    let hashed = lower::encode_string(&Sha256::digest(canonical.as_bytes()));
    let text = format!("{ALGORITHM}\n{timestamp}\n{date}/{service}/{TERMINATION}\n{hashed}");
    let mut key = Zeroizing::new(Vec::with_capacity(3 + secret_key.expose().len()));
    key.extend_from_slice(b"TC3");
    key.extend_from_slice(secret_key.expose().as_bytes());
    let of_date = Zeroizing::new(hmac_sha256(&key, date.as_bytes()));
    let of_service = Zeroizing::new(hmac_sha256(&*of_date, service.as_bytes()));
    let signing = Zeroizing::new(hmac_sha256(&*of_service, TERMINATION.as_bytes()));
    hmac_sha256(&*signing, text.as_bytes())
}

/// HMAC-SHA256 (RFC 2104) with a key of any length.
pub(super) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // A key of any length is one: the error of `new_from_slice` has no value to come from.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// 64 lower-case hex digits.
fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    let read = lower::decode(text, &mut out).ok()?.len();
    (read == out.len()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET_ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
    const TIMESTAMP: i64 = 1_551_113_065;
    const BODY: &[u8] = br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
    const HEADERS: [(&[u8], &[u8]); 3] = [
        (b"Content-Type", b"application/json; charset=utf-8"),
        (b"Host", b"cvm.tencentcloudapi.com"),
        (b"X-TC-Action", b"DescribeInstances"),
    ];
    const NAMES: [&str; 2] = ["content-type", "host"];

    fn secret_key() -> SecretKey {
        SecretKey::new("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
    }

    fn signed<'a>() -> Signed<'a> {
        Signed { method: "POST", path: "/", query: "", headers: &HEADERS, body: BODY }
    }

    fn sha256(text: &[u8]) -> String {
        lower::encode_string(&Sha256::digest(text))
    }

    /// The example of the documentation, step by step.
    #[test]
    fn the_documented_example_is_reproduced() {
        assert_eq!(BODY.len(), 86);
        assert_eq!(
            sha256(BODY),
            "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064"
        );
        let canonical = canonical(&signed(), &NAMES, None);
        assert_eq!(
            sha256(canonical.as_bytes()),
            "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
        );
        let of_date =
            hmac_sha256(b"TC3Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", date(TIMESTAMP).as_bytes());
        assert_eq!(
            lower::encode_string(&of_date),
            "d1308c81fe71cfd4e06437bbc067b2b8a3d2d8c0e375d547f15c41d5214b395a"
        );
        let of_service = hmac_sha256(&of_date, b"cvm");
        assert_eq!(
            lower::encode_string(&of_service),
            "3c7cb7c7795393edc14fd2e0e6434a518564b4504b88e94f5d11bf59ba3e7050"
        );
        assert_eq!(
            lower::encode_string(&hmac_sha256(&of_service, TERMINATION.as_bytes())),
            "ac658d5dde49e9bfdd14e04e062f66b05d9f637d44b8a8d845327d4a77f666b1"
        );
        assert_eq!(
            signature(&signed(), &NAMES, &secret_key(), TIMESTAMP, "cvm"),
            "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
        );
    }

    #[test]
    fn the_value_of_the_action_is_signed_in_lower_case() {
        let names = ["content-type", "host", "x-tc-action"];
        assert_eq!(
            sha256(canonical(&signed(), &names, None).as_bytes()),
            "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
        );
        assert_eq!(
            signature(&signed(), &names, &secret_key(), TIMESTAMP, "cvm"),
            "644be983de9a8a3f00db8eadaba61467c3b429e2215758ba897b738ca469fd26"
        );
    }

    fn claim() -> Tc3Claim {
        let signature = signature(&signed(), &NAMES, &secret_key(), TIMESTAMP, "cvm");
        let text = authorization(SECRET_ID, TIMESTAMP, "cvm", &NAMES, &signature);
        Tc3Claim::read(&text).unwrap()
    }

    #[test]
    fn what_is_signed_holds() {
        assert_eq!(claim().secret_id(), SECRET_ID);
        assert!(claim().holds(&signed(), &secret_key(), TIMESTAMP));
        let headers = HEADERS.map(|(name, value)| match name {
            b"Host" => (name, &b"cvm.tencentcloudapi.com:8080"[..]),
            _ => (name, value),
        });
        let with_port = Signed { headers: &headers, ..signed() };
        assert!(claim().holds(&with_port, &secret_key(), TIMESTAMP));
        let headers = [&HEADERS[..], &[(b"X-TC-Content-SHA256", b"UNSIGNED-PAYLOAD")]].concat();
        let unsigned = Signed { headers: &headers, ..signed() };
        let signature = signature(&unsigned, &NAMES, &secret_key(), TIMESTAMP, "cvm");
        let text = authorization(SECRET_ID, TIMESTAMP, "cvm", &NAMES, &signature);
        let other = Signed { body: b"{}", ..unsigned };
        assert!(Tc3Claim::read(&text).unwrap().holds(&other, &secret_key(), TIMESTAMP));
    }

    #[test]
    fn anything_else_does_not() {
        let other = SecretKey::new("other");
        assert!(!claim().holds(&signed(), &other, TIMESTAMP));
        assert!(!claim().holds(&signed(), &secret_key(), TIMESTAMP + 1));
        let changed = [
            Signed { body: b"{}", ..signed() },
            Signed { method: "GET", ..signed() },
            Signed { query: "a=1", ..signed() },
            Signed { headers: &HEADERS[..1], ..signed() },
        ];
        for signed in changed {
            assert!(!claim().holds(&signed, &secret_key(), TIMESTAMP), "{signed:?}");
        }
    }

    #[test]
    fn another_header_is_no_claim() {
        let whole = authorization(SECRET_ID, TIMESTAMP, "127", &NAMES, &"0".repeat(64));
        assert!(Tc3Claim::read(&whole).is_some());
        for text in [
            "SKIP".to_owned(),
            whole.replace("Credential=", "Credentials="),
            whole.replace("/tc3_request", ""),
            whole.replace("/127/", "/127/x/"),
            whole.replace("content-type;", ""),
            whole.replace("=000", "=00g"),
            whole.replace("=000", "=00"),
            format!("{whole}, Signature={}", "0".repeat(64)),
        ] {
            assert!(Tc3Claim::read(&text).is_none(), "{text}");
        }
    }
}
