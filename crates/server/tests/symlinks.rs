//! Symbolic links.

mod support;

use support::*;

fn link(target: &str, to: &str) -> Request {
    request("PUT", target).param("symlink", "").header("x-cos-symlink-target", to)
}

fn read_link(endpoint: &Endpoint, target: &str) -> Answer {
    endpoint.send(&get(target).param("symlink", "").sign())
}

#[test]
fn a_link_gives_what_it_stands_for() {
    let endpoint = Endpoint::start();
    let there = put("/a/b%20c", b"the target").header("x-cos-meta-of", "target").sign();
    assert_eq!(endpoint.send(&there).status, 200);
    for to in ["a/b c", "/a/b c", "a%2Fb%20c"] {
        let made = endpoint.send(&link("/link", to).header("x-cos-meta-of", "link").sign());
        assert_eq!((made.status, made.body.len()), (200, 0), "{}", made.text());
        let read = read_link(&endpoint, "/link");
        assert_eq!((read.status, read.header("x-cos-symlink-target")), (200, Some(to)));
        assert_eq!(read.header("Content-Length"), Some("0"));
        assert_eq!(read.header("ETag"), made.header("ETag"));
        assert!(read.header("Last-Modified").is_some());
        let got = endpoint.send(&get("/link").sign());
        assert_eq!((got.status, got.text()), (200, "the target"));
        let direct = endpoint.send(&get("/a/b%20c").sign());
        for name in ["ETag", "x-cos-meta-of", "x-cos-hash-crc64ecma"] {
            assert_eq!(got.header(name), direct.header(name), "{name}");
        }
        let head = endpoint.send(&request("HEAD", "/link").sign());
        assert_eq!(head.header("Content-Length"), Some("10"));
        let range = endpoint.send(&get("/link").header("Range", "bytes=4-5").sign());
        assert_eq!((range.status, range.text()), (206, "ta"));
    }
    let list = endpoint.send(&get("/").sign());
    assert_eq!((list.all("Key"), list.all("Size")), (vec!["a/b c", "link"], vec!["10", "6"]));
}

#[test]
fn a_copy_of_a_link_is_one_of_what_it_stands_for() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"the target");
    assert_eq!(endpoint.send(&link("/link", "a").sign()).status, 200);
    let copy = put("/b", b"").header("x-cos-copy-source", format!("{HOST}/link"));
    assert_eq!(endpoint.send(&copy.sign()).status, 200);
    assert_eq!(endpoint.send(&request("DELETE", "/a").sign()).status, 204);
    assert_eq!(endpoint.send(&get("/b").sign()).text(), "the target");
}

#[test]
fn a_link_that_leads_nowhere_is_refused() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    assert_eq!(read_link(&endpoint, "/absent").error().code, "NoSuchKey");
    assert_eq!(read_link(&endpoint, "/a").error().code, "InvalidRequest");
    for target in ["", "/"] {
        let answer = endpoint.send(&link("/link", target).sign());
        assert_eq!((answer.status, answer.error().code.as_str()), (400, "InvalidArgument"));
    }
    for (name, to) in [("/dangling", "absent"), ("/twice", "dangling"), ("/itself", "itself")] {
        assert_eq!(endpoint.send(&link(name, to).sign()).status, 200);
        let answer = endpoint.send(&get(name).sign());
        assert_eq!((answer.status, answer.error().code.as_str()), (404, "NoSuchKey"), "{name}");
        assert_eq!(endpoint.send(&request("HEAD", name).sign()).status, 404);
        let copy = put("/b", b"").header("x-cos-copy-source", format!("{HOST}{name}"));
        assert_eq!(endpoint.send(&copy.sign()).status, 404);
    }
    let once = link("/a", "b").header("x-cos-forbid-overwrite", "true").sign();
    assert_eq!(endpoint.send(&once).error().code, "FileAlreadyExists");
    assert_eq!(endpoint.send(&get("/a").sign()).text(), "x");
}

#[test]
fn an_upload_replaces_a_link_and_not_its_target() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"the target");
    assert_eq!(endpoint.send(&link("/link", "a").sign()).status, 200);
    endpoint.put("/link", b"an object");
    assert_eq!(endpoint.send(&get("/link").sign()).text(), "an object");
    assert_eq!(endpoint.send(&get("/a").sign()).text(), "the target");
}
