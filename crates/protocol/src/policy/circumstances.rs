//! What of a request conditions ask for.

use std::borrow::Cow;
use std::net::IpAddr;

use cospass_sign::RequestHead;
use cospass_sign::percent::{self, Plus};

use super::key::Carrier;
use crate::xml::iso8601;

/// A request, and how it arrived. Nothing of it is decoded before a condition asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The request as it arrived.
    pub request: RequestHead<'a>,
    /// How a `+` in its query is meant.
    pub plus: Plus,
    /// The client's address, if it is known.
    pub ip: Option<IpAddr>,
    /// Now, Unix seconds.
    pub now: i64,
    /// Whether it came over TLS.
    pub secure_transport: bool,
    /// The version of TLS, such as `1.2`.
    pub tls_version: Option<&'a str>,
    /// The tags of the bucket.
    pub resource_tags: &'a [(String, String)],
}

impl<'a> Circumstances<'a> {
    /// A request of that moment, Unix seconds, of which nothing else is known.
    pub fn new(request: RequestHead<'a>, now: i64) -> Self {
        Self {
            request,
            plus: Plus::Space,
            ip: None,
            now,
            secure_transport: false,
            tls_version: None,
            resource_tags: &[],
        }
    }

    /// The values of what a carrier carries; none if the request does not have it. Those of query parameters are
    /// percent-encoded (`image%2Fpng`), those of headers raw (`image/png`): 436/71306.
    pub(super) fn values(&self, carrier: Carrier) -> Vec<Cow<'a, str>> {
        match carrier {
            Carrier::Ip => {
                self.ip.map(|ip| ip.to_canonical().to_string().into()).into_iter().collect()
            }
            Carrier::Time => vec![iso8601(self.now).into()],
            Carrier::SecureTransport => vec![self.secure_transport.to_string().into()],
            Carrier::TlsVersion => self.tls_version.map(Cow::Borrowed).into_iter().collect(),
            Carrier::Header(name) => self.header(name).collect(),
            Carrier::Param(name) => self.param(name).collect(),
            Carrier::RequestTags => {
                self.header("x-cos-tagging").flat_map(|tags| tags_of(&tags)).collect()
            }
            Carrier::ResourceTags => {
                let tags = self.resource_tags.iter();
                tags.map(|(name, value)| format!("{name}&{value}").into()).collect()
            }
            Carrier::Nothing => Vec::new(),
        }
    }

    fn header(&self, name: &'static str) -> impl Iterator<Item = Cow<'a, str>> {
        let headers = self.request.headers().iter();
        let named = headers.filter(move |(found, _)| found.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| String::from_utf8_lossy(value))
    }

    /// A name counts in any case, as where the operation is decoded.
    fn param(&self, name: &'static str) -> impl Iterator<Item = Cow<'a, str>> {
        let params = self.request.params(self.plus);
        let named = params.filter(move |(found, _)| found.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| Cow::Owned(percent::encode(&value)))
    }
}

/// `KEY&VALUE` of each tag of `key1=value1&key2=value2`.
fn tags_of<'a>(tags: &str) -> Vec<Cow<'a, str>> {
    let text = |encoded: &str| {
        let decoded = percent::decode_query(encoded.as_bytes(), Plus::Space);
        String::from_utf8_lossy(&decoded).into_owned()
    };
    let tags = tags.split('&').filter(|tag| !tag.is_empty());
    tags.map(|tag| {
        let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
        format!("{}&{}", text(name), text(value)).into()
    })
    .collect()
}
