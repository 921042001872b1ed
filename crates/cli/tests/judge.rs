//! `verify` and `explain`: verdicts, causes, and every way to tell them of a request.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use serde_json::json;
use support::*;

fn verify(arguments: &[&str]) -> Ran {
    signed(&[&["verify", "--now", NOW], arguments].concat())
}

fn explain(arguments: &[&str]) -> Ran {
    signed(&[&["explain", "--now", NOW], arguments].concat())
}

fn cause(arguments: &[&str]) -> String {
    let ran = explain(&[arguments, &["--json"]].concat());
    ran.json()["cause"].as_str().unwrap().to_owned()
}

#[test]
fn an_authorization_header_is_verified() {
    let target = target("a");
    let arguments = ["auth", "PUT", &target, "--region", "ap-guangzhou", "--now", NOW];
    let authorization = signed(&arguments).ends_with(0).line().to_owned();
    let header = format!("Authorization: {authorization}");
    let url = format!("https://{BUCKET}.cos.ap-guangzhou.myqcloud.com/a");
    assert_eq!(verify(&["PUT", &url, "-H", &header]).ends_with(0).line(), "accepted canonical");
    verify(&["GET", &url, "-H", &header]).ends_with(5);
    assert!(verify(&["PUT", &url]).ends_with(5).line().starts_with("refused: unsigned "));
}

#[test]
fn a_convention_is_told_and_strictness_refuses_it() {
    let url = presigned("GET", "a", &[]);
    let with_port = format!("Host: {BUCKET}.cos.ap-guangzhou.myqcloud.com:8080");
    let accepted = verify(&["GET", &url, "-H", &with_port]).ends_with(0);
    assert_eq!(accepted.line(), "accepted by convention: host without port");
    let json = verify(&["GET", &url, "-H", &with_port, "--json"]).ends_with(0).json();
    assert_eq!(json, json!({"verdict": "accepted", "convention": "host without port"}));
    let refused = verify(&["GET", &url, "-H", &with_port, "--strict"]).ends_with(5);
    assert!(refused.line().starts_with("refused: not-canonical "), "{refused:?}");
    explain(&["GET", &url, "-H", &with_port]).ends_with(0);
    let strict = explain(&["GET", &url, "-H", &with_port, "--strict", "--json"]).ends_with(5);
    assert_eq!(strict.json()["cause"], "convention");
}

#[test]
fn temporary_credentials_need_their_token() {
    let url = presigned("GET", "a", &[]);
    let ran =
        run(cospass().env("COS_SESSION_TOKEN", "t").args(["verify", "GET", &url, "--now", NOW]));
    assert!(ran.ends_with(5).line().starts_with("refused: token-missing "));
}

#[test]
fn nothing_is_sent_after_a_number_sign_and_that_is_told() {
    let url = presigned("GET", "a", &[]);
    let ran = verify(&["GET", &format!("{url}#x")]).ends_with(0);
    assert!(ran.stderr.contains("%23"), "{ran:?}");
}

#[test]
fn the_stages_and_the_cause_are_told() {
    let url = presigned("GET", "a", &["-q", "response-content-type=a/b"]);
    let ran = explain(&["PUT", &url]).ends_with(5);
    for told in ["differs  method", "here   put", "there  get", "cause:   method: ", "remedy:  "] {
        assert!(ran.stdout.contains(told), "{}", ran.stdout);
    }
    assert_eq!(cause(&["GET", &url]), "accepted");
    let json = explain(&["PUT", &url, "--json"]).ends_with(5).json();
    let stages = json["stages"].as_array().unwrap();
    let method = stages.iter().find(|stage| stage["name"] == "method").unwrap();
    assert_eq!(
        *method,
        json!({"name": "method", "verdict": "differs", "here": "put", "there": "get"})
    );
}

#[test]
fn no_credentials_are_needed_to_explain() {
    let url = presigned("GET", "a", &[]);
    let ran = run(bare().args(["explain", "GET", &url])).ends_with(4);
    assert!(ran.stdout.contains("cause:   expired: "), "{}", ran.stdout);
}

#[test]
fn the_original_url_tells_what_was_changed() {
    let url = presigned("GET", "a", &["-q", "response-content-type=a/b"]);
    let changed = url.replace("a%2Fb", "x%2Fy");
    assert_eq!(cause(&["GET", &changed, "--original", &url]), "param-changed");
    let dropped = url.replace("&response-content-type=a%2Fb", "");
    assert_eq!(cause(&["GET", &dropped, "--original", &url]), "param-dropped");
}

#[test]
fn another_domain_of_the_bucket_is_recognised() {
    let url = presigned("GET", "a", &[]).replace("myqcloud.com", "tencentcos.cn");
    assert_eq!(cause(&["GET", &url]), "host");
}

#[test]
fn the_answer_of_a_server_is_evidence() {
    let url = presigned("GET", "a b", &[]);
    let answer = format!(
        "HTTP/1.1 403 Forbidden\r\n\r\n<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>SignatureDoesNotMatch</Code>\n\
         \t<Message>The Signature you specified is invalid.</Message>\n\t<StringToSign>sha1\n1699999940;1700000300\nx\n</StringToSign>\n\
         \t<FormatString>get\n/a%20b\n\nhost={BUCKET}.cos.ap-guangzhou.myqcloud.com\n</FormatString>\n</Error>\n\n"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &answer).unwrap();
    let path = file.path().to_str().unwrap();
    let of_file = explain(&["GET", &url, "--error", path, "--json"]).ends_with(5).json();
    let arguments = ["explain", "GET", &url, "--now", NOW, "--error", "-", "--json"];
    let of_input = run_with(cospass().args(arguments), answer.as_bytes()).ends_with(5).json();
    assert_eq!(of_file, of_input);
    assert!(of_file["cause"].as_str().unwrap().starts_with("key-"), "{of_file}");
    signed(&["explain", "GET", &url, "--error", "/nonexistent"]).ends_with(1);
    run_with(cospass().args(arguments), b"<html>").ends_with(2);
}

#[test]
fn a_curl_command_is_read() {
    let url = presigned("PUT", "a", &["-H", "Content-Type: text/plain"]);
    let command = format!("curl -sS -T f \\\n  -H 'Content-Type: text/plain' '{url}'");
    assert_eq!(cause(&["--curl", &command]), "accepted");
    let posted = format!("curl -X PUT -d x '{url}'");
    let told = explain(&["--curl", &posted]).ends_with(5);
    assert!(told.stdout.contains("application/x-www-form-urlencoded"), "{}", told.stdout);
    let extra = ["--curl", &format!("curl -T f '{url}'"), "-H", "Content-Type: text/plain"];
    assert_eq!(cause(&extra), "accepted");
    let unquoted = explain(&["--curl", &format!("curl -T f {url}")]).ends_with(2);
    assert!(unquoted.stderr.contains("single quotes"), "{unquoted:?}");
}

#[test]
fn explain_reads_lines_as_verify_does() {
    let url = presigned("GET", "a", &[]);
    let input = format!("{}\n{}\n", json!({"url": url}), json!({"method": "PUT", "url": url}));
    let arguments = ["explain", "--from", "-", "--now", NOW];
    let answers = run_with(cospass().args(arguments), input.as_bytes()).ends_with(5).lines();
    assert_eq!(
        (&answers[0]["cause"], &answers[1]["cause"]),
        (&json!("accepted"), &json!("method"))
    );
}

#[test]
fn what_a_terminal_would_obey_is_written_out() {
    let url = presigned("GET", "a", &[]).replace("/a?", "/a%1B%5B2J?");
    let ran = explain(&["GET", &url]).ends_with(5);
    assert!(!ran.stdout.contains('\x1b'), "{:?}", ran.stdout);
}
