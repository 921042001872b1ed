//! Strict signatures: everything that the official SDKs sign must be signed.

mod support;

use cospass_server::Coverage;
use cospass_sign::{Authorization, Canonical, SecretKey, SigningKey};
use support::form::form;
use support::*;

const OTHER: &str = "other-1250000000";
const OTHER_HOST: &str = "other-1250000000.cos.ap-guangzhou.myqcloud.com";

/// Signs the host alone, as a pre-signed URL mostly does.
fn signing_host(request: Request, host: &str) -> Request {
    let mut canonical = Canonical::new();
    let time = format!("{};{}", NOW - 60, NOW + 300);
    let path = request.target.clone();
    canonical.write::<&str, &str, _, _>(request.method, path.as_bytes(), &[], &[("host", host)]);
    let signature = SigningKey::derive(&SecretKey::new(SECRET_KEY), &time).sign(&time, &canonical);
    let mut text = String::new();
    Authorization::new(SECRET_ID, &time, "host", "", signature).write_header(&mut text);
    request.header("Authorization", text)
}

#[track_caller]
fn refused(endpoint: &Endpoint, request: &Request, name: &str) {
    let answer = endpoint.send(request);
    let error = answer.error();
    assert_eq!((answer.status, error.code.as_str()), (403, "AccessDenied"), "{name}");
    let message =
        format!("Access Denied. The {name} must be signed: the signature is judged strictly here.");
    assert_eq!(error.message, message);
}

#[test]
fn what_is_signed_whole_is_served() {
    let endpoint = Endpoint::start_with(|builder| builder.signature(Coverage::Strict));
    let upload = put("/a", b"x").header("x-cos-acl", "private").header("Content-Type", "a/b");
    assert_eq!(endpoint.send(&upload.sign()).status, 200);
    let download = get("/a").param("response-content-type", "c/d").header("Range", "bytes=0-0");
    assert_eq!(endpoint.send(&download.presign()).status, 206);
    // What no SDK signs need not be.
    let unlisted = signing_host(get("/a"), HOST).header("User-Agent", "x").header("Accept", "*/*");
    assert_eq!(endpoint.send(&unlisted).status, 200);
    let anonymous = endpoint.send(&get("/a"));
    assert_eq!(anonymous.error().message, "Access Denied.");
}

#[test]
fn what_is_left_out_is_named() {
    let endpoint = Endpoint::start_with(|builder| builder.signature(Coverage::Strict));
    assert_eq!(endpoint.send(&put("/a", b"x").sign()).status, 200);
    let with = |name, value| signing_host(get("/a").header(name, value), HOST);
    for (name, value) in [
        ("Range", "bytes=0-0"),
        ("If-None-Match", "\"x\""),
        ("x-cos-meta-a", "1"),
        ("x-cos-security-token", "stray"),
        ("Origin", "http://example.com"),
        ("Access-Control-Request-Method", "GET"),
    ] {
        refused(&endpoint, &with(name, value), &format!("header {}", name.to_lowercase()));
    }
    let added = get("/a").unsigned_param("versionId", "").presign();
    refused(&endpoint, &added, "parameter versionid");
    let renamed = get("/a").unsigned_param("response-content-type", "text/html").presign();
    refused(&endpoint, &renamed, "parameter response-content-type");
    refused(&endpoint, &signing_host(put("/a", b"x"), HOST), "header content-length");
    let source = put("/b", b"").presign().header("x-cos-copy-source", format!("{HOST}/a"));
    refused(&endpoint, &source, "header x-cos-copy-source");
    // A signature that does not hold is refused as such.
    let mismatch =
        endpoint.send(&get("/a").key(SECRET_ID, "other").sign().header("Range", "bytes=0-"));
    assert_eq!(mismatch.error().code, "SignatureDoesNotMatch");
}

#[test]
fn a_bucket_may_be_stricter_or_not() {
    let unsigned = |host| signing_host(put("/a", b"x").host(host), host);
    let strict_alone = Endpoint::start_with(|builder| {
        builder.bucket(OTHER).bucket_signature(OTHER, Coverage::Strict)
    });
    assert_eq!(strict_alone.send(&unsigned(HOST)).status, 200);
    refused(&strict_alone, &unsigned(OTHER_HOST), "header content-length");
    let all_but_one = Endpoint::start_with(|builder| {
        let builder = builder.bucket(OTHER).signature(Coverage::Strict);
        builder.bucket_signature(OTHER, Coverage::Listed)
    });
    refused(&all_but_one, &unsigned(HOST), "header content-length");
    assert_eq!(all_but_one.send(&unsigned(OTHER_HOST)).status, 200);
}

#[test]
fn a_form_has_a_condition_on_each_field_that_gives_something_away() {
    let endpoint = Endpoint::start_with(|builder| builder.signature(Coverage::Strict));
    let open = form("a").field("acl", "public-read");
    refused(&endpoint, &open.clone().sign().request(), "field x-cos-acl");
    let granted = form("a").field("x-cos-grant-read", "id=\"1\"").sign();
    refused(&endpoint, &granted.request(), "field x-cos-grant-read");
    let named = open.condition(r#"{"acl":"public-read"}"#).sign();
    assert_eq!(endpoint.send(&named.request()).status, 204);
    assert_eq!(endpoint.send(&form("b").field("x-cos-meta-a", "1").sign().request()).status, 204);
}
