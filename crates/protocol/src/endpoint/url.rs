//! A URL taken apart at its delimiters, nothing decoded: what a verifier is shown.

use std::error::Error;
use std::fmt;

use crate::Scheme;

/// The parts of an `http` or `https` URL, as they stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlParts<'a> {
    scheme: Scheme,
    host: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> UrlParts<'a> {
    /// Splits a URL (RFC 3986 appendix B). Nothing is decoded, normalised or lower-cased. A space stays as it is: the
    /// C++, .NET and Android SDKs leave it in their URLs, and whoever sends one encodes it.
    ///
    /// # Errors
    /// One [`UrlError`] for each reason why the text is not a URL that a request could go to.
    pub fn read(url: &'a str) -> Result<Self, UrlError> {
        if let Some(found) = url.chars().find(char::is_ascii_control) {
            return Err(UrlError::Character { found });
        }
        let (scheme, rest) = url.split_once("://").ok_or(UrlError::SchemeMissing)?;
        let scheme = scheme.parse().map_err(|_| UrlError::Scheme { value: scheme.to_owned() })?;
        let (rest, fragment) = split_at_mark(rest, '#');
        let (rest, query) = split_at_mark(rest, '?');
        let slash = rest.find('/').unwrap_or(rest.len());
        let (host, path) = rest.split_at(slash);
        if host.contains('@') {
            return Err(UrlError::UserInfo);
        }
        if host.is_empty() {
            return Err(UrlError::HostMissing);
        }
        let path = if path.is_empty() { "/" } else { path };
        Ok(UrlParts { scheme, host, path, query, fragment })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// `HOST[:PORT]` as it stands in the URL.
    pub fn host(&self) -> &'a str {
        self.host
    }

    /// The `Host` header that a client of this URL sends: without the scheme's default port. Some clients write it in
    /// lower case (browsers), others as it stands (curl).
    pub fn host_header(&self) -> &'a str {
        match self.host.rsplit_once(':') {
            Some((name, port)) if port.parse() == Ok(self.scheme.default_port()) => name,
            _ => self.host,
        }
    }

    /// The percent-encoded path, `/` when the URL has none.
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// The percent-encoded query, without its `?`.
    pub fn query(&self) -> Option<&'a str> {
        self.query
    }

    /// What stands after `#`, which no client sends: in a signed URL most often a key or value that was not encoded.
    pub fn fragment(&self) -> Option<&'a str> {
        self.fragment
    }
}

fn split_at_mark(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// Why a text is not a URL that a request could go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlError {
    /// A control character, such as a line end, which must be percent-encoded.
    Character {
        /// The first such character.
        found: char,
    },
    /// No `://`.
    SchemeMissing,
    /// The scheme is neither `http` nor `https`.
    Scheme {
        /// The scheme as given.
        value: String,
    },
    /// A user name or password stands before the host.
    UserInfo,
    /// Nothing stands between `://` and the path.
    HostMissing,
}

impl UrlError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Character { .. } => "url-character",
            Self::SchemeMissing => "url-scheme-missing",
            Self::Scheme { .. } => "url-scheme",
            Self::UserInfo => "url-user-info",
            Self::HostMissing => "url-host-missing",
        }
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character { found } => write!(
                f,
                "the URL has the character {found:?} in it, which must be percent-encoded; was it broken while it was copied?"
            ),
            Self::SchemeMissing => {
                f.write_str("the URL has no scheme; it begins with https:// or http://")
            }
            Self::Scheme { value } => {
                write!(f, "the URL's scheme {value:?} is neither http nor https")
            }
            Self::UserInfo => f.write_str("the URL has a user name before its host; remove it"),
            Self::HostMissing => f.write_str("the URL has no host"),
        }
    }
}

impl Error for UrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_stays() {
        let url = UrlParts::read("https://h/a b?c d=e f").unwrap();
        assert_eq!((url.path(), url.query()), ("/a b", Some("c d=e f")));
    }

    #[test]
    fn a_url_is_split_without_decoding() {
        let url =
            UrlParts::read("https://B-1.cos.ap-x.myqcloud.com:443/a%2Fb//c?q=%3B&x=?/#f").unwrap();
        assert_eq!(url.scheme(), Scheme::Https);
        assert_eq!(url.host(), "B-1.cos.ap-x.myqcloud.com:443");
        assert_eq!(url.host_header(), "B-1.cos.ap-x.myqcloud.com");
        assert_eq!(url.path(), "/a%2Fb//c");
        assert_eq!(url.query(), Some("q=%3B&x=?/"));
        assert_eq!(url.fragment(), Some("f"));
    }

    #[test]
    fn absent_parts_are_absent() {
        let url = UrlParts::read("HTTP://[::1]:443?x").unwrap();
        assert_eq!((url.path(), url.query(), url.fragment()), ("/", Some("x"), None));
        assert_eq!(url.host_header(), "[::1]:443");
        assert_eq!(UrlParts::read("http://h/?").unwrap().query(), Some(""));
    }

    #[test]
    fn each_refusal_has_its_name() {
        for (url, refusal) in [
            ("https://h/a\n", UrlError::Character { found: '\n' }),
            ("h/a", UrlError::SchemeMissing),
            ("cos://b-1/a", UrlError::Scheme { value: "cos".into() }),
            ("https://u:p@h/a", UrlError::UserInfo),
            ("https:///a", UrlError::HostMissing),
        ] {
            assert_eq!(UrlParts::read(url), Err(refusal.clone()), "{url}");
            assert!(!refusal.to_string().is_empty());
        }
        assert!(UrlParts::read("https://h/a@b").is_ok());
    }
}
