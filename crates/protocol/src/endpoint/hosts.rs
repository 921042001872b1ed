//! All hosts of one bucket: those that a signature may have been made for.

use crate::{Bucket, Endpoint, Region, Scheme};

/// The regions that a signature may have been made for by mistake (COS document 436/6224).
const REGIONS: [&str; 19] = [
    "ap-beijing",
    "ap-beijing-1",
    "ap-nanjing",
    "ap-shanghai",
    "ap-guangzhou",
    "ap-chengdu",
    "ap-chongqing",
    "ap-hongkong",
    "ap-singapore",
    "ap-jakarta",
    "ap-mumbai",
    "ap-seoul",
    "ap-bangkok",
    "ap-tokyo",
    "na-siliconvalley",
    "na-ashburn",
    "na-toronto",
    "sa-saopaulo",
    "eu-frankfurt",
];

impl Endpoint {
    /// Every domain of a bucket, those of its own region first, then the accelerated ones, then those that it would have
    /// elsewhere: a signature may have been made for each of them.
    pub fn hosts_of(bucket: &Bucket, region: Option<&Region>) -> impl Iterator<Item = String> {
        let others = REGIONS.iter().filter_map(|name| Region::new(name).ok());
        let others = others.filter(move |other| Some(other) != region);
        let of_region = |region: Region| {
            [
                Endpoint::default_domain(region.clone()),
                Endpoint::new_domain(region.clone()),
                Endpoint::internal(region),
            ]
        };
        let anywhere = [Endpoint::accelerate(), Endpoint::internal_accelerate()];
        (region.cloned().into_iter().flat_map(of_region))
            .chain(anywhere)
            .chain(others.flat_map(of_region))
            .map(move |endpoint| endpoint.host(bucket, Scheme::Https))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_the_region_come_first_and_each_once() {
        let bucket = Bucket::new("b-1").unwrap();
        let region = Region::new("ap-beijing").unwrap();
        let hosts: Vec<_> = Endpoint::hosts_of(&bucket, Some(&region)).collect();
        assert_eq!(
            hosts[..5],
            [
                "b-1.cos.ap-beijing.myqcloud.com",
                "b-1.cos.ap-beijing.tencentcos.cn",
                "b-1.cos-internal.ap-beijing.tencentcos.cn",
                "b-1.cos.accelerate.myqcloud.com",
                "b-1.cos-internal.accelerate.tencentcos.cn",
            ]
        );
        let mut unique = hosts.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), hosts.len());
        let without_region = Endpoint::hosts_of(&bucket, None).collect::<Vec<_>>();
        assert_eq!(without_region.len(), hosts.len());
        assert_eq!(without_region[0], "b-1.cos.accelerate.myqcloud.com");
    }
}
