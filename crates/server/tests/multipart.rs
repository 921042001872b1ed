//! Objects uploaded in parts.

mod support;

use cospass_server::Limits;
use support::*;

fn endpoint() -> Endpoint {
    Endpoint::start_with(|builder| {
        let mut limits = Limits::default();
        limits.part_size = 4;
        builder.limits(limits)
    })
}

fn begin(endpoint: &Endpoint, target: &str) -> String {
    let begun = request("POST", target)
        .param("uploads", "")
        .header("Content-Type", "text/plain")
        .header("x-cos-meta-colour", "blue");
    let answer = endpoint.send(&begun.sign());
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.only("UploadId").to_owned()
}

fn part(target: &str, id: &str, number: u32, body: &[u8]) -> Request {
    put(target, body).param("partNumber", &number.to_string()).param("uploadId", id)
}

/// Sends a part and returns its entity tag.
fn upload(endpoint: &Endpoint, target: &str, id: &str, number: u32, body: &[u8]) -> String {
    let answer = endpoint.send(&part(target, id, number, body).sign());
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("x-cos-hash-crc64ecma").is_some());
    answer.header("ETag").map(str::to_owned).unwrap_or_default()
}

fn complete(target: &str, id: &str, parts: &[(u32, &str)]) -> Request {
    let part = |(number, etag): &(u32, &str)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    };
    let parts: String = parts.iter().map(part).collect();
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let request = request("POST", target).header("Content-Length", body.len().to_string());
    request.param("uploadId", id).body(body.as_bytes())
}

#[test]
fn parts_become_an_object() {
    let endpoint = endpoint();
    let id = begin(&endpoint, "/a%20b");
    assert!(id.len() == 74 && id.starts_with("1700000000"), "{id}");
    let last = upload(&endpoint, "/a%20b", &id, 9, b"t]");
    let first = upload(&endpoint, "/a%20b", &id, 1, b"[Object ");
    let second = upload(&endpoint, "/a%20b", &id, 2, b"Conten");
    assert_eq!(endpoint.send(&get("/a%20b").sign()).status, 404);
    let unquoted = second.trim_matches('"');
    let parts = [(1, first.as_str()), (2, unquoted), (9, &last)];
    let answer = endpoint.send(&complete("/a%20b", &id, &parts).sign());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.all("Location"), [format!("http://{HOST}/a%20b")]);
    assert_eq!(answer.all("Key"), ["a b"]);
    let crc64 = Some("16749565679157681890");
    assert_eq!(answer.header("x-cos-hash-crc64ecma"), crc64);

    let object = endpoint.send(&get("/a%20b").sign());
    assert_eq!(object.body, b"[Object Content]");
    let etag = object.header("ETag").unwrap();
    assert!(etag.ends_with("-3\""), "{etag}");
    assert_eq!(answer.all("ETag"), [etag.replace('"', "&quot;")]);
    assert_eq!(object.header("x-cos-hash-crc64ecma"), crc64);
    assert_eq!(object.header("Content-Type"), Some("text/plain"));
    assert_eq!(object.header("x-cos-meta-colour"), Some("blue"));
    for (range, bytes) in [
        ("bytes=0-7", &b"[Object "[..]),
        ("bytes=7-8", b" C"),
        ("bytes=6-14", b"t Content"),
        ("bytes=-1", b"]"),
        ("bytes=0-", b"[Object Content]"),
    ] {
        let part = endpoint.send(&get("/a%20b").header("Range", range).sign());
        assert_eq!((part.status, part.body.as_slice()), (206, bytes), "{range}");
    }
    let again = endpoint.send(&complete("/a%20b", &id, &parts).sign());
    assert_eq!(again.error().code, "NoSuchUpload");
}

#[test]
fn completing_may_be_bound_to_what_is_there() {
    let endpoint = endpoint();
    let id = begin(&endpoint, "/a");
    let part = upload(&endpoint, "/a", &id, 1, b"parts");
    let bound = |name: &str, value: &str| {
        let complete = complete("/a", &id, &[(1, &part)]).header(name, value);
        endpoint.send(&complete.sign()).status
    };
    assert_eq!(bound("If-Match", "*"), 412);
    endpoint.put("/a", b"whole");
    assert_eq!(bound("If-None-Match", "*"), 412);
    assert_eq!(bound("If-Match", "other"), 412);
    assert_eq!(endpoint.send(&get("/a").sign()).body, b"whole");
    assert_eq!(bound("If-Match", "*"), 200);
    assert_eq!(endpoint.send(&get("/a").sign()).body, b"parts");
}

#[test]
fn large_parts_come_out_as_they_went_in() {
    let endpoint = endpoint();
    let bytes: Vec<u8> = (0..700_000_u32).map(|index| (index % 251) as u8).collect();
    let id = begin(&endpoint, "/a");
    let etags: Vec<String> = bytes
        .chunks(300_000)
        .zip(1..)
        .map(|(chunk, number)| upload(&endpoint, "/a", &id, number, chunk))
        .collect();
    let parts: Vec<_> = (1..).zip(etags.iter().map(String::as_str)).collect();
    assert_eq!(endpoint.send(&complete("/a", &id, &parts).sign()).status, 200);
    assert!(endpoint.send(&get("/a").sign()).body == bytes);
    let middle = get("/a").header("Range", "bytes=299999-600000").sign();
    assert!(endpoint.send(&middle).body == bytes[299_999..=600_000]);
}

#[test]
fn parts_are_listed_in_pages() {
    let endpoint = endpoint();
    let id = begin(&endpoint, "/a%20b");
    let list = |params: &[(&str, &str)]| {
        let asked = get("/a%20b").param("uploadId", &id);
        let asked = params.iter().fold(asked, |asked, (name, value)| asked.param(name, value));
        endpoint.send(&asked.sign())
    };
    let none = list(&[]);
    assert_eq!((none.status, none.all("Part").len()), (200, 0));
    for number in [3, 1, 10_000] {
        upload(&endpoint, "/a%20b", &id, number, b"x");
    }
    upload(&endpoint, "/a%20b", &id, 3, b"other");
    let all = list(&[("encoding-type", "url")]);
    assert_eq!(all.all("PartNumber"), ["1", "3", "10000"]);
    assert_eq!(all.all("Size"), ["1", "5", "1"]);
    assert_eq!((all.all("Key"), all.all("IsTruncated")), (vec!["a%20b"], vec!["false"]));
    let first = list(&[("max-parts", "2")]);
    assert_eq!(first.all("PartNumber"), ["1", "3"]);
    assert_eq!(
        (first.all("IsTruncated"), first.all("NextPartNumberMarker")),
        (vec!["true"], vec!["3"])
    );
    let rest = list(&[("part-number-marker", "3")]);
    assert_eq!(rest.all("PartNumber"), ["10000"]);
}

#[test]
fn uploads_are_listed_in_pages() {
    let endpoint = endpoint();
    let mut ids = [begin(&endpoint, "/b"), begin(&endpoint, "/b")];
    ids.sort();
    let (first, last) = (begin(&endpoint, "/a/1"), begin(&endpoint, "/c"));
    let list = |params: &[(&str, &str)]| {
        let asked = get("/").param("uploads", "");
        let asked = params.iter().fold(asked, |asked, (name, value)| asked.param(name, value));
        let answer = endpoint.send(&asked.sign());
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    };
    assert_eq!(list(&[]).all("UploadId"), [&first, &ids[0], &ids[1], &last]);
    assert_eq!(list(&[("prefix", "b")]).all("Key"), ["b", "b"]);
    let folded = list(&[("delimiter", "/")]);
    assert_eq!(folded.all("Key"), ["b", "b", "c"]);
    let page = list(&[("max-uploads", "2")]);
    assert_eq!(
        (page.all("NextKeyMarker"), page.all("NextUploadIdMarker")),
        (vec!["b"], vec![&*ids[0]])
    );
    let next = list(&[("key-marker", "b"), ("upload-id-marker", &ids[0])]);
    assert_eq!(next.all("UploadId"), [&ids[1], &last]);
    assert_eq!(list(&[("key-marker", "b")]).all("UploadId"), [&last]);
    assert_eq!(list(&[("upload-id-marker", &last)]).all("UploadId").len(), 4);
    let no_room = list(&[("max-uploads", "0")]);
    assert_eq!((no_room.all("UploadId").len(), no_room.all("IsTruncated")), (0, vec!["false"]));
}

#[test]
fn an_upload_that_is_given_up_leaves_nothing() {
    let endpoint = endpoint();
    let id = begin(&endpoint, "/a");
    upload(&endpoint, "/a", &id, 1, b"x");
    assert_eq!(endpoint.send(&request("DELETE", "/").sign()).error().code, "BucketNotEmpty");
    let abort = request("DELETE", "/a").param("uploadId", &id);
    assert_eq!(endpoint.send(&abort).error().code, "AccessDenied");
    assert_eq!(endpoint.send(&abort.clone().sign()).status, 204);
    assert_eq!(endpoint.send(&abort.sign()).error().code, "NoSuchUpload");
    assert_eq!(endpoint.kept(0), 0);
    assert_eq!(endpoint.send(&request("DELETE", "/").sign()).status, 204);
}

#[test]
fn an_object_in_parts_is_copied_and_replaced() {
    let endpoint = endpoint();
    let id = begin(&endpoint, "/a");
    let etags =
        [upload(&endpoint, "/a", &id, 1, b"four"), upload(&endpoint, "/a", &id, 2, b"five5")];
    let done = complete("/a", &id, &[(1, &etags[0]), (2, &etags[1])]);
    assert_eq!(endpoint.send(&done.sign()).status, 200);
    let copy = put("/b", b"").header("x-cos-copy-source", format!("{HOST}/a"));
    assert_eq!(endpoint.send(&copy.sign()).status, 200);
    endpoint.put("/a", b"x");
    assert_eq!(endpoint.send(&get("/b").sign()).body, b"fourfive5");
    assert_eq!(endpoint.kept(3), 3);
    assert_eq!(endpoint.send(&request("DELETE", "/b").sign()).status, 204);
    assert_eq!(endpoint.kept(1), 1);
}

#[test]
fn a_part_is_made_of_an_object() {
    let endpoint = endpoint();
    endpoint.put("/source", b"[Object Content]");
    let id = begin(&endpoint, "/a");
    let copy = |number, range: &str| {
        let copy =
            part("/a", &id, number, b"").header("x-cos-copy-source", format!("{HOST}/source"));
        let answer = endpoint.send(&copy.header("x-cos-copy-source-range", range).sign());
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.only("LastModified"), "2023-11-14T22:13:20.000Z");
        answer.only("ETag").replace("&quot;", "\"")
    };
    let (all, some) = (copy(1, ""), copy(2, "bytes=8-14"));
    assert_eq!(all, "\"ee8de918d05640145b18f70f4c3aa602\"");
    let done = complete("/a", &id, &[(1, &all), (2, &some)]);
    assert_eq!(endpoint.send(&done.sign()).status, 200);
    assert_eq!(endpoint.send(&get("/a").sign()).body, b"[Object Content]Content");
}

#[test]
fn parts_survive_a_restart() {
    let first = endpoint();
    let id = begin(&first, "/a");
    let etag = upload(&first, "/a", &id, 1, b"part");
    let folder = first.shutdown();
    let second = Endpoint::start_in(folder, |builder| builder);
    assert_eq!(second.send(&complete("/a", &id, &[(1, &etag)]).sign()).status, 200);
    assert_eq!(second.send(&get("/a").sign()).body, b"part");
}
