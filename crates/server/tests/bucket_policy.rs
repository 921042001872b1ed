//! Bucket policies, as requests meet them: principals, actions, resources and conditions (436/8282, 436/71306).

mod support;

use support::form::form;
use support::*;

const ROOT: &str = "qcs::cam::uin/100000000001:uin/100000000001";
const ANYONE: &str = "qcs::cam::anyone:anyone";

/// A statement about a path in the bucket.
fn statement(effect: &str, principal: &str, action: &str, path: &str, condition: &str) -> String {
    format!(
        r#"{{"effect":"{effect}","principal":{{"qcs":["{principal}"]}},"action":["name/cos:{action}"],"resource":["qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/{path}"],"condition":{{{condition}}}}}"#
    )
}

fn set(endpoint: &Endpoint, statements: &[String]) -> Answer {
    let document = format!(r#"{{"version":"2.0","statement":[{}]}}"#, statements.join(","));
    endpoint.send(&put("/", document.as_bytes()).param("policy", "").sign())
}

/// An endpoint with the objects `/a` and `/doc/b` and a policy.
fn endpoint(statements: &[String]) -> Endpoint {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"a");
    endpoint.put("/doc/b", b"b");
    let answer = set(&endpoint, statements);
    assert_eq!(answer.status, 204, "{}", answer.text());
    endpoint
}

fn statuses<const N: usize>(endpoint: &Endpoint, requests: [Request; N]) -> [u16; N] {
    requests.map(|request| endpoint.send(&request).status)
}

#[test]
fn everyone_may_what_a_statement_allows() {
    let endpoint = endpoint(&[statement("allow", ANYONE, "GetObject", "doc/*", "")]);
    let requests = [
        get("/doc/b"),
        get("/doc/absent"),
        get("/a"),
        request("HEAD", "/doc/b"),
        put("/doc/c", b"x"),
        get("/"),
    ];
    assert_eq!(statuses(&endpoint, requests), [200, 404, 403, 403, 403, 403]);
    let removed = endpoint.send(&request("DELETE", "/").param("policy", "").sign());
    assert_eq!(removed.status, 204);
    assert_eq!(endpoint.send(&get("/doc/b")).status, 403);
}

#[test]
fn a_denial_wins_and_binds_unsigned_requests_alone_unless_it_names_someone() {
    let endpoint = endpoint(&[
        statement("allow", ANYONE, "*", "*", ""),
        statement("deny", ANYONE, "GetObject", "doc/*", ""),
    ]);
    assert_eq!(statuses(&endpoint, [get("/a"), get("/doc/b")]), [200, 403]);
    assert_eq!(statuses(&endpoint, [get("/a").sign(), get("/doc/b").sign()]), [200, 200]);

    let answer = set(&endpoint, &[statement("deny", ROOT, "*", "*", "")]);
    assert_eq!(answer.status, 204);
    let denied = endpoint.send(&get("/a").sign());
    let error = denied.error();
    assert_eq!((denied.status, error.message.as_str()), (403, "Access Denied."), "denied");
    let requests = [
        put("/c", b"x").sign(),
        request("DELETE", "/a").sign(),
        get("/").sign(),
        get("/").param("policy", "").sign(),
        request("DELETE", "/").param("policy", "").sign(),
        put("/other", b"").header("x-cos-copy-source", format!("{HOST}/a")).sign(),
    ];
    assert_eq!(statuses(&endpoint, requests), [403; 6]);
    // The owner does not lock itself out.
    assert_eq!(set(&endpoint, &[statement("deny", ROOT, "GetObject", "a", "")]).status, 204);
    assert_eq!(statuses(&endpoint, [get("/a").sign(), get("/doc/b").sign()]), [403, 200]);
}

#[test]
fn grants_and_policy_are_a_union() {
    let endpoint = endpoint(&[statement("deny", ANYONE, "GetObject", "doc/*", "")]);
    let open = put("/", b"").param("acl", "").header("x-cos-acl", "public-read").sign();
    assert_eq!(endpoint.send(&open).status, 200);
    assert_eq!(statuses(&endpoint, [get("/a"), get("/doc/b"), get("/")]), [200, 403, 200]);
}

#[test]
fn a_listing_needs_its_prefix() {
    let endpoint = endpoint(&[statement("allow", ANYONE, "GetBucket", "doc/*", "")]);
    let list = |prefix: &str| get("/").unsigned_param("prefix", prefix);
    assert_eq!(
        statuses(&endpoint, [list("doc/"), list("doc/b"), list("do"), get("/")]),
        [200, 200, 403, 403]
    );
    // By the condition key, the value is compared as it is percent-encoded.
    let by_key = |value: &str| {
        [statement(
            "allow",
            ANYONE,
            "GetBucket",
            "*",
            &format!(r#""string_equal":{{"cos:prefix":"{value}"}}"#),
        )]
    };
    assert_eq!(set(&endpoint, &by_key("doc%2F")).status, 204);
    assert_eq!(statuses(&endpoint, [list("doc/"), list("doc"), get("/")]), [200, 403, 403]);
    assert_eq!(set(&endpoint, &by_key("doc/")).status, 204);
    assert_eq!(endpoint.send(&list("doc/")).status, 403);
}

#[test]
fn conditions_see_the_request() {
    let endpoint = endpoint(&[statement("allow", ANYONE, "GetObject", "none", "")]);
    let allows = |condition: &str, request: Request| {
        let action = if request.method == "PUT" { "PutObject" } else { "GetObject" };
        let answer = set(&endpoint, &[statement("allow", ANYONE, action, "*", condition)]);
        assert_eq!(answer.status, 204, "{condition}: {}", answer.text());
        endpoint.send(&request).status != 403
    };
    for (condition, is_allowed) in [
        (r#""ip_equal":{"qcs:ip":"127.0.0.0/8"}"#, true),
        (r#""ip_equal":{"qcs:ip":["10.0.0.0/8","::1"]}"#, false),
        (r#""ip_not_equal":{"qcs:ip":"127.0.0.1"}"#, false),
        (r#""bool_equal":{"cos:secure-transport":"false"}"#, true),
        (r#""bool_equal":{"cos:secure-transport":"true"}"#, false),
        (r#""date_less_than":{"qcs:current_time":"2023-11-14T22:13:21Z"}"#, true),
        (r#""date_less_than":{"qcs:current_time":"2023-11-14T22:13:20Z"}"#, false),
    ] {
        assert_eq!(allows(condition, get("/a")), is_allowed, "{condition}");
    }
    for (condition, is_allowed) in [
        (r#""string_like":{"cos:content-type":"image/*"}"#, true),
        (r#""string_like":{"cos:content-type":"text/*"}"#, false),
        (r#""numeric_less_than_equal":{"cos:content-length":1}"#, true),
        (r#""numeric_less_than":{"cos:content-length":1}"#, false),
        (r#""string_equal":{"cos:x-cos-storage-class":"STANDARD_IA"}"#, true),
        (r#""null_equal":{"cos:x-cos-acl":"true"}"#, true),
        (r#""null_equal":{"cos:x-cos-acl":"false"}"#, false),
    ] {
        let upload = put("/c", b"x").header("Content-Type", "image/png");
        let upload = upload.header("x-cos-storage-class", "STANDARD_IA");
        assert_eq!(allows(condition, upload), is_allowed, "{condition}");
    }
}

#[test]
fn either_action_suffices_for_a_copy_and_its_source_is_read() {
    let endpoint = endpoint(&[
        statement("allow", ANYONE, "PutObject", "copy/*", ""),
        statement("allow", ANYONE, "GetObject", "a", ""),
    ]);
    let copy =
        |to: &str, from: &str| put(to, b"").header("x-cos-copy-source", format!("{HOST}{from}"));
    let requests = [copy("/copy/a", "/a"), copy("/copy/b", "/doc/b"), copy("/b", "/a")];
    assert_eq!(statuses(&endpoint, requests), [200, 403, 403]);
    let only_copy = [
        statement("allow", ANYONE, "PutObjectCopy", "copy/*", ""),
        statement("allow", ANYONE, "GetObject", "a", ""),
    ];
    assert_eq!(set(&endpoint, &only_copy).status, 204);
    assert_eq!(statuses(&endpoint, [copy("/copy/a", "/a"), put("/copy/b", b"x")]), [200, 403]);
}

#[test]
fn a_list_is_deleted_key_by_key() {
    let endpoint = endpoint(&[
        statement("deny", ROOT, "DeleteObject", "doc/*", ""),
        statement("deny", ROOT, "DeleteMultipleObjects", "*", ""),
    ]);
    let list = b"<Delete><Object><Key>a</Key></Object><Object><Key>doc/b</Key></Object></Delete>";
    let delete = |signed: bool| {
        let delete = request("POST", "/").header("Content-Length", list.len().to_string());
        match signed {
            true => delete.param("delete", "").body(list).sign(),
            false => delete.unsigned_param("delete", "").body(list),
        }
    };
    let deleted = endpoint.send(&delete(true));
    assert_eq!(deleted.status, 200);
    assert_eq!(deleted.all("Key"), ["a", "doc/b"]);
    assert_eq!(deleted.only("Code"), "AccessDenied");
    assert_eq!(statuses(&endpoint, [get("/a").sign(), get("/doc/b").sign()]), [404, 200]);

    // Without signature, the list itself must be allowed, too.
    let objects = statement("allow", ANYONE, "DeleteObject", "*", "");
    assert_eq!(set(&endpoint, std::slice::from_ref(&objects)).status, 204);
    assert_eq!(endpoint.send(&delete(false)).status, 403);
    let both = [objects, statement("allow", ANYONE, "DeleteMultipleObjects", "*", "")];
    assert_eq!(set(&endpoint, &both).status, 204);
    assert_eq!(endpoint.send(&delete(false)).all("Error").len(), 0);
    assert_eq!(endpoint.send(&get("/doc/b").sign()).status, 404);
}

#[test]
fn a_policy_that_is_none_is_refused_and_changes_nothing() {
    let endpoint = endpoint(&[statement("allow", ANYONE, "GetObject", "a", "")]);
    let wrong = set(&endpoint, &[statement("allow", "everyone", "GetObject", "*", "")]);
    assert_eq!((wrong.status, wrong.error().code.as_str()), (400, "MalformedPolicy"));
    let message = wrong.error().message;
    assert!(
        message.contains("statement[0].principal.qcs[0]: \"everyone\" is not a principal"),
        "{message}"
    );
    let long = statement("allow", ANYONE, "GetObject", &"k".repeat(4000), "");
    let long = set(&endpoint, &[long]);
    assert_eq!((long.status, long.error().code.as_str()), (400, "PolicyFull"));
    assert_eq!(statuses(&endpoint, [get("/a"), get("/doc/b")]), [200, 403]);
}

#[test]
fn a_form_is_judged_by_its_fields() {
    let condition =
        r#""string_like":{"cos:content-type":"image/*"},"null_equal":{"cos:x-cos-acl":"true"}"#;
    let endpoint = endpoint(&[statement("allow", ANYONE, "PostObject", "up/*", condition)]);
    let upload = |key: &str| form(key).field("Content-Type", "image/png");
    let requests = [
        upload("up/a").request(),
        upload("a").request(),
        form("up/a").field("Content-Type", "text/html").request(),
        upload("up/a").field("acl", "public-read").request(),
    ];
    assert_eq!(statuses(&endpoint, requests), [204, 403, 403, 403]);
    let answer = set(&endpoint, &[statement("deny", ROOT, "PostObject", "up/*", "")]);
    assert_eq!(answer.status, 204);
    let signed = [form("up/a").sign().request(), form("a").sign().request()];
    assert_eq!(statuses(&endpoint, signed), [403, 204]);
}
