//! `?sign=` of the former interface, as cos-nodejs-sdk-v5 still makes it.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cospass_server::Coverage;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use support::*;

const APPID: &str = "1250000000";
const SHORT: &str = "examplebucket";

/// What `getV4Auth` of the SDK signs for an object, with the key as it encodes it.
fn text(key: &str) -> String {
    let end = NOW + 900;
    format!("a={APPID}&b={SHORT}&k={SECRET_ID}&t={NOW}&e={end}&r=7&f=/{APPID}/{SHORT}/{key}")
}

fn sign(text: &str, secret: &str) -> String {
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(secret.as_bytes()) else { return String::new() };
    let mac = mac.chain_update(text).finalize().into_bytes();
    STANDARD.encode([&*mac, text.as_bytes()].concat())
}

/// A request with that text signed.
fn signed(method: &'static str, target: &str, text: &str) -> Request {
    request(method, target).unsigned_param("sign", &sign(text, SECRET_KEY))
}

#[track_caller]
fn refused(endpoint: &Endpoint, request: &Request, code: &str) -> String {
    let answer = endpoint.send(request);
    let error = answer.error();
    assert_eq!((answer.status, error.code.as_str()), (403, code), "{}", answer.text());
    error.message
}

#[test]
fn it_downloads_the_object_that_it_names() {
    let endpoint = Endpoint::start();
    for (target, key) in [
        ("/1.txt", "1.txt"),
        ("/a/b%20c.txt", "a/b%20c.txt"),
        ("/%E4%B8%AD%E6%96%87.txt", "%E4%B8%AD%E6%96%87.txt"),
    ] {
        endpoint.put(target, b"content");
        let answer = endpoint.send(&signed("GET", target, &text(key)));
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"content"[..]), "{target}");
        let head = endpoint.send(&signed("HEAD", target, &text(key)));
        assert_eq!(head.status, 200, "{target}");
        let part = signed("GET", target, &text(key)).header("Range", "bytes=0-0");
        assert_eq!(endpoint.send(&part).body, b"c");
    }
    // As it is, without percent-encoding: a `+` is a digit of base64.
    let sign = sign(&text("1.txt"), SECRET_KEY);
    let raw = request("GET", &format!("/1.txt?sign={sign}"));
    assert_eq!(endpoint.send(&raw).status, 200);
}

#[test]
fn it_is_for_nothing_else() {
    let endpoint = Endpoint::start();
    endpoint.put("/1.txt", b"x");
    endpoint.put("/2.txt", b"x");
    let text = text("1.txt");
    let scope = "A signature of this form is for downloading the object that it names.";
    let acl = signed("GET", "/1.txt", &text).unsigned_param("acl", "");
    let upload = signed("PUT", "/1.txt", &text).header("Content-Length", "0");
    for request in [
        signed("GET", "/2.txt", &text),
        signed("GET", "/", &text),
        signed("DELETE", "/1.txt", &text),
        upload,
        acl,
        signed("GET", "/1.txt", &text.replace(&format!("/{SHORT}/"), "/other/")),
        signed("GET", "/1.txt", &text.replace("&b=examplebucket", "&b=other")),
        signed("GET", "/1.txt", &text.replace("a=1250000000", "a=1")),
    ] {
        let message = refused(&endpoint, &request, "AccessDenied");
        assert!(message.ends_with(scope), "{}: {message}", "out-of-v4");
    }
    // It signs no parameter; those that are for signed requests are taken beside it, as beside any signature.
    let changed = signed("GET", "/1.txt", &text);
    let changed = changed.unsigned_param("response-content-type", "text/html");
    assert_eq!(endpoint.send(&changed).header("Content-Type"), Some("text/html"));
    assert_eq!(endpoint.send(&get("/1.txt").sign()).status, 200);
}

#[test]
fn what_does_not_hold_is_refused_as_with_other_signatures() {
    let endpoint = Endpoint::start();
    endpoint.put("/1.txt", b"x");
    let text = text("1.txt");
    let with = |sign: &str| get("/1.txt").unsigned_param("sign", sign);
    let refused = |request: &Request, code| refused(&endpoint, request, code);
    refused(&with(&sign(&text, "other")), "SignatureDoesNotMatch");
    let unknown = text.replace(SECRET_ID, "AKIDUNKNOWN");
    refused(&signed("GET", "/1.txt", &unknown), "InvalidAccessKeyId");
    for malformed in ["", "!", "YT0xMjUwMDAwMDAw", &sign("a=1", SECRET_KEY)] {
        refused(&with(malformed), "AccessDenied");
    }
    // It could be used once, and there is nothing any more that counts.
    let once = text.replace(&format!("e={}", NOW + 900), "e=0");
    assert_eq!(refused(&signed("GET", "/1.txt", &once), "AccessDenied"), "Request has expired");
    let twice = signed("GET", "/1.txt", &text).unsigned_param("sign", "x");
    assert_eq!(endpoint.send(&twice).error().code, "InvalidRequest");
    endpoint.clock.set(NOW + 900);
    assert_eq!(endpoint.send(&signed("GET", "/1.txt", &text)).status, 200);
    endpoint.clock.set(NOW + 901);
    let expired = refused(&signed("GET", "/1.txt", &text), "AccessDenied");
    assert_eq!(expired, "Request has expired");
    endpoint.clock.set(NOW - 901);
    refused(&signed("GET", "/1.txt", &text), "RequestTimeTooSkewed");
}

#[test]
fn a_strict_bucket_does_not_take_it() {
    let endpoint = Endpoint::start_with(|builder| builder.signature(Coverage::Strict));
    assert_eq!(endpoint.send(&put("/1.txt", b"x").sign()).status, 200);
    let message = refused(&endpoint, &signed("GET", "/1.txt", &text("1.txt")), "AccessDenied");
    assert!(message.contains("The header host must be signed"), "{message}");
}
