//! Encryption by the service: with its own key, which is told and not done, and with keys of the customer.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
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

/// A key, its base64 and the base64 of its MD5.
struct Key {
    raw: [u8; 32],
    text: String,
    md5: String,
}

fn key(byte: u8) -> Key {
    let raw = std::array::from_fn(|index| byte.wrapping_add(index as u8));
    Key { raw, text: STANDARD.encode(raw), md5: STANDARD.encode(Md5::digest(raw)) }
}

const CUSTOMER: &str = "x-cos-server-side-encryption-customer";
const OF_SOURCE: &str = "x-cos-copy-source-server-side-encryption-customer";

fn with(request: Request, prefix: &str, key: &Key) -> Request {
    request
        .header(&format!("{prefix}-algorithm"), "AES256")
        .header(&format!("{prefix}-key"), &key.text)
        .header(&format!("{prefix}-key-MD5"), &key.md5)
}

fn bytes(length: u32) -> Vec<u8> {
    (0..length).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// Whether some bytes stand in any file of the data folder.
fn is_on_disk(endpoint: &Endpoint, what: &[u8]) -> bool {
    fn look(folder: &std::path::Path, what: &[u8]) -> bool {
        std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
            let path = entry.path();
            match path.is_dir() {
                true => look(&path, what),
                false => std::fs::read(&path)
                    .is_ok_and(|bytes| bytes.windows(what.len()).any(|window| window == what)),
            }
        })
    }
    look(endpoint.folder.path(), what)
}

#[test]
fn with_a_key_of_the_customer_an_object_is_encrypted_on_disk() {
    let endpoint = Endpoint::start();
    let (key, body) = (key(1), bytes(700_000));
    let answer = endpoint.send(&with(put("/a", &body), CUSTOMER, &key).sign());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header(&format!("{CUSTOMER}-algorithm")), Some("AES256"));
    assert_eq!(answer.header(&format!("{CUSTOMER}-key-MD5")), Some(key.md5.as_str()));
    endpoint.put("/plain", &body[..1000]);
    let (md5, plain) = (Md5::digest(&body), endpoint.put("/same", &body));
    let hex: String = md5.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_ne!(answer.header("ETag"), Some(format!("\"{hex}\"").as_str()));
    let crc64 = "x-cos-hash-crc64ecma";
    assert_eq!(answer.header(crc64), plain.header(crc64), "that of what was sent");
    assert_eq!(endpoint.send(&request("DELETE", "/same").sign()).status, 204);

    let folder = endpoint.shutdown();
    let endpoint = Endpoint::start_in(folder, |builder| builder);
    let got = endpoint.send(&with(get("/a"), CUSTOMER, &key).sign());
    assert!(got.status == 200 && got.body == body);
    assert_eq!(got.header(&format!("{CUSTOMER}-key-MD5")), Some(key.md5.as_str()));
    let head = endpoint.send(&with(request("HEAD", "/a"), CUSTOMER, &key).sign());
    assert_eq!(head.header("Content-Length"), Some("700000"));
    for (first, last) in [(0, 0), (1, 15), (16, 16), (17, 262_150), (699_990, 699_999)] {
        let range = get("/a").header("Range", format!("bytes={first}-{last}"));
        let part = endpoint.send(&with(range, CUSTOMER, &key).sign());
        assert!(part.status == 206 && part.body == body[first..=last], "{first}-{last}");
    }
    assert!(is_on_disk(&endpoint, &body[..1000]), "the plain object is found so");
    assert!(!is_on_disk(&endpoint, &body[1000..1064]), "nothing of the other one is");
    for secret in [&key.raw[..], &key.raw[..16], key.text.as_bytes(), key.md5.as_bytes()] {
        assert!(!is_on_disk(&endpoint, secret));
    }
}

#[test]
fn without_its_key_nothing_of_an_object_is_told() {
    let endpoint = Endpoint::start();
    assert_eq!(endpoint.send(&with(put("/a", b"x"), CUSTOMER, &key(1)).sign()).status, 200);
    endpoint.put("/plain", b"x");
    let lying = Key { md5: key(2).md5, ..key(1) };
    let short = Key { text: STANDARD.encode([7; 31]), ..key(1) };
    for (request, status, code) in [
        (get("/a"), 400, "InvalidRequest"),
        (with(get("/a"), CUSTOMER, &key(2)), 403, "AccessDenied"),
        (with(get("/plain"), CUSTOMER, &key(1)), 400, "InvalidRequest"),
        (with(get("/a"), CUSTOMER, &lying), 400, "InvalidArgument"),
        (with(get("/a"), CUSTOMER, &short), 400, "InvalidArgument"),
        (get("/a").header(&format!("{CUSTOMER}-algorithm"), "AES256"), 400, "InvalidArgument"),
        (with(put("/b", b"x"), CUSTOMER, &lying), 400, "InvalidArgument"),
        (with(put("/b", b"x"), CUSTOMER, &key(1)).header(SSE, "AES256"), 400, "InvalidArgument"),
        (with(get("/absent"), CUSTOMER, &key(1)), 404, "NoSuchKey"),
    ] {
        let answer = endpoint.send(&request.sign());
        assert_eq!((answer.status, answer.error().code.as_str()), (status, code));
        for text in [key(1).text, short.text.clone()] {
            assert!(!answer.error().message.contains(&text));
        }
    }
    let head = endpoint.send(&request("HEAD", "/a").sign());
    assert_eq!((head.status, head.header("ETag")), (400, None));
    assert_eq!(endpoint.send(&get("/b").sign()).status, 404);
}

#[test]
fn a_copy_is_encrypted_anew() {
    let endpoint = Endpoint::start();
    let body = bytes(600_000);
    assert_eq!(endpoint.send(&with(put("/a", &body), CUSTOMER, &key(1)).sign()).status, 200);
    let copy = |target: &str| put(target, b"").header("x-cos-copy-source", format!("{HOST}/a"));
    for (request, status, code) in [
        (copy("/b"), 400, "InvalidRequest"),
        (with(copy("/b"), OF_SOURCE, &key(2)), 403, "AccessDenied"),
        (with(copy("/b"), CUSTOMER, &key(1)), 400, "InvalidRequest"),
    ] {
        let answer = endpoint.send(&request.sign());
        assert_eq!((answer.status, answer.error().code.as_str()), (status, code));
    }
    let decrypted = endpoint.send(&with(copy("/plain"), OF_SOURCE, &key(1)).sign());
    assert_eq!(decrypted.status, 200, "{}", decrypted.text());
    assert!(endpoint.send(&get("/plain").sign()).body == body);
    let other = with(with(copy("/other"), OF_SOURCE, &key(1)), CUSTOMER, &key(2));
    let encrypted = endpoint.send(&other.sign());
    assert_eq!(encrypted.header(&format!("{CUSTOMER}-key-MD5")), Some(key(2).md5.as_str()));
    assert!(endpoint.send(&with(get("/other"), CUSTOMER, &key(2)).sign()).body == body);
    let plain = put("/c", b"").header("x-cos-copy-source", format!("{HOST}/plain"));
    assert_eq!(endpoint.send(&with(plain, CUSTOMER, &key(3)).sign()).status, 200);
    assert!(endpoint.send(&with(get("/c"), CUSTOMER, &key(3)).sign()).body == body);
}

#[test]
fn every_part_of_an_upload_is_encrypted() {
    let endpoint = Endpoint::start();
    let (key, other) = (key(1), key(2));
    let begun = with(request("POST", "/a").param("uploads", ""), CUSTOMER, &key).sign();
    let begun = endpoint.send(&begun);
    assert_eq!(begun.header(&format!("{CUSTOMER}-key-MD5")), Some(key.md5.as_str()));
    let id = begun.only("UploadId").to_owned();
    let (first, source) = (bytes(1 << 20), bytes(1 << 16));
    let part = |number: &str, body: &[u8]| {
        put("/a", body).param("partNumber", number).param("uploadId", &id)
    };
    assert_eq!(endpoint.send(&part("1", b"x").sign()).error().code, "InvalidRequest");
    let wrong = with(part("1", b"x"), CUSTOMER, &other).sign();
    assert_eq!(endpoint.send(&wrong).error().code, "AccessDenied");
    let one = endpoint.send(&with(part("1", &first), CUSTOMER, &key).sign());
    assert_eq!(endpoint.send(&with(put("/source", &source), CUSTOMER, &other).sign()).status, 200);
    let copy = part("2", b"")
        .header("x-cos-copy-source", format!("{HOST}/source"))
        .header("x-cos-copy-source-range", "bytes=5-65000");
    let two = endpoint.send(&with(with(copy, CUSTOMER, &key), OF_SOURCE, &other).sign());
    assert_eq!(two.status, 200, "{}", two.text());
    let part = |number, etag: &str| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    };
    let parts = part(1, one.header("ETag").unwrap()) + &part(2, two.only("ETag"));
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let complete = request("POST", "/a").header("Content-Length", body.len().to_string());
    let complete = complete.body(body.as_bytes()).param("uploadId", &id).sign();
    let completed = endpoint.send(&complete);
    assert_eq!(completed.status, 200, "{}", completed.text());
    // Not its MD5: the key did not come along.
    assert_eq!(completed.header(&format!("{CUSTOMER}-algorithm")), Some("AES256"));
    assert_eq!(completed.header(&format!("{CUSTOMER}-key-MD5")), None);
    let whole = [&first[..], &source[5..=65_000]].concat();
    let got = endpoint.send(&with(get("/a"), CUSTOMER, &key).sign());
    assert!(got.status == 200 && got.body == whole);
    let range = get("/a").header("Range", "bytes=1048570-1048590");
    let range = endpoint.send(&with(range, CUSTOMER, &key).sign());
    assert!(range.status == 206 && range.body == whole[1_048_570..=1_048_590]);
    assert_eq!(endpoint.send(&get("/a").sign()).status, 400);
    assert!(!is_on_disk(&endpoint, &first[..64]));
}

/// Appends with a key, if there is one.
fn append(endpoint: &Endpoint, position: usize, body: &[u8], key: Option<&Key>) -> Answer {
    let request = request("POST", "/a").header("Content-Length", body.len().to_string()).body(body);
    let request = request.param("append", "").param("position", &position.to_string());
    let request = match key {
        Some(key) => with(request, CUSTOMER, key),
        None => request,
    };
    endpoint.send(&request.sign())
}

#[test]
fn what_is_appended_is_encrypted_with_the_one_key() {
    let endpoint = Endpoint::start();
    let mut whole = Vec::new();
    // Few bytes are written together with those before them, many are not.
    for body in [&bytes(100)[..], &bytes(90)[10..], b"x", &bytes(400_000)[7..], &bytes(64)] {
        let answer = append(&endpoint, whole.len(), body, Some(&key(1)));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header(&format!("{CUSTOMER}-algorithm")), Some("AES256"));
        let md5: String = Md5::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(answer.header("x-cos-content-sha1"), Some(md5.as_str()));
        whole.extend_from_slice(body);
        let next = whole.len().to_string();
        assert_eq!(answer.header("x-cos-next-append-position"), Some(next.as_str()));
    }
    let got = endpoint.send(&with(get("/a"), CUSTOMER, &key(1)).sign());
    assert!(got.status == 200 && got.body == whole);
    let range = with(get("/a").header("Range", "bytes=95-200"), CUSTOMER, &key(1));
    assert_eq!(endpoint.send(&range.sign()).body, whole[95..=200]);
    assert!(!is_on_disk(&endpoint, &bytes(100)[..64]));
    assert!(!is_on_disk(&endpoint, &bytes(400_000)[7..71]));
}

#[test]
fn without_its_key_or_with_another_nothing_is_appended() {
    let endpoint = Endpoint::start();
    assert_eq!(append(&endpoint, 0, b"x", Some(&key(1))).status, 200);
    let code = |key: Option<&Key>| append(&endpoint, 1, b"y", key).error().code;
    assert_eq!(code(None), "InvalidRequest");
    assert_eq!(code(Some(&key(2))), "AccessDenied");
    let torn = Key { md5: key(2).md5, ..key(1) };
    assert_eq!(code(Some(&torn)), "InvalidArgument");
    assert_eq!(endpoint.send(&with(get("/a"), CUSTOMER, &key(1)).sign()).body, b"x");
    assert_eq!(endpoint.send(&request("DELETE", "/a").sign()).status, 204);
    assert_eq!(append(&endpoint, 0, b"x", None).status, 200);
    assert_eq!(code(Some(&key(1))), "InvalidRequest");
}
