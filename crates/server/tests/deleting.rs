//! Many objects deleted at once.

mod support;

use support::*;

fn delete(body: &str) -> Request {
    let length = body.len().to_string();
    let request = request("POST", "/").param("delete", "").header("Content-Length", length);
    request.body(body.as_bytes())
}

#[test]
fn what_is_named_is_deleted() {
    let endpoint = Endpoint::start();
    for target in ["/a", "/b%26", "//c", "/c"] {
        endpoint.put(target, b"x");
    }
    let body = "<Delete><Object><Key>a</Key></Object><Object><Key>b&amp;</Key></Object><Object><Key>/c</Key></Object><Object><Key>absent</Key></Object></Delete>";
    let answer = endpoint.send(&delete(body).sign());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.all("Key"), ["a", "b&amp;", "/c", "absent"]);
    assert_eq!(answer.all("Error").len(), 0);
    let left = endpoint.send(&get("/").sign());
    assert_eq!(left.all("Key"), ["c"], "a key in a document stands for itself");
    assert_eq!(endpoint.kept(1), 1);
}

#[test]
fn a_quiet_answer_names_errors_alone() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let quiet = |inner: &str| {
        let body = format!("<Delete><Quiet>true</Quiet>{inner}</Delete>");
        endpoint.send(&delete(&body).sign())
    };
    assert_eq!(quiet("<Object><Key>a</Key></Object>").text(), "<DeleteResult/>");
    assert_eq!(endpoint.send(&get("/a").sign()).status, 404);
    let long =
        format!("<Object><Key>{}</Key></Object><Object><Key>b</Key></Object>", "k".repeat(851));
    let answer = quiet(&long);
    assert_eq!((answer.status, answer.all("Code")), (200, vec!["KeyTooLong"]));
}

#[test]
fn a_version_is_not_taken_for_the_object() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let version = |id: &str| {
        let body =
            format!("<Delete><Object><Key>a</Key><VersionId>{id}</VersionId></Object></Delete>");
        endpoint.send(&delete(&body).sign())
    };
    let other = version("MTg0NDUxNTc1NjIzMTQ1MDAwODg");
    // What is not there is as good as deleted, versions as objects.
    assert_eq!((other.all("Code").len(), other.all("VersionId").len()), (0, 1));
    assert_eq!(endpoint.send(&get("/a").sign()).status, 200);
    assert_eq!(version("null").all("VersionId"), ["null"]);
    assert_eq!(endpoint.send(&get("/a").sign()).status, 404);
}

#[test]
fn nothing_is_deleted_for_a_stranger() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", b"x");
    let body = "<Delete><Object><Key>a</Key></Object></Delete>";
    assert_eq!(endpoint.send(&delete(body)).error().code, "AccessDenied");
    assert_eq!(endpoint.send(&get("/a").sign()).status, 200);
}
