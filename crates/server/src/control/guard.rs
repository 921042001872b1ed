//! Who may not use the control listener: a web page, through the browser of whoever runs the endpoint.
//!
//! A page can send requests to a loopback address in two ways. Its own name may lead there (*DNS rebinding*): then `Host`
//! is that name, so that only addresses, `localhost` and names that the operator gave are taken. Or it sends them
//! across origins: then the browser says `Origin`, which nothing else does; and JSON is no content type that a page may
//! send without asking first.

use std::net::IpAddr;

use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, Method};

/// Which hosts the listener may be called by.
pub(crate) struct Guard {
    names: Vec<String>,
}

impl Guard {
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self { names: names.iter().map(|name| name.to_ascii_lowercase()).collect() }
    }

    /// Refuses what a web page may have sent, and says why.
    pub(super) fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), String> {
        let mut hosts = headers.get_all(HOST).iter().map(|host| host.to_str().unwrap_or_default());
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if self.knows(host) => {}
            (host, _) => {
                let host = host.unwrap_or_default();
                return Err(format!(
                    "the Host header {host:?} is neither an address nor localhost nor a name that the operator allowed"
                ));
            }
        }
        if headers.contains_key(ORIGIN) {
            return Err("a request with an Origin header comes from a web page".to_owned());
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
        if method == Method::POST && !kind.trim().eq_ignore_ascii_case("application/json") {
            return Err("send it with Content-Type: application/json".to_owned());
        }
        Ok(())
    }

    fn knows(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let name = name.to_ascii_lowercase();
        name == "localhost"
            || bare.unwrap_or(&name).parse::<IpAddr>().is_ok()
            || self.names.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, headers: &[(&'static str, &'static str)]) -> bool {
        let guard = Guard::new(vec!["Control.internal".to_owned()]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, http::HeaderValue::from_static(value));
        }
        guard.check(&method, &map).is_ok()
    }

    #[test]
    fn addresses_and_known_names_pass() {
        for host in [
            "127.0.0.1:9001",
            "127.0.0.1",
            "[::1]:9001",
            "[::1]",
            "localhost",
            "LOCALHOST:9001",
            "control.internal:80",
            "10.0.0.5:1",
        ] {
            assert!(check(Method::GET, &[("host", host)]), "{host}");
        }
        let json = ("content-type", "application/json; charset=utf-8");
        assert!(check(Method::POST, &[("host", "localhost"), json]));
    }

    #[test]
    fn a_page_does_not() {
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:9001", ""] {
            assert!(!check(Method::GET, &[("host", host)]), "{host}");
        }
        assert!(!check(Method::GET, &[]));
        assert!(!check(Method::GET, &[("host", "localhost"), ("host", "evil.example")]));
        let origin = ("origin", "http://evil.example");
        let json = ("content-type", "application/json");
        assert!(!check(Method::POST, &[("host", "localhost"), json, origin]));
        assert!(!check(Method::GET, &[("host", "localhost"), ("origin", "null")]));
        assert!(!check(Method::POST, &[("host", "localhost"), ("content-type", "text/plain")]));
        assert!(!check(Method::POST, &[("host", "localhost")]));
    }
}
