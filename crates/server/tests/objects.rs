//! Objects up and down: bytes, headers, keys, ranges, conditions, access control.

mod support;

use support::*;

/// `[Object Content]` and what the documentation tells of it (436/7749).
const CONTENT: &[u8] = b"[Object Content]";
const CONTENT_MD5: &str = "7o3pGNBWQBRbGPcPTDqmAg==";
const CONTENT_ETAG: &str = "\"ee8de918d05640145b18f70f4c3aa602\"";
const CONTENT_CRC64: &str = "16749565679157681890";

#[test]
fn an_object_goes_up_and_comes_down() {
    let endpoint = Endpoint::start();
    let upload = put("/dir/a.txt", CONTENT)
        .header("Content-MD5", CONTENT_MD5)
        .header("Content-Type", "text/plain")
        .header("Cache-Control", "max-age=60")
        .header("Content-Disposition", "attachment; filename=\"页.txt\"")
        .header("Content-Encoding", "identity")
        .header("Content-Language", "zh")
        .header("Expires", "Wed, 21 Oct 2015 07:28:00 GMT")
        .header("X-Cos-Meta-Color", "blue")
        .header("x-cos-storage-class", "STANDARD_IA")
        .header("x-not-kept", "1");
    let answer = endpoint.send(&upload.presign());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("ETag"), Some(CONTENT_ETAG));
    assert_eq!(answer.header("x-cos-hash-crc64ecma"), Some(CONTENT_CRC64));
    assert_eq!(answer.body, b"");

    let down = endpoint.send(&get("/dir/a.txt").presign());
    let head = endpoint.send(&request("HEAD", "/dir/a.txt").sign());
    assert_eq!((down.status, head.status), (200, 200));
    assert_eq!(down.body, CONTENT);
    assert_eq!(down.header("Accept-Ranges"), Some("bytes"));
    for answer in [down, head] {
        for (name, value) in [
            ("Content-Length", "16"),
            ("Content-Type", "text/plain"),
            ("Cache-Control", "max-age=60"),
            ("Content-Disposition", "attachment; filename=\"页.txt\""),
            ("Content-Encoding", "identity"),
            ("Content-Language", "zh"),
            ("Expires", "Wed, 21 Oct 2015 07:28:00 GMT"),
            ("ETag", CONTENT_ETAG),
            ("Last-Modified", "Tue, 14 Nov 2023 22:13:20 GMT"),
            ("Date", "Tue, 14 Nov 2023 22:13:20 GMT"),
            ("Server", "tencent-cos"),
            ("Connection", "keep-alive"),
            ("x-cos-hash-crc64ecma", CONTENT_CRC64),
            ("x-cos-meta-color", "blue"),
            ("x-cos-storage-class", "STANDARD_IA"),
            ("x-cos-object-type", "normal"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
        assert_eq!(answer.header("x-not-kept"), None);
    }

    let gone = endpoint.send(&request("DELETE", "/dir/a.txt").sign());
    assert_eq!((gone.status, gone.header("Content-Length")), (204, None));
    assert_eq!(endpoint.send(&get("/dir/a.txt").sign()).status, 404);
    assert_eq!(endpoint.send(&request("DELETE", "/dir/a.txt").sign()).status, 204);
    assert_eq!(endpoint.kept(0), 0);
}

#[test]
fn an_upload_without_headers_has_defaults() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"");
    let down = endpoint.send(&get("/a").sign());
    assert_eq!((down.status, down.body.len()), (200, 0));
    assert_eq!(down.header("Content-Type"), Some("application/octet-stream"));
    assert_eq!(down.header("Content-Length"), Some("0"));
    assert_eq!(down.header("ETag"), Some("\"d41d8cd98f00b204e9800998ecf8427e\""));
    assert_eq!(down.header("x-cos-hash-crc64ecma"), Some("0"));
    assert_eq!(down.header("x-cos-storage-class"), None);
}

#[test]
fn a_key_is_what_the_path_says() {
    let endpoint = Endpoint::start();
    let paths = [
        "/a//b",
        "/a/b",
        "//a",
        "/.%2Fa",
        "/a/..%2Fb",
        "/a/../b",
        "/./c",
        "/%2F",
        "/%2Fa%2F",
        "/a%252Fb",
        "/a%20b",
        "/a+b",
        "/a%3Fb%23c%26d=e",
        "/%E6%B5%8B%E8%AF%95",
        "/%F0%9F%8E%89",
        "/line%0Aend",
        "/nul%00",
        "/A",
        "/a",
        "/%22%27%5C",
        "/a{b}|c^d\"e",
        "/trailing/",
        "/100%",
        "/%zz",
    ];
    for path in paths {
        endpoint.put(path, path.as_bytes());
    }
    for path in paths {
        let down = endpoint.send(&get(path).presign());
        // `//a` and `/%2Fa` name one key, and so do `/a/../b` and `/a/..%2Fb`: the later upload stays.
        let body = match path {
            "/a/..%2Fb" => "/a/../b",
            other => other,
        };
        assert_eq!((down.status, down.text()), (200, body), "{path}");
    }
    let same = endpoint.send(&get("/a%2Fb").sign());
    assert_eq!(same.text(), "/a/b", "an encoded slash is a slash");
}

#[test]
fn a_raw_path_is_read_as_bytes() {
    let endpoint = Endpoint::start();
    endpoint.put("/%E9%A1%B5", b"x");
    assert_eq!(endpoint.send(&get("/页").sign()).status, 200);
}

#[test]
fn a_range_is_a_part() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"0123456789abc");
    for (range, content_range, body) in [
        ("bytes=2-4", "bytes 2-4/13", "234"),
        ("bytes=10-", "bytes 10-12/13", "abc"),
        ("bytes=-2", "bytes 11-12/13", "bc"),
        ("bytes=0-999", "bytes 0-12/13", "0123456789abc"),
    ] {
        let part = endpoint.send(&get("/a").header("Range", range).sign());
        assert_eq!((part.status, part.text()), (206, body), "{range}");
        assert_eq!(part.header("Content-Range"), Some(content_range));
        assert_eq!(part.header("Content-Length"), Some(body.len().to_string().as_str()));
    }
    for range in ["lines=1-2", "bytes=1-2,4-5", "bytes=x"] {
        let whole = endpoint.send(&get("/a").header("Range", range).sign());
        assert_eq!((whole.status, whole.header("Content-Range")), (200, None), "{range}");
    }
    let head = endpoint.send(&request("HEAD", "/a").header("Range", "bytes=2-4").sign());
    assert_eq!((head.status, head.header("Content-Length")), (200, Some("13")));
}

#[test]
fn conditions_are_kept() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", CONTENT);
    const BEFORE: &str = "Tue, 14 Nov 2023 22:13:19 GMT";
    const THEN: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
    let bare = CONTENT_ETAG.trim_matches('"');
    for (headers, status) in [
        (&[("If-Match", CONTENT_ETAG)][..], 200),
        (&[("If-Match", bare)], 200),
        (&[("If-Match", "*")], 200),
        (&[("If-Match", "\"x\"")], 412),
        (&[("If-None-Match", "\"x\"")], 200),
        (&[("If-None-Match", "\"x\", W/\"ee8de918d05640145b18f70f4c3aa602\"")], 304),
        (&[("If-None-Match", "*")], 304),
        (&[("If-Modified-Since", BEFORE)], 200),
        (&[("If-Modified-Since", THEN)], 304),
        (&[("If-Modified-Since", "yesterday")], 200),
        (&[("If-Unmodified-Since", BEFORE)], 412),
        (&[("If-Unmodified-Since", THEN)], 200),
        (&[("If-Match", CONTENT_ETAG), ("If-Unmodified-Since", BEFORE)], 200),
        (&[("If-None-Match", "\"x\""), ("If-Modified-Since", THEN)], 200),
        (&[("If-Match", "\"x\""), ("If-None-Match", "*")], 412),
    ] {
        for method in ["GET", "HEAD"] {
            let mut asked = request(method, "/a");
            for (name, value) in headers {
                asked = asked.header(name, value);
            }
            let answer = endpoint.send(&asked.sign());
            assert_eq!(answer.status, status, "{method} {headers:?}");
            if status == 304 {
                assert_eq!(answer.header("ETag"), Some(CONTENT_ETAG));
                assert!(answer.header("x-cos-request-id").is_some());
                assert_eq!(answer.header("Content-Length"), Some("0"));
                assert_eq!(answer.header("Content-Type"), Some("application/xml"));
                assert_eq!(answer.body.len(), 0);
            }
        }
    }
}

#[test]
fn a_cache_is_told_for_how_long_it_may_keep_what_it_has() {
    let endpoint = Endpoint::start();
    let times = [("Cache-Control", "max-age=60"), ("Expires", "Tue, 14 Nov 2023 23:00:00 GMT")];
    let upload =
        times.iter().fold(put("/a", CONTENT), |put, (name, value)| put.header(name, value));
    assert_eq!(endpoint.send(&upload.sign()).status, 200);
    let asked = get("/a").header("If-None-Match", "*");
    let same = endpoint.send(&asked.clone().sign());
    assert_eq!((same.status, same.header("Content-Disposition")), (304, None));
    for (name, value) in times {
        assert_eq!(same.header(name), Some(value));
    }
    let other = endpoint.send(&asked.param("response-cache-control", "no-store").sign());
    assert_eq!((other.status, other.header("Cache-Control")), (304, Some("no-store")));
}

#[test]
fn a_range_is_of_the_object_that_it_names() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", CONTENT);
    let weak = format!("W/{CONTENT_ETAG}");
    for (value, status) in [
        (CONTENT_ETAG, 206),
        ("Tue, 14 Nov 2023 22:13:20 GMT", 206),
        ("\"x\"", 200),
        ("*", 200),
        (&weak, 200),
        ("Tue, 14 Nov 2023 22:13:19 GMT", 200),
        ("Tue, 14 Nov 2023 22:13:21 GMT", 200),
    ] {
        let asked = get("/a").header("Range", "bytes=1-2").header("If-Range", value);
        let answer = endpoint.send(&asked.sign());
        let body = if status == 206 { &CONTENT[1..3] } else { CONTENT };
        assert_eq!((answer.status, &answer.body[..]), (status, body), "{value}");
        assert_eq!(answer.header("Content-Range").is_some(), status == 206);
        // Behind the end there is nothing of this object, but all of another one.
        let behind = get("/a").header("Range", "bytes=999-").header("If-Range", value);
        let expected = if status == 206 { 416 } else { 200 };
        assert_eq!(endpoint.send(&behind.sign()).status, expected, "{value}");
    }
}

#[test]
fn an_upload_may_be_bound_to_what_is_there() {
    let endpoint = Endpoint::start();
    let upload = |name: &str, value: &str| {
        endpoint.send(&put("/a", CONTENT).header(name, value).sign()).status
    };
    assert_eq!(upload("If-Match", "*"), 412);
    assert_eq!(upload("If-None-Match", "*"), 200);
    assert_eq!(upload("If-None-Match", "*"), 412);
    assert_eq!(upload("If-Match", CONTENT_ETAG), 200);
    assert_eq!(upload("If-Unmodified-Since", "Tue, 14 Nov 2023 22:13:19 GMT"), 412);
    // For downloads alone (RFC 9110 §13.1.3).
    assert_eq!(upload("If-Modified-Since", "Tue, 14 Nov 2097 22:13:20 GMT"), 200);
    assert_eq!(upload("x-cos-forbid-overwrite", "false"), 200);
    assert_eq!(upload("x-cos-forbid-overwrite", "true"), 409);
}

#[test]
fn of_many_first_uploads_one_wins() {
    let endpoint = Endpoint::start();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let upload = |writer: u8| {
            let request = put("/a", &[writer; 100]).header("If-None-Match", "*").sign();
            let endpoint = &endpoint;
            scope.spawn(move || endpoint.send(&request).status)
        };
        let writers: Vec<_> = (0..16).map(upload).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 15, "{statuses:?}");
    assert_eq!((endpoint.kept(1), endpoint.files("incoming")), (1, 0));
}

#[test]
fn signed_overrides_replace_headers() {
    let endpoint = Endpoint::start();
    endpoint.send(&put("/a", b"x").header("Content-Type", "text/plain").sign());
    let asked = get("/a")
        .param("response-content-type", "text/html")
        .param("response-content-disposition", "attachment; filename=\"a b+页.txt\"")
        .param("response-cache-control", "no-store")
        .param("response-content-language", "en")
        .param("response-content-encoding", "x")
        .param("response-expires", "0");
    for asked in [asked.clone().presign(), asked.sign()] {
        let down = endpoint.send(&asked);
        assert_eq!(down.status, 200, "{}", down.text());
        for (name, value) in [
            ("Content-Type", "text/html"),
            ("Content-Disposition", "attachment; filename=\"a b+页.txt\""),
            ("Cache-Control", "no-store"),
            ("Content-Language", "en"),
            ("Content-Encoding", "x"),
            ("Expires", "0"),
        ] {
            assert_eq!(down.header(name), Some(value), "{name}");
        }
    }
    assert_eq!(endpoint.send(&get("/a").sign()).header("Content-Type"), Some("text/plain"));
}

#[test]
fn an_override_cannot_split_the_answer() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let asked = get("/a").param("response-expires", "0\r\nSet-Cookie: a=b").presign();
    let answer = endpoint.send(&asked);
    assert_eq!((answer.status, answer.error().code.as_str()), (400, "InvalidArgument"));
}

#[test]
fn access_control_is_kept_and_told() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let acl = |expected: Option<&str>| {
        let answer = endpoint.send(&get("/a").param("acl", "").presign());
        assert_eq!((answer.status, answer.header("x-cos-acl")), (200, expected));
        answer.text().to_owned()
    };
    assert!(acl(Some("default")).contains("\t<AccessControlList/>\n"));
    let canned = put("/a", b"").param("acl", "").header("x-cos-acl", "public-read").sign();
    assert_eq!(endpoint.send(&canned).status, 200);
    let public = acl(Some("public-read"));
    assert!(public.contains("<ID>qcs::cam::uin/100000000001:uin/100000000001</ID>"));
    assert_eq!(public.matches("<Grant>").count(), 2);
    assert!(public.contains("groups/global/AllUsers</URI>"));

    let private = endpoint.send(&put("/b", b"x").header("x-cos-acl", "private").sign());
    assert_eq!(private.status, 200);
    let body = public.replace("READ", "WRITE_ACP");
    let sent = put("/a", body.as_bytes()).param("acl", "").sign();
    assert_eq!(endpoint.send(&sent).status, 200);
    assert_eq!(acl(None), body, "a body replaces all grants as they stand");

    let granted = put("/c", b"x").header("x-cos-grant-read", "uin=\"100000000011\"").sign();
    assert_eq!(endpoint.send(&granted).status, 200);
    let granted = endpoint.send(&get("/c").param("acl", "").sign());
    assert!(granted.text().contains("<ID>qcs::cam::uin/100000000011:uin/100000000011</ID>"));
    assert_eq!(granted.text().matches("<Grant>").count(), 1);
}

#[test]
fn access_control_has_its_content_md5() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let sent = put("/a", b"<a/>").param("acl", "").header("Content-MD5", CONTENT_MD5).sign();
    let answer = endpoint.send(&sent);
    assert_eq!((answer.status, answer.error().code.as_str()), (400, "BadDigest"));
}

#[test]
fn objects_survive_a_restart() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", CONTENT);
    let folder = endpoint.shutdown();
    let endpoint = Endpoint::start_in(folder, |builder| builder);
    let down = endpoint.send(&get("/a").sign());
    assert_eq!((down.status, down.body.as_slice()), (200, CONTENT));
}

/// What the Node SDK's own tests assert of the service.
#[test]
fn a_type_that_is_not_told_is_that_of_the_extension() {
    let endpoint = Endpoint::start();
    for (target, told, expected) in [
        ("/1.zip", None, "application/zip"),
        ("/a/b.TXT", Some(""), "text/plain"),
        ("/1", None, "application/octet-stream"),
        ("/2.zip", Some("text/xml"), "text/xml"),
    ] {
        let upload = put(target, CONTENT).header("Cache-Control", "");
        let upload = match told {
            Some(told) => upload.header("Content-Type", told),
            None => upload,
        };
        assert_eq!(endpoint.send(&upload.sign()).status, 200);
        let answer = endpoint.send(&request("HEAD", target).sign());
        assert_eq!(answer.header("Content-Type"), Some(expected), "{target}");
        assert_eq!(answer.header("Cache-Control"), None);
    }
}

#[test]
fn a_storage_class_stands_in_any_case() {
    let endpoint = Endpoint::start();
    let upload = put("/a", CONTENT).header("x-cos-storage-class", "Standard_IA");
    assert_eq!(endpoint.send(&upload.sign()).status, 200);
    let answer = endpoint.send(&request("HEAD", "/a").sign());
    assert_eq!(answer.header("x-cos-storage-class"), Some("STANDARD_IA"));
}

#[test]
fn slashes_and_single_dots_are_the_bucket() {
    let endpoint = Endpoint::start();
    for target in ["////", "/./", "/.//./"] {
        let listed = endpoint.send(&get(target).sign());
        assert!(listed.text().contains("<ListBucketResult>"), "{target}: {}", listed.text());
        let error = endpoint.send(&put(target, b"").sign()).error();
        assert_eq!(error.code, "BucketAlreadyOwnedByYou", "{target}");
        let error = endpoint.send(&request("DELETE", target).sign()).error();
        assert_eq!(error.code, "MethodNotAllowed", "{target}");
    }
    for target in ["/abc/../", "//.//a", "/...", "/%2F"] {
        assert_eq!(endpoint.send(&put(target, CONTENT).sign()).status, 200, "{target}");
        assert_eq!(endpoint.send(&get(target).sign()).body, CONTENT, "{target}");
    }
}
