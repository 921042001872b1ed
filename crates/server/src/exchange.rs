//! One request and what became of it, as operators see it: counted, listed, logged.
//!
//! An exchange begins with the head of a request and ends when the last byte of the answer is out, or the connection is
//! gone. Nothing of it shows a signature, a token or a body.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cospass_protocol::operation::{Need, Operation, Request as _};
use cospass_protocol::xml::iso8601;
use http::HeaderMap;
use http::header::HOST;
use http::request::Parts;
use hyper::body::{Body, Frame, SizeHint};
use serde::Serialize;

use crate::access_log::AccessLog;
use crate::framing::Answering;
use crate::metrics::Metrics;
use crate::recent::{Recent, RefusedHead};
use crate::redact;
use crate::refusal::Cause;
use crate::reply::ReplyBody;
use crate::request_id::RequestId;

/// The longest host, path, query and SecretId that are shown, in bytes.
const SHOWN_MAX: usize = 2048;

/// The status of a request whose client went away before it was answered; nginx logs it so. It is never sent.
const CLIENT_GONE: u16 = 499;

/// Who watches the endpoint.
#[derive(Debug, Default)]
pub(crate) struct Observers {
    pub(crate) metrics: Metrics,
    pub(crate) access_log: Option<AccessLog>,
    pub(crate) recent: Option<Recent>,
}

impl Observers {
    /// Whether anyone looks at single requests.
    fn look_closely(&self) -> bool {
        self.access_log.is_some() || self.recent.is_some()
    }
}

/// Who watches a connection. The requests of one connection hand it on among themselves: its count stays with the thread that
/// they are served by, while that of the observers would travel between all.
pub(crate) type Watching = Arc<Arc<Observers>>;

/// What the stages learn of a request on its way.
#[derive(Debug)]
pub(crate) struct Trail {
    /// Its name in the documentation, `-` until it is known.
    pub(crate) operation: &'static str,
    /// Who signs, if that can be read; not known to be true unless the request is accepted.
    pub(crate) secret_id: Option<String>,
    /// The code of a call of STS that was refused: its answer has status 200.
    pub(crate) refused: Option<&'static str>,
    /// What the answer bears for browsers, whatever it is.
    pub(crate) cors: HeaderMap,
    /// What has to be allowed; empty until it is known, and where nobody looks.
    needs: Vec<Needed>,
    is_looked_at: bool,
}

/// Something that had to be allowed for a request, as policies name it.
#[derive(Debug, Serialize)]
struct Needed {
    /// Any of these suffices.
    actions: Vec<String>,
    resource: String,
}

impl Trail {
    fn new(is_looked_at: bool) -> Self {
        Self {
            operation: "-",
            secret_id: None,
            refused: None,
            cors: HeaderMap::new(),
            needs: Vec::new(),
            is_looked_at,
        }
    }

    /// Takes down what an operation needs, for whoever looks at single requests.
    pub(crate) fn learn_needs(&mut self, operation: &Operation, region: &str) {
        if !self.is_looked_at {
            return;
        }
        let needs = [Some(operation.need()), operation.also_needs()].into_iter().flatten();
        let of_signed = needs.filter(|need| !need.is_of_unsigned);
        self.needs = of_signed.map(|need| Needed::of(&need, region)).collect();
    }
}

impl Needed {
    fn of(need: &Need, region: &str) -> Self {
        let actions = need.actions.iter().map(|action| format!("name/cos:{action}"));
        let resource = need.target.resource(region);
        Self { actions: actions.collect(), resource: shorten(&redact::text(&resource)) }
    }
}

/// A request that is not answered yet. Dropped, it counts as one whose client went away.
pub(crate) struct Asked {
    observers: Watching,
    started: Instant,
    exchange: Option<Exchange>,
    pub(crate) trail: Trail,
    answered: bool,
}

impl Asked {
    /// A head has arrived at a time in Unix seconds.
    pub(crate) fn new(
        observers: &Watching,
        parts: &Parts,
        remote: SocketAddr,
        now: i64,
        id: &RequestId,
    ) -> Self {
        let exchange = || Exchange::new(remote, now, id).of(parts);
        Self::begin(observers, observers.look_closely().then(exchange))
    }

    /// A head has arrived that cannot be read.
    pub(crate) fn unread(
        observers: &Watching,
        remote: SocketAddr,
        now: i64,
        id: &RequestId,
    ) -> Self {
        let exchange = || Exchange::new(remote, now, id);
        Self::begin(observers, observers.look_closely().then(exchange))
    }

    fn begin(observers: &Watching, exchange: Option<Exchange>) -> Self {
        let trail = Trail::new(exchange.is_some());
        Self {
            observers: Arc::clone(observers),
            started: Instant::now(),
            exchange,
            trail,
            answered: false,
        }
    }

    /// The time since the head arrived.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The answer is decided; `received` bytes of the request's body were read for it. `refused` is the head, if whoever
    /// looks at the request later may want to know why its signature did not hold.
    pub(crate) fn answered(
        mut self,
        status: u16,
        cause: Option<Cause>,
        received: u64,
        refused: impl FnOnce() -> Option<RefusedHead>,
    ) -> Ending {
        self.answered = true;
        let metrics = &self.observers.metrics;
        metrics.count_request(self.trail.operation, status);
        let told = cause.map(Cause::name).or(self.trail.refused);
        if let Some(told) = told {
            metrics.count_refusal(told);
        }
        if cause == Some(Cause::Failure) {
            metrics.count_store_error();
        }
        let exchange = self.exchange.take().map(|mut exchange| {
            let needs = std::mem::take(&mut self.trail.needs);
            exchange.learn(&self.trail, status, told.unwrap_or("-"), received);
            exchange.needs = needs;
            exchange.refused = self.observers.recent.as_ref().and_then(|_| refused());
            Arc::new(exchange)
        });
        if let (Some(recent), Some(exchange)) = (&self.observers.recent, &exchange) {
            recent.push(Arc::clone(exchange));
        }
        let observers = Arc::clone(&self.observers);
        Ending { observers, started: self.started, received, sent: 0, exchange }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        let metrics = &self.observers.metrics;
        metrics.count_request(self.trail.operation, CLIENT_GONE);
        metrics.count_end(0, 0, self.started.elapsed());
        if let Some(mut exchange) = self.exchange.take() {
            exchange.learn(&self.trail, CLIENT_GONE, "client-gone", 0);
            let exchange = Arc::new(exchange);
            exchange.end(0, self.started);
            if let Some(log) = &self.observers.access_log {
                log.write(&exchange.line());
            }
            if let Some(recent) = &self.observers.recent {
                recent.push(exchange);
            }
        }
    }
}

/// An answer on its way out. Dropped, the exchange is over.
pub(crate) struct Ending {
    observers: Watching,
    started: Instant,
    received: u64,
    sent: u64,
    exchange: Option<Arc<Exchange>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let metrics = &self.observers.metrics;
        metrics.count_end(self.received, self.sent, self.started.elapsed());
        if let Some(exchange) = &self.exchange {
            exchange.end(self.sent, self.started);
            if let Some(log) = &self.observers.access_log {
                log.write(&exchange.line());
            }
        }
    }
}

/// A request and its answer.
pub(crate) struct Exchange {
    time: i64,
    remote: SocketAddr,
    method: String,
    host: String,
    path: String,
    query: Option<String>,
    pub(crate) request_id: String,
    status: u16,
    cause: &'static str,
    operation: &'static str,
    needs: Vec<Needed>,
    secret_id: Option<String>,
    received: u64,
    sent: AtomicU64,
    micros: AtomicU64,
    over: AtomicBool,
    pub(crate) refused: Option<RefusedHead>,
}

impl Exchange {
    fn new(remote: SocketAddr, now: i64, id: &RequestId) -> Self {
        Self {
            time: now,
            remote,
            method: "-".to_owned(),
            host: "-".to_owned(),
            path: "-".to_owned(),
            query: None,
            request_id: id.request.clone(),
            status: 0,
            cause: "-",
            operation: "-",
            needs: Vec::new(),
            secret_id: None,
            received: 0,
            sent: AtomicU64::new(0),
            micros: AtomicU64::new(0),
            over: AtomicBool::new(false),
            refused: None,
        }
    }

    /// With what the head says.
    fn of(self, parts: &Parts) -> Self {
        let host = parts.headers.get(HOST).map(|host| String::from_utf8_lossy(host.as_bytes()));
        Self {
            method: shorten(parts.method.as_str()),
            host: shorten(&redact::text(&host.unwrap_or_default())),
            path: shorten(&redact::path(parts.uri.path())),
            query: parts.uri.query().and_then(redact::query).as_deref().map(shorten),
            ..self
        }
    }

    fn learn(&mut self, trail: &Trail, status: u16, cause: &'static str, received: u64) {
        self.status = status;
        self.cause = cause;
        self.operation = trail.operation;
        self.secret_id = trail.secret_id.as_deref().map(shorten);
        self.received = received;
    }

    fn end(&self, sent: u64, started: Instant) {
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.sent.store(sent, Ordering::Relaxed);
        self.micros.store(micros, Ordering::Relaxed);
        self.over.store(true, Ordering::Release);
    }

    /// What is shown of it.
    pub(crate) fn line(&self) -> Line<'_> {
        let is_over = self.over.load(Ordering::Acquire);
        Line {
            time: iso8601(self.time),
            remote: self.remote.to_string(),
            method: &self.method,
            host: &self.host,
            path: &self.path,
            query: self.query.as_deref(),
            operation: self.operation,
            needs: &self.needs,
            secret_id: self.secret_id.as_deref(),
            status: self.status,
            cause: self.cause,
            received: self.received,
            sent: is_over.then(|| self.sent.load(Ordering::Relaxed)),
            ms: is_over.then(|| self.micros.load(Ordering::Relaxed) as f64 / 1000.0),
            request_id: &self.request_id,
        }
    }
}

/// A line of the access log, and an entry of the list of recent requests. Scripts rely on its members; docs/operating.md
/// tells them.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    time: String,
    remote: String,
    method: &'a str,
    host: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    operation: &'static str,
    #[serde(skip_serializing_if = "<[Needed]>::is_empty")]
    needs: &'a [Needed],
    secret_id: Option<&'a str>,
    status: u16,
    cause: &'static str,
    received: u64,
    /// Not known before the exchange is over.
    sent: Option<u64>,
    ms: Option<f64>,
    request_id: &'a str,
}

fn shorten(text: &str) -> String {
    match text.get(..text.floor_char_boundary(SHOWN_MAX)) {
        Some(head) if head.len() < text.len() => format!("{head}…"),
        _ => text.to_owned(),
    }
}

/// The body of an answer, counted on its way out.
pub(crate) struct Counted {
    pub(crate) body: ReplyBody,
    pub(crate) ending: Ending,
    pub(crate) _answering: Answering,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Self { body, ending, .. } = self.get_mut();
        let frame = Pin::new(body).poll_frame(context);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                ending.sent += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            Poll::Ready(Some(Err(_))) => ending.observers.metrics.count_store_error(),
            _ => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
