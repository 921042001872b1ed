//! The risks of one signed request, found with its outline and told when somebody asks: signing itself copies two bytes.

use cospass_sign::{KeyTime, is_official_header};

use super::check::is_token;
use super::selection::is_given;
use crate::Host;
use crate::operation::Configuration;
use crate::warning::{Longest, Warning};

/// A signed request as its warnings see it, whoever signed it: [`Presigned`](super::Presigned) tells its own. Names and values
/// are raw text, not encoded.
#[derive(Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The HTTP method, in any case.
    pub method: &'a str,
    /// All query parameters, but for the signature's own.
    pub params: &'a [(&'a str, &'a str)],
    /// All headers that the client is told to send.
    pub headers: &'a [(&'a str, &'a str)],
    /// Those that are signed, `host` among them if it is.
    pub signed_headers: &'a [(&'a str, &'a str)],
    /// The names of the parameters that are signed; `None`: all of them.
    pub signed_params: Option<&'a [&'a str]>,
    /// Whether temporary credentials signed it.
    pub is_temporary: bool,
}

impl SignedRequest<'_> {
    /// The warnings of the request, whose signature holds for so long.
    ///
    /// `url` is the one that is handed out, or its path; `last` is the last second of the credentials, Unix time, where it is
    /// known.
    pub fn warnings(
        &self,
        url: &str,
        key_time: KeyTime,
        last: Option<i64>,
        longest: Longest,
    ) -> Vec<Warning> {
        let token = last.and_then(|last| Warning::of_token(key_time, last));
        token.into_iter().chain(Risks::of(self).warnings(key_time, longest, url)).collect()
    }
}

/// What is known of a request; a bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Risks(u16);

impl Risks {
    const WRITES: u16 = 1;
    const UNSIGNED_HOST: u16 = 1 << 1;
    const PERMANENT_KEY_WRITE: u16 = 1 << 2;
    const UNSIGNED_CONTENT: u16 = 1 << 3;
    const STRICT_REFUSES: u16 = 1 << 4;
    /// Of a type that a browser runs, as the parameters say.
    const INLINE: u16 = 1 << 5;
    /// The key says of what type it is.
    const INLINE_BY_KEY: u16 = 1 << 6;
    const CDN_DOMAIN: u16 = 1 << 7;
    const UNSENDABLE_HEADER: u16 = 1 << 8;

    /// Those of a request.
    pub(super) fn of(request: &SignedRequest<'_>) -> Self {
        let headers = request.signed_headers;
        let is = |method: &str| request.method.eq_ignore_ascii_case(method);
        let writes = is("PUT") || is("POST") || is("DELETE");
        let signed = |name| is_given(name, headers);
        let is_upload = is("PUT") && is_of_object(request);
        let has_length = signed("content-length") || signed("content-md5");
        let has_content = signed("content-type") && has_length;
        // Every client sends a length with a PUT. Where the warning of the content is given, it says the same.
        let strict_refuses = is_left_out(request)
            || is("PUT") && !signed("content-length") && (has_content || !is_upload);
        let (inline, by_key) = if is("GET") { inline(request) } else { (false, false) };
        let bits = [
            (writes, Self::WRITES),
            (!signed("host"), Self::UNSIGNED_HOST),
            (writes && !request.is_temporary, Self::PERMANENT_KEY_WRITE),
            (is_upload && !has_content, Self::UNSIGNED_CONTENT),
            (strict_refuses, Self::STRICT_REFUSES),
            (inline, Self::INLINE),
            (by_key, Self::INLINE_BY_KEY),
            (is_of_cdn(headers), Self::CDN_DOMAIN),
            (!headers.iter().all(|(name, _)| is_token(name)), Self::UNSENDABLE_HEADER),
        ];
        Self(bits.into_iter().filter(|(is_so, _)| *is_so).fold(0, |all, (_, bit)| all | bit))
    }

    /// The warnings of a signature that holds for so long, of a request whose URL is `url`.
    pub(super) fn warnings(self, key_time: KeyTime, longest: Longest, url: &str) -> Vec<Warning> {
        let has = |bit| self.0 & bit != 0;
        let runs = has(Self::INLINE) || has(Self::INLINE_BY_KEY) && is_run_by_name(url);
        let warnings = [
            longest.check(key_time, has(Self::WRITES)),
            has(Self::UNSIGNED_HOST).then_some(Warning::UnsignedHost),
            has(Self::PERMANENT_KEY_WRITE).then_some(Warning::PermanentKeyWrite),
            has(Self::UNSIGNED_CONTENT).then_some(Warning::UnsignedContent),
            has(Self::STRICT_REFUSES).then_some(Warning::StrictRefuses),
            runs.then_some(Warning::InlineType),
            has(Self::CDN_DOMAIN).then_some(Warning::CdnDomain),
            has(Self::UNSENDABLE_HEADER).then_some(Warning::UnsendableHeader),
        ];
        warnings.into_iter().flatten().collect()
    }
}

/// Sub-resources of an object that a PUT replaces with a document.
const DOCUMENTS: [&str; 4] = ["acl", "retention", "symlink", "tagging"];

/// Whether a PUT uploads an object or a part of one: it is no copy, and no document of an object or a bucket.
fn is_of_object(request: &SignedRequest<'_>) -> bool {
    let names = DOCUMENTS.into_iter();
    let mut names = names.chain(Configuration::ALL.iter().map(|which| which.subresource()));
    let is_document = names.any(|name| request.params.iter().any(|(given, _)| *given == name));
    !is_document && !is_given("x-cos-copy-source", request.headers)
}

/// Whether a header or a parameter is given that the strict mode wants signed, and is not.
fn is_left_out(request: &SignedRequest<'_>) -> bool {
    let is_signed = |name: &str| is_given(name, request.signed_headers);
    let header =
        request.headers.iter().any(|(name, _)| is_official_header(name) && !is_signed(name));
    let param = request.signed_params.is_some_and(|listed| {
        let is_listed = |name: &str| listed.iter().any(|other| other.eq_ignore_ascii_case(name));
        request.params.iter().any(|(name, _)| !is_listed(name))
    });
    header || param
}

/// Whether a GET is of a type that a browser runs: as its parameters say, or as its key will.
fn inline(request: &SignedRequest<'_>) -> (bool, bool) {
    let value = |name: &str| {
        let mut params = request.params.iter();
        params.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    };
    let is_saved = value("response-content-disposition").is_some_and(|value| {
        let kind = value.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("attachment")
    });
    match value("response-content-type") {
        _ if is_saved => (false, false),
        Some(kind) => (is_run(kind), false),
        // A sub-resource is a document, whatever the key.
        None => (false, is_download(request)),
    }
}

fn is_download(request: &SignedRequest<'_>) -> bool {
    let of_download = |name: &str| {
        name.starts_with("response-") || name == "versionId" || name == cospass_sign::TOKEN_NAME
    };
    request.params.iter().all(|(name, _)| of_download(name))
}

/// Types that a browser runs scripts of.
fn is_run(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "text/html" | "image/svg+xml" | "text/xml" | "application/xml")
        || kind.ends_with("+xml")
}

/// Whether the path of a URL ends as the name of a file of such a type.
fn is_run_by_name(url: &str) -> bool {
    let path = url.split('?').next().unwrap_or_default().to_ascii_lowercase();
    [".html", ".htm", ".xhtml", ".svg", ".xml"].iter().any(|end| path.ends_with(end))
}

fn is_of_cdn(headers: &[(&str, &str)]) -> bool {
    let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    host.is_some_and(|(_, value)| Host::is_of_cdn(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bucket, Endpoint, ObjectKey, PresignRequest, Presigner, Region};
    use cospass_sign::Credentials;

    /// The ids of the warnings of a request, with temporary credentials.
    fn ids(
        method: &str,
        key: &str,
        params: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Vec<&'static str> {
        let (bucket, key) = (Bucket::new("b-1").unwrap(), ObjectKey::new(key).unwrap());
        let endpoint = Endpoint::default_domain(Region::new("ap-x").unwrap());
        let request = PresignRequest {
            params,
            headers,
            ..PresignRequest::new(method, &bucket, &key, &endpoint)
        };
        let credentials = Credentials::new("AKIDEXAMPLE", "secret").with_token("token");
        let mut presigner = Presigner::new(credentials);
        let presigned = presigner.presign(&request, KeyTime::new(0, 300)).unwrap();
        presigned.warnings().into_iter().map(Warning::id).collect()
    }

    #[test]
    fn an_upload_is_to_say_what_is_uploaded() {
        let kind = ("Content-Type", "image/png");
        for headers in [&[][..], &[kind], &[("Content-MD5", "x")]] {
            assert_eq!(ids("PUT", "a", &[], headers), ["unsigned-content"], "{headers:?}");
        }
        assert_eq!(ids("PUT", "a", &[], &[kind, ("Content-Length", "5")]), [""; 0]);
        // The strict mode wants the length all the same.
        assert_eq!(ids("PUT", "a", &[], &[kind, ("Content-MD5", "x")]), ["strict-refuses"]);
        let part = [("partNumber", "1"), ("uploadId", "x")];
        assert_eq!(ids("PUT", "a", &part, &[]), ["unsigned-content"]);
        let length = ("Content-Length", "0");
        assert_eq!(ids("PUT", "a", &[("acl", "")], &[length]), [""; 0]);
        assert_eq!(ids("PUT", "a", &[], &[length, ("x-cos-copy-source", "b-1.cos.x/y")]), [""; 0]);
    }

    #[test]
    fn a_page_is_to_be_saved_and_not_run() {
        let inline = ["inline-type"];
        assert_eq!(ids("GET", "a.HTML", &[], &[]), inline);
        assert_eq!(ids("GET", "a.svg", &[("versionId", "x")], &[]), inline);
        assert_eq!(
            ids("GET", "a", &[("response-content-type", "text/html; charset=x")], &[]),
            inline
        );
        assert_eq!(ids("GET", "a.png", &[], &[]), [""; 0]);
        assert_eq!(ids("GET", "a.html", &[("acl", "")], &[]), [""; 0]);
        assert_eq!(ids("HEAD", "a.html", &[], &[]), [""; 0]);
        let saved = ("response-content-disposition", "attachment; filename=a.html");
        assert_eq!(ids("GET", "a.html", &[saved], &[]), [""; 0]);
        assert_eq!(ids("GET", "a.html", &[("response-content-type", "text/plain")], &[]), [""; 0]);
    }

    #[test]
    fn the_host_of_a_cdn_is_told() {
        assert_eq!(ids("GET", "a", &[], &[("Host", "b-1.file.myqcloud.com")]), ["cdn-domain"]);
        assert_eq!(ids("GET", "a", &[], &[("Host", "img.example.com:80")]), [""; 0]);
    }

    #[test]
    fn what_the_strict_mode_wants_and_is_not_signed_is_told() {
        let (bucket, key) = (Bucket::new("b-1").unwrap(), ObjectKey::new("a").unwrap());
        let endpoint = Endpoint::default_domain(Region::new("ap-x").unwrap());
        let of = |signed_headers, signed_params| {
            let request = PresignRequest {
                params: &[("response-expires", "0")],
                headers: &[("Range", "bytes=0-1"), ("User-Agent", "x")],
                signed_headers,
                signed_params,
                ..PresignRequest::new("GET", &bucket, &key, &endpoint)
            };
            let mut presigner = Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"));
            let presigned = presigner.presign(&request, KeyTime::new(0, 300)).unwrap();
            presigned.warnings().contains(&Warning::StrictRefuses)
        };
        assert!(!of(None, None));
        assert!(of(Some(&["host"][..]), None) && of(None, Some(&[][..])));
        assert!(!of(Some(&["host", "range"]), Some(&["response-expires"])));
    }

    #[test]
    fn how_long_is_long_goes_by_what_the_request_does() {
        let (bucket, key) = (Bucket::new("b-1").unwrap(), ObjectKey::new("a").unwrap());
        let endpoint = Endpoint::default_domain(Region::new("ap-x").unwrap());
        let mut presigner = Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"));
        let mut is_long = |method, seconds, longest: Longest| {
            let request = PresignRequest::new(method, &bucket, &key, &endpoint);
            let presigned = presigner.presign(&request, KeyTime::new(-60, seconds)).unwrap();
            let warnings = presigned.warnings_beyond(longest);
            warnings.contains(&Warning::LongValidity { seconds: seconds + 60 })
        };
        let longest = Longest::default();
        assert!(
            !is_long("GET", longest.reads, longest) && is_long("GET", longest.reads + 1, longest)
        );
        assert!(
            !is_long("PUT", longest.writes, longest) && is_long("PUT", longest.writes + 1, longest)
        );
        assert!(is_long("GET", 301, Longest { reads: 300, ..longest }));
    }
}
