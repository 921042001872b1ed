//! The scheme of a URL: `http` or `https`, nothing else (Python SDK `cos_client.py`, `CosConfig`).

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The scheme of a URL; `https` unless the caller says otherwise, as in the official SDKs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scheme {
    /// `http`: the URL, and with it the signature, crosses the network in clear text.
    Http,
    /// `https`.
    #[default]
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// The port that a URL of this scheme leaves out: 80 or 443.
    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scheme {
    type Err = UnknownScheme;

    /// Reads `http` or `https` in any case (RFC 3986 §3.1).
    fn from_str(text: &str) -> Result<Self, UnknownScheme> {
        if text.eq_ignore_ascii_case("https") {
            Ok(Scheme::Https)
        } else if text.eq_ignore_ascii_case("http") {
            Ok(Scheme::Http)
        } else {
            Err(UnknownScheme(text.to_owned()))
        }
    }
}

/// The scheme is neither `http` nor `https`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownScheme(pub String);

impl fmt::Display for UnknownScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scheme {:?} is neither http nor https", self.0)
    }
}

impl Error for UnknownScheme {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_and_https_are_accepted_in_any_case() {
        assert_eq!("http".parse(), Ok(Scheme::Http));
        assert_eq!("HTTPS".parse(), Ok(Scheme::Https));
        assert_eq!(Scheme::default().to_string(), "https");
    }

    #[test]
    fn another_scheme_is_refused() {
        for text in ["ftp", "", "https:", "cos"] {
            assert_eq!(text.parse::<Scheme>(), Err(UnknownScheme(text.to_owned())));
        }
    }
}
