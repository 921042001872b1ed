//! Object lock: what may not be replaced or deleted until the clock has passed a time (436/40137).

mod support;

use cospass_protocol::xml::{Retention, iso8601_millis};
use support::*;

const DAY: i64 = 86_400;
const MODE: &str = "x-cos-object-lock-mode";
const UNTIL: &str = "x-cos-object-lock-retain-until-date";
const LOCKED: &str = "The object is locked, you are not allowd to put/delete object or modify the metadata via copy object.";

/// Sends a request that holds at whatever time the clock shows.
fn send(endpoint: &Endpoint, request: Request) -> Answer {
    endpoint.send(&request.key_time(NOW - 60, NOW + 4000 * DAY).sign())
}

#[track_caller]
fn ok(endpoint: &Endpoint, request: Request) -> Answer {
    let answer = send(endpoint, request);
    assert!(answer.status < 300, "{}: {}", answer.status, answer.text());
    answer
}

#[track_caller]
fn refused(endpoint: &Endpoint, request: Request, status: u16, code: &str) -> String {
    let answer = send(endpoint, request);
    let error = answer.error();
    assert_eq!((answer.status, error.code.as_str()), (status, code), "{}", answer.text());
    error.message
}

#[track_caller]
fn locked(endpoint: &Endpoint, request: Request) {
    assert_eq!(refused(endpoint, request, 403, "AccessDenied"), LOCKED);
}

fn configure(name: &str, body: &str) -> Request {
    put("/", body.as_bytes()).param(name, "")
}

/// What enables object lock, with a default retention of so many days if there are any.
fn lock(days: u32) -> Request {
    let rule = format!(
        "<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>{days}</Days></DefaultRetention></Rule>"
    );
    let rule = if days == 0 { "" } else { &rule };
    configure(
        "object-lock",
        &format!(
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}</ObjectLockConfiguration>"
        ),
    )
}

fn versioning(status: &str) -> Request {
    let body =
        format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    configure("versioning", &body)
}

fn start(days: u32) -> Endpoint {
    let endpoint = Endpoint::start();
    ok(&endpoint, lock(days));
    endpoint
}

fn until(request: Request, time: i64) -> Request {
    request.header(MODE, "COMPLIANCE").header(UNTIL, iso8601_millis(time))
}

fn retain(target: &str, time: i64) -> Request {
    put(target, Retention { until: time }.write().as_bytes()).param("retention", "")
}

fn delete(target: &str) -> Request {
    request("DELETE", target)
}

fn copy(target: &str, source: &str) -> Request {
    put(target, b"").header("x-cos-copy-source", format!("{HOST}{source}"))
}

/// Uploads an object in one part.
#[track_caller]
fn in_parts(endpoint: &Endpoint, begin: Request) -> Answer {
    let target = begin.target.clone();
    let begun = ok(endpoint, begin.param("uploads", ""));
    let id = begun.only("UploadId").to_owned();
    let part = put(&target, b"part").param("partNumber", "1").param("uploadId", &id);
    let etag = ok(endpoint, part).header("ETag").unwrap_or_default().to_owned();
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete = request("POST", &target).param("uploadId", &id).body(list.as_bytes());
    send(endpoint, complete.header("Content-Length", list.len().to_string()))
}

/// What GET, HEAD and `?retention` tell; all tell the same.
#[track_caller]
fn told(endpoint: &Endpoint, target: &str) -> Option<i64> {
    let document = send(endpoint, get(target).param("retention", ""));
    let found = match document.status {
        200 => {
            assert_eq!(document.only("Mode"), "COMPLIANCE");
            Some(Retention::read(&document.body).unwrap_or(Retention { until: 0 }).until)
        }
        _ => {
            assert_eq!(document.error().code, "NoSuchObjectLockConfiguration");
            None
        }
    };
    for method in ["GET", "HEAD"] {
        let request = request(method, target).key_time(NOW - 60, NOW + 4000 * DAY).sign();
        let answer = endpoint.send(&request);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header(MODE), found.map(|_| "COMPLIANCE"), "{method}");
        assert_eq!(answer.header(UNTIL).map(str::to_owned), found.map(iso8601_millis), "{method}");
    }
    found
}

#[test]
fn a_locked_object_is_neither_replaced_nor_deleted_until_its_time_has_come() {
    let endpoint = start(0);
    let end = NOW + 100;
    ok(&endpoint, until(put("/a", b"first"), end));
    ok(&endpoint, put("/b", b"other"));
    assert_eq!((told(&endpoint, "/a"), told(&endpoint, "/b")), (Some(end), None));
    for now in [NOW, end - 1] {
        endpoint.clock.set(now);
        locked(&endpoint, put("/a", b"second"));
        locked(&endpoint, delete("/a"));
        locked(&endpoint, copy("/a", "/b"));
        // What is meant by the words of the service: metadata that is replaced.
        let itself = copy("/a", "/a").header("x-cos-metadata-directive", "Replaced");
        locked(&endpoint, itself);
        locked(&endpoint, put("/a", b"").param("symlink", "").header("x-cos-symlink-target", "b"));
        let completed = in_parts(&endpoint, request("POST", "/a"));
        assert_eq!(completed.error().message, LOCKED);
        assert_eq!(ok(&endpoint, get("/a")).body, b"first");
        // It may be read, copied, given grants and tags.
        ok(&endpoint, copy("/c", "/a"));
        ok(&endpoint, put("/a", b"").param("acl", "").header("x-cos-acl", "public-read"));
    }
    assert_eq!(told(&endpoint, "/c"), None, "a copy has a lock of its own, or none");
    endpoint.clock.set(end);
    ok(&endpoint, put("/a", b"second"));
    assert_eq!(told(&endpoint, "/a"), None);
    ok(&endpoint, delete("/a"));
    assert_eq!(send(&endpoint, get("/a")).status, 404);
}

#[test]
fn of_a_list_what_is_locked_stays_and_the_rest_is_deleted() {
    let endpoint = start(0);
    ok(&endpoint, until(put("/locked", b"x"), NOW + 100));
    ok(&endpoint, put("/free", b"x"));
    let list = b"<Delete><Object><Key>free</Key></Object><Object><Key>locked</Key></Object><Object><Key>none</Key></Object></Delete>";
    let delete = request("POST", "/").param("delete", "").body(list);
    let answer = ok(&endpoint, delete.header("Content-Length", list.len().to_string()));
    let errors = answer.only("Error");
    assert!(errors.contains("<Key>locked</Key>") && errors.contains(LOCKED), "{errors}");
    assert_eq!((answer.only("Code"), answer.all("Deleted").len()), ("AccessDenied", 2));
    assert_eq!(send(&endpoint, get("/free")).status, 404);
    assert_eq!(ok(&endpoint, get("/locked")).body, b"x");
}

#[test]
fn an_object_that_does_not_say_is_kept_as_its_bucket_says() {
    let endpoint = start(2);
    ok(&endpoint, put("/put", b"x"));
    ok(&endpoint, copy("/copy", "/put"));
    assert_eq!(in_parts(&endpoint, request("POST", "/parts")).status, 200);
    let append = request("POST", "/append").param("append", "").param("position", "0");
    let append = append.header("Content-Length", "1").body(b"x");
    ok(&endpoint, append.clone());
    ok(&endpoint, until(put("/own", b"x"), NOW + 7));
    for target in ["/put", "/copy", "/parts", "/append"] {
        assert_eq!(told(&endpoint, target), Some(NOW + 2 * DAY), "{target}");
    }
    assert_eq!(told(&endpoint, "/own"), Some(NOW + 7));
    locked(&endpoint, delete("/parts"));
    let more = request("POST", "/append").param("append", "").param("position", "1");
    let more = more.header("Content-Length", "1").body(b"y");
    locked(&endpoint, more.clone());
    // Another default is for what comes after it.
    ok(&endpoint, lock(1));
    ok(&endpoint, put("/later", b"x"));
    ok(&endpoint, lock(0));
    ok(&endpoint, put("/free", b"x"));
    assert_eq!(told(&endpoint, "/put"), Some(NOW + 2 * DAY));
    assert_eq!(told(&endpoint, "/later"), Some(NOW + DAY));
    assert_eq!(told(&endpoint, "/free"), None);
    ok(&endpoint, delete("/free"));
    endpoint.clock.set(NOW + 2 * DAY);
    ok(&endpoint, more);
    ok(&endpoint, delete("/append"));
    ok(&endpoint, delete("/put"));
}

#[test]
fn uploads_in_parts_and_copies_bring_a_time_along() {
    let endpoint = start(5);
    let end = NOW + 100;
    assert_eq!(in_parts(&endpoint, until(request("POST", "/parts"), end)).status, 200);
    ok(&endpoint, put("/source", b"x"));
    ok(&endpoint, until(copy("/copy", "/source"), end));
    for target in ["/parts", "/copy"] {
        assert_eq!(told(&endpoint, target), Some(end), "{target}");
        locked(&endpoint, delete(target));
    }
    endpoint.clock.set(end);
    for target in ["/parts", "/copy"] {
        ok(&endpoint, delete(target));
    }
    locked(&endpoint, delete("/source"));
}

#[test]
fn a_lock_can_be_set_later_and_extended_but_not_shortened() {
    let endpoint = start(0);
    ok(&endpoint, put("/a", b"x"));
    ok(&endpoint, retain("/a", NOW + 100));
    locked(&endpoint, delete("/a"));
    ok(&endpoint, retain("/a", NOW + 100));
    ok(&endpoint, retain("/a", NOW + 200));
    let message = refused(&endpoint, retain("/a", NOW + 199), 403, "AccessDenied");
    assert!(message.contains("extended, not shortened"), "{message}");
    assert_eq!(told(&endpoint, "/a"), Some(NOW + 200));
    endpoint.clock.set(NOW + 150);
    locked(&endpoint, put("/a", b"y"));
    endpoint.clock.set(NOW + 200);
    // What has ended may be locked again for whatever time.
    ok(&endpoint, retain("/a", NOW + 201));
    locked(&endpoint, delete("/a"));
    refused(&endpoint, retain("/none", NOW + 300), 404, "NoSuchKey");
}

#[test]
fn what_locks_nothing_is_refused() {
    let endpoint = Endpoint::start();
    let future = iso8601_millis(NOW + 100);
    // Of a bucket without object lock, no object can be locked.
    for request in [until(put("/a", b"x"), NOW + 100), until(request("POST", "/a"), NOW + 100)] {
        let request = if request.method == "POST" { request.param("uploads", "") } else { request };
        refused(&endpoint, request, 400, "InvalidRequest");
    }
    ok(&endpoint, put("/a", b"x"));
    refused(&endpoint, retain("/a", NOW + 100), 400, "InvalidRequest");
    refused(&endpoint, until(copy("/b", "/a"), NOW + 100), 400, "InvalidRequest");
    ok(&endpoint, lock(0));
    for (mode, date) in [
        (Some("GOVERNANCE"), Some(&*future)),
        (Some("COMPLIANCE"), None),
        (Some("COMPLIANCE"), Some("tomorrow")),
        (Some("COMPLIANCE"), Some(&*iso8601_millis(NOW))),
        (None, Some(&*iso8601_millis(NOW - 1))),
    ] {
        let headers = [(MODE, mode), (UNTIL, date)];
        let with = |request: Request| {
            headers.iter().fold(request, |request, (name, value)| match value {
                Some(value) => request.header(name, value),
                None => request,
            })
        };
        refused(&endpoint, with(put("/b", b"x")), 400, "InvalidArgument");
        refused(&endpoint, with(copy("/b", "/a")), 400, "InvalidArgument");
        let begin = request("POST", "/b").param("uploads", "");
        refused(&endpoint, with(begin), 400, "InvalidArgument");
    }
    let document = |inner: &str| {
        let body = format!("<Retention>{inner}</Retention>");
        put("/a", body.as_bytes()).param("retention", "")
    };
    let date = format!("<RetainUntilDate>{future}</RetainUntilDate>");
    let governance = document(&format!("<Mode>GOVERNANCE</Mode>{date}"));
    refused(&endpoint, governance, 400, "InvalidArgument");
    refused(&endpoint, document("<Mode>COMPLIANCE</Mode>"), 400, "MalformedXML");
    refused(&endpoint, retain("/a", NOW), 400, "InvalidArgument");
    refused(&endpoint, put("/a", b"").param("retention", ""), 400, "MissingRequestBodyError");
    // Where it would be dropped, or is not served.
    let held = put("/b", b"x").header("x-cos-object-lock-legal-hold", "ON");
    refused(&endpoint, held, 501, "NotImplemented");
    let link = put("/b", b"").param("symlink", "").header("x-cos-symlink-target", "a");
    refused(&endpoint, until(link, NOW + 100), 501, "NotImplemented");
    assert_eq!(told(&endpoint, "/a"), None);
    assert_eq!(send(&endpoint, get("/b")).status, 404);
    // A date alone has the only mode there is.
    ok(&endpoint, put("/b", b"x").header(UNTIL, "2023-11-14T22:15:00Z"));
    assert_eq!(told(&endpoint, "/b"), Some(NOW + 100));
}

#[test]
fn with_versions_an_upload_and_a_marker_destroy_nothing_and_deleting_a_version_does() {
    let endpoint = start(0);
    ok(&endpoint, until(put("/a", b"null"), NOW + 100));
    ok(&endpoint, versioning("Enabled"));
    let version =
        |answer: &Answer| answer.header("x-cos-version-id").unwrap_or_default().to_owned();
    let first = version(&ok(&endpoint, until(put("/a", b"first"), NOW + 200)));
    let second = version(&ok(&endpoint, put("/a", b"second")));
    let marker = version(&ok(&endpoint, delete("/a")));
    let of = |id: &str| delete("/a").param("versionId", id);
    let bytes = |id: &str| ok(&endpoint, get("/a").param("versionId", id)).body;
    locked(&endpoint, of(&first));
    locked(&endpoint, of("null"));
    // Appending begins a `null` version in the place of the one that is there.
    let append = request("POST", "/a").param("append", "").param("position", "0");
    let append = append.header("Content-Length", "1").body(b"x");
    locked(&endpoint, append.clone());
    assert_eq!((bytes("null"), bytes(&first)), (b"null".to_vec(), b"first".to_vec()));
    ok(&endpoint, of(&marker));
    ok(&endpoint, of(&second));
    // The first is the current one again, and as locked as before.
    locked(&endpoint, of(&first));
    let retain = retain("/a", NOW + 300).param("versionId", "null");
    ok(&endpoint, retain);
    endpoint.clock.set(NOW + 200);
    ok(&endpoint, of(&first));
    locked(&endpoint, of("null"));
    ok(&endpoint, delete("/a"));
    locked(&endpoint, append.clone());
    endpoint.clock.set(NOW + 300);
    ok(&endpoint, append);
    assert_eq!(bytes("null"), b"x");
}

#[test]
fn a_bucket_has_no_lock_where_something_would_undo_it() {
    let endpoint = Endpoint::start();
    let tiering = "<IntelligentTieringConfiguration><Status>Enabled</Status><Transition><Days>30</Days><RequestFrequent>1</RequestFrequent></Transition></IntelligentTieringConfiguration>";
    ok(&endpoint, versioning("Enabled"));
    ok(&endpoint, versioning("Suspended"));
    refused(&endpoint, lock(0), 409, "InvalidBucketState");
    ok(&endpoint, versioning("Enabled"));
    ok(&endpoint, lock(0));
    refused(&endpoint, versioning("Suspended"), 409, "InvalidBucketState");
    refused(&endpoint, configure("intelligenttiering", tiering), 409, "InvalidBucketState");
    refused(&endpoint, delete("/").param("object-lock", ""), 405, "MethodNotAllowed");
    // Nor, so far, where it lies in several zones.
    let zones = b"<CreateBucketConfiguration><BucketAZConfig>MAZ</BucketAZConfig></CreateBucketConfiguration>";
    let host = "zones-1250000000.cos.ap-guangzhou.myqcloud.com";
    ok(&endpoint, put("/", zones).host(host));
    refused(&endpoint, lock(0).host(host), 409, "InvalidBucketState");
    let other = Endpoint::start();
    ok(&other, configure("intelligenttiering", tiering));
    refused(&other, lock(0), 409, "InvalidBucketState");
}

#[test]
fn lifecycle_rules_wait_for_the_lock() {
    let endpoint = start(0);
    let rules = "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter><Prefix>gone</Prefix></Filter><Expiration><Days>2</Days></Expiration></Rule><Rule><Status>Enabled</Status><Filter><Prefix>moved</Prefix></Filter><Transition><Days>2</Days><StorageClass>STANDARD_IA</StorageClass></Transition></Rule></LifecycleConfiguration>";
    ok(&endpoint, configure("lifecycle", rules));
    for target in ["/gone", "/moved"] {
        ok(&endpoint, put(&format!("{target}/free"), b"x"));
        ok(&endpoint, until(put(&format!("{target}/locked"), b"x"), NOW + 5 * DAY));
    }
    let status = |target: &str| send(&endpoint, get(target)).status;
    let class = |target: &str| {
        let answer = ok(&endpoint, get(target));
        answer.header("x-cos-storage-class").map(str::to_owned)
    };
    let moved = Some("STANDARD_IA".to_owned());
    for now in [NOW + 4 * DAY, NOW + 5 * DAY - 1] {
        endpoint.clock.set(now);
        assert_eq!((status("/gone/free"), status("/gone/locked")), (404, 200), "{now}");
        assert_eq!((class("/moved/free"), class("/moved/locked")), (moved.clone(), None), "{now}");
    }
    // At the next midnight they are due as ever.
    endpoint.clock.set(NOW + 6 * DAY);
    assert_eq!(status("/gone/locked"), 404);
    assert_eq!(class("/moved/locked"), moved);
}

#[test]
fn a_lock_survives_a_restart() {
    let endpoint = start(0);
    ok(&endpoint, until(put("/a", b"x"), NOW + 100));
    let folder = endpoint.shutdown();
    let endpoint = Endpoint::start_in(folder, |builder| builder);
    assert_eq!(told(&endpoint, "/a"), Some(NOW + 100));
    locked(&endpoint, delete("/a"));
}

#[test]
fn whoever_may_upload_may_not_end_or_set_a_lock() {
    let endpoint = start(0);
    ok(&endpoint, until(put("/a", b"x"), NOW + 100));
    ok(&endpoint, put("/", b"").param("acl", "").header("x-cos-acl", "public-read-write"));
    let document = Retention { until: NOW + 500 }.write();
    let set = put("/a", document.as_bytes()).unsigned_param("retention", "");
    assert_eq!(endpoint.send(&set).error().message, "Access Denied.");
    assert_eq!(endpoint.send(&request("DELETE", "/a")).error().message, LOCKED);
    assert_eq!(endpoint.send(&put("/a", b"y")).error().message, LOCKED);
    let read = get("/a").unsigned_param("retention", "");
    assert_eq!(endpoint.send(&read).error().message, "Access Denied.");
}
