//! Pre-signing as its users see it: what is signed is what a strict verifier accepts.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use cospass_protocol::{
    Bucket, Endpoint, ObjectKey, PresignError, PresignRequest, Presigner, Region, Scheme, Warning,
};
use cospass_sign::{Acceptance, Claim, Credentials, KeyTime, RequestHead, SecretKey, TOKEN_NAME};
use proptest::prelude::*;

const NOW: i64 = 1_700_000_000;

fn presigner() -> Presigner {
    Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"))
}

fn temporary() -> Presigner {
    Presigner::new(Credentials::new("AKIDEXAMPLE", "secret").with_token("tok+/= 密"))
}

fn key_time() -> KeyTime {
    KeyTime::new(NOW - 60, NOW + 300)
}

struct Fixture {
    bucket: Bucket,
    key: ObjectKey,
    endpoint: Endpoint,
}

impl Fixture {
    fn new(key: &str) -> Self {
        Fixture {
            bucket: Bucket::new("b-1").unwrap(),
            key: ObjectKey::new(key).unwrap(),
            endpoint: Endpoint::default_domain(Region::new("ap-x").unwrap()),
        }
    }

    fn request<'a>(&'a self, method: &'a str) -> PresignRequest<'a> {
        PresignRequest::new(method, &self.bucket, &self.key, &self.endpoint)
    }
}

/// What a strict verifier says after a URL parser has had the URL.
fn verdict(
    method: &str,
    url: &str,
    headers: &[(String, String)],
    authorization: Option<&str>,
) -> Result<(), String> {
    let url = url::Url::parse(url).unwrap();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let host = format!("{}{port}", url.host_str().unwrap());
    let mut sent: Vec<(&[u8], &[u8])> = Vec::new();
    sent.extend(headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        sent.push((b"Host", host.as_bytes()));
    }
    sent.extend(authorization.map(|text| (&b"Authorization"[..], text.as_bytes())));
    let query = url.query().map(str::as_bytes);
    let head = RequestHead::new(method, url.path().as_bytes(), query, &sent);
    let claim = Claim::read(&head).map_err(|refusal| refusal.to_string())?;
    let secret = SecretKey::new("secret");
    let verified = claim.verify(&head, Some(&secret), NOW, Acceptance::Strict);
    verified.map(|_| ()).map_err(|refusal| refusal.to_string())
}

#[test]
fn the_url_is_that_of_the_official_sdks() {
    let fixture = Fixture::new("a/b c.txt");
    let params = [("response-content-type", "a/b c"), ("acl", "")];
    let request = PresignRequest { params: &params, ..fixture.request("GET") };
    let presigned = presigner().presign(&request, key_time()).unwrap();
    let (start, rest) = presigned.url().split_once("&q-signature=").unwrap();
    assert_eq!(
        start,
        "https://b-1.cos.ap-x.myqcloud.com/a/b%20c.txt?q-sign-algorithm=sha1&q-ak=AKIDEXAMPLE\
         &q-sign-time=1699999940%3B1700000300&q-key-time=1699999940%3B1700000300\
         &q-header-list=host&q-url-param-list=acl%3Bresponse-content-type"
    );
    assert_eq!(rest.split_once('&').unwrap().1, "response-content-type=a%2Fb%20c&acl=");
    assert_eq!(presigned.headers(), []);
    assert_eq!(presigned.expires_at(), NOW + 300);
    assert_eq!(verdict("GET", presigned.url(), &[], None), Ok(()));
}

#[test]
fn presign_into_appends_the_same_url() {
    let fixture = Fixture::new("k");
    let mut presigner = presigner();
    let expected = presigner.presign(&fixture.request("GET"), key_time()).unwrap().into_url();
    let mut out = "> ".to_owned();
    presigner.presign_into(&fixture.request("GET"), key_time(), &mut out).unwrap();
    assert_eq!(out, format!("> {expected}"));
}

#[test]
fn nothing_is_appended_on_error() {
    let fixture = Fixture::new("..");
    let mut out = "kept".to_owned();
    let refusal = presigner().presign_into(&fixture.request("GET"), key_time(), &mut out);
    assert_eq!(refusal.unwrap_err().cause(), "dot-segment-key");
    assert_eq!(out, "kept");
}

#[test]
fn a_key_of_dots_is_signed_in_a_header() {
    let fixture = Fixture::new("..");
    let presigned = presigner().authorization(&fixture.request("GET"), key_time()).unwrap();
    assert_eq!(presigned.url(), "https://b-1.cos.ap-x.myqcloud.com/..");
}

#[test]
fn official_headers_are_signed_and_to_be_sent() {
    let fixture = Fixture::new("k");
    let headers = [("User-Agent", "x"), ("Content-MD5", "m=="), ("x-cos-acl", "private")];
    let request = PresignRequest { headers: &headers, ..fixture.request("PUT") };
    let presigned = presigner().authorization(&request, key_time()).unwrap();
    let list = "q-header-list=content-md5;host;x-cos-acl&";
    assert!(presigned.authorization().contains(list));
    let sent: Vec<_> = presigned.headers().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(sent, ["Content-MD5", "x-cos-acl"]);
    let authorization = Some(presigned.authorization());
    assert_eq!(verdict("PUT", presigned.url(), presigned.headers(), authorization), Ok(()));
}

#[test]
fn another_host_can_be_signed_and_is_to_be_sent() {
    let fixture = Fixture::new("k");
    let headers = [("Host", "other.example.com:8080")];
    let request = PresignRequest { headers: &headers, ..fixture.request("GET") };
    let presigned = presigner().presign(&request, key_time()).unwrap();
    assert!(presigned.url().starts_with("https://b-1.cos.ap-x.myqcloud.com/k?"));
    assert_eq!(presigned.headers(), [("Host".to_owned(), "other.example.com:8080".to_owned())]);
    assert_eq!(verdict("GET", presigned.url(), presigned.headers(), None), Ok(()));

    let headers = [("host", "b-1.cos.ap-x.myqcloud.com")];
    let request = PresignRequest { headers: &headers, ..fixture.request("GET") };
    assert_eq!(presigner().presign(&request, key_time()).unwrap().headers(), []);
}

#[test]
fn the_token_is_signed_in_the_query_or_as_a_header() {
    let fixture = Fixture::new("k");
    let request = PresignRequest { params: &[("a", "1")], ..fixture.request("PUT") };
    let presigned = temporary().presign(&request, key_time()).unwrap();
    assert!(presigned.url().ends_with("&a=1&x-cos-security-token=tok%2B%2F%3D%20%E5%AF%86"));
    assert!(presigned.url().contains("&q-url-param-list=a%3Bx-cos-security-token&"));
    assert_eq!(presigned.headers(), []);
    assert!(!presigned.warnings().contains(&Warning::PermanentKeyWrite));
    assert_eq!(verdict("PUT", presigned.url(), &[], None), Ok(()));

    let presigned = temporary().authorization(&request, key_time()).unwrap();
    assert_eq!(presigned.url(), "https://b-1.cos.ap-x.myqcloud.com/k?a=1");
    assert!(presigned.authorization().contains("&q-header-list=host;x-cos-security-token&"));
    assert_eq!(presigned.headers(), [(TOKEN_NAME.to_owned(), "tok+/= 密".to_owned())]);
    assert!(!format!("{presigned:?}").contains("tok+"));
}

#[test]
fn exact_lists_are_exact() {
    let fixture = Fixture::new("k");
    let request = PresignRequest {
        params: &[("a", "1"), ("b", "2")],
        headers: &[("Date", "d"), ("Content-Type", "t")],
        signed_headers: Some(&["date", "HOST"]),
        signed_params: Some(&["b"]),
        ..fixture.request("GET")
    };
    let presigned = presigner().authorization(&request, key_time()).unwrap();
    assert!(presigned.authorization().contains("&q-header-list=date;host&q-url-param-list=b&"));
    let none = PresignRequest { signed_headers: Some(&[]), signed_params: Some(&[]), ..request };
    let presigned = temporary().authorization(&none, key_time()).unwrap();
    assert!(presigned.authorization().contains("&q-header-list=&q-url-param-list=&"));
    assert_eq!(presigned.headers().len(), 1, "an unsigned token is sent nevertheless");
}

#[test]
fn a_risk_is_a_warning() {
    let fixture = Fixture::new("k");
    let week = KeyTime::new(NOW - 60, NOW + 7 * 86_400);
    let calm = presigner().presign(&fixture.request("GET"), week).unwrap();
    assert_eq!(calm.warnings(), []);
    let longer = KeyTime::new(NOW - 60, week.end() + 1);
    let request = PresignRequest { sign_host: false, ..fixture.request("put") };
    let presigned = presigner().presign(&request, longer).unwrap();
    let ids: Vec<_> = presigned.warnings().iter().map(|warning| warning.id()).collect();
    assert_eq!(ids, ["long-validity", "unsigned-host", "permanent-key-write", "unsigned-content"]);
    let text: Vec<_> = presigned.warnings().iter().map(ToString::to_string).collect();
    assert!(text[0].contains("7 days") && text[1].contains("host") && text[2].contains("key"));
    assert_eq!(verdict("PUT", presigned.url(), &[], None), Ok(()));

    let headers = [("x-cos-meta-\u{5907}", "v")];
    let request = PresignRequest { headers: &headers, ..fixture.request("GET") };
    let presigned = presigner().presign(&request, key_time()).unwrap();
    assert_eq!(presigned.warnings().first().map(|warning| warning.id()), Some("unsendable-header"));
    assert_eq!(verdict("GET", presigned.url(), presigned.headers(), None), Ok(()));

    let own_token = [(TOKEN_NAME, "t")];
    let request = PresignRequest { params: &own_token, ..fixture.request("PUT") };
    let presigned = presigner().presign(&request, key_time()).unwrap();
    assert!(!presigned.warnings().contains(&Warning::PermanentKeyWrite));
}

#[test]
fn the_signing_key_follows_the_key_time() {
    let fixture = Fixture::new("k");
    let mut presigner = presigner();
    let mut sign = |key_time| presigner.presign(&fixture.request("GET"), key_time).unwrap();
    let (first, other) = (sign(key_time()), sign(KeyTime::new(0, 1)));
    assert_ne!(first.authorization(), other.authorization());
    assert_eq!(first, sign(key_time()));
}

#[test]
fn debug_shows_no_secret() {
    let request = format!(
        "{:?}",
        PresignRequest { params: &[(TOKEN_NAME, "tok+")], ..Fixture::new("k").request("GET") }
    );
    assert!(request.contains(TOKEN_NAME) && !request.contains("tok+"));
    let presigner = format!("{:?}", temporary());
    assert!(!presigner.contains("tok+") && !presigner.contains("\"secret\""));
}

proptest! {
    #[test]
    fn whatever_is_signed_is_accepted_by_a_strict_verifier(
        key in "\\PC{1,20}|[./%+a]{3,12}",
        params in prop::collection::btree_map("[a-z]\\PC{0,8}", "\\PC{0,12}", 0..5),
        headers in prop::collection::btree_map("x-cos-[a-z!#|~]{1,5}", "[!-~]{0,8}", 0..4),
        host in prop::option::of("[a-z]{1,9}\\.example(:[1-9][0-9]{1,3})?"),
        scheme in prop::sample::select(vec![Scheme::Http, Scheme::Https]),
        token in any::<bool>(),
        in_query in any::<bool>(),
    ) {
        // The parser between signer and verifier removes these two, also from a plain URL.
        prop_assume!(in_query || !matches!(key.as_str(), "." | ".." | "/." | "/.."));
        let mut fixture = Fixture::new(&key);
        if let Some(host) = host {
            fixture.endpoint = Endpoint::explicit(host).unwrap();
        }
        let params: Vec<_> = params.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let request = PresignRequest { scheme, params: &params, headers: &headers, ..fixture.request("PUT") };
        let mut presigner = if token { temporary() } else { presigner() };
        let signed = if in_query {
            presigner.presign(&request, key_time())
        } else {
            presigner.authorization(&request, key_time())
        };
        match signed {
            Ok(signed) => {
                let authorization = Some(signed.authorization()).filter(|_| !in_query);
                prop_assert_eq!(verdict("PUT", signed.url(), signed.headers(), authorization), Ok(()));
            }
            Err(PresignError::ParamTwice { .. } | PresignError::ParamReserved { .. } | PresignError::Key(_)) => {}
            Err(refusal) => prop_assert!(false, "{}", refusal),
        }
    }
}
