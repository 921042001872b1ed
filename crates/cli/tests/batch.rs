//! `--from`: one object a line in, one a line out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::json;
use support::*;

fn presign(input: &[u8], more: &[&str]) -> Ran {
    let arguments = [&["presign", "--from", "-", "--region", "ap-guangzhou", "--now", NOW], more];
    run_with(cospass().args(arguments.concat()), input)
}

#[test]
fn a_line_is_signed_as_the_command_line_is() {
    let line = json!({"bucket": BUCKET, "key": "a b?", "params": {"x": 1}});
    let ran = presign(line.to_string().as_bytes(), &[]).ends_with(0);
    let answer = ran.json();
    assert_eq!(answer["url"], presigned("GET", "a b?", &["-q", "x=1"]));
    let names: Vec<_> = answer.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 6, "{names:?}");
}

#[test]
fn bad_lines_are_answered_and_the_rest_goes_on() {
    let good = json!({"bucket": BUCKET, "key": "a"}).to_string();
    let long = format!("{{\"key\":\"{}\"}}", "a".repeat(1024 * 1024));
    let lines = [
        good.as_bytes(),
        b"",
        b"{",
        b"[]",
        b"{\"key\":\"\xff\"}",
        br#"{"key":"a"}"#,
        br#"{"bucket":"short","key":"a"}"#,
        br#"{"key":"a","secret_key":"hush"}"#,
        br#"{"key":"a","Key":"b"}"#,
        br#"{"key":"a","expires":0,"domain":"a.example"}"#,
        br#"{"key":"a","domain":"a.example","params":[["A",1],["a",2]]}"#,
        long.as_bytes(),
        good.as_bytes(),
    ];
    let ran = presign(&lines.join(&b'\n'), &[]).ends_with(1);
    assert!(!ran.stdout.contains("hush"));
    let answers = ran.lines();
    let codes: Vec<_> =
        answers.iter().map(|answer| answer["error"]["code"].as_str().unwrap_or("-")).collect();
    assert_eq!(
        codes,
        [
            "-",
            "empty-line",
            "json",
            "not-an-object",
            "json",
            "bucket-missing",
            "bucket-appid-missing",
            "secret-in-line",
            "unknown-field",
            "expires-zero",
            "param-twice",
            "line-too-long",
            "-"
        ]
    );
    assert_eq!(answers.first(), answers.last());
}

#[test]
fn a_hundred_thousand_lines_keep_their_order() {
    let lines: String = (0..100_000)
        .map(|number| match number % 1000 {
            999 => "{}\n".to_owned(),
            _ => format!("{{\"bucket\":\"{BUCKET}\",\"key\":\"k{number}\"}}\n"),
        })
        .collect();
    let ran = presign(lines.as_bytes(), &[]).ends_with(1);
    let mut answered = 0;
    for (number, line) in ran.stdout.lines().enumerate() {
        let expected = match number % 1000 {
            999 => "{\"error\":{\"code\":\"key-missing\"".to_owned(),
            _ => format!("{{\"url\":\"https://{BUCKET}.cos.ap-guangzhou.myqcloud.com/k{number}?"),
        };
        assert!(line.starts_with(&expected), "{number}: {line}");
        answered += 1;
    }
    assert_eq!(answered, 100_000);
}

#[test]
fn options_are_the_defaults_of_lines() {
    let input = format!(
        "{}\n{}\n",
        json!({"bucket": BUCKET, "key": "a"}),
        json!({"bucket": BUCKET, "key": "a", "params": {}, "headers": [], "scheme": "https",
               "sign_host": true, "expires": 300, "now": 1_700_000_000, "method": "GET"}),
    );
    let more = [
        "--scheme",
        "http",
        "-q",
        "acl",
        "-H",
        "Range: bytes=0-1",
        "--no-sign-host",
        "--expires",
        "60",
    ];
    let answers = presign(input.as_bytes(), &more).ends_with(0).lines();
    let url = answers[0]["url"].as_str().unwrap();
    assert!(
        url.starts_with("http://")
            && url.ends_with("&acl=")
            && url.contains("q-header-list=range&"),
        "{url}"
    );
    assert_eq!(answers[0]["expires_at"], 1_700_000_060);
    assert_eq!(answers[0]["warnings"], json!(["unsigned-host"]));
    assert_eq!(answers[1]["url"], presigned("GET", "a", &[]));
}

#[test]
fn a_line_may_bring_its_token() {
    let input = format!("{}\n", json!({"bucket": BUCKET, "key": "a", "token": "its own"}));
    let url = presign(input.as_bytes(), &[]).ends_with(0).json()["url"].clone();
    let url = url.as_str().unwrap();
    assert!(url.ends_with("&x-cos-security-token=its%20own"), "{url}");
    let verify = |token: &str| {
        run(cospass().env("COS_SESSION_TOKEN", token).args(["verify", "GET", url, "--now", NOW]))
    };
    verify("its own").ends_with(0);
    assert!(verify("another").ends_with(5).stdout.starts_with("refused: token-differs "));
}

#[test]
fn a_file_is_read_as_standard_input_is() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), json!({"bucket": BUCKET, "key": "a"}).to_string()).unwrap();
    let path = file.path().to_str().unwrap();
    let ran = signed(&["auth", "--from", path, "--region", "ap-guangzhou", "--now", NOW]);
    let answer = ran.ends_with(0).json();
    assert_eq!(answer["url"], json!(null));
    let text = signed(&["auth", "GET", &target("a"), "--region", "ap-guangzhou", "--now", NOW]);
    assert_eq!(answer["authorization"], text.line());
}

#[test]
fn a_peer_that_waits_for_its_answer_gets_it() {
    let mut child = cospass()
        .args(["presign", "--from", "-", "--region", "ap-guangzhou"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for key in ["a", "b"] {
        writeln!(input, "{}", json!({"bucket": BUCKET, "key": key})).unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.contains(&format!("myqcloud.com/{key}?")), "{line}");
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn verify_answers_each_line_and_ends_with_the_worst() {
    let url = presigned("GET", "a", &[]);
    let verify = |lines: &[serde_json::Value], more: &[&str]| {
        let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
        run_with(
            cospass().args([&["verify", "--from", "-", "--now", NOW], more].concat()),
            input.as_bytes(),
        )
    };
    let good = json!({"method": "get", "url": url});
    let late = json!({"url": url, "now": 1_800_000_000});
    let host = json!({"url": url, "headers": {"Host": "a.example"}});
    let answers = verify(&[good.clone(), late.clone()], &[]).ends_with(4).lines();
    assert_eq!(answers[0], json!({"verdict": "accepted", "convention": "canonical"}));
    assert_eq!(
        (&answers[1]["verdict"], &answers[1]["cause"]),
        (&json!("refused"), &json!("expired"))
    );
    let answers = verify(&[host.clone(), late.clone()], &[]).ends_with(5).lines();
    assert_eq!(answers[0]["cause"], "signature-mismatch");
    verify(std::slice::from_ref(&good), &[]).ends_with(0);
    verify(&[good], &["-H", "Host: a.example"]).ends_with(5);
    verify(&[host, json!({"url": "nowhere"}), late], &[]).ends_with(1);
}
