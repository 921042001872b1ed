//! Sending a request, and again where that is right.

use std::io;
use std::mem;
use std::sync::PoisonError;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use cospass::retry::{Attempt, Decision, Outcome, Repeat};
use cospass::{Body, RetryPolicy, Transport, TransportError};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;

use super::answer::{Answer, Received};
use super::order::{Ready, Wanted};
use super::stream::{Stream, Unsaved, saved};
use crate::refusal::Refusal;

/// No document of the service is longer, in bytes.
const LONGEST_DOCUMENT: usize = 64 * 1024 * 1024;

/// What came of an attempt.
enum Tried {
    Done(Answer),
    /// The service could not; what it said is the answer unless it can at another time.
    Refused(Answer, Refused),
    Failed(TransportError),
    /// Nothing would be better the next time.
    Over(Refusal),
}

struct Refused {
    status: u16,
    code: String,
    retry_after: Option<u64>,
    by_service: bool,
}

/// Sends it until it is answered. An answer of 300 and above is one, too.
pub(super) async fn perform(ready: Ready) -> Result<Answer, Refusal> {
    let policy = RetryPolicy { attempts: ready.attempts, ..RetryPolicy::default() };
    let repeat = if ready.is_repeatable { Repeat::Safe } else { Repeat::IfNotDone };
    let other = ready.is_switching.then(|| other_domain(&ready.url)).flatten();
    let mut attempt =
        Attempt { number: 1, repeat, clock_was_set: false, can_switch_domain: other.is_some() };
    let mut switched = None;
    loop {
        let tried = ready.attempt(attempt.number > 1, switched.as_ref()).await;
        let outcome = match &tried {
            Tried::Refused(_, refused) => Outcome::Refused {
                status: refused.status,
                code: &refused.code,
                retry_after: refused.retry_after,
                by_service: refused.by_service,
                clock_is_off: false,
            },
            Tried::Failed(TransportError::Connect { .. }) => Outcome::NotConnected,
            Tried::Failed(TransportError::Interrupted { .. } | TransportError::Timeout { .. }) => {
                Outcome::Interrupted
            }
            Tried::Done(_) | Tried::Failed(_) | Tried::Over(_) => Outcome::Unsendable,
        };
        let decision = policy.decide(attempt, outcome, random());
        let Decision::Again { after, switch_domain, .. } = decision else {
            return tried.told(&ready);
        };
        if !ready.content.is_again() {
            return tried.told(&ready);
        }
        if switch_domain {
            switched = other.clone();
            attempt.can_switch_domain = false;
        }
        attempt.number += 1;
        tokio::time::sleep(after).await;
    }
}

impl Tried {
    fn told(self, ready: &Ready) -> Result<Answer, Refusal> {
        match self {
            Self::Done(answer) | Self::Refused(answer, _) => Ok(answer),
            Self::Over(refusal) => Err(refusal),
            Self::Failed(error) => {
                let raised = ready.raised.lock().unwrap_or_else(PoisonError::into_inner).take();
                Err(raised.map_or_else(|| Refusal::Network(error.to_string()), Refusal::BodyRaised))
            }
        }
    }
}

/// Another place for the same request.
#[derive(Clone)]
struct Place {
    url: String,
    host: String,
}

impl Ready {
    async fn attempt(&self, again: bool, place: Option<&Place>) -> Tried {
        let request = match self.request(again, place) {
            Ok(request) => request,
            Err(refusal) => return Tried::Over(refusal),
        };
        match self.transport.send(request).await {
            Ok(response) => self.received(response).await,
            Err(error) => Tried::Failed(error),
        }
    }

    fn request(&self, again: bool, place: Option<&Place>) -> Result<Request<Body>, Refusal> {
        let url = place.map_or(&self.url, |place| &place.url);
        let uri = format!("{url}{}", self.query);
        let unsendable = |error: &dyn std::fmt::Display| Refusal::Unsendable(error.to_string());
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(uri)
            .body(self.content.body(again, &self.raised))
            .map_err(|error| unsendable(&error))?;
        *request.headers_mut() =
            self.signed_headers(again, place.map(|place| place.host.as_str()))?;
        Ok(request)
    }

    async fn received(&self, response: Response<Body>) -> Tried {
        let status = response.status().as_u16();
        let (mut head, mut body) = response.into_parts();
        let headers = mem::take(&mut head.headers);
        let received = match &self.wanted {
            // 304 says that the body is not sent.
            Wanted::Stream if status < 400 => Received::Coming(Stream::new(body)),
            Wanted::File(path, offset) if status < 300 => {
                match saved(body, path.clone(), *offset).await {
                    Ok(saved) => Received::Saved(saved),
                    Err(Unsaved::Body(error)) => return Tried::Failed(interrupted(&error)),
                    Err(Unsaved::File(error)) => return Tried::Over(Refusal::file(path, &error)),
                }
            }
            _ => match whole(&mut body).await {
                Ok(bytes) => Received::Whole(bytes),
                Err(error) => return Tried::Failed(interrupted(&error)),
            },
        };
        let refused = match &received {
            Received::Whole(document) if status >= 400 => Some(Refused {
                status,
                code: code_in(document),
                retry_after: number_in(&headers, "retry-after"),
                by_service: headers.contains_key("x-cos-request-id"),
            }),
            _ => None,
        };
        let answer = Answer::new(status, headers, received);
        match refused {
            Some(refused) => Tried::Refused(answer, refused),
            None => Tried::Done(answer),
        }
    }
}

fn interrupted(error: &io::Error) -> TransportError {
    TransportError::Interrupted { cause: error.to_string() }
}

async fn whole(body: &mut Body) -> io::Result<Bytes> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data() {
            if bytes.len().saturating_add(piece.len()) > LONGEST_DOCUMENT {
                return Err(io::Error::other("the answer is longer than any of the service's"));
            }
            bytes.extend_from_slice(&piece);
        }
    }
    Ok(bytes.freeze())
}

/// `Code` of an error document, for the decision whether to send again.
fn code_in(document: &[u8]) -> String {
    let text = String::from_utf8_lossy(document);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    code.map(|(code, _)| code.to_owned()).unwrap_or_default()
}

fn number_in(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The same at `tencentcos.cn`, for a URL at `BUCKET.cos.REGION.myqcloud.com` (`cos_comm.py` `switch_hostname`).
fn other_domain(url: &str) -> Option<Place> {
    let (scheme, rest) = url.split_once("://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let name = host.strip_suffix(".myqcloud.com")?;
    let (bucket, region) = name.split_once(".cos.")?;
    let (_, appid) = bucket.rsplit_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(appid) || region.contains('.') {
        return None;
    }
    let host = format!("{name}.tencentcos.cn");
    Some(Place { url: format!("{scheme}://{host}/{path}"), host })
}

/// Enough of chance for waits that differ.
fn random() -> u32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.subsec_nanos().wrapping_mul(2_654_435_761)
}
