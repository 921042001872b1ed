//! A proxy of HTTP: asked for whole URLs where they are `http` (RFC 9112 §3.2.2), and for a tunnel where they are `https`
//! (RFC 9110 §9.3.6), so that it sees neither path nor signature of those.

use std::error::Error;
use std::fmt;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cospass_sign::percent;
use http::{HeaderValue, Request, Uri, header};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The head of an answer to CONNECT is not longer, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// Where a proxy is, and how it knows who asks.
#[derive(Clone)]
pub struct Proxy {
    uri: Uri,
    /// The value of `Proxy-Authorization`.
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// A proxy by its URL, `http://[user:password@]host[:port]`, user and password percent-encoded; without a scheme it
    /// is `http`.
    ///
    /// # Errors
    /// [`ProxyError`].
    pub fn new(url: &str) -> Result<Self, ProxyError> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(ProxyError::Scheme { scheme: scheme.to_owned() });
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, address) =
            authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let authorization = user.map(|user| {
            let user = percent::decode(user.as_bytes());
            let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(user)))?;
            value.set_sensitive(true);
            Ok(value)
        });
        let authorization =
            authorization.transpose().map_err(|_: header::InvalidHeaderValue| {
                ProxyError::Address { address: address.to_owned() }
            })?;
        let uri: Result<Uri, _> = format!("http://{address}/").parse();
        match uri {
            Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) => {
                Ok(Self { uri, authorization })
            }
            _ => Err(ProxyError::Address { address: address.to_owned() }),
        }
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Says who asks, where the proxy reads the request.
    pub(super) fn authorize<B>(&self, request: &mut Request<B>) {
        if request.uri().scheme_str() != Some("https")
            && let Some(value) = &self.authorization
        {
            request.headers_mut().insert(header::PROXY_AUTHORIZATION, value.clone());
        }
    }

    /// Asks for a connection to the host of a URL.
    pub(super) async fn tunnel(&self, stream: &mut TcpStream, uri: &Uri) -> io::Result<()> {
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(443);
        let mut head =
            format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n").into_bytes();
        if let Some(value) = &self.authorization {
            head.extend_from_slice(b"Proxy-Authorization: ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        stream.write_all(&head).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            // By bytes, so that nothing of what the host says is taken.
            answer.push(stream.read_u8().await?);
            if answer.len() > LONGEST_HEAD {
                return Err(io::Error::other("the proxy's answer to CONNECT has no end"));
            }
        }
        let status = answer.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
        if status.first() == Some(&b'2') {
            return Ok(());
        }
        let line = answer.split(|&byte| byte == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        Err(io::Error::other(format!("the proxy refuses the connection: {line}")))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("uri", &self.uri).finish_non_exhaustive()
    }
}

/// Why a proxy cannot be used. User and password are not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyError {
    /// It is not spoken to by HTTP.
    Scheme {
        /// As it was given.
        scheme: String,
    },
    /// It has no host, or none that can be asked for.
    Address {
        /// As it was given.
        address: String,
    },
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme { scheme } => {
                write!(f, "a proxy of the scheme {scheme:?} is not supported: give one of http")
            }
            Self::Address { address } => {
                write!(
                    f,
                    "the proxy {address:?} has no host that can be asked: give http://host:port"
                )
            }
        }
    }
}

impl Error for ProxyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_with_who_asks_and_shows_neither_user_nor_password() {
        let proxy = Proxy::new("http://al%40ice:s%3Aecret@proxy.example:3128").unwrap();
        assert_eq!(proxy.uri(), "http://proxy.example:3128/");
        let mut request = Request::get("http://example.com/").body(()).unwrap();
        proxy.authorize(&mut request);
        let value = request.headers().get(header::PROXY_AUTHORIZATION).unwrap();
        assert_eq!(value, &format!("Basic {}", STANDARD.encode("al@ice:s:ecret")));
        assert!(
            !format!("{proxy:?}").contains("ecret") && !format!("{request:?}").contains("Basic")
        );
        assert_eq!(Proxy::new("proxy.example:80").unwrap().uri(), "http://proxy.example:80/");
        let mut secure = Request::get("https://example.com/").body(()).unwrap();
        proxy.authorize(&mut secure);
        assert!(secure.headers().is_empty(), "the host is not told who asks the proxy");
    }

    #[test]
    fn a_proxy_of_another_scheme_or_without_a_host_is_refused() {
        let scheme = ProxyError::Scheme { scheme: "socks5".to_owned() };
        assert_eq!(Proxy::new("socks5://127.0.0.1:1080").unwrap_err(), scheme);
        for (url, address) in [("http://", ""), ("http://user:secret@a b:1", "a b:1")] {
            let refused = Proxy::new(url).unwrap_err();
            assert_eq!(refused, ProxyError::Address { address: address.to_owned() });
            assert!(!refused.to_string().contains("secret"));
        }
    }
}
