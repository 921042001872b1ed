//! Each thing that is looked at: pure functions of what came, but for those that ask further.

use cospass_protocol::{Endpoint, Scheme};

use super::ask::{Asked, Asking, Reply};
use super::{Diagnosis, Doctor, Health};
use crate::clock::unix;
use crate::transport::TransportError;

/// From so many seconds on a clock is off; the service takes no less amiss.
const CLOCK_OFF: i64 = 60;

/// From so many seconds on the service refuses signatures (436/7730, RequestTimeTooSkewed).
const CLOCK_REFUSED: i64 = 900;

pub(super) fn diagnosis(
    check: &'static str,
    health: Health,
    text: impl Into<String>,
    remedy: impl Into<Option<&'static str>>,
) -> Diagnosis {
    let remedy = remedy.into().map(str::to_owned);
    Diagnosis { check, health, text: text.into(), remedy }
}

/// Which kind of domain it is.
pub(super) fn domain(doctor: &Doctor<'_>) -> Diagnosis {
    let host = doctor.endpoint.host(doctor.bucket, doctor.scheme);
    let has = |part: &str| host.contains(part);
    let (health, kind, remedy) = if has(".cos-website.") {
        let remedy = "a website serves what everybody may read and takes no signatures; use the default domain";
        (Health::Bad, "the domain of a static website", Some(remedy))
    } else if !doctor.endpoint.names_bucket() && Endpoint::recognise(&host).is_none() {
        let remedy = "the bucket must be bound to it (GET ?domain), and what clients send as Host must be it";
        (Health::Fine, "a domain that stands for the bucket", Some(remedy))
    } else if has(".cos-internal.") {
        let remedy = "it is reached within the cloud's own network alone; hand out URLs of the default domain";
        (Health::Doubtful, "the domain of the cloud's own network", Some(remedy))
    } else if has(".cos.accelerate.") {
        let remedy = "acceleration must be on for the bucket (GET ?accelerate)";
        (Health::Fine, "the domain of global acceleration", Some(remedy))
    } else if has(".myqcloud.com") || has(".tencentcos.cn") {
        // Since 2024 buckets made anew force downloads there (436/113262 and 236/35153).
        let remedy = "buckets made since 2024 force downloads there; to show objects in a browser, bind a domain";
        (Health::Fine, "a default domain", Some(remedy))
    } else {
        (Health::Fine, "a domain of no service, such as a local endpoint", None)
    };
    diagnosis("domain", health, format!("{host} is {kind}"), remedy)
}

pub(super) fn scheme(doctor: &Doctor<'_>) -> Diagnosis {
    match doctor.scheme {
        Scheme::Https => diagnosis("scheme", Health::Fine, "https", None),
        Scheme::Http => {
            let text = "plain http: whoever is on the way reads URLs, and can use them";
            diagnosis("scheme", Health::Doubtful, text, "use https outside of this machine")
        }
    }
}

pub(super) fn unreachable(error: &TransportError) -> Diagnosis {
    let remedy = "see whether the host is right and resolves, and whether a proxy is in the way";
    diagnosis("reach", Health::Bad, error.to_string(), remedy)
}

/// Headers that caches and CDNs put into answers and COS does not: of the cloud's CDN, of EdgeOne (1145/54212), of others
/// (RFC 9110 §7.6.3, RFC 9111 §5.1).
const OF_CACHES: [&str; 9] = [
    "x-nws-log-uuid",
    "x-cache-lookup",
    "eo-log-uuid",
    "eo-cache-status",
    "x-cache",
    "cf-ray",
    "x-amz-cf-id",
    "age",
    "via",
];

/// Whether COS answers, and by itself; and whether there is any sense in asking further.
pub(super) fn server(reply: &Reply) -> (Option<Diagnosis>, bool) {
    let cache = OF_CACHES.into_iter().find_map(|name| Some((name, reply.header(name)?)));
    let is_cos = reply.header("x-cos-request-id").is_some();
    let through = "a CDN or a proxy stands before it, which takes no signatures of COS, or breaks them, and may give out what \
                   it keeps to anybody";
    match (is_cos, cache) {
        (true, None) => (None, true),
        (true, Some((name, value))) => {
            let text = format!("the answers of COS come with {name}: {value}, so {through}");
            let remedy = "sign for the bucket's own domain and send there, or use the CDN's own authentication (cospass cdn-url)";
            (Some(diagnosis("server", Health::Doubtful, text, remedy)), true)
        }
        (false, cache) => {
            let server = reply.header("server").unwrap_or("no name");
            let mut text = format!(
                "what answers is not COS: status {} of {server}, without x-cos-request-id",
                reply.status
            );
            if let Some((name, value)) = cache {
                text += &format!("; {name}: {value} says that it is a CDN or a proxy");
            }
            let remedy =
                "check host and port, and what the domain leads to; nothing signed was sent there";
            (Some(diagnosis("server", Health::Bad, text, remedy)), false)
        }
    }
}

/// How far this machine's clock is from the server's; and by how many seconds that is ahead.
pub(super) fn clock(doctor: &Doctor<'_>, reply: &Reply) -> (Diagnosis, i64) {
    let Some(server) = reply.header("date").and_then(unix) else {
        let text = "the answer has no Date that could be read";
        return (diagnosis("clock", Health::Unknown, text, None), 0);
    };
    let off = server.saturating_sub(doctor.now);
    let direction = if off < 0 { "ahead of" } else { "behind" };
    let text = format!("this machine is {} s {direction} the server", off.abs());
    let remedy = "set the clock (NTP), or sign with the server's time";
    let found = match off.abs() {
        0..CLOCK_OFF => diagnosis("clock", Health::Fine, text, None),
        CLOCK_OFF..CLOCK_REFUSED => diagnosis("clock", Health::Doubtful, text, remedy),
        _ => diagnosis("clock", Health::Bad, text, remedy),
    };
    (found, off)
}

/// Whether the bucket is there.
pub(super) fn bucket(doctor: &Doctor<'_>, reply: &Reply) -> Diagnosis {
    let name = doctor.bucket.as_str();
    let appid = doctor.bucket.appid();
    match reply.code.as_str() {
        "NoSuchBucket" => {
            let text = format!("{name} is not there");
            let remedy = "check the name, the APPID that it ends in, and the region";
            diagnosis("bucket", Health::Bad, text, remedy)
        }
        "InvalidBucketName" | "PathStyleDomainForbidden" | "NoSuchHost" => {
            let text = format!("the host names no bucket: {}", reply.told());
            diagnosis("bucket", Health::Bad, text, "check the domain, and what it is bound to")
        }
        _ if reply.status >= 500 => diagnosis(
            "bucket",
            Health::Unknown,
            format!("the server failed: {}", reply.told()),
            "try again",
        ),
        _ => diagnosis("bucket", Health::Fine, format!("{name} is there, of APPID {appid}"), None),
    }
}

/// Whether the region is the bucket's, where both are told.
pub(super) fn region(doctor: &Doctor<'_>, reply: &Reply) -> Option<Diagnosis> {
    let told = reply.header("x-cos-bucket-region")?;
    Some(match doctor.endpoint.region() {
        Some(region) if region.name() != told => {
            let text = format!("the bucket is in {told}, and the domain is of {}", region.name());
            diagnosis("region", Health::Bad, text, "sign and send to the bucket's own region")
        }
        _ => diagnosis("region", Health::Fine, told, None),
    })
}

/// Whether the credentials are taken, whatever they may do.
pub(super) fn credentials(reply: &Reply) -> (Diagnosis, bool) {
    let is_expired = reply.message.to_ascii_lowercase().contains("expired");
    let remedy = match reply.code.as_str() {
        "InvalidAccessKeyId" => {
            "the SecretId is not known there; check it, and whether its key was disabled"
        }
        "SignatureDoesNotMatch" => {
            "the SecretKey is not that of the SecretId, or a proxy changes requests; see cospass explain"
        }
        "ExpiredToken" | "InvalidToken" => {
            "the token is over or of other keys; fetch temporary credentials anew"
        }
        "RequestTimeTooSkewed" => "the clock is off; set it",
        "AccessDenied" if is_expired => "the clock is off; set it",
        // It may have failed before it looked.
        _ if reply.status >= 500 => {
            let text = format!("not found out, since the server failed: {}", reply.told());
            return (diagnosis("credentials", Health::Unknown, text, "try again"), false);
        }
        _ => {
            let taken = diagnosis("credentials", Health::Fine, "the signature holds", None);
            return (taken, true);
        }
    };
    (diagnosis("credentials", Health::Bad, reply.told(), remedy), false)
}

/// Whether the bucket wants every header signed that SDKs sign: the same request with one that is not.
pub(super) async fn strict(asking: &Asking<'_>, listed: &Reply) -> Diagnosis {
    if !listed.is_done() {
        let text = "not found out, since the bucket may not be listed";
        return diagnosis("strict", Health::Unknown, text, None);
    }
    let loose = asking.signed(Asked {
        params: &[("max-keys", "1")],
        headers: &[("Cache-Control", "no-cache")],
        ..Asked::new("GET")
    });
    match loose.await {
        Ok(reply) if reply.is_done() => {
            diagnosis("strict", Health::Fine, "signatures may leave headers out", None)
        }
        Ok(reply) if reply.status == 403 => {
            let text = format!("a header that is not signed is refused ({})", reply.told());
            let remedy = "sign every header and parameter that is sent; presign warns of what is not (strict-refuses)";
            diagnosis("strict", Health::Doubtful, text, remedy)
        }
        Ok(reply) => diagnosis("strict", Health::Unknown, reply.told(), None),
        Err(error) => diagnosis("strict", Health::Unknown, error.to_string(), None),
    }
}

/// Whether pages of that origin may download and upload.
pub(super) async fn cors(asking: &Asking<'_>, origin: &str) -> Diagnosis {
    let (mut may, mut may_not, mut hides_etag) = (Vec::new(), Vec::new(), false);
    for method in ["GET", "PUT"] {
        let asked = [("Origin", origin), ("Access-Control-Request-Method", method)];
        let preflight = Asked { headers: &asked, ..Asked::new("OPTIONS") };
        let Ok(reply) = asking.unsigned(preflight).await else {
            let text = "the preflight was not answered";
            return diagnosis("cors", Health::Unknown, text, None);
        };
        match reply.is_done() && reply.header("access-control-allow-origin").is_some() {
            false => may_not.push(method),
            true => {
                may.push(method);
                let exposed = reply.header("access-control-expose-headers").unwrap_or_default();
                hides_etag |= !exposed.to_ascii_lowercase().contains("etag");
            }
        }
    }
    if !may_not.is_empty() {
        let text = format!("pages of {origin} may not {}", may_not.join(", "));
        let remedy = "add a rule to the bucket's CORS (PUT ?cors) with this AllowedOrigin, these methods, AllowedHeader * and ExposeHeader ETag";
        return diagnosis("cors", Health::Bad, text, remedy);
    }
    let text = format!("pages of {origin} may {}", may.join(", "));
    match hides_etag {
        false => diagnosis("cors", Health::Fine, text, None),
        true => {
            let remedy = "uploads in parts need the ETag: add ExposeHeader ETag to the rule";
            diagnosis("cors", Health::Doubtful, text + ", and do not see the ETag", remedy)
        }
    }
}
