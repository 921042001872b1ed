//! The second stage: which bucket and which object a request is for, told by its host and path.
//!
//! ```text
//! mapped by the operator     HOST=BUCKET, with or without the port
//! sts.…tencentcloudapi.com   STS, and sts.api.qcloud.com, sts.localhost
//! service.…, cos.REGION.…    the account
//! BUCKET.anything            that bucket, as a website if the second label is cos-website
//! anything else              the default bucket, or the account for an address and a bare name
//! ```
//!
//! The path after its first slash, percent-decoded and otherwise as it stands, is the key. Nothing in it is merged or
//! normalised: `a//b` and `a/../b` are keys like any other. A path of nothing but slashes and single dots, as they are sent, is
//! the bucket's own, as the service has it: the Node SDK's tests get a listing for `///////` and `/./`, and an object for
//! `/abc/../`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use cospass_protocol::operation::Resource;
use cospass_protocol::{Bucket, Endpoint as Domain, KeyError, ObjectKey};

use crate::head::Head;
use crate::refusal::{Cause, Refusal};

/// Where hosts lead.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    /// By host in lower case, with or without a port.
    pub(crate) mapped: BTreeMap<String, Bucket>,
    pub(crate) default_bucket: Option<Bucket>,
}

/// What a host stands for.
#[derive(Debug, PartialEq, Eq)]
enum Site {
    Service,
    Bucket(Bucket),
}

impl Routes {
    /// What a request is for.
    pub(crate) fn resource(&self, head: &Head<'_>) -> Result<Resource, Refusal> {
        let path = head.request.decoded_path();
        let path = std::str::from_utf8(&path).map_err(|_| Cause::KeyNotText)?;
        match self.site(head.host)? {
            Site::Service if path == "/" => Ok(Resource::Service),
            Site::Service => Err(Cause::BucketMissing.into()),
            Site::Bucket(bucket) if is_root(head.request.path()) => {
                // A decision: what names the bucket by such a detour does not delete it.
                if path != "/" && head.request.method().eq_ignore_ascii_case("delete") {
                    return Err(Cause::MethodNotAllowed.into());
                }
                Ok(Resource::Bucket(bucket))
            }
            Site::Bucket(bucket) => {
                let key = ObjectKey::new(path).map_err(|error| match error {
                    KeyError::TooLong { .. } => Cause::KeyTooLong,
                    KeyError::Empty => Cause::BadTarget,
                })?;
                Ok(Resource::new(bucket, key))
            }
        }
    }

    /// The bucket that a host stands for, if it does.
    pub(crate) fn bucket_of(&self, host: &str) -> Option<Bucket> {
        match self.site(host) {
            Ok(Site::Bucket(bucket)) => Some(bucket),
            _ => None,
        }
    }

    /// The region whose buckets alone a host of the account lists: `cos.REGION.…` (436/8291). Acceleration is of none.
    pub(crate) fn region_of(&self, host: &str) -> Option<String> {
        if !matches!(self.site(host), Ok(Site::Service)) {
            return None;
        }
        let mut labels = without_port(host).split('.');
        let is_regional = labels.next()?.eq_ignore_ascii_case("cos");
        let region = labels.next().filter(|_| is_regional)?.to_ascii_lowercase();
        (region != "accelerate").then_some(region)
    }

    /// The region that a bucket's host names: one of the service's own domains, or `cos.REGION.localhost`.
    pub(crate) fn region_of_bucket(&self, host: &str) -> Option<String> {
        let name = without_port(host);
        let local = name.strip_suffix(".localhost").map(|rest| format!("{rest}.myqcloud.com"));
        let (domain, bucket) = Domain::recognise(local.as_deref().unwrap_or(name))?;
        bucket.and(domain.region().map(|region| region.name().to_owned()))
    }

    /// Whether a host is that of STS, in any region or network: `sts.tencentcloudapi.com`, `sts.REGION.tencentcloudapi.com`,
    /// `sts.internal.tencentcloudapi.com`, `sts.api.qcloud.com`; here also `sts.localhost`. A mapped host is its bucket's.
    pub(crate) fn is_sts(&self, host: &str) -> bool {
        // Nearly every host is a bucket's: nothing is copied to find that out.
        if !host
            .as_bytes()
            .first_chunk()
            .is_some_and(|start: &[u8; 4]| start.eq_ignore_ascii_case(b"sts."))
        {
            return false;
        }
        let host = host.to_ascii_lowercase();
        let name = without_port(&host);
        if self.mapped.contains_key(&host) || self.mapped.contains_key(name) {
            return false;
        }
        let domain = name.strip_prefix("sts.").unwrap_or_default();
        let is_of_api = domain.strip_suffix("tencentcloudapi.com").is_some_and(|region| {
            region.is_empty() || (region.ends_with('.') && region.matches('.').count() == 1)
        });
        is_of_api || matches!(domain, "api.qcloud.com" | "localhost")
    }

    /// Whether a host serves a bucket as a website: `BUCKET.cos-website.REGION.…`.
    pub(crate) fn is_website(&self, host: &str) -> bool {
        let label = without_port(host).split('.').nth(1);
        label.is_some_and(|label| label.eq_ignore_ascii_case("cos-website"))
    }

    fn site(&self, host: &str) -> Result<Site, Refusal> {
        let host = host.to_ascii_lowercase();
        let name = without_port(&host);
        if let Some(bucket) = self.mapped.get(&host).or_else(|| self.mapped.get(name)) {
            return Ok(Site::Bucket(bucket.clone()));
        }
        let is_address = name.parse::<IpAddr>().is_ok();
        let (first, domain) = match name.split_once('.') {
            Some((first, domain)) if !is_address => (first, domain),
            _ => ("", ""),
        };
        if first == "service" || (first == "cos" && domain.contains('.')) {
            return Ok(Site::Service);
        }
        if let Some(what) = other_service(name) {
            return Err(Refusal::told(
                Cause::Unserved,
                &format_args!("{what} is not served here."),
            ));
        }
        match (Bucket::new(first), &self.default_bucket) {
            (Ok(bucket), _) => Ok(Site::Bucket(bucket)),
            (Err(_), Some(bucket)) => Ok(Site::Bucket(bucket.clone())),
            (Err(_), None) if first.is_empty() => Ok(Site::Service),
            (Err(_), None) if looks_like_a_bucket(first) => Err(Cause::BadBucketName.into()),
            (Err(_), None) => Err(Cause::BucketMissing.into()),
        }
    }
}

/// What other services have hosts of their own, where a path such as `/queue` is no key (436/46234; `cos_client.py` of the
/// Python SDK calls them): it must be read neither as a bucket's nor as the default bucket's.
fn other_service(name: &str) -> Option<&'static str> {
    let mut labels = name.split('.');
    let (first, second) = (labels.next()?, labels.next()?);
    let is_of_cos = || name.ends_with(".myqcloud.com") || name.ends_with(".tencentcos.cn");
    match (first, second) {
        ("ci" | "pic", _) if is_of_cos() => Some("Data processing (hosts ci.REGION, pic.REGION)"),
        (_, "ci" | "pic") => Some("Data processing (hosts BUCKET.ci.REGION, BUCKET.pic.REGION)"),
        (_, "cos-control") => Some("Batch processing (hosts UIN.cos-control.REGION)"),
        (_, "migration") if is_of_cos() => {
            Some("Fetching from other sites (hosts REGION.migration)")
        }
        _ => None,
    }
}

/// Whether a path, as it was sent, names the bucket itself.
fn is_root(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/').all(|segment| matches!(segment, b"" | b"."))
}

/// Whether the label was meant to be a bucket: it ends in `-` and digits.
fn looks_like_a_bucket(label: &str) -> bool {
    label.rsplit_once('-').is_some_and(|(_, appid)| {
        !appid.is_empty() && appid.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A host without its port, an IPv6 address without its brackets.
fn without_port(host: &str) -> &str {
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: &str = "examplebucket-1250000000";

    fn bucket() -> Bucket {
        Bucket::new(BUCKET).unwrap()
    }

    fn site(routes: &Routes, host: &str) -> Result<Site, Cause> {
        routes.site(host).map_err(|refusal| refusal.cause)
    }

    #[test]
    fn the_first_label_is_the_bucket() {
        let routes = Routes::default();
        for domain in [
            "cos.ap-guangzhou.myqcloud.com",
            "cos.ap-guangzhou.tencentcos.cn",
            "cos.accelerate.myqcloud.com",
            "localhost:9000",
            "X",
        ] {
            let host = format!("{BUCKET}.{domain}");
            assert_eq!(site(&routes, &host), Ok(Site::Bucket(bucket())), "{host}");
        }
        let upper = format!("{}.COS.ap-x.myqcloud.com:80", BUCKET.to_uppercase());
        assert_eq!(site(&routes, &upper), Ok(Site::Bucket(bucket())));
    }

    #[test]
    fn service_hosts_and_bare_addresses_are_the_account() {
        for host in [
            "service.cos.myqcloud.com",
            "service.cos.tencentcos.cn",
            "cos.ap-guangzhou.myqcloud.com",
            "127.0.0.1:9000",
            "[::1]:9000",
            "::1",
            "localhost",
            "localhost:9000",
        ] {
            assert_eq!(site(&Routes::default(), host), Ok(Site::Service), "{host}");
        }
    }

    #[test]
    fn a_bucket_is_made_in_the_region_of_its_host() {
        for (host, region) in [
            ("cos.ap-shanghai.myqcloud.com", Some("ap-shanghai")),
            ("cos.ap-shanghai.tencentcos.cn:80", Some("ap-shanghai")),
            ("cos-internal.ap-shanghai.tencentcos.cn", Some("ap-shanghai")),
            ("cos.ap-shanghai.localhost:9000", Some("ap-shanghai")),
            ("cos.accelerate.myqcloud.com", None),
            ("localhost:9000", None),
            ("example.com", None),
        ] {
            let host = format!("{BUCKET}.{host}");
            assert_eq!(Routes::default().region_of_bucket(&host).as_deref(), region, "{host}");
        }
    }

    #[test]
    fn a_regional_host_lists_one_region() {
        for (host, region) in [
            ("cos.ap-guangzhou.myqcloud.com", Some("ap-guangzhou")),
            ("COS.AP-Beijing.localhost:9000", Some("ap-beijing")),
            ("cos.accelerate.myqcloud.com", None),
            ("service.cos.myqcloud.com", None),
            ("examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com", None),
            ("127.0.0.1:9000", None),
        ] {
            let found = Routes::default().region_of(host);
            assert_eq!(found.as_deref(), region, "{host}");
        }
    }

    #[test]
    fn a_default_bucket_takes_what_names_none() {
        let routes = Routes { default_bucket: Some(bucket()), ..Routes::default() };
        for host in ["127.0.0.1:9000", "[::1]", "localhost", "files.example.com"] {
            assert_eq!(site(&routes, host), Ok(Site::Bucket(bucket())), "{host}");
        }
        assert_eq!(site(&routes, "service.cos.myqcloud.com"), Ok(Site::Service));
        let other = Bucket::new("other-1250000000").unwrap();
        assert_eq!(site(&routes, "other-1250000000.x"), Ok(Site::Bucket(other)));
    }

    #[test]
    fn a_website_is_told_by_its_second_label() {
        let routes = Routes::default();
        for (host, is_website) in [
            ("examplebucket-1250000000.cos-website.ap-guangzhou.myqcloud.com", true),
            ("examplebucket-1250000000.COS-Website.localhost:9000", true),
            ("examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com", false),
            ("cos-website.ap-guangzhou.myqcloud.com", false),
            ("localhost", false),
        ] {
            assert_eq!(routes.is_website(host), is_website, "{host}");
        }
    }

    #[test]
    fn hosts_of_sts_are_told_by_their_domain() {
        let mut routes = Routes::default();
        for host in [
            "sts.tencentcloudapi.com",
            "STS.ap-guangzhou.TencentCloudAPI.com:443",
            "sts.internal.tencentcloudapi.com",
            "sts.api.qcloud.com",
            "sts.localhost:9000",
        ] {
            assert!(routes.is_sts(host), "{host}");
        }
        for host in [
            "tencentcloudapi.com",
            "cvm.tencentcloudapi.com",
            "sts.a.b.tencentcloudapi.com",
            "sts.xtencentcloudapi.com",
            "sts.example.com",
            "sts-1250000000.cos.ap-guangzhou.myqcloud.com",
            "sts.",
            "sts",
        ] {
            assert!(!routes.is_sts(host), "{host}");
        }
        routes.mapped.insert("sts.localhost".to_owned(), bucket());
        assert!(!routes.is_sts("sts.localhost:9000"));
    }

    #[test]
    fn a_mapped_host_wins() {
        let mapped = ["files.example.com", "service.cos.myqcloud.com:81"];
        let mapped = mapped.map(|host| (host.to_owned(), bucket())).into();
        let routes = Routes { mapped, default_bucket: None };
        for host in ["files.example.com", "Files.Example.com:9000", "service.cos.myqcloud.com:81"] {
            assert_eq!(site(&routes, host), Ok(Site::Bucket(bucket())), "{host}");
        }
        assert_eq!(site(&routes, "service.cos.myqcloud.com"), Ok(Site::Service));
    }

    #[test]
    fn a_host_without_bucket_is_refused() {
        for (host, cause) in [
            ("example.com", Cause::BucketMissing),
            ("examplebucket.cos.ap-x.myqcloud.com", Cause::BucketMissing),
            ("bad_bucket-1250000000.cos.ap-x.myqcloud.com", Cause::BadBucketName),
            ("-1250000000.cos.ap-x.myqcloud.com", Cause::BadBucketName),
            ("examplebucket-1250000000.ci.ap-x.myqcloud.com", Cause::Unserved),
            ("examplebucket-1250000000.pic.ap-x.myqcloud.com:80", Cause::Unserved),
            ("100000000001.cos-control.ap-x.myqcloud.com", Cause::Unserved),
            ("CI.ap-x.myqcloud.com", Cause::Unserved),
            ("pic.ap-x.myqcloud.com", Cause::Unserved),
            ("ap-x.migration.tencentcos.cn", Cause::Unserved),
        ] {
            assert_eq!(site(&Routes::default(), host), Err(cause), "{host}");
            if cause == Cause::Unserved {
                let with_default = Routes { default_bucket: Some(bucket()), ..Routes::default() };
                assert_eq!(site(&with_default, host), Err(cause), "{host}");
            }
        }
    }
}
