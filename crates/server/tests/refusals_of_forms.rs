//! Every cause for which a form is refused, as a client meets it: status, Code, Message. What holds for requests of every
//! kind stands in `refusals.rs`.

mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use cospass_server::{Builder, Limits};
use support::form::{BOUNDARY, Form, form, post};
use support::*;

#[track_caller]
fn refused_body(endpoint: &Endpoint, body: &[u8], cause: &str, status: u16, code: &str) -> String {
    let answer = endpoint.send(&post(body));
    assert_eq!(answer.status, status, "{cause}: {}", answer.text());
    let error = answer.error();
    assert_eq!(error.code, code, "{cause}");
    assert_eq!(error.evidence.is_some(), cause == "expired", "{cause}");
    error.message
}

#[track_caller]
fn refused(endpoint: &Endpoint, form: &Form, cause: &str, status: u16, code: &str) -> String {
    refused_body(endpoint, &form.body(), cause, status, code)
}

/// Nothing was kept of whatever was refused.
#[track_caller]
fn nothing_is_there(endpoint: &Endpoint) {
    assert_eq!((endpoint.kept(0), endpoint.files("incoming")), (0, 0));
}

#[test]
fn who_signed() {
    let endpoint = Endpoint::start();
    let refused = |form: &Form, cause, code| refused(&endpoint, form, cause, 403, code);
    let denied = "Access Denied.";
    assert_eq!(refused(&form("a"), "anonymous", "AccessDenied"), denied);
    for field in ["policy", "q-sign-algorithm", "q-ak", "q-key-time", "q-signature"] {
        let lacking = form("a").sign().without(field);
        assert_eq!(refused(&lacking, "malformed-signature", "AccessDenied"), denied);
    }
    let only_policy = form("a").field("policy", "e30=");
    assert_eq!(refused(&only_policy, "malformed-signature", "AccessDenied"), denied);
    let unknown = form("a").secret("AKIDOTHER", SECRET_KEY).sign();
    let message = refused(&unknown, "unknown-secret-id", "InvalidAccessKeyId");
    assert_eq!(message, "The Access Key Id you provided does not exist in our records");
    let strange = form("a").secret("a.b", SECRET_KEY).sign();
    refused(&strange, "secret-id-format", "InvalidAccessKeyId");
    let spaced = form("a").secret("invalid ak", SECRET_KEY).sign();
    assert_eq!(refused(&spaced, "malformed-signature", "AccessDenied"), denied);
    let wrong = form("a").secret(SECRET_ID, "other").sign();
    let message = refused(&wrong, "signature-mismatch", "SignatureDoesNotMatch");
    assert_eq!(message, "The Signature you specified is invalid.");
    let late = form("a").key_time(NOW - 100, NOW - 1).sign();
    assert_eq!(refused(&late, "expired", "AccessDenied"), "Request has expired");
    let early = form("a").key_time(NOW + 901, NOW + 1000).sign();
    refused(&early, "not-yet-valid", "RequestTimeTooSkewed");
    let head = post(&form("a").sign().body()).sign();
    assert_eq!(endpoint.send(&head).error().code, "InvalidRequest", "several-signatures");
    nothing_is_there(&endpoint);
}

#[test]
fn what_the_policy_says() {
    let endpoint = Endpoint::start();
    let refused = |form: &Form, cause, status, code| refused(&endpoint, form, cause, status, code);
    let unmet = |form: Form, words: &str| {
        let message = refused(&form, "condition-unmet", 403, "AccessDenied");
        assert_eq!(message, format!("Condition key {words}"));
    };
    unmet(
        form("a").sign().change("q-ak", "AKIDOTHER"),
        &format!("q-ak doesn't match the value {SECRET_ID}"),
    );
    unmet(
        form("a").sign().change("q-key-time", "1;2"),
        "q-sign-time doesn't match the value 1699999940;1700000300",
    );
    unmet(
        form("a").condition(r#"{"bucket":"other-1250000000"}"#).sign(),
        "bucket doesn't match the value other-1250000000",
    );
    unmet(
        form("a").condition(r#"["starts-with","$key","b/"]"#).sign(),
        "key doesn't match the value b/",
    );
    unmet(
        form("a").condition(r#"["eq","$acl","default"]"#).sign(),
        "acl doesn't match the value default",
    );
    let typed = form("a").field("Content-Type", "text/html");
    unmet(
        typed.condition(r#"["starts-with","$Content-Type","image/"]"#).sign(),
        "Content-Type doesn't match the value image/",
    );

    let expired = form("a").expiration("2023-11-14T22:13:20.999Z").sign();
    assert_eq!(
        refused(&expired, "policy-expired", 403, "AccessDenied"),
        "You post object request has been expired, expiration time: 1700000000 but the time now : 1700000000"
    );
    uploaded_at(&endpoint, NOW - 1, &expired);

    for policy in ["", "{", "[]", "{}", r#"{"expiration":"2023-11-14T22:18:20Z","conditions":[]}"#]
    {
        let message = refused(
            &form("a").sign_policy(policy),
            "policy-without-conditions",
            400,
            "InvalidPolicyDocument",
        );
        assert_eq!(
            message,
            "You must provide condition if you specify a policy in post object request."
        );
    }
    refused(
        &form("a").sign().change("policy", "{}"),
        "policy-without-conditions",
        400,
        "InvalidPolicyDocument",
    );
    for (form, words) in [
        (form("a").condition(r#"["ends-with","$key","a"]"#), "conditions[0]"),
        (form("a").condition(r#"["starts-with","$x-cos-acl",""]"#), "x-cos-acl"),
        (form("a").expiration("tomorrow"), "expiration"),
        (form("a").condition(r#"{"a":"b"}],"x":[0"#), "\"x\""),
    ] {
        let message = refused(&form.sign(), "invalid-policy", 400, "InvalidPolicyDocument");
        assert!(message.contains(words), "{message}");
    }
    let unbound = form("a").sign_policy(
        r#"{"expiration":"2023-11-14T22:18:20Z","conditions":[{"q-ak":"AKIDEXAMPLE"}]}"#,
    );
    let message = refused(&unbound, "invalid-policy", 400, "InvalidPolicyDocument");
    assert_eq!(message, "the condition on q-sign-algorithm is missing");
}

#[track_caller]
fn uploaded_at(endpoint: &Endpoint, now: i64, form: &Form) {
    endpoint.clock.set(now);
    assert_eq!(endpoint.send(&form.request()).status, 204);
    endpoint.clock.set(NOW);
}

#[test]
fn how_long_the_file_is() {
    let limits = |builder: Builder| {
        let mut limits = Limits::default();
        limits.object_size = 100;
        builder.limits(limits)
    };
    let endpoint = Endpoint::start_with(limits);
    let ranged = |length: usize| {
        form("a")
            .file(None, &vec![b'x'; length])
            .condition(r#"["content-length-range",10,20]"#)
            .sign()
    };
    for length in [10, 20] {
        assert_eq!(endpoint.send(&ranged(length).request()).status, 204, "{length}");
    }
    let refused = |form: &Form, cause, code| refused(&endpoint, form, cause, 400, code);
    let small = refused(&ranged(9), "entity-too-small", "EntityTooSmall");
    assert_eq!(small, "Your proposed upload is smaller than the minimum allowed object size.");
    let large = refused(&ranged(21), "entity-too-large", "EntityTooLarge");
    assert_eq!(large, "Your proposed upload exceeds the maximum allowed object size.");
    refused(&form("a").file(None, &[b'x'; 101]).sign(), "entity-too-large", "EntityTooLarge");
    let digest = form("a").field("Content-MD5", "7o3pGNBWQBRbGPcPTDqmAg==").file(None, b"x");
    refused(&digest.sign(), "bad-digest", "BadDigest");
    // Refused by its length alone: nothing of the file is sent.
    let (before, _) = form("a").sign().around();
    let mut connection = endpoint.connect();
    connection.write(&post(&before).replace_length(1 << 40).bytes());
    assert_eq!(connection.answer(false).error().code, "EntityTooLarge");
    assert_eq!((endpoint.kept(1), endpoint.files("incoming")), (1, 0));
}

#[test]
fn what_the_fields_say() {
    let endpoint = Endpoint::start();
    let refused =
        |form: Form, cause, status, code| refused(&endpoint, &form.sign(), cause, status, code);
    let message = refused(form("").without("key"), "invalid-argument", 400, "InvalidArgument");
    assert_eq!(message, "the form has no field key");
    refused(form(""), "invalid-argument", 400, "InvalidArgument");
    refused(form(&"k".repeat(851)), "key-too-long", 400, "KeyTooLong");
    for (name, value) in [
        ("acl", "public"),
        ("x-cos-storage-class", "COLDER"),
        ("x-cos-traffic-limit", "1"),
        ("success_action_status", "302"),
        ("success_action_redirect", "javascript:alert(1)"),
        ("success_action_redirect", "/done"),
    ] {
        let message =
            refused(form("a").field(name, value), "invalid-argument", 400, "InvalidArgument");
        assert!(message.contains(name), "{message}");
    }
    refused(form("a").field("Content-MD5", "x"), "invalid-digest", 400, "InvalidDigest");
    refused(form("a").field("x-cos-tagging", "a=1&a=2"), "invalid-tag", 400, "InvalidTag");
    refused(form("a").field("x-cos-copy-source", "b"), "unserved", 501, "NotImplemented");
    refused(form("a").field("x-cos-callback", "b"), "unserved", 501, "NotImplemented");
    refused(form("${filename}").file(None, b""), "invalid-argument", 400, "InvalidArgument");
    let not_text = form("KEY").sign().body();
    let at = not_text.windows(3).position(|window| window == b"KEY").unwrap();
    let not_text = [&not_text[..at], &b"\xff"[..], &not_text[at + 3..]].concat();
    refused_body(&endpoint, &not_text, "key-not-text", 400, "InvalidURI");
    let acl = post(&form("a").sign().body()).unsigned_param("acl", "");
    assert_eq!(endpoint.send(&acl).error().code, "MethodNotAllowed", "method-not-allowed");
    nothing_is_there(&endpoint);
}

#[test]
fn what_is_no_form() {
    let endpoint = Endpoint::start();
    let malformed = |body: &[u8]| {
        let message = refused_body(&endpoint, body, "malformed-form", 400, "MalformedPOSTRequest");
        assert_eq!(
            message,
            "The body of your POST request is not well-formed multipart/form-data."
        );
    };
    let signed = form("a").sign();
    let (before, behind) = signed.around();
    malformed(b"");
    malformed(b"key=a&file=b");
    malformed(&before[..before.len() - 1]);
    malformed(&before);
    malformed(&[&before[..], b"x"].concat());
    malformed(&[&before[..], &behind[..behind.len() - 4]].concat());
    let part = |head: &str| format!("\r\n--{BOUNDARY}\r\n{head}\r\n\r\nx").into_bytes();
    let named = |name: &str| part(&format!("Content-Disposition: form-data; {name}"));
    malformed(&[&part("Content-Type: text/plain"), &before[..], &behind].concat());
    malformed(&[&named("filename=\"a\""), &b"\r\n"[..], &before, &behind].concat());
    malformed(&[&before, &b"x"[..], &named("name=acl"), &behind].concat());
    for content_type in ["multipart/form-data", "multipart/form-data; boundary=", "text/plain"] {
        let body = signed.body();
        let other = request("POST", "/").header("Content-Type", content_type);
        let other = other.header("Content-Length", body.len().to_string()).body(&body);
        // Who brings no form at all is asked for a signature first.
        let other = if content_type == "text/plain" { other.sign() } else { other };
        assert_eq!(endpoint.send(&other).error().code, "MalformedPOSTRequest", "{content_type}");
    }
    let number = |body: &[u8]| {
        refused_body(&endpoint, body, "number-of-files", 400, "IncorrectNumberOfFilesInPostRequest")
    };
    assert_eq!(number(&behind), "POST requires exactly one file upload per request.");
    number(&[&before, &b"x"[..], &named("name=file"), &behind].concat());
    number(&[&named("name=photo; filename=a"), &b"\r\n"[..], &before, &behind].concat());
    let twice = [&named("name=KEY"), &b"\r\n"[..], &before, &behind].concat();
    refused_body(&endpoint, &twice, "invalid-argument", 400, "InvalidArgument");
    let no_length = request("POST", "/").header("Content-Type", "multipart/form-data; boundary=b");
    assert_eq!(endpoint.send(&no_length).error().code, "MissingContentLength", "missing-length");
    nothing_is_there(&endpoint);
}

#[test]
fn file_first_means_that_nothing_was_signed() {
    let endpoint = Endpoint::start();
    let signed = form("a").sign();
    let (before, behind) = signed.around();
    let file = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n");
    let body = [file.as_bytes(), &before, &behind].concat();
    refused_body(&endpoint, &body, "anonymous", 403, "AccessDenied");
    nothing_is_there(&endpoint);
}

#[test]
fn a_form_has_limits() {
    let limits = |builder: Builder| {
        let mut limits = Limits::default();
        limits.form_time = Duration::from_millis(500);
        builder.limits(limits)
    };
    let endpoint = Endpoint::start_with(limits);
    let large = |body: &[u8]| {
        refused_body(&endpoint, body, "form-too-large", 400, "EntityTooLarge");
    };
    large(&[b'x'; 70_000]);
    large(&form("a").field("x-cos-meta-a", &"v".repeat(33_000)).sign().body());
    large(&format!("--{BOUNDARY}\r\nX: {}", "y".repeat(33_000)).into_bytes());
    let fields = |count: usize| {
        let fields = (0..count).map(|index| format!("field{index}"));
        fields.fold(form("a"), |form, name| form.field(&name, "")).sign().body()
    };
    assert_eq!(endpoint.send(&post(&fields(120))).status, 204);
    large(&fields(5000));

    // A client that lies about its length, and one that never comes to the file.
    let started = Instant::now();
    let (before, _) = form("b").sign().around();
    let mut connection = endpoint.connect();
    connection.write(&post(&before[..200]).replace_length(1000).bytes());
    assert_eq!(connection.answer(false).error().code, "RequestTimeout", "body-timeout");
    let mut connection = endpoint.connect();
    connection.write(&post(b"").replace_length(1 << 30).head());
    let dripping = (0..).take_while(|_| {
        std::thread::sleep(Duration::from_millis(50));
        started.elapsed() < Duration::from_secs(5) && connection.stream.write_all(b"x").is_ok()
    });
    assert!(dripping.take(14).count() > 5);
    assert_eq!(connection.answer(false).error().code, "RequestTimeout", "body-timeout");
    let mut connection = endpoint.connect();
    connection.write(&post(&before[..200]).replace_length(1000).bytes());
    connection.end_writing();
    assert_eq!(connection.answer(false).error().code, "IncompleteBody", "incomplete-body");
    assert_eq!((endpoint.kept(1), endpoint.files("incoming")), (1, 0));
}
