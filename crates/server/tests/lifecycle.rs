//! Lifecycle rules: what becomes of objects as the clock moves.

mod support;

use std::thread::sleep;
use std::time::{Duration, Instant};

use support::*;

const DAY: i64 = 86_400;

/// A request that holds at whatever time the clock shows.
fn at_any_time(request: Request) -> Request {
    request.key_time(NOW - 60, NOW + 4000 * DAY).sign()
}

fn put_rules(endpoint: &Endpoint, rules: &str) {
    let rules: String = rules
        .split('|')
        .map(|rule| format!("<Rule><Status>Enabled</Status>{rule}</Rule>"))
        .collect();
    let body = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
    let put = endpoint.send(&at_any_time(put("/", body.as_bytes()).param("lifecycle", "")));
    assert_eq!(put.status, 200, "{}", put.text());
}

fn upload(endpoint: &Endpoint, target: &str, tags: &str) {
    let upload = put(target, b"x").header("x-cos-tagging", tags);
    assert_eq!(endpoint.send(&at_any_time(upload)).status, 200);
}

fn keys(endpoint: &Endpoint) -> Vec<String> {
    let list = endpoint.send(&at_any_time(get("/")));
    list.all("Key").into_iter().map(str::to_owned).collect()
}

const EXPIRE: &str = "<Expiration><Days>2</Days></Expiration>";

#[test]
fn what_was_appended_stays() {
    let endpoint = Endpoint::start();
    let append = request("POST", "/log").header("Content-Length", "1").body(b"x");
    let append = append.param("append", "").param("position", "0");
    assert_eq!(endpoint.send(&at_any_time(append)).status, 200);
    upload(&endpoint, "/whole", "");
    put_rules(&endpoint, EXPIRE);
    let told = |target| endpoint.send(&at_any_time(get(target)));
    assert!(told("/whole").header("x-cos-expiration").is_some());
    assert_eq!(told("/log").header("x-cos-expiration"), None);
    endpoint.clock.set(NOW + 9 * DAY);
    assert_eq!((told("/whole").status, told("/log").status), (404, 200));
}

#[test]
fn objects_go_when_their_days_are_over() {
    let endpoint = Endpoint::start();
    upload(&endpoint, "/logs/1", "");
    upload(&endpoint, "/logs/keep", "keep=yes");
    upload(&endpoint, "/other", "");
    put_rules(
        &endpoint,
        &format!(
            "<Filter><Prefix>logs/1</Prefix></Filter>{EXPIRE}|<Filter><Tag><Key>keep</Key><Value>no</Value></Tag></Filter>{EXPIRE}"
        ),
    );
    // NOW is 06:13 in Beijing; two days later the next midnight is 18 hours away.
    for (now, status) in [(NOW, 200), (NOW + 2 * DAY, 200), (NOW + 3 * DAY, 404)] {
        endpoint.clock.set(now);
        for method in ["GET", "HEAD"] {
            let mut connection = endpoint.connect();
            connection.write(&at_any_time(request(method, "/logs/1")).bytes());
            assert_eq!(connection.answer(method == "HEAD").status, status, "{method} {now}");
        }
        assert_eq!(keys(&endpoint).len(), if status == 200 { 3 } else { 2 });
    }
    assert_eq!(keys(&endpoint), ["logs/keep", "other"]);
    assert_eq!(endpoint.send(&at_any_time(get("/other"))).status, 200);
}

#[test]
fn an_object_that_will_go_says_when_and_by_which_rule() {
    let endpoint = Endpoint::start();
    upload(&endpoint, "/a/before", "");
    put_rules(
        &endpoint,
        &format!("<ID>two days/1</ID><Filter><Prefix>a/</Prefix></Filter>{EXPIRE}"),
    );
    // NOW is 06:13 in Beijing of 15 November; two days later the next midnight is that of the 18th.
    let told = Some("expiry-date=\"Fri, 17 Nov 2023 16:00:00 GMT\", rule-id=\"two%20days%2F1\"");
    let expiration = |request: Request| {
        let answer = endpoint.send(&at_any_time(request));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.header("x-cos-expiration").map(str::to_owned)
    };
    let copy = |to| put(to, b"").header("x-cos-copy-source", format!("{HOST}/a/before"));
    for told_of in [
        request("HEAD", "/a/before"),
        get("/a/before"),
        get("/a/before").header("Range", "bytes=0-0").header("If-Match", "*"),
        put("/a/now", b"x"),
        copy("/a/copy"),
    ] {
        let answer = endpoint.send(&at_any_time(told_of));
        assert_eq!(answer.header("x-cos-expiration"), told, "{answer:?}");
    }
    let begun = endpoint.send(&at_any_time(request("POST", "/a/parts").param("uploads", "")));
    let id = begun.only("UploadId").to_owned();
    let part = put("/a/parts", b"x").param("partNumber", "1").param("uploadId", &id);
    let etag = endpoint.send(&at_any_time(part)).header("ETag").unwrap().to_owned();
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete = request("POST", "/a/parts").header("Content-Length", body.len().to_string());
    let complete = complete.body(body.as_bytes()).param("uploadId", &id);
    assert_eq!(endpoint.send(&at_any_time(complete)).header("x-cos-expiration"), told);
    for not_told in [put("/b", b"x"), get("/b"), request("HEAD", "/b"), copy("/b")] {
        assert_eq!(expiration(not_told), None);
    }
    let without_rules = at_any_time(request("DELETE", "/").param("lifecycle", ""));
    assert_eq!(endpoint.send(&without_rules).status, 204);
    assert_eq!(expiration(get("/a/before")), None);
}

#[test]
fn what_a_list_shows_does_not_depend_on_who_asked_before() {
    let endpoint = Endpoint::start();
    upload(&endpoint, "/a/1", "");
    put_rules(&endpoint, EXPIRE);
    endpoint.clock.set(NOW + 3 * DAY);
    let list = endpoint.send(&at_any_time(get("/").param("delimiter", "/")));
    assert!(!list.text().contains("CommonPrefixes"), "{}", list.text());
    // What was uploaded since then has its own days.
    upload(&endpoint, "/a/2", "");
    assert_eq!(keys(&endpoint), ["a/2"]);
    endpoint.clock.set(NOW + 4 * DAY);
    assert_eq!(keys(&endpoint), ["a/2"]);
    endpoint.clock.set(NOW + 6 * DAY);
    assert_eq!(endpoint.send(&at_any_time(request("DELETE", "/"))).status, 204);
}

#[test]
fn the_background_follows_the_clock_without_being_asked() {
    let endpoint = Endpoint::start();
    upload(&endpoint, "/a", "");
    let begin = request("POST", "/b").param("uploads", "").sign();
    let id = endpoint.send(&begin).only("UploadId").to_owned();
    let part = put("/b", b"x").param("partNumber", "1").param("uploadId", &id).sign();
    assert_eq!(endpoint.send(&part).status, 200);
    put_rules(
        &endpoint,
        &format!(
            "{EXPIRE}<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
        ),
    );
    assert_eq!(endpoint.kept(2), 2);
    endpoint.clock.set(NOW + 3 * DAY);
    let started = Instant::now();
    while endpoint.files("blobs") > 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "nothing was removed");
        sleep(Duration::from_millis(50));
    }
    let gone = get("/b").param("uploadId", &id);
    assert_eq!(endpoint.send(&at_any_time(gone)).error().code, "NoSuchUpload");
}

#[test]
fn a_date_takes_what_was_there_before_it() {
    let endpoint = Endpoint::start();
    upload(&endpoint, "/old", "");
    // Eight days after NOW.
    put_rules(&endpoint, "<Expiration><Date>2023-11-23T00:00:00+08:00</Date></Expiration>");
    endpoint.clock.set(NOW + 7 * DAY);
    assert_eq!(keys(&endpoint), ["old"]);
    endpoint.clock.set(NOW + 9 * DAY);
    assert!(keys(&endpoint).is_empty());
    upload(&endpoint, "/young", "");
    endpoint.clock.set(NOW + 20 * DAY);
    assert_eq!(keys(&endpoint), ["young"]);
}

#[test]
fn objects_change_their_class() {
    let endpoint = Endpoint::start();
    upload(&endpoint, "/a", "");
    put_rules(
        &endpoint,
        "<Transition><Days>1</Days><StorageClass>STANDARD_IA</StorageClass></Transition><Transition><Days>10</Days><StorageClass>ARCHIVE</StorageClass></Transition>",
    );
    let class = |days: i64| {
        endpoint.clock.set(NOW + days * DAY);
        let head = endpoint.send(&at_any_time(request("HEAD", "/a")));
        (head.status, head.header("x-cos-storage-class").map(str::to_owned))
    };
    assert_eq!(class(0), (200, None));
    assert_eq!(class(2), (200, Some("STANDARD_IA".to_owned())));
    assert_eq!(class(11), (200, Some("ARCHIVE".to_owned())));
    let refused = endpoint.send(&at_any_time(get("/a")));
    assert_eq!(refused.error().code, "InvalidObjectState");
}

#[test]
fn rules_that_are_disabled_or_deleted_do_nothing() {
    let endpoint = Endpoint::start();
    upload(&endpoint, "/a", "");
    let disabled = format!(
        "<LifecycleConfiguration><Rule><Status>Disabled</Status>{EXPIRE}</Rule></LifecycleConfiguration>"
    );
    let put = put("/", disabled.as_bytes()).param("lifecycle", "");
    assert_eq!(endpoint.send(&at_any_time(put)).status, 200);
    endpoint.clock.set(NOW + 5 * DAY);
    assert_eq!(keys(&endpoint), ["a"]);
    let delete = request("DELETE", "/").param("lifecycle", "");
    assert_eq!(endpoint.send(&at_any_time(delete)).status, 204);
    assert_eq!(keys(&endpoint), ["a"]);
    put_rules(&endpoint, EXPIRE);
    assert!(keys(&endpoint).is_empty());
}

#[test]
fn more_objects_than_one_transaction_changes() {
    let endpoint = Endpoint::start();
    let mut connection = endpoint.connect();
    for index in 0..300 {
        connection.write(&put(&format!("/{index}"), b"").sign().bytes());
        assert_eq!(connection.answer(false).status, 200);
    }
    put_rules(&endpoint, EXPIRE);
    endpoint.clock.set(NOW + 3 * DAY);
    assert!(keys(&endpoint).is_empty());
}

#[test]
fn versions_that_were_replaced_go_and_markers_that_hide_nothing() {
    let endpoint = Endpoint::start();
    let body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    assert_eq!(endpoint.send(&put("/", body).param("versioning", "").sign()).status, 200);
    upload(&endpoint, "/a", "");
    upload(&endpoint, "/a", "");
    upload(&endpoint, "/b", "");
    let versions = || {
        let list = endpoint.send(&at_any_time(get("/").param("versions", "")));
        (list.all("Version").len(), list.all("DeleteMarker").len())
    };
    assert_eq!(versions(), (3, 0));
    put_rules(
        &endpoint,
        "<Filter><Prefix>a</Prefix></Filter><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>",
    );
    endpoint.clock.set(NOW + 2 * DAY);
    assert_eq!((versions(), keys(&endpoint)), ((2, 0), vec!["a".to_owned(), "b".to_owned()]));
    // What goes leaves a marker, and what it hides is a former version from then on.
    put_rules(&endpoint, EXPIRE);
    endpoint.clock.set(NOW + 4 * DAY);
    assert_eq!((versions(), keys(&endpoint)), ((2, 2), Vec::new()));
    put_rules(
        &endpoint,
        "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>",
    );
    assert_eq!(versions(), (2, 2));
    endpoint.clock.set(NOW + 7 * DAY);
    assert_eq!(versions(), (0, 0));
    assert_eq!(endpoint.kept(0), 0);
}
