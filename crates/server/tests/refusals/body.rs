//! What comes behind the head.

use std::time::Duration;

use cospass_server::Limits;

use crate::refused;
use crate::support::*;

#[test]
fn the_body() {
    let limits = |builder: cospass_server::Builder| {
        let mut limits = Limits::default();
        limits.object_size = 10;
        limits.document_size = 1000;
        limits.list_document_size = 40_000;
        limits.body_pause = Duration::from_millis(200);
        builder.limits(limits)
    };
    let endpoint = Endpoint::start_with(limits);
    endpoint.put("/acl", b"x");
    let refused = |request: &Request, cause, status, code| {
        refused(&endpoint, request, cause, status, code);
    };
    let both = put("/a", b"x").header("Transfer-Encoding", "chunked").sign();
    refused(&both, "ambiguous-length", 400, "InvalidRequest");
    let other_way =
        request("PUT", "/a").header("Transfer-Encoding", "chunked").header("Content-Length", "1");
    refused(&other_way.sign(), "ambiguous-length", 400, "InvalidRequest");
    for coding in ["gzip, chunked", "chunked, chunked"] {
        let coded = request("PUT", "/a").header("Transfer-Encoding", coding).sign();
        refused(&coded.body(b"0\r\n\r\n"), "transfer-coding", 501, "NotImplemented");
    }
    let coded = request("PUT", "/a").header("Transfer-Encoding", "chunked");
    let coded = coded.header("Transfer-Encoding", "chunked").sign();
    refused(&coded.body(b"0\r\n\r\n"), "transfer-coding", 501, "NotImplemented");
    refused(&request("PUT", "/a").sign(), "missing-length", 411, "MissingContentLength");
    refused(&put("/a", &[b'x'; 11]).sign(), "entity-too-large", 400, "EntityTooLarge");
    let chunked = request("PUT", "/a").header("Transfer-Encoding", "chunked").sign();
    refused(
        &chunked.body(b"b\r\nxxxxxxxxxxx\r\n0\r\n\r\n"),
        "entity-too-large",
        400,
        "EntityTooLarge",
    );
    let short = request("PUT", "/a").header("Content-Length", "9").sign();
    refused(&short.body(b"abc"), "body-timeout", 400, "RequestTimeout");
    let no_chunk = request("PUT", "/a").header("Transfer-Encoding", "chunked").sign();
    refused(&no_chunk.body(b"zz\r\n"), "incomplete-body", 400, "IncompleteBody");
    let other = put("/a", b"x").header("Content-MD5", "7o3pGNBWQBRbGPcPTDqmAg==").sign();
    refused(&other, "bad-digest", 400, "BadDigest");
    refused(
        &put("/acl", b"").param("acl", "").sign(),
        "missing-body",
        400,
        "MissingRequestBodyError",
    );
    let of_bucket = put("/", b"").param("acl", "").sign();
    refused(&of_bucket, "missing-body", 400, "MissingRequestBodyError");
    let of_object = put("/", b"").param("acl", "").header("x-cos-acl", "bucket-owner-read");
    refused(&of_object.sign(), "invalid-argument", 400, "InvalidArgument");
    let not_xml = put("/acl", b"<AccessControlPolicy>").param("acl", "").sign();
    refused(&not_xml, "malformed-xml", 400, "MalformedXML");
    let large = put("/acl", &[b' '; 1001]).param("acl", "").sign();
    refused(&large, "entity-too-large", 400, "EntityTooLarge");
    let both = put("/acl", b"<a/>").param("acl", "").header("x-cos-acl", "private").sign();
    refused(&both, "invalid-argument", 400, "InvalidArgument");
    let delete = |body: &[u8]| {
        let length = body.len().to_string();
        request("POST", "/").param("delete", "").header("Content-Length", length).body(body)
    };
    refused(&delete(b"").sign(), "missing-body", 400, "MissingRequestBodyError");
    refused(&delete(b"<Delete/>").sign(), "malformed-xml", 400, "MalformedXML");
    let one = b"<Delete><Object><Key>acl</Key></Object></Delete>";
    let other = delete(one).header("Content-MD5", "7o3pGNBWQBRbGPcPTDqmAg==");
    refused(&other.sign(), "bad-digest", 400, "BadDigest");
    let many = format!("<Delete>{}</Delete>", "<Object><Key>acl</Key></Object>".repeat(1001));
    refused(&delete(many.as_bytes()).sign(), "malformed-xml", 400, "MalformedXML");
    let large = delete(&[b' '; 40_001]).sign();
    refused(&large, "entity-too-large", 400, "EntityTooLarge");
    assert_eq!((endpoint.kept(1), endpoint.files("incoming")), (1, 0));
}

#[test]
fn a_body_that_comes_too_slowly() {
    let mut limits = Limits::default();
    (limits.body_rate, limits.body_rate_window) = (u64::MAX, Duration::ZERO);
    let endpoint = Endpoint::start_with(|builder| builder.limits(limits));
    refused(&endpoint, &put("/a", b"x").sign(), "body-too-slow", 400, "UserNetworkTooSlow");
}
