//! Every limit on its own, over a socket: what is just within it is served, what is just above it is refused by name. The
//! limits are smaller than those of a public endpoint, so that no other one is reached before.
//!
//! Those of time and of connections are in `connections.rs` and `tls.rs`, that of open files in `tests/faults/starved.py`.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use cospass_server::Limits;
use support::form::form;
use support::*;

fn limited(change: impl FnOnce(&mut Limits)) -> Endpoint {
    let mut limits = Limits::default();
    change(&mut limits);
    Endpoint::start_with(|builder| builder.limits(limits))
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, code: &str) {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(
        (answer.status, text.contains(&format!("<Code>{code}</Code>"))),
        (status, true),
        "{text}"
    );
}

#[track_caller]
fn is_served(answer: &Answer) {
    assert!(answer.status < 300, "{}: {}", answer.status, String::from_utf8_lossy(&answer.body));
}

/// A request with a body, that says its length.
fn post(target: &str, body: &[u8]) -> Request {
    request("POST", target).header("Content-Length", body.len().to_string()).body(body)
}

/// A request target of that length.
fn target(length: usize) -> String {
    format!("/a?x={}", "v".repeat(length - "/a?x=".len()))
}

#[test]
fn the_length_of_a_target() {
    let endpoint = limited(|limits| limits.target_length = 200);
    endpoint.put("/a", b"x");
    let asked = |length| endpoint.exchange(&get("/a").sign().head_to(&target(length)), false);
    is_served(&asked(200));
    is_refused(&asked(201), 414, "RequestURITooLong");
}

/// The longest head is that of a buffer, which is 8 KiB at least.
#[test]
fn the_length_of_a_head() {
    let endpoint = limited(|limits| limits.head_size = 8 << 10);
    endpoint.put("/a", b"x");
    let with_length = |length: usize| {
        let bare = get("/a").header("x-long", "").sign().head().len();
        let value = "v".repeat(length - bare);
        // Not signed, so that the signature is as long.
        let head = String::from_utf8(get("/a").sign().head()).unwrap();
        head.replace("Authorization", &format!("x-long: {value}\r\nAuthorization"))
    };
    is_served(&endpoint.exchange(with_length((8 << 10) - 100).as_bytes(), false));
    is_refused(
        &endpoint.exchange(with_length((8 << 10) + 100).as_bytes(), false),
        400,
        "InvalidRequest",
    );
}

#[test]
fn the_number_of_headers() {
    let endpoint = limited(|limits| limits.headers = 20);
    endpoint.put("/a", b"x");
    // Beside those of every request: `Host` and `Authorization`.
    let asked = |more: usize| {
        let request = (0..more).fold(get("/a"), |asked, at| asked.header(&format!("x-{at}"), "v"));
        endpoint.send(&request.sign())
    };
    is_served(&asked(18));
    is_refused(&asked(19), 400, "InvalidRequest");
}

#[test]
fn the_size_of_an_object() {
    let endpoint = limited(|limits| limits.object_size = 10);
    is_served(&endpoint.send(&put("/a", &[b'x'; 10]).sign()));
    is_refused(&endpoint.send(&put("/a", &[b'x'; 11]).sign()), 400, "EntityTooLarge");
    let chunked = |length: usize| {
        let body = format!("{length:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(length));
        let upload = request("PUT", "/a").header("Transfer-Encoding", "chunked").sign();
        endpoint.send(&upload.body(body.as_bytes()))
    };
    is_served(&chunked(10));
    is_refused(&chunked(11), 400, "EntityTooLarge");
    assert_eq!((endpoint.kept(1), endpoint.files("incoming")), (1, 0));
}

#[test]
fn the_length_of_a_body_is_the_one_that_was_told() {
    let endpoint = limited(|limits| limits.body_pause = Duration::from_millis(200));
    let upload = |told: &str| request("PUT", "/a").header("Content-Length", told);
    let asked = |told: &str, body: &[u8]| endpoint.send(&upload(told).sign().body(body));
    is_served(&asked("3", b"abc"));
    is_refused(&asked("4", b"abc"), 400, "RequestTimeout");
    for strange in ["-1", "3x", "0x3", "99999999999999999999", "3, 4"] {
        is_refused(&asked(strange, b"abc"), 400, "InvalidRequest");
    }
    let twice = upload("3").header("Content-Length", "4").sign().body(b"abcd");
    is_refused(&endpoint.send(&twice), 400, "InvalidRequest");
    let both = upload("3").header("Transfer-Encoding", "chunked").sign();
    is_refused(&endpoint.send(&both.body(b"0\r\n\r\n")), 400, "InvalidRequest");
    assert_eq!(endpoint.send(&get("/a").sign()).body, b"abc");
    // What is sent beyond it belongs to the next request, which it does not become.
    let mut connection = endpoint.connect();
    connection.write(&upload("3").sign().body(b"abcGARBAGE\r\n\r\n").bytes());
    is_served(&connection.answer(false));
    is_refused(&connection.answer(false), 400, "InvalidRequest");
    assert!(connection.is_closed());
    assert_eq!(endpoint.send(&get("/a").sign()).body, b"abc");
}

/// Bytes of an XML document, padded to a length.
fn padded(document: &str, length: usize) -> Vec<u8> {
    format!("{document}{}", " ".repeat(length - document.len())).into_bytes()
}

const TAGS: &str = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
const DELETE: &str = "<Delete><Object><Key>absent</Key></Object></Delete>";

#[test]
fn the_size_of_a_document() {
    let endpoint = limited(|limits| {
        limits.document_size = 1000;
        limits.list_document_size = 2000;
    });
    endpoint.put("/a", b"x");
    let tagged = |body: &[u8]| endpoint.send(&put("/a", body).param("tagging", "").sign());
    is_served(&tagged(&padded(TAGS, 1000)));
    is_refused(&tagged(&padded(TAGS, 1001)), 400, "EntityTooLarge");
    let deleted = |body: &[u8]| endpoint.send(&post("/", body).param("delete", "").sign());
    is_served(&deleted(&padded(DELETE, 2000)));
    is_refused(&deleted(&padded(DELETE, 2001)), 400, "EntityTooLarge");
}

#[test]
fn what_a_document_may_hold() {
    let endpoint = limited(|_| {});
    endpoint.put("/a", b"x");
    let tagged =
        |body: &str| endpoint.send(&put("/a", body.as_bytes()).param("tagging", "").sign());
    let inside = |more: &str| TAGS.replace("</Tagging>", &format!("{more}</Tagging>"));
    let nested = |depth: usize| inside(&format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth)));
    is_served(&tagged(&nested(15)));
    is_refused(&tagged(&nested(16)), 400, "MalformedXML");
    // Five elements are there already.
    let wide = |elements: usize| inside(&"<a/>".repeat(elements - 5));
    is_served(&tagged(&wide(4096)));
    is_refused(&tagged(&wide(4097)), 400, "MalformedXML");
    is_served(&tagged(&format!("<?xml version=\"1.0\"?><!-- a -->{TAGS}")));
    for document_type in [
        "<!DOCTYPE Tagging>",
        "<!DOCTYPE Tagging [<!ENTITY a \"aaaa\">]>",
        "<!DOCTYPE Tagging SYSTEM \"file:///etc/passwd\">",
    ] {
        is_refused(&tagged(&format!("{document_type}{TAGS}")), 400, "MalformedXML");
    }
    is_refused(&tagged(&TAGS.replace(">v<", ">&undefined;<")), 400, "MalformedXML");
}

#[test]
fn the_fields_of_a_form() {
    // A signed form has six fields; one of them, the policy, has more than 200 bytes.
    let endpoint = limited(|limits| {
        limits.form_fields = 10;
        limits.form_field_size = 1000;
        limits.form_size = 3000;
    });
    let more = |names: std::ops::Range<u32>, length: usize| {
        let value = "v".repeat(length);
        let form = names.fold(form("a"), |form, at| form.field(&format!("x{at}"), &value));
        endpoint.send(&form.sign().request())
    };
    is_served(&more(0..4, 1));
    is_refused(&more(0..5, 1), 400, "EntityTooLarge");
    is_served(&more(0..1, 800));
    is_refused(&more(0..1, 1001), 400, "EntityTooLarge");
    is_refused(&more(0..3, 800), 400, "EntityTooLarge");
}

/// A refused body is thrown away as long as it is not too large; then the connection is closed instead.
#[test]
fn how_much_of_a_refused_body_is_thrown_away() {
    let endpoint = limited(|limits| limits.discard_size = 100_000);
    endpoint.put("/b", b"x");
    let goes_on = |size: usize| {
        let mut connection = endpoint.connect();
        let refused = put("/a", &vec![b'x'; size]).key(SECRET_ID, "other").sign();
        connection.write(&refused.bytes());
        is_refused(&connection.answer(false), 403, "SignatureDoesNotMatch");
        connection.exchange(&get("/b").sign().bytes()) == Some(200)
    };
    assert!(goes_on(100_000));
    assert!(!goes_on(4 << 20));
}

#[test]
fn for_how_long_a_refused_body_is_thrown_away() {
    let endpoint = limited(|limits| limits.discard_time = Duration::from_millis(300));
    let mut connection = endpoint.connect();
    let refused = put("/a", b"").replace_length(1 << 20).key(SECRET_ID, "other").sign();
    connection.write(&refused.head());
    is_refused(&connection.answer(false), 403, "SignatureDoesNotMatch");
    let start = Instant::now();
    let is_open = || start.elapsed() < Duration::from_secs(3);
    while is_open() && connection.stream.write_all(b"x").is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(is_open(), "it is closed, although bytes keep coming");
}
