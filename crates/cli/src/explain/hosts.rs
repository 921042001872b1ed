//! The hosts of one bucket: those that a signature may have been made for.

use cospass_protocol::{Bucket, Endpoint, Region};

use crate::environment;

/// Every domain of the bucket that `host` leads to, those of its own region first. A host that does not tell the bucket
/// is taken for a custom domain of `COS_BUCKET`; the region that a host does not tell is `COS_REGION`.
pub(super) fn of_same_bucket(host: &str) -> Vec<String> {
    let (endpoint, bucket) = match Endpoint::recognise(host) {
        Some((endpoint, bucket)) => (Some(endpoint), bucket),
        None => (None, None),
    };
    let bucket = bucket.or_else(|| Bucket::new(environment::variable("COS_BUCKET")?).ok());
    let region = endpoint.and_then(|endpoint| endpoint.region().cloned());
    let region = region.or_else(|| Region::new(environment::variable("COS_REGION")?).ok());
    let Some(bucket) = bucket else { return Vec::new() };
    Endpoint::hosts_of(&bucket, region.as_ref()).filter(|other| other != host).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_domains_of_a_bucket_are_known() {
        let hosts = of_same_bucket("b-1.cos.ap-beijing.myqcloud.com");
        assert_eq!(
            hosts[..4],
            [
                "b-1.cos.ap-beijing.tencentcos.cn",
                "b-1.cos-internal.ap-beijing.tencentcos.cn",
                "b-1.cos.accelerate.myqcloud.com",
                "b-1.cos-internal.accelerate.tencentcos.cn",
            ]
        );
        assert!(hosts.contains(&"b-1.cos.ap-guangzhou.myqcloud.com".to_owned()));
        assert!(!hosts.contains(&"b-1.cos.ap-beijing.myqcloud.com".to_owned()), "its own");
        assert!(of_same_bucket("files.example.com").is_empty(), "the bucket is not told");
    }

    #[test]
    fn a_host_without_a_region_may_stand_for_any() {
        let hosts = of_same_bucket("b-1.cos.accelerate.myqcloud.com");
        assert!(hosts.contains(&"b-1.cos.ap-guangzhou.myqcloud.com".to_owned()));
    }
}
