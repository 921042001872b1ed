//! Requests that somebody else signed: sent as they are, again where that is right, their refusals told by name.

use std::sync::Arc;

use cospass_protocol::UrlParts;
use cospass_sign::{Claim, KeyTime, RequestHead};
use http::Request;

use crate::answer::{Answer, Sent, read_refusal};
use crate::client::{USER_AGENT, random, transport_outcome};
use crate::clock::ClockOffset;
use crate::error::Error;
use crate::payload::Payload;
use crate::retry::{Attempt, Decision, Outcome, Repeat, RetryPolicy};
use crate::transport::{Body, Transport, TransportError};

/// Headers that every client sends by itself.
const SENT_ANYWAY: [&str; 2] = ["host", "content-length"];

/// What is known of a URL from its text.
#[derive(Clone)]
pub(crate) struct SignedUrl {
    /// As it is sent: what no request can hold is percent-encoded.
    text: String,
    /// The last second at which it holds, Unix time; none where it is not signed.
    pub(crate) end: Option<i64>,
    /// The headers that it is signed with, in lower case.
    pub(crate) signed_headers: Vec<String>,
}

impl SignedUrl {
    pub(crate) fn read(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let parts = UrlParts::read(text)?;
        if parts.fragment().is_some() {
            return Err(Error::UrlFragment);
        }
        let (path, query) = (parts.path().as_bytes(), parts.query().map(str::as_bytes));
        let head = RequestHead::new("GET", path, query, &[]);
        let claim = Claim::read(&head).ok();
        let end = claim.as_ref().and_then(|claim| {
            let end = |text: &str| text.parse::<KeyTime>().ok().map(KeyTime::end);
            let authorization = claim.authorization();
            Some(end(&authorization.sign_time())?.min(end(&authorization.key_time())?))
        });
        let names = claim.iter().flat_map(Claim::signed_headers);
        let names = names.map(str::to_ascii_lowercase);
        let signed_headers = names.filter(|name| !SENT_ANYWAY.contains(&name.as_str())).collect();
        Ok(Self { text: sendable(text), end, signed_headers })
    }

    /// Refuses a request that lacks a header that the URL is signed with.
    pub(crate) fn check(&self, headers: &[(String, String)]) -> Result<(), Error> {
        let is_given = |name: &String| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        match self.signed_headers.iter().find(|name| !is_given(name)) {
            Some(name) => Err(Error::SignedHeaderMissing { name: name.clone() }),
            None => Ok(()),
        }
    }

    pub(crate) fn is_signed_with(&self, header: &str) -> bool {
        self.signed_headers.iter().any(|name| name == header)
    }
}

/// The C++, .NET and Android SDKs leave spaces in their URLs, and people paste keys as they read them.
fn sendable(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            0x21..=0x7e if !b"\"<>\\^`{|}".contains(&byte) => out.push(char::from(byte)),
            byte => cospass_sign::percent::push_encoded(&mut out, &[byte]),
        }
    }
    out
}

/// Sends requests that somebody else signed.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) retry: RetryPolicy,
    /// The clock of the server, by what it says in every answer.
    pub(crate) clock: Arc<ClockOffset>,
}

impl Sender {
    pub(crate) fn new(transport: Arc<dyn Transport>, retry: RetryPolicy) -> Self {
        Self { transport, retry, clock: Arc::default() }
    }

    /// Sends a request and returns the head of its answer.
    pub(crate) async fn send(
        &self,
        method: &str,
        url: &SignedUrl,
        headers: &[(String, String)],
        payload: &Payload,
        repeat: Repeat,
    ) -> Result<Answer, Error> {
        url.check(headers)?;
        let mut attempt =
            Attempt { number: 1, repeat, clock_was_set: true, can_switch_domain: false };
        loop {
            let (error, retry_after) = match self.attempt(method, url, headers, payload).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let outcome = match &error {
                Error::Service(refusal) => Outcome::Refused {
                    status: refusal.status,
                    code: &refusal.code,
                    retry_after,
                    by_service: true,
                    clock_is_off: false,
                },
                Error::Transport(error) => transport_outcome(error),
                _ => Outcome::Unsendable,
            };
            let decision = self.retry.decide(attempt, outcome, random());
            tracing::debug!(
                method,
                attempt = attempt.number,
                cause = error.cause(),
                ?decision,
                "an attempt failed"
            );
            let Decision::Again { after, .. } = decision else { return Err(error) };
            attempt.number += 1;
            tokio::time::sleep(after).await;
        }
    }

    async fn attempt(
        &self,
        method: &str,
        url: &SignedUrl,
        headers: &[(String, String)],
        payload: &Payload,
    ) -> Result<Answer, (Error, Option<u64>)> {
        let none = |error| (error, None);
        let request = request(method, url, headers, payload).map_err(none)?;
        let uri = request.uri().clone();
        let answer = self.transport.send(request).await.map_err(|error| none(error.into()))?;
        let answer = Answer::of(answer);
        if let Some(off) = self.clock.off_by(&answer.headers) {
            self.clock.set(off);
        }
        tracing::debug!(
            method,
            status = answer.status,
            request_id = answer.text("x-cos-request-id").unwrap_or_default(),
            "answered"
        );
        if answer.status < 300 {
            return Ok(answer);
        }
        let host = uri.authority().map(ToString::to_string).unwrap_or_default();
        let mut sent_headers = headers.to_vec();
        sent_headers.push(("Host".to_owned(), host));
        if tells_length(method, payload) {
            sent_headers.push(("Content-Length".to_owned(), payload.length().to_string()));
        }
        let sent = Sent {
            method,
            path: uri.path(),
            query: uri.query(),
            headers: &sent_headers,
            is_signed_here: false,
            now: self.clock.now(),
        };
        let retry_after = answer.text("retry-after").and_then(|text| text.trim().parse().ok());
        let mut refusal = read_refusal(answer, &sent).await;
        // To a HEAD nothing is said.
        let has_ended = url.end.is_some_and(|end| end < self.clock.now());
        refusal.expired |= refusal.status == 403 && refusal.code.is_empty() && has_ended;
        Err((Error::Service(Box::new(refusal)), retry_after))
    }
}

/// Whether a request is sent with the length of its body.
fn tells_length(method: &str, payload: &Payload) -> bool {
    payload.is_some() || method == "PUT" || method == "POST"
}

fn request(
    method: &str,
    url: &SignedUrl,
    headers: &[(String, String)],
    payload: &Payload,
) -> Result<Request<Body>, Error> {
    let mut request = Request::builder().method(method).uri(url.text.as_str());
    for (name, value) in headers {
        request = request.header(name.as_str(), value.as_str());
    }
    request = request.header("User-Agent", USER_AGENT);
    if tells_length(method, payload) {
        request = request.header("Content-Length", payload.length());
    }
    request
        .body(payload.body())
        .map_err(|error| TransportError::Unsendable { cause: error.to_string() }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = "http://h/a b?q-sign-algorithm=sha1&q-ak=a&q-sign-time=1%3B20&q-key-time=1;10&q-header-list=content-type;host;x-cos-acl&q-url-param-list=&q-signature=0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_url_says_when_it_ends_and_what_must_be_sent_with_it() {
        let url = SignedUrl::read(&format!(" {SIGNED}\n")).unwrap();
        assert_eq!(url.end, Some(10));
        assert_eq!(url.signed_headers, ["content-type", "x-cos-acl"]);
        assert!(url.text.starts_with("http://h/a%20b?q-sign"));
        let pair = |name: &str| (name.to_owned(), "v".to_owned());
        let missing = url.check(&[pair("X-Cos-Acl")]);
        assert!(
            matches!(missing, Err(Error::SignedHeaderMissing { name }) if name == "content-type")
        );
        assert!(url.check(&[pair("x-cos-acl"), pair("Content-Type")]).is_ok());
        let plain = SignedUrl::read("https://h/%2e%2e/页").unwrap();
        assert_eq!((plain.end, plain.text.as_str()), (None, "https://h/%2e%2e/%E9%A1%B5"));
    }

    #[test]
    fn what_cannot_be_sent_as_it_is_is_refused() {
        assert!(matches!(SignedUrl::read("http://h/a#b"), Err(Error::UrlFragment)));
        assert!(matches!(SignedUrl::read("ftp://h/a"), Err(Error::Url(_))));
    }
}
