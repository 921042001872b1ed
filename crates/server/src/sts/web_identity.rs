//! Who an identity provider vouches for: OpenID Connect id tokens, JWTs signed with RS256 or ES256 (RFC 7519, RFC 7515, RFC
//! 7518 §3).
//!
//! Issuer, clients and keys are those that the operator configured; nothing is fetched. A token that names another
//! algorithm is refused, whatever it says.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cospass_sign::SecretKey;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

use crate::server::StartError;

/// How far the provider's clock may be from the endpoint's, in seconds.
const SKEW_SECONDS: i64 = 60;

/// Who vouches for strangers (an OIDC identity provider).
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    id: String,
    issuer: String,
    client_ids: Vec<String>,
    jwks: String,
}

impl IdentityProvider {
    /// A provider by the name that calls give it (`ProviderId`), its issuer (`iss`) and its public keys, a JSON Web Key Set
    /// (RFC 7517).
    pub fn new(id: impl Into<String>, issuer: impl Into<String>, jwks: impl Into<String>) -> Self {
        Self { id: id.into(), issuer: issuer.into(), client_ids: Vec::new(), jwks: jwks.into() }
    }

    /// For whom its tokens must be meant (`aud`); may be called again. One is needed.
    #[must_use]
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client_ids.push(id.into());
        self
    }
}

/// A provider whose keys were read.
#[derive(Debug)]
pub(crate) struct KnownProvider {
    id: String,
    issuer: String,
    client_ids: Vec<String>,
    keys: Vec<Key>,
}

/// A public key.
#[derive(Debug)]
struct Key {
    kid: Option<String>,
    public: Public,
}

#[derive(Debug)]
enum Public {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// A point of P-256, uncompressed.
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

/// A key as it is written; others than those that sign are passed over.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What must be understood (RFC 7515 §4.1.11); nothing of the kind is.
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    exp: i64,
    nbf: Option<i64>,
}

impl KnownProvider {
    /// # Errors
    /// [`StartError::Provider`] for keys that cannot be read, for none, and if nobody is named for whom tokens are.
    pub(crate) fn new(provider: IdentityProvider) -> Result<Self, StartError> {
        let IdentityProvider { id, issuer, client_ids, jwks } = provider;
        let bad = |what: &str| StartError::Provider { id: id.clone(), what: what.to_owned() };
        let jwks: Jwks = serde_json::from_str(&jwks)
            .map_err(|_| bad("its keys are no JSON Web Key Set, {\"keys\": […]}"))?;
        let of_signatures = |jwk: &Jwk| jwk.usage.as_deref().is_none_or(|usage| usage == "sig");
        let keys: Vec<_> =
            jwks.keys.into_iter().filter(of_signatures).filter_map(Key::of).collect();
        if keys.is_empty() {
            return Err(bad("it has no key of RSA or P-256 that signs"));
        }
        if client_ids.is_empty() {
            return Err(bad("it has no client id; say for whom its tokens are"));
        }
        Ok(Self { id, issuer, client_ids, keys })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whom a token is about, `now` in Unix seconds.
    pub(crate) fn vouches_for(&self, token: &SecretKey, now: i64) -> Result<Vouched, Unvouched> {
        let claims = self.claims(token.expose())?;
        if claims.iss != self.issuer {
            return Err(Unvouched::Issuer);
        }
        let is_client = |id: &str| self.client_ids.iter().any(|known| known == id);
        let is_meant = match &claims.aud {
            Value::String(id) => is_client(id),
            Value::Array(ids) => ids.iter().filter_map(Value::as_str).any(is_client),
            _ => false,
        };
        if !is_meant {
            return Err(Unvouched::Audience);
        }
        if now >= claims.exp {
            return Err(Unvouched::Expired);
        }
        if claims.nbf.is_some_and(|begins| begins > now.saturating_add(SKEW_SECONDS)) {
            return Err(Unvouched::NotYet);
        }
        match claims.sub.is_empty() {
            true => Err(Unvouched::Malformed),
            false => Ok(Vouched { provider: self.id.clone(), subject: claims.sub }),
        }
    }

    /// What a token says whose signature holds.
    fn claims(&self, token: &str) -> Result<Claims, Unvouched> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Unvouched::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Unvouched::Malformed)?;
        let header: Header = read(header)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Unvouched::Malformed)?;
        if !matches!(header.alg.as_str(), "RS256" | "ES256") {
            return Err(Unvouched::Algorithm);
        }
        if header.crit.is_some() {
            return Err(Unvouched::Critical);
        }
        let is_named = |key: &&Key| header.kid.is_none() || header.kid == key.kid;
        let holds = |key: &Key| key.holds(&header.alg, signed.as_bytes(), &signature);
        match self.keys.iter().filter(is_named).any(holds) {
            true => read(claims),
            false => Err(Unvouched::Signature),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, Unvouched> {
    let text = URL_SAFE_NO_PAD.decode(part).map_err(|_| Unvouched::Malformed)?;
    serde_json::from_slice(&text).map_err(|_| Unvouched::Malformed)
}

impl Key {
    fn of(jwk: Jwk) -> Option<Self> {
        let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let public = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => Public::Rsa { n: bytes(jwk.n)?, e: bytes(jwk.e)? },
            ("EC", Some("P-256")) => {
                Public::P256([&[4][..], &bytes(jwk.x)?, &bytes(jwk.y)?].concat())
            }
            _ => return None,
        };
        Some(Self { kid: jwk.kid, public })
    }

    fn holds(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> bool {
        let verified = match (&self.public, algorithm) {
            (Public::Rsa { n, e }, "RS256") => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                signed,
                signature,
            ),
            (Public::P256(point), "ES256") => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)
            }
            _ => return false,
        };
        verified.is_ok()
    }
}

/// Somebody whom a provider vouches for. Nothing but [`KnownProvider::vouches_for`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vouched {
    provider: String,
    subject: String,
}

impl Vouched {
    /// Who vouches.
    pub(crate) fn provider(&self) -> &str {
        &self.provider
    }

    /// Whom for, in the provider's words.
    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }
}

/// Why a token vouches for nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unvouched {
    /// It is no JWT, or lacks `iss`, `sub`, `aud` or `exp`.
    Malformed,
    /// It is signed with another algorithm than RS256 and ES256.
    Algorithm,
    /// It wants something understood that is not known here.
    Critical,
    /// No key of the provider made the signature.
    Signature,
    /// It is another issuer's.
    Issuer,
    /// It is meant for another client.
    Audience,
    /// It has ended.
    Expired,
    /// It has not begun.
    NotYet,
}

impl fmt::Display for Unvouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "it is no JWT with iss, sub, aud and exp",
            Self::Algorithm => "it is signed with another algorithm than RS256 and ES256",
            Self::Critical => "its header has \"crit\", and no extension is understood",
            Self::Signature => "no key of the identity provider made its signature",
            Self::Issuer => "its issuer (iss) is not that of the identity provider",
            Self::Audience => "it is meant for another client (aud)",
            Self::Expired => "it has ended (exp)",
            Self::NotYet => "it has not begun (nbf)",
        })
    }
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

    use super::*;

    const NOW: i64 = 1_700_000_000;
    const ISSUER: &str = "https://id.example.com";
    /// Keys and tokens that another implementation made (OpenSSL 3, by way of Node's `crypto`).
    const OF_OPENSSL: &str = include_str!("../../tests/support/oidc.json");

    fn encode(text: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(text)
    }

    struct Signer(EcdsaKeyPair, SystemRandom);

    impl Signer {
        fn new() -> Self {
            let random = SystemRandom::new();
            let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let document = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
            Self(EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).unwrap(), random)
        }

        fn provider(&self) -> IdentityProvider {
            let point = self.0.public_key().as_ref();
            let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
            let jwks = format!(
                r#"{{"keys":[{{"kty":"oct","k":"AA"}},{{"kty":"EC","crv":"P-256","kid":"1","use":"sig","x":"{x}","y":"{y}"}}]}}"#
            );
            IdentityProvider::new("oidc", ISSUER, jwks).client_id("app")
        }

        fn known(&self) -> KnownProvider {
            KnownProvider::new(self.provider()).unwrap()
        }

        fn token(&self, header: &str, claims: &str) -> SecretKey {
            let signed = format!("{}.{}", encode(header), encode(claims));
            let signature = self.0.sign(&self.1, signed.as_bytes()).unwrap();
            SecretKey::new(format!("{signed}.{}", encode(signature)))
        }
    }

    const HEADER: &str = r#"{"alg":"ES256","kid":"1"}"#;

    fn claims() -> String {
        format!(r#"{{"iss":"{ISSUER}","sub":"ann","aud":"app","exp":{},"nbf":{NOW}}}"#, NOW + 60)
    }

    #[test]
    fn who_is_vouched_for_is_told() {
        let (signer, claims) = (Signer::new(), claims());
        for (header, claims) in [
            (HEADER, claims.clone()),
            (r#"{"alg":"ES256"}"#, claims.clone()),
            (HEADER, claims.replace(r#""app""#, r#"["x","app"]"#)),
        ] {
            let vouched = signer.known().vouches_for(&signer.token(header, &claims), NOW).unwrap();
            assert_eq!((vouched.provider(), vouched.subject()), ("oidc", "ann"), "{claims}");
        }
    }

    #[test]
    fn anything_else_vouches_for_nobody() {
        let (signer, other, claims) = (Signer::new(), Signer::new(), claims());
        let provider = signer.known();
        let why = |token: SecretKey, now| provider.vouches_for(&token, now).unwrap_err();
        let of = |claims: &str| why(signer.token(HEADER, claims), NOW);
        assert_eq!(of(&claims.replace("id.example", "id.example2")), Unvouched::Issuer);
        assert_eq!(of(&claims.replace("\"app\"", "\"other\"")), Unvouched::Audience);
        assert_eq!(of(&claims.replace("\"app\"", "7")), Unvouched::Audience);
        assert_eq!(of(&claims.replace("\"ann\"", "\"\"")), Unvouched::Malformed);
        assert_eq!(of(r#"{"iss":"x"}"#), Unvouched::Malformed);
        let later = claims.replace(&format!("\"nbf\":{NOW}"), &format!("\"nbf\":{}", NOW + 61));
        assert_eq!(of(&later), Unvouched::NotYet);
        assert_eq!(why(signer.token(HEADER, &claims), NOW + 60), Unvouched::Expired);
        assert_eq!(why(other.token(HEADER, &claims), NOW), Unvouched::Signature);
        let unknown = r#"{"alg":"ES256","kid":"2"}"#;
        assert_eq!(why(signer.token(unknown, &claims), NOW), Unvouched::Signature);
        for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS256","kid":"1"}"#] {
            assert_eq!(why(signer.token(header, &claims), NOW), Unvouched::Algorithm);
        }
        let critical = r#"{"alg":"ES256","kid":"1","crit":["b64"],"b64":false}"#;
        assert_eq!(why(signer.token(critical, &claims), NOW), Unvouched::Critical);
        let confused = signer.token(r#"{"alg":"RS256","kid":"1"}"#, &claims);
        assert_eq!(why(confused, NOW), Unvouched::Signature);
        let whole = signer.token(HEADER, &claims).expose().to_owned();
        for text in ["", "a.b", "a.b.c", &whole.replace('.', "")] {
            assert_eq!(why(SecretKey::new(text), NOW), Unvouched::Malformed, "{text}");
        }
    }

    #[test]
    fn tokens_of_another_implementation_hold() {
        let made: Value = serde_json::from_str(OF_OPENSSL).unwrap();
        let jwks = made["jwks"].to_string();
        let provider = IdentityProvider::new("oidc", ISSUER, jwks).client_id("app");
        let provider = KnownProvider::new(provider).unwrap();
        for algorithm in ["RS256", "ES256"] {
            let token = made[algorithm].as_str().unwrap();
            let vouched = provider.vouches_for(&SecretKey::new(token), NOW).unwrap();
            assert_eq!(vouched.subject(), "ann");
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let first = if signature.starts_with('A') { "B" } else { "A" };
            let altered = SecretKey::new(format!("{signed}.{first}{}", &signature[1..]));
            assert_eq!(provider.vouches_for(&altered, NOW), Err(Unvouched::Signature));
        }
    }

    #[test]
    fn a_provider_without_keys_or_clients_is_refused() {
        let signer = Signer::new();
        let without = |provider: IdentityProvider| {
            matches!(KnownProvider::new(provider), Err(StartError::Provider { .. }))
        };
        assert!(without(IdentityProvider { client_ids: Vec::new(), ..signer.provider() }));
        for jwks in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AA"}]}"#] {
            assert!(without(IdentityProvider { jwks: jwks.to_owned(), ..signer.provider() }));
        }
    }
}
