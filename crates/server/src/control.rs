//! The control listener: what an operator, or a test, asks of a running endpoint, as small HTTP.
//!
//! ```text
//! GET  /health     200 if the store answers and the endpoint is not stopping, else 503
//! GET  /metrics    counters, as Prometheus reads them
//! GET  /requests   the latest requests, and why signatures among them did not hold   ?limit=N  ?id=REQUEST_ID
//! GET  /clock      {"now":1700000000,"clock":"system"}
//! POST /clock      {"fixed":UNIX} {"offset":"+15m"} {"advance":"2h"} {"system":true}
//! ```
//!
//! There are no credentials: whoever reaches it may use it. So it lies on a loopback address unless that is waived, and a
//! web page cannot reach it through a browser: see [`Guard`].

mod clock;
mod guard;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cospass_protocol::{Bucket, ObjectKey};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

pub(crate) use guard::Guard;

use crate::endpoint::Endpoint;
use crate::recent;
use crate::store::{Store, StoreError};

/// The most connections at a time; more wait.
const CONNECTIONS: usize = 16;

/// The longest body of a request, in bytes.
const BODY_MAX: usize = 4096;

/// How long a request's head, and then its body, may take.
const REQUEST_TIME: Duration = Duration::from_secs(5);

/// How long the store may take to answer before it counts as failed.
const STORE_TIME: Duration = Duration::from_secs(5);

/// How long to wait after the system refused a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until it is aborted; `stop` tells when the endpoint begins to stop.
pub(crate) async fn serve(
    listener: TcpListener,
    guard: Guard,
    endpoint: Arc<Endpoint>,
    stop: watch::Receiver<bool>,
) {
    let control = Arc::new(Control { guard, endpoint, stop });
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    // Aborted with this task.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok(permit) = Arc::clone(&free).acquire_owned().await {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let control = Arc::clone(&control);
                connections.spawn(async move {
                    control.connection(stream).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a control connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

struct Control {
    guard: Guard,
    endpoint: Arc<Endpoint>,
    stop: watch::Receiver<bool>,
}

type Answer = Response<Full<Bytes>>;

impl Control {
    async fn connection(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(|request| {
            let control = Arc::clone(&self);
            async move { Ok::<_, Infallible>(control.answer(request).await) }
        });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(REQUEST_TIME)
            .serve_connection(TokioIo::new(stream), service)
            .await;
        if let Err(error) = served {
            tracing::debug!(%error, "a control connection ended early");
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        if let Err(why) = self.guard.check(request.method(), request.headers()) {
            return refusal(StatusCode::FORBIDDEN, "forbidden", &why);
        }
        let is_read = [Method::GET, Method::HEAD].contains(request.method());
        match request.uri().path() {
            "/health" if is_read => self.health().await,
            "/metrics" if is_read => self.metrics(),
            "/requests" if is_read => self.requests(request.uri().query()).await,
            "/clock" if is_read => clock::show(&self.endpoint.clock),
            "/clock" if request.method() == Method::POST => self.set_clock(request).await,
            "/clock" => not_allowed("GET, HEAD, POST"),
            "/health" | "/metrics" | "/requests" => not_allowed("GET, HEAD"),
            _ => {
                let what = "there are /health, /metrics, /requests and /clock";
                refusal(StatusCode::NOT_FOUND, "not-found", what)
            }
        }
    }

    async fn health(&self) -> Answer {
        if *self.stop.borrow() || self.stop.has_changed().is_err() {
            return json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "stopping" }));
        }
        let asked = self.endpoint.store.blocking(answers);
        match timeout(STORE_TIME, asked).await {
            Ok(Ok(())) => json(StatusCode::OK, &json!({ "status": "ready" })),
            failed => {
                let reason = match failed {
                    Ok(Err(error)) => error.to_string(),
                    _ => "the store does not answer in time".to_owned(),
                };
                let status = json!({ "status": "failing", "reason": reason });
                json(StatusCode::SERVICE_UNAVAILABLE, &status)
            }
        }
    }

    fn metrics(&self) -> Answer {
        let mut answer = Response::new(Full::from(self.endpoint.observers.metrics.write()));
        let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        answer.headers_mut().insert(CONTENT_TYPE, kind);
        answer
    }

    async fn requests(&self, query: Option<&str>) -> Answer {
        let (mut most, mut id) = (usize::MAX, None);
        for piece in query.unwrap_or_default().split('&').filter(|piece| !piece.is_empty()) {
            match piece.split_once('=') {
                Some(("limit", number)) if number.parse::<usize>().is_ok() => {
                    most = number.parse().unwrap_or(usize::MAX);
                }
                Some(("id", text)) => {
                    let text = cospass_sign::percent::decode(text.as_bytes());
                    id = Some(String::from_utf8_lossy(&text).into_owned());
                }
                _ => {
                    let what = format!("{piece:?} is none of limit=NUMBER and id=REQUEST_ID");
                    return refusal(StatusCode::BAD_REQUEST, "bad-parameter", &what);
                }
            }
        }
        let recent = self.endpoint.observers.recent.as_ref();
        let list = recent.map(|recent| recent.list(most, id.as_deref())).unwrap_or_default();
        let endpoint = Arc::clone(&self.endpoint);
        let written = tokio::task::spawn_blocking(move || recent::write(&endpoint, &list)).await;
        match written {
            Ok(Ok(document)) => json_bytes(StatusCode::OK, document),
            _ => refusal(StatusCode::INTERNAL_SERVER_ERROR, "failure", "the list was not written"),
        }
    }

    async fn set_clock(&self, request: Request<Incoming>) -> Answer {
        let body = Limited::new(request.into_body(), BODY_MAX).collect();
        match timeout(REQUEST_TIME, body).await {
            Ok(Ok(body)) => match clock::change(&self.endpoint.clock, &body.to_bytes()) {
                Ok(()) => clock::show(&self.endpoint.clock),
                Err(why) => refusal(StatusCode::BAD_REQUEST, "bad-clock", &why),
            },
            _ => refusal(StatusCode::BAD_REQUEST, "bad-body", "the body did not come whole"),
        }
    }
}

/// Whether the store can be read: an object is looked for that need not be there.
fn answers(store: &Store) -> Result<(), StoreError> {
    let probe = Bucket::new("health-1").ok().zip(ObjectKey::new("health").ok());
    match probe.map(|(bucket, key)| store.find_object(&bucket, &key)) {
        Some(Err(error)) if !matches!(error, StoreError::NoSuchBucket) => Err(error),
        _ => Ok(()),
    }
}

fn json(status: StatusCode, value: &serde_json::Value) -> Answer {
    json_bytes(status, value.to_string().into_bytes())
}

fn json_bytes(status: StatusCode, mut document: Vec<u8>) -> Answer {
    document.push(b'\n');
    let mut answer = Response::new(Full::from(document));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Answer {
    json(status, &json!({ "error": { "code": code, "message": message } }))
}

fn not_allowed(methods: &'static str) -> Answer {
    let mut answer = refusal(StatusCode::METHOD_NOT_ALLOWED, "method", &format!("use {methods}"));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    answer
}
