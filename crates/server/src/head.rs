//! The first stage: the head of a request, checked to be one that can be acted on. Nothing in it is decoded yet.

use cospass_sign::RequestHead;
use http::header::HOST;
use http::request::Parts;

use crate::limits::Limits;
use crate::refusal::{Cause, Refusal};

/// The headers of a request as the signature sees them.
pub(crate) type HeaderPairs<'a> = Vec<(&'a [u8], &'a [u8])>;

/// The headers of a request in the order sent.
pub(crate) fn header_pairs(parts: &Parts) -> HeaderPairs<'_> {
    let headers = parts.headers.iter();
    headers.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())).collect()
}

/// A head with one host and a path.
pub(crate) struct Head<'a> {
    pub(crate) request: RequestHead<'a>,
    /// The Host header as sent: `host[:port]`.
    pub(crate) host: &'a str,
}

impl<'a> Head<'a> {
    /// Checks a head. An absolute-form target (RFC 9112 §3.2.2, what a client sends to its proxy) must name the host that
    /// the Host header names: the signature covers the latter.
    pub(crate) fn read(
        parts: &'a Parts,
        headers: &'a HeaderPairs<'a>,
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        let uri = &parts.uri;
        let target_length = uri.path_and_query().map_or(0, |target| target.as_str().len());
        if target_length > limits.target_length {
            return Err(Cause::TargetTooLong.into());
        }
        if !uri.path().starts_with('/') {
            return Err(Cause::BadTarget.into());
        }
        let host = only_host(parts)?;
        if let Some(authority) = uri.authority() {
            let default_port = match uri.scheme_str() {
                Some("http") => ":80",
                Some("https") => ":443",
                _ => return Err(Cause::BadTarget.into()),
            };
            let without_default =
                |host: &str| host.strip_suffix(default_port).unwrap_or(host).to_ascii_lowercase();
            if without_default(authority.as_str()) != without_default(host) {
                return Err(Cause::HostDisagrees.into());
            }
        }
        let query = uri.query().map(str::as_bytes);
        let request =
            RequestHead::new(parts.method.as_str(), uri.path().as_bytes(), query, headers);
        Ok(Self { request, host })
    }
}

fn only_host(parts: &Parts) -> Result<&str, Refusal> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    match (hosts.next().map(|host| host.to_str()), hosts.next()) {
        (Some(Ok(host)), None) if !host.is_empty() => Ok(host),
        _ => Err(Cause::HostMissing.into()),
    }
}
