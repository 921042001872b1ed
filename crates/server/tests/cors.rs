//! Pages of other origins (436/8288, 436/8279).

mod support;

use support::*;

const PAGE: &str = "https://app.example.com";

/// An endpoint with rules for a page, its siblings and everyone.
fn endpoint(rest: &str) -> Endpoint {
    let endpoint = Endpoint::start();
    let rule = |origins: &[&str], methods: &[&str], rest: &str| {
        let elements = |name, texts: &[&str]| -> String {
            texts.iter().map(|text| format!("<{name}>{text}</{name}>")).collect()
        };
        let (origins, methods) =
            (elements("AllowedOrigin", origins), elements("AllowedMethod", methods));
        format!("<CORSRule>{origins}{methods}{rest}</CORSRule>")
    };
    let rules = [
        rule(
            &[PAGE, "http://*.dev.example.com"],
            &["PUT", "POST"],
            "<AllowedHeader>content-type</AllowedHeader><AllowedHeader>X-Cos-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-cos-request-id</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds>",
        ),
        rule(&[PAGE], &["PUT"], "<AllowedHeader>*</AllowedHeader><MaxAgeSeconds>5</MaxAgeSeconds>"),
        rule(&["*"], &["GET", "HEAD"], ""),
    ];
    let document = format!("<CORSConfiguration>{}{rest}</CORSConfiguration>", rules.concat());
    let put = put("/", document.as_bytes()).param("cors", "").sign();
    assert_eq!(endpoint.send(&put).status, 200);
    endpoint
}

fn preflight(target: &str, origin: &str, method: &str) -> Request {
    let request = request("OPTIONS", target).header("Origin", origin);
    request.header("Access-Control-Request-Method", method)
}

#[test]
fn a_preflight_is_answered_by_the_first_rule_that_fits() {
    let endpoint = endpoint("");
    let asked = preflight("/any/key", PAGE, "PUT");
    let asked = asked.header("Access-Control-Request-Headers", "Content-Type, x-cos-acl");
    let answer = endpoint.send(&asked);
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b""[..]));
    for (name, value) in [
        ("Access-Control-Allow-Origin", Some(PAGE)),
        ("Access-Control-Allow-Methods", Some("PUT,POST")),
        ("Access-Control-Allow-Headers", Some("content-type,x-cos-acl")),
        ("Access-Control-Expose-Headers", Some("ETag,x-cos-request-id")),
        ("Access-Control-Max-Age", Some("600")),
        ("Access-Control-Allow-Credentials", Some("true")),
        ("Vary", None),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let other_header = preflight("/a", PAGE, "PUT").header("Access-Control-Request-Headers", "x");
    assert_eq!(endpoint.send(&other_header).header("Access-Control-Max-Age"), Some("5"));
    let all = endpoint.send(&preflight("/?lifecycle", "http://anyone.example", "GET"));
    assert_eq!(all.header("Access-Control-Allow-Origin"), Some("*"));
    for absent in ["Credentials", "Headers"] {
        assert_eq!(all.header(&format!("Access-Control-Allow-{absent}")), None);
    }
    let sibling = "http://a.b.dev.example.com";
    let answer = endpoint.send(&preflight("/", sibling, "POST"));
    assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(sibling));
}

#[test]
fn a_preflight_that_no_rule_allows_is_refused_in_the_service_s_words() {
    let endpoint = endpoint("");
    let other_header = preflight("/a", "http://x.dev.example.com", "PUT");
    for refused in [
        preflight("/a", "http://anyone.example", "PUT"),
        preflight("/a", "http://app.example.com", "PUT"),
        preflight("/a", PAGE, "DELETE"),
        preflight("/a", PAGE, "put"),
        other_header.header("Access-Control-Request-Headers", "content-type,x-other"),
    ] {
        let answer = endpoint.send(&refused);
        let error = answer.error();
        assert_eq!((answer.status, error.code.as_str()), (403, "AccessForbidden"), "{refused:?}");
        assert!(error.message.starts_with("CORSResponse: This CORS request is not allowed."));
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    }
    let unconfigured = Endpoint::start().send(&preflight("/a", PAGE, "GET")).status;
    assert_eq!(unconfigured, 403);
    let absent = preflight("/a", PAGE, "GET").host("absent-1250000000.cos.ap-x.myqcloud.com");
    assert_eq!(endpoint.send(&absent).error().code, "NoSuchBucket");
}

#[test]
fn a_preflight_that_does_not_say_what_it_asks_is_a_bad_request() {
    for endpoint in [endpoint(""), Endpoint::start()] {
        for incomplete in [
            request("OPTIONS", "/a"),
            request("OPTIONS", "/a").header("Origin", PAGE),
            request("OPTIONS", "/a").header("Access-Control-Request-Method", "PUT"),
        ] {
            let answer = endpoint.send(&incomplete);
            assert_eq!((answer.status, answer.error().code.as_str()), (400, "InvalidRequest"));
        }
    }
}

#[test]
fn a_page_uploads_with_a_pre_signed_url_and_reads_the_etag() {
    let endpoint = endpoint("");
    let asked =
        preflight("/a", PAGE, "PUT").header("Access-Control-Request-Headers", "content-type");
    assert_eq!(endpoint.send(&asked).status, 200);
    let upload =
        put("/a", b"x").presign().header("Origin", PAGE).header("Content-Type", "text/plain");
    let answer = endpoint.send(&upload);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(PAGE));
    assert_eq!(answer.header("Access-Control-Expose-Headers"), Some("ETag,x-cos-request-id"));
    assert!(answer.header("ETag").is_some());
}

#[test]
fn every_answer_tells_the_browser_refusals_among_them() {
    let endpoint = endpoint("");
    let from = |request: Request| endpoint.send(&request.header("Origin", "http://anyone.example"));
    for (request, status) in [
        (get("/absent").sign(), 404),
        (get("/a"), 403),
        (get("/a").key(SECRET_ID, "other").sign(), 403),
        (get("/").sign(), 200),
    ] {
        let answer = from(request);
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"), "{status}");
    }
    // A request that no rule fits is served all the same; its answer does not tell.
    let upload = from(put("/a", b"x").sign());
    assert_eq!((upload.status, upload.header("Access-Control-Allow-Origin")), (200, None));
    let no_page = endpoint.send(&get("/a").sign());
    assert_eq!((no_page.status, no_page.header("Access-Control-Allow-Origin")), (200, None));
}

#[test]
fn vary_is_said_where_it_is_asked_for() {
    let endpoint = endpoint("<ResponseVary>true</ResponseVary>");
    for request in [get("/").sign(), preflight("/", PAGE, "PUT"), preflight("/", PAGE, "DELETE")] {
        assert_eq!(endpoint.send(&request).header("Vary"), Some("Origin"), "{request:?}");
    }
}
