//! What a request without signature may: public-read and public-read-write, and nothing else.

mod support;

use cospass_server::CannedAcl;
use support::form::form;
use support::*;

/// An endpoint whose bucket everyone may read, or read and write, with the object `/a`.
fn endpoint(acl: CannedAcl) -> Endpoint {
    let endpoint = Endpoint::start_with(|builder| builder.bucket_with_acl(OPEN, acl));
    let put = put("/a", b"0123456789").host(OPEN_HOST).sign();
    assert_eq!(endpoint.send(&put).status, 200);
    endpoint
}

const OPEN: &str = "open-1250000000";
const OPEN_HOST: &str = "open-1250000000.cos.ap-guangzhou.myqcloud.com";

fn open(method: &'static str, target: &str) -> Request {
    request(method, target).host(OPEN_HOST)
}

fn upload(target: &str, body: &[u8]) -> Request {
    put(target, body).host(OPEN_HOST)
}

#[track_caller]
fn denied(endpoint: &Endpoint, request: &Request) {
    let answer = endpoint.send(request);
    assert_eq!(answer.status, 403, "{} {answer:?}", request.method);
    if request.method != "HEAD" {
        let error = answer.error();
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("AccessDenied", "Access Denied.")
        );
    }
}

#[test]
fn of_a_private_bucket_nothing() {
    let endpoint = endpoint(CannedAcl::Private);
    for (method, target, sub) in [
        ("GET", "/a", ""),
        ("HEAD", "/a", ""),
        ("GET", "/absent", ""),
        ("PUT", "/b", ""),
        ("DELETE", "/a", ""),
        ("GET", "/", ""),
        ("HEAD", "/", ""),
        ("GET", "/", "acl"),
        ("GET", "/", "policy"),
        ("GET", "/a", "acl"),
        ("GET", "/", "uploads"),
        ("PATCH", "/a", ""),
    ] {
        let request = open(method, target);
        let request = if sub.is_empty() { request } else { request.unsigned_param(sub, "") };
        denied(&endpoint, &request);
    }
    let malformed = upload("/b", b"").header("x-cos-acl", "public");
    denied(&endpoint, &malformed);
    let account = get("/").host(SERVICE);
    denied(&endpoint, &account);
    let new = request("PUT", "/").host("new-1250000000.cos.ap-guangzhou.myqcloud.com");
    denied(&endpoint, &new);
}

#[test]
fn a_bucket_that_everyone_reads_is_read_and_not_written() {
    let endpoint = endpoint(CannedAcl::PublicRead);
    let whole = endpoint.send(&open("GET", "/a"));
    assert_eq!((whole.status, whole.body.as_slice()), (200, &b"0123456789"[..]));
    let part = endpoint.send(&open("GET", "/a").header("Range", "bytes=2-4"));
    assert_eq!((part.status, part.body.as_slice()), (206, &b"234"[..]));
    let empty_signature = open("GET", "/a").header("Authorization", "");
    assert_eq!(endpoint.send(&empty_signature).status, 200);
    for (method, target) in [("HEAD", "/a"), ("GET", "/"), ("HEAD", "/")] {
        assert_eq!(endpoint.send(&open(method, target)).status, 200, "{method} {target}");
    }
    let uploads = open("GET", "/").unsigned_param("uploads", "");
    assert_eq!(endpoint.send(&uploads).status, 200);
    // Who may read may know what is not there.
    let absent = endpoint.send(&open("GET", "/absent"));
    assert_eq!((absent.status, absent.error().code.as_str()), (404, "NoSuchKey"));
    assert_eq!(endpoint.send(&open("HEAD", "/absent")).status, 404);
    for refused in [
        upload("/b", b"x"),
        open("DELETE", "/a"),
        open("DELETE", "/"),
        open("GET", "/a").unsigned_param("acl", ""),
        open("GET", "/").unsigned_param("acl", ""),
        open("GET", "/").unsigned_param("location", ""),
        open("PUT", "/a").unsigned_param("acl", "").header("x-cos-acl", "public-read"),
        open("POST", "/a").unsigned_param("uploads", ""),
    ] {
        denied(&endpoint, &refused);
    }
}

#[test]
fn an_object_s_own_access_control_counts_before_the_bucket_s() {
    let endpoint = endpoint(CannedAcl::PublicRead);
    let secret = upload("/secret", b"x").header("x-cos-acl", "private").sign();
    assert_eq!(endpoint.send(&secret).status, 200);
    denied(&endpoint, &open("GET", "/secret"));
    denied(&endpoint, &open("HEAD", "/secret"));
    let as_the_bucket = open("PUT", "/secret").param("acl", "").header("x-cos-acl", "default");
    assert_eq!(endpoint.send(&as_the_bucket.header("Content-Length", "0").sign()).status, 200);
    assert_eq!(endpoint.send(&open("GET", "/secret")).status, 200);

    let shared = put("/shared", b"x").header("x-cos-acl", "public-read").sign();
    assert_eq!(endpoint.send(&shared).status, 200);
    assert_eq!(endpoint.send(&get("/shared")).status, 200);
    // Nobody learns what else is there or not.
    denied(&endpoint, &get("/absent"));
    denied(&endpoint, &get("/"));
    denied(&endpoint, &get("/shared").unsigned_param("acl", ""));
}

#[test]
fn a_bucket_that_everyone_writes_is_written() {
    let endpoint = endpoint(CannedAcl::PublicReadWrite);
    assert_eq!(endpoint.send(&upload("/b", b"from anyone")).status, 200);
    assert_eq!(endpoint.send(&open("GET", "/b")).body, b"from anyone");
    assert_eq!(endpoint.send(&open("DELETE", "/b")).status, 204);
    assert_eq!(endpoint.send(&open("GET", "/b")).status, 404);

    let begun = endpoint.send(&open("POST", "/parts").unsigned_param("uploads", ""));
    assert_eq!(begun.status, 200);
    let id = begun.only("UploadId").to_owned();
    let part = upload("/parts", b"x").unsigned_param("partNumber", "1");
    let part = endpoint.send(&part.unsigned_param("uploadId", &id));
    assert_eq!(part.status, 200);
    let list = b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>9dd4e461268c8034f5c8564e155c67a6</ETag></Part></CompleteMultipartUpload>";
    let complete = open("POST", "/parts").unsigned_param("uploadId", &id);
    let complete = complete.header("Content-Length", list.len().to_string()).body(list);
    assert_eq!(endpoint.send(&complete).status, 200);

    let list = b"<Delete><Object><Key>a</Key></Object><Object><Key>parts</Key></Object></Delete>";
    let delete = open("POST", "/").unsigned_param("delete", "");
    let delete = delete.header("Content-Length", list.len().to_string()).body(list);
    let deleted = endpoint.send(&delete);
    assert_eq!((deleted.status, deleted.all("Error").len()), (200, 0), "{}", deleted.text());
    assert_eq!(endpoint.send(&open("GET", "/a")).status, 404);

    for (target, sub) in [("/", "acl"), ("/", "policy"), ("/a", "acl")] {
        denied(
            &endpoint,
            &open("PUT", target).unsigned_param(sub, "").header("Content-Length", "0"),
        );
    }
    // What is wrong with a request is told to those who may ask.
    let wrong = endpoint.send(&upload("/b", b"x").header("x-cos-acl", "public"));
    assert_eq!((wrong.status, wrong.error().code.as_str()), (400, "InvalidArgument"));
}

#[test]
fn a_form_without_signature_goes_where_everyone_writes() {
    let writable = endpoint(CannedAcl::PublicReadWrite);
    let form = form("from/a/form");
    assert_eq!(writable.send(&form.request().host(OPEN_HOST)).status, 204);
    assert_eq!(writable.send(&open("GET", "/from/a/form")).body, b"[Object Content]");
    denied(&writable, &form.request());
    denied(&endpoint(CannedAcl::PublicRead), &form.request().host(OPEN_HOST));
}

#[test]
fn a_copy_needs_its_source_to_be_readable() {
    let endpoint = endpoint(CannedAcl::PublicReadWrite);
    endpoint.put("/private", b"secret");
    let copy = |source: String| upload("/copy", b"").header("x-cos-copy-source", source);
    assert_eq!(endpoint.send(&copy(format!("{OPEN_HOST}/a"))).status, 200);
    denied(&endpoint, &copy(format!("{HOST}/private")));
    denied(&endpoint, &copy(format!("{HOST}/absent")));
    denied(&endpoint, &copy("absent-1250000000.cos.ap-guangzhou.myqcloud.com/a".to_owned()));
}

#[test]
fn a_link_opens_nothing_that_is_not_open() {
    let endpoint = endpoint(CannedAcl::PublicReadWrite);
    let secret = upload("/secret", b"secret").header("x-cos-acl", "private").sign();
    assert_eq!(endpoint.send(&secret).status, 200);
    for (link, target) in [("/to-a", "a"), ("/to-secret", "secret"), ("/to-absent", "absent")] {
        let link = upload(link, b"").param("symlink", "").header("x-cos-symlink-target", target);
        let link = endpoint.send(&link.header("x-cos-acl", "public-read").sign());
        assert_eq!(link.status, 200, "{}", link.text());
    }
    assert_eq!(endpoint.send(&open("GET", "/to-a")).body, b"0123456789");
    assert_eq!(endpoint.send(&open("GET", "/to-absent")).status, 404);
    denied(&endpoint, &open("GET", "/to-secret"));
    denied(&endpoint, &open("HEAD", "/to-secret"));
    let copy = |source: &str| {
        upload("/copy", b"").header("x-cos-copy-source", format!("{OPEN_HOST}/{source}"))
    };
    assert_eq!(endpoint.send(&copy("to-a")).status, 200);
    denied(&endpoint, &copy("to-secret"));
    assert_eq!(endpoint.send(&open("GET", "/to-secret").sign()).body, b"secret");
    let policy = format!(
        r#"{{"version":"2.0","statement":[{{"effect":"allow","principal":"*","action":"cos:GetObject","resource":"qcs::cos:::{OPEN}/to-secret"}}]}}"#
    );
    let policy = put("/", policy.as_bytes()).host(OPEN_HOST).param("policy", "").sign();
    assert_eq!(endpoint.send(&policy).status, 204);
    denied(&endpoint, &open("GET", "/to-secret"));
}

#[test]
fn overrides_need_a_signature() {
    let endpoint = endpoint(CannedAcl::PublicRead);
    let unsigned = open("GET", "/a").unsigned_param("response-content-type", "text/html");
    let refused = endpoint.send(&unsigned);
    assert_eq!((refused.status, refused.error().code.as_str()), (400, "InvalidRequest"));
    let signed = open("GET", "/a").param("response-content-type", "text/html").presign();
    assert_eq!(endpoint.send(&signed).header("Content-Type"), Some("text/html"));
    // As the SDKs' documents do it: appended to a URL whose signature does not list it.
    let appended = open("GET", "/a").unsigned_param("response-content-type", "text/html").presign();
    assert_eq!(endpoint.send(&appended).header("Content-Type"), Some("text/html"));
}

#[test]
fn every_account_is_not_everyone() {
    let endpoint = endpoint(CannedAcl::AuthenticatedRead);
    denied(&endpoint, &open("GET", "/a"));
    denied(&endpoint, &open("GET", "/"));
    assert_eq!(endpoint.send(&open("GET", "/a").sign()).status, 200);
}

#[test]
fn a_signature_that_does_not_hold_is_not_anonymous() {
    let endpoint = endpoint(CannedAcl::PublicRead);
    let wrong = endpoint.send(&open("GET", "/a").key(SECRET_ID, "other").sign());
    assert_eq!((wrong.status, wrong.error().code.as_str()), (403, "SignatureDoesNotMatch"));
    let expired = endpoint.send(&open("GET", "/a").key_time(NOW - 9, NOW - 1).presign());
    assert_eq!((expired.status, expired.error().message.as_str()), (403, "Request has expired"));
}
