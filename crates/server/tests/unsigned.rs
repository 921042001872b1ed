//! Headers that give something away and that no signature covers: accepted as the service accepts them, and counted.

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use cospass_server::Coverage;
use support::form::{Form, form};
use support::*;

const ACL: &str = "x-cos-acl";
const GRANT: &str = "x-cos-grant-read";
const SOURCE: &str = "x-cos-copy-source";
const OTHER_HOST: &str = "other-1250000000.cos.ap-guangzhou.myqcloud.com";

fn start() -> Endpoint {
    start_with(Coverage::Listed)
}

fn start_with(coverage: Coverage) -> Endpoint {
    let control = SocketAddr::from(([127, 0, 0, 1], 0));
    let endpoint = Endpoint::start_with(|builder| builder.control(control).signature(coverage));
    assert_eq!(endpoint.send(&put("/source", b"x").sign()).status, 200);
    endpoint
}

/// How often a header was counted.
fn counted(endpoint: &Endpoint, header: &str) -> u64 {
    let Some(control) = endpoint.running().control_addr() else { return u64::MAX };
    let read = || {
        let mut stream = TcpStream::connect(control)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    };
    let answer = read().unwrap_or_default();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let name = format!("cospass_unsigned_privileged_headers_total{{header=\"{header}\"}} ");
    let count = answer.lines().find_map(|line| line.strip_prefix(&name));
    count.map_or(0, |count| count.parse().unwrap_or(u64::MAX))
}

/// What a header is given: to the one that copies its source, to the others access for everyone.
fn value(header: &str) -> String {
    match header {
        ACL => "public-read".to_owned(),
        SOURCE => format!("{HOST}/source"),
        _ => "id=\"qcs::cam::anyone:anyone\"".to_owned(),
    }
}

/// Sends a request with a header that is signed and with one that is not, each way of carrying a signature; both are done,
/// and the one that is not signed is counted. A strict endpoint does neither.
#[track_caller]
fn counts(header: &'static str, request: &dyn Fn() -> Request) {
    let (endpoint, strict) = (start(), start_with(Coverage::Strict));
    let with = |request: Request| request.header(header, value(header));
    let before = |request: &Request| {
        let answer = endpoint.send(request);
        assert!(answer.status < 300, "{header}: {}", answer.text());
        let count = counted(&endpoint, header);
        // A bucket is made once.
        if request.method == "PUT" && request.target == "/" {
            endpoint.send(&support::request("DELETE", "/").host(OTHER_HOST).sign());
        }
        count
    };
    assert_eq!(before(&with(request()).sign()), 0, "signed");
    assert_eq!(before(&with(request()).presign()), 0, "signed in the query");
    assert_eq!(before(&with(request().sign())), 1, "unsigned");
    assert_eq!(before(&with(request().presign())), 2, "unsigned beside a URL");
    let refused = strict.send(&with(request().presign()));
    assert_eq!(refused.error().code, "AccessDenied", "{header}");
    assert!(refused.error().message.contains(header), "{}", refused.text());
    assert_eq!(counted(&strict, header), 0);
}

#[test]
fn put_object() {
    counts(ACL, &|| put("/a", b"x"));
    counts(GRANT, &|| put("/a", b"x"));
}

#[test]
fn copy() {
    counts(SOURCE, &|| put("/a", b""));
    counts(ACL, &|| put("/a", b"").header(SOURCE, value(SOURCE)));
}

#[test]
fn initiate() {
    counts(ACL, &|| request("POST", "/a").param("uploads", ""));
    counts(GRANT, &|| request("POST", "/a").param("uploads", ""));
}

#[test]
fn append() {
    let keys = std::cell::Cell::new(0);
    let append = || {
        keys.set(keys.get() + 1);
        let request = request("POST", &format!("/a{}", keys.get())).param("append", "");
        request.param("position", "0").header("Content-Length", "1").body(b"x")
    };
    counts(ACL, &append);
}

#[test]
fn symlink() {
    counts(ACL, &|| put("/a", b"").param("symlink", "").header("x-cos-symlink-target", "source"));
}

#[test]
fn acl_of_an_object_and_of_a_bucket() {
    for target in ["/source", "/"] {
        counts(ACL, &|| put(target, b"").param("acl", ""));
        counts(GRANT, &|| put(target, b"").param("acl", ""));
    }
}

#[test]
fn put_bucket() {
    counts(ACL, &|| put("/", b"").host(OTHER_HOST));
}

#[test]
fn upload_part_copy() {
    let endpoint = start();
    let begun = endpoint.send(&request("POST", "/a").param("uploads", "").sign());
    let part = put("/a", b"").param("partNumber", "1").param("uploadId", begun.only("UploadId"));
    let copy = |request: Request| request.header(SOURCE, value(SOURCE));
    assert_eq!(endpoint.send(&copy(part.clone()).presign()).status, 200);
    assert_eq!(counted(&endpoint, SOURCE), 0);
    assert_eq!(endpoint.send(&copy(part.presign())).status, 200);
    assert_eq!(counted(&endpoint, SOURCE), 1);
}

#[test]
fn a_field_of_a_form_on_which_its_policy_has_no_condition() {
    let endpoint = start();
    let send = |form: Form| {
        let answer = endpoint.send(&form.sign().request());
        assert_eq!(answer.status, 204, "{}", answer.text());
        (counted(&endpoint, ACL), counted(&endpoint, GRANT))
    };
    let everyone = value(GRANT);
    let open = form("a").field("acl", "public-read");
    assert_eq!(send(open.clone().condition(r#"{"acl":"public-read"}"#)), (0, 0));
    assert_eq!(send(open), (1, 0));
    let granted = form("a").field("X-Cos-Grant-Read", &everyone);
    assert_eq!(send(granted), (1, 1));
    let condition = r#"["eq","$x-cos-grant-read","id=\"qcs::cam::anyone:anyone\""]"#;
    assert_eq!(send(form("a").field(GRANT, &everyone).condition(condition)), (1, 1));
    // A header beside a form is not acted on.
    let beside = form("b").sign().request().header(ACL, "public-read");
    assert_eq!(endpoint.send(&beside).status, 204);
    assert_eq!((counted(&endpoint, ACL), endpoint.send(&get("/b")).status), (1, 403));
}

#[test]
fn nobody_who_did_not_sign_left_anything_out() {
    let endpoint = start();
    let open = put("/", b"").param("acl", "").header(ACL, "public-read-write").sign();
    assert_eq!(endpoint.send(&open).status, 200);
    assert_eq!(endpoint.send(&put("/a", b"x").header(ACL, "public-read")).status, 200);
    assert_eq!(counted(&endpoint, ACL), 0);
    // Nor is what was refused counted as accepted.
    let refused = put("/a", b"x").presign().header(ACL, "public");
    assert_eq!(endpoint.send(&refused).status, 400);
    assert_eq!(counted(&endpoint, ACL), 0);
}

#[test]
fn a_policy_judges_a_form_by_its_fields_not_by_headers_beside_it() {
    let endpoint = start();
    let document = format!(
        r#"{{"version":"2.0","statement":[{{"effect":"allow","principal":{{"qcs":["qcs::cam::anyone:anyone"]}},"action":["name/cos:PostObject"],"resource":["qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/*"],"condition":{{"string_equal":{{"cos:x-cos-acl":"private"}}}}}}]}}"#
    );
    let set = put("/", document.as_bytes()).param("policy", "").sign();
    assert_eq!(endpoint.send(&set).status, 204);
    let private = form("a").field("acl", "private");
    assert_eq!(endpoint.send(&private.request()).status, 204);
    let open = form("a").field("acl", "public-read").request().header(ACL, "private");
    assert_eq!(endpoint.send(&open).status, 403);
    assert_eq!(endpoint.send(&form("a").request().header(ACL, "private")).status, 403);
}
