//! `cospass doctor` beside an endpoint that is well, and endpoints that are not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use support::{BUCKET, Ran, Served, bare, cospass, run, run_with, signed, target};

fn served(more: &[&str]) -> Served {
    let bucket = format!("{BUCKET}=private");
    let own = ["--bucket", bucket.as_str(), "--default-bucket", BUCKET];
    Served::start(&mut cospass(), &[&own[..], more].concat())
}

fn examine(served: &Served, target: &str, more: &[&str]) -> Ran {
    let place = ["--domain", served.address(), "--scheme", "http", "--json"];
    signed(&[&["doctor", target][..], &place, more].concat())
}

/// The health of what was looked at.
fn health(ran: &Ran, check: &str) -> String {
    let lines = ran.lines();
    let line = lines.iter().find(|line| line["check"] == check);
    line.map(|line| line["health"].as_str().unwrap().to_owned()).unwrap_or_default()
}

/// What was found of it.
fn text(ran: &Ran, check: &str) -> String {
    let lines = ran.lines();
    let line = lines.iter().find(|line| line["check"] == check).unwrap();
    line["text"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_well_is_told_and_what_may_be_read() {
    let served = served(&[]);
    let place = ["--domain", served.address(), "--scheme", "http"];
    run_with(cospass().args(["put", "-", &target("a.txt")]).args(place), b"x").ends_with(0);
    let ran = examine(&served, &target("a.txt"), &[]).ends_with(0);
    for check in ["domain", "clock", "bucket", "region", "credentials", "rights", "strict"] {
        assert_eq!(health(&ran, check), "ok", "{check}: {ran:?}");
    }
    assert_eq!(health(&ran, "scheme"), "warn");
    assert_eq!(health(&ran, "cors"), "");
    assert!(text(&ran, "rights").contains("GET the object"), "{ran:?}");
    assert!(
        text(&ran, "rights").contains("upload parts of it, abort uploads of it; may not: nothing")
    );
    let plain = run(cospass().args(["doctor", &target("")]).args(place)).ends_with(0);
    assert!(plain.stdout.contains("\nok   bucket: ") && plain.stderr.is_empty(), "{plain:?}");
}

#[test]
fn each_thing_that_is_wrong_is_told_with_its_remedy() {
    let served = served(&[]);
    let place = ["--domain", served.address(), "--scheme", "http", "--json"];
    let remedy = |ran: &Ran| {
        let lines = ran.lines();
        lines.into_iter().find(|line| line["health"] == "bad").map(|line: Value| {
            (
                line["check"].as_str().unwrap().to_owned(),
                line["remedy"].as_str().unwrap().to_owned(),
            )
        })
    };
    let wrong_key = run(bare()
        .env("COS_SECRET_ID", support::SECRET_ID)
        .env("COS_SECRET_KEY", "wrong")
        .args([&["doctor", &target("")][..], &place].concat()))
    .ends_with(3);
    let (check, what) = remedy(&wrong_key).unwrap();
    assert!(check == "credentials" && what.contains("SecretKey"), "{wrong_key:?}");
    let origin =
        examine(&served, &target(""), &["--origin", "https://app.example.com"]).ends_with(1);
    let (check, what) = remedy(&origin).unwrap();
    assert!(check == "cors" && what.contains("PUT ?cors"), "{origin:?}");
    let address = served.address().to_owned();
    let absent =
        ["--endpoint", "cos.localhost", "--scheme", "http", "--connect-to", &address, "--json"];
    let absent = signed(&[&["doctor", "cos://absent-1250000000/"][..], &absent].concat());
    let (check, what) = remedy(&absent.ends_with(1)).unwrap();
    assert!(check == "bucket" && what.contains("APPID"));
    drop(served);
    let gone = signed(
        &[&["doctor", &target("")][..], &["--domain", &address, "--scheme", "http", "--json"]]
            .concat(),
    );
    assert_eq!(remedy(&gone.ends_with(6)).unwrap().0, "reach");
}

#[test]
fn a_clock_that_is_off_and_a_strict_bucket_are_told() {
    let off = served(&["--clock", "offset:+2h", "--signature", "strict"]);
    let ran = examine(&off, &target(""), &[]).ends_with(4);
    assert_eq!(health(&ran, "clock"), "bad");
    // What else is wrong is found all the same.
    assert_eq!((health(&ran, "credentials"), health(&ran, "strict")), ("ok".into(), "warn".into()));
}

#[test]
fn a_region_that_is_not_the_bucket_s_is_told() {
    let served = served(&[]);
    let place = ["--scheme", "http", "--connect-to", served.address(), "--json"];
    let of =
        |region: &str| signed(&[&["doctor", &target(""), "--region", region][..], &place].concat());
    assert_eq!(health(&of("ap-guangzhou").ends_with(0), "region"), "ok");
    assert_eq!(health(&of("ap-beijing").ends_with(1), "region"), "bad");
    signed(&["doctor", &target("")]).ends_with(2);
}

/// A server that answers everything so, and what it was sent.
fn another(answer: &'static str) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = vec![0; 16 << 10];
            let length = stream.read(&mut head).unwrap();
            kept.lock().unwrap().push_str(&String::from_utf8_lossy(&head[..length]));
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, seen)
}

#[test]
fn what_is_not_cos_is_told_and_sent_nothing_signed() {
    let nginx = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    let cdn = "HTTP/1.1 403 Forbidden\r\nServer: NWS\r\nX-NWS-LOG-UUID: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    for (answer, wanted) in
        [(nginx, "nginx/1.22.1"), (cdn, "x-nws-log-uuid: 1 says that it is a CDN")]
    {
        let (address, seen) = another(answer);
        let place = ["--domain", &address, "--scheme", "http", "--json"];
        let ran = signed(&[&["doctor", &target("a")][..], &place].concat()).ends_with(6);
        assert_eq!(health(&ran, "server"), "bad");
        let found = text(&ran, "server");
        assert!(found.starts_with("what answers is not COS") && found.contains(wanted), "{found}");
        let sent = seen.lock().unwrap();
        assert!(sent.starts_with("GET /?max-keys=1 "), "{sent}");
        assert!(!sent.contains("q-ak") && !sent.to_lowercase().contains("authorization"), "{sent}");
    }
}

#[test]
fn a_cdn_before_the_bucket_is_told() {
    // COS answers, and a cache adds what it knows.
    let through = "HTTP/1.1 403 Forbidden\r\nServer: tencent-cos\r\nx-cos-request-id: x\r\nX-Cache-Lookup: Hit From Upstream\r\n\
                   Content-Length: 0\r\nConnection: close\r\n\r\n";
    let (address, _) = another(through);
    let ran = signed(&["doctor", &target(""), "--domain", &address, "--scheme", "http", "--json"]);
    assert_eq!(health(&ran, "server"), "warn");
    assert!(text(&ran, "server").contains("x-cache-lookup: Hit From Upstream"), "{ran:?}");
    // A domain of a CDN is known by its name.
    let named = signed(&["doctor", &target(""), "--domain", "b-1.file.myqcloud.com"]).ends_with(2);
    assert!(named.stderr.contains("is a CDN domain"), "{named:?}");
    let website = ["doctor", &target(""), "--connect-to", &address, "--scheme", "http", "--json"];
    let host = format!("{BUCKET}.cos-website.ap-guangzhou.myqcloud.com");
    let ran = signed(&[&website[..], &["--domain", &host]].concat()).ends_with(1);
    assert_eq!(health(&ran, "domain"), "bad");
}

#[test]
fn a_server_that_fails_says_nothing_of_bucket_and_credentials() {
    let failing = "HTTP/1.1 503 Service Unavailable\r\nServer: tencent-cos\r\nx-cos-request-id: x\r\nContent-Length: 0\r\n\
                   Connection: close\r\n\r\n";
    let (address, _) = another(failing);
    let ran = signed(&["doctor", &target(""), "--domain", &address, "--scheme", "http", "--json"]);
    for check in ["bucket", "credentials"] {
        assert_eq!(health(&ran, check), "?", "{check}: {ran:?}");
        assert!(text(&ran, check).contains("the server failed: 503"), "{ran:?}");
    }
}

#[test]
fn writing_is_tried_when_it_is_asked_for_and_leaves_nothing() {
    let served = served(&[]);
    let place = ["--domain", served.address(), "--scheme", "http"];
    run_with(cospass().args(["put", "-", &target("kept")]).args(place), b"bytes").ends_with(0);
    let tried = examine(&served, &target("kept"), &["--write"]).ends_with(0);
    let found = text(&tried, "writing");
    assert!(
        found.starts_with("may: PUT the object, begin an upload in parts, abort it;"),
        "{found}"
    );
    assert!(found.contains("DELETE was not tried"), "{found}");
    let tried = examine(&served, &target("absent"), &["--write"]).ends_with(0);
    let found = text(&tried, "writing");
    assert!(found.contains("DELETE the object; may not: nothing"), "{found}");
    let kept = run(cospass().args(["cat", &target("kept")]).args(place)).ends_with(0);
    assert_eq!(kept.stdout, "bytes");
    let listed = run(cospass().args(["ls", &target("")]).args(place)).ends_with(0);
    assert_eq!(listed.stdout.lines().count(), 1, "{listed:?}");
    let no_key = examine(&served, &target(""), &["--write"]).ends_with(2);
    assert!(no_key.stderr.contains("--write tries one object"), "{no_key:?}");
}

#[test]
fn what_may_not_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.json");
    let read = format!("GET {}", target("*"));
    let written =
        run(bare().args(["policy", "for", &read, "--region", "ap-guangzhou"])).ends_with(0);
    std::fs::write(&policy, written.stdout).unwrap();
    let served = served(&[]);
    let sts = format!("http://sts.localhost:{}", served.address().rsplit(':').next().unwrap());
    let mut token = cospass();
    token.args(["token", "--format", "json", "--policy"]).arg(&policy);
    let keys = run(token.env("COSPASS_STS_ENDPOINT", sts)).ends_with(0).json();
    let key = |name: &str| keys[name].as_str().unwrap().to_owned();
    let place = ["--domain", served.address(), "--scheme", "http", "--json", "--write"];
    let ran = run(bare()
        .env("COS_SECRET_ID", key("secret_id"))
        .env("COS_SECRET_KEY", key("secret_key"))
        .env("COS_SESSION_TOKEN", key("token"))
        .args(["doctor", &target("a")])
        .args(place))
    .ends_with(0);
    assert_eq!(health(&ran, "writing"), "warn");
    let found = text(&ran, "writing");
    assert!(found.starts_with("may: nothing"), "{found}");
    assert!(found.contains("may not: PUT the object, begin an upload in parts"), "{found}");
    let found = text(&ran, "rights");
    assert!(found.contains("GET the object; may not: list the bucket, read its access"), "{found}");
    assert!(found.contains("upload parts of it, abort uploads of it"), "{found}");
}
