//! How a request reaches a server: one method, so that a test, a proxy or another HTTP stack can stand in its place.
//!
//! The path and the query go over the wire as they are signed. [`HyperTransport`] is hyper's client and not reqwest,
//! since reqwest reads every URL with the WHATWG parser, which takes `/a/../b` and `/a/%2e%2e/b` for `/b`: another object
//! than the one that was signed. It follows no redirect, decodes no body and asks no proxy of the environment
//! ([`TransportBuilder::proxy`] names one).

mod builder;
mod connector;
mod proxy;
mod resolver;
mod trust;

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, Sleep};

use connector::Connector;

pub use builder::TransportBuilder;
pub use proxy::{Proxy, ProxyError};
pub use resolver::Resolve;
pub use trust::{CertificateError, Identity, Trust};

/// The body of a request or an answer.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What [`Transport::send`] returns.
pub type Sending<'a> =
    Pin<Box<dyn Future<Output = Result<Response<Body>, TransportError>> + Send + 'a>>;

/// Sends one request and returns the head of its answer, with the body still to come.
pub trait Transport: Send + Sync {
    /// Sends a request whose URI is absolute. Path, query and headers must go over the wire as they are.
    fn send(&self, request: Request<Body>) -> Sending<'_>;
}

/// Why there is no answer.
#[derive(Debug)]
pub enum TransportError {
    /// No connection could be made: nothing was sent.
    Connect {
        /// What the system said.
        cause: String,
    },
    /// The server's certificate is not trusted, or is of another host: nothing was sent.
    Untrusted {
        /// What is wrong with it.
        cause: String,
    },
    /// The connection broke, or what came was no HTTP.
    Interrupted {
        /// What was seen.
        cause: String,
    },
    /// Nothing came for too long.
    Timeout {
        /// For how long.
        waited: Duration,
    },
    /// The URL or a header cannot stand in a request: nothing was sent.
    Unsendable {
        /// What is wrong.
        cause: String,
    },
    /// The system has no certificates by which a server could be known: nothing was sent.
    NoCertificates {
        /// What the system said.
        cause: String,
    },
}

impl TransportError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Connect { .. } => "network-connect",
            Self::Untrusted { .. } => "certificate-untrusted",
            Self::Interrupted { .. } => "network-interrupted",
            Self::Timeout { .. } => "network-timeout",
            Self::Unsendable { .. } => "request-unsendable",
            Self::NoCertificates { .. } => "no-certificates",
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { cause } => write!(f, "cannot connect: {cause}"),
            Self::Untrusted { cause } => {
                write!(f, "the server's certificate is not trusted: {cause}")
            }
            Self::Interrupted { cause } => write!(f, "the connection broke: {cause}"),
            Self::Timeout { waited } => {
                write!(f, "nothing came from the server for {} s", waited.as_secs())
            }
            Self::Unsendable { cause } => write!(f, "the request cannot be sent: {cause}"),
            Self::NoCertificates { cause } => {
                write!(f, "no certificates to know a server by: {cause}")
            }
        }
    }
}

impl Error for TransportError {}

/// HTTP/1.1 over TCP and TLS, with a pool of connections. Cheap to clone; clones share the pool.
#[derive(Clone)]
pub struct HyperTransport {
    plain: Client<Connector, Body>,
    /// Or why `https` cannot be spoken.
    secure: Result<Client<HttpsConnector<Connector>, Body>, String>,
    proxy: Option<Proxy>,
    idle: Duration,
}

impl HyperTransport {
    /// A transport that trusts the certificates of the system.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Begins to describe a transport.
    pub fn builder() -> TransportBuilder {
        TransportBuilder::new()
    }

    /// A transport that gives up when nothing comes for so long.
    pub fn with_idle_timeout(idle: Duration) -> Self {
        Self::builder().idle_timeout(idle).build()
    }

    /// A transport that connects to one address whatever host a URL names: an endpoint on this machine that stands for
    /// the service, as `curl --connect-to` does it. A port that a URL names is kept.
    pub fn to_address(address: SocketAddr) -> Self {
        Self::builder().address(address).build()
    }

    /// As [`to_address`](Self::to_address), and gives up when nothing comes for so long.
    pub fn to_address_with(address: SocketAddr, idle: Duration) -> Self {
        Self::builder().address(address).idle_timeout(idle).build()
    }

    /// The same connections for requests that may wait for so long.
    #[must_use]
    pub fn patient(&self, idle: Duration) -> Self {
        Self { idle, ..self.clone() }
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        let moved = Arc::new(Mutex::new(Instant::now()));
        let noting = Arc::clone(&moved);
        let mut request = request.map(|body| Noted { body, moved: noting }.boxed_unsync());
        if let Some(proxy) = &self.proxy {
            proxy.authorize(&mut request);
        }
        let sending = match (request.uri().scheme_str(), &self.secure) {
            (Some("https"), Ok(secure)) => secure.request(request),
            (Some("https"), Err(cause)) => {
                return Err(TransportError::NoCertificates { cause: cause.clone() });
            }
            _ => self.plain.request(request),
        };
        tokio::pin!(sending);
        let answer = loop {
            let due = *moved.lock().unwrap_or_else(PoisonError::into_inner) + self.idle;
            if due <= Instant::now() {
                return Err(TransportError::Timeout { waited: self.idle });
            }
            tokio::select! {
                biased;
                answer = &mut sending => break answer,
                () = tokio::time::sleep_until(due) => {}
            }
        };
        match answer {
            Err(error) if error.is_connect() => Err(not_connected(&error)),
            Err(error) => Err(TransportError::Interrupted { cause: chain(&error) }),
            Ok(answer) => Ok(answer.map(|body| Watched::new(body, self.idle).boxed_unsync())),
        }
    }
}

/// A request's body that notes when it was last asked for more.
struct Noted {
    body: Body,
    moved: Arc<Mutex<Instant>>,
}

impl hyper::body::Body for Noted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn pooled() -> hyper_util::client::legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(Duration::from_secs(30));
    builder
}

impl Default for HyperTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport").field("idle", &self.idle).finish_non_exhaustive()
    }
}

impl Transport for HyperTransport {
    fn send(&self, request: Request<Body>) -> Sending<'_> {
        Box::pin(self.exchange(request))
    }
}

/// Why there is no connection.
fn not_connected(error: &(dyn Error + 'static)) -> TransportError {
    match trust::complaint(error) {
        Some(cause) => TransportError::Untrusted { cause },
        // What stands before the first source is that it is a client, and that it connects.
        None => TransportError::Connect { cause: chain(error.source().unwrap_or(error)) },
    }
}

/// An error and what it comes from; a URL is never among it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// A body that fails when nothing of it comes for too long.
struct Watched {
    body: Incoming,
    idle: Duration,
    due: Pin<Box<Sleep>>,
}

impl Watched {
    fn new(body: Incoming, idle: Duration) -> Self {
        Self { body, idle, due: Box::pin(tokio::time::sleep(idle)) }
    }
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let due = Instant::now() + self.idle;
            self.due.as_mut().reset(due);
            return Poll::Ready(frame.map(|frame| frame.map_err(broken)));
        }
        match self.due.as_mut().poll(context) {
            Poll::Ready(()) => {
                Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "nothing came"))))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn broken(error: hyper::Error) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, chain(&error))
}
