//! Objects copied within a bucket and across buckets.

mod support;

use support::*;

const OTHER: &str = "other-1250000000";
const OTHER_HOST: &str = "other-1250000000.cos.ap-guangzhou.myqcloud.com";

fn copy(target: &str, source: &str) -> Request {
    put(target, b"").header("x-cos-copy-source", source)
}

fn endpoint() -> Endpoint {
    let endpoint = Endpoint::start_with(|builder| builder.bucket(OTHER));
    let source = put("/a%20%2B/%E9%A1%B5", b"bytes")
        .header("Content-Type", "text/plain")
        .header("x-cos-meta-colour", "blue")
        .header("x-cos-acl", "public-read");
    assert_eq!(endpoint.send(&source.sign()).status, 200);
    endpoint
}

#[test]
fn a_copy_has_the_bytes_and_what_goes_with_them() {
    let endpoint = endpoint();
    let source = format!("{HOST}/a%20%2B/%E9%A1%B5");
    for host in [HOST, OTHER_HOST] {
        let answer = endpoint.send(&copy("/b", &source).host(host).sign());
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.all("LastModified"), ["2023-11-14T22:13:20Z"]);
        let copied = endpoint.send(&get("/b").host(host).sign());
        assert_eq!(copied.body, b"bytes");
        let etag = copied.header("ETag").unwrap().replace('"', "&quot;");
        assert_eq!(answer.all("ETag"), [etag]);
        assert_eq!(Some(answer.all("CRC64")[0]), copied.header("x-cos-hash-crc64ecma"));
        assert_eq!(copied.header("Content-Type"), Some("text/plain"));
        assert_eq!(copied.header("x-cos-meta-colour"), Some("blue"));
        let acl = endpoint.send(&get("/b").host(host).param("acl", "").sign());
        assert_eq!(acl.header("x-cos-acl"), Some("default"), "access control is not copied");
    }
}

#[test]
fn what_a_copy_is_may_be_replaced() {
    let endpoint = endpoint();
    let onto_itself = copy("/a%20%2B/%E9%A1%B5", &format!("{HOST}/a%20%2B/%E9%A1%B5"))
        // As cos-java-sdk-v5 spells it; 436/10881 has `Replaced`.
        .header("x-cos-metadata-directive", "REPLACE")
        .header("x-cos-storage-class", "STANDARD_IA")
        .header("x-cos-meta-size", "2");
    assert_eq!(endpoint.send(&onto_itself.sign()).status, 200);
    let head = endpoint.send(&get("/a%20%2B/%E9%A1%B5").sign());
    assert_eq!(head.header("x-cos-meta-size"), Some("2"));
    assert_eq!(head.header("x-cos-meta-colour"), None);
    assert_eq!(head.header("Content-Type"), Some("application/octet-stream"));
    assert_eq!(head.header("x-cos-storage-class"), Some("STANDARD_IA"));
    assert_eq!(head.body, b"bytes");
    assert_eq!(endpoint.kept(1), 1);
}

#[test]
fn conditions_hold_for_the_source_and_for_what_is_replaced() {
    let endpoint = endpoint();
    let source = format!("{HOST}/a%20%2B/%E9%A1%B5");
    let etag = "4b3a6218bb3e3a7303e8a171a60fcf92";
    for (name, value, status) in [
        ("x-cos-copy-source-If-Match", etag, 200),
        ("x-cos-copy-source-If-Match", "other", 412),
        ("x-cos-copy-source-If-None-Match", etag, 412),
        ("x-cos-copy-source-If-None-Match", "other", 200),
        ("x-cos-copy-source-If-Modified-Since", "Thu, 16 May 2097 06:45:51 GMT", 412),
        ("x-cos-copy-source-If-Unmodified-Since", "Thu, 16 May 2019 06:45:51 GMT", 412),
        ("x-cos-forbid-overwrite", "true", 409),
        ("If-None-Match", "*", 412),
        ("If-Match", "other", 412),
        ("If-Match", etag, 200),
    ] {
        let answer = endpoint.send(&copy("/b", &source).header(name, value).sign());
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
    }
    assert_eq!(endpoint.kept(2), 2);
}

#[test]
fn only_who_may_copies() {
    let endpoint = endpoint();
    let stranger = endpoint.send(&copy("/b", &format!("{HOST}/a%20%2B/%E9%A1%B5")));
    assert_eq!(stranger.error().code, "AccessDenied");
    assert_eq!(endpoint.kept(1), 1);
}
