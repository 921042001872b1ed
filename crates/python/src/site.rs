//! Where a bucket is: scheme, host and path of a URL, as `CosConfig.uri` of the official SDK makes them
//! (`cos_client.py` `uri`, `get_host`; `cos_comm.py` `format_endpoint`, `format_region`, `format_bucket`).

use cospass_sign::percent;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::refusal::Refusal;
use crate::text::text_of;

/// An `Appid`, which the official SDK takes in any type and refuses when it is needed.
#[derive(Clone, Debug)]
pub(crate) enum Appid {
    Text(String),
    /// Not a `str`: how it is written in a host without bucket.
    Other(String),
}

/// What a configuration says of hosts.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) scheme: &'static str,
    pub(crate) appid: Option<Appid>,
    pub(crate) endpoint: Option<String>,
    pub(crate) endpoint_ci: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) port: Option<String>,
}

/// What a URL is asked for.
#[derive(Default)]
pub(crate) struct Place<'a, 'py> {
    pub(crate) bucket: Option<&'a Bound<'py, PyAny>>,
    /// Instead of the configuration's.
    pub(crate) endpoint: Option<&'a str>,
    /// Instead of the configuration's.
    pub(crate) domain: Option<&'a str>,
    pub(crate) use_appid: bool,
}

impl Site {
    /// Appends `scheme://host/`.
    pub(crate) fn push_origin(
        &self,
        out: &mut String,
        place: &Place<'_, '_>,
    ) -> Result<(), Refusal> {
        out.push_str(self.scheme);
        out.push_str("://");
        let start = out.len();
        self.push_named_host(out, place)?;
        if let Some(ip) = &self.ip {
            out.truncate(start);
            out.push_str(ip);
            if let Some(port) = &self.port {
                out.push(':');
                out.push_str(port);
            }
        }
        let host = out.get(start..).unwrap_or_default();
        if host.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(Refusal::HostBlank { host: host.to_owned() });
        }
        out.push('/');
        Ok(())
    }

    /// The host by its name: the domain, or the bucket at the endpoint.
    fn push_named_host(&self, out: &mut String, place: &Place<'_, '_>) -> Result<(), Refusal> {
        if let Some(domain) = place.domain.or(self.domain.as_deref()) {
            out.push_str(domain);
            return Ok(());
        }
        if let Some(bucket) = place.bucket {
            self.push_bucket(out, bucket)?;
            out.push('.');
        } else if place.use_appid {
            match &self.appid {
                Some(Appid::Text(appid) | Appid::Other(appid)) => out.push_str(appid),
                None => return Err(Refusal::HostUnknown { what: "Appid" }),
            }
            out.push('.');
        }
        out.push_str(place.endpoint.map_or_else(|| self.endpoint(), Ok)?);
        Ok(())
    }

    /// `get_host` of a bucket.
    pub(crate) fn bucket_host(&self, bucket: &Bound<'_, PyAny>) -> Result<String, Refusal> {
        let mut host = String::new();
        self.push_bucket(&mut host, bucket)?;
        host.push('.');
        host.push_str(self.endpoint()?);
        Ok(host)
    }

    /// The endpoint; with a domain there need not be one.
    pub(crate) fn endpoint(&self) -> Result<&str, Refusal> {
        self.endpoint.as_deref().ok_or(Refusal::HostUnknown { what: "Endpoint" })
    }

    /// `format_bucket`: the bucket with its APPID.
    fn push_bucket(&self, out: &mut String, bucket: &Bound<'_, PyAny>) -> Result<(), Refusal> {
        let text = bucket.cast::<PyString>().map_err(|_| Refusal::BucketNotText)?;
        let bytes = text.encode_utf8().map_err(|_| Refusal::BucketFormat)?;
        let bucket = std::str::from_utf8(bytes.as_bytes()).map_err(|_| Refusal::BucketFormat)?;
        if bucket.is_empty() {
            return Err(Refusal::BucketEmpty);
        }
        if !is_label(bucket, b"-") {
            return Err(Refusal::BucketFormat);
        }
        out.push_str(bucket);
        match &self.appid {
            None => Ok(()),
            Some(Appid::Other(_)) => Err(Refusal::AppidNotText),
            Some(Appid::Text(appid)) => {
                let ending = bucket.strip_suffix(appid.as_str());
                if !ending.is_some_and(|rest| rest.ends_with('-')) {
                    out.push('-');
                    out.push_str(appid);
                }
                Ok(())
            }
        }
    }
}

/// Appends a key to an origin: without the slash that it may begin with, and with `./` written as `.%2F`, so that no
/// client takes dot segments away.
pub(crate) fn push_key(out: &mut String, key: &str) {
    let key = key.strip_prefix('/').unwrap_or(key);
    if !has_dot_slash(key.as_bytes()) {
        return percent::push_encoded_path(out, key);
    }
    let mut quoted = String::with_capacity(key.len());
    percent::push_encoded_path(&mut quoted, key);
    out.push_str(&quoted.replace("./", ".%2F"));
}

/// Whether keys stand in a URL as they are, but for a slash at the beginning of one: those that `text` is made of.
pub(crate) fn are_plain_keys(text: &str) -> bool {
    let mut encoded = String::new();
    percent::push_encoded_path(&mut encoded, text);
    // Whatever is escaped gets longer.
    encoded.len() == text.len() && !has_dot_slash(text.as_bytes())
}

/// Whether `./` is in it; all pairs are looked at, which takes less time than ending with the first.
fn has_dot_slash(text: &[u8]) -> bool {
    let pairs = text.iter().zip(text.get(1..).unwrap_or_default());
    pairs.fold(false, |found, (&one, &next)| found | ((one == b'.') & (next == b'/')))
}

/// `[A-Za-z0-9]`, or the same at both ends with `inner` allowed between them.
fn is_label(text: &str, inner: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let outer = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    outer(bytes.first())
        && outer(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || inner.contains(byte))
}

/// The modules of `format_region`: what stands before a region.
pub(crate) const COS: &str = "cos.";
/// The host of data processing.
pub(crate) const CI: &str = "ci.";

/// `format_endpoint`: what is given as endpoint, else the host of the region.
pub(crate) fn endpoint_of(
    endpoint: Option<&Bound<'_, PyAny>>,
    region: Option<&Bound<'_, PyAny>>,
    module: &'static str,
    old_domain: bool,
    internal_domain: bool,
) -> Result<Option<String>, Refusal> {
    match (truthy(endpoint)?, truthy(region)?) {
        (Some(endpoint), _) => text_of(endpoint, "Endpoint").map(Some),
        (None, Some(region)) => {
            let region = region_of(region, module, old_domain, internal_domain)?;
            let domain = if old_domain { "myqcloud.com" } else { "tencentcos.cn" };
            Ok(Some(format!("{region}.{domain}")))
        }
        (None, None) if module == COS => Err(Refusal::RegionMissing),
        (None, None) => Ok(None),
    }
}

/// The value, if Python takes it for true.
pub(crate) fn truthy<'a, 'py>(
    value: Option<&'a Bound<'py, PyAny>>,
) -> Result<Option<&'a Bound<'py, PyAny>>, Refusal> {
    match value {
        Some(value) if value.is_truthy()? => Ok(Some(value)),
        _ => Ok(None),
    }
}

/// `format_region`: the region with its module, names of the former API translated.
fn region_of(
    region: &Bound<'_, PyAny>,
    module: &'static str,
    old_domain: bool,
    internal_domain: bool,
) -> Result<String, Refusal> {
    let text = region.cast::<PyString>().map_err(|_| Refusal::RegionNotText)?;
    let bytes = text.encode_utf8().map_err(|_| Refusal::RegionFormat)?;
    let region = std::str::from_utf8(bytes.as_bytes()).map_err(|_| Refusal::RegionFormat)?;
    // Unlike a bucket, a region has two characters at least.
    if region.len() < 2 || !is_label(region, b".-") {
        return Err(Refusal::RegionFormat);
    }
    if region.contains(module) || OLD_REGIONS.contains(&region) {
        return Ok(region.to_owned());
    }
    let module = match module {
        COS if !old_domain && internal_domain => "cos-internal.",
        other => other,
    };
    let renamed = RENAMED_REGIONS.iter().find(|(former, _)| *former == region);
    Ok(format!("{module}{}", renamed.map_or(region, |(_, name)| name)))
}

/// Regions whose hosts have no module.
const OLD_REGIONS: [&str; 6] =
    ["cn-north", "cn-south", "cn-east", "cn-south-2", "cn-southwest", "sg"];

/// Regions by their names of the former API (V4).
const RENAMED_REGIONS: [(&str, &str); 9] = [
    ("cossh", "ap-shanghai"),
    ("cosgz", "ap-guangzhou"),
    ("cosbj", "ap-beijing"),
    ("costj", "ap-beijing-1"),
    ("coscd", "ap-chengdu"),
    ("cossgp", "ap-singapore"),
    ("coshk", "ap-hongkong"),
    ("cosca", "na-toronto"),
    ("cosger", "eu-frankfurt"),
];
