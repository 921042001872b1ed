//! Bytes on the wire: spelling, chunks, `Expect`, pace, limits, slow clients, stopping.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use cospass_server::{Builder, Limits, Server, StartError, StoreError};
use cospass_sign::Credentials;
use support::*;

fn limits(change: impl FnOnce(&mut Limits)) -> Endpoint {
    let mut limits = Limits::default();
    change(&mut limits);
    Endpoint::start_with(|builder| builder.limits(limits))
}

/// Endpoints that serve on the runtime they are started on, and on threads of their own.
const THREADS: [fn(Builder) -> Builder; 2] = [|builder| builder, Builder::thread_per_core];

#[test]
fn every_header_is_spelled_as_the_service_spells_it() {
    let endpoint = Endpoint::start();
    let mut upload = put("/a", b"0123456789").header("x-cos-storage-class", "STANDARD_IA");
    for name in [
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
        "x-cos-meta-a",
    ] {
        upload = upload.header(name, "v");
    }
    let answers = [
        endpoint.send(&upload.sign()),
        endpoint.send(&get("/a").header("Range", "bytes=1-2").sign()),
        endpoint.send(&get("/a").param("acl", "").sign()),
        endpoint.send(&request("HEAD", "/").sign()),
        endpoint.send(&request("HEAD", "/a").sign()),
        endpoint.send(&get("/a").header("If-None-Match", "*").sign()),
        endpoint.send(&get("/absent").sign()),
        endpoint.send(&request("DELETE", "/a").sign()),
    ];
    let mut seen: Vec<_> =
        answers.iter().flat_map(|answer| &answer.headers).map(|(name, _)| name.as_str()).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(
        seen,
        [
            "Accept-Ranges",
            "Cache-Control",
            "Connection",
            "Content-Disposition",
            "Content-Encoding",
            "Content-Language",
            "Content-Length",
            "Content-Range",
            "Content-Type",
            "Date",
            "ETag",
            "Expires",
            "Last-Modified",
            "Server",
            "x-cos-acl",
            "x-cos-bucket-region",
            "x-cos-hash-crc64ecma",
            "x-cos-meta-a",
            "x-cos-object-type",
            "x-cos-request-id",
            "x-cos-storage-class",
            "x-cos-trace-id",
        ]
    );
    for answer in &answers {
        for name in ["Date", "Server", "Connection", "x-cos-request-id", "x-cos-trace-id"] {
            assert_eq!(answer.head.matches(&format!("\r\n{name}: ")).count(), 1, "{}", answer.head);
        }
    }
}

#[test]
fn a_large_object_goes_up_and_down_in_pieces() {
    let endpoint = Endpoint::start();
    let body: Vec<u8> = (0..3_000_000_u32).map(|index| (index % 251) as u8).collect();
    endpoint.put("/a", &body);
    let down = endpoint.send(&get("/a").sign());
    assert_eq!((down.status, down.body == body), (200, true));
    let part = endpoint.send(&get("/a").header("Range", "bytes=100000-2000000").sign());
    assert_eq!((part.status, part.body == body[100_000..=2_000_000]), (206, true));
    assert_eq!((endpoint.kept(1), endpoint.files("incoming")), (1, 0));
}

#[test]
fn a_body_may_come_in_chunks() {
    let endpoint = Endpoint::start();
    let upload = request("PUT", "/a").header("Transfer-Encoding", "chunked").sign();
    let answer =
        endpoint.send(&upload.body(b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: 1\r\n\r\n"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("Connection"), Some("close"), "no request follows chunks");
    assert_eq!(endpoint.send(&get("/a").sign()).body, b"abcdefg");
}

#[test]
fn a_body_is_asked_for_only_with_a_permit() {
    let endpoint = Endpoint::start();
    let upload = put("/a", b"hello").header("Expect", "100-continue");
    let mut connection = endpoint.connect();
    connection.write(&upload.clone().sign().head());
    assert_eq!(connection.answer(false).status, 100);
    connection.write(b"hello");
    assert_eq!(connection.answer(false).status, 200);

    let mut connection = endpoint.connect();
    connection.write(&upload.clone().key(SECRET_ID, "other").sign().head());
    let refused = connection.answer(false);
    assert_eq!((refused.status, refused.header("Connection")), (403, Some("close")));
    assert!(connection.is_closed());
    let absent = "absent-1250000000.cos.ap-guangzhou.myqcloud.com";
    let mut connection = endpoint.connect();
    connection.write(&upload.host(absent).sign().head());
    assert_eq!(connection.answer(false).status, 404);
}

#[test]
fn a_refusal_reaches_a_client_that_sends_on() {
    let endpoint = Endpoint::start();
    let refused = put("/a", &vec![0; 8 << 20]).key(SECRET_ID, "other").sign();
    let mut connection = endpoint.connect();
    connection.write(&refused.bytes());
    assert_eq!(connection.answer(false).status, 403);
    // The body was thrown away whole, so the connection goes on.
    connection.write(&put("/b", b"x").sign().bytes());
    assert_eq!(connection.answer(false).status, 200);
    assert_eq!((endpoint.kept(1), endpoint.files("incoming")), (1, 0));
}

#[test]
fn a_body_that_ends_early_leaves_nothing() {
    let endpoint = Endpoint::start();
    for sent in [3, 600_000] {
        let upload = request("PUT", "/a").header("Content-Length", "900000").sign();
        let mut connection = endpoint.connect();
        connection.write(&upload.body(&vec![b'x'; sent]).bytes());
        connection.end_writing();
        let answer = connection.answer(false);
        assert_eq!((answer.status, answer.error().code.as_str()), (400, "IncompleteBody"));
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while endpoint.files("incoming") > 0 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(endpoint.kept(0), 0);
    assert_eq!(endpoint.send(&get("/a").sign()).status, 404);
}

#[test]
fn requests_follow_each_other_on_one_connection() {
    let endpoint = Endpoint::start();
    let mut connection = endpoint.connect();
    for round in 0..3 {
        connection.write(&put("/a", format!("{round}").as_bytes()).sign().bytes());
        assert_eq!(connection.answer(false).status, 200);
        connection.write(&get("/a").sign().bytes());
        assert_eq!(connection.answer(false).text(), format!("{round}"));
    }
    connection.write(&get("/a").header("Connection", "close").sign().bytes());
    assert_eq!(connection.answer(false).header("Connection"), Some("close"));
    assert!(connection.is_closed());
}

#[test]
fn a_limited_transfer_takes_its_time() {
    let endpoint = Endpoint::start();
    let body = vec![b'x'; 80_000];
    let time = |request: Request| {
        let start = Instant::now();
        let answer = endpoint.send(&request);
        assert_eq!(answer.status, 200, "{}", answer.text());
        start.elapsed()
    };
    // 80,000 bytes at 102,400 a second; the last piece is not waited for on the way down.
    let least = Duration::from_millis(600);
    assert!(time(put("/a", &body).header("x-cos-traffic-limit", "819200").sign()) >= least);
    assert!(time(get("/a").param("x-cos-traffic-limit", "819200").presign()) >= least);
    assert!(time(get("/a").header("x-cos-traffic-limit", "819200").sign()) >= least);
    assert_eq!(endpoint.send(&get("/a").sign()).body, body);
}

#[test]
fn a_slow_head_is_cut_off() {
    let endpoint = limits(|limits| limits.head_time = Duration::from_millis(200));
    let mut connection = endpoint.connect();
    connection.write(b"GET / HTTP/1.1\r\nHost: ");
    assert!(connection.is_closed());
    let mut idle = endpoint.connect();
    idle.write(&get("/absent").sign().bytes());
    assert_eq!(idle.answer(false).status, 404);
    assert!(idle.is_closed(), "a kept connection that lies idle");
}

#[test]
fn a_slow_reader_is_cut_off() {
    let endpoint = limits(|limits| limits.answer_pause = Duration::from_millis(300));
    endpoint.put("/a", &vec![0; 32 << 20]);
    let mut connection = endpoint.connect();
    connection.write(&get("/a").sign().bytes());
    std::thread::sleep(Duration::from_millis(1500));
    let mut read = 0;
    let mut buffer = vec![0; 1 << 20];
    while let Ok(more @ 1..) = std::io::Read::read(&mut connection.stream, &mut buffer) {
        read += more;
    }
    assert!(read < 32 << 20, "{read}");
    assert_eq!(endpoint.send(&get("/absent").sign()).status, 404);
}

/// The answers themselves are asserted in `refusals.rs`.
#[test]
fn what_follows_a_head_that_cannot_be_read_is_not_served() {
    let endpoint = Endpoint::start();
    let mut connection = endpoint.connect();
    connection.write(&put("/a", b"x").sign().bytes());
    assert_eq!(connection.answer(false).status, 200);
    let bad = [&b"GET /a HTTP/9.9\r\n\r\n"[..], &put("/b", b"x").sign().bytes()].concat();
    connection.write(&bad);
    let answer = connection.answer(false);
    assert_eq!((answer.status, answer.header("Connection")), (400, Some("close")));
    assert!(answer.head.contains("\r\nx-cos-request-id: ") && answer.head.contains("\r\nDate: "));
    assert!(connection.is_closed());
    assert_eq!(endpoint.send(&get("/b").sign()).status, 404);
}

/// What hyper says by itself is replaced; what an object says is not.
#[test]
fn an_object_that_looks_like_an_answer_comes_down_as_it_is() {
    let endpoint = Endpoint::start();
    let content = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    endpoint.put("/a", content);
    assert_eq!(endpoint.send(&get("/a").sign()).body, content);
    let padded = [&vec![b'x'; 700_000][..], content].concat();
    endpoint.put("/a", &padded);
    for start in [262_144, 524_288, 700_000] {
        let range = format!("bytes={start}-");
        let answer = endpoint.send(&get("/a").header("Range", range).sign());
        assert!(answer.body == padded[start..], "{start}");
    }
}

#[test]
fn a_refusal_reaches_a_client_whose_head_does_not_end() {
    let endpoint = limits(|limits| limits.discard_time = Duration::from_secs(10));
    let mut connection = endpoint.connect();
    let mut writing = connection.stream.try_clone().unwrap();
    let writer = std::thread::spawn(move || {
        let _ = writing.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nx-long: ");
        let _ = writing.write_all(&vec![b'v'; 4 << 20]);
    });
    let answer = connection.answer(false);
    assert_eq!((answer.status, answer.error().code.as_str()), (400, "InvalidRequest"));
    writer.join().unwrap();
}

fn trickle(endpoint: &Endpoint, upload: Request, pieces: usize, pause: u64) -> Answer {
    let mut connection = endpoint.connect();
    connection.write(&upload.head());
    let mut writing = connection.stream.try_clone().unwrap();
    let writer = std::thread::spawn(move || {
        for _ in 0..pieces {
            std::thread::sleep(Duration::from_millis(pause));
            let _ = writing.write_all(&[b'x'; 100]);
        }
    });
    let answer = connection.answer(false);
    writer.join().unwrap();
    answer
}

#[test]
fn a_body_that_trickles_is_cut_off() {
    let endpoint = limits(|limits| {
        limits.body_rate = 4000;
        limits.body_rate_window = Duration::from_millis(300);
    });
    let upload = |length: usize| request("PUT", "/a").header("Content-Length", length.to_string());
    let slow = trickle(&endpoint, upload(2000).sign(), 20, 50);
    assert_eq!((slow.status, slow.error().code.as_str()), (400, "UserNetworkTooSlow"));
    assert_eq!((endpoint.kept(0), endpoint.files("incoming")), (0, 0));
    // Slow, but not for long enough.
    assert_eq!(trickle(&endpoint, upload(200).sign(), 2, 100).status, 200);
    let paced = upload(2000).header("x-cos-traffic-limit", "819200").sign();
    assert_eq!(trickle(&endpoint, paced, 20, 50).status, 200, "who asks for a pace is not hurried");
}

#[test]
fn a_connection_over_the_limit_is_told_to_slow_down() {
    let endpoint = limits(|limits| {
        limits.connections = 1;
        limits.refusal_time = Duration::from_millis(400);
    });
    let mut first = endpoint.connect();
    first.write(&get("/absent").sign().bytes());
    assert_eq!(first.answer(false).status, 404);
    let mut second = endpoint.connect();
    second.write(&put("/a", b"x").sign().bytes());
    let refused = second.answer(false);
    assert_eq!((refused.status, refused.error().code.as_str()), (503, "SlowDown"));
    assert_eq!(refused.header("Connection"), Some("close"));
    assert!(second.is_closed());
    let mut silent = endpoint.connect();
    assert!(silent.is_closed(), "it takes a place of its own, for a while");
    first.write(&get("/absent").sign().bytes());
    assert_eq!(first.answer(false).status, 404, "who was there first is served on");
    drop(first);
    let deadline = Instant::now() + Duration::from_secs(10);
    while endpoint.send(&get("/absent").sign()).status != 404 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn many_clients_are_served_at_once() {
    THREADS.into_iter().for_each(many_clients_are_served);
}

fn many_clients_are_served(threads: fn(Builder) -> Builder) {
    let endpoint = Endpoint::start_with(threads);
    std::thread::scope(|scope| {
        for client in 0..8 {
            let endpoint = &endpoint;
            scope.spawn(move || {
                let mut connection = endpoint.connect();
                for round in 0..10 {
                    let (target, body) = (format!("/{client}/{round}"), vec![client; 70_000]);
                    connection.write(&put(&target, &body).sign().bytes());
                    assert_eq!(connection.answer(false).status, 200);
                    connection.write(&get(&target).sign().bytes());
                    assert!(connection.answer(false).body == body);
                    connection.write(&get(&target).bytes());
                    assert_eq!(connection.answer(false).status, 403, "it is not signed");
                }
            });
        }
    });
    assert_eq!((endpoint.kept(80), endpoint.files("incoming")), (80, 0));
}

#[test]
fn stopping_lets_an_open_request_end() {
    THREADS.into_iter().for_each(an_open_request_ends);
}

fn an_open_request_ends(threads: fn(Builder) -> Builder) {
    let endpoint = Endpoint::start_with(threads);
    let mut connection = endpoint.connect();
    let upload = put("/a", b"0123456789").sign();
    connection.write(&upload.head());
    connection.write(b"01234");
    std::thread::sleep(Duration::from_millis(100));
    let mut rest = connection.stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        rest.write_all(b"56789").unwrap();
    });
    let folder = endpoint.shutdown();
    sender.join().unwrap();
    let answer = connection.answer(false);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Connection"), Some("close"));
    let endpoint = Endpoint::start_in(folder, |builder| builder);
    assert_eq!(endpoint.send(&get("/a").sign()).body, b"0123456789");
}

#[test]
fn stopping_cuts_off_what_does_not_end() {
    for threads in THREADS {
        let mut limits = Limits::default();
        limits.drain_time = Duration::from_millis(200);
        let endpoint = Endpoint::start_with(|builder| threads(builder).limits(limits));
        let mut connection = endpoint.connect();
        connection.write(&put("/a", b"0123456789").sign().head());
        std::thread::sleep(Duration::from_millis(100));
        let start = Instant::now();
        let folder = endpoint.shutdown();
        assert!(start.elapsed() < Duration::from_secs(5));
        assert!(connection.is_closed());
        assert_eq!(std::fs::read_dir(folder.path().join("incoming")).unwrap().count(), 0);
    }
}

#[test]
fn a_dropped_endpoint_stops() {
    for threads in THREADS {
        let mut endpoint = Endpoint::start_with(threads);
        let mut connection = endpoint.connect();
        endpoint.drop_running();
        assert!(connection.is_closed());
    }
}

#[test]
fn http_1_0_is_served_one_request_a_connection() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let bytes = String::from_utf8(get("/a").sign().bytes()).unwrap();
    let mut connection = endpoint.connect();
    connection.write(bytes.replace("HTTP/1.1", "HTTP/1.0").as_bytes());
    let answer = connection.answer(false);
    assert_eq!((answer.status, answer.header("Connection")), (200, Some("close")));
    assert_eq!(answer.body, b"x");
    assert!(connection.is_closed());
}

#[test]
fn what_does_not_start_says_why() {
    let endpoint = Endpoint::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let start = |builder: cospass_server::Builder| runtime.block_on(builder.start()).unwrap_err();
    let complete = || {
        let credentials = Credentials::new(SECRET_ID, SECRET_KEY);
        Server::builder().data_dir(endpoint.folder.path()).credentials(credentials)
    };
    assert!(matches!(start(Server::builder()), StartError::NoDataDir));
    let bare = Server::builder().data_dir(endpoint.folder.path());
    assert!(matches!(start(bare), StartError::NoCredentials));
    assert!(matches!(start(complete().bucket("short")), StartError::Bucket(_)));
    assert!(matches!(start(complete().map("h", "short")), StartError::Bucket(_)));
    assert!(matches!(start(complete().region("")), StartError::Region(_)));
    let locked = start(complete());
    assert!(matches!(locked, StartError::Store(StoreError::Locked { .. })), "{locked}");
    let other = tempfile::TempDir::new().unwrap();
    let taken = complete().data_dir(other.path()).listen(endpoint.address);
    assert!(matches!(start(taken), StartError::Listen { .. }));
}
