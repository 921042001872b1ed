//! `HOST[:PORT]` as a checked value that every URL parser reads as it stands.
//!
//! Checked for what URL parsers and clients would otherwise change: upper case, a default port, numbers that read as an
//! IPv4 address, non-ASCII names (WHATWG URL §3.5 "host parsing"). CDN domains are refused: they do not accept COS
//! signatures (document 436/14116).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::HostError;
use crate::Scheme;

/// The longest DNS label and name (RFC 1035 §2.3.4), in bytes.
pub(super) const LABEL_MAX: usize = 63;
pub(super) const NAME_MAX: usize = 253;

/// Suffixes of CDN domains: the default one of a bucket (document 436/31506), and the names that the CDN (document
/// 570/47352), its former dynamic kind (ECDN) and EdgeOne assign.
const CDN_SUFFIXES: [&str; 10] = [
    ".file.myqcloud.com",
    ".cdn.dnsv1.com",
    ".cdn.dnsv1.com.cn",
    ".dsa.dnsv1.com",
    ".dsa.dnsv1.com.cn",
    ".eo.dnse0.com",
    ".eo.dnse1.com",
    ".eo.dnse2.com",
    ".eo.dnse3.com",
    ".eo.dnse4.com",
];

/// A host and an optional port, lower-cased and checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host {
    name: String,
    port: Option<u16>,
    is_address: bool,
}

impl Host {
    /// Reads `HOST[:PORT]`: a name, an IPv4 address or an IPv6 address in brackets.
    ///
    /// # Errors
    /// One [`HostError`] for each rule that the text breaks; the first broken rule is told.
    pub fn new(text: impl AsRef<str>) -> Result<Self, HostError> {
        let text = text.as_ref();
        check_shape(text)?;
        let (name, port) = split_port(text);
        let port = port.map(|port| parse_port(text, port)).transpose()?;
        let name = name.to_ascii_lowercase();
        if let Some(inner) = name.strip_prefix('[') {
            let name = parse_ipv6(text, inner)?;
            return Ok(Host { name, port, is_address: true });
        }
        check_name(text, &name)?;
        let is_address = is_ipv4(text, &name)?;
        Ok(Host { name, port, is_address })
    }

    /// The name or address without the port; an IPv6 address keeps its brackets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port as it was given, also when it is the scheme's default.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether `HOST[:PORT]` is the domain of a CDN, as far as its name shows it. A domain of the owner's does not show it.
    pub fn is_of_cdn(text: &str) -> bool {
        let name = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
        CDN_SUFFIXES.iter().any(|suffix| name.ends_with(suffix) || *name == suffix[1..])
    }

    /// Whether this is an IP address, which no bucket can stand before.
    pub fn is_address(&self) -> bool {
        self.is_address
    }

    /// The port that a URL of this scheme carries: none when it is the scheme's default, since URL parsers drop it.
    pub(crate) fn port_in_url(&self, scheme: Scheme) -> Option<u16> {
        self.port.filter(|port| *port != scheme.default_port())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The name and the text after the colon that begins a port.
fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((name, _)) if name.starts_with('[') && !name.ends_with(']') => (text, None),
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    }
}

fn check_shape(text: &str) -> Result<(), HostError> {
    let value = || text.to_owned();
    if text.is_empty() {
        return Err(HostError::Empty);
    }
    if text.contains("://") {
        return Err(HostError::HasScheme { value: value() });
    }
    if text.contains('/') {
        return Err(HostError::HasPath { value: value() });
    }
    let bracketed = text.starts_with('[');
    for found in text.chars() {
        match found {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' | ':' => {}
            '[' | ']' if bracketed => {}
            found if found.is_whitespace() => return Err(HostError::WhiteSpace { value: value() }),
            found if !found.is_ascii() => return Err(HostError::NotAscii { value: value() }),
            found => {
                return Err(HostError::Character { value: value(), found });
            }
        }
    }
    Ok(())
}

fn parse_port(text: &str, port: &str) -> Result<u16, HostError> {
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(port) if digits && port != 0 => Ok(port),
        _ => Err(HostError::Port { value: text.to_owned() }),
    }
}

fn check_name(text: &str, name: &str) -> Result<(), HostError> {
    let value = || text.to_owned();
    if let Some(found) = name.chars().find(|found| matches!(found, ':' | '[' | ']')) {
        return Err(HostError::Character { value: value(), found });
    }
    for label in name.split('.') {
        match label.len() {
            0 => return Err(HostError::EmptyLabel { value: value() }),
            1..=LABEL_MAX => {}
            length => {
                return Err(HostError::LabelTooLong { value: value(), length });
            }
        }
    }
    if name.len() > NAME_MAX {
        return Err(HostError::TooLong { value: value(), length: name.len() });
    }
    if Host::is_of_cdn(name) {
        return Err(HostError::Cdn { value: value() });
    }
    Ok(())
}

/// Whether the name is an IPv4 address. URL parsers take any name that ends in a number for one, and rewrite `1.2` or
/// `0x7f.1`, so such a name must be an address as they write it.
fn is_ipv4(text: &str, name: &str) -> Result<bool, HostError> {
    let last = name.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x");
    let number = last.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !number {
        return Ok(false);
    }
    match name.parse::<Ipv4Addr>() {
        Ok(_) => Ok(true),
        Err(_) => Err(HostError::Address { value: text.to_owned() }),
    }
}

/// The address as URL parsers write it, in brackets: shortest form, hexadecimal also where it maps an IPv4 address.
fn parse_ipv6(text: &str, inner: &str) -> Result<String, HostError> {
    let refusal = || HostError::Address { value: text.to_owned() };
    let address = inner.strip_suffix(']').ok_or_else(refusal)?;
    let address: Ipv6Addr = address.parse().map_err(|_| refusal())?;
    match (address.to_ipv4_mapped(), address.segments()) {
        (Some(_), [.., high, low]) => Ok(format!("[::ffff:{high:x}:{low:x}]")),
        (None, _) => Ok(format!("[{address}]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accepted(text: &str) -> (String, Option<u16>, bool) {
        let host = Host::new(text).unwrap();
        (host.name().to_owned(), host.port(), host.is_address())
    }

    fn refused(value: &str, expected: fn(String) -> HostError) {
        let refusal = Host::new(value).unwrap_err();
        assert_eq!(refusal, expected(value.to_owned()));
        assert!(refusal.to_string().contains(&format!("{value:?}")));
    }

    #[test]
    fn names_are_accepted_in_lower_case() {
        assert_eq!(accepted("IMG.Example.COM"), ("img.example.com".into(), None, false));
        assert_eq!(accepted("cos.localhost:9000"), ("cos.localhost".into(), Some(9000), false));
        assert_eq!(accepted("my_service"), ("my_service".into(), None, false));
        assert_eq!(accepted("xn--fiqs8s.example.com").0, "xn--fiqs8s.example.com");
        assert_eq!(Host::new("A.b:443").unwrap().to_string(), "a.b:443");
    }

    #[test]
    fn addresses_are_accepted_as_url_parsers_write_them() {
        assert_eq!(accepted("127.0.0.1:9000"), ("127.0.0.1".into(), Some(9000), true));
        assert_eq!(accepted("[::1]:80"), ("[::1]".into(), Some(80), true));
        assert_eq!(accepted("[2001:DB8:0:0::1]"), ("[2001:db8::1]".into(), None, true));
        assert_eq!(accepted("[::ffff:1.2.3.4]").0, "[::ffff:102:304]");
    }

    #[test]
    fn a_default_port_is_left_out_of_urls() {
        let host = Host::new("a.b:443").unwrap();
        assert_eq!(host.port_in_url(Scheme::Https), None);
        assert_eq!(host.port_in_url(Scheme::Http), Some(443));
    }

    #[test]
    fn empty_is_refused() {
        assert_eq!(Host::new(""), Err(HostError::Empty));
    }

    #[test]
    fn a_scheme_is_refused() {
        refused("https://img.example.com", |value| HostError::HasScheme { value });
    }

    #[test]
    fn a_slash_or_path_is_refused() {
        for text in ["img.example.com/", "img.example.com/a", "/"] {
            refused(text, |value| HostError::HasPath { value });
        }
    }

    #[test]
    fn white_space_is_refused() {
        for text in [" a.b", "a.b\n", "a b"] {
            refused(text, |value| HostError::WhiteSpace { value });
        }
    }

    #[test]
    fn a_name_outside_ascii_is_refused_with_advice() {
        refused("中文.example.com", |value| HostError::NotAscii { value });
        assert!(Host::new("中文.example.com").unwrap_err().to_string().contains("punycode"));
    }

    #[test]
    fn another_character_is_refused() {
        refused("a@b", |value| HostError::Character { value, found: '@' });
        refused("a%2eb", |value| HostError::Character { value, found: '%' });
        refused("::1", |value| HostError::Character { value, found: ':' });
        refused("a[b]", |value| HostError::Character { value, found: '[' });
    }

    #[test]
    fn an_empty_label_is_refused() {
        for text in [".a", "a.", "a..b", ":80"] {
            refused(text, |value| HostError::EmptyLabel { value });
        }
    }

    #[test]
    fn a_label_over_63_bytes_is_refused() {
        refused(&format!("{}.com", "a".repeat(64)), |value| HostError::LabelTooLong {
            value,
            length: 64,
        });
    }

    #[test]
    fn a_name_over_253_bytes_is_refused() {
        let text = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(62)].join(".");
        refused(&text, |value| HostError::TooLong { value, length: 254 });
    }

    #[test]
    fn a_port_that_is_none_is_refused() {
        for text in ["a.b:", "a.b:0", "a.b:65536", "a.b:http", "[::1]:x"] {
            refused(text, |value| HostError::Port { value });
        }
    }

    #[test]
    fn a_number_that_is_no_address_is_refused() {
        for text in ["1.2.3", "1.2.3.04", "1.2.3.256", "0x7f.1", "a.1", "a.0x1f", "[::g]", "[::1"] {
            refused(text, |value| HostError::Address { value });
        }
    }

    #[test]
    fn cdn_domains_are_refused_with_what_to_do() {
        for suffix in CDN_SUFFIXES {
            refused(&format!("b-1{suffix}"), |value| HostError::Cdn { value });
            refused(&suffix[1..].to_ascii_uppercase(), |value| HostError::Cdn { value });
        }
        assert!(Host::new("notcdn.dnsv1.com").is_ok());
        assert!(Host::new("a.cdn.dnsv1.com.example").is_ok());
    }

    proptest! {
        #[test]
        fn url_parsers_read_an_accepted_host_as_it_stands(
            text in "[a-zA-Z0-9_.-]{1,20}(:[0-9]{1,5})?|[0-9.]{1,15}|(0x)?[0-9a-f]{1,3}\\.[0-9]{1,3}|\\[[0-9a-f:.]{2,20}\\](:[0-9]{1,5})?"
        ) {
            prop_assume!(!text.to_ascii_lowercase().contains("xn--"));
            let Ok(host) = Host::new(&text) else { return Ok(()) };
            let url = url::Url::parse(&format!("https://{host}/")).unwrap();
            prop_assert_eq!(url.host_str(), Some(host.name()));
            prop_assert_eq!(url.port(), host.port_in_url(Scheme::Https));
        }
    }
}
