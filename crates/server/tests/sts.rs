//! The Security Token Service: what is issued to whom, and every way in which a call is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use cospass_protocol::sts::{
    Answer as StsAnswer, AssumeRole, AssumeRoleWithWebIdentity, Outgoing, Request as StsRequest,
    RoleArn,
};
use cospass_server::{IdentityProvider, Role, User};
use cospass_sign::{Credentials, SecretKey, percent};
use support::sts::*;
use support::*;

fn start() -> Endpoint {
    Endpoint::start_with(people)
}

fn upload() -> String {
    policy("name/cos:PutObject", &resource("u/*"))
}

#[test]
fn everybody_is_told_who_it_is() {
    let endpoint = start();
    let tell = |keys: &Credentials| {
        let who = endpoint.who_is(keys);
        [who.kind, who.arn, who.user_id, who.principal_id]
    };
    let of_account = format!("qcs::cam:{OWNER}:uin/{OWNER}");
    assert_eq!(tell(&root()), ["CAMUser", &of_account, OWNER, OWNER]);
    let of_user = format!("qcs::cam:{OWNER}:uin/{USER}");
    assert_eq!(tell(&user()), ["CAMUser", &of_user, USER, USER]);
    let federated = endpoint.issued(&federation(&upload(), None), &user()).credentials;
    let arn = format!("qcs::sts:{OWNER}:federated-user/{USER}");
    assert_eq!(tell(&federated), ["CAMUser", &arn, &format!("{USER}:app"), USER]);
    let role = StsRequest::AssumeRole(assume_role(None));
    let role = endpoint.issued(&role, &user()).credentials;
    let arn = format!("qcs::sts:{OWNER}:assumed-role/4611686018427397919");
    assert_eq!(tell(&role), ["CAMRole", &arn, "4611686018427397919:session", USER]);
    assert_eq!(endpoint.who_is(&role).account_id, OWNER);
}

#[test]
fn keys_live_as_long_as_is_documented() {
    let endpoint = start();
    let ends =
        |request: &StsRequest, keys: &Credentials| endpoint.issued(request, keys).expires - NOW;
    let code = |request: &StsRequest, keys: &Credentials| endpoint.refused_call(request, keys);
    let ask = |seconds| federation(&upload(), Some(seconds));
    let over = "InvalidParameter.OverTimeError";
    assert_eq!(ends(&federation(&upload(), None), &root()), 1800);
    assert_eq!((ends(&ask(7200), &root()), code(&ask(7201), &root())), (7200, over.into()));
    assert_eq!(
        (ends(&ask(129_600), &user()), code(&ask(129_601), &user())),
        (129_600, over.into())
    );
    let role = |duration| StsRequest::AssumeRole(AssumeRole { duration, ..assume_role(None) });
    assert_eq!((ends(&role(None), &user()), ends(&role(Some(43_200)), &user())), (7200, 43_200));
    assert_eq!(code(&role(Some(43_201)), &user()), over);
    assert_eq!(code(&ask(0), &root()), "InvalidParameter.ParamError");
}

#[test]
fn who_asks_is_refused_in_the_services_words() {
    let endpoint = start();
    let ask = |keys: &Credentials| endpoint.refused_call(&federation(&upload(), None), keys);
    assert_eq!(ask(&Credentials::new("AKIDNOBODY", "x")), "AuthFailure.SecretIdNotFound");
    assert_eq!(ask(&Credentials::new(SECRET_ID, "x")), "AuthFailure.SignatureFailure");
    let late = Outgoing::signed(&StsRequest::GetCallerIdentity, STS, None, &root(), NOW - 301);
    assert_eq!(refused_code(endpoint.outgoing(&late)), "AuthFailure.SignatureExpire");
    // Temporary keys ask for no federation token; with another token they are nobody's.
    let keys = endpoint.issued(&federation(&upload(), Some(60)), &root()).credentials;
    assert_eq!(ask(&keys), "FailedOperation.TempKeyNotAllowed");
    assert_eq!(ask(&keys.clone().with_token("x")), "AuthFailure.TokenFailure");
    endpoint.clock.advance(60);
    let gone = endpoint.refused_call(&StsRequest::GetCallerIdentity, &keys);
    assert_eq!(gone, "AuthFailure.TokenFailure");
}

#[test]
fn a_policy_must_be_one_and_of_the_callers_own_resources() {
    let endpoint = Endpoint::start_with(|builder| {
        let other = Credentials::new("AKIDOTHER", "OTHERKEY");
        people(builder).account(other, "100000000002", "1250000002")
    });
    let long = policy("name/cos:PutObject", &resource(&"x".repeat(6000)));
    let theirs = "qcs::cos:ap-guangzhou:uid/1250000002:theirs-1250000002/*";
    for (text, code) in [
        ("{".to_owned(), "InvalidParameter.StrategyFormatError"),
        ("nonsense".to_owned(), "InvalidParameter.StrategyFormatError"),
        (r#"{"version":"2.0"}"#.to_owned(), "InvalidParameter.StrategyInvalid"),
        (policy("name/cos:PutObject", "b/*"), "InvalidParameter.ResouceError"),
        (policy("name/cos:PutObject", theirs), "InvalidParameter.GrantOtherResource"),
        (long, "InvalidParameter.ExtendStrategyOverSize"),
        (" ".repeat(21 * 1024), "InvalidParameter.PolicyTooLong"),
    ] {
        let refused = endpoint.refused_call(&federation(&text, None), &root());
        assert_eq!(refused, code, "{}", text.get(..40).unwrap_or(&text));
    }
    // `getPolicy` of npm's qcloud-cos-sts writes a principal, and older documents `uid/*`.
    let tolerated = upload().replace("\"effect\"", "\"principal\": {\"qcs\": \"*\"}, \"effect\"");
    endpoint.issued(&federation(&tolerated, None), &root());
    let any = policy("name/cos:PutObject", &resource("*").replace("1250000000:", "*:"));
    endpoint.issued(&federation(&any, None), &root());
}

#[test]
fn a_role_is_for_those_whom_its_owner_names() {
    let endpoint = Endpoint::start_with(|builder| {
        let stranger = User::new(Credentials::new("AKIDSTRANGER", "k"), "100000000011");
        let unallowed = User::new(Credentials::new("AKIDUNALLOWED", "k"), "100000000012");
        let guarded = Role::new("guarded")
            .external_id("they-know")
            .assumed_by(format!("qcs::cam::uin/{OWNER}:root"));
        people(builder).user(stranger).user(unallowed).role(guarded)
    });
    let code = |request: AssumeRole, keys: &Credentials| {
        endpoint.refused_call(&StsRequest::AssumeRole(request), keys)
    };
    let role = |name: &str, external_id: Option<&str>| AssumeRole {
        role: RoleArn::parse(&format!("qcs::cam::uin/{OWNER}:roleName/{name}")).unwrap(),
        external_id: external_id.map(str::to_owned),
        ..assume_role(None)
    };
    assert_eq!(code(role("absent", None), &user()), "ResourceNotFound.RoleNotFound");
    let stranger = Credentials::new("AKIDSTRANGER", "k");
    assert_eq!(code(role("uploader", None), &stranger), "UnauthorizedOperation");
    assert_eq!(code(role("uploader", None), &root()), "UnauthorizedOperation");
    // Trusted, but without a policy that lets it.
    let unallowed = Credentials::new("AKIDUNALLOWED", "k");
    let refused = code(role("guarded", Some("they-know")), &unallowed);
    assert_eq!(refused, "AuthFailure.UnauthorizedOperation");
    for (external_id, is_let) in [(None, false), (Some("others"), false), (Some("they-know"), true)]
    {
        let request = StsRequest::AssumeRole(role("guarded", external_id));
        assert_eq!(endpoint.call(&request, &user()).is_ok(), is_let, "{external_id:?}");
    }
    // Temporary keys may take on a role, as far as their policy lets them.
    let keys = |policy: &str| endpoint.issued(&federation(policy, None), &user()).credentials;
    let able = keys(&policy("name/sts:AssumeRole", ROLE));
    let role_keys = endpoint.issued(&StsRequest::AssumeRole(role("uploader", None)), &able);
    assert_eq!(endpoint.who_is(&role_keys.credentials).principal_id, USER);
    let refused = code(role("uploader", None), &keys(&upload()));
    assert_eq!(refused, "AuthFailure.UnauthorizedOperation");
}

#[test]
fn a_user_needs_a_policy_for_a_federation_token() {
    let endpoint = Endpoint::start_with(|builder| {
        builder.user(User::new(user(), USER).policy(policy("name/cos:*", &resource("*"))))
    });
    let refused = endpoint.call(&federation(&upload(), None), &user()).unwrap_err().to_string();
    assert!(refused.contains("(sts:GetFederationToken)"), "{refused}");
    assert_eq!(endpoint.who_is(&user()).user_id, USER);
}

fn with_provider(builder: cospass_server::Builder) -> cospass_server::Builder {
    let made: serde_json::Value = serde_json::from_str(include_str!("support/oidc.json")).unwrap();
    let provider =
        IdentityProvider::new("oidc", "https://id.example.com", made["jwks"].to_string());
    let role = Role::new("web")
        .policy(policy("name/cos:PutObject", &resource("w/*")))
        .by_web_identity("oidc");
    people(builder).identity_provider(provider.client_id("app")).role(role)
}

fn web_identity(provider: &str, role: &str, token: &str) -> StsRequest {
    StsRequest::AssumeRoleWithWebIdentity(AssumeRoleWithWebIdentity {
        provider_id: provider.to_owned(),
        token: SecretKey::new(token),
        role: RoleArn::parse(&format!("qcs::cam::uin/{OWNER}:roleName/{role}")).unwrap(),
        session_name: "ann".to_owned(),
        duration: Some(600),
    })
}

#[test]
fn whom_an_identity_provider_vouches_for_gets_keys_without_having_any() {
    let endpoint = Endpoint::start_with(with_provider);
    let made: serde_json::Value = serde_json::from_str(include_str!("support/oidc.json")).unwrap();
    let call = |request: &StsRequest| {
        endpoint.outgoing(&Outgoing::skipping(request, STS, None, endpoint.clock.now()))
    };
    for algorithm in ["RS256", "ES256"] {
        let token = made[algorithm].as_str().unwrap();
        let Ok(StsAnswer::Issued(issued)) = call(&web_identity("oidc", "web", token)) else {
            panic!("{algorithm}")
        };
        assert_eq!(issued.expires, NOW + 600);
        let keys = issued.credentials;
        assert_eq!(endpoint.who_is(&keys).kind, "CAMRole");
        assert_eq!(endpoint.send(&put("/w/a", b"x").with_keys(&keys)).status, 200);
        assert_eq!(endpoint.send(&put("/u/a", b"x").with_keys(&keys)).status, 403);
        for (provider, role, token, code) in [
            ("other", "web", token, "InvalidParameter.WebIdentityTokenError"),
            ("oidc", "web", &token[..token.len() - 9], "InvalidParameter.WebIdentityTokenError"),
            ("oidc", "uploader", token, "UnauthorizedOperation"),
            ("oidc", "absent", token, "ResourceNotFound.RoleNotFound"),
        ] {
            assert_eq!(refused_code(call(&web_identity(provider, role, token))), code, "{role}");
        }
    }
    let unsigned = Outgoing::skipping(&StsRequest::GetCallerIdentity, STS, None, NOW);
    assert_eq!(refused_code(endpoint.outgoing(&unsigned)), "AuthFailure.InvalidAuthorization");
}

#[test]
fn hosts_of_sts_and_its_listener_lead_there_and_nothing_else_does() {
    let endpoint = Endpoint::start_with(|builder| {
        people(builder).sts_listen("127.0.0.1:0".parse().unwrap()).map("sts.localhost", BUCKET)
    });
    let call = |host: &str| {
        let keys = root();
        Outgoing::signed(&StsRequest::GetCallerIdentity, host, None, &keys, endpoint.clock.now())
    };
    for host in [
        STS,
        "sts.ap-guangzhou.tencentcloudapi.com",
        "sts.internal.tencentcloudapi.com",
        "sts.api.qcloud.com",
    ] {
        assert!(endpoint.outgoing(&call(host)).is_ok(), "{host}");
    }
    for host in ["sts.localhost", HOST, "127.0.0.1"] {
        let call = call(host);
        let mut text = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n", call.body.len());
        for (name, value) in &call.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let bytes = [text.as_bytes(), b"\r\n", &call.body].concat();
        let answer = endpoint.exchange(&bytes, false);
        assert_eq!((answer.status, answer.error().code.as_str()), (403, "AccessDenied"), "{host}");
        // There, whatever the host.
        let there = endpoint.running().sts_addr().unwrap();
        let mut connection = Connection::over(std::net::TcpStream::connect(there).unwrap());
        connection.write(&bytes);
        let answer = connection.answer(false);
        assert!(answer.text().contains("\"CAMUser\""), "{host}: {}", answer.text());
    }
}

/// A form of the older signature, as `qcloud-python-sts` sends it.
fn older(path: &str, params: &[(&str, &str)]) -> Request {
    use cospass_protocol::sts::v1::{Method, Signed};
    let time = NOW.to_string();
    let common = [("SecretId", SECRET_ID), ("Timestamp", &time), ("Nonce", "7")];
    let params = [params, &common[..]].concat();
    let host = if path == "/" { STS } else { "sts.api.qcloud.com" };
    let signed = Signed { method: "POST", host, path, params: &params };
    let signature = signed.signature(Method::HmacSha1, root().secret_key());
    let all = [&params[..], &[("Signature", &signature)]].concat();
    let encode = |text: &str| percent::encode(text.as_bytes());
    let pairs: Vec<_> =
        all.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let body = pairs.join("&");
    request("POST", path)
        .host(host)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Content-Length", body.len().to_string())
        .body(body.as_bytes())
}

#[test]
fn the_older_forms_are_answered_in_their_own() {
    let endpoint = start();
    let policy = percent::encode(upload().as_bytes());
    let current = [
        ("Action", "GetFederationToken"),
        ("Version", "2018-08-13"),
        ("Name", "cos-sts-python"),
        ("Region", "ap-guangzhou"),
        ("Policy", &policy),
    ];
    let answer = endpoint.send(&older("/", &current));
    assert!(matches!(StsAnswer::read(&answer.body), Ok(StsAnswer::Issued(_))), "{}", answer.text());
    let former = [
        ("Action", "GetFederationToken"),
        ("name", "cos-sts"),
        ("durationSeconds", "900"),
        ("policy", &policy),
    ];
    let answer = endpoint.send(&older("/v2/index.php", &former));
    let text = answer.text();
    assert!(
        text.starts_with(
            r#"{"code":0,"message":"","codeDesc":"Success","data":{"credentials":{"sessionToken":"#
        ),
        "{text}"
    );
    let refused = endpoint.send(&older("/v2/index.php", &former[..1]));
    let text = refused.text();
    assert!(text.starts_with(r#"{"code":4000,"message":"#), "{text}");
    assert!(text.contains(r#""codeDesc":"MissingParameter""#), "{text}");
}

#[test]
fn what_is_no_call_is_refused_with_status_200() {
    let endpoint = start();
    let code = |request: Request| {
        let answer = endpoint.send(&request.host(STS));
        assert_eq!((answer.status, answer.header("Content-Type")), (200, Some("application/json")));
        refused_code(StsAnswer::read(&answer.body))
    };
    let json = |body: &[u8]| {
        request("POST", "/")
            .header("Content-Type", "application/json")
            .header("Authorization", "TC3-HMAC-SHA256 x")
            .header("Content-Length", body.len().to_string())
            .body(body)
    };
    assert_eq!(code(get("/")), "MissingParameter");
    assert_eq!(code(get("/other")), "NoSuchProduct");
    assert_eq!(code(json(b"{")), "InvalidParameter");
    assert_eq!(code(json(b"{}")), "MissingParameter");
    let large = json(&vec![b' '; 256 * 1024 + 1]);
    assert_eq!(code(large), "RequestSizeLimitExceeded");
    assert_eq!(code(request("DELETE", "/")), "UnsupportedProtocol");
}
