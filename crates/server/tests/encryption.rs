//! Encryption by the service: with its own key, which is told and not done.

mod support;

use support::*;

const SSE: &str = "x-cos-server-side-encryption";

#[test]
fn the_algorithm_is_told_with_the_upload_and_each_download() {
    let endpoint = Endpoint::start();
    let put_encrypted = endpoint.send(&put("/a", b"x").header(SSE, "AES256").sign());
    assert_eq!((put_encrypted.status, put_encrypted.header(SSE)), (200, Some("AES256")));
    let x = "\"9dd4e461268c8034f5c8564e155c67a6\"";
    assert_eq!(put_encrypted.header("ETag"), Some(x), "the MD5 of what was sent");
    for method in ["GET", "HEAD"] {
        assert_eq!(endpoint.send(&request(method, "/a").sign()).header(SSE), Some("AES256"));
    }
    let source = format!("{HOST}/a");
    let copy = || put("/b", b"").header("x-cos-copy-source", &source);
    assert_eq!(endpoint.send(&copy().sign()).header(SSE), None, "a copy says it by itself");
    assert_eq!(endpoint.send(&request("HEAD", "/b").sign()).header(SSE), None);
    let encrypted = endpoint.send(&copy().header(SSE, "AES256").sign());
    assert_eq!(encrypted.header(SSE), Some("AES256"));
    assert_eq!(endpoint.send(&request("HEAD", "/b").sign()).header(SSE), Some("AES256"));
    assert_eq!(endpoint.put("/a", b"y").header(SSE), None);
}

#[test]
fn an_upload_in_parts_has_the_algorithm_that_it_was_begun_with() {
    let endpoint = Endpoint::start();
    let begun = request("POST", "/a").param("uploads", "").header(SSE, "AES256").sign();
    let begun = endpoint.send(&begun);
    assert_eq!(begun.header(SSE), Some("AES256"));
    let id = begun.only("UploadId");
    let part = put("/a", b"x").param("partNumber", "1").param("uploadId", id).sign();
    let etag = endpoint.send(&part).header("ETag").unwrap().to_owned();
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete = request("POST", "/a").header("Content-Length", body.len().to_string());
    let complete = complete.body(body.as_bytes()).param("uploadId", id).sign();
    assert_eq!(endpoint.send(&complete).header(SSE), Some("AES256"));
    assert_eq!(endpoint.send(&get("/a").sign()).header(SSE), Some("AES256"));
}

#[test]
fn another_algorithm_is_refused() {
    let endpoint = Endpoint::start();
    for (value, status, code) in
        [("AES128", 400, "InvalidArgument"), ("cos/kms", 501, "NotImplemented")]
    {
        let answer = endpoint.send(&put("/a", b"x").header(SSE, value).sign());
        assert_eq!((answer.status, answer.error().code.as_str()), (status, code));
        assert!(answer.error().message.contains(SSE), "{}", answer.text());
    }
    assert_eq!(endpoint.send(&get("/a").sign()).status, 404);
}
