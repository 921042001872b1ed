//! Versions of objects: kept, named, listed, deleted.

mod support;

use support::*;

const VERSION: &str = "x-cos-version-id";
const MARKER: &str = "x-cos-delete-marker";

fn versioning(endpoint: &Endpoint, status: &str) {
    let body =
        format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    let put = put("/", body.as_bytes()).param("versioning", "").sign();
    let answer = endpoint.send(&put);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn enabled() -> Endpoint {
    let endpoint = Endpoint::start();
    versioning(&endpoint, "Enabled");
    endpoint
}

/// Uploads and tells the version.
#[track_caller]
fn upload(endpoint: &Endpoint, target: &str, body: &[u8]) -> String {
    let answer = endpoint.put(target, body);
    let version = answer.header(VERSION).unwrap_or_default();
    assert!(!version.is_empty(), "{answer:?}");
    version.to_owned()
}

fn of(method: &'static str, target: &str, version: &str) -> Request {
    request(method, target).param("versionId", version)
}

#[track_caller]
fn text(endpoint: &Endpoint, request: Request) -> String {
    let answer = endpoint.send(&request.sign());
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().to_owned()
}

fn delete(endpoint: &Endpoint, target: &str, version: Option<&str>) -> Answer {
    let request = request("DELETE", target);
    let request = version.into_iter().fold(request, |request, id| request.param("versionId", id));
    let answer = endpoint.send(&request.sign());
    assert_eq!(answer.status, 204, "{answer:?}");
    answer
}

/// Key, version, whether it is the newest, and whether it is a marker.
type Listed = (String, String, bool, bool);

fn listed(answer: &Answer) -> Vec<Listed> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    let within = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or(("", "</"));
        rest.split_once("</").unwrap_or_default().0.to_owned()
    };
    let mut found = Vec::new();
    for piece in text.split("\n\t<").skip(1) {
        let is_marker = piece.starts_with("DeleteMarker>");
        if is_marker || piece.starts_with("Version>") {
            let is_latest = within(piece, "IsLatest") == "true";
            found.push((within(piece, "Key"), within(piece, "VersionId"), is_latest, is_marker));
        }
    }
    found
}

fn list(endpoint: &Endpoint, params: &[(&str, &str)]) -> Answer {
    let list = get("/").param("versions", "");
    let list = params.iter().fold(list, |list, (name, value)| list.param(name, value));
    endpoint.send(&list.sign())
}

#[test]
fn a_bucket_that_never_kept_versions_tells_none() {
    let endpoint = Endpoint::start();
    assert_eq!(endpoint.put("/a", b"1").header(VERSION), None);
    endpoint.put("/a", b"2");
    assert_eq!(endpoint.send(&get("/a").sign()).header(VERSION), None);
    let answer = list(&endpoint, &[]);
    assert_eq!(listed(&answer), [("a".into(), String::new(), true, false)]);
    assert!(answer.text().contains("<VersionId/>") && answer.text().contains("<Size>1</Size>"));
    assert_eq!(text(&endpoint, of("GET", "/a", "null")), "2");
    assert_eq!(text(&endpoint, of("GET", "/a", "")), "2");
    let other = endpoint.send(&of("GET", "/a", "MTg0NDUxNTc1NjIzMTQ1MDAwODg").sign());
    assert_eq!((other.status, other.error().code.as_str()), (404, "NoSuchVersion"));
    let deleted = delete(&endpoint, "/a", None);
    assert_eq!((deleted.header(VERSION), deleted.header(MARKER)), (None, None));
    assert_eq!(listed(&list(&endpoint, &[])), []);
    assert_eq!(endpoint.kept(0), 0);
}

#[test]
fn former_versions_are_kept_and_named() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"before");
    versioning(&endpoint, "Enabled");
    assert_eq!(endpoint.send(&get("/a").sign()).header(VERSION), Some("null"));
    let first = upload(&endpoint, "/a", b"first");
    let second = upload(&endpoint, "/a", b"second");
    assert_ne!(first, second);
    let current = endpoint.send(&get("/a").sign());
    assert_eq!((current.text(), current.header(VERSION)), ("second", Some(second.as_str())));
    for (version, body) in [("null", "before"), (&first, "first"), (&second, "second")] {
        let got = endpoint.send(&of("GET", "/a", version).sign());
        assert_eq!((got.text(), got.header(VERSION)), (body, Some(version)));
        let head = endpoint.send(&of("HEAD", "/a", version).sign());
        assert_eq!(head.header("Content-Length"), Some(body.len().to_string().as_str()));
    }
    let rows = |ids: [&str; 3]| {
        let [newest, middle, oldest] = ids.map(str::to_owned);
        let key = || "a".to_owned();
        vec![
            (key(), newest, true, false),
            (key(), middle, false, false),
            (key(), oldest, false, false),
        ]
    };
    assert_eq!(listed(&list(&endpoint, &[])), rows([&second, &first, "null"]));
    assert_eq!(endpoint.send(&get("/").sign()).all("Key"), ["a"], "a plain list shows one");
    let folder = endpoint.shutdown();
    let endpoint = Endpoint::start_in(folder, |builder| builder);
    assert_eq!(text(&endpoint, of("GET", "/a", &first)), "first");
    let third = upload(&endpoint, "/a", b"third");
    let after = listed(&list(&endpoint, &[]));
    assert_eq!((&after[0].1, after.len()), (&third, 4), "the newest comes first after a restart");
    let range = of("GET", "/a", &first).header("Range", "bytes=1-2").sign();
    assert_eq!(endpoint.send(&range).text(), "ir");
}

#[test]
fn ids_stand_for_the_time_and_are_in_its_order() {
    let endpoint = enabled();
    let mut ids: Vec<_> = (0..20).map(|_| upload(&endpoint, "/a", b"x")).collect();
    endpoint.clock.set(NOW - 50);
    ids.push(upload(&endpoint, "/a", b"x"));
    let shown: Vec<_> = listed(&list(&endpoint, &[])).into_iter().map(|row| row.1).collect();
    ids.reverse();
    assert_eq!(shown, ids, "newest first, whatever the clock says");
    assert!(ids.iter().all(|id| id.starts_with("MTg0NDUwNDQwNzM3")), "2^64 less {NOW}…: {ids:?}");
}

#[test]
fn a_delete_marker_hides_an_object_until_it_is_deleted() {
    let endpoint = enabled();
    let first = upload(&endpoint, "/a", b"first");
    let deleted = delete(&endpoint, "/a", None);
    assert_eq!(deleted.header(MARKER), Some("true"));
    let marker = deleted.header(VERSION).unwrap().to_owned();
    for method in ["GET", "HEAD"] {
        let gone = endpoint.exchange(&request(method, "/a").sign().bytes(), method == "HEAD");
        assert_eq!((gone.status, gone.header(MARKER)), (404, Some("true")));
        assert_eq!(gone.header(VERSION), Some(marker.as_str()));
        let named = of(method, "/a", &marker).sign();
        let named = endpoint.exchange(&named.bytes(), method == "HEAD");
        assert_eq!((named.status, named.header(MARKER)), (404, Some("true")));
    }
    assert_eq!(endpoint.send(&get("/").sign()).all("Key"), [""; 0]);
    assert_eq!(text(&endpoint, of("GET", "/a", &first)), "first");
    let both = [
        ("a".to_owned(), marker.clone(), true, true),
        ("a".to_owned(), first.clone(), false, false),
    ];
    assert_eq!(listed(&list(&endpoint, &[])), both);
    let undone = delete(&endpoint, "/a", Some(&marker));
    assert_eq!((undone.header(MARKER), undone.header(VERSION)), (Some("true"), Some(&*marker)));
    assert_eq!(text(&endpoint, get("/a")), "first");
    assert_eq!(listed(&list(&endpoint, &[])), [("a".to_owned(), first.clone(), true, false)]);
    let last = delete(&endpoint, "/a", Some(&first));
    assert_eq!((last.header(MARKER), last.header(VERSION)), (None, Some(&*first)));
    assert_eq!((endpoint.send(&get("/a").sign()).status, endpoint.kept(0)), (404, 0));
    assert!(delete(&endpoint, "/absent", None).header(MARKER).is_some(), "as S3 does");
}

#[test]
fn the_former_version_comes_back_when_the_current_one_is_deleted() {
    let endpoint = enabled();
    let ids: Vec<_> = (0..4_u8).map(|body| upload(&endpoint, "/a", &[b'0' + body])).collect();
    delete(&endpoint, "/a", Some(&ids[3]));
    assert_eq!(text(&endpoint, get("/a")), "2");
    delete(&endpoint, "/a", Some(&ids[1]));
    assert_eq!(text(&endpoint, get("/a")), "2");
    let marker = delete(&endpoint, "/a", None).header(VERSION).unwrap().to_owned();
    delete(&endpoint, "/a", Some(&ids[2]));
    assert_eq!(endpoint.send(&get("/a").sign()).status, 404, "the marker is still the newest");
    delete(&endpoint, "/a", Some(&marker));
    assert_eq!(text(&endpoint, get("/a")), "0");
    assert_eq!(delete(&endpoint, "/a", Some(&ids[3])).header(VERSION), Some(ids[3].as_str()));
    assert_eq!(endpoint.kept(1), 1);
}

#[test]
fn while_suspended_the_null_version_is_replaced_and_no_other() {
    let endpoint = enabled();
    let kept = upload(&endpoint, "/a", b"kept");
    versioning(&endpoint, "Suspended");
    for body in ["one", "two"] {
        assert_eq!(upload(&endpoint, "/a", body.as_bytes()), "null");
        assert_eq!(text(&endpoint, of("GET", "/a", "null")), body);
    }
    assert_eq!(endpoint.kept(2), 2);
    let null = || ("a".to_owned(), "null".to_owned(), true, false);
    let kept_row = || ("a".to_owned(), kept.clone(), false, false);
    assert_eq!(listed(&list(&endpoint, &[])), [null(), kept_row()]);
    let marker = delete(&endpoint, "/a", None);
    assert_eq!((marker.header(VERSION), marker.header(MARKER)), (Some("null"), Some("true")));
    assert_eq!(endpoint.kept(1), 1, "the null version gives way to the marker");
    let marker_row = ("a".to_owned(), "null".to_owned(), true, true);
    assert_eq!(listed(&list(&endpoint, &[])), [marker_row, kept_row()]);
    versioning(&endpoint, "Enabled");
    let again = upload(&endpoint, "/a", b"again");
    let rows = listed(&list(&endpoint, &[]));
    let shown: Vec<_> = rows.iter().map(|row| (row.1.as_str(), row.3)).collect();
    assert_eq!(shown, [(again.as_str(), false), ("null", true), (&kept, false)]);
    versioning(&endpoint, "Suspended");
    upload(&endpoint, "/a", b"null again");
    let rows = listed(&list(&endpoint, &[]));
    let shown: Vec<_> = rows.iter().map(|row| (row.1.as_str(), row.3)).collect();
    assert_eq!(shown, [("null", false), (again.as_str(), false), (&kept, false)]);
}

#[test]
fn a_list_of_versions_joins_up_at_every_size() {
    let endpoint = enabled();
    for (key, count) in [("a/1", 3), ("a/2", 1), ("b", 4), ("c d", 2), ("e/x", 2)] {
        for _ in 0..count {
            upload(&endpoint, &format!("/{}", key.replace(' ', "%20")), b"x");
        }
    }
    delete(&endpoint, "/b", None);
    delete(&endpoint, "/e/x", None);
    for base in [vec![], vec![("delimiter", "/")], vec![("prefix", "a/")], vec![("prefix", "b")]] {
        let whole = list(&endpoint, &base);
        let (all, prefixes) = (listed(&whole), whole.all("Prefix").len());
        for size in 1..=5 {
            let size = size.to_string();
            let (mut rows, mut common, mut marker) =
                (Vec::new(), 0, (String::new(), String::new()));
            for _ in 0..30 {
                let mut params = base.clone();
                params.extend([("max-keys", size.as_str()), ("encoding-type", "url")]);
                params.extend([("key-marker", &*marker.0), ("version-id-marker", &*marker.1)]);
                let page = list(&endpoint, &params);
                rows.extend(listed(&page));
                common += page.text().matches("<CommonPrefixes>").count();
                if page.only("IsTruncated") == "false" {
                    break;
                }
                let key = page.only("NextKeyMarker").replace("%20", " ");
                marker = (key, page.all("NextVersionIdMarker").concat());
            }
            rows.iter_mut().for_each(|row| row.0 = row.0.replace("%20", " "));
            assert_eq!(rows, all, "{base:?} by {size}");
            let whole = whole.text().matches("<CommonPrefixes>").count();
            assert_eq!(common, whole, "{base:?} by {size}: {prefixes}");
        }
    }
}

#[test]
fn a_version_has_its_own_access_control_and_tags() {
    let endpoint = enabled();
    let (first, second) = (upload(&endpoint, "/a", b"1"), upload(&endpoint, "/a", b"2"));
    let tags = b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    let tag = put("/a", tags).param("tagging", "").param("versionId", &first).sign();
    assert_eq!(endpoint.send(&tag).status, 204);
    let acl = put("/a", b"").header("x-cos-acl", "public-read").param("acl", "");
    assert_eq!(endpoint.send(&acl.param("versionId", &first).sign()).status, 200);
    let keys = |version: &str| {
        let answer = endpoint.send(&of("GET", "/a", version).param("tagging", "").sign());
        answer.all("Key").len()
    };
    assert_eq!((keys(&first), keys(&second)), (1, 0));
    let canned = |version: &str| {
        let answer = endpoint.send(&of("GET", "/a", version).param("acl", "").sign());
        answer.header("x-cos-acl").map(str::to_owned)
    };
    assert_eq!(canned(&first).as_deref(), Some("public-read"));
    assert_eq!(canned(&second).as_deref(), Some("default"));
    let untag = of("DELETE", "/a", &first).param("tagging", "").sign();
    assert_eq!((endpoint.send(&untag).status, keys(&first)), (204, 0));
    let absent = of("GET", "/a", "null").param("tagging", "").sign();
    assert_eq!(endpoint.send(&absent).error().code, "NoSuchVersion");
    assert_eq!(text(&endpoint, get("/a")), "2");
}

#[test]
fn a_version_is_copied() {
    let endpoint = enabled();
    let first = upload(&endpoint, "/a", b"first");
    upload(&endpoint, "/a", b"second");
    let copy = |target: &str, version: &str| {
        put(target, b"").header("x-cos-copy-source", format!("{HOST}/a?versionId={version}"))
    };
    let copied = endpoint.send(&copy("/b", &first).sign());
    assert_eq!(copied.status, 200, "{}", copied.text());
    assert_eq!(copied.header("x-cos-copy-source-version-id"), Some(first.as_str()));
    assert_eq!(copied.only("VersionId"), copied.header(VERSION).unwrap());
    assert_eq!(text(&endpoint, get("/b")), "first");
    assert_eq!(endpoint.send(&copy("/a", &first).sign()).status, 200, "an old version restored");
    assert_eq!(text(&endpoint, get("/a")), "first");
    assert_eq!(listed(&list(&endpoint, &[("prefix", "a")])).len(), 3);
    let marker = delete(&endpoint, "/a", None).header(VERSION).unwrap().to_owned();
    for (request, status, code) in [
        (copy("/c", &marker), 400, "InvalidRequest"),
        (copy("/c", "null"), 404, "NoSuchVersion"),
        (copy("/c", ""), 404, "NoSuchCopySource"),
    ] {
        let answer = endpoint.send(&request.sign());
        assert_eq!((answer.status, answer.error().code.as_str()), (status, code));
    }
}

#[test]
fn an_upload_in_parts_makes_a_version() {
    let endpoint = enabled();
    let first = upload(&endpoint, "/a", b"first");
    let begun = endpoint.send(&request("POST", "/a").param("uploads", "").sign());
    let id = begun.only("UploadId").to_owned();
    let part = put("/a", b"parts").param("partNumber", "1").param("uploadId", &id).sign();
    let etag = endpoint.send(&part).header("ETag").unwrap().to_owned();
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete = request("POST", "/a").header("Content-Length", body.len().to_string());
    let completed = endpoint.send(&complete.body(body.as_bytes()).param("uploadId", &id).sign());
    let second = completed.header(VERSION).unwrap().to_owned();
    assert_eq!(text(&endpoint, of("GET", "/a", &first)), "first");
    assert_eq!(text(&endpoint, of("GET", "/a", &second)), "parts");
    let third = endpoint.send(
        &put("/a", b"").header("x-cos-copy-source", format!("{HOST}/a?versionId={second}")).sign(),
    );
    assert_eq!(third.status, 200, "a manifest onto itself");
    delete(&endpoint, "/a", Some(&second));
    assert_eq!(text(&endpoint, get("/a")), "parts");
    assert_eq!(endpoint.kept(2), 2);
}

#[test]
fn many_versions_are_deleted_at_once() {
    let endpoint = enabled();
    let (first, second) = (upload(&endpoint, "/a", b"1"), upload(&endpoint, "/a", b"2"));
    upload(&endpoint, "/b", b"3");
    let delete = |objects: &str| {
        let body = format!("<Delete>{objects}</Delete>");
        let request = request("POST", "/").header("Content-Length", body.len().to_string());
        endpoint.send(&request.body(body.as_bytes()).param("delete", "").sign())
    };
    let answer = delete(&format!(
        "<Object><Key>a</Key><VersionId>{first}</VersionId></Object><Object><Key>b</Key></Object>"
    ));
    assert_eq!(answer.all("Key"), ["a", "b"]);
    assert_eq!(answer.all("VersionId"), [first.as_str()]);
    assert_eq!(answer.all("DeleteMarker"), ["true"]);
    let marker = answer.only("DeleteMarkerVersionId").to_owned();
    let answer = delete(&format!(
        "<Object><Key>b</Key><VersionId>{marker}</VersionId></Object><Object><Key>a</Key><VersionId>none</VersionId></Object>"
    ));
    assert_eq!(answer.all("DeleteMarkerVersionId"), [marker.as_str()]);
    assert_eq!(answer.all("VersionId"), [marker.as_str(), "none"]);
    assert_eq!(text(&endpoint, get("/b")), "3");
    assert_eq!(text(&endpoint, of("GET", "/a", &second)), "2");
}

#[test]
fn a_bucket_with_versions_is_not_empty() {
    let endpoint = enabled();
    let version = upload(&endpoint, "/a", b"x");
    let marker = delete(&endpoint, "/a", None).header(VERSION).unwrap().to_owned();
    let empty = || endpoint.send(&request("DELETE", "/").sign()).status;
    assert_eq!(empty(), 409);
    delete(&endpoint, "/a", Some(&version));
    assert_eq!(empty(), 409, "a delete marker is left");
    delete(&endpoint, "/a", Some(&marker));
    assert_eq!(empty(), 204);
}

#[test]
fn conditions_are_of_the_current_version() {
    let endpoint = enabled();
    upload(&endpoint, "/a", b"x");
    let absent = || put("/a", b"z").header("If-None-Match", "*").sign();
    assert_eq!(endpoint.send(&absent()).status, 412);
    delete(&endpoint, "/a", None);
    assert_eq!(endpoint.send(&absent()).status, 200, "what was deleted is not overwritten");
    assert_eq!(endpoint.send(&absent()).status, 412);
}

/// Nothing is overwritten where versions are, or were, kept: the header says nothing there (436/7749).
#[test]
fn overwriting_cannot_be_forbidden_beside_versions() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let source = format!("{HOST}/a");
    let once = [
        put("/a", b"y"),
        put("/a", b"").header("x-cos-copy-source", &source),
        request("POST", "/a").param("uploads", "").header("Content-Length", "0"),
        put("/a", b"").param("symlink", "").header("x-cos-symlink-target", "b"),
    ];
    let status = |request: &Request| {
        let request = request.clone().header("x-cos-forbid-overwrite", "true");
        endpoint.send(&request.sign()).status
    };
    assert_eq!(once.each_ref().map(status), [409; 4]);
    for state in ["Enabled", "Suspended"] {
        versioning(&endpoint, state);
        assert_eq!(once.each_ref().map(status), [200; 4], "{state}");
    }
}

#[test]
fn what_is_appended_to_has_no_versions() {
    let endpoint = enabled();
    let append = |position: u64, body: &[u8]| {
        let post = request("POST", "/a").header("Content-Length", body.len().to_string());
        let post = post.body(body).param("append", "").param("position", &position.to_string());
        assert_eq!(endpoint.send(&post.sign()).status, 200);
    };
    append(0, b"one");
    append(3, b"two");
    let row = ("a".to_owned(), "null".to_owned(), true, false);
    assert_eq!(listed(&list(&endpoint, &[])), [row]);
    let version = upload(&endpoint, "/a", b"normal");
    assert_eq!(text(&endpoint, of("GET", "/a", "null")), "onetwo");
    delete(&endpoint, "/a", Some(&version));
    append(6, b"three");
    assert_eq!(text(&endpoint, get("/a")), "onetwothree");
}

#[test]
fn an_archived_version_is_restored() {
    let endpoint = enabled();
    let archived = put("/a", b"x").header("x-cos-storage-class", "ARCHIVE").sign();
    let version = endpoint.send(&archived).header(VERSION).unwrap().to_owned();
    upload(&endpoint, "/a", b"y");
    let body = "<RestoreRequest><Days>1</Days></RestoreRequest>";
    let restore = of("POST", "/a", &version).header("Content-Length", body.len().to_string());
    let restore = restore.body(body.as_bytes()).param("restore", "").sign();
    assert_eq!(endpoint.send(&restore).status, 202);
    endpoint.clock.set(NOW + 5);
    assert_eq!(text(&endpoint, of("GET", "/a", &version)), "x");
}

/// Whoever deletes a version once more, because the answer was lost, must not delete another.
#[test]
fn no_id_is_given_twice_even_if_the_clock_goes_back() {
    let endpoint = enabled();
    let first = upload(&endpoint, "/a", b"first");
    delete(&endpoint, "/a", Some(&first));
    let endpoint = Endpoint::start_in(endpoint.shutdown(), |builder| builder);
    let second = upload(&endpoint, "/a", b"second");
    assert_ne!(first, second);
    delete(&endpoint, "/a", Some(&first));
    assert_eq!(text(&endpoint, of("GET", "/a", &second)), "second");
}
