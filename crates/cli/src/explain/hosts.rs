//! The hosts of one bucket: those that a signature may have been made for.

use cospass_protocol::{Bucket, Endpoint, Host, HostError, Region, Scheme};

use crate::environment;

/// Every domain of the bucket that `host` leads to. A host that does not tell the bucket is taken for a custom domain
/// of `COS_BUCKET`; the region that a host does not tell is `COS_REGION`.
pub(super) fn of_same_bucket(host: &str) -> Vec<String> {
    let (endpoint, bucket) = match Endpoint::recognise(host) {
        Some((endpoint, bucket)) => (Some(endpoint), bucket),
        None => (None, None),
    };
    let bucket = bucket.or_else(|| Bucket::new(environment::variable("COS_BUCKET")?).ok());
    let region = endpoint.and_then(|endpoint| endpoint.region().cloned());
    let region = region.or_else(|| Region::new(environment::variable("COS_REGION")?).ok());
    let Some(bucket) = bucket else { return Vec::new() };
    let of_region = region.into_iter().flat_map(|region| {
        [
            Endpoint::default_domain(region.clone()),
            Endpoint::new_domain(region.clone()),
            Endpoint::internal(region),
        ]
    });
    let anywhere = [Endpoint::accelerate(), Endpoint::internal_accelerate()];
    of_region
        .chain(anywhere)
        .map(|endpoint| endpoint.host(&bucket, Scheme::Https))
        .filter(|other| other != host)
        .collect()
}

/// Whether the host is a domain of the CDN, as far as its name shows it.
pub(super) fn is_cdn(host: &str) -> bool {
    matches!(Host::new(host), Err(HostError::Cdn { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_domains_of_a_bucket_are_known() {
        let hosts = of_same_bucket("b-1.cos.ap-beijing.myqcloud.com");
        assert_eq!(
            hosts,
            [
                "b-1.cos.ap-beijing.tencentcos.cn",
                "b-1.cos-internal.ap-beijing.tencentcos.cn",
                "b-1.cos.accelerate.myqcloud.com",
                "b-1.cos-internal.accelerate.tencentcos.cn",
            ]
        );
    }

    #[test]
    fn a_cdn_domain_is_known_by_its_name() {
        assert!(is_cdn("b-1.file.myqcloud.com"));
        assert!(!is_cdn("b-1.cos.ap-beijing.myqcloud.com"));
    }
}
