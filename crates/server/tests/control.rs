//! The control listener: the clock, recent requests, metrics, health, and who may not use it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use cospass_server::{Builder, Coverage, Server, StartError};
use cospass_sign::Credentials;
use serde_json::{Value, json};
use support::*;

fn controlled(change: impl FnOnce(Builder) -> Builder) -> Endpoint {
    Endpoint::start_with(|builder| change(builder.control("127.0.0.1:0".parse().unwrap())))
}

/// Sends a request to the control listener: the status and the body of its answer.
fn ask(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

const HOST_HEADER: &str = "Host: localhost\r\n";
const JSON: &str = "Host: localhost\r\nContent-Type: application/json\r\n";

impl Endpoint {
    fn control(&self) -> SocketAddr {
        self.running().control_addr().unwrap()
    }

    fn read(&self, path: &str) -> (u16, String) {
        ask(self.control(), "GET", path, HOST_HEADER, "")
    }

    fn requests(&self, query: &str) -> Vec<Value> {
        let (status, body) = self.read(&format!("/requests{query}"));
        assert_eq!(status, 200, "{body}");
        let mut document: Value = serde_json::from_str(&body).unwrap();
        serde_json::from_value(document["requests"].take()).unwrap()
    }

    fn set_clock(&self, document: &str) -> Value {
        let (status, body) = ask(self.control(), "POST", "/clock", JSON, document);
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// A sample of the metrics.
    fn metric(&self, name: &str) -> f64 {
        let (status, body) = self.read("/metrics");
        assert_eq!(status, 200);
        let line = body.lines().find_map(|line| line.strip_prefix(&format!("cospass_{name} ")));
        line.unwrap_or("0").parse().unwrap()
    }

    /// Waits for what is counted when the last byte of an answer is out.
    #[track_caller]
    fn wait_for_metric(&self, name: &str, value: f64) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.metric(name) != value {
            assert!(Instant::now() < deadline, "{name} is {}", self.metric(name));
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn a_url_expires_when_the_clock_is_moved_and_holds_when_it_is_moved_back() {
    let endpoint = controlled(|builder| builder);
    endpoint.put("/a", b"x");
    let url = get("/a").presign();
    let status = || endpoint.send(&url).status;
    assert_eq!(status(), 200);
    assert_eq!(
        endpoint.set_clock(r#"{"advance":"301s"}"#),
        json!({"now": NOW + 301, "clock": format!("fixed:{}", NOW + 301)})
    );
    let refused = endpoint.send(&url);
    assert_eq!((refused.status, &*refused.error().message), (403, "Request has expired"));
    endpoint.set_clock(r#"{"advance":"-1s"}"#);
    assert_eq!(status(), 200, "the last second");
    endpoint.set_clock(&format!(r#"{{"fixed":{}}}"#, NOW - 961));
    assert_eq!(endpoint.send(&url).error().code, "RequestTimeTooSkewed");
    endpoint.set_clock(&format!(r#"{{"fixed":{NOW}}}"#));
    assert_eq!(status(), 200);
    let system = endpoint.set_clock(r#"{"system":true}"#);
    assert!(system["now"].as_i64().unwrap() > NOW && system["clock"] == "system");
    assert_eq!(status(), 403);
    let (status, body) = endpoint.read("/clock");
    let shown: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &shown["clock"]), (200, &json!("system")));
}

#[test]
fn a_change_of_the_clock_that_is_none_is_refused() {
    let endpoint = controlled(|builder| builder);
    let (status, body) = ask(endpoint.control(), "POST", "/clock", JSON, r#"{"offset":"soon"}"#);
    assert_eq!(status, 400);
    assert!(body.contains("soon") && body.contains("+15m"), "{body}");
    let long = format!(r#"{{"fixed":{}1}}"#, " ".repeat(5000));
    assert_eq!(ask(endpoint.control(), "POST", "/clock", JSON, &long).0, 400);
    assert_eq!(endpoint.clock.now(), NOW);
}

#[test]
fn recent_requests_are_listed_and_explained() {
    let endpoint = controlled(|builder| builder);
    endpoint.put("/a%20b", b"content");
    let changed = get("/a%20b").param("response-cache-control", "no-store").presign();
    let changed = changed.head_to(&changed.sent_target().replace("no-store", "so-store"));
    let refused = endpoint.exchange(&changed, false);
    assert_eq!(refused.status, 403);
    assert_eq!(endpoint.send(&get("/absent").sign()).status, 404);
    assert_eq!(endpoint.send(&get("/a%20b").key_time(NOW - 600, NOW - 1).sign()).status, 403);
    let elsewhere = get("/a%20b").host("examplebucket-1250000000.cos.ap-beijing.myqcloud.com");
    let elsewhere = String::from_utf8(elsewhere.sign().bytes()).unwrap();
    assert_eq!(
        endpoint.exchange(elsewhere.replace("beijing", "guangzhou").as_bytes(), false).status,
        403
    );

    let list = endpoint.requests("");
    let told = |index: usize, name: &str| list[index][name].clone();
    assert_eq!(list.len(), 5, "newest first");
    assert_eq!((told(4, "method"), told(4, "operation")), (json!("PUT"), json!("PUT Object")));
    assert_eq!((told(4, "received"), told(4, "status")), (json!(7), json!(200)));
    assert_eq!((told(4, "cause"), told(4, "secret_id")), (json!("-"), json!(SECRET_ID)));
    assert_eq!((told(4, "time"), told(4, "host")), (json!("2023-11-14T22:13:20Z"), json!(HOST)));
    assert_eq!(told(3, "path"), "/a%20b");
    assert_eq!(told(3, "query"), "response-cache-control=so-store");
    assert_eq!(told(3, "cause"), "signature-mismatch");
    assert_eq!(told(3, "request_id"), refused.header("x-cos-request-id").unwrap());
    assert_eq!(told(3, "explanation")["cause"], "param-changed");
    assert_eq!((told(2, "cause"), told(2, "explanation")), (json!("no-such-key"), json!(null)));
    assert_eq!(told(1, "explanation")["cause"], "expired");
    assert_eq!(told(0, "explanation")["cause"], "host");
    assert!(list.iter().all(|entry| entry["explanation_pending"] == false));

    let id = refused.header("x-cos-request-id").unwrap();
    let by_id = endpoint.requests(&format!("?id={}", cospass_sign::percent::encode(id.as_bytes())));
    assert_eq!((by_id.len(), &by_id[0]["request_id"]), (1, &json!(id)));
    assert_eq!(endpoint.requests("?limit=2").len(), 2);
    assert_eq!(endpoint.read("/requests?since=1").0, 400);
}

#[test]
fn the_list_is_bounded() {
    let endpoint = controlled(|builder| builder);
    let mut connection = endpoint.connect();
    for index in 0..300 {
        connection.write(&get(&format!("/{index}")).sign().bytes());
        assert_eq!(connection.answer(false).status, 404);
    }
    let list = endpoint.requests("");
    assert_eq!(
        (list.len(), &list[0]["path"], &list[255]["path"]),
        (256, &json!("/299"), &json!("/44"))
    );
}

#[test]
fn nothing_secret_is_listed() {
    let endpoint = controlled(|builder| {
        builder.credentials(Credentials::new(SECRET_ID, SECRET_KEY).with_token("WHISPER"))
    });
    let good = get("/a").param("x-cos-security-token", "WHISPER").presign();
    let wrong_key = get("/a").token("WHISPER").key(SECRET_ID, "WRONGKEY").sign();
    let wrong_token = get("/a").param("x-cos-security-token", "MURMUR").presign();
    let lists_itself = get("/a").header("Authorization", "q-signature=cafecafe").token("WHISPER");
    for request in [&good, &wrong_key, &wrong_token, &lists_itself.clone().sign()] {
        endpoint.send(request);
    }
    let in_path = format!("/a{}", good.sent_target()[2..].replace('?', "%3F"));
    endpoint.send(&get(&in_path).sign());
    endpoint.send(&get("/a%3Fq-signature%3Dcafecafe").sign());
    let right = get("/a").token("WHISPER").sign();
    let (_, list) = endpoint.read("/requests");
    let signature = |request: &Request| {
        let head = String::from_utf8(request.head()).unwrap();
        head.split_once("q-signature=").unwrap().1[..40].to_owned()
    };
    let secrets = [&good, &wrong_key, &wrong_token, &right].map(signature);
    let words = [SECRET_KEY, "WRONGKEY", "WHISPER", "MURMUR", "cafecafe", "q-signature"];
    for secret in words.into_iter().chain(secrets.iter().map(String::as_str)) {
        assert!(!list.contains(secret), "{secret}\n{list}");
    }
    assert_eq!(endpoint.requests("").len(), 6);
}

#[test]
fn what_is_served_is_counted() {
    let endpoint = controlled(|builder| builder);
    endpoint.put("/a", b"0123456789");
    assert_eq!(endpoint.send(&get("/a").sign()).body.len(), 10);
    assert_eq!(endpoint.send(&request("HEAD", "/a").sign()).status, 200);
    assert_eq!(endpoint.send(&get("/a")).status, 403);
    endpoint.wait_for_metric("request_duration_seconds_count", 4.0);
    for (name, value) in [
        (r#"requests_total{operation="PUT Object",status="200"}"#, 1.0),
        (r#"requests_total{operation="GET Object",status="200"}"#, 1.0),
        (r#"requests_total{operation="HEAD Object",status="200"}"#, 1.0),
        (r#"refusals_total{cause="anonymous"}"#, 1.0),
        ("received_bytes_total", 10.0),
        ("connections_total", 4.0),
        ("store_errors_total", 0.0),
    ] {
        assert_eq!(endpoint.metric(name), value, "{name}");
    }
    assert!(endpoint.metric("sent_bytes_total") > 10.0, "the object and an error document");
    endpoint.wait_for_metric("open_connections", 0.0);
    let _open = endpoint.connect();
    endpoint.wait_for_metric("open_connections", 1.0);
}

#[test]
fn an_unsigned_copy_source_is_accepted_and_counted() {
    let endpoint = controlled(|builder| builder);
    endpoint.put("/a", b"x");
    let name = r#"unsigned_privileged_headers_total{header="x-cos-copy-source"}"#;
    let source = format!("{HOST}/a");
    let signed = request("PUT", "/b").header("x-cos-copy-source", &source).presign();
    assert_eq!((endpoint.send(&signed).status, endpoint.metric(name)), (200, 0.0));
    let unsigned = request("PUT", "/b").presign().header("x-cos-copy-source", &source);
    assert_eq!((endpoint.send(&unsigned).status, endpoint.metric(name)), (200, 1.0));
}

#[test]
fn what_a_strict_bucket_wants_signed_is_told() {
    let endpoint = controlled(|builder| builder.signature(Coverage::Strict));
    assert_eq!(endpoint.send(&put("/a", b"x").sign()).status, 200);
    let unsigned = get("/a").presign().header("Range", "bytes=0-0");
    assert_eq!(endpoint.send(&unsigned).status, 403);
    let added = get("/a").unsigned_param("versionId", "null").presign();
    assert_eq!(endpoint.send(&added).status, 403);
    let list = endpoint.requests("?limit=2");
    for (entry, told) in list.iter().rev().zip(["header range", "parameter versionid"]) {
        assert_eq!(entry["cause"], "not-signed");
        let explanation = &entry["explanation"];
        assert_eq!(explanation["cause"], "not-signed");
        let message = explanation["message"].as_str().unwrap();
        assert!(message.contains(told) && message.contains("strict"), "{message}");
        assert!(explanation["remedy"].as_str().unwrap().contains("strict"));
    }
    let (status, metrics) = endpoint.read("/metrics");
    assert!(status == 200 && metrics.contains(r#"refusals_total{cause="not-signed"} 2"#));
}

#[test]
fn a_client_that_goes_away_is_told_of() {
    let endpoint = controlled(|builder| builder);
    let mut connection = endpoint.connect();
    connection.write(&request("PUT", "/a").header("Content-Length", "10").sign().head());
    connection.write(b"01234");
    drop(connection);
    let deadline = Instant::now() + Duration::from_secs(10);
    let entry = loop {
        if let Some(entry) = endpoint.requests("").pop() {
            break entry;
        }
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    };
    let told = (&entry["cause"], &entry["status"]);
    let known = [("incomplete-body", 400), ("client-gone", 499)];
    assert!(known.iter().any(|(c, s)| told == (&json!(c), &json!(s))), "{entry}");
    assert_eq!(endpoint.kept(0), 0);
}

#[test]
fn health_tells_the_end_before_it_comes() {
    let mut endpoint = controlled(|builder| builder);
    let control = endpoint.control();
    assert_eq!(endpoint.read("/health"), (200, "{\"status\":\"ready\"}\n".to_owned()));
    let mut connection = endpoint.connect();
    connection.write(&put("/a", b"0123456789").sign().head());
    endpoint.wait_for_metric("open_connections", 1.0);
    let (running, runtime) = endpoint.take_running();
    let stopping = std::thread::spawn(move || runtime.block_on(running.shutdown()));
    let deadline = Instant::now() + Duration::from_secs(10);
    while ask(control, "GET", "/health", HOST_HEADER, "")
        != (503, "{\"status\":\"stopping\"}\n".into())
    {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
    connection.write(b"0123456789");
    assert_eq!(connection.answer(false).status, 200);
    stopping.join().unwrap();
    assert!(TcpStream::connect(control).is_err(), "the control listener goes last");
}

#[test]
fn a_web_page_cannot_use_it() {
    let endpoint = controlled(|builder| builder.control_host("control.internal"));
    let ask = |method, path, headers: &str| {
        ask(endpoint.control(), method, path, headers, r#"{"fixed":1}"#)
    };
    let kind = "Content-Type: application/json\r\n";
    for headers in [
        format!("Host: evil.example\r\n{kind}"),
        format!("Host: localhost\r\nOrigin: http://evil.example\r\n{kind}"),
        format!("Host: localhost\r\nOrigin: null\r\n{kind}"),
        "Host: localhost\r\nContent-Type: text/plain\r\n".to_owned(),
    ] {
        let (status, body) = ask("POST", "/clock", &headers);
        assert_eq!(status, 403, "{headers}: {body}");
    }
    assert_eq!(ask("GET", "/requests", "Host: evil.example\r\n").0, 403);
    assert_eq!(endpoint.clock.now(), NOW);
    assert_eq!(ask("GET", "/clock", "Host: control.internal:9001\r\n").0, 200);
    assert_eq!(ask("PUT", "/clock", HOST_HEADER).0, 405);
    assert_eq!(ask("POST", "/health", JSON).0, 405);
    assert_eq!(ask("GET", "/", HOST_HEADER).0, 404);
}

#[test]
fn it_stays_on_this_machine_unless_told_otherwise() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let builder = || {
        let credentials = Credentials::new(SECRET_ID, SECRET_KEY);
        let anywhere = "0.0.0.0:0".parse().unwrap();
        Server::builder().data_dir(folder.path()).credentials(credentials).control(anywhere)
    };
    let refused = runtime.block_on(builder().start()).unwrap_err();
    assert!(matches!(refused, StartError::ControlOffLoopback { .. }), "{refused}");
    assert!(refused.to_string().contains("0.0.0.0"), "{refused}");
    let running = runtime.block_on(builder().control_off_loopback().start()).unwrap();
    assert!(running.control_addr().is_some());
    runtime.block_on(running.shutdown());
}

#[test]
fn it_is_not_there_unless_asked_for() {
    assert_eq!(Endpoint::start().running().control_addr(), None);
}
