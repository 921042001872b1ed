//! `presign` and `auth`: the official texts, every option, keys of every kind.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use support::*;

/// The names and values of a vector's input, if all of them are texts.
fn texts(pairs: &serde_json::Value) -> Option<Vec<(String, String)>> {
    let pairs = pairs.as_object()?.iter();
    pairs.map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

#[test]
fn auth_is_the_text_of_the_official_python_sdk() {
    let mut compared = 0;
    for vector in vectors("python.jsonl") {
        let (input, tag) = (&vector["input"], vector["tag"].as_str().unwrap());
        let texts = texts(&input["params"]).zip(texts(&input["headers"]));
        // On the command line a name ends at the first `=`.
        let texts = texts.filter(|(params, _)| params.iter().all(|(name, _)| !name.contains('=')));
        let Some((params, headers)) = texts.filter(|_| vector["api"] == "get_auth") else {
            continue;
        };
        if !["method", "key", "param", "header", "headers", "clock"].contains(&tag) {
            continue;
        }
        let text = |name: &str| input[name].as_str().unwrap_or_default();
        let key = text("key");
        let target = format!("cos://{}/{key}", text("bucket"));
        let mut command = cospass();
        command.args(["auth", text("method"), &target, "--region", text("region")]);
        command.args(["--expires", &input["expires_s"].to_string()]);
        command.args(["--now", &input["now_unix"].to_string()]);
        command.args(params.iter().flat_map(|(n, v)| ["-q".to_owned(), format!("{n}={v}")]));
        command.args(headers.iter().flat_map(|(n, v)| ["-H".to_owned(), format!("{n}: {v}")]));
        let ran = run(&mut command);
        // What is refused is refused by name: names that HTTP cannot carry, a name given twice.
        if ran.code == 2 {
            assert!(
                vector["id"].as_str().is_some_and(|id| id.starts_with("py-"))
                    && ran.stdout.is_empty()
            );
            continue;
        }
        assert_eq!(ran.ends_with(0).line(), vector["authorization"], "{}", vector["id"]);
        compared += 1;
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn the_url_is_that_of_the_official_python_sdk() {
    let vectors = vectors("python.jsonl");
    let first = vectors.iter().find(|vector| vector["api"] == "get_presigned_url").unwrap();
    assert_eq!(presigned("GET", "exampleobject", &[]), first["url"]);
}

#[test]
fn every_place_is_signed_for() {
    let target = target("a");
    let url = |place: &[&str]| {
        let arguments = [&["presign", "GET", &target, "--now", NOW], place].concat();
        let url = signed(&arguments).ends_with(0).line().to_owned();
        signed(&["verify", "GET", &url, "--now", NOW, "--strict"]).ends_with(0);
        url.split_once('?').unwrap().0.to_owned()
    };
    let of_bucket = |rest: &str| format!("https://{BUCKET}.{rest}/a");
    assert_eq!(url(&["--region", "ap-beijing"]), of_bucket("cos.ap-beijing.myqcloud.com"));
    assert_eq!(url(&["--region", "cosgz"]), of_bucket("cos.ap-guangzhou.myqcloud.com"));
    assert_eq!(
        url(&["--endpoint", "cos.accelerate.myqcloud.com"]),
        of_bucket("cos.accelerate.myqcloud.com")
    );
    assert_eq!(
        url(&["--endpoint", "cos.localhost:9000", "--scheme", "http"]),
        format!("http://{BUCKET}.cos.localhost:9000/a")
    );
    assert_eq!(url(&["--domain", "127.0.0.1:9000"]), "https://127.0.0.1:9000/a");
    let by_environment =
        run(cospass().env("COS_REGION", "ap-tokyo").args(["presign", "GET", &target]));
    assert!(by_environment.line().starts_with(&of_bucket("cos.ap-tokyo.myqcloud.com")));
}

#[test]
fn the_expiry_has_units() {
    for (expires, end) in [
        ("300", 1_700_000_300),
        ("90s", 1_700_000_090),
        ("15m", 1_700_000_900),
        ("2h", 1_700_007_200),
        ("7d", 1_700_604_800),
    ] {
        let target = target("a");
        let arguments = ["presign", "GET", &target, "--region", "ap-x", "--now", NOW, "--json"];
        let ran = signed(&[&arguments[..], &["--expires", expires]].concat()).ends_with(0);
        let json = ran.json();
        assert_eq!(json["expires_at"], end, "{expires}");
        assert_eq!(json["key_time"], format!("1699999940;{end}"), "{expires}");
        assert_eq!(json["warnings"], serde_json::json!([]), "{expires}");
    }
}

#[test]
fn json_has_its_members_in_order() {
    let arguments = ["--region", "ap-x", "--now", NOW, "-H", "Content-MD5: abc", "--json"];
    let target = target("a");
    let ran = signed(&[&["presign", "PUT", &target], &arguments[..]].concat()).ends_with(0);
    let names =
        ["url", "authorization", "headers", "key_time", "expires_at", "effective_end", "warnings"];
    let positions: Vec<_> =
        names.iter().map(|name| ran.stdout.find(&format!("\"{name}\":")).unwrap()).collect();
    assert!(positions.is_sorted(), "{}", ran.stdout);
    let json = ran.json();
    assert_eq!(json["headers"], serde_json::json!({"Content-MD5": "abc"}));
    assert_eq!(json["warnings"], serde_json::json!(["permanent-key-write", "unsigned-content"]));
    let authorization = json["authorization"].as_str().unwrap();
    assert!(authorization.contains("q-header-list=content-md5;host&"), "{authorization}");
    let auth = signed(&[&["auth", "PUT", &target], &arguments[..]].concat()).ends_with(0).json();
    assert_eq!(
        (&auth["url"], &auth["authorization"]),
        (&serde_json::Value::Null, &json["authorization"])
    );
}

#[test]
fn headers_and_warnings_are_told_on_standard_error() {
    let target = target("a");
    let arguments =
        ["--region", "ap-x", "-H", "Content-MD5: abc", "-H", "X-Mine: 1", "--expires", "8d"];
    let ran = signed(&[&["presign", "PUT", &target], &arguments[..]].concat()).ends_with(0);
    assert!(ran.line().starts_with("https://"));
    for told in
        ["send the header: Content-MD5: abc", "X-Mine is not signed", "8 days", "permanent key"]
    {
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
    }
}

#[test]
fn a_given_host_is_signed_instead_of_the_endpoints() {
    let url = presigned("GET", "a", &["-H", "Host: img.example.com"]);
    assert!(url.starts_with(&format!("https://{BUCKET}.cos.ap-guangzhou.myqcloud.com/a?")));
    signed(&["verify", "GET", &url, "--now", NOW]).ends_with(5);
    signed(&["verify", "GET", &url, "--now", NOW, "-H", "Host: img.example.com"]).ends_with(0);
}

#[test]
fn the_host_can_be_left_out() {
    let url = presigned("GET", "a", &["--no-sign-host"]);
    assert!(url.contains("&q-header-list=&"), "{url}");
    let other = url.replace("myqcloud.com", "tencentcos.cn");
    signed(&["verify", "GET", &other, "--now", NOW]).ends_with(0);
}

#[test]
fn parameters_are_raw() {
    let url = presigned("GET", "a", &["-q", "prefix=a%20b+c=&", "--param", "acl", "-q", "-x"]);
    assert!(url.ends_with("&prefix=a%2520b%2Bc%3D%26&acl=&-x="), "{url}");
}

#[test]
fn a_key_is_raw_text_and_is_the_one_that_is_verified() {
    for (key, path) in [
        ("a?b#c%20d+e f", "/a%3Fb%23c%2520d%2Be%20f"),
        ("中\n文", "/%E4%B8%AD%0A%E6%96%87"),
        ("/a//b", "/a//b"),
        ("//a", "//a"),
        ("a/../b", "/a/..%2Fb"),
        ("🎉'\"\\", "/%F0%9F%8E%89%27%22%5C"),
        ("", "/"),
    ] {
        let url = presigned("GET", key, &[]);
        let (_, rest) = url.split_once("myqcloud.com").unwrap();
        assert_eq!(rest.split_once('?').unwrap().0, path, "{key:?}");
        let ran = signed(&["verify", "GET", &url, "--now", NOW, "--strict"]);
        assert_eq!(ran.ends_with(0).line(), "accepted canonical");
    }
}

#[test]
fn the_token_is_signed_without_being_asked() {
    let target = target("a");
    let arguments = [&target, "--region", "ap-guangzhou", "--now", NOW];
    let command = |name: &str, method: &str| {
        let mut command = cospass();
        command.env("COS_SESSION_TOKEN", "to/ken+").args([name, method]).args(arguments);
        command
    };
    let url = run(&mut command("presign", "GET")).ends_with(0).line().to_owned();
    assert!(url.ends_with("&x-cos-security-token=to%2Fken%2B"), "{url}");
    assert!(url.contains("&q-url-param-list=x-cos-security-token&"), "{url}");
    let ran = run(&mut command("auth", "PUT")).ends_with(0);
    assert!(ran.line().contains("q-header-list=host;x-cos-security-token&"), "{ran:?}");
    assert!(ran.stderr.contains("send the header: x-cos-security-token: (the token"), "{ran:?}");
    assert!(!ran.stderr.contains("to/ken"), "{ran:?}");
    let twice = run(command("presign", "GET").args(["-q", "x-cos-security-token=mine"]));
    twice.ends_with(2);
}

#[test]
fn a_warning_is_told_or_refused() {
    let target = target("a");
    let put = ["presign", "PUT", &target, "--region", "ap-x", "--now", NOW];
    let told = signed(&put).ends_with(0);
    for id in ["permanent-key-write", "unsigned-content"] {
        assert!(told.stderr.contains(&format!("warning: {id}: ")), "{told:?}");
    }
    let denied = signed(&[&put[..], &["--deny-warnings"]].concat()).ends_with(2);
    assert!(
        denied.stdout.is_empty() && denied.stderr.contains("permanent-key-write"),
        "{denied:?}"
    );
    let get = ["presign", "GET", &target, "--region", "ap-x", "--now", NOW, "--deny-warnings"];
    signed(&get).ends_with(0);
    let shorter = [&get[..], &["--longest", "1m"]].concat();
    assert!(signed(&shorter).ends_with(2).stderr.contains("long-validity"));
    signed(&[&get[..], &["--longest", "0"]].concat()).ends_with(2);
}
