//! Where a request is for, and whether it is one.

use cospass_server::Limits;

use crate::support::*;
use crate::{refused, refused_bytes};

#[test]
fn what_is_no_request() {
    let endpoint = Endpoint::start();
    let refused = |bytes: &[u8], cause| {
        refused_bytes(&endpoint, bytes, cause, 400, "InvalidRequest");
    };
    let long = get("/a").header("x-long", "v".repeat(40_000)).sign();
    refused(&long.bytes(), "head-too-long");
    let many =
        (0..200).fold(get("/a"), |request, index| request.header(&format!("x-{index}"), "v"));
    refused(&many.sign().bytes(), "head-too-long");
    refused(b"GET /a HTTP/9.9\r\n\r\n", "malformed-head");
    refused(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "malformed-head");
    refused(&get("/a?x=\"<>\"").sign().bytes(), "malformed-head");
}

#[test]
fn where_the_request_is_for() {
    let endpoint = Endpoint::start();
    let refused = |request: &Request, cause, status, code| {
        refused(&endpoint, request, cause, status, code);
    };
    let star = request("OPTIONS", "/").head_to("*");
    refused_bytes(&endpoint, &star, "bad-target", 400, "InvalidURI");
    let other_scheme = get("/a").head_to(&format!("ftp://{HOST}/a"));
    refused_bytes(&endpoint, &other_scheme, "bad-target", 400, "InvalidURI");
    refused(&get("/a").without_host().sign(), "host-missing", 400, "InvalidRequest");
    refused(&get("/a").header("Host", HOST).sign(), "host-missing", 400, "InvalidRequest");
    let elsewhere = get("/a").sign().head_to(&format!("http://other-1250000000.{HOST}/a"));
    refused_bytes(&endpoint, &elsewhere, "host-disagrees", 400, "InvalidRequest");
    refused(&get("/a").host("example.com").sign(), "bucket-missing", 400, "InvalidRequest");
    refused(&get("/a").host(SERVICE).sign(), "bucket-missing", 400, "InvalidRequest");
    let bad_name = "bad_bucket-1250000000.cos.ap-guangzhou.myqcloud.com";
    refused(&get("/").host(bad_name).sign(), "bad-bucket-name", 400, "InvalidBucketName");
    refused(&get("/%ff").sign(), "key-not-text", 400, "InvalidURI");
    let long = format!("/{}", "k".repeat(851));
    refused(&get(&long).sign(), "key-too-long", 400, "KeyTooLong");
    let long = get("/a").param("unused", &"u".repeat(17 * 1024)).sign();
    refused(&long, "target-too-long", 414, "RequestURITooLong");
    let preflight = request("OPTIONS", "/a").header("Origin", "http://example.com");
    refused(&preflight, "preflight-incomplete", 400, "InvalidRequest");
    let preflight = preflight.header("Access-Control-Request-Method", "GET");
    refused(&preflight, "preflight-refused", 403, "AccessForbidden");
    let absent = "absent-1250000000.cos.ap-guangzhou.myqcloud.com";
    refused(&get("/a").host(absent), "no-such-bucket", 404, "NoSuchBucket");
    refused(&put("/a", b"x").host(absent).sign(), "no-such-bucket", 404, "NoSuchBucket");
}

#[test]
fn who_comes_when_there_is_no_place() {
    let mut limits = Limits::default();
    limits.connections = 1;
    let endpoint = Endpoint::start_with(|builder| builder.limits(limits));
    let mut first = endpoint.connect();
    first.write(&get("/absent").sign().bytes());
    assert_eq!(first.answer(false).status, 404);
    refused(&endpoint, &put("/a", b"x").sign(), "slow-down", 503, "SlowDown");
    refused(&endpoint, &get("/a"), "slow-down", 503, "SlowDown");
}
