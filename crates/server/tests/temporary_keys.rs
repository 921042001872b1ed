//! Temporary keys at work: what they may do, how long, and that nobody makes them but STS.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use cospass_protocol::sts::{AssumeRole, Request as StsRequest};
use cospass_server::{Builder, ReloadError, StartError, TokenKeyError};
use cospass_sign::Credentials;
use support::form::form;
use support::sts::*;
use support::*;

fn start() -> Endpoint {
    Endpoint::start_with(people)
}

fn keys_for(endpoint: &Endpoint, policy: &str, by: &Credentials) -> Credentials {
    endpoint.issued(&federation(policy, Some(600)), by).credentials
}

#[track_caller]
fn denied(endpoint: &Endpoint, request: &Request) {
    let answer = endpoint.send(request);
    let error = answer.error();
    assert_eq!((answer.status, error.code.as_str()), (403, "AccessDenied"), "{request:?}");
    assert_eq!(error.message, "Access Denied.");
}

#[track_caller]
fn ok(endpoint: &Endpoint, request: &Request) {
    let answer = endpoint.send(request);
    assert!(answer.status < 300, "{request:?}: {}", answer.text());
}

#[test]
fn a_policy_narrows_whoever_asked_for_the_keys() {
    let endpoint = start();
    endpoint.put("/p/a", b"x");
    let of_prefix = policy("name/cos:PutObject name/cos:GetObject", &resource("p/*"));
    let keys = keys_for(&endpoint, &of_prefix, &root());
    ok(&endpoint, &put("/p/b", b"x").with_keys(&keys));
    ok(&endpoint, &get("/p/a").presigned_with(&keys));
    for request in [
        put("/q", b"x"),
        put("/px", b"x"),
        request("DELETE", "/p/a"),
        get("/"),
        put("/p/a", b"").param("acl", "").header("x-cos-acl", "public-read"),
        put("/p/c", b"").header("x-cos-copy-source", format!("{HOST}/q")),
    ] {
        denied(&endpoint, &request.with_keys(&keys));
    }
    // The user may read everything and write `u/*`: of the policy, so much is left.
    let keys = keys_for(&endpoint, &of_prefix, &user());
    ok(&endpoint, &get("/p/a").with_keys(&keys));
    denied(&endpoint, &put("/p/b", b"x").with_keys(&keys));
    denied(&endpoint, &put("/u/b", b"x").with_keys(&keys));
}

#[test]
fn a_user_may_what_its_policies_allow() {
    let endpoint = start();
    endpoint.put("/a", b"x");
    ok(&endpoint, &get("/a").with_keys(&user()));
    ok(&endpoint, &put("/u/a", b"x").with_keys(&user()));
    ok(&endpoint, &form("u/f").secret(USER_ID, USER_KEY).sign().request());
    for request in [put("/a", b"y"), request("DELETE", "/u/a"), get("/"), put("/", b"")] {
        denied(&endpoint, &request.with_keys(&user()));
    }
    denied(&endpoint, &form("f").secret(USER_ID, USER_KEY).sign().request());
    let bucket_policy = format!(
        r#"{{"version":"2.0","statement":[{{"effect":"deny","principal":{{"qcs":["qcs::cam::uin/{OWNER}:uin/{USER}"]}},"action":["name/cos:GetObject"],"resource":["{}"]}}]}}"#,
        resource("a")
    );
    ok(&endpoint, &put("/", bucket_policy.as_bytes()).param("policy", "").sign());
    denied(&endpoint, &get("/a").with_keys(&user()));
    ok(&endpoint, &get("/a").sign());
}

#[test]
fn a_role_has_its_own_policies_and_no_others() {
    let endpoint = start();
    let role = |policy| StsRequest::AssumeRole(assume_role(policy));
    let keys = endpoint.issued(&role(None), &user()).credentials;
    ok(&endpoint, &put("/r/a", b"x").with_keys(&keys));
    denied(&endpoint, &put("/u/a", b"x").with_keys(&keys));
    denied(&endpoint, &get("/r/a").with_keys(&keys));
    let narrow = policy("name/cos:*", &resource("r/only/*"));
    let keys = endpoint.issued(&role(Some(&narrow)), &user()).credentials;
    ok(&endpoint, &put("/r/only/a", b"x").with_keys(&keys));
    denied(&endpoint, &put("/r/a", b"x").with_keys(&keys));
    denied(&endpoint, &get("/r/only/a").with_keys(&keys));
}

#[test]
fn a_token_works_in_header_query_and_form() {
    let endpoint = start();
    let both = policy("name/cos:PutObject name/cos:PostObject", &resource("p/*"));
    let keys = keys_for(&endpoint, &both, &root());
    let (id, key) = (keys.secret_id().as_str(), keys.secret_key().expose());
    let token = keys.token().unwrap().expose();
    ok(&endpoint, &put("/p/a", b"x").with_keys(&keys));
    ok(&endpoint, &put("/p/a", b"x").presigned_with(&keys));
    let unsigned = put("/p/a", b"x").unsigned_param("x-cos-security-token", token);
    ok(&endpoint, &unsigned.key(id, key).presign());
    let fields = |name: &str, token: &str| {
        form(name).secret(id, key).field("x-cos-security-token", token).sign().request()
    };
    ok(&endpoint, &fields("p/f", token));
    denied(&endpoint, &fields("f", token));
    let refused = endpoint.send(&fields("p/f", "x"));
    assert_eq!((refused.status, refused.error().code.as_str()), (403, "InvalidAccessKeyId"));
    let bare = form("p/f").secret(id, key).sign().request();
    assert_eq!(endpoint.send(&bare).error().code, "InvalidAccessKeyId");
}

#[test]
fn forged_altered_missing_and_ended_tokens_are_refused_as_the_service_does() {
    let endpoint = start();
    let keys = keys_for(&endpoint, &policy("name/cos:*", &resource("*")), &root());
    let other = keys_for(&endpoint, &policy("name/cos:*", &resource("*")), &root());
    let token = keys.token().unwrap().expose().to_owned();
    let with = |token: &str| put("/a", b"x").with_keys(&keys.clone().with_token(token));
    let message = "The Access Key Id you provided does not exist in our records";
    let mut altered = token.clone();
    altered.replace_range(30..31, if &token[30..31] == "A" { "B" } else { "A" });
    let bare = put("/a", b"x").key(keys.secret_id().as_str(), keys.secret_key().expose()).sign();
    for request in [
        with(&altered),
        with(other.token().unwrap().expose()),
        with("x"),
        with(&token[..token.len() - 1]),
        bare,
        get("/a").key(keys.secret_id().as_str(), "wrong").sign(),
    ] {
        let answer = endpoint.send(&request);
        let error = answer.error();
        assert_eq!((answer.status, error.code.as_str()), (403, "InvalidAccessKeyId"));
        assert_eq!(error.message, message, "{request:?}");
    }
    let wrong_key = Credentials::new(keys.secret_id().as_str(), "wrong").with_token(&*token);
    let mismatch = endpoint.send(&put("/a", b"x").with_keys(&wrong_key));
    assert_eq!(mismatch.error().code, "SignatureDoesNotMatch");
    // Until its last second, and not one longer, however long the signature would last.
    let long = put("/a", b"x").key_time(NOW - 60, NOW + 9000).with_keys(&keys);
    endpoint.clock.set(after(599));
    ok(&endpoint, &long);
    endpoint.clock.set(after(600));
    let ended = endpoint.send(&long);
    assert_eq!((ended.status, ended.error().code.as_str()), (403, "InvalidAccessKeyId"));
    assert_eq!(ended.error().message, message);
}

#[test]
fn conditions_of_a_policy_hold_the_request() {
    let endpoint = start();
    let keys = |condition: &str| {
        let text = policy_if("name/cos:PutObject name/cos:GetBucket", &resource("*"), condition);
        keys_for(&endpoint, &text, &root())
    };
    let small = keys(r#"{"numeric_less_than_equal": {"cos:content-length": 4}}"#);
    ok(&endpoint, &put("/a", b"1234").with_keys(&small));
    denied(&endpoint, &put("/a", b"12345").with_keys(&small));
    let images = keys(r#"{"string_like": {"cos:content-type": "image/*"}}"#);
    ok(&endpoint, &put("/a", b"x").header("Content-Type", "image/png").with_keys(&images));
    denied(&endpoint, &put("/a", b"x").header("Content-Type", "text/html").with_keys(&images));
    denied(&endpoint, &put("/a", b"x").with_keys(&images));
    let listing = keys(r#"{"string_equal": {"cos:prefix": "folder1%2F"}}"#);
    ok(&endpoint, &get("/").param("prefix", "folder1/").with_keys(&listing));
    denied(&endpoint, &get("/").param("prefix", "folder2/").with_keys(&listing));
    let here = keys(r#"{"ip_equal": {"qcs:ip": ["127.0.0.0/8"]}}"#);
    ok(&endpoint, &put("/a", b"x").with_keys(&here));
    let elsewhere = keys(r#"{"ip_equal": {"qcs:ip": ["10.0.0.0/24"]}}"#);
    denied(&endpoint, &put("/a", b"x").with_keys(&elsewhere));
    let secure = keys(r#"{"bool_equal": {"cos:secure-transport": "true"}}"#);
    denied(&endpoint, &put("/a", b"x").with_keys(&secure));
    // `uid/*` is taken by STS and denied by COS.
    let any = policy("name/cos:PutObject", &resource("*").replace("1250000000:", "*:"));
    denied(&endpoint, &put("/a", b"x").with_keys(&keys_for(&endpoint, &any, &root())));
}

#[test]
fn a_bucket_policy_may_name_roles_and_federated_users() {
    let endpoint = start();
    endpoint.put("/a", b"x");
    let role = endpoint.issued(&StsRequest::AssumeRole(assume_role(None)), &user()).credentials;
    let all = policy("name/cos:*", &resource("*"));
    let federated = keys_for(&endpoint, &all, &user());
    denied(&endpoint, &get("/a").with_keys(&role));
    denied(&endpoint, &request("DELETE", "/b").with_keys(&federated));
    let bucket_policy = format!(
        r#"{{"version":"2.0","statement":[
            {{"effect":"allow","principal":{{"qcs":["{ROLE}"]}},"action":["name/cos:GetObject"],"resource":["{}"]}},
            {{"effect":"allow","principal":{{"qcs":["qcs::sts::{OWNER}:federated-user/app"]}},"action":["name/cos:DeleteObject"],"resource":["{}"]}}]}}"#,
        resource("*"),
        resource("*")
    );
    ok(&endpoint, &put("/", bucket_policy.as_bytes()).param("policy", "").sign());
    ok(&endpoint, &get("/a").with_keys(&role));
    ok(&endpoint, &request("DELETE", "/b").with_keys(&federated));
    denied(&endpoint, &request("DELETE", "/b").with_keys(&user()));
}

/// Two endpoints that have the same keys.
fn with_key_file(file: &std::path::Path, keys: &[&str]) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(file).unwrap();
    file.write_all(keys.join("\n").as_bytes()).unwrap();
}

#[test]
#[cfg(unix)]
fn endpoints_with_the_same_key_take_each_others_and_a_former_key_still_counts() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("keys");
    let (old, new) = ("1b".repeat(32), "2c".repeat(32));
    with_key_file(&file, &[&old]);
    let start = |builder: Builder| people(builder).token_key(&file);
    let (first, second) = (Endpoint::start_with(start), Endpoint::start_with(start));
    let stranger = Endpoint::start_with(people);
    let all = policy("name/cos:*", &resource("*"));
    let keys = keys_for(&first, &all, &root());
    ok(&second, &put("/a", b"x").with_keys(&keys));
    let refused = stranger.send(&put("/a", b"x").with_keys(&keys));
    assert_eq!(refused.error().code, "InvalidAccessKeyId");
    with_key_file(&file, &[&new, &old]);
    first.running().reload().unwrap();
    let later = keys_for(&first, &all, &root());
    ok(&first, &put("/a", b"x").with_keys(&keys));
    assert_eq!(second.send(&put("/a", b"x").with_keys(&later)).status, 403);
    second.running().reload().unwrap();
    ok(&second, &put("/a", b"x").with_keys(&later));
    with_key_file(&file, &[&new]);
    second.running().reload().unwrap();
    assert_eq!(second.send(&put("/a", b"x").with_keys(&keys)).status, 403);
    ok(&second, &put("/a", b"x").with_keys(&later));
    with_key_file(&file, &["none"]);
    let refused = second.running().reload();
    assert!(matches!(refused, Err(ReloadError::TokenKeys(TokenKeyError::Unreadable { .. }))));
    ok(&second, &put("/a", b"x").with_keys(&later));
}

#[test]
fn keys_outlive_the_endpoint_that_made_them_and_not_those_whose_they_are() {
    let endpoint = start();
    let all = policy("name/cos:*", &resource("*"));
    let of_root = keys_for(&endpoint, &all, &root());
    let of_user = keys_for(&endpoint, &all, &user());
    let of_role = StsRequest::AssumeRole(AssumeRole { duration: Some(600), ..assume_role(None) });
    let of_role = endpoint.issued(&of_role, &user()).credentials;
    let folder = endpoint.shutdown();
    let endpoint = Endpoint::start_in(folder, |builder| builder);
    ok(&endpoint, &put("/r/a", b"x").with_keys(&of_root));
    for keys in [of_user, of_role] {
        let refused = endpoint.send(&put("/r/a", b"x").with_keys(&keys));
        assert_eq!(refused.error().code, "InvalidAccessKeyId");
    }
}

#[test]
fn a_key_file_that_is_none_does_not_start() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let builder = cospass_server::Server::builder()
        .in_memory()
        .credentials(root())
        .token_key("/nowhere/keys");
    let refused = runtime.block_on(builder.start());
    assert!(matches!(refused, Err(StartError::TokenKeys(TokenKeyError::Io { .. }))));
}

#[test]
fn the_operator_is_told_what_would_have_been_needed() {
    let endpoint =
        Endpoint::start_with(|builder| people(builder).control("127.0.0.1:0".parse().unwrap()));
    let keys = keys_for(&endpoint, &policy("name/cos:PutObject", &resource("p/*")), &root());
    denied(&endpoint, &put("/q", b"x").with_keys(&keys));
    denied(&endpoint, &put("/v", b"x").with_keys(&user()));
    let listed = control(&endpoint, "/requests?limit=2");
    let of = |index: usize| listed["requests"][index]["explanation"].clone();
    let (by_user, by_keys) = (of(0), of(1));
    assert_eq!(by_keys["cause"], "denied");
    assert_eq!(by_keys["actions"][0], "name/cos:PutObject");
    assert_eq!(by_keys["resource"], resource("q"));
    assert_eq!(by_keys["decision"], "denied: nothing in the temporary keys' policy allows it");
    let text = by_keys["message"].as_str().unwrap();
    assert!(text.starts_with("name/cos:PutObject on qcs::cos:ap-guangzhou:"), "{text}");
    assert_eq!(by_user["decision"], "denied: nothing allows it");
    // A call of STS is listed by its action, its code for a cause, whatever its status.
    endpoint.refused_call(&federation("{", None), &root());
    let listed = control(&endpoint, "/requests?limit=1");
    let call = &listed["requests"][0];
    assert_eq!((&call["operation"], &call["status"]), (&"GetFederationToken".into(), &200.into()));
    assert_eq!(call["cause"], "InvalidParameter.StrategyFormatError");
    assert_eq!(call["secret_id"], SECRET_ID);
    let metrics = control_text(&endpoint, "/metrics");
    for sample in [
        "requests_total{operation=\"GetFederationToken\",status=\"200\"} 2",
        "refusals_total{cause=\"InvalidParameter.StrategyFormatError\"} 1",
    ] {
        assert!(metrics.contains(sample), "{sample}: {metrics}");
    }
}

fn control_text(endpoint: &Endpoint, path: &str) -> String {
    use std::io::{Read, Write};
    let address = endpoint.running().control_addr().unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn control(endpoint: &Endpoint, path: &str) -> serde_json::Value {
    let text = control_text(endpoint, path);
    serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
}
