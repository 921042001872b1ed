//! Objects that grow by appending.

mod support;

use std::thread;

use cospass_server::Limits;
use md5::{Digest, Md5};
use support::*;

fn append(target: &str, position: u64, body: &[u8]) -> Request {
    let request = request("POST", target).header("Content-Length", body.len().to_string());
    request.body(body).param("append", "").param("position", &position.to_string())
}

fn hex_md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn appended(endpoint: &Endpoint, target: &str, position: u64, body: &[u8]) -> Answer {
    let answer = endpoint.send(&append(target, position, body).sign());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let next = (position + body.len() as u64).to_string();
    assert_eq!(answer.header("x-cos-next-append-position"), Some(next.as_str()));
    assert_eq!(answer.header("x-cos-content-sha1"), Some(hex_md5(body).as_str()));
    assert_eq!(answer.body.len(), 0);
    answer
}

#[test]
fn an_object_grows() {
    let endpoint = Endpoint::start();
    let begin = append("/a", 0, b"first").header("x-cos-meta-of", "the first");
    assert_eq!(endpoint.send(&begin.sign()).status, 200);
    let (mut whole, mut etags) = (b"first".to_vec(), Vec::new());
    let large: Vec<u8> = (0..600_000_u32).map(|index| (index % 251) as u8).collect();
    for piece in [&b" second"[..], b"", &large, b"x", &large[..300_000], b"the end"] {
        let answer = appended(&endpoint, "/a", whole.len() as u64, piece);
        whole.extend_from_slice(piece);
        etags.push(answer.header("ETag").unwrap().to_owned());
        let got = endpoint.send(&get("/a").sign());
        assert!(got.body == whole, "after {} bytes", whole.len());
        for name in ["ETag", "x-cos-hash-crc64ecma"] {
            assert_eq!(got.header(name), answer.header(name), "{name}");
        }
    }
    etags.dedup();
    assert_eq!(etags.len(), 6, "each append gives another entity tag");
    let folder = endpoint.shutdown();
    let endpoint = Endpoint::start_in(folder, |builder| builder);
    let head = endpoint.send(&request("HEAD", "/a").sign());
    assert_eq!(head.header("x-cos-object-type"), Some("appendable"));
    assert_eq!(head.header("x-cos-meta-of"), Some("the first"));
    endpoint.put("/whole", &whole);
    let put = endpoint.send(&request("HEAD", "/whole").sign());
    assert_eq!(put.header("x-cos-object-type"), Some("normal"));
    let crc64 = "x-cos-hash-crc64ecma";
    assert_eq!(head.header(crc64), put.header(crc64), "that of the whole object");
    let range = format!("bytes={}-{}", 5 + 7 + 599_990, 5 + 7 + 600_010);
    let part = endpoint.send(&get("/a").header("Range", &range).sign());
    assert_eq!((part.status, &part.body), (206, &whole[600_002..=600_022].to_vec()));
}

#[test]
fn small_appends_leave_few_files() {
    let endpoint = Endpoint::start();
    let mut whole = Vec::new();
    for number in 0..100_u64 {
        let piece = format!("line {number}\n");
        appended(&endpoint, "/log", whole.len() as u64, piece.as_bytes());
        whole.extend_from_slice(piece.as_bytes());
    }
    assert_eq!(endpoint.send(&get("/log").sign()).body, whole);
    let blobs = endpoint.blobs_once(|blobs| blobs < 16);
    assert!(blobs < 16, "{blobs}");
    assert_eq!(endpoint.send(&request("DELETE", "/log").sign()).status, 204);
    assert_eq!(endpoint.kept(0), 0);
}

#[test]
fn of_many_appends_to_one_place_one_wins() {
    let endpoint = Endpoint::start();
    let mut length = 0;
    for round in 0..5_u8 {
        let statuses: Vec<_> = thread::scope(|scope| {
            let racers: Vec<_> = (0..8_u8)
                .map(|racer| {
                    let request = append("/a", length, &[round * 8 + racer; 1000]).sign();
                    let endpoint = &endpoint;
                    scope.spawn(move || endpoint.exchange(&request.bytes(), false).status)
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
        length += 1000;
    }
    let got = endpoint.send(&get("/a").sign());
    assert_eq!(got.body.len(), 5000);
    assert!(got.body.chunks(1000).all(|piece| piece.iter().all(|byte| *byte == piece[0])));
    let blobs = endpoint.blobs_once(|blobs| blobs < 5);
    assert!(blobs < 5, "what lost is removed: {blobs}");
}

#[test]
fn a_reader_sees_the_object_as_it_was() {
    let endpoint = Endpoint::start();
    let mut whole = vec![7; 3_000_000];
    appended(&endpoint, "/a", 0, &whole);
    for piece in 0..20_u8 {
        appended(&endpoint, "/a", whole.len() as u64, &[piece; 50]);
        whole.extend_from_slice(&[piece; 50]);
    }
    let mut slow = endpoint.connect();
    slow.write(&get("/a").sign().bytes());
    for piece in 0..40_u8 {
        appended(&endpoint, "/a", 3_001_000 + u64::from(piece) * 50, &[piece; 50]);
    }
    assert_eq!(endpoint.send(&request("DELETE", "/a").sign()).status, 204);
    let answer = slow.answer(false);
    assert_eq!(answer.status, 200);
    let length = answer.body.len();
    assert!((3_001_000..=3_003_000).contains(&length) && length.is_multiple_of(50), "{length}");
    assert!(answer.body.starts_with(&whole), "however much was appended when it was read");
}

#[test]
fn what_cannot_be_appended_is_refused() {
    let endpoint = Endpoint::start_with(|builder| {
        let mut limits = Limits::default();
        limits.object_size = 100;
        builder.limits(limits)
    });
    endpoint.put("/normal", b"x");
    appended(&endpoint, "/a", 0, &[b'x'; 60]);
    let no_position = request("POST", "/a").header("Content-Length", "1").body(b"x");
    let chunked = request("POST", "/a").header("Transfer-Encoding", "chunked");
    let chunked = chunked.body(b"29\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n");
    let begun_as = |class| append("/b", 0, b"x").header("x-cos-storage-class", class);
    for (request, status, code) in [
        (append("/a", 59, b"y"), 409, "AppendPositionErr"),
        (append("/a", 61, b"y"), 409, "AppendPositionErr"),
        (append("/a", 0, b"y"), 409, "AppendPositionErr"),
        (append("/absent", 1, b"y"), 409, "AppendPositionErr"),
        (append("/normal", 1, b"y"), 409, "ObjectNotAppendable"),
        (no_position.clone().param("append", ""), 400, "InvalidArgument"),
        (no_position.param("append", "").param("position", "-1"), 400, "InvalidArgument"),
        (append("/a", 60, &[b'y'; 41]), 400, "EntityTooLarge"),
        (chunked.param("append", "").param("position", "60"), 400, "EntityTooLarge"),
        (
            request("POST", "/a").param("append", "").param("position", "60"),
            411,
            "MissingContentLength",
        ),
        (
            append("/a", 60, b"y").header("Content-MD5", "7o3pGNBWQBRbGPcPTDqmAg=="),
            400,
            "BadDigest",
        ),
        (begun_as("ARCHIVE"), 400, "InvalidArgument"),
        (begun_as("INTELLIGENT_TIERING"), 400, "InvalidArgument"),
        (put("/copy", b"").header("x-cos-copy-source", format!("{HOST}/a")), 400, "InvalidRequest"),
    ] {
        let answer = endpoint.send(&request.sign());
        assert_eq!((answer.status, answer.error().code.as_str()), (status, code));
    }
    assert_eq!(endpoint.send(&get("/a").sign()).body, [b'x'; 60]);
    assert_eq!((endpoint.kept(2), endpoint.files("incoming")), (2, 0));
    endpoint.put("/a", b"normal");
    let answer = endpoint.send(&append("/a", 6, b"y").sign());
    assert_eq!(answer.error().code, "ObjectNotAppendable", "an upload makes it a normal one");
}
