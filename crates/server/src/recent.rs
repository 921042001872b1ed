//! The latest requests, kept for whoever asks the control listener, and why signatures among them did not hold.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use cospass_protocol::{Endpoint as Domain, Host};
use cospass_sign::explain::{Evidence, explain};
use cospass_sign::{Claim, Credentials, RequestHead};
use http::request::Parts;
use serde::Serialize;
use serde_json::{Value, json};

use crate::authorize::Denied;
use crate::endpoint::Endpoint;
use crate::exchange::{Exchange, Line};
use crate::head::header_pairs;
use crate::redact;
use crate::refusal::Cause;

/// For how long explanations are worked out in one go; one that has begun is finished.
const PATIENCE: Duration = Duration::from_secs(2);

/// A ring of exchanges.
pub(crate) struct Recent {
    most: usize,
    ring: Mutex<VecDeque<Arc<Exchange>>>,
}

impl Recent {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, ring: Mutex::default() }
    }

    pub(crate) fn push(&self, exchange: Arc<Exchange>) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() >= self.most {
            ring.pop_front();
        }
        ring.push_back(exchange);
    }

    /// The latest, newest first: at most `most` of them, or the one with an id.
    pub(crate) fn list(&self, most: usize, id: Option<&str>) -> Vec<Arc<Exchange>> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = ring.iter().rev();
        newest.filter(|e| id.is_none_or(|id| e.request_id == id)).take(most).cloned().collect()
    }
}

impl fmt::Debug for Recent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent").field("most", &self.most).finish_non_exhaustive()
    }
}

/// The head of a request whose signature did not hold. It has a signature in it, and maybe a token, and is shown to
/// nobody; what an explanation says of it is.
pub(crate) struct RefusedHead {
    method: String,
    path: Vec<u8>,
    query: Option<Vec<u8>>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    now: i64,
    explanation: OnceLock<Value>,
}

impl RefusedHead {
    pub(crate) fn new(parts: &Parts, now: i64) -> Self {
        let headers = header_pairs(parts).into_iter();
        Self {
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().as_bytes().to_vec(),
            query: parts.uri.query().map(|query| redact::query_to_explain(query).into_bytes()),
            headers: headers
                .map(|(name, value)| (name.to_vec(), redact::header(name, value).to_vec()))
                .collect(),
            now,
            explanation: OnceLock::new(),
        }
    }

    /// One whose signature holds and leaves something out that a strict bucket wants, as the message tells.
    pub(crate) fn not_signed(parts: &Parts, now: i64, message: &str) -> Self {
        let explanation = json!({
            "cause": Cause::NotSigned.name(),
            "message": message,
            "remedy": "List it in the signature, or leave it out of the request; the bucket is configured to \
                take nothing that is not signed (serve --signature strict).",
            "stages": [],
        });
        Self { explanation: OnceLock::from(explanation), ..Self::new(parts, now) }
    }

    /// One whose signature holds and whose sender may not do what it asks.
    pub(crate) fn denied(parts: &Parts, now: i64, denied: &Denied) -> Self {
        let mut explanation = denied.explanation();
        redact_all(&mut explanation);
        Self { explanation: OnceLock::from(explanation), ..Self::new(parts, now) }
    }

    fn explain(&self, endpoint: &Endpoint) -> &Value {
        self.explanation.get_or_init(|| {
            let headers: Vec<_> = self.headers.iter().map(|(n, v)| (&n[..], &v[..])).collect();
            let head = RequestHead::new(&self.method, &self.path, self.query.as_deref(), &headers);
            let host = head.header(b"host").and_then(|host| std::str::from_utf8(host).ok());
            let hosts = host.map(|host| hosts_beside(endpoint, host)).unwrap_or_default();
            let explanation = explain(&Evidence {
                credentials: Some(&credentials_of(endpoint, &head)),
                now: Some(self.now),
                other_hosts: &hosts,
                is_cdn: host.is_some_and(Host::is_of_cdn),
                ..Evidence::new(head)
            });
            let mut json = serde_json::from_str(&explanation.to_json()).unwrap_or_default();
            redact_all(&mut json);
            json
        })
    }
}

/// The keys that a request claims to be signed with, or else those of the first account.
fn credentials_of(endpoint: &Endpoint, head: &RequestHead<'_>) -> Credentials {
    let accounts = &endpoint.accounts;
    let claimed = Claim::read(head).ok().and_then(|claim| {
        let secret_id = claim.secret_id();
        match accounts.holder(secret_id) {
            Some(holder) => Some(holder.credentials.clone()),
            None => {
                let token = claim.token()?;
                let (key, _) = accounts.token_keys.open(secret_id, &token)?;
                Some(Credentials::new(secret_id, key.expose()).with_token(token.expose()))
            }
        }
    });
    claimed.unwrap_or_else(|| accounts.first().credentials.clone())
}

/// The hosts that a request may have been signed for, beside the one it was sent to.
fn hosts_beside(endpoint: &Endpoint, host: &str) -> Vec<String> {
    let Some(bucket) = endpoint.routes.bucket_of(host) else { return Vec::new() };
    let mapped = endpoint.routes.mapped.iter().filter(|(_, other)| **other == bucket);
    let own = Domain::hosts_of(&bucket, Some(&endpoint.region));
    mapped.map(|(host, _)| host.clone()).chain(own).filter(|other| other != host).collect()
}

/// A header that was listed as signed may hold anything.
fn redact_all(json: &mut Value) {
    match json {
        Value::String(text) => *text = redact::text(text).into_owned(),
        Value::Array(values) => values.iter_mut().for_each(redact_all),
        Value::Object(members) => members.values_mut().for_each(redact_all),
        _ => {}
    }
}

/// A recent request as JSON.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    line: Line<'a>,
    /// Why the signature did not hold; `null` if it did, or was not the reason.
    explanation: Option<&'a Value>,
    /// There is an explanation, and it is not worked out yet: ask again.
    explanation_pending: bool,
}

/// The list as JSON. Explanations cost tens of thousands of hashes each, so they are worked out when somebody asks, the
/// newest first, once, and not all at once. Blocks.
pub(crate) fn write(endpoint: &Endpoint, list: &[Arc<Exchange>]) -> serde_json::Result<Vec<u8>> {
    let began = Instant::now();
    let listed = list.iter().map(|exchange| {
        let refused = exchange.refused.as_ref();
        let explanation = refused.and_then(|refused| {
            let done = refused.explanation.get();
            let in_time = || (began.elapsed() < PATIENCE).then(|| refused.explain(endpoint));
            done.or_else(in_time)
        });
        let explanation_pending = refused.is_some() && explanation.is_none();
        Listed { line: exchange.line(), explanation, explanation_pending }
    });
    let listed: Vec<_> = listed.collect();
    serde_json::to_vec(&json!({ "requests": listed }))
}
