//! Hotlink protection (436/32492, 436/32466).

mod support;

use cospass_server::CannedAcl;
use support::*;

const OPEN: &str = "open-1250000000";
const OPEN_HOST: &str = "open-1250000000.cos.ap-guangzhou.myqcloud.com";

/// An endpoint with an object that everyone may read, and a list of referers.
fn endpoint(kind: &str, domains: &[&str], rest: &str) -> Endpoint {
    let endpoint =
        Endpoint::start_with(|builder| builder.bucket_with_acl(OPEN, CannedAcl::PublicRead));
    assert_eq!(endpoint.send(&put("/a", b"x").host(OPEN_HOST).sign()).status, 200);
    set(&endpoint, "Enabled", kind, domains, rest);
    endpoint
}

fn set(endpoint: &Endpoint, status: &str, kind: &str, domains: &[&str], rest: &str) {
    let domains: String =
        domains.iter().map(|domain| format!("<Domain>{domain}</Domain>")).collect();
    let document = format!(
        "<RefererConfiguration><Status>{status}</Status><RefererType>{kind}</RefererType><DomainList>{domains}</DomainList>{rest}</RefererConfiguration>"
    );
    let put = put("/", document.as_bytes()).host(OPEN_HOST).param("referer", "").sign();
    assert_eq!(endpoint.send(&put).status, 200);
}

fn from(referer: &str) -> Request {
    let request = get("/a").host(OPEN_HOST);
    if referer == "none" { request } else { request.header("Referer", referer) }
}

fn statuses<const N: usize>(endpoint: &Endpoint, referers: [&str; N]) -> [u16; N] {
    referers.map(|referer| endpoint.send(&from(referer)).status)
}

const PAGES: [&str; 5] =
    ["https://example.com/a.html", "http://b.a.example.com:81/", "https://other.org/", "none", ""];

#[test]
fn a_white_list_serves_what_it_names() {
    let endpoint = endpoint("White-List", &["*.example.com"], "");
    assert_eq!(statuses(&endpoint, PAGES), [200, 200, 403, 403, 403]);
    let error = endpoint.send(&from("https://other.org/")).error();
    let told = (error.code.as_str(), error.message.as_str());
    assert_eq!(told, ("AccessDenied", "You are denied by bucket referer rule"));
    let allow = "<EmptyReferConfiguration>Allow</EmptyReferConfiguration>";
    set(&endpoint, "Enabled", "White-List", &["*.example.com"], allow);
    assert_eq!(statuses(&endpoint, PAGES), [200, 200, 403, 200, 200]);
}

#[test]
fn a_black_list_refuses_what_it_names() {
    let allow = "<EmptyReferConfiguration>Allow</EmptyReferConfiguration>";
    let endpoint = endpoint("Black-List", &["*.example.com"], allow);
    assert_eq!(statuses(&endpoint, PAGES), [403, 403, 200, 200, 200]);
    let deny = "<EmptyReferConfiguration>Deny</EmptyReferConfiguration>";
    set(&endpoint, "Enabled", "Black-List", &["*.example.com"], deny);
    assert_eq!(statuses(&endpoint, PAGES), [403, 403, 200, 403, 403]);
    set(&endpoint, "Disabled", "Black-List", &["*.example.com"], deny);
    assert_eq!(statuses(&endpoint, PAGES), [200; 5]);
}

#[test]
fn signed_requests_are_judged_only_where_that_is_asked_for_and_in_the_url() {
    let endpoint = endpoint("White-List", &["example.com"], "");
    let (in_header, in_url) = (|page| from(page).sign(), |page| from(page).presign());
    for page in PAGES {
        assert_eq!(endpoint.send(&in_header(page)).status, 200, "{page}");
        assert_eq!(endpoint.send(&in_url(page)).status, 200, "{page}");
    }
    let verify = "<VerifySignatureURL>Enable</VerifySignatureURL>";
    set(&endpoint, "Enabled", "White-List", &["example.com"], verify);
    assert_eq!(endpoint.send(&in_header("https://other.org/")).status, 200);
    assert_eq!(endpoint.send(&in_url("https://other.org/")).status, 403);
    assert_eq!(endpoint.send(&in_url("https://example.com/")).status, 200);
    // Before anyone looks at who signed, and at whether the key is there.
    let wrong = from("https://other.org/").key(SECRET_ID, "other").presign();
    assert_eq!(endpoint.send(&wrong).error().message, "You are denied by bucket referer rule");
    let absent = get("/absent").host(OPEN_HOST);
    assert_eq!(endpoint.send(&absent).error().message, "You are denied by bucket referer rule");
}

#[test]
fn it_concerns_downloads_of_objects() {
    let endpoint = endpoint("White-List", &["example.com"], "");
    let head = request("HEAD", "/a").host(OPEN_HOST);
    assert_eq!(endpoint.send(&head).status, 403);
    assert_eq!(endpoint.send(&get("/").host(OPEN_HOST)).status, 200);
    let upload = put("/b", b"x").host(OPEN_HOST);
    assert_eq!(endpoint.send(&upload).error().message, "Access Denied.");
    assert_eq!(endpoint.send(&upload.sign()).status, 200);
}
