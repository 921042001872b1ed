//! Grants, each with what it allows and what it does not (436/30752).

mod support;

use support::*;

const EVERYONE: &str = "http://cam.qcloud.com/groups/global/AllUsers";
const BODY: &[u8] = b"x";

/// Replaces the grants of the bucket, or of an object, by one to everyone.
fn grant(endpoint: &Endpoint, target: &str, permission: &str) {
    let document = format!(
        "<AccessControlPolicy><AccessControlList><Grant><Grantee><URI>{EVERYONE}</URI></Grantee><Permission>{permission}</Permission></Grant></AccessControlList></AccessControlPolicy>"
    );
    let put = put(target, document.as_bytes()).param("acl", "").sign();
    let answer = endpoint.send(&put);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// What an unsigned request is answered to each kind of operation: whether it is allowed.
fn allowed(endpoint: &Endpoint) -> Vec<&'static str> {
    let list = b"<Delete><Object><Key>gone</Key></Object></Delete>";
    let delete_many = request("POST", "/").unsigned_param("delete", "");
    let delete_many = delete_many.header("Content-Length", list.len().to_string()).body(list);
    // A document that is none is refused as such to those who may put one.
    let set_acl = |target| put(target, b"<a/>").unsigned_param("acl", "");
    let of = [
        ("GetBucket", get("/")),
        ("HeadBucket", request("HEAD", "/")),
        ("ListMultipartUploads", get("/").unsigned_param("uploads", "")),
        ("GetBucketACL", get("/").unsigned_param("acl", "")),
        ("PutBucketACL", set_acl("/")),
        ("GetObject", get("/a")),
        ("HeadObject", request("HEAD", "/a")),
        ("GetObjectACL", get("/a").unsigned_param("acl", "")),
        ("PutObjectACL", set_acl("/a")),
        ("PutObject", put("/new", BODY)),
        ("InitiateMultipartUpload", request("POST", "/new").unsigned_param("uploads", "")),
        ("DeleteObject", request("DELETE", "/gone")),
        ("DeleteMultipleObjects", delete_many),
        ("GetBucketLocation", get("/").unsigned_param("location", "")),
        ("GetBucketCORS", get("/").unsigned_param("cors", "")),
        ("DeleteBucket", request("DELETE", "/")),
    ];
    let is_allowed = |request: &Request| endpoint.send(request).status != 403;
    of.into_iter().filter(|(_, request)| is_allowed(request)).map(|(name, _)| name).collect()
}

const READ_BUCKET: [&str; 3] = ["GetBucket", "HeadBucket", "ListMultipartUploads"];
const READ: [&str; 2] = ["GetObject", "HeadObject"];
const WRITE: [&str; 4] =
    ["PutObject", "InitiateMultipartUpload", "DeleteObject", "DeleteMultipleObjects"];

#[track_caller]
fn assert_allowed(endpoint: &Endpoint, names: &[&[&'static str]], what: &str) {
    let (mut found, mut expected) = (allowed(endpoint), names.concat());
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{what}");
}

#[test]
fn grants_of_the_bucket_count_for_it_and_for_objects_without_their_own() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", BODY);
    let (read_acp, write_acp) =
        (["GetBucketACL", "GetObjectACL"], ["PutBucketACL", "PutObjectACL"]);
    for (permission, names) in [
        ("READ", &[&READ_BUCKET[..], &READ][..]),
        ("WRITE", &[&WRITE]),
        ("READ_ACP", &[&read_acp]),
        ("WRITE_ACP", &[&write_acp]),
        ("FULL_CONTROL", &[&READ_BUCKET, &READ, &WRITE, &read_acp, &write_acp]),
    ] {
        grant(&endpoint, "/", permission);
        assert_allowed(&endpoint, names, permission);
    }
}

#[test]
fn grants_of_an_object_count_for_it_alone_and_instead_of_the_bucket_s() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", BODY);
    for (permission, names) in [
        ("READ", &[&READ[..]][..]),
        ("WRITE", &[]),
        ("READ_ACP", &[&["GetObjectACL"]]),
        ("WRITE_ACP", &[&["PutObjectACL"]]),
        ("FULL_CONTROL", &[&READ, &["GetObjectACL", "PutObjectACL"]]),
    ] {
        grant(&endpoint, "/a", permission);
        assert_allowed(&endpoint, names, permission);
    }
    grant(&endpoint, "/a", "READ_ACP");
    grant(&endpoint, "/", "READ");
    assert_allowed(&endpoint, &[&READ_BUCKET, &["GetObjectACL"]], "both");
}

#[test]
fn a_grant_to_an_account_is_not_for_everyone() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", BODY);
    let to_account = put("/", b"").param("acl", "").header("x-cos-grant-full-control", "id=\"7\"");
    assert_eq!(endpoint.send(&to_account.sign()).status, 200);
    assert_allowed(&endpoint, &[], "an account");
    // The owner may everything, whether or not a grant says so.
    assert_eq!(endpoint.send(&get("/a").sign()).status, 200);
    assert_eq!(endpoint.send(&get("/").param("acl", "").sign()).status, 200);
}
