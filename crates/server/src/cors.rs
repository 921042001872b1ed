//! Pages of other origins: preflights, and what answers tell browsers (436/8288, 436/8279).
//!
//! A preflight is never signed and asks for any path, of objects that are not there, too. It is served by the first rule of
//! the bucket that allows its origin, its method and all its headers. Any other request is served whether or not a rule
//! fits (436/13318): without one, its answer only lacks the headers that a browser wants to see.
//!
//! Decisions, where the documentation gives names of headers and no more: `Access-Control-Allow-Headers` are those that
//! were asked for, in lower case; an origin that is named, not allowed as `*`, may send credentials; without
//! `ResponseVary`, nothing says `Vary`.

use cospass_protocol::xml::{CorsConfiguration, CorsRule};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, HeaderValue, ORIGIN,
    VARY,
};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;

/// Answers a preflight.
pub(crate) fn preflight(
    configuration: Option<&CorsConfiguration>,
    parts: &Parts,
) -> Result<Reply, Refusal> {
    let refused = || Refusal::from(Cause::PreflightRefused);
    let text = |name: HeaderName| parts.headers.get(name)?.to_str().ok();
    // Before the rules are looked at: so are the ones answered that ask a bucket without rules.
    let origin = text(ORIGIN).ok_or(Cause::PreflightIncomplete)?;
    let method = text(ACCESS_CONTROL_REQUEST_METHOD).ok_or(Cause::PreflightIncomplete)?;
    let configuration = configuration.ok_or_else(refused)?;
    let asked = text(ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default();
    let names = asked.split(',').map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_ascii_lowercase).collect();
    let mut rules = configuration.rules.iter();
    let fits = |rule: &&CorsRule| {
        is_allowed(rule, origin, method) && names.iter().all(|name| allows_header(rule, name))
    };
    let rule = rules.find(fits).ok_or_else(refused)?;
    let mut reply = Reply::empty(StatusCode::OK);
    reply.headers = to_origin(rule, origin);
    let reply = reply.header(ACCESS_CONTROL_ALLOW_METHODS, rule.allowed_methods.join(","));
    let reply = match names.is_empty() {
        true => reply,
        false => reply.header(ACCESS_CONTROL_ALLOW_HEADERS, names.join(",")),
    };
    Ok(match rule.max_age_seconds {
        Some(seconds) => reply.header(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds)),
        None => reply,
    })
}

/// What every answer tells a browser, refusals among them, beside what the answer to a preflight says.
pub(crate) fn shared(configuration: &CorsConfiguration, parts: &Parts) -> HeaderMap {
    let origin = parts.headers.get(ORIGIN).and_then(|value| value.to_str().ok());
    let method = parts.method.as_str();
    let rule = origin.and_then(|origin| {
        let rule = configuration.rules.iter().find(|rule| is_allowed(rule, origin, method))?;
        Some(to_origin(rule, origin))
    });
    let mut headers = rule.unwrap_or_default();
    if configuration.response_vary == Some(true) {
        headers.insert(VARY, HeaderValue::from_static("Origin"));
    }
    headers
}

/// What a rule tells an origin that it allows.
fn to_origin(rule: &CorsRule, origin: &str) -> HeaderMap {
    let is_for_all = rule.allowed_origins.iter().any(|allowed| allowed == "*");
    let mut headers = HeaderMap::new();
    let mut insert = |name, value: &str| {
        headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
    };
    insert(ACCESS_CONTROL_ALLOW_ORIGIN, if is_for_all { "*" } else { origin });
    if !is_for_all {
        insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    if !rule.expose_headers.is_empty() {
        insert(ACCESS_CONTROL_EXPOSE_HEADERS, &rule.expose_headers.join(","));
    }
    headers
}

fn is_allowed(rule: &CorsRule, origin: &str, method: &str) -> bool {
    rule.allowed_origins.iter().any(|allowed| stands_for(allowed, origin))
        && rule.allowed_methods.iter().any(|allowed| allowed == method)
}

/// Names of headers count in any case.
fn allows_header(rule: &CorsRule, name: &str) -> bool {
    rule.allowed_headers.iter().any(|allowed| stands_for(&allowed.to_ascii_lowercase(), name))
}

/// Whether a text with at most one `*`, for any run of characters, stands for another.
fn stands_for(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((first, last)) => text.strip_prefix(first).is_some_and(|rest| rest.ends_with(last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_is_any_run() {
        for (pattern, text) in [
            ("*", "http://a.example"),
            ("http://*.example", "http://a.b.example"),
            ("http://a.example", "http://a.example"),
            ("x-cos-*", "x-cos-acl"),
        ] {
            assert!(stands_for(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("http://*.example", "https://a.example"),
            ("http://*.example", "http://example"),
            ("http://a.example", "http://a.example:81"),
            ("ab*ba", "aba"),
        ] {
            assert!(!stands_for(pattern, text), "{pattern} {text}");
        }
    }
}
