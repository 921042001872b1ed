//! Calls from one side to the other, and what is refused on the way.

use cospass_sign::{Credentials, SecretKey};

use super::v1::Method;
use super::*;

const NOW: i64 = 1_700_000_000;
const HOSTS: [&str; 3] = [HOST, "127.0.0.1:9000", "sts.ap-guangzhou.tencentcloudapi.com"];

fn keys() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret")
}

fn federation() -> Request {
    Request::GetFederationToken(GetFederationToken {
        name: "upload".into(),
        policy: r#"{"version":"2.0","statement":[]}"#.into(),
        duration: Some(900),
    })
}

/// A call that came as it was sent, but for what is changed.
fn code_of(sent: &Outgoing, now: i64, key: &str) -> Result<Request, StsErrorCode> {
    let headers: Vec<_> =
        sent.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let received = Received {
        method: sent.method,
        path: sent.path,
        query: None,
        headers: &headers,
        body: &sent.body,
    };
    read(&received, now, key)
}

fn read(received: &Received<'_>, now: i64, key: &str) -> Result<Request, StsErrorCode> {
    let call = Call::read(received).map_err(|error| error.code)?;
    let key = Some(SecretKey::new(key)).filter(|key| !key.expose().is_empty());
    call.verify(key.as_ref(), now).map_err(|error| error.code)?;
    call.request().map_err(|error| error.code)
}

#[test]
fn what_is_sent_is_received() {
    for host in HOSTS {
        let token = keys().with_token("tok");
        for credentials in [keys(), token] {
            let sent = Outgoing::signed(&federation(), host, Some("ap-x"), &credentials, NOW);
            assert_eq!(code_of(&sent, NOW + 300, "secret"), Ok(federation()), "{host}");
        }
    }
}

#[test]
fn a_web_identity_needs_no_signature_and_everything_else_does() {
    let request = Request::AssumeRoleWithWebIdentity(AssumeRoleWithWebIdentity {
        provider_id: "oidc".into(),
        token: SecretKey::new("a.b.c"),
        role: RoleArn::parse("qcs::cam::uin/1:roleName/r").unwrap(),
        session_name: "me".into(),
        duration: None,
    });
    assert!(!request.is_signed() && federation().is_signed());
    let sent = Outgoing::skipping(&request, HOST, None, NOW);
    assert_eq!(code_of(&sent, NOW, ""), Ok(request));
    let sent = Outgoing::skipping(&federation(), HOST, None, NOW);
    assert_eq!(code_of(&sent, NOW, "secret"), Err(StsErrorCode::InvalidAuthorization));
}

#[test]
fn a_signed_call_is_refused_for_its_first_fault() {
    let sent = Outgoing::signed(&federation(), HOST, None, &keys(), NOW);
    for (now, key, code) in [
        (NOW + 301, "", StsErrorCode::SecretIdNotFound),
        (NOW + 301, "other", StsErrorCode::SignatureExpire),
        (NOW - 301, "secret", StsErrorCode::SignatureExpire),
        (NOW, "other", StsErrorCode::SignatureFailure),
    ] {
        assert_eq!(code_of(&sent, now, key), Err(code));
    }
    let mut altered = sent.clone();
    altered.body.push(b' ');
    assert_eq!(code_of(&altered, NOW, "secret"), Err(StsErrorCode::SignatureFailure));
}

#[test]
fn what_is_missing_in_the_head_is_named() {
    let without = |name: &str| {
        let mut sent = Outgoing::signed(&federation(), HOST, None, &keys(), NOW);
        sent.headers.retain(|(found, _)| *found != name);
        code_of(&sent, NOW, "secret")
    };
    for name in ["X-TC-Action", "X-TC-Version", "X-TC-Timestamp"] {
        assert_eq!(without(name), Err(StsErrorCode::MissingParameter), "{name}");
    }
    assert_eq!(without("Content-Type"), Err(StsErrorCode::InvalidParameter));
    assert_eq!(without("Authorization"), Err(StsErrorCode::MissingParameter));
    let with = |name: &'static str, value: &str| {
        let mut sent = Outgoing::signed(&federation(), HOST, None, &keys(), NOW);
        sent.headers.insert(0, (name, value.to_owned()));
        code_of(&sent, NOW, "secret")
    };
    assert_eq!(with("X-TC-Version", "2017-03-12"), Err(StsErrorCode::NoSuchVersion));
    assert_eq!(with("X-TC-Timestamp", "noon"), Err(StsErrorCode::InvalidParameterValue));
    assert_eq!(with("Authorization", "Bearer x"), Err(StsErrorCode::InvalidAuthorization));
}

/// A call of the older signature, as a GET, a POST, and a POST of the former interface.
fn by_params(path: &str, method: &str, host: &str, hash: Method) -> Result<Request, StsErrorCode> {
    let duration = if path == FORMER_PATH { "durationSeconds" } else { "DurationSeconds" };
    let policy = cospass_sign::percent::encode(br#"{"version":"2.0","statement":[]}"#);
    let params = [
        ("Action", "GetFederationToken"),
        ("Name", "upload"),
        ("Nonce", "1"),
        ("Policy", &policy),
        ("Region", "ap-guangzhou"),
        ("SecretId", "AKIDEXAMPLE"),
        ("SignatureMethod", hash.as_str()),
        ("Timestamp", "1700000000"),
        ("Version", VERSION),
        (duration, "900"),
    ];
    let signed = v1::Signed { method, host, path, params: &params };
    let signature = signed.signature(hash, keys().secret_key());
    let encode = |text: &str| cospass_sign::percent::encode(text.as_bytes());
    let signed_params = [&params[..], &[("Signature", &signature)]].concat();
    let pairs = signed_params.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    let encoded = pairs.collect::<Vec<_>>().join("&");
    let headers: [(&[u8], &[u8]); 2] =
        [(b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"127.0.0.1:9000")];
    let (query, body) = match method {
        "GET" => (Some(encoded.as_bytes()), &b""[..]),
        _ => (None, encoded.as_bytes()),
    };
    read(&Received { method, path, query, headers: &headers, body }, NOW, "secret")
}

#[test]
fn the_older_signature_holds_for_every_host_that_clients_sign() {
    for (path, method, host, hash) in [
        ("/", "POST", HOST, Method::HmacSha1),
        ("/", "POST", "127.0.0.1:9000", Method::HmacSha256),
        ("/", "GET", "127.0.0.1", Method::HmacSha1),
        ("/", "GET", "sts.ap-guangzhou.tencentcloudapi.com", Method::HmacSha256),
        (FORMER_PATH, "POST", "sts.api.qcloud.com", Method::HmacSha1),
        (FORMER_PATH, "GET", "sts.api.qcloud.com", Method::HmacSha1),
    ] {
        assert_eq!(by_params(path, method, host, hash), Ok(federation()), "{method} {host}{path}");
    }
}

#[test]
fn another_host_another_path_and_another_method_are_refused() {
    let refused = by_params("/", "POST", "sts.example.com", Method::HmacSha1);
    assert_eq!(refused, Err(StsErrorCode::SignatureFailure));
    let refused = by_params("/sts", "POST", HOST, Method::HmacSha1);
    assert_eq!(refused, Err(StsErrorCode::NoSuchProduct));
    let refused = by_params("/", "PUT", HOST, Method::HmacSha1);
    assert_eq!(refused, Err(StsErrorCode::UnsupportedProtocol));
}

#[test]
fn nothing_that_is_secret_is_printed() {
    let credentials = Credentials::new("AKIDEXAMPLE", "HUSH").with_token("WHISPER");
    let sent = Outgoing::signed(&federation(), HOST, None, &credentials, NOW);
    let headers: Vec<_> =
        sent.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let received =
        Received { method: "POST", path: "/", query: None, headers: &headers, body: &sent.body };
    let call = Call::read(&received).unwrap();
    let issued = Issued { credentials, expires: 0 };
    let text = format!("{sent:?}{received:?}{call:?}{issued:?}");
    assert!(text.contains("AKIDEXAMPLE"), "{text}");
    assert!(!text.contains("HUSH") && !text.contains("WHISPER") && !text.contains("Signature="));
}
