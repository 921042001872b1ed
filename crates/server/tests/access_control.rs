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

const CANNED_AND_GRANTS: [(&str, &str); 4] = [
    ("public-read", "id=\"qcs::cam::uin/1001:uin/1001\",id=\"qcs::cam::uin/1:uin/2\""),
    ("private", "id=\"qcs::cam::anyone:anyone\""),
    ("authenticated-read", "id=1001"),
    ("private", "uin=\"100000000001\", id=\"1001\""),
];

/// Reads who may do what, as `ID or URI: permission`, and what `x-cos-acl` says.
fn grants_of(endpoint: &Endpoint, target: &str) -> (Vec<String>, Option<String>) {
    let answer = endpoint.send(&get(target).param("acl", "").sign());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let list = answer.text().split("<AccessControlList>").nth(1).unwrap_or_default().to_owned();
    let grants = list.split("<Grant>").skip(1).map(|grant| {
        let of = |name: &str| {
            let (_, text) = grant.split_once(&format!("<{name}>"))?;
            text.split_once('<').map(|(text, _)| text)
        };
        let grantee = of("ID").or(of("URI")).unwrap_or_default();
        format!("{grantee}: {}", of("Permission").unwrap_or_default())
    });
    (grants.collect(), answer.header("x-cos-acl").map(str::to_owned))
}

#[test]
fn a_canned_list_and_grants_go_together_wherever_both_may_stand() {
    let endpoint = Endpoint::start();
    endpoint.put("/acl", BODY);
    let expected = {
        let list = put("/acl", b"").param("acl", "").header("x-cos-acl", "public-read").sign();
        assert_eq!(endpoint.send(&list).status, 200);
        let (mut grants, canned) = grants_of(&endpoint, "/acl");
        assert_eq!((grants.len(), canned.as_deref()), (2, Some("public-read")));
        grants.push("qcs::cam::uin/1001:uin/1001: READ".to_owned());
        grants.push("qcs::cam::uin/1:uin/2: READ".to_owned());
        grants
    };
    let source = format!("{HOST}/acl");
    for (target, request) in [
        ("/", put("/", b"").param("acl", "")),
        ("/acl", put("/acl", b"").param("acl", "")),
        ("/put", put("/put", BODY)),
        ("/copy", put("/copy", b"").header("x-cos-copy-source", source)),
        ("/link", put("/link", b"").param("symlink", "").header("x-cos-symlink-target", "acl")),
    ] {
        for (acl, grants) in CANNED_AND_GRANTS {
            let both = request.clone().header("x-cos-acl", acl).header("x-cos-grant-read", grants);
            let answer = endpoint.send(&both.sign());
            assert_eq!(answer.status, 200, "{target} {acl} {grants}: {}", answer.text());
        }
        let (acl, grants) = CANNED_AND_GRANTS[0];
        let both = request.clone().header("x-cos-acl", acl).header("x-cos-grant-read", grants);
        assert_eq!(endpoint.send(&both.sign()).status, 200, "{target}");
        assert_eq!(grants_of(&endpoint, target), (expected.clone(), None), "{target}");
        // A list that there is none of, or a grant to nobody, is refused, and nothing is changed.
        for (acl, grants) in [("public", "id=\"1001\""), ("private", "id=\"nobody\"")] {
            let bad = request.clone().header("x-cos-acl", acl).header("x-cos-grant-read", grants);
            let answer = endpoint.send(&bad.sign());
            assert_eq!((answer.status, &*answer.error().code), (400, "InvalidArgument"));
        }
        assert_eq!(grants_of(&endpoint, target), (expected.clone(), None), "{target}");
    }
}

#[test]
fn private_adds_nothing_to_grants_and_an_empty_grant_names_nobody() {
    let endpoint = Endpoint::start();
    let request = put("/", b"").param("acl", "").header("x-cos-acl", "private");
    let request = request.header("x-cos-grant-read", "id=\"1001\"").header("x-cos-grant-write", "");
    assert_eq!(endpoint.send(&request.sign()).status, 200);
    let (grants, _) = grants_of(&endpoint, "/");
    assert_eq!(grants, ["qcs::cam::uin/1001:uin/1001: READ"]);
    let nobody = put("/", b"").param("acl", "").header("x-cos-grant-read", ",").sign();
    assert_eq!(endpoint.send(&nobody).error().code, "InvalidArgument");
}

#[test]
fn a_canned_list_and_grants_both_decide() {
    let endpoint = Endpoint::start();
    let upload = |acl, grant| {
        let request = put("/a", BODY).header("x-cos-acl", acl).header("x-cos-grant-read", grant);
        assert_eq!(endpoint.send(&request.sign()).status, 200);
        endpoint.send(&get("/a")).status
    };
    assert_eq!(upload("public-read", "id=\"7\""), 200);
    assert_eq!(upload("private", "id=\"qcs::cam::anyone:anyone\""), 200);
    assert_eq!(upload("private", "id=\"7\""), 403);
    // `default` stands for no grants: those that are named are all there are, and the bucket's count no longer.
    grant(&endpoint, "/", "READ");
    assert_eq!(upload("default", "id=\"7\""), 403);
}

#[test]
fn a_document_that_was_answered_can_be_put_back_and_changes_nothing() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", BODY);
    let put_back = |target: &str| {
        let (before, _) = grants_of(&endpoint, target);
        let document = endpoint.send(&get(target).param("acl", "").sign()).body;
        let back = endpoint.send(&put(target, &document).param("acl", "").sign());
        assert_eq!(back.status, 200, "{}", back.text());
        assert_eq!(grants_of(&endpoint, target).0, before, "{target}");
    };
    for acl in ["default", "private", "public-read", "authenticated-read", "bucket-owner-read"] {
        let canned = put("/a", b"").param("acl", "").header("x-cos-acl", acl).sign();
        assert_eq!(endpoint.send(&canned).status, 200);
        put_back("/a");
    }
    for acl in ["private", "public-read", "public-read-write", "authenticated-read"] {
        let canned = put("/", b"").param("acl", "").header("x-cos-acl", acl).sign();
        assert_eq!(endpoint.send(&canned).status, 200);
        put_back("/");
    }
    for grants in ["id=1001", "id=\"qcs::cam::uin/1:uin/2\", id=\"qcs::cam::anyone:anyone\""] {
        let granted =
            |target| put(target, b"").param("acl", "").header("x-cos-grant-write", grants);
        for target in ["/a", "/"] {
            assert_eq!(endpoint.send(&granted(target).sign()).status, 200);
            put_back(target);
        }
    }
    // An object that goes by the rules of its bucket still does.
    grant(&endpoint, "/", "READ");
    let default = put("/a", b"").param("acl", "").header("x-cos-acl", "default").sign();
    assert_eq!(endpoint.send(&default).status, 200);
    put_back("/a");
    assert_eq!(grants_of(&endpoint, "/a").1.as_deref(), Some("default"));
    assert_eq!(endpoint.send(&get("/a")).status, 200);
}

/// The body of a request is read when it is permitted, and not before; until it has come, others go on.
#[test]
fn whoever_may_change_the_grants_of_an_object_may_not_change_those_of_another_in_its_place() {
    let endpoint = Endpoint::start();
    let document = format!(
        "<AccessControlPolicy><AccessControlList><Grant><Grantee><URI>{EVERYONE}</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
    );
    let change = put("/a", document.as_bytes()).unsigned_param("acl", "");
    let change = change.header("Expect", "100-continue");
    for (is_replaced, status) in [(false, 200), (true, 403)] {
        endpoint.put("/a", BODY);
        grant(&endpoint, "/a", "WRITE_ACP");
        let mut connection = endpoint.connect();
        connection.write(&change.head());
        assert_eq!(connection.answer(true).status, 100);
        if is_replaced {
            let private = put("/a", b"secret").header("x-cos-acl", "private").sign();
            assert_eq!(endpoint.send(&private).status, 200);
        }
        connection.write(document.as_bytes());
        assert_eq!(connection.answer(false).status, status);
        let read = endpoint.send(&get("/a"));
        assert_eq!(read.status, if is_replaced { 403 } else { 200 });
    }
}
