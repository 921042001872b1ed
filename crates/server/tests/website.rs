//! Website hosts: what a visitor gets for a path.

mod support;

use support::*;

const SITE: &str = "examplebucket-1250000000.cos-website.ap-guangzhou.myqcloud.com";

fn configured(inner: &str) -> Endpoint {
    let endpoint = Endpoint::start();
    let body = format!(
        "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>{inner}</WebsiteConfiguration>"
    );
    let put = put("/", body.as_bytes()).param("website", "").sign();
    assert_eq!(endpoint.send(&put).status, 200);
    endpoint
}

fn visit(endpoint: &Endpoint, target: &str) -> Answer {
    endpoint.send(&get(target).host(SITE).sign())
}

#[test]
fn a_folder_has_an_index_and_a_name_without_slash_leads_to_it() {
    let endpoint = configured("");
    endpoint.put("/index.html", b"<h1>home</h1>");
    endpoint.put("/docs/index.html", b"docs");
    assert_eq!(visit(&endpoint, "/").body, b"<h1>home</h1>");
    assert_eq!(visit(&endpoint, "/docs/").body, b"docs");
    assert_eq!(visit(&endpoint, "/docs/index.html").body, b"docs");
    let sent = visit(&endpoint, "/docs");
    let location = format!("http://{SITE}/docs/");
    assert_eq!((sent.status, sent.header("Location")), (302, Some(location.as_str())));
    let part = endpoint.send(&get("/docs/").host(SITE).header("Range", "bytes=1-2").sign());
    assert_eq!((part.status, part.text()), (206, "oc"));
    // Elsewhere, the same path is a key.
    assert_eq!(endpoint.send(&get("/docs/").sign()).status, 404);
}

#[test]
fn an_error_is_a_page() {
    let endpoint = configured("");
    let absent = visit(&endpoint, "/absent");
    assert_eq!((absent.status, absent.header("Content-Type")), (404, Some("text/html")));
    assert_eq!(absent.header("x-cos-error-code"), Some("NoSuchKey"));
    let message = "The specified key does not exist.";
    assert_eq!(absent.header("x-cos-error-message"), Some(message));
    assert!(absent.text().contains("<h1>404 Not Found</h1>"), "{}", absent.text());
    let mut connection = endpoint.connect();
    connection.write(&request("HEAD", "/absent").host(SITE).sign().bytes());
    let head = connection.answer(true);
    assert_eq!((head.status, head.header("Content-Length")), (404, Some("0")));
    endpoint.put("/private", b"x");
    let stranger = endpoint.send(&get("/private").host(SITE));
    assert_eq!((stranger.status, stranger.header("x-cos-error-code")), (403, Some("AccessDenied")));
}

#[test]
fn an_error_document_is_sent_whole() {
    let endpoint = configured("<ErrorDocument><Key>error.html</Key></ErrorDocument>");
    endpoint.put("/error.html", b"oh dear");
    let asked = get("/absent").host(SITE).header("Range", "bytes=0-1").sign();
    let answer = endpoint.send(&asked);
    assert_eq!((answer.status, answer.text()), (404, "oh dear"));
    assert_eq!(answer.header("x-cos-error-code"), Some("NoSuchKey"));
    let endpoint = configured(
        "<ErrorDocument><Key>error.html</Key><OriginalHttpStatus>Disabled</OriginalHttpStatus></ErrorDocument>",
    );
    endpoint.put("/error.html", b"oh dear");
    assert_eq!(visit(&endpoint, "/absent").status, 200);
}

#[test]
fn rules_send_visitors_elsewhere() {
    let endpoint = configured(
        "<RoutingRules><RoutingRule><Condition><KeyPrefixEquals>old/</KeyPrefixEquals></Condition><Redirect><Protocol>https</Protocol><ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith></Redirect></RoutingRule><RoutingRule><Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition><Redirect><ReplaceKeyWith>lost.html</ReplaceKeyWith><URLRedirect>Disabled</URLRedirect></Redirect></RoutingRule></RoutingRules>",
    );
    endpoint.put("/lost.html", b"lost");
    let sent = visit(&endpoint, "/old/a%20b");
    let location = format!("https://{SITE}/new/a%20b");
    assert_eq!((sent.status, sent.header("Location")), (302, Some(location.as_str())));
    let lost = visit(&endpoint, "/absent");
    assert_eq!((lost.status, lost.text()), (200, "lost"));
}

/// cos-java-sdk-v5 `BucketWebsiteTest` makes such a rule of the service.
#[test]
fn a_rule_for_errors_may_replace_a_prefix() {
    let endpoint = configured(
        "<RoutingRules><RoutingRule><Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition><Redirect><Protocol>https</Protocol><ReplaceKeyPrefixWith>lost/</ReplaceKeyPrefixWith></Redirect></RoutingRule></RoutingRules>",
    );
    let sent = visit(&endpoint, "/a");
    let location = format!("https://{SITE}/lost/a");
    assert_eq!((sent.status, sent.header("Location")), (302, Some(location.as_str())));
    let both = "<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules><RoutingRule><Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition><Redirect><ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>";
    let refused = endpoint.send(&put("/", both.as_bytes()).param("website", "").sign());
    assert_eq!((refused.status, refused.error().code.as_str()), (400, "MalformedXML"));
}

#[test]
fn everything_is_sent_to_https_if_so_configured() {
    let endpoint =
        configured("<RedirectAllRequestsTo><Protocol>https</Protocol></RedirectAllRequestsTo>");
    let sent = endpoint.send(&get("/a%20b").host(SITE).param("x", "1").sign());
    let location = format!("https://{SITE}/a%20b?x=1");
    assert_eq!((sent.status, sent.header("Location")), (301, Some(location.as_str())));
}

#[test]
fn a_website_is_only_visited() {
    let endpoint = configured("");
    let upload = endpoint.send(&put("/a", b"x").host(SITE).sign());
    assert_eq!(upload.error().code, "MethodNotAllowed");
    let plain = Endpoint::start();
    assert_eq!(visit(&plain, "/").error().code, "NoSuchWebsiteConfiguration");
}
