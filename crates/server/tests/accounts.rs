//! Several accounts: whose buckets are whose, and what one may do with another's.

mod support;

use cospass_protocol::xml::UploadList;
use cospass_server::{Builder, Server, StartError, User};
use cospass_sign::Credentials;
use support::form::form;
use support::*;

const OTHER_ID: &str = "AKIDOTHER";
const OTHER_KEY: &str = "OTHERKEY";
const OTHER_UIN: &str = "100000000002";
const OTHERS: &str = "theirs-1250000002";
const OTHERS_HOST: &str = "theirs-1250000002.cos.ap-guangzhou.myqcloud.com";

fn with_other(builder: Builder) -> Builder {
    builder.account(Credentials::new(OTHER_ID, OTHER_KEY), OTHER_UIN, "1250000002").bucket(OTHERS)
}

fn start() -> Endpoint {
    Endpoint::start_with(with_other)
}

/// As the other account.
fn other(request: Request) -> Request {
    request.key(OTHER_ID, OTHER_KEY).sign()
}

fn theirs(request: Request) -> Request {
    request.host(OTHERS_HOST)
}

#[track_caller]
fn denied(endpoint: &Endpoint, request: &Request) {
    let answer = endpoint.send(request);
    let error = answer.error();
    assert_eq!((answer.status, error.code.as_str()), (403, "AccessDenied"), "{request:?}");
    assert_eq!(error.message, "Access Denied.");
}

#[track_caller]
fn ok(endpoint: &Endpoint, request: &Request) -> Answer {
    let answer = endpoint.send(request);
    assert!(answer.status < 300, "{request:?}: {}", answer.text());
    answer
}

#[test]
fn each_may_everything_with_its_own_and_nothing_with_the_others() {
    let endpoint = start();
    ok(&endpoint, &put("/a", b"mine").sign());
    ok(&endpoint, &other(theirs(put("/a", b"theirs"))));
    assert_eq!(ok(&endpoint, &other(theirs(get("/a")))).body, b"theirs");
    assert_eq!(ok(&endpoint, &get("/a").sign()).body, b"mine");
    for request in [
        get("/a"),
        get("/"),
        get("/").param("acl", ""),
        put("/b", b"x"),
        request("DELETE", "/a"),
        request("DELETE", "/"),
        put("/a", b"").param("acl", "").header("x-cos-acl", "public-read"),
        request("POST", "/b").param("uploads", ""),
        get("/").param("policy", ""),
    ] {
        denied(&endpoint, &other(request.clone()));
        denied(&endpoint, &theirs(request).sign());
    }
    // A copy reads its source.
    let from_theirs = put("/b", b"").header("x-cos-copy-source", format!("{OTHERS_HOST}/a"));
    denied(&endpoint, &from_theirs.clone().sign());
    denied(&endpoint, &other(from_theirs));
    // The key of one is not that of the other.
    let crossed = get("/a").key(OTHER_ID, SECRET_KEY).sign();
    assert_eq!(endpoint.send(&crossed).error().code, "SignatureDoesNotMatch");
    // A form is judged by whose it is, too.
    ok(&endpoint, &theirs(form("f").secret(OTHER_ID, OTHER_KEY).sign().request()));
    denied(&endpoint, &form("f").secret(OTHER_ID, OTHER_KEY).sign().request());
    denied(&endpoint, &theirs(form("f").sign().request()));
}

#[test]
fn each_lists_and_makes_its_own_buckets() {
    let endpoint = start();
    let service = || get("/").host(SERVICE);
    let mine = ok(&endpoint, &service().sign());
    assert_eq!((mine.all("Name"), mine.only("DisplayName")), (vec![BUCKET], "100000000001"));
    let list = ok(&endpoint, &other(service()));
    assert_eq!((list.all("Name"), list.only("DisplayName")), (vec![OTHERS], OTHER_UIN));
    let new =
        |appid: &str| put("/", b"").host(&format!("new-{appid}.cos.ap-guangzhou.myqcloud.com"));
    denied(&endpoint, &other(new("1250000000")));
    denied(&endpoint, &new("1250000002").sign());
    ok(&endpoint, &other(new("1250000002")));
    ok(&endpoint, &new("1250000009").sign());
    let list = ok(&endpoint, &other(service()));
    assert_eq!(list.all("Name"), ["new-1250000002", OTHERS]);
    assert_eq!(endpoint.send(&service()).error().code, "AccessDenied");
}

#[test]
fn documents_name_the_owner_of_the_bucket() {
    let endpoint = start();
    ok(&endpoint, &other(theirs(put("/a", b"x"))));
    let id = format!("<ID>qcs::cam::uin/{OTHER_UIN}:uin/{OTHER_UIN}</ID>");
    for target in ["/", "/a"] {
        let acl = ok(&endpoint, &other(theirs(get(target)).param("acl", "")));
        assert!(acl.text().contains(&id), "{target}: {}", acl.text());
    }
    let begun = ok(&endpoint, &other(theirs(request("POST", "/b")).param("uploads", "")));
    let uploads = ok(&endpoint, &other(theirs(get("/")).param("uploads", "")));
    assert!(uploads.text().contains(&id), "{}", uploads.text());
    let parts = theirs(get("/b")).param("uploadId", begun.only("UploadId"));
    assert!(ok(&endpoint, &other(parts)).text().contains(&id));
}

#[test]
fn an_upload_tells_who_began_it() {
    const USER: &str = "100000000011";
    let endpoint = Endpoint::start_with(|builder| {
        let everything = r#"{"version":"2.0","statement":[{"effect":"allow","action":["name/cos:*"],"resource":["*"]}]}"#;
        with_other(builder)
            .user(User::new(Credentials::new("AKIDUSER", "USERKEY"), USER).policy(everything))
    });
    let open = put("/", b"").param("acl", "").header("x-cos-acl", "public-read-write");
    ok(&endpoint, &open.sign());
    let begin = |key| request("POST", key).param("uploads", "");
    ok(&endpoint, &begin("/a").sign());
    ok(&endpoint, &begin("/b").key("AKIDUSER", "USERKEY").sign());
    ok(&endpoint, &other(begin("/c")));
    let stranger = ok(&endpoint, &begin("/d"));
    let uploads = ok(&endpoint, &get("/").param("uploads", "").sign());
    let read = UploadList::read(uploads.text().as_bytes()).unwrap();
    let began: Vec<_> = read.uploads.iter().map(|upload| upload.initiator.as_str()).collect();
    let owner = "100000000001";
    let id = |owner: &str, uin: &str| format!("qcs::cam::uin/{owner}:uin/{uin}");
    let anonymous = "qcs::cam::anonymous:anonymous".to_owned();
    assert_eq!(began, [id(owner, owner), id(owner, USER), id(OTHER_UIN, OTHER_UIN), anonymous]);
    let parts = get("/d").param("uploadId", stranger.only("UploadId")).sign();
    let parts = ok(&endpoint, &parts);
    assert_eq!(parts.all("DisplayName"), ["1250000000", "anonymous"]);
    assert!(uploads.text().contains(&format!("<DisplayName>{USER}</DisplayName>")));
}

#[test]
fn a_grant_and_a_policy_let_another_account_in() {
    let endpoint = start();
    ok(&endpoint, &put("/a", b"x").sign());
    ok(&endpoint, &put("/b", b"x").sign());
    let grant = put("/a", b"").param("acl", "");
    let grant = grant.header("x-cos-grant-read", format!("id=\"{OTHER_UIN}\""));
    ok(&endpoint, &grant.sign());
    ok(&endpoint, &other(get("/a")));
    denied(&endpoint, &other(get("/b")));
    denied(&endpoint, &other(put("/a", b"y")));
    // The owner may still everything, whatever the grants say.
    ok(&endpoint, &get("/a").sign());
    let policy = format!(
        r#"{{"version":"2.0","statement":[{{"effect":"allow","principal":{{"qcs":["qcs::cam::uin/{OTHER_UIN}:uin/{OTHER_UIN}"]}},"action":["name/cos:PutObject"],"resource":["qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/in/*"]}}]}}"#
    );
    ok(&endpoint, &put("/", policy.as_bytes()).param("policy", "").sign());
    ok(&endpoint, &other(put("/in/a", b"x")));
    denied(&endpoint, &other(put("/a", b"x")));
    denied(&endpoint, &other(get("/in/a")));
    denied(&endpoint, &put("/in/a", b"x"));
}

#[test]
fn authenticated_read_is_for_every_account_and_for_no_stranger() {
    let endpoint = start();
    let upload = put("/a", b"x").header("x-cos-acl", "authenticated-read");
    ok(&endpoint, &upload.sign());
    ok(&endpoint, &other(get("/a")));
    denied(&endpoint, &get("/a"));
    denied(&endpoint, &other(request("DELETE", "/a")));
}

#[test]
fn accounts_that_could_be_taken_for_each_other_do_not_start() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (id, uin, told) in
        [(SECRET_ID, OTHER_UIN, "SecretId"), (OTHER_ID, "100000000001", "number (uin)")]
    {
        let builder = Server::builder()
            .in_memory()
            .credentials(Credentials::new(SECRET_ID, SECRET_KEY))
            .account(Credentials::new(id, OTHER_KEY), uin, "1250000002");
        let refused = runtime.block_on(builder.start());
        let Err(StartError::AccountTwice { what, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(what, told);
    }
}
