//! What a website host answers: `BUCKET.cos-website.REGION.…` (436/31930, 436/32670).
//!
//! A visitor asks for paths, not for keys: a folder stands for its index document, rules send keys elsewhere, and an error
//! is a page. Each object on the way is asked for like any other, by the same rules of who may. Where the documentation is
//! silent, these are decisions: a path that names nothing, but as a folder has an index, is sent to the folder; a rule
//! sends with 302; without an error document, the page is of this module.

use cospass_protocol::xml::{
    ErrorPage, Replacement, RoutingCondition, RoutingRule, WebsiteConfiguration,
};
use cospass_sign::percent;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};

use crate::refusal::Refusal;
use crate::reply::{Reply, ReplyBody};

const ERROR_CODE: HeaderName = HeaderName::from_static("x-cos-error-code");
const ERROR_MESSAGE: HeaderName = HeaderName::from_static("x-cos-error-message");

/// What a visitor asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit<'a> {
    pub(crate) site: &'a WebsiteConfiguration,
    /// Whether only the head of the answer is wanted.
    pub(crate) is_head: bool,
    /// `http` or `https`.
    pub(crate) scheme: &'a str,
    /// `host[:port]` as sent.
    pub(crate) host: &'a str,
    /// The path without its first slash, decoded.
    pub(crate) path: &'a str,
    /// The path and the query as sent.
    pub(crate) target: &'a str,
}

/// As what an object is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskedAs {
    /// As what the request names: its conditions and its range count.
    Named,
    /// In place of something else, whole.
    Instead,
}

/// Whoever asks for the object of a key, in the visitor's name.
pub(crate) trait Objects {
    /// The object, or why it cannot be had.
    fn find(
        &mut self,
        key: &str,
        asked_as: AskedAs,
    ) -> impl Future<Output = Result<Reply, Refusal>> + Send;
}

/// The answer.
pub(crate) async fn answer(visit: Visit<'_>, objects: &mut impl Objects) -> Reply {
    let site = visit.site;
    if let Some(scheme) = site.redirect_all_to.as_deref().filter(|scheme| *scheme != visit.scheme) {
        let location = format!("{scheme}://{}{}", visit.host, visit.target);
        return sent_to(StatusCode::MOVED_PERMANENTLY, &location);
    }
    let mut path = visit.path.to_owned();
    if let Some((rule, key)) = rule_of_key(site, &path) {
        if sends(rule) {
            return sent_to(StatusCode::FOUND, &location(&visit, rule.protocol.as_deref(), &key));
        }
        path = key;
    }
    let is_folder = path.is_empty() || path.ends_with('/');
    let key = if is_folder { format!("{path}{}", site.index_suffix) } else { path.clone() };
    let refusal = match objects.find(&key, AskedAs::Named).await {
        Ok(reply) => return reply,
        Err(refusal) => refusal,
    };
    let status = refusal.cause.code().status();
    if status == StatusCode::NOT_FOUND.as_u16()
        && !is_folder
        && let Some(reply) = found_otherwise(&visit, &path, objects).await
    {
        return reply;
    }
    error(&visit, &refusal, status, objects).await
}

/// A path that names no object, with `.html` behind it, or as a folder.
async fn found_otherwise(
    visit: &Visit<'_>,
    path: &str,
    objects: &mut impl Objects,
) -> Option<Reply> {
    let last = path.rsplit('/').next().unwrap_or_default();
    if visit.site.auto_addressing == Some(true)
        && !last.contains('.')
        && let Ok(reply) = objects.find(&format!("{path}.html"), AskedAs::Named).await
    {
        return Some(reply);
    }
    let index = format!("{path}/{}", visit.site.index_suffix);
    objects.find(&index, AskedAs::Instead).await.ok()?;
    Some(sent_to(StatusCode::FOUND, &location(visit, None, &format!("{path}/"))))
}

/// The answer where there is no object to be sent: by a rule, an error document or a page.
async fn error(
    visit: &Visit<'_>,
    refusal: &Refusal,
    status: u16,
    objects: &mut impl Objects,
) -> Reply {
    let by_code = |rule: &&RoutingRule| rule.condition == RoutingCondition::ErrorCode(status);
    if let Some(rule) = visit.site.routing_rules.iter().find(by_code) {
        let key = replaced(rule, visit.path);
        if sends(rule) {
            return sent_to(StatusCode::FOUND, &location(visit, rule.protocol.as_deref(), &key));
        }
        if let Ok(reply) = objects.find(&key, AskedAs::Instead).await {
            return reply;
        }
    }
    let own = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(ErrorPage { key, original_http_status }) = &visit.site.error_document
        && let Ok(mut reply) = objects.find(key, AskedAs::Instead).await
    {
        let keeps_status = original_http_status.unwrap_or(true);
        reply.status = if keeps_status { own } else { StatusCode::OK };
        return named(reply, refusal);
    }
    let body = if visit.is_head { String::new() } else { page(own, refusal) };
    let reply = Reply { body: ReplyBody::Whole(body.into()), ..Reply::empty(own) };
    named(reply, refusal).header(CONTENT_TYPE, HeaderValue::from_static("text/html"))
}

/// Says in headers what an error is.
fn named(reply: Reply, refusal: &Refusal) -> Reply {
    reply.header(ERROR_CODE, refusal.cause.code().as_str()).header(ERROR_MESSAGE, refusal.message())
}

/// The first rule for keys that begin like this one, and the key that it makes of it.
fn rule_of_key<'a>(
    site: &'a WebsiteConfiguration,
    path: &str,
) -> Option<(&'a RoutingRule, String)> {
    site.routing_rules.iter().find_map(|rule| {
        let RoutingCondition::KeyPrefix(prefix) = &rule.condition else { return None };
        let rest = path.strip_prefix(prefix.as_str())?;
        Some((rule, replaced(rule, rest)))
    })
}

/// The key that a rule makes of one, of which the prefix is taken off.
fn replaced(rule: &RoutingRule, rest: &str) -> String {
    match &rule.replacement {
        Replacement::Key(key) => key.clone(),
        Replacement::Prefix(prefix) => format!("{prefix}{rest}"),
    }
}

/// Whether a rule sends the client elsewhere, instead of answering with what is there.
fn sends(rule: &RoutingRule) -> bool {
    rule.url_redirect.unwrap_or(true)
}

/// Where a key is on this host.
fn location(visit: &Visit<'_>, protocol: Option<&str>, key: &str) -> String {
    let path: Vec<_> = key.split('/').map(|part| percent::encode(part.as_bytes())).collect();
    format!("{}://{}/{}", protocol.unwrap_or(visit.scheme), visit.host, path.join("/"))
}

fn sent_to(status: StatusCode, location: &str) -> Reply {
    Reply::empty(status).header(LOCATION, location)
}

fn page(status: StatusCode, refusal: &Refusal) -> String {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or("Error"));
    let message = escaped(refusal.message());
    let code = refusal.cause.code();
    format!(
        "<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<ul>\n<li>Code: {code}</li>\n<li>Message: {message}</li>\n</ul>\n</body>\n</html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Cause;

    fn site(inner: &str) -> WebsiteConfiguration {
        let index = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>";
        let body = format!("<WebsiteConfiguration>{index}{inner}</WebsiteConfiguration>");
        WebsiteConfiguration::read(body.as_bytes()).unwrap()
    }

    /// The objects of some keys, of which each is its key.
    struct Keys<'a>(&'a [&'a str]);

    impl Objects for Keys<'_> {
        async fn find(&mut self, key: &str, _: AskedAs) -> Result<Reply, Refusal> {
            match self.0.contains(&key) {
                true => Ok(Reply::xml(key.to_owned())),
                false if key.starts_with("private") => Err(Cause::Anonymous.into()),
                false => Err(Cause::NoSuchKey.into()),
            }
        }
    }

    /// Visits a site that has some keys: the status, and where to or what.
    async fn visit(site: &WebsiteConfiguration, keys: &[&str], path: &str) -> (u16, String) {
        let visit = Visit {
            site,
            is_head: false,
            scheme: "http",
            host: "b.example:80",
            path,
            target: "/sent?query",
        };
        let reply = answer(visit, &mut Keys(keys)).await;
        let location = reply.headers.get(LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let body = match reply.body {
            ReplyBody::Whole(body) => String::from_utf8(body.to_vec()).unwrap(),
            ReplyBody::Download(_) => unreachable!("nothing is that long"),
        };
        (reply.status.as_u16(), location.unwrap_or(body))
    }

    fn is(status: u16, text: &str) -> (u16, String) {
        (status, text.to_owned())
    }

    #[tokio::test]
    async fn folders_have_an_index() {
        let (plain, keys) = (site(""), ["index.html", "a/index.html", "b"]);
        assert_eq!(visit(&plain, &keys, "").await, is(200, "index.html"));
        assert_eq!(visit(&plain, &keys, "a/").await, is(200, "a/index.html"));
        assert_eq!(visit(&plain, &keys, "b").await, is(200, "b"));
        assert_eq!(visit(&plain, &keys, "a").await, is(302, "http://b.example:80/a/"));
        assert_eq!(visit(&plain, &keys, "c/").await.0, 404);
        let (status, page) = visit(&plain, &keys, "private").await;
        assert_eq!(status, 403);
        assert!(page.contains("<li>Code: AccessDenied</li>"), "{page}");
    }

    #[tokio::test]
    async fn a_name_may_leave_its_extension_out() {
        let keys = ["about.html"];
        let auto = site("<AutoAddressing><Status>Enabled</Status></AutoAddressing>");
        assert_eq!(visit(&auto, &keys, "about").await, is(200, "about.html"));
        assert_eq!(visit(&auto, &keys, "about.htm").await.0, 404);
        assert_eq!(visit(&site(""), &keys, "about").await.0, 404);
    }

    #[tokio::test]
    async fn everything_may_be_sent_to_the_other_protocol() {
        let all = |protocol: &str| {
            site(&format!(
                "<RedirectAllRequestsTo><Protocol>{protocol}</Protocol></RedirectAllRequestsTo>"
            ))
        };
        let moved = is(301, "https://b.example:80/sent?query");
        assert_eq!(visit(&all("https"), &["a"], "a").await, moved);
        assert_eq!(visit(&all("http"), &["a"], "a").await, is(200, "a"));
    }

    #[tokio::test]
    async fn an_error_has_its_document() {
        let document = |more: &str| {
            site(&format!("<ErrorDocument><Key>error.html</Key>{more}</ErrorDocument>"))
        };
        let keys = ["error.html"];
        assert_eq!(visit(&document(""), &keys, "absent").await, is(404, "error.html"));
        let ok = document("<OriginalHttpStatus>Disabled</OriginalHttpStatus>");
        assert_eq!(visit(&ok, &keys, "absent").await, is(200, "error.html"));
        let (status, page) = visit(&document(""), &[], "absent").await;
        assert_eq!(status, 404);
        assert!(page.contains("The specified key does not exist."), "{page}");
    }

    #[tokio::test]
    async fn rules_send_elsewhere() {
        let rule = |condition: &str, redirect: &str| {
            format!(
                "<RoutingRule><Condition>{condition}</Condition><Redirect>{redirect}</Redirect></RoutingRule>"
            )
        };
        let rules = [
            rule(
                "<KeyPrefixEquals>old/</KeyPrefixEquals>",
                "<ReplaceKeyPrefixWith>new dir/</ReplaceKeyPrefixWith>",
            ),
            rule(
                "<KeyPrefixEquals>one</KeyPrefixEquals>",
                "<Protocol>https</Protocol><ReplaceKeyWith>页</ReplaceKeyWith>",
            ),
            rule(
                "<KeyPrefixEquals>in/</KeyPrefixEquals>",
                "<ReplaceKeyPrefixWith>a/</ReplaceKeyPrefixWith><URLRedirect>Disabled</URLRedirect>",
            ),
            rule(
                "<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>",
                "<ReplaceKeyWith>404.html</ReplaceKeyWith>",
            ),
            rule(
                "<HttpErrorCodeReturnedEquals>403</HttpErrorCodeReturnedEquals>",
                "<ReplaceKeyWith>403.html</ReplaceKeyWith><URLRedirect>Disabled</URLRedirect>",
            ),
        ];
        let site = site(&format!("<RoutingRules>{}</RoutingRules>", rules.concat()));
        let keys = ["a/index.html", "403.html", "old/there"];
        let at = |path| visit(&site, &keys, path);
        assert_eq!(at("old/there").await, is(302, "http://b.example:80/new%20dir/there"));
        assert_eq!(at("one/two").await, is(302, "https://b.example:80/%E9%A1%B5"));
        assert_eq!(at("in/").await, is(200, "a/index.html"));
        assert_eq!(at("absent").await, is(302, "http://b.example:80/404.html"));
        assert_eq!(at("private").await, is(200, "403.html"));
    }
}
