//! Where a bucket is reached: the domains of the service, a custom domain, or a host of the caller's.
//!
//! Domains: documents 436/57456 (the bucket stands in the host) and 436/18424 (custom and CDN domains); Python SDK
//! `cos_comm.py` `format_endpoint` and `cos_client.py` `CosConfig.uri`. [`Endpoint::host`] writes a host and
//! [`Endpoint::recognise`] reads it back.

mod host;
mod host_error;
mod hosts;
mod url;

use std::fmt::{self, Write as _};

pub use host::Host;
pub use host_error::HostError;
pub use url::{UrlError, UrlParts};

use crate::{Bucket, Region, Scheme};

const OLD_DOMAIN: &str = "myqcloud.com";
const NEW_DOMAIN: &str = "tencentcos.cn";
const ACCELERATE: &str = "cos.accelerate.myqcloud.com";
const INTERNAL_ACCELERATE: &str = "cos-internal.accelerate.tencentcos.cn";
const SERVICE: &str = "service.cos.myqcloud.com";

/// Where requests go. Each constructor names one kind of domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    Default(Region),
    NewDomain(Region),
    Internal(Region),
    Accelerate,
    InternalAccelerate,
    Service,
    CustomDomain(Host),
    Explicit(Host),
}

impl Endpoint {
    /// The default domain of a region: `BUCKET.cos.REGION.myqcloud.com`.
    pub fn default_domain(region: Region) -> Self {
        Endpoint { kind: Kind::Default(region) }
    }

    /// The new domain of a region: `BUCKET.cos.REGION.tencentcos.cn`.
    pub fn new_domain(region: Region) -> Self {
        Endpoint { kind: Kind::NewDomain(region) }
    }

    /// The domain inside the cloud's own network: `BUCKET.cos-internal.REGION.tencentcos.cn`.
    pub fn internal(region: Region) -> Self {
        Endpoint { kind: Kind::Internal(region) }
    }

    /// Global acceleration: `BUCKET.cos.accelerate.myqcloud.com`.
    pub fn accelerate() -> Self {
        Endpoint { kind: Kind::Accelerate }
    }

    /// Global acceleration from inside the cloud's own network: `BUCKET.cos-internal.accelerate.tencentcos.cn`.
    pub fn internal_accelerate() -> Self {
        Endpoint { kind: Kind::InternalAccelerate }
    }

    /// The service itself, `service.cos.myqcloud.com`, which lists buckets and holds no objects.
    pub fn service() -> Self {
        Endpoint { kind: Kind::Service }
    }

    /// A domain of the owner's that stands for one bucket (a *custom origin domain*), or an address: `HOST[:PORT]`
    /// without the bucket.
    ///
    /// # Errors
    /// [`HostError`], among them a CDN domain, as far as its name shows it.
    pub fn custom_domain(host: impl AsRef<str>) -> Result<Self, HostError> {
        Ok(Endpoint { kind: Kind::CustomDomain(Host::new(host)?) })
    }

    /// Any `HOST[:PORT]` that the bucket stands before, `BUCKET.HOST:PORT`: the `Endpoint=` of the Python SDK.
    ///
    /// # Errors
    /// [`HostError`], among them an IP address, which no bucket can stand before.
    pub fn explicit(host: impl AsRef<str>) -> Result<Self, HostError> {
        let given = host.as_ref();
        let host = Host::new(given)?;
        if host.is_address() {
            return Err(HostError::AddressTakesNoBucket { value: given.to_owned() });
        }
        Ok(Endpoint { kind: Kind::Explicit(host) })
    }

    /// The region, where the domain has one.
    pub fn region(&self) -> Option<&Region> {
        match &self.kind {
            Kind::Default(region) | Kind::NewDomain(region) | Kind::Internal(region) => {
                Some(region)
            }
            _ => None,
        }
    }

    /// Whether this is [`Endpoint::service`], which holds no bucket's objects.
    pub fn is_service(&self) -> bool {
        self.kind == Kind::Service
    }

    /// Whether the bucket stands in the host. It does not in a custom domain nor in the service's own.
    pub fn names_bucket(&self) -> bool {
        !matches!(self.kind, Kind::Service | Kind::CustomDomain(_))
    }

    /// The host of a URL to this endpoint, with the port unless it is the scheme's default.
    ///
    /// The bucket stands before it where [`names_bucket`](Self::names_bucket) says so.
    pub fn host<'a>(&self, bucket: impl Into<Option<&'a Bucket>>, scheme: Scheme) -> String {
        let mut out = String::with_capacity(96);
        self.write_host(bucket.into(), scheme, &mut out);
        out
    }

    /// Appends [`host`](Self::host) to a buffer.
    pub fn write_host(&self, bucket: Option<&Bucket>, scheme: Scheme, out: &mut String) {
        if let Some(bucket) = bucket.filter(|_| self.names_bucket()) {
            out.push_str(bucket.as_str());
            out.push('.');
        }
        let parts = match &self.kind {
            Kind::Default(region) => [region.label(), ".", OLD_DOMAIN],
            Kind::NewDomain(region) => [region.label(), ".", NEW_DOMAIN],
            Kind::Internal(region) => [region.internal_label(), ".", NEW_DOMAIN],
            Kind::Accelerate => [ACCELERATE, "", ""],
            Kind::InternalAccelerate => [INTERNAL_ACCELERATE, "", ""],
            Kind::Service => [SERVICE, "", ""],
            Kind::CustomDomain(host) | Kind::Explicit(host) => [host.name(), "", ""],
        };
        parts.iter().for_each(|part| out.push_str(part));
        if let Kind::CustomDomain(host) | Kind::Explicit(host) = &self.kind
            && let Some(port) = host.port_in_url(scheme)
        {
            // Writing to a string cannot fail.
            let _ = write!(out, ":{port}");
        }
    }

    /// Reads a host back that is one of the service's own domains: the endpoint, and the bucket before it, if any.
    ///
    /// `None` for every other host: custom domains and explicit hosts cannot be told apart by their names.
    pub fn recognise(host: &str) -> Option<(Endpoint, Option<Bucket>)> {
        let host = host.to_ascii_lowercase();
        if host == SERVICE {
            return Some((Endpoint::service(), None));
        }
        let (rest, is_new) = match host.strip_suffix(OLD_DOMAIN) {
            Some(rest) => (rest, false),
            None => (host.strip_suffix(NEW_DOMAIN)?, true),
        };
        let rest = rest.strip_suffix('.')?;
        let (bucket, label) = match rest.split_once('.') {
            Some(("cos" | "cos-internal", _)) | None => (None, rest),
            Some((bucket, label)) => (Some(Bucket::new(bucket).ok()?), label),
        };
        let endpoint = Endpoint { kind: read_label(label, is_new)? };
        (endpoint.host(bucket.as_ref(), Scheme::Https) == host).then_some((endpoint, bucket))
    }
}

/// The kind of domain that a region's label and the domain after it make.
fn read_label(label: &str, is_new: bool) -> Option<Kind> {
    let region = |name| Region::new(name).ok();
    match (label.split_once('.'), is_new) {
        (Some(("cos", "accelerate")), false) => Some(Kind::Accelerate),
        (Some(("cos-internal", "accelerate")), true) => Some(Kind::InternalAccelerate),
        (Some(("cos", name)), false) => Some(Kind::Default(region(name)?)),
        (Some(("cos", name)), true) => Some(Kind::NewDomain(region(name)?)),
        (Some(("cos-internal", name)), true) => Some(Kind::Internal(region(name)?)),
        (None, false) => Some(Kind::Default(region(label)?)),
        (None, true) => Some(Kind::NewDomain(region(label)?)),
        _ => None,
    }
}

impl fmt::Display for Endpoint {
    /// The host without a bucket, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host(None, Scheme::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region() -> Region {
        Region::new("ap-guangzhou").unwrap()
    }

    fn bucket() -> Bucket {
        Bucket::new("examplebucket-1250000000").unwrap()
    }

    fn host(endpoint: Endpoint) -> String {
        endpoint.host(&bucket(), Scheme::Https)
    }

    fn domains() -> [(Endpoint, &'static str); 6] {
        [
            (
                Endpoint::default_domain(region()),
                "examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com",
            ),
            (
                Endpoint::new_domain(region()),
                "examplebucket-1250000000.cos.ap-guangzhou.tencentcos.cn",
            ),
            (
                Endpoint::internal(region()),
                "examplebucket-1250000000.cos-internal.ap-guangzhou.tencentcos.cn",
            ),
            (Endpoint::accelerate(), "examplebucket-1250000000.cos.accelerate.myqcloud.com"),
            (
                Endpoint::internal_accelerate(),
                "examplebucket-1250000000.cos-internal.accelerate.tencentcos.cn",
            ),
            (
                Endpoint::default_domain(Region::new("cn-south").unwrap()),
                "examplebucket-1250000000.cn-south.myqcloud.com",
            ),
        ]
    }

    #[test]
    fn the_services_domains_carry_the_bucket_and_are_read_back() {
        for (endpoint, expected) in domains() {
            assert_eq!(host(endpoint.clone()), expected);
            let read = Endpoint::recognise(&expected.to_uppercase());
            assert_eq!(read, Some((endpoint.clone(), Some(bucket()))));
            let alone = endpoint.host(None, Scheme::Https);
            assert_eq!(Endpoint::recognise(&alone), Some((endpoint, None)));
        }
    }

    #[test]
    fn the_service_carries_no_bucket() {
        assert_eq!(host(Endpoint::service()), "service.cos.myqcloud.com");
        assert_eq!(
            Endpoint::recognise("service.cos.myqcloud.com"),
            Some((Endpoint::service(), None))
        );
        assert!(Endpoint::service().is_service() && !Endpoint::accelerate().is_service());
    }

    #[test]
    fn a_custom_domain_stands_alone() {
        assert_eq!(host(Endpoint::custom_domain("IMG.example.com").unwrap()), "img.example.com");
        assert_eq!(host(Endpoint::custom_domain("127.0.0.1:9000").unwrap()), "127.0.0.1:9000");
        assert!(Endpoint::custom_domain("b-1.file.myqcloud.com").is_err());
    }

    #[test]
    fn the_bucket_stands_before_an_explicit_host() {
        let endpoint = Endpoint::explicit("cos.localhost:9000").unwrap();
        assert_eq!(host(endpoint), "examplebucket-1250000000.cos.localhost:9000");
        assert!(Endpoint::explicit("file.myqcloud.com").is_err());
    }

    #[test]
    fn no_bucket_stands_before_an_address() {
        for value in ["127.0.0.1:9000", "[::1]"] {
            assert_eq!(
                Endpoint::explicit(value),
                Err(HostError::AddressTakesNoBucket { value: value.into() })
            );
        }
    }

    #[test]
    fn a_default_port_is_dropped() {
        let endpoint = Endpoint::custom_domain("img.example.com:80").unwrap();
        assert_eq!(endpoint.host(&bucket(), Scheme::Http), "img.example.com");
        assert_eq!(endpoint.host(&bucket(), Scheme::Https), "img.example.com:80");
    }

    #[test]
    fn the_region_is_told_where_there_is_one() {
        assert_eq!(Endpoint::internal(region()).region(), Some(&region()));
        assert_eq!(Endpoint::accelerate().region(), None);
    }

    #[test]
    fn other_hosts_are_not_recognised() {
        for host in [
            "img.example.com",
            "myqcloud.com",
            "b-1.cos.myqcloud.com",
            "short.cos.ap-guangzhou.myqcloud.com",
            "b-1.cos.cosgz.myqcloud.com",
            "b-1.cos-internal.ap-guangzhou.myqcloud.com",
            "b-1.cos.ap-guangzhou.myqcloud.com.example.com",
            "b-1.cos.ap-guangzhou.myqcloud.com:8080",
            "b-1.xcos.ap-guangzhou.myqcloud.com",
        ] {
            assert_eq!(Endpoint::recognise(host), None, "{host}");
        }
    }
}
