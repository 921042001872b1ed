//! Each exit code, and the streams: data on standard output alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::process::Stdio;

use support::*;

#[test]
fn done_is_0() {
    for arguments in [&["--help"][..], &["presign", "--help"], &["--version"]] {
        let ran = run(bare().args(arguments)).ends_with(0);
        assert!(!ran.stdout.is_empty() && ran.stderr.is_empty(), "{ran:?}");
    }
    assert!(run(bare().arg("--help")).stdout.contains("Exit codes:\n  0  done"));
    let url = presigned("GET", "a", &[]);
    signed(&["verify", "GET", &url, "--now", NOW]).ends_with(0);
}

#[test]
fn failed_is_1() {
    let ran = signed(&["presign", "--from", "/nonexistent/file"]).ends_with(1);
    assert!(ran.stderr.contains("/nonexistent/file") && ran.stdout.is_empty());
    run_with(cospass().args(["presign", "--from", "-"]), b"{}\n").ends_with(1);
}

#[test]
fn usage_is_2() {
    let target = target("a");
    for (arguments, told) in [
        (vec![], "Usage"),
        (vec!["frobnicate"], "frobnicate"),
        (vec!["presign", "GET"], "TARGET"),
        (vec!["presign", "GET", &target], "--region"),
        (vec!["presign", "GET", "https://x/a", "--region", "ap-x"], "cos://"),
        (vec!["presign", "GET", "cos://short/a", "--region", "ap-x"], "short"),
        (vec!["presign", "GET", &target, "--region", "a_b"], "a_b"),
        (vec!["presign", "GET", &target, "--region", "ap-x", "--domain", "a.b"], "--domain"),
        (vec!["presign", "GET", &target, "--domain", "b-1.file.myqcloud.com"], "CDN"),
        (vec!["presign", "GET", &target, "--endpoint", "127.0.0.1:9000"], "--domain"),
        (vec!["presign", "GET", &target, "--region", "ap-x", "--expires", "5w"], "15m, 2h, 7d"),
        (vec!["presign", "GET", &target, "--region", "ap-x", "--expires", "0"], "0 seconds"),
        (vec!["presign", "GET", &target, "--region", "ap-x", "--expires", "-5"], "-5"),
        (vec!["presign", "GET", &target, "--region", "ap-x", "-H", "nocolon"], "Name: value"),
        (vec!["presign", "GET", &target, "--region", "ap-x", "-q", "=v"], "no name"),
        (vec!["presign", "GET", &target, "--region", "ap-x", "-q", "q-ak=v"], "q-ak"),
        (vec!["presign", "GET", &target, "--region", "ap-x", "--scheme", "ftp"], "ftp"),
        (vec!["presign", "G T", &target, "--region", "ap-x"], "G T"),
        (vec!["presign", "GET", &target, "--region", "ap-x", "--log", "a=b=c"], "a=b=c"),
        (vec!["verify", "GET", "ftp://a/"], "ftp"),
        (vec!["verify", "GET", "http://a/\nb"], "percent-encoded"),
        (vec!["explain", "--curl", "wget http://a/"], "curl"),
        (vec!["explain", "--curl", "curl http://a/", "--from", "-"], "--from"),
        (vec!["serve"], "--data"),
        (vec!["serve", "--data", "x", "--listen", "nowhere"], "127.0.0.1:9000"),
        (vec!["serve", "--data", "x", "--bucket", "short"], "short"),
        (vec!["serve", "--data", "x", "--bucket", "b-1=public"], "public-read-write"),
        (vec!["serve", "--data", "x", "--bucket", "b-1=default"], "public-read-write"),
        (vec!["serve", "--data", "x", "--signature", "lax"], "BUCKET=strict"),
        (vec!["serve", "--data", "x", "--signature", "short=strict"], "short"),
        (vec!["serve", "--data", "x", "--map", "short"], "HOST=NAME-APPID"),
        (vec!["serve", "--data", "x", "--clock", "noon"], "offset:+15m"),
        (vec!["serve", "--data", "x", "--clock", "fixed:noon"], "fixed:1700000000"),
        (vec!["serve", "--data", "x", "--clock", "offset:soon"], "offset:-2h"),
        (vec!["serve", "--data", "x", "--tls-cert", "x"], "--tls-key"),
        (vec!["serve", "--data", "x", "--control", "9001"], "127.0.0.1:9000"),
        (vec!["serve", "--data", "x", "--control-off-loopback"], "--control"),
        (vec!["serve", "--data", "x", "--control", "0.0.0.0:0"], "loopback"),
    ] {
        let ran = signed(&arguments).ends_with(2);
        assert!(ran.stderr.contains(told), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty(), "{ran:?}");
    }
    assert!(
        !std::path::Path::new("x").exists(),
        "a folder was made for an endpoint that did not start"
    );
}

#[test]
fn a_wrong_region_of_the_environment_is_2() {
    let ran = run(cospass().env("COS_REGION", "a_b").args(["presign", "GET", &target("a")]));
    assert!(ran.ends_with(2).stderr.contains("COS_REGION"));
}

#[test]
fn no_credentials_are_3() {
    let target = target("a");
    let arguments = ["presign", "GET", &target, "--region", "ap-guangzhou"];
    let ran = run(bare().args(arguments)).ends_with(3);
    assert!(ran.stderr.contains("COS_SECRET_ID and COS_SECRET_KEY"), "{}", ran.stderr);
    run(bare().env("COS_SECRET_ID", "x").args(arguments)).ends_with(3);
    run(bare().args(["auth", "--from", "-"])).ends_with(3);
    run(bare().args(["verify", "GET", "http://a/"])).ends_with(3);
    run(bare().env("COS_SECRET_KEY", "x").args(["serve", "--data", "x"])).ends_with(3);
    let padded =
        bare().env("COS_SECRET_ID", "x").env("COS_SECRET_KEY", "hush ").args(arguments).output();
    let told = String::from_utf8(padded.unwrap().stderr).unwrap();
    assert!(told.contains("COS_SECRET_KEY") && !told.contains("hush"), "{told}");
}

#[test]
fn expired_and_not_yet_valid_are_4() {
    let url = presigned("GET", "a", &[]);
    for now in ["1700000301", "1699990000"] {
        signed(&["verify", "GET", &url, "--now", now]).ends_with(4);
        signed(&["explain", "GET", &url, "--now", now]).ends_with(4);
    }
}

#[test]
fn any_other_refusal_is_5() {
    let url = presigned("GET", "a", &[]);
    let other = url.replace("/a?", "/b?");
    signed(&["verify", "GET", &other, "--now", NOW]).ends_with(5);
    signed(&["explain", "GET", &other, "--now", NOW]).ends_with(5);
    signed(&["verify", "GET", "https://a.example/k"]).ends_with(5);
    let unknown = run(cospass().env("COS_SECRET_ID", "other").args(["verify", "GET", &url]));
    assert!(unknown.ends_with(5).stdout.starts_with("refused: unknown-secret-id "));
}

#[test]
fn a_network_that_fails_is_6() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let ran = signed(&["serve", "--data", data, "--listen", &address]).ends_with(6);
    assert!(ran.stderr.contains(&address) && ran.stdout.is_empty(), "{ran:?}");
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    for arguments in [&["presign", "--from", "-"][..], &["--help"]] {
        let mut child = cospass()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().unwrap();
        let line =
            format!("{{\"bucket\":\"{BUCKET}\",\"key\":\"a\",\"region\":\"ap-guangzhou\"}}\n");
        let writer = std::thread::spawn(move || {
            use std::io::Write;
            while stdin.write_all(line.repeat(1000).as_bytes()).is_ok() {}
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}
