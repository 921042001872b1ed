//! Hotlink protection: from which pages a bucket's objects may be asked for (436/32492, 436/32466).
//!
//! - It concerns downloads, GET and HEAD of objects. Signed requests are not judged (436/32466), except by
//!   `VerifySignatureURL` those whose signature stands in the URL.
//! - A domain stands for every address that begins with it, whatever the scheme: `example.com` for
//!   `https://example.com/123` and `http://example.com:8080`; with a port, for that port alone.
//! - `*.example.com` stands for `example.com` and every domain below it. A `*` elsewhere stands for any run of characters
//!   up to the next slash; upper and lower case are alike: both are decisions.

use cospass_protocol::operation::Resource;
use cospass_protocol::xml::RefererConfiguration;
use cospass_sign::Carrier;
use http::Method;
use http::header::REFERER;
use http::request::Parts;

use crate::refusal::{Cause, Refusal};

/// Refuses a download from a page that may not show the bucket's objects. `signed` is where the request carries a
/// signature, which nobody has judged yet.
pub(crate) fn check(
    configuration: &RefererConfiguration,
    parts: &Parts,
    resource: &Resource,
    signed: Option<Carrier>,
) -> Result<(), Refusal> {
    let is_download = matches!(resource, Resource::Object(..))
        && (parts.method == Method::GET || parts.method == Method::HEAD);
    let verifies = configuration.verify_signature_url.as_deref();
    let is_judged = match signed {
        None => true,
        Some(Carrier::Query | Carrier::SignParameter) => {
            verifies.is_some_and(|word| word.starts_with("Enable"))
        }
        Some(Carrier::Header) => false,
    };
    if !configuration.is_enabled || !is_download || !is_judged {
        return Ok(());
    }
    let referer = parts.headers.get(REFERER).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let is_served = match referer.as_deref().map(str::trim) {
        None | Some("") => configuration.allows_empty == Some(true),
        Some(referer) => {
            let is_listed = configuration.domains.iter().any(|domain| matches(domain, referer));
            is_listed != configuration.is_black_list
        }
    };
    if is_served { Ok(()) } else { Err(Cause::DeniedByReferer.into()) }
}

/// Whether a domain of the list stands for an address.
fn matches(domain: &str, referer: &str) -> bool {
    let (domain, referer) = (domain.trim().to_lowercase(), referer.to_lowercase());
    let without_scheme = referer.split_once("://").map_or(referer.as_str(), |(_, rest)| rest);
    let address = if domain.contains("://") { referer.as_str() } else { without_scheme };
    match domain.strip_prefix("*.") {
        Some(parent) => begins(parent, address) || begins(&domain, address),
        None => begins(&domain, address),
    }
}

/// Whether an address begins as a pattern does.
fn begins(pattern: &str, address: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| address.strip_prefix(first)) else {
        return false;
    };
    for piece in pieces {
        // The earliest place leaves the most for what follows; before it there may be no slash.
        match rest.split_once(piece) {
            Some((run, after)) if !run.contains('/') => rest = after,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_stands_for_what_begins_with_it() {
        for (domain, referer) in [
            ("example.com", "https://example.com/123"),
            ("example.com", "http://example.com:8080/"),
            ("example.com", "http://EXAMPLE.com"),
            ("example.com", "example.com"),
            ("example.com:8080", "http://example.com:8080/a"),
            ("10.10.10.10", "http://10.10.10.10:8080/a"),
            ("www.qq.com/example", "https://www.qq.com/example/a.html"),
            ("https://example.com", "https://example.com/a"),
            ("*.example.com", "https://example.com/"),
            ("*.example.com", "https://b.example.com/"),
            ("*.example.com", "https://a.b.example.com:81/x"),
            ("http://*.example.com", "http://b.example.com/"),
            ("example.*", "http://example.org/"),
            ("*", "http://anything/"),
        ] {
            assert!(matches(domain, referer), "{domain} {referer}");
        }
    }

    #[test]
    fn it_stands_for_nothing_else() {
        for (domain, referer) in [
            ("example.com", "https://www.example.com/"),
            ("example.com", "https://other.org/?from=example.com"),
            ("example.com:8080", "http://example.com/"),
            ("example.com:8080", "http://example.com:80/"),
            ("https://example.com", "http://example.com/"),
            ("www.qq.com/example", "https://www.qq.com/other"),
            ("*.example.com", "https://notexample.com/"),
            ("*.example.com", "https://other.org/x.example.com"),
        ] {
            assert!(!matches(domain, referer), "{domain} {referer}");
        }
    }
}
