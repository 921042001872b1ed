//! Who asks, and whether they may.

use cospass_protocol::xml::Evidence;
use cospass_sign::Credentials;

use crate::refused;
use crate::support::sts::*;
use crate::support::*;

#[test]
fn who_asks() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let refused =
        |request: &Request, cause, status, code| refused(&endpoint, request, cause, status, code);
    let message = |answer: &Answer| answer.error().message;
    let anonymous = refused(&get("/a"), "anonymous", 403, "AccessDenied");
    assert_eq!(message(&anonymous), "Access Denied.");
    refused(&get("/a").header("Authorization", ""), "anonymous", 403, "AccessDenied");
    refused(&get("/a").unsigned_param("uploads", ""), "anonymous", 403, "AccessDenied");

    let lacking = get("/a").sign().tamper(|text| text.replace("q-ak", "q-xx"));
    refused(&lacking, "malformed-signature", 403, "AccessDenied");
    let foreign = get("/a").header("Authorization", "AWS AKID:signature");
    refused(&foreign, "malformed-signature", 403, "AccessDenied");
    let twice = get("/a").header("Authorization", "q-sign-algorithm=sha1").presign();
    refused(&twice, "several-signatures", 400, "InvalidRequest");

    let strange = refused(
        &get("/a").key("a.b", SECRET_KEY).sign(),
        "secret-id-format",
        403,
        "InvalidAccessKeyId",
    );
    assert_eq!(message(&strange), "The access key Id format you provided is invalid.");
    let spaced = get("/a").key("invalid ak", SECRET_KEY).sign();
    let spaced = refused(&spaced, "malformed-signature", 403, "AccessDenied");
    assert_eq!(message(&spaced), "Access Denied.");
    let unknown = get("/a").key("AKIDOTHER", SECRET_KEY).sign();
    let unknown = refused(&unknown, "unknown-secret-id", 403, "InvalidAccessKeyId");
    assert_eq!(message(&unknown), "The Access Key Id you provided does not exist in our records");

    let mismatch = refused(
        &get("/a").key(SECRET_ID, "other").sign(),
        "signature-mismatch",
        403,
        "SignatureDoesNotMatch",
    );
    assert_eq!(message(&mismatch), "The Signature you specified is invalid.");
    let Some(Evidence::Signed { string_to_sign, format_string }) = mismatch.error().evidence else {
        panic!("{}", mismatch.text())
    };
    assert!(string_to_sign.starts_with("sha1\n1699999940;1700000300\n"), "{string_to_sign}");
    assert_eq!(format_string, format!("get\n/a\n\nhost={HOST}\n"));
}

#[test]
fn who_may() {
    let endpoint = Endpoint::start_with(|builder| {
        builder.bucket_signature(BUCKET, cospass_server::Coverage::Strict)
    });
    endpoint.put("/a", b"x");
    let unlisted = get("/a").presign().header("Range", "bytes=0-");
    refused(&endpoint, &unlisted, "not-signed", 403, "AccessDenied");
    let referers = b"<RefererConfiguration><Status>Enabled</Status><RefererType>White-List</RefererType><DomainList><Domain>example.com</Domain></DomainList></RefererConfiguration>";
    assert_eq!(endpoint.send(&put("/", referers).param("referer", "").sign()).status, 200);
    refused(&endpoint, &get("/a"), "denied-by-referer", 403, "AccessDenied");
    let policy = br#"{"version":"2.0","statement":[{"effect":"deny","principal":{"qcs":"qcs::cam::uin/100000000001:uin/100000000001"},"action":"cos:GetObject","resource":"*"}]}"#;
    assert_eq!(endpoint.send(&put("/", policy).param("policy", "").sign()).status, 204);
    refused(&endpoint, &get("/a").sign(), "denied", 403, "AccessDenied");
}

#[test]
fn what_was_signed_cannot_be_changed() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    endpoint.put("/b", b"x");
    let signed = get("/a").param("response-expires", "1").header("x-cos-meta-a", "1").presign();
    assert_eq!(endpoint.send(&signed).status, 200);
    let text = String::from_utf8(signed.bytes()).unwrap();
    for (from, to) in [
        ("GET /a", "GET /b"),
        ("GET ", "HEAD "),
        ("response-expires=1", "response-expires=2"),
        ("response-expires=1&", ""),
        ("x-cos-meta-a: 1", "x-cos-meta-a: 2"),
        ("x-cos-meta-a: 1\r\n", ""),
        (HOST, "examplebucket-1250000000.cos.ap-beijing.myqcloud.com"),
        ("q-key-time=1699999940%3B1700000300", "q-key-time=1699999940%3B1700000301"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        let answer = endpoint.exchange(changed.as_bytes(), to == "HEAD ");
        assert_eq!(answer.status, 403, "{from}");
        if to != "HEAD " {
            assert_eq!(answer.error().code, "SignatureDoesNotMatch", "{from}");
        }
    }
}

#[test]
fn when_it_is_signed_for() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let asked = get("/a").key_time(NOW, NOW + 10).presign();
    let at = |now: i64| {
        endpoint.clock.set(now);
        endpoint.send(&asked)
    };
    for now in [NOW - 900, NOW, NOW + 10] {
        assert_eq!(at(now).status, 200, "{now}");
    }
    let late = at(NOW + 11);
    assert_eq!((late.status, late.error().code.as_str()), (403, "AccessDenied"), "expired");
    assert_eq!(late.error().message, "Request has expired");
    let server_time = Evidence::ServerTime("2023-11-14T22:13:31Z".to_owned());
    assert_eq!(late.error().evidence, Some(server_time));
    let early = at(NOW - 901);
    assert_eq!(
        (early.status, early.error().code.as_str()),
        (403, "RequestTimeTooSkewed"),
        "not-yet-valid"
    );
    endpoint.clock.set(NOW);
    let endless = get("/a").sign().tamper(|text| text.replace("1700000300", ""));
    refused(&endpoint, &endless, "expired", 403, "AccessDenied");
}

#[test]
fn temporary_credentials_need_their_token() {
    let endpoint = Endpoint::start_with(|builder| {
        builder.credentials(Credentials::new(SECRET_ID, SECRET_KEY).with_token("t+/="))
    });
    let in_header = put("/a", b"x").token("t+/=").sign();
    assert_eq!(endpoint.send(&in_header).status, 200);
    let in_query = get("/a").param("x-cos-security-token", "t+/=").presign();
    assert_eq!(endpoint.send(&in_query).status, 200);
    let unsigned = get("/a").unsigned_param("x-cos-security-token", "t+/=").presign();
    assert_eq!(endpoint.send(&unsigned).status, 200);
    for request in [get("/a").sign(), get("/a").token("t").sign(), get("/a").token("").sign()] {
        refused(&endpoint, &request, "wrong-token", 403, "InvalidAccessKeyId");
    }
}

#[test]
fn temporary_keys_end() {
    let endpoint = Endpoint::start();
    let policy = policy("name/cos:*", &resource("*"));
    let keys = endpoint.issued(&federation(&policy, Some(60)), &root()).credentials;
    let signed = put("/a", b"x").with_keys(&keys);
    assert_eq!(endpoint.send(&signed).status, 200);
    endpoint.clock.advance(60);
    let ended = refused(&endpoint, &signed, "expired-token", 403, "InvalidAccessKeyId");
    let message = "The Access Key Id you provided does not exist in our records";
    assert_eq!(ended.error().message, message);
}

#[test]
fn a_token_beside_a_permanent_key_is_not_looked_at() {
    let endpoint = Endpoint::start();
    assert_eq!(endpoint.send(&put("/a", b"x").token("stray").sign()).status, 200);
}
