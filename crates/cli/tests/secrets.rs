//! Whatever is asked for, no secret is in the output, not at the most talkative level either.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use cospass_sign::KeyTime;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use support::*;

const TOKEN: &str = "EXAMPLEtoken0123456789+/abcdefABCDEF==";

/// What must not be seen: the SecretKey, and the signing key, which can sign as long as its key time holds.
fn forbidden() -> [String; 2] {
    let key_time = KeyTime::expiring(NOW.parse().unwrap(), 300).unwrap().to_string();
    // The documented algorithm, since the library does not give it out.
    let mut mac = Hmac::<Sha1>::new_from_slice(SECRET_KEY.as_bytes()).unwrap();
    mac.update(key_time.as_bytes());
    let signing_key = mac.finalize().into_bytes();
    let hex = signing_key.iter().map(|byte| format!("{byte:02x}")).collect();
    [SECRET_KEY.to_owned(), hex]
}

fn talkative(arguments: &[&str]) -> Command {
    let mut command = cospass();
    command.env("RUST_LOG", "trace").env("COS_SESSION_TOKEN", TOKEN).args(arguments);
    command
}

#[track_caller]
fn assert_silent(ran: &Ran, token_is_the_product: bool) {
    for secret in forbidden() {
        assert!(!ran.stdout.contains(&secret) && !ran.stderr.contains(&secret), "{ran:?}");
    }
    let encoded = cospass_sign::percent::encode(TOKEN.as_bytes());
    for token in [TOKEN, &encoded] {
        assert!(!ran.stderr.contains(token), "{ran:?}");
        assert!(token_is_the_product || !ran.stdout.contains(token), "{ran:?}");
    }
}

#[test]
fn no_command_shows_a_secret() {
    let target = target("a");
    let place = ["--region", "ap-guangzhou", "--now", NOW];
    let presign = [&["presign", "GET", &target], &place[..]].concat();
    let url = run(&mut talkative(&presign)).ends_with(0);
    assert!(url.stderr.contains("DEBUG"), "nothing was told: {url:?}");
    assert_silent(&url, true);
    let auth = run(&mut talkative(&[&["auth", "PUT", &target], &place[..]].concat())).ends_with(0);
    assert_silent(&auth, false);

    let url = url.line();
    let changed = url.replace("/a?", "/b?");
    let tokenless = url.split("&x-cos-security-token").next().unwrap();
    for url in [url, &changed, tokenless] {
        for command in ["verify", "explain"] {
            for more in [&[][..], &["--json"], &["--strict"]] {
                let arguments = [&[command, "GET", url, "--now", NOW], more].concat();
                assert_silent(&run(&mut talkative(&arguments)), false);
            }
        }
    }
    let curl = format!("curl '{changed}'");
    assert_silent(&run(&mut talkative(&["explain", "--curl", &curl, "--original", url])), false);
}

#[test]
fn no_batch_shows_a_secret() {
    let lines = format!(
        "{{\"bucket\":\"{BUCKET}\",\"key\":\"a\"}}\n{{\"key\":\"a\",\"secret_key\":\"{SECRET_KEY}\"}}\n\
         {{\"key\":\"a\",\"secret_id\":\"x\"}}\n{{\"key\":\"a\",\"token\":[\"{TOKEN}\"]}}\n{{\"url\":\"http://a/\"}}\n"
    );
    for command in ["presign", "auth", "verify", "explain"] {
        let arguments = [command, "--from", "-", "--now", NOW];
        let ran = run_with(&mut talkative(&arguments), lines.as_bytes()).ends_with(1);
        assert_silent(&ran, matches!(command, "presign" | "auth"));
    }
}

#[test]
fn usage_errors_show_no_secret() {
    for arguments in [&["presign", "GET", "x"][..], &["verify", "GET", "x"], &["serve"], &["frob"]]
    {
        assert_silent(&run(&mut talkative(arguments)).ends_with(2), false);
    }
}

#[test]
fn the_endpoint_shows_no_secret() {
    let served =
        Served::start(&mut talkative(&[]), &["--bucket", "b-1", "--default-bucket", "b-1"]);
    let place = ["--domain", served.address(), "--scheme", "http"];
    for method in ["PUT", "GET", "DELETE"] {
        let url = run(&mut talkative(&[&["presign", method, "cos://b-1/a"], &place[..]].concat()));
        for url in [url.line(), &url.line().replace("/a?", "/b?")] {
            let arguments = ["-s", "--noproxy", "*", "-X", method, "-H", "Content-Length: 0", url];
            let output = Command::new("curl").args(arguments).output().unwrap();
            let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
            // A refusal shows whoever sent a signed token what was hashed, the token included.
            assert_silent(&Ran { code: 0, stdout, stderr: String::new() }, true);
        }
    }
    let ran = served.stop().ends_with(0);
    assert!(ran.stderr.contains("INFO"), "nothing was told: {ran:?}");
    assert_silent(&ran, false);
}

/// The demo makes keys of its own; with `--keep` it shows the SecretKey, once and on purpose.
#[test]
fn the_demo_shows_its_secret_key_where_it_means_to_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    std::fs::write(&file, "hello").unwrap();
    let shown = run(talkative(&["demo"]).arg(&file)).ends_with(0);
    assert!(shown.stderr.contains("DEBUG"), "nothing was told: {shown:?}");
    assert_silent(&shown, false);
    assert!(!shown.stderr.contains("COS_SECRET_KEY"));

    let mut child = talkative(&["demo", "--keep"])
        .arg(&file)
        // It is killed below, and leaves its folder.
        .env("TMPDIR", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let name = "export COS_SECRET_KEY=";
    while !told.contains(name) {
        assert_ne!(stderr.read_line(&mut told).unwrap(), 0, "{told}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (before, after) = told.split_once(name).unwrap();
    let secret_key = after.trim();
    assert!(secret_key.len() >= 32 && !before.contains(secret_key), "{told}");
}

#[test]
fn no_transfer_shows_a_secret() {
    let mut command = cospass();
    let served = Served::start(command.env("COS_SESSION_TOKEN", TOKEN), &["--bucket", BUCKET]);
    let folder = served.folder.path();
    std::fs::write(folder.join("file"), vec![7; 3 * 1024 * 1024]).unwrap();
    let reach = ["--connect-to", served.address()];
    let place = ["--region", "ap-guangzhou", "--scheme", "http"];
    let with = |arguments: &[&str], more: &[&str]| {
        let arguments = [arguments, more, &reach].concat();
        run(talkative(&arguments).current_dir(folder))
    };
    let (object, bucket) = (target("a"), target(""));
    for arguments in [
        &["put", "file", &object, "--part-size", "1M"][..],
        &["get", &object, "copy", "--part-size", "1M", "--json"],
        &["cp", &object, &target("b")],
        &["ls", &bucket],
        &["stat", &object],
        &["rm", &target("b")],
    ] {
        let ran = with(arguments, &place).ends_with(0);
        assert!(ran.stderr.contains("DEBUG"), "nothing was told: {ran:?}");
        assert_silent(&ran, false);
    }
    let shared = with(&["share", "file", &object], &place).ends_with(0);
    assert_silent(&shared, true);
    let signature = shared.line().split("q-signature=").nth(1).unwrap().get(..40).unwrap();
    let got = with(&["download", shared.line(), "copy"], &[]).ends_with(0);
    assert_silent(&got, false);
    assert!(!got.stderr.contains(signature) && !got.stdout.contains(signature), "{got:?}");
    let bundle = with(&["bundle", &object, "--size", "3M", "--part-size", "1M"], &place);
    let bundle = bundle.ends_with(0);
    assert_silent(&bundle, true);
    std::fs::write(folder.join("bundle"), &bundle.stdout).unwrap();
    let uploaded = with(&["upload", "bundle", "file"], &[]).ends_with(0);
    assert_silent(&uploaded, false);
    assert!(!uploaded.stderr.contains("q-signature"), "{uploaded:?}");
}
