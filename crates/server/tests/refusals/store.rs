//! What is there, and what is not.

use crate::refused;
use crate::support::*;

#[test]
fn what_is_there() {
    let endpoint = Endpoint::start();
    let refused =
        |request: &Request, cause, status, code| refused(&endpoint, request, cause, status, code);
    refused(&get("/a").sign(), "no-such-key", 404, "NoSuchKey");
    refused(&get("/a").param("acl", "").sign(), "no-such-key", 404, "NoSuchKey");
    refused(
        &put("/a", b"").param("acl", "").header("x-cos-acl", "private").sign(),
        "no-such-key",
        404,
        "NoSuchKey",
    );
    refused(&put("/", b"").sign(), "bucket-owned", 409, "BucketAlreadyOwnedByYou");
    endpoint.put("/a", b"0123456789");
    refused(&request("DELETE", "/").sign(), "bucket-not-empty", 409, "BucketNotEmpty");
    let range = refused(
        &get("/a").header("Range", "bytes=10-").sign(),
        "invalid-range",
        416,
        "InvalidRange",
    );
    assert_eq!(range.header("Content-Range"), Some("bytes */10"));
    refused(
        &get("/a").header("If-Match", "\"other\"").sign(),
        "precondition-failed",
        412,
        "PreconditionFailed",
    );
    let once = put("/a", b"x").header("x-cos-forbid-overwrite", "true").sign();
    refused(&once, "file-already-exists", 409, "FileAlreadyExists");
    let copy = |source: &str| put("/c", b"").header("x-cos-copy-source", source);
    let source = format!("{HOST}/a");
    for source in [format!("{HOST}/absent"), format!("absent-1.{HOST}/a")] {
        refused(&copy(&source).sign(), "no-such-copy-source", 404, "NoSuchCopySource");
    }
    let other = copy(&source).header("x-cos-copy-source-If-None-Match", "*").sign();
    refused(&other, "precondition-failed", 412, "PreconditionFailed");
    let archived = put("/b", b"x").header("x-cos-storage-class", "ARCHIVE").sign();
    assert_eq!(endpoint.send(&archived).status, 200);
    let source = format!("{HOST}/b");
    refused(&copy(&source).sign(), "not-restored", 403, "InvalidObjectState");
    let restore = |target| {
        let body = "<RestoreRequest><Days>1</Days></RestoreRequest>";
        let post = request("POST", target).header("Content-Length", body.len().to_string());
        post.body(body.as_bytes()).param("restore", "").sign()
    };
    refused(&restore("/a"), "not-archived", 405, "RestoreNonArchiveObject");
    assert_eq!(endpoint.send(&restore("/b")).status, 202);
    refused(&restore("/b"), "restore-running", 409, "RestoreAlreadyInProgress");
    let append = |target, position| {
        let post = request("POST", target).header("Content-Length", "1").body(b"x");
        post.param("append", "").param("position", position)
    };
    let none = get("/a").param("versionId", "MTg0NDUxNTc1NjIzMTQ1MDAwODg");
    refused(&none.sign(), "no-such-version", 404, "NoSuchVersion");
    let kept = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    assert_eq!(endpoint.send(&put("/", kept).param("versioning", "").sign()).status, 200);
    let deleted = endpoint.send(&request("DELETE", "/gone").sign());
    let marker = deleted.header("x-cos-version-id").unwrap();
    let named = get("/gone").param("versionId", marker).sign();
    let named = refused(&named, "delete-marker", 404, "NoSuchKey");
    assert_eq!(named.header("x-cos-delete-marker"), Some("true"));
    let gone = refused(&get("/gone").sign(), "no-such-key", 404, "NoSuchKey");
    assert_eq!(gone.header("x-cos-version-id"), Some(marker));
    let source = copy(&format!("{HOST}/gone?versionId={marker}")).sign();
    refused(&source, "source-delete-marker", 400, "InvalidRequest");
    refused(&append("/new", "1").sign(), "append-position", 409, "AppendPositionErr");
    let archived = append("/new", "0").header("x-cos-storage-class", "ARCHIVE");
    refused(&archived.sign(), "class-not-appendable", 400, "InvalidArgument");
    let zones = b"<CreateBucketConfiguration><BucketAZConfig>MAZ</BucketAZConfig></CreateBucketConfiguration>";
    let host = "zones-1250000000.cos.ap-guangzhou.myqcloud.com";
    assert_eq!(endpoint.send(&put("/", zones).host(host).sign()).status, 200);
    let there = append("/new", "0").host(host).sign();
    refused(&there, "bucket-not-appendable", 400, "InvalidRequest");
    let normal = refused(&append("/a", "1").sign(), "not-appendable", 409, "ObjectNotAppendable");
    let message = "The operation is not valid for the current state of the object";
    assert_eq!(normal.error().message, message);
    assert_eq!(endpoint.send(&append("/appended", "0").sign()).status, 200);
    let source = copy(&format!("{HOST}/appended"));
    refused(&source.sign(), "source-appendable", 400, "InvalidRequest");
    refused(&get("/a").param("symlink", "").sign(), "not-symlink", 400, "InvalidRequest");
    let link = request("PUT", "/link").param("symlink", "").header("x-cos-symlink-target", "no");
    assert_eq!(endpoint.send(&link.sign()).status, 200);
    refused(&get("/link").sign(), "symlink-target-missing", 404, "NoSuchKey");
    let archived = refused(&get("/b").sign(), "not-restored", 403, "InvalidObjectState");
    assert_eq!(archived.header("x-cos-storage-class"), Some("ARCHIVE"));
}

#[test]
fn what_was_uploaded_in_parts() {
    let endpoint = Endpoint::start();
    let refused =
        |request: &Request, cause, status, code| refused(&endpoint, request, cause, status, code);
    let sized = |method, body: &str| {
        let request = request(method, "/a").header("Content-Length", body.len().to_string());
        request.body(body.as_bytes())
    };
    let begun = endpoint.send(&request("POST", "/a").param("uploads", "").sign());
    let id = begun.all("UploadId")[0].to_owned();
    let part = |number: &str, body: &str| {
        sized("PUT", body).param("partNumber", number).param("uploadId", &id)
    };
    let complete = |body: &str| sized("POST", body).param("uploadId", &id);
    let list = |parts: &[(&str, &str)]| {
        let part = |(number, etag): &(&str, &str)| {
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        };
        let parts: String = parts.iter().map(part).collect();
        format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
    };
    for number in ["0", "10001", "x"] {
        refused(&part(number, "x").sign(), "invalid-argument", 400, "InvalidArgument");
    }
    let wrong = part("1", "x").header("Content-MD5", "7o3pGNBWQBRbGPcPTDqmAg==");
    refused(&wrong.sign(), "bad-digest", 400, "BadDigest");
    let no_length = request("PUT", "/a").param("partNumber", "1").param("uploadId", &id);
    refused(&no_length.sign(), "missing-length", 411, "MissingContentLength");
    for number in ["1", "2"] {
        assert_eq!(endpoint.send(&part(number, "x").sign()).status, 200);
    }
    let x = "9dd4e461268c8034f5c8564e155c67a6";
    for (parts, cause, code) in [
        (&[("2", x), ("1", x)][..], "invalid-part-order", "InvalidPartOrder"),
        (&[("1", x), ("1", x)], "invalid-part-order", "InvalidPartOrder"),
        (&[("3", x)], "invalid-part", "InvalidPart"),
        (&[("1", "other")], "invalid-part", "InvalidPart"),
        (&[("1", x), ("2", x)], "entity-too-small", "EntityTooSmall"),
        (&[], "malformed-xml", "MalformedXML"),
    ] {
        refused(&complete(&list(parts)).sign(), cause, 400, code);
    }
    refused(&complete("").sign(), "missing-body", 400, "MissingRequestBodyError");
    endpoint.put("/a", b"there");
    let once = complete(&list(&[("1", x)])).header("x-cos-forbid-overwrite", "true");
    refused(&once.sign(), "file-already-exists", 409, "FileAlreadyExists");
    let again = request("POST", "/a").param("uploads", "").header("x-cos-forbid-overwrite", "true");
    refused(&again.sign(), "file-already-exists", 409, "FileAlreadyExists");

    for (method, target) in [("PUT", "/a"), ("GET", "/a"), ("POST", "/a"), ("DELETE", "/a")] {
        let body = list(&[("1", x)]);
        let absent = request(method, target)
            .header("Content-Length", body.len().to_string())
            .body(body.as_bytes())
            .param("partNumber", "1")
            .param("uploadId", "1700");
        refused(&absent.sign(), "no-such-upload", 404, "NoSuchUpload");
    }
    let copy = |source: &str, range: &str| {
        let copy = part("1", "").header("x-cos-copy-source", source);
        copy.header("x-cos-copy-source-range", range).sign()
    };
    let (source, absent) = (format!("{HOST}/a"), format!("{HOST}/absent"));
    refused(&copy(&absent, ""), "no-such-copy-source", 404, "NoSuchCopySource");
    refused(&copy("a", ""), "invalid-copy-source", 400, "InvalidCopySource");
    refused(&copy(&source, "bytes=1-"), "invalid-argument", 400, "InvalidArgument");
    refused(&copy(&source, "bytes=4-5"), "invalid-range", 416, "InvalidRange");
    let other = part("1", "").header("x-cos-copy-source", &source);
    let other = other.header("x-cos-copy-source-If-Match", "other").sign();
    refused(&other, "precondition-failed", 412, "PreconditionFailed");
    let other_key = get("/b").param("uploadId", &id);
    refused(&other_key.sign(), "no-such-upload", 404, "NoSuchUpload");
    assert_eq!(endpoint.send(&get("/a").sign()).body, b"there");
    assert_eq!((endpoint.kept(3), endpoint.files("incoming")), (3, 0));
}
