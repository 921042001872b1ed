//! A request to sign, from one line of a batch.

use std::borrow::Cow;

use cospass_protocol::{Bucket, Endpoint, Expires, HostError, ObjectKey, Region, Scheme};
use cospass_sign::SecurityToken;

use super::Defaults;
use super::request::{Request, default_endpoint};
use crate::exit::Failure;
use crate::json::Json;
use crate::pairs::{Pairs, borrowed};

const FIELDS: &str = "method, bucket, key, region, endpoint, domain, scheme, params, headers, expires, now, sign_host \
                      and token";

/// How many [`FIELDS`] there are.
const MOST_FIELDS: usize = 13;

/// The members of a line, as they were written.
#[derive(Default)]
struct Line<'a> {
    method: Option<Cow<'a, str>>,
    bucket: Option<Cow<'a, str>>,
    key: Option<Cow<'a, str>>,
    region: Option<Endpoint>,
    endpoint: Option<Endpoint>,
    domain: Option<Endpoint>,
    scheme: Option<Scheme>,
    params: Option<Pairs<'a>>,
    headers: Option<Pairs<'a>>,
    expires: Option<Expires>,
    now: Option<i64>,
    sign_host: Option<bool>,
    token: Option<SecurityToken>,
    /// The names seen, to refuse the second of two.
    seen: Vec<&'static str>,
}

/// Reads a line; what it leaves out, or sets to `null`, is as `defaults` say.
pub(super) fn read<'a>(line: &'a [u8], defaults: &'a Defaults) -> Result<Request<'a>, Failure> {
    let mut read = Line { seen: Vec::with_capacity(MOST_FIELDS), ..Line::default() };
    for (name, value) in Json::object(line)? {
        read.set(&name, value)?;
    }
    let key = read.key.ok_or_else(|| {
        Failure::usage(
            "key-missing",
            "the line has no key; give key, or \"/\" for the bucket itself",
        )
    })?;
    Ok(Request {
        method: read.method.unwrap_or(Cow::Borrowed("GET")),
        bucket: read
            .bucket
            .map(|name| Bucket::new(name).map_err(|error| Failure::usage(error.cause(), error)))
            .transpose()?,
        key: ObjectKey::new(key).map_err(|error| Failure::usage(error.cause(), error))?,
        // A region may stand beside the others, as in the configuration of the Python SDK, where the domain counts
        // before the endpoint and that before the region.
        endpoint: match read.domain.or(read.endpoint).or(read.region) {
            Some(endpoint) => Cow::Owned(endpoint),
            None => default_endpoint(defaults)?,
        },
        scheme: read.scheme.unwrap_or(defaults.scheme),
        params: read.params.unwrap_or_else(|| borrowed(&defaults.params)),
        headers: read.headers.unwrap_or_else(|| borrowed(&defaults.headers)),
        expires: read.expires.unwrap_or(defaults.expires),
        now: read.now.or(defaults.now),
        sign_host: read.sign_host.unwrap_or(defaults.sign_host),
        token: read.token,
    })
}

impl<'a> Line<'a> {
    fn set(&mut self, name: &str, value: Json<'a>) -> Result<(), Failure> {
        let field = known_field(name)?;
        if self.seen.contains(&field) {
            let message = format_args!("the field {field} is given twice; give it once");
            return Err(Failure::usage("field-twice", message));
        }
        self.seen.push(field);
        if value == Json::Null {
            return Ok(());
        }
        match field {
            "method" => self.method = Some(value.text(field)?),
            "bucket" => self.bucket = Some(value.text(field)?),
            "key" => self.key = Some(value.text(field)?),
            "region" => {
                let region = Region::new(value.text(field)?).map(Endpoint::default_domain);
                self.region = Some(region.map_err(|error| Failure::usage(error.cause(), error))?);
            }
            "endpoint" => self.endpoint = Some(host(Endpoint::explicit, &value.text(field)?)?),
            "domain" => self.domain = Some(host(Endpoint::custom_domain, &value.text(field)?)?),
            "scheme" => {
                let scheme = value.text(field)?.parse();
                self.scheme = Some(scheme.map_err(|error| Failure::usage("scheme", error))?);
            }
            "params" => self.params = Some(value.pairs(field)?),
            "headers" => self.headers = Some(value.pairs(field)?),
            "expires" => self.expires = Some(value.whole(field)?.into()),
            "now" => self.now = Some(value.time(field)?),
            "sign_host" => self.sign_host = Some(value.truth(field)?),
            _ => self.token = Some(token(&value.text("token")?)?),
        }
        Ok(())
    }
}

fn host(
    endpoint: impl Fn(String) -> Result<Endpoint, HostError>,
    text: &str,
) -> Result<Endpoint, Failure> {
    endpoint(text.to_owned()).map_err(|error| Failure::usage(error.cause(), error))
}

/// The name of a field that lines may have; keys are refused by name and never shown.
fn known_field(name: &str) -> Result<&'static str, Failure> {
    Ok(match name {
        "method" => "method",
        "bucket" => "bucket",
        "key" => "key",
        "region" => "region",
        "endpoint" => "endpoint",
        "domain" => "domain",
        "scheme" => "scheme",
        "params" => "params",
        "headers" => "headers",
        "expires" => "expires",
        "now" => "now",
        "sign_host" => "sign_host",
        "token" => "token",
        "secret_id" | "secret_key" => {
            let message = format_args!(
                "{name} does not belong in a line; set COS_SECRET_ID and COS_SECRET_KEY in the environment"
            );
            return Err(Failure::usage("secret-in-line", message));
        }
        _ => {
            let message = format_args!("the field {name:?} is unknown; a line may have {FIELDS}");
            return Err(Failure::usage("unknown-field", message));
        }
    })
}

fn token(text: &str) -> Result<SecurityToken, Failure> {
    if text.is_empty() {
        return Err(Failure::usage("token-empty", "the token is empty; leave it out, or set null"));
    }
    Ok(SecurityToken::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Defaults {
        Defaults {
            endpoint: Some(Endpoint::accelerate()),
            scheme: Scheme::Http,
            expires: Expires::from(60),
            now: Some(5),
            headers: vec![("Range".into(), "bytes=0-1".into())],
            params: vec![("acl".into(), String::new())],
            sign_host: false,
        }
    }

    fn code(line: &str) -> &'static str {
        match read(line.as_bytes(), &defaults()).map(|_| ()) {
            Err(Failure::Told { code, .. }) => code,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn what_is_absent_or_null_is_as_the_defaults_say() {
        let defaults = defaults();
        for line in [
            r#"{"key":"a"}"#,
            r#"{"key":"a","method":null,"bucket":null,"region":null,"endpoint":null,"domain":null,"scheme":null,
                "params":null,"headers":null,"expires":null,"now":null,"sign_host":null,"token":null}"#,
        ] {
            let request = read(line.as_bytes(), &defaults).unwrap();
            assert_eq!((request.method.as_ref(), request.key.as_str()), ("GET", "a"));
            assert_eq!(*request.endpoint, Endpoint::accelerate());
            assert_eq!((request.scheme, request.now), (Scheme::Http, Some(5)));
            assert_eq!(request.expires, Expires::from(60));
            assert_eq!((request.params, request.headers).0.len(), 1);
            assert!(!request.sign_host && request.token.is_none() && request.bucket.is_none());
        }
    }

    #[test]
    fn what_is_given_replaces_the_defaults() {
        let line = r#"{"method":"PUT","bucket":"b-1","key":"/","domain":"a.example:8080","scheme":"https",
            "params":[],"headers":{"Host":"x"},"expires":300,"now":-1,"sign_host":true,"token":"t"}"#;
        let defaults = defaults();
        let request = read(line.as_bytes(), &defaults).unwrap();
        assert_eq!(request.endpoint.host(None, Scheme::Https), "a.example:8080");
        assert_eq!(request.bucket.unwrap().as_str(), "b-1");
        assert!(request.key.is_bucket() && request.params.is_empty() && request.sign_host);
        assert_eq!(request.headers, [("Host".into(), "x".into())]);
        assert_eq!((request.scheme, request.now), (Scheme::Https, Some(-1)));
        assert_eq!(request.token.unwrap().expose(), "t");
    }

    #[test]
    fn the_domain_counts_before_the_endpoint_and_that_before_the_region() {
        let host = |line: &str| {
            let defaults = defaults();
            let request = read(line.as_bytes(), &defaults).unwrap();
            request.endpoint.host(None, Scheme::Https)
        };
        let all = r#"{"key":"a","region":"ap-x","endpoint":"e.example","domain":"d.example"}"#;
        assert_eq!(host(all), "d.example");
        assert_eq!(host(r#"{"key":"a","endpoint":"e.example","region":"ap-x"}"#), "e.example");
        assert_eq!(host(r#"{"key":"a","region":"ap-x"}"#), "cos.ap-x.myqcloud.com");
    }

    #[test]
    fn each_wrong_line_has_its_own_code() {
        for (line, expected) in [
            (r#"{"bucket":"b-1"}"#, "key-missing"),
            (r#"{"key":"a","key":"b"}"#, "field-twice"),
            (r#"{"key":"a","region":"ap_x","domain":"a.example"}"#, "region-character"),
            (r#"{"key":"a","scheme":"ftp"}"#, "scheme"),
            (r#"{"key":"a","expires":"15m"}"#, "field-type"),
            (r#"{"key":"a","now":18446744073709551615}"#, "time"),
            (r#"{"key":"a","token":""}"#, "token-empty"),
            (r#"{"key":"a","secret_key":"hush"}"#, "secret-in-line"),
            (r#"{"key":"a","Method":"GET"}"#, "unknown-field"),
        ] {
            assert_eq!(code(line), expected, "{line}");
        }
    }

    #[test]
    fn secrets_in_a_line_are_not_shown() {
        let line = br#"{"secret_id":"hush","key":"a"}"#;
        let defaults = defaults();
        let Err(refusal) = read(line, &defaults) else { panic!("accepted") };
        assert!(!refusal.message().contains("hush"));
    }
}
