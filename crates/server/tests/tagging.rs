//! The tags of objects.

mod support;

use support::*;

fn tagging(method: &'static str, target: &str, body: &str) -> Request {
    let length = body.len().to_string();
    let request = request(method, target).header("Content-Length", length).body(body.as_bytes());
    request.param("tagging", "").sign()
}

fn document(tags: &[(&str, &str)]) -> String {
    let tag =
        |(key, value): &(&str, &str)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    let tags: String = tags.iter().map(tag).collect();
    format!("<Tagging><TagSet>{tags}</TagSet></Tagging>")
}

fn tags(endpoint: &Endpoint, target: &str) -> Vec<(String, String)> {
    let answer = endpoint.send(&tagging("GET", target, ""));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("Content-Type"), Some("application/xml"));
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
    owned(answer.all("Key")).into_iter().zip(owned(answer.all("Value"))).collect()
}

fn pairs(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

#[test]
fn tags_are_put_read_replaced_and_deleted() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let empty = endpoint.send(&tagging("GET", "/a", ""));
    assert_eq!((empty.status, empty.text()), (200, "<Tagging>\n\t<TagSet/>\n</Tagging>"));
    for set in [&[("age", "18"), ("name", "小明")][..], &[("k", "v")]] {
        let put = endpoint.send(&tagging("PUT", "/a", &document(set)));
        assert_eq!((put.status, put.body.len()), (204, 0), "{}", put.text());
        assert_eq!(tags(&endpoint, "/a"), pairs(set));
        let head = endpoint.send(&request("HEAD", "/a").sign());
        assert_eq!(head.header("x-cos-tagging-count"), Some(set.len().to_string().as_str()));
    }
    assert_eq!(endpoint.send(&get("/a").sign()).header("x-cos-tagging-count"), Some("1"));
    assert_eq!(endpoint.send(&tagging("DELETE", "/a", "")).status, 204);
    assert_eq!(tags(&endpoint, "/a"), []);
    let plain = endpoint.send(&get("/a").sign());
    assert_eq!((plain.header("x-cos-tagging-count"), plain.text()), (None, "x"));
}

#[test]
fn an_upload_brings_tags_along_and_an_overwrite_loses_them() {
    let endpoint = Endpoint::start();
    let put_tagged = put("/a", b"x").header("x-cos-tagging", "k1=v%3D1&k%202=").sign();
    assert_eq!(endpoint.send(&put_tagged).status, 200);
    let folder = endpoint.shutdown();
    let endpoint = Endpoint::start_in(folder, |builder| builder);
    let body = endpoint.send(&tagging("GET", "/a", ""));
    assert_eq!(body.all("Key"), ["k1", "k 2"]);
    assert!(body.text().contains("<Value>v=1</Value>") && body.text().contains("<Value/>"));
    endpoint.put("/a", b"y");
    assert_eq!(tags(&endpoint, "/a"), []);
}

#[test]
fn an_upload_in_parts_has_the_tags_that_it_was_begun_with() {
    let endpoint = Endpoint::start();
    let begin = request("POST", "/a").param("uploads", "").header("x-cos-tagging", "k=v");
    let begun = endpoint.send(&begin.sign());
    let id = begun.only("UploadId");
    let part = put("/a", b"x").param("partNumber", "1").param("uploadId", id).sign();
    let etag = endpoint.send(&part).header("ETag").unwrap().to_owned();
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete = request("POST", "/a").header("Content-Length", body.len().to_string());
    let complete = complete.body(body.as_bytes()).param("uploadId", id).sign();
    assert_eq!(endpoint.send(&complete).status, 200);
    assert_eq!(tags(&endpoint, "/a"), pairs(&[("k", "v")]));
}

#[test]
fn a_copy_has_the_tags_of_its_source_or_its_own() {
    let endpoint = Endpoint::start();
    let source = put("/a", b"x").header("x-cos-tagging", "of=source").sign();
    assert_eq!(endpoint.send(&source).status, 200);
    let copy = put("/b", b"").header("x-cos-copy-source", format!("{HOST}/a"));
    let own = copy.clone().header("x-cos-tagging", "of=copy");
    for (request, want) in [
        (copy.clone(), &[("of", "source")][..]),
        (own.clone(), &[("of", "source")]),
        (own.clone().header("x-cos-tagging-directive", "Copy"), &[("of", "source")]),
        (own.header("x-cos-tagging-directive", "Replaced"), &[("of", "copy")]),
        (copy.clone().header("x-cos-tagging-directive", "Replaced"), &[]),
    ] {
        assert_eq!(endpoint.send(&request.sign()).status, 200);
        assert_eq!(tags(&endpoint, "/b"), pairs(want));
    }
    let other = copy.header("x-cos-tagging-directive", "Replace").sign();
    assert_eq!(endpoint.send(&other).error().code, "InvalidArgument");
}

#[test]
fn what_cannot_be_tags_changes_nothing() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let ok = document(&[("k", "v")]);
    assert_eq!(endpoint.send(&tagging("PUT", "/a", &ok)).status, 204);
    let many: Vec<_> = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]
        .iter()
        .map(|key| (*key, ""))
        .collect();
    let (long_key, long_value) = ("k".repeat(129), "v".repeat(257));
    for (body, code, message) in [
        (document(&many), "InvalidTag", "there are more than 10 tags"),
        (document(&[("k", "1"), ("k", "2")]), "InvalidTag", "the tag key \"k\" stands twice"),
        (document(&[(&long_key, "")]), "InvalidTag", "is not 1 to 128 bytes"),
        (document(&[("k", &long_value)]), "InvalidTag", "is not 0 to 256 bytes"),
        (document(&[("k!", "")]), "InvalidTag", "\"k!\""),
        ("<Tagging>".to_owned(), "MalformedXML", ""),
        ("<Tagging/>".to_owned(), "MalformedXML", ""),
        (String::new(), "MissingRequestBodyError", ""),
    ] {
        let answer = endpoint.send(&tagging("PUT", "/a", &body));
        let error = answer.error();
        assert_eq!((answer.status, error.code.as_str()), (400, code), "{body}");
        assert!(error.message.contains(message), "{}", error.message);
    }
    assert_eq!(tags(&endpoint, "/a"), pairs(&[("k", "v")]));
}

#[test]
fn an_absent_object_has_no_tags() {
    let endpoint = Endpoint::start();
    for request in [
        tagging("GET", "/a", ""),
        tagging("PUT", "/a", &document(&[("k", "v")])),
        tagging("DELETE", "/a", ""),
    ] {
        let answer = endpoint.send(&request);
        assert_eq!((answer.status, answer.error().code.as_str()), (404, "NoSuchKey"));
    }
}
