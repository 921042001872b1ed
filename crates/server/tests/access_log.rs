//! The access log: a line of JSON a request, none of its secrets, and a service that goes on without it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use cospass_server::{AccessLogTarget, Server, StartError};
use cospass_sign::Credentials;
use serde_json::{Value, json};
use support::*;

fn logged(log: &Path) -> Endpoint {
    Endpoint::start_with(|builder| {
        let credentials = Credentials::new(SECRET_ID, SECRET_KEY).with_token("WHISPER");
        builder.credentials(credentials).access_log(AccessLogTarget::File(log.to_owned()))
    })
}

fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn wait(log: &Path, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !log.exists() || lines(log).len() < count {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_request_is_a_line_without_its_secrets() {
    let folder = tempfile::TempDir::new().unwrap();
    let log = folder.path().join("access.log");
    let endpoint = logged(&log);
    let presigned = put("/a%20b", b"CONTENT").param("x-cos-security-token", "WHISPER").presign();
    let listed = get("/").param("prefix", "a").token("WHISPER").sign();
    let refused = get("/a%20b").token("WHISPER").key(SECRET_ID, "WRONGKEY").sign();
    let strange = get("/a").key("nobody\"\n", SECRET_KEY).sign();
    let strange = strange.tamper(|text| text.replace('\n', "%0A"));
    let anonymous = get("/absent?q-signature=cafecafe&a=1");
    // A line is written when the last byte of an answer is out, which its reader may know first.
    let send = |count, request: &Request, status| {
        let answer = endpoint.send(request);
        assert_eq!(answer.status, status);
        wait(&log, count);
        answer
    };
    for (index, (request, status)) in
        [(&presigned, 200), (&listed, 200), (&refused, 403), (&strange, 403)].iter().enumerate()
    {
        send(index + 1, request, *status);
    }
    let answer = send(5, &anonymous, 403);
    send(6, &get("/a?x-ci-security-token=WHISPER&b=2").token("WHISPER").sign(), 404);
    send(7, &get("/a").host("q-ak=A&q-signature=cafecafe"), 400);
    endpoint.shutdown();

    let lines = lines(&log);
    assert_eq!(lines.len(), 7);
    assert_eq!((&lines[5]["query"], &lines[6]["host"]), (&json!("b=2"), &json!("…")));
    assert_eq!(lines[0]["operation"], "PUT Object");
    assert_eq!((&lines[0]["received"], &lines[0]["sent"]), (&json!(7), &json!(0)));
    assert_eq!((&lines[0]["path"], &lines[0]["query"]), (&json!("/a%20b"), &json!(null)));
    assert_eq!(
        (&lines[1]["operation"], &lines[1]["query"]),
        (&json!("GET Bucket"), &json!("prefix=a"))
    );
    assert_eq!(
        (&lines[2]["cause"], &lines[2]["status"]),
        (&json!("signature-mismatch"), &json!(403))
    );
    assert_eq!((&lines[2]["operation"], &lines[2]["secret_id"]), (&json!("-"), &json!(SECRET_ID)));
    assert_eq!(lines[4]["request_id"], answer.header("x-cos-request-id").unwrap());
    assert_eq!(lines[4]["query"], "a=1");
    for line in &lines {
        let mut members: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        let mut expected = vec![
            "time",
            "remote",
            "method",
            "host",
            "path",
            "query",
            "operation",
            "secret_id",
            "status",
            "cause",
            "received",
            "sent",
            "ms",
            "request_id",
        ];
        // What has to be allowed is known from there on.
        expected.extend((line["operation"] != "-").then_some("needs"));
        expected.sort_unstable();
        assert_eq!(members, expected);
        assert!(
            line["ms"].as_f64().unwrap() >= 0.0
                && line["remote"].as_str().unwrap().starts_with("127.")
        );
    }
    let text = std::fs::read_to_string(&log).unwrap();
    for secret in [SECRET_KEY, "WRONGKEY", "WHISPER", "CONTENT", "cafecafe", "q-signature", "q-ak"]
    {
        assert!(!text.contains(secret), "{secret}\n{text}");
    }
}

#[test]
fn the_file_is_opened_again() {
    let folder = tempfile::TempDir::new().unwrap();
    let log = folder.path().join("access.log");
    std::fs::write(&log, "{\"kept\":true}\n").unwrap();
    let endpoint = logged(&log);
    let send = || assert_eq!(endpoint.send(&get("/a")).status, 403);
    send();
    wait(&log, 2);
    let moved = folder.path().join("access.log.1");
    std::fs::rename(&log, &moved).unwrap();
    endpoint.running().reload().unwrap();
    send();
    wait(&log, 1);
    endpoint.shutdown();
    assert_eq!((lines(&moved).len(), lines(&log).len()), (2, 1));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// `/dev/full` takes nothing, as a disk that is full.
#[test]
#[cfg(target_os = "linux")]
fn a_log_that_cannot_be_written_stops_nothing() {
    let endpoint = Endpoint::start_with(|builder| {
        let control = "127.0.0.1:0".parse().unwrap();
        builder.control(control).access_log(AccessLogTarget::File("/dev/full".into()))
    });
    for _ in 0..50 {
        assert_eq!(endpoint.send(&get("/absent").sign()).status, 404);
    }
    let lost = || {
        let control = endpoint.running().control_addr().unwrap();
        let mut stream = std::net::TcpStream::connect(control).unwrap();
        let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix("cospass_log_lines_lost_total "));
        line.unwrap().parse::<u32>().unwrap()
    };
    let deadline = Instant::now() + Duration::from_secs(10);
    while lost() < 50 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
    endpoint.shutdown();
}

#[test]
fn a_log_that_cannot_be_opened_says_so() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let builder = Server::builder()
        .data_dir(folder.path())
        .credentials(Credentials::new(SECRET_ID, SECRET_KEY))
        .access_log(AccessLogTarget::File(folder.path().join("absent/access.log")));
    let refused = runtime.block_on(builder.start()).unwrap_err();
    assert!(matches!(refused, StartError::AccessLog(_)), "{refused}");
}

#[test]
fn what_policies_had_to_allow_is_told() {
    let folder = tempfile::TempDir::new().unwrap();
    let log = folder.path().join("access.log");
    let endpoint = logged(&log);
    let source = format!("{BUCKET}.cos.ap-guangzhou.myqcloud.com/a");
    let copy = request("PUT", "/b").header("x-cos-copy-source", source).token("WHISPER").sign();
    let form = support::form::form("u/form").field("x-cos-security-token", "WHISPER").sign();
    let brew = request("BREW", "/b").token("WHISPER").sign();
    let put = put("/a", b"CONTENT").token("WHISPER").sign();
    for (index, request) in [put, copy, form.request(), brew].iter().enumerate() {
        endpoint.send(request);
        wait(&log, index + 1);
    }
    endpoint.shutdown();
    let need = |actions: &[&str], key: &str| {
        let resource = format!("qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/{key}");
        json!({"actions": actions, "resource": resource})
    };
    let found = lines(&log);
    assert_eq!(found[0]["needs"], json!([need(&["name/cos:PutObject"], "a")]));
    let copied = need(&["name/cos:PutObjectCopy", "name/cos:PutObject"], "b");
    assert_eq!(found[1]["needs"], json!([copied, need(&["name/cos:GetObject"], "a")]));
    assert_eq!(found[2]["needs"], json!([need(&["name/cos:PostObject"], "u/form")]));
    assert_eq!(found[3].get("needs"), None);
}
