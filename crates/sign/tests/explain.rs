//! Each cause that `explain` knows, found in a request to which just that happened.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use cospass_sign::explain::{Cause, Evidence, Explanation, ServerView, Side, Verdict, explain};
use cospass_sign::percent::encode;
use cospass_sign::{
    Authorization, Canonical, Credentials, RequestHead, SecretKey, Signature, SigningKey,
};

const SECRET_ID: &str = "AKIDEXAMPLE";
const SECRET_KEY: &str = "the-secret-key";
const TOKEN: &str = "the-token/+=";
const HOST: &str = "b-1250000000.cos.ap-beijing.myqcloud.com";
const TIME: &str = "1699999940;1700000300";
const NOW: i64 = 1_700_000_000;

/// A request as it goes over the wire.
#[derive(Clone)]
struct Request {
    method: &'static str,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
}

/// What is signed: a GET of `/a b` by default.
#[derive(Clone)]
struct Signed {
    method: &'static str,
    path: &'static str,
    params: Vec<(&'static str, &'static str)>,
    headers: Vec<(&'static str, &'static str)>,
    time: &'static str,
}

impl Default for Signed {
    fn default() -> Self {
        Self {
            method: "GET",
            path: "/a b",
            params: vec![
                ("response-content-type", "text/plain"),
                ("x-cos-traffic-limit", "819200"),
            ],
            headers: vec![("host", HOST), ("x-cos-meta-a", "one two")],
            time: TIME,
        }
    }
}

impl Signed {
    /// The pre-signed request, every parameter and header sent as it was signed.
    fn request(&self) -> Request {
        let mut canonical = Canonical::new();
        canonical.write(self.method, self.path.as_bytes(), &self.params, &self.headers);
        let key = SigningKey::derive(&SecretKey::new(SECRET_KEY), self.time);
        let signature = key.sign(self.time, &canonical);
        let mut query = String::new();
        Authorization::new(
            SECRET_ID,
            self.time,
            canonical.header_list(),
            canonical.param_list(),
            signature,
        )
        .write_query(&mut query);
        for (name, value) in &self.params {
            query.push_str(&format!("&{}={}", encode(name.as_bytes()), encode(value.as_bytes())));
        }
        let path = self.path.split('/').map(|s| encode(s.as_bytes())).collect::<Vec<_>>().join("/");
        let own = |(n, v): &(&str, &str)| ((*n).to_owned(), (*v).to_owned());
        Request {
            method: self.method,
            path,
            query,
            headers: self.headers.iter().map(own).collect(),
        }
    }
}

impl Request {
    fn examine(&self, evidence: impl FnOnce(Evidence<'_>) -> Explanation) -> Explanation {
        let headers: Vec<_> =
            self.headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        let query = Some(self.query.as_bytes());
        evidence(Evidence::new(RequestHead::new(
            self.method,
            self.path.as_bytes(),
            query,
            &headers,
        )))
    }

    /// With the right SecretKey.
    fn cause(&self) -> Cause {
        let credentials = Credentials::new(SECRET_ID, SECRET_KEY);
        let explanation = self.examine(|evidence| {
            explain(&Evidence { credentials: Some(&credentials), now: Some(NOW), ..evidence })
        });
        explanation.cause().clone()
    }

    /// With what the server says it saw, and no SecretKey.
    fn cause_by_server(&self, format_string: &str) -> Cause {
        let server = mismatch(format_string);
        self.examine(|evidence| explain(&Evidence { server: Some(&server), ..evidence }))
            .cause()
            .clone()
    }

    /// With the request as it was signed, and no SecretKey.
    fn cause_by_original(&self, original: &Self) -> Cause {
        let explanation = original.examine(|original| {
            self.examine(|e| explain(&Evidence { original: Some(original.head), ..e }))
        });
        explanation.cause().clone()
    }

    fn replace(mut self, from: &str, to: &str) -> Self {
        assert!(self.query.contains(from), "{from} is not in {}", self.query);
        self.query = self.query.replacen(from, to, 1);
        self
    }

    fn with_path(self, path: &str) -> Self {
        Self { path: path.into(), ..self }
    }

    fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self.headers.push((name.into(), value.into()));
        self
    }

    fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self
    }
}

fn mismatch(format_string: &str) -> ServerView {
    ServerView {
        code: "SignatureDoesNotMatch".into(),
        message: "The Signature you specified is invalid.".into(),
        format_string: Some(format_string.into()),
        ..ServerView::default()
    }
}

fn signed() -> Request {
    Signed::default().request()
}

/// What the server sees of [`signed`] when nothing happens on the way.
fn received() -> String {
    let params = "response-content-type=text%2Fplain&x-cos-traffic-limit=819200";
    format!("get\n/a b\n{params}\nhost={HOST}&x-cos-meta-a=one%20two\n")
}

fn words(cause: &Cause) -> String {
    assert!(!cause.remedy().is_empty());
    cause.to_string()
}

#[test]
fn accepted() {
    let cause = signed().cause();
    assert!(cause.is_accepted(), "{cause:?}");
    assert_eq!(words(&cause), "the signature holds");
}

#[test]
fn claim() {
    let cause = signed().replace("q-ak=", "q-no=").cause();
    assert_eq!(cause.id(), "missing-field");
    assert!(words(&cause).contains("q-ak"));
}

#[test]
fn key_cut() {
    let mut request = Signed { path: "/a?b", ..Signed::default() }.request();
    request.path = "/a".into();
    request.query = format!("b?{}", request.query);
    assert_eq!(request.cause(), Cause::KeyCut);
}

#[test]
fn expired() {
    let request = Signed { time: "1;1699999990", ..Signed::default() }.request();
    let cause = request.cause();
    assert_eq!(cause, Cause::Expired { field: "q-sign-time", end: 1_699_999_990, now: NOW });
    assert!(words(&cause).contains("10 s before now") && cause.is_time());
}

#[test]
fn not_yet_valid() {
    let request = Signed { time: "1700001000;1700002000", ..Signed::default() }.request();
    let cause = request.cause();
    assert_eq!(cause.id(), "not-yet-valid");
    assert!(words(&cause).contains("1000 s after now") && cause.is_time());
}

#[test]
fn clock() {
    let server = ServerView { server_time: Some(NOW + 400), ..mismatch("") };
    let explanation =
        signed().examine(|e| explain(&Evidence { server: Some(&server), now: Some(NOW), ..e }));
    assert_eq!(*explanation.cause(), Cause::Clock { seconds: -400 });
    assert!(words(explanation.cause()).contains("400 s behind"));
}

#[test]
fn token_missing() {
    let credentials = Credentials::new(SECRET_ID, SECRET_KEY).with_token(TOKEN);
    let by_credentials =
        signed().examine(|e| explain(&Evidence { credentials: Some(&credentials), ..e }));
    assert_eq!(*by_credentials.cause(), Cause::TokenMissing);
    let params = vec![("x-cos-security-token", TOKEN)];
    let by_list = Signed { params, ..Signed::default() }
        .request()
        .replace("&x-cos-security-token=the-token%2F%2B%3D", "");
    assert_eq!(by_list.cause(), Cause::TokenMissing);
}

#[test]
fn token_differs() {
    let credentials = Credentials::new(SECRET_ID, SECRET_KEY).with_token("another");
    let params = vec![("x-cos-security-token", TOKEN)];
    let request = Signed { params, ..Signed::default() }.request();
    let explanation =
        request.examine(|e| explain(&Evidence { credentials: Some(&credentials), ..e }));
    assert_eq!(*explanation.cause(), Cause::TokenDiffers);
}

#[test]
fn header_not_sent() {
    let cause = signed().without_header("x-cos-meta-a").cause();
    assert_eq!(cause, Cause::HeaderNotSent { name: "x-cos-meta-a".into() });
}

#[test]
fn param_not_sent() {
    let cause = signed().replace("&x-cos-traffic-limit=819200", "").cause();
    assert_eq!(cause, Cause::ParamNotSent { name: "x-cos-traffic-limit".into() });
}

#[test]
fn method() {
    let request = Request { method: "PUT", ..signed() };
    let cause = request.cause();
    assert_eq!(words(&cause), "the method was signed as GET and is sent as PUT");
    assert_eq!(request.cause_by_original(&signed()), cause);
    let by_server = signed().cause_by_server(&received().replace("get", "head"));
    assert_eq!(
        words(&by_server),
        "the method is sent as GET and was received by the server as HEAD"
    );
}

#[test]
fn path() {
    for path in ["/a%20b/", "//a%20b", "/a%20c"] {
        let request = signed().with_path(path);
        let cause = request.cause();
        assert_eq!(cause.id(), "path", "{path}: {cause:?}");
        assert!(words(&cause).contains(r#"signed as "/a b""#), "{cause}");
        assert_eq!(request.cause_by_original(&signed()), cause);
    }
    let other_object = signed().with_path("/something/else");
    assert_eq!(other_object.cause_by_original(&signed()).id(), "path");
}

#[test]
fn key_encoded_twice() {
    let cause = signed().with_path("/a%2520b").cause();
    assert_eq!(cause.id(), "key-encoded-twice", "{cause:?}");
    let by_server = signed().cause_by_server(&received().replace("/a b", "/a%20b"));
    assert!(matches!(by_server, Cause::KeyEncodedTwice { side: Side::Received, .. }));
}

#[test]
fn key_not_encoded() {
    let request = Signed { path: "/100%25", ..Signed::default() }.request().with_path("/100%25");
    assert_eq!(request.cause().id(), "key-not-encoded");
}

#[test]
fn plus_in_path() {
    let cause = signed().with_path("/a+b").cause();
    assert_eq!(cause.id(), "plus-in-path", "{cause:?}");
}

#[test]
fn param_added() {
    let lists = "q-url-param-list=response-content-type%3Bx-cos-traffic-limit";
    let longer = "q-url-param-list=acl%3Bresponse-content-type%3Bx-cos-traffic-limit";
    let request = signed().replace(lists, longer).replace("&x-cos-t", "&acl=&x-cos-t");
    let cause = request.cause();
    assert_eq!(cause, Cause::ParamAdded { name: "acl".into(), side: Side::Signed });
    let by_server = signed().cause_by_server(&received().replace("response", "a=&response"));
    assert_eq!(by_server, Cause::ParamAdded { name: "a".into(), side: Side::Received });
}

#[test]
fn param_dropped() {
    let request = signed().replace("&x-cos-traffic-limit=819200", "");
    let name = "x-cos-traffic-limit".to_owned();
    let cause = request.cause_by_original(&signed());
    assert_eq!(cause, Cause::ParamDropped { name: name.clone(), side: Side::Signed });
    let by_server =
        signed().cause_by_server(&received().replace("&x-cos-traffic-limit=819200", ""));
    assert_eq!(by_server, Cause::ParamDropped { name, side: Side::Received });
}

#[test]
fn param_changed() {
    let request = signed().replace("=819200", "=8192000");
    let cause = request.cause();
    assert_eq!(
        words(&cause),
        r#"the parameter "x-cos-traffic-limit" was signed as "819200" and is sent as "8192000""#
    );
    assert_eq!(request.cause_by_original(&signed()), cause);
    let by_server = signed().cause_by_server(&received().replace("819200", "838860800"));
    assert_eq!(by_server.id(), "param-changed");
}

#[test]
fn param_reencoded() {
    let cause = signed().replace("text%2Fplain", "text%252Fplain").cause();
    assert_eq!(cause.id(), "param-reencoded", "{cause:?}");
}

#[test]
fn plus_for_space() {
    let params = vec![("filename", "a+b")];
    let request = Signed { params, ..Signed::default() }.request().replace("a%2Bb", "a%20b");
    assert_eq!(request.cause().id(), "plus-for-space");
}

#[test]
fn header_added() {
    let list = "q-header-list=host%3Bx-cos-meta-a";
    let longer = "q-header-list=host%3Brange%3Bx-cos-meta-a";
    let request = signed().replace(list, longer).with_header("range", "bytes=0-1");
    let cause = request.cause();
    assert_eq!(cause, Cause::HeaderAdded { name: "range".into(), side: Side::Signed });
}

#[test]
fn header_dropped() {
    let by_server = signed().cause_by_server(&received().replace("&x-cos-meta-a=one%20two", ""));
    let name = "x-cos-meta-a".to_owned();
    assert_eq!(by_server, Cause::HeaderDropped { name, side: Side::Received });
}

#[test]
fn header_changed() {
    let headers = vec![("content-type", "application/xml"), ("host", HOST)];
    let original = Signed { headers, ..Signed::default() }.request();
    let request = original.clone().with_header("content-type", "application/xml; charset=utf-8");
    let cause = request.cause();
    assert_eq!(cause.id(), "header-changed", "{cause:?}");
    assert!(words(&cause).contains(r#"signed as "application/xml""#));
    assert_eq!(request.cause_by_original(&original), cause);
}

#[test]
fn header_reencoded() {
    let cause = signed().with_header("x-cos-meta-a", "one%20two").cause();
    assert_eq!(cause.id(), "header-reencoded", "{cause:?}");
}

#[test]
fn host() {
    let request = signed().with_header("host", "img.example.com");
    let credentials = Credentials::new(SECRET_ID, SECRET_KEY);
    let hosts = [HOST.to_owned()];
    let explanation = request.examine(|e| {
        explain(&Evidence { credentials: Some(&credentials), other_hosts: &hosts, ..e })
    });
    assert_eq!(explanation.cause().id(), "host");
    assert!(words(explanation.cause()).contains(HOST));
    assert_eq!(request.cause_by_original(&signed()).id(), "host");
}

#[test]
fn host_port() {
    let with_port = signed().with_header("host", &format!("{HOST}:8443"));
    let cause = with_port.cause_by_original(&signed());
    assert_eq!(cause.id(), "host-port", "{cause:?}");
    let headers = vec![("host", "b-1250000000.cos.ap-beijing.myqcloud.com:443")];
    let signed_with_port = Signed { headers, ..Signed::default() }.request();
    assert_eq!(signed_with_port.with_header("host", HOST).cause().id(), "host-port");
}

#[test]
fn cdn_domain() {
    let request = signed().with_header("host", "b-1250000000.file.myqcloud.com");
    let explanation = request.examine(|e| explain(&Evidence { is_cdn: true, ..e }));
    assert_eq!(explanation.cause().id(), "cdn-domain");
}

#[test]
fn a_cdn_domain_is_the_cause_whatever_else_is_known() {
    const CDN: &str = "b-1250000000.file.myqcloud.com";
    let sent = signed().with_header("host", CDN);
    let original = signed();
    let explanation = original.examine(|original| {
        sent.examine(|e| explain(&Evidence { is_cdn: true, original: Some(original.head), ..e }))
    });
    assert_eq!(explanation.cause().id(), "cdn-domain");
    let refused = ServerView { code: "InvalidRequest".into(), ..ServerView::default() };
    let explanation =
        sent.examine(|e| explain(&Evidence { is_cdn: true, server: Some(&refused), ..e }));
    assert_eq!(explanation.cause().id(), "cdn-domain");

    let credentials = Credentials::new(SECRET_ID, SECRET_KEY);
    let signed_for_it = Signed { headers: vec![("host", CDN)], ..Signed::default() }.request();
    let explanation = signed_for_it
        .examine(|e| explain(&Evidence { is_cdn: true, credentials: Some(&credentials), ..e }));
    assert_eq!(explanation.cause().id(), "cdn-domain");
    let explanation = signed()
        .replace("response-content-type=", "nothing=")
        .examine(|e| explain(&Evidence { is_cdn: true, credentials: Some(&credentials), ..e }));
    assert_eq!(explanation.cause().id(), "param-not-sent", "what is nearer comes first");
}

#[test]
fn field_changed() {
    let later = signed()
        .replace("q-sign-time=1699999940%3B1700000300", "q-sign-time=1699999940%3B1800000300");
    let cause = later.cause();
    assert_eq!(cause.id(), "field-changed", "{cause:?}");
    assert!(words(&cause).contains("q-sign-time was signed as \"1699999940;1700000300\""));
    let both =
        later.replace("q-key-time=1699999940%3B1700000300", "q-key-time=1699999940%3B1800000300");
    assert_eq!(both.cause(), cause);
    assert_eq!(both.cause_by_original(&signed()), cause);
}

#[test]
fn signature_changed() {
    let original = signed();
    let (_, tail) = original.query.split_once("q-signature=").unwrap();
    let first = tail.chars().next().unwrap();
    let other = if first == '0' { "q-signature=1" } else { "q-signature=0" };
    let request = original.clone().replace(&format!("q-signature={first}"), other);
    assert_eq!(request.cause_by_original(&original), Cause::SignatureChanged);
}

#[test]
fn convention() {
    let credentials = Credentials::new(SECRET_ID, SECRET_KEY);
    let request = signed().with_header("host", &format!("{HOST}:9000"));
    let server = mismatch(&received().replace(HOST, &format!("{HOST}%3A9000")));
    let explanation = request.examine(|e| {
        explain(&Evidence { credentials: Some(&credentials), server: Some(&server), ..e })
    });
    assert_eq!(explanation.cause().id(), "convention");
    assert!(words(explanation.cause()).contains("host without port"));
}

#[test]
fn other_secret_id() {
    let credentials = Credentials::new("AKIDOTHER", SECRET_KEY);
    let explanation =
        signed().examine(|e| explain(&Evidence { credentials: Some(&credentials), ..e }));
    assert_eq!(explanation.cause().id(), "other-secret-id");
    assert!(words(explanation.cause()).contains("AKIDOTHER"));
}

#[test]
fn secret_key_padded() {
    let credentials = Credentials::new(SECRET_ID, format!("{SECRET_KEY}\n"));
    let explanation =
        signed().examine(|e| explain(&Evidence { credentials: Some(&credentials), ..e }));
    assert_eq!(*explanation.cause(), Cause::SecretKeyPadded);
}

#[test]
fn wrong_secret_key() {
    let unless_changed = Cause::WrongSecretKey { unless_changed: true };
    assert_eq!(signed().cause_by_server(&received()), unless_changed);
    let credentials = Credentials::new(SECRET_ID, "another");
    let server = mismatch(&received());
    let explanation = signed().examine(|e| {
        explain(&Evidence { credentials: Some(&credentials), server: Some(&server), ..e })
    });
    assert_eq!(*explanation.cause(), unless_changed);
    let explanation = signed()
        .examine(|e| explain(&Evidence { server: Some(&server), original: Some(e.head), ..e }));
    assert_eq!(*explanation.cause(), Cause::WrongSecretKey { unless_changed: false });
}

#[test]
fn a_changed_value_is_not_blamed_on_the_secret_key_alone() {
    // The server saw what was sent, so its answer says nothing of what was signed.
    let changed = signed().replace("=819200", "=838860800");
    let cause = changed.cause_by_server(&received().replace("=819200", "=838860800"));
    assert!(words(&cause).contains("a signed value was changed"), "{cause}");
    assert!(cause.remedy().contains("--original"));
}

#[test]
fn a_request_that_was_not_changed_is_not_blamed_without_a_refusal() {
    assert_eq!(signed().cause_by_original(&signed()), Cause::Unverified);
}

#[test]
fn secret_key_or_signed_value() {
    let cause = signed().with_path("/something/else").cause();
    assert_eq!(cause.id(), "secret-key-or-signed-value");
    let words = words(&cause);
    assert!(words.contains("SecretKey") && words.contains("\"x-cos-traffic-limit\""), "{words}");
}

#[test]
fn server() {
    let server = ServerView {
        code: "NoSuchKey".into(),
        message: "The specified key does not exist.".into(),
        ..ServerView::default()
    };
    let explanation = signed().examine(|e| explain(&Evidence { server: Some(&server), ..e }));
    assert_eq!(explanation.cause().id(), "server");
    assert!(words(explanation.cause()).contains("NoSuchKey"));
}

#[test]
fn an_unknown_secret_id_is_not_said_to_be_no_matter_of_the_signature() {
    let server = ServerView { code: "InvalidAccessKeyId".into(), ..ServerView::default() };
    let explanation = signed().examine(|e| explain(&Evidence { server: Some(&server), ..e }));
    assert!(explanation.cause().remedy().contains("SecretId"));
}

#[test]
fn unverified() {
    let explanation = signed().examine(|e| explain(&e));
    assert_eq!(*explanation.cause(), Cause::Unverified);
}

#[test]
fn the_stages_stand_side_by_side() {
    let credentials = Credentials::new(SECRET_ID, SECRET_KEY);
    let request = signed().replace("=819200", "=8192000");
    let explanation =
        request.examine(|e| explain(&Evidence { credentials: Some(&credentials), ..e }));
    let parted: Vec<_> =
        explanation.stages().iter().filter(|s| s.verdict == Verdict::Differs).collect();
    let [limit, signature] = parted[..] else { panic!("{parted:?}") };
    assert_eq!(limit.name, "parameter x-cos-traffic-limit");
    assert_eq!((limit.here.as_str(), limit.there.as_deref()), ("8192000", Some("819200")));
    assert_eq!(signature.name, "signature");
}

#[test]
fn nothing_secret_comes_out() {
    let params = vec![("x-cos-security-token", TOKEN), ("acl", "")];
    let signed = Signed { params, ..Signed::default() };
    let mut canonical = Canonical::new();
    canonical.write("PUT", b"/a b", &signed.params, &signed.headers);
    let expected: Signature =
        SigningKey::derive(&SecretKey::new(SECRET_KEY), TIME).sign(TIME, &canonical);
    let request = Request { method: "PUT", ..signed.request() };
    let credentials = Credentials::new(SECRET_ID, SECRET_KEY).with_token(TOKEN);
    let explanation =
        request.examine(|e| explain(&Evidence { credentials: Some(&credentials), ..e }));
    assert_eq!(explanation.cause().id(), "method");
    let shown = format!("{explanation:?}");
    for secret in [SECRET_KEY, TOKEN, expected.as_str()] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}

#[test]
fn a_signature_that_holds_for_what_is_sent_says_so_beside_what_the_server_received() {
    let credentials = Credentials::new(SECRET_ID, SECRET_KEY);
    let server = mismatch(&received().replace("819200", "838860800"));
    let explanation = signed().examine(|e| {
        explain(&Evidence { credentials: Some(&credentials), server: Some(&server), ..e })
    });
    assert_eq!(explanation.cause().id(), "param-changed");
    let signature = explanation.stages().last().unwrap();
    assert_eq!((signature.name.as_str(), signature.verdict), ("signature", Verdict::Same));
}

/// The signature holds with the name in its list, which the request comes without.
#[test]
fn a_name_that_is_not_listed_any_more_is_told() {
    for (listed, name) in [
        ("q-header-list=host%3B", "host"),
        ("q-url-param-list=response-content-type%3B", "response-content-type"),
    ] {
        let (list, _) = listed.split_at(listed.find('=').unwrap() + 1);
        let cause = signed().replace(listed, list).cause();
        assert_eq!(cause, Cause::NotListed { name: name.to_owned() });
        let told = "was signed and is sent, and the signature does not list it any more";
        assert_eq!(words(&cause), format!("{name:?} {told}"));
    }
}

#[test]
fn a_listed_name_that_is_not_sent_is_a_stage() {
    let explanation = signed().without_header("x-cos-meta-a").examine(|e| explain(&e));
    let stage = explanation.stages().iter().find(|s| s.verdict == Verdict::Differs).unwrap();
    assert_eq!(stage.name, "header x-cos-meta-a");
    assert_eq!(stage.there.as_deref(), Some("(listed as signed)"));
}
