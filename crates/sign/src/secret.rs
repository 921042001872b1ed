//! Keys: what identifies an account, what proves it, what must never be printed.
//!
//! A [`SecretId`] is public: it stands in every signature. A [`SecretKey`], a [`SecurityToken`] and
//! a [`SigningKey`](crate::SigningKey) are secret: they are wiped when dropped, have no `Display`
//! and no serialisation, and their `Debug` shows nothing of them.

use std::fmt;

use zeroize::Zeroizing;

/// The header, or query parameter, of the token of temporary credentials.
pub const TOKEN_NAME: &str = "x-cos-security-token";

/// What the official Python SDK calls it towards hosts of data processing (`cos_client.py` `send_request`).
pub const CI_TOKEN_NAME: &str = "x-ci-security-token";

/// Whether the value of a header or parameter of this name, in any case, is a token.
pub fn is_token_name(name: &[u8]) -> bool {
    [TOKEN_NAME, CI_TOKEN_NAME].iter().any(|token| name.eq_ignore_ascii_case(token.as_bytes()))
}

/// The public half of a key pair (`q-ak`), such as `AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretId(String);

impl SecretId {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The secret half of a key pair. Wiped when dropped; cannot be printed.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<String>);

impl SecretKey {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The bytes, for those who must have them: a signer, a store of credentials.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// The token of temporary credentials (`x-cos-security-token`). Wiped when dropped; cannot be
/// printed.
#[derive(Clone)]
pub struct SecurityToken(Zeroizing<String>);

impl SecurityToken {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for those who must send it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecurityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecurityToken(..)")
    }
}

/// A key pair, with the token that temporary ones come with.
///
/// ```
/// use cospass_sign::Credentials;
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "secret").with_token("token");
/// assert_eq!(
///     format!("{credentials:?}"),
///     r#"Credentials { secret_id: SecretId("AKIDEXAMPLE"), secret_key: SecretKey(..), token: Some(SecurityToken(..)), ends_at: None }"#
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Credentials {
    secret_id: SecretId,
    secret_key: SecretKey,
    token: Option<SecurityToken>,
    ends_at: Option<i64>,
}

impl Credentials {
    /// A permanent key pair.
    pub fn new(secret_id: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            secret_id: SecretId::new(secret_id),
            secret_key: SecretKey::new(secret_key),
            token: None,
            ends_at: None,
        }
    }

    /// The same pair as a temporary one, whose end is not known.
    #[must_use]
    pub fn with_token(self, token: impl Into<String>) -> Self {
        Self { token: Some(SecurityToken::new(token)), ends_at: None, ..self }
    }

    /// The same pair, which the service refuses from that time on, Unix seconds. It is not signed: it is what whoever signs
    /// can tell of how long a signature holds.
    #[must_use]
    pub fn ending(self, at: i64) -> Self {
        Self { ends_at: Some(at), ..self }
    }

    /// The public half.
    pub const fn secret_id(&self) -> &SecretId {
        &self.secret_id
    }

    /// The secret half.
    pub const fn secret_key(&self) -> &SecretKey {
        &self.secret_key
    }

    /// The token of temporary credentials.
    pub const fn token(&self) -> Option<&SecurityToken> {
        self.token.as_ref()
    }

    /// From when on the service refuses the pair, Unix seconds; `None` if it has no end, or none that is known.
    pub const fn ends_at(&self) -> Option<i64> {
        self.ends_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_no_secret() {
        let credentials = Credentials::new("AKID", "hush").with_token("whisper");
        let text = format!("{credentials:?}{:#?}", credentials);
        assert!(text.contains("AKID") && !text.contains("hush") && !text.contains("whisper"));
    }
}
