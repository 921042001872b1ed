//! URLs that a CDN lets in: the authentication of Tencent Cloud's CDN and of EdgeOne, which has nothing in common with the
//! signature of COS but its purpose.
//!
//! | type | URL | hashed | source |
//! |---|---|---|---|
//! | A | `/KEY?sign=TIME-RAND-0-MD5` | `/KEY-TIME-RAND-0-SECRET` | 228/41623, 1145/62475 |
//! | B | `/YYYYMMDDHHMM/MD5/KEY`, the time of UTC+8 | `SECRETYYYYMMDDHHMM/KEY` | 228/35223, 1145/62476 |
//! | D | `/KEY?sign=MD5&t=TIME` | `SECRET/KEYTIME` | 228/41625, 1145/62478 |
//!
//! The time is that at which the URL is made; for how long it holds from then on is configured at the CDN. Type C is refused:
//! 228/35224 hashes the time before the path and writes it in decimal digits, 1145/62477 after it and in hexadecimal ones.

use std::fmt;

use base16ct::lower;
use md5_stream::Md5;
use zeroize::Zeroizing;

use crate::xml::iso8601;
use crate::{Endpoint, UrlError, UrlParts};

/// What UTC+8 is ahead of UTC, in seconds.
const BEIJING: i64 = 8 * 60 * 60;

/// How a CDN checks URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CdnType {
    /// A time, a random text and a hash in one parameter.
    A,
    /// A time and a hash before the path.
    B,
    /// A hash and a time in two parameters.
    D,
}

/// The key that a CDN shares with whoever makes URLs for it. It cannot be printed.
pub struct CdnKey(Zeroizing<String>);

impl CdnKey {
    /// Reads one: 6 to 40 ASCII letters and digits (228/41623).
    ///
    /// # Errors
    /// [`CdnError::Key`] for any other text.
    pub fn new(text: impl Into<String>) -> Result<Self, CdnError> {
        let text = Zeroizing::new(text.into());
        match is_alphanumeric(&text) && (6..=40).contains(&text.len()) {
            true => Ok(Self(text)),
            false => Err(CdnError::Key),
        }
    }
}

impl fmt::Debug for CdnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CdnKey(…)")
    }
}

/// How the URLs of one domain are signed.
#[derive(Debug)]
pub struct CdnSigner {
    kind: CdnType,
    key: CdnKey,
    param: String,
    time_param: String,
    random: String,
}

impl CdnSigner {
    /// With the names of parameters that a CDN has unless it is configured otherwise: `sign`, and `t` of type D.
    pub fn new(kind: CdnType, key: CdnKey) -> Self {
        let (param, time_param, random) = ("sign".to_owned(), "t".to_owned(), "0".to_owned());
        Self { kind, key, param, time_param, random }
    }

    /// With another name of the parameter that has the hash, of types A and D: 1 to 100 ASCII letters, digits and `_`.
    ///
    /// # Errors
    /// [`CdnError::Param`] for any other name.
    pub fn param(self, name: &str) -> Result<Self, CdnError> {
        Ok(Self { param: param_name(name)?, ..self })
    }

    /// With another name of the parameter that has the time, of type D; likewise.
    ///
    /// # Errors
    /// [`CdnError::Param`] for any other name.
    pub fn time_param(self, name: &str) -> Result<Self, CdnError> {
        Ok(Self { time_param: param_name(name)?, ..self })
    }

    /// With that text in type A, in which URLs of one time may differ: at most 100 ASCII letters and digits; `0` if not given.
    ///
    /// # Errors
    /// [`CdnError::Random`] for any other text.
    pub fn random(self, text: &str) -> Result<Self, CdnError> {
        match is_alphanumeric(text) && text.len() <= 100 {
            true => Ok(Self { random: text.to_owned(), ..self }),
            false => Err(CdnError::Random { value: text.to_owned() }),
        }
    }

    /// The URL `https://DOMAIN/KEY`, percent-encoded, as the CDN lets it in from `now` on, Unix seconds.
    ///
    /// ```
    /// use cospass_protocol::{CdnKey, CdnSigner, CdnType};
    ///
    /// // The example of 228/41625.
    /// let signer = CdnSigner::new(CdnType::D, CdnKey::new("dimtm5evg50ijsx2hvuwyfoiu65")?);
    /// let url = signer.url("http://cloud.tencent.com/test.jpg", 1_582_791_032)?;
    /// assert_eq!(url, "http://cloud.tencent.com/test.jpg?sign=900a5049aa8ac1ab144527d9c2be4cea&t=1582791032");
    /// # Ok::<(), cospass_protocol::CdnError>(())
    /// ```
    ///
    /// # Errors
    /// One [`CdnError`] for each reason why there is none.
    pub fn url(&self, url: &str, now: i64) -> Result<String, CdnError> {
        let parts = UrlParts::read(url).map_err(CdnError::Url)?;
        let host = parts.host();
        let name = host.split(':').next().unwrap_or_default();
        if Endpoint::recognise(name).is_some() {
            return Err(CdnError::OfCos { host: host.to_owned() });
        }
        if parts.query().is_some() || parts.fragment().is_some() {
            return Err(CdnError::Query);
        }
        let path = parts.path();
        if let Some(found) = path.chars().find(|found| !is_of_path(*found)) {
            return Err(CdnError::Character { found });
        }
        let origin = format!("{}://{host}", parts.scheme().as_str());
        let key = self.key.0.as_str();
        Ok(match self.kind {
            CdnType::A => {
                let Self { param, random, .. } = self;
                let hash = hash_of(&[path, "-", &now.to_string(), "-", random, "-0-", key]);
                format!("{origin}{path}?{param}={now}-{random}-0-{hash}")
            }
            CdnType::B => {
                let time = minute_of_beijing(now);
                let hash = hash_of(&[key, &time, path]);
                format!("{origin}/{time}/{hash}{path}")
            }
            CdnType::D => {
                let hash = hash_of(&[key, path, &now.to_string()]);
                format!("{origin}{path}?{}={hash}&{}={now}", self.param, self.time_param)
            }
        })
    }
}

/// Why there is no URL for a CDN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CdnError {
    /// The key is not 6 to 40 ASCII letters and digits.
    Key,
    /// A parameter's name is not 1 to 100 ASCII letters, digits and `_`.
    Param {
        /// The name.
        name: String,
    },
    /// The random text is not at most 100 ASCII letters and digits.
    Random {
        /// The text.
        value: String,
    },
    /// The URL is none.
    Url(UrlError),
    /// The domain is one of COS's own, which knows nothing of a CDN's authentication.
    OfCos {
        /// The host.
        host: String,
    },
    /// The URL has parameters or a fragment, with which there is no authentication (228/41623).
    Query,
    /// The path has a character that a URL does not have as it stands.
    Character {
        /// The first one.
        found: char,
    },
}

impl CdnError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Key => "cdn-key",
            Self::Param { .. } => "cdn-param",
            Self::Random { .. } => "cdn-random",
            Self::Url(error) => error.cause(),
            Self::OfCos { .. } => "cdn-domain-of-cos",
            Self::Query => "cdn-query",
            Self::Character { .. } => "cdn-path",
        }
    }
}

impl fmt::Display for CdnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => f.write_str(
                "the key is not 6 to 40 letters and digits; copy it from the CDN's configuration of the domain",
            ),
            Self::Param { name } => write!(
                f,
                "{name:?} is no name of a parameter; use 1 to 100 letters, digits and _, as the CDN is configured"
            ),
            Self::Random { value } => {
                write!(f, "{value:?} is not at most 100 letters and digits; choose others")
            }
            Self::Url(error) => write!(f, "{error}"),
            Self::OfCos { host } => write!(
                f,
                "{host} is a domain of COS, which knows nothing of a CDN's authentication; pre-sign for it, or give the CDN's domain"
            ),
            Self::Query => f.write_str(
                "the URL has parameters or a fragment, which a CDN does not authenticate; give https://DOMAIN/KEY alone",
            ),
            Self::Character { found } => write!(
                f,
                "the path has {found:?}, and what is hashed is the URL as it is sent; percent-encode it"
            ),
        }
    }
}

impl std::error::Error for CdnError {}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn param_name(name: &str) -> Result<String, CdnError> {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    match (1..=100).contains(&name.len()) && name.bytes().all(is_of_name) {
        true => Ok(name.to_owned()),
        false => Err(CdnError::Param { name: name.to_owned() }),
    }
}

/// What a path may have (RFC 3986 §3.3), its percent-encoding included.
fn is_of_path(found: char) -> bool {
    found.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%".contains(found)
}

fn hash_of(pieces: &[&str]) -> String {
    lower::encode_string(&Md5::digest_of(pieces))
}

/// `202002271610`
fn minute_of_beijing(now: i64) -> String {
    let digits = |found: &char| found.is_ascii_digit();
    iso8601(now.saturating_add(BEIJING)).chars().filter(digits).take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of the documents' examples.
    const CDN: &str = "dimtm5evg50ijsx2hvuwyfoiu65";
    const EDGE_ONE: &str = "DvYmqE81E1F9R791H6lmht";

    fn signer(kind: CdnType, key: &str) -> CdnSigner {
        CdnSigner::new(kind, CdnKey::new(key).unwrap())
    }

    #[test]
    fn the_examples_of_the_documents_come_out() {
        // 1145/62476: 15:33:50 of July 15, 2024 (UTC+8).
        let b = signer(CdnType::B, EDGE_ONE).url("https://www.example.com/foo.jpg", 1_721_028_830);
        assert_eq!(
            b.unwrap(),
            "https://www.example.com/202407151533/d1f0b51c6894231fc12e054fcc7f0b3e/foo.jpg"
        );
        // 1145/62478 and 228/41625.
        let url = "https://www.example.com/foo.jpg";
        let d = signer(CdnType::D, EDGE_ONE).url(url, 1_721_029_907).unwrap();
        assert_eq!(d, format!("{url}?sign=cadcec4a04e67b9c2abf4b61c642a0dd&t=1721029907"));
        let url = "http://cloud.tencent.com/test.jpg";
        let d = signer(CdnType::D, CDN).url(url, 1_582_791_032).unwrap();
        assert_eq!(d, format!("{url}?sign=900a5049aa8ac1ab144527d9c2be4cea&t=1582791032"));
        // 228/41623 tells what is hashed: /test.jpg-1582791032-im1acp76sx9sdqe601v-0-dimtm5evg50ijsx2hvuwyfoiu65
        let a = signer(CdnType::A, CDN).random("im1acp76sx9sdqe601v").unwrap();
        let a = a.url(url, 1_582_791_032).unwrap();
        let hash = "3fbb88382c9356b6faaf9d68c7b2ae3a";
        assert_eq!(a, format!("{url}?sign=1582791032-im1acp76sx9sdqe601v-0-{hash}"));
    }

    #[test]
    fn parameters_have_the_names_that_they_are_given() {
        let signer = signer(CdnType::D, CDN).param("auth_key").unwrap().time_param("T1").unwrap();
        let url = signer.url("https://img.example.com:8443/a%20b", 1).unwrap();
        assert!(url.starts_with("https://img.example.com:8443/a%20b?auth_key="), "{url}");
        assert!(url.ends_with("&T1=1"), "{url}");
    }

    #[test]
    fn what_no_cdn_would_let_in_is_refused() {
        for key in ["", "short", "with space", &"x".repeat(41), "schlüssel"] {
            assert_eq!(CdnKey::new(key).unwrap_err(), CdnError::Key, "{key}");
        }
        let signer = || signer(CdnType::A, CDN);
        for name in ["", "a-b", &"x".repeat(101)] {
            assert_eq!(signer().param(name).unwrap_err().cause(), "cdn-param", "{name}");
            assert_eq!(signer().time_param(name).unwrap_err().cause(), "cdn-param", "{name}");
        }
        for text in ["a-b", &"x".repeat(101)] {
            assert_eq!(signer().random(text).unwrap_err().cause(), "cdn-random", "{text}");
        }
        for (url, cause) in [
            ("img.example.com/a", "url-scheme-missing"),
            ("https://b-1.cos.ap-guangzhou.myqcloud.com/a", "cdn-domain-of-cos"),
            ("https://img.example.com/a?x=1", "cdn-query"),
            ("https://img.example.com/a#x", "cdn-query"),
            ("https://img.example.com/a b", "cdn-path"),
            ("https://img.example.com/图", "cdn-path"),
        ] {
            assert_eq!(signer().url(url, 1).unwrap_err().cause(), cause, "{url}");
        }
    }

    #[test]
    fn the_key_is_not_printed() {
        assert!(!format!("{:?}", signer(CdnType::A, CDN)).contains("dimtm"));
    }
}
