//! Archived objects: refused, restored for some days, refused again.

mod support;

use support::*;

const DAY: i64 = 86_400;

fn archive(endpoint: &Endpoint, target: &str, class: &str) {
    let put = put(target, b"archived").header("x-cos-storage-class", class).sign();
    assert_eq!(endpoint.send(&put).status, 200);
}

fn restore(target: &str, days: u32, tier: &str) -> Request {
    let body = format!(
        "<RestoreRequest><Days>{days}</Days><CASJobParameters><Tier>{tier}</Tier></CASJobParameters></RestoreRequest>"
    );
    let request = request("POST", target).header("Content-Length", body.len().to_string());
    request.body(body.as_bytes()).param("restore", "").key_time(NOW - 60, NOW + 90 * DAY).sign()
}

fn signed(method: &'static str, target: &str) -> Request {
    request(method, target).key_time(NOW - 60, NOW + 90 * DAY).sign()
}

#[test]
fn an_archived_object_is_readable_for_the_days_that_were_asked_for() {
    let endpoint = Endpoint::start();
    archive(&endpoint, "/a", "ARCHIVE");
    let head = endpoint.send(&signed("HEAD", "/a"));
    assert_eq!((head.status, head.header("x-cos-restore")), (200, None));
    assert_eq!(endpoint.send(&signed("GET", "/a")).error().code, "InvalidObjectState");

    let begun = endpoint.send(&restore("/a", 2, "Standard"));
    assert_eq!((begun.status, begun.body.len()), (202, 0));
    let head = endpoint.send(&signed("HEAD", "/a"));
    assert_eq!(head.header("x-cos-restore"), Some("ongoing-request=\"true\""));
    assert_eq!(endpoint.send(&signed("GET", "/a")).error().code, "InvalidObjectState");
    let again = endpoint.send(&restore("/a", 2, "Expedited"));
    assert_eq!((again.status, again.error().code.as_str()), (409, "RestoreAlreadyInProgress"));

    endpoint.clock.set(NOW + 5);
    let folder = {
        let get = endpoint.send(&signed("GET", "/a"));
        assert_eq!((get.status, get.text()), (200, "archived"));
        let expiry = "ongoing-request=\"false\", expiry-date=\"Thu, 16 Nov 2023 22:13:25 GMT\"";
        assert_eq!(get.header("x-cos-restore"), Some(expiry));
        assert_eq!(get.header("x-cos-storage-class"), Some("ARCHIVE"));
        endpoint.shutdown()
    };
    let endpoint = Endpoint::start_in(folder, |builder| builder);
    endpoint.clock.set(NOW + 5 + 2 * DAY - 1);
    assert_eq!(endpoint.send(&signed("GET", "/a")).status, 200, "it is kept across a restart");
    endpoint.clock.set(NOW + 5 + 2 * DAY);
    let expired = endpoint.send(&signed("GET", "/a"));
    assert_eq!(expired.error().code, "InvalidObjectState");
    assert_eq!(endpoint.send(&signed("HEAD", "/a")).header("x-cos-restore"), None);
    assert_eq!(endpoint.send(&restore("/a", 1, "Bulk")).status, 202);
}

#[test]
fn a_restored_object_can_stay_readable_longer_and_be_copied() {
    let endpoint = Endpoint::start();
    archive(&endpoint, "/a", "DEEP_ARCHIVE");
    let copy = || put("/b", b"").header("x-cos-copy-source", format!("{HOST}/a"));
    assert_eq!(endpoint.send(&copy().sign()).error().code, "InvalidObjectState");
    assert_eq!(endpoint.send(&restore("/a", 1, "Bulk")).status, 202);
    endpoint.clock.set(NOW + 47);
    assert_eq!(endpoint.send(&signed("GET", "/a")).status, 403);
    endpoint.clock.set(NOW + 48);
    assert_eq!(endpoint.send(&restore("/a", 3, "Standard")).status, 200);
    assert_eq!(endpoint.send(&copy().sign()).status, 200);
    assert_eq!(endpoint.send(&signed("GET", "/b")).text(), "archived");
    assert_eq!(endpoint.send(&signed("HEAD", "/b")).header("x-cos-restore"), None);
    endpoint.clock.set(NOW + 2 * DAY);
    assert_eq!(endpoint.send(&signed("GET", "/a")).status, 200);
}

#[test]
fn what_cannot_be_restored_is_refused() {
    let endpoint = Endpoint::start();
    endpoint.put("/plain", b"x");
    archive(&endpoint, "/deep", "DEEP_ARCHIVE");
    let body = |body: &str| {
        let request = request("POST", "/deep").header("Content-Length", body.len().to_string());
        request.body(body.as_bytes()).param("restore", "").sign()
    };
    for (request, status, code) in [
        (restore("/plain", 1, "Standard"), 405, "RestoreNonArchiveObject"),
        (restore("/absent", 1, "Standard"), 404, "NoSuchKey"),
        (restore("/deep", 1, "Expedited"), 400, "InvalidArgument"),
        (restore("/deep", 0, "Standard"), 400, "MalformedXML"),
        (restore("/deep", 1, "Fast"), 400, "MalformedXML"),
        (body(""), 400, "MissingRequestBodyError"),
        (body("<RestoreRequest/>"), 400, "MalformedXML"),
    ] {
        let answer = endpoint.send(&request);
        assert_eq!((answer.status, answer.error().code.as_str()), (status, code));
    }
    assert_eq!(endpoint.send(&signed("HEAD", "/deep")).header("x-cos-restore"), None);
}
