//! Header names spelled exactly as the service spells them.
//!
//! Official SDKs look answers' headers up case-sensitively (`ETag`, `Content-Length`, `x-cos-…`), while hyper writes lower
//! case, or `Etag`. It keeps the spelling of a *request's* headers, though, as an extension of a type of its own, and
//! writes an answer that bears that extension in the same spelling. So one request that bears every name is led through
//! hyper in memory, once, and its extension goes along with every answer.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::HeaderName;
use http::{Extensions, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How many of the names stand in front because most answers bear no others.
const USUAL: usize = 8;

/// Every name that is not all lower case. Those that begin with `x-cos-` are.
const NAMES: [&str; 25] = [
    "Accept-Ranges",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Date",
    "ETag",
    "Last-Modified",
    "Server",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Allow",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Range",
    "Expires",
    "Location",
    "Transfer-Encoding",
    "Vary",
    "x-cos-server-side-encryption-customer-key-MD5",
];

/// A name, in lower case, as the service spells it.
pub(crate) fn spelled(name: &str) -> &str {
    NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name)
}

/// The spelling of all names.
#[derive(Clone)]
pub(crate) struct Spelling {
    /// Of the usual names alone: hyper wants a copy for each answer.
    usual: Extensions,
    all: Extensions,
}

impl Spelling {
    /// Learns it from hyper.
    pub(crate) async fn learn() -> io::Result<Self> {
        let usual = NAMES.get(..USUAL).unwrap_or_default();
        Ok(Self { usual: learn(usual).await?, all: learn(&NAMES).await? })
    }

    /// Gives an answer this spelling, and takes what else hyper was to be told of it.
    pub(crate) fn apply<B>(&self, response: &mut Response<B>) {
        let is_usual = |name: &HeaderName| {
            let name = name.as_str();
            let unusual = NAMES.get(USUAL..).unwrap_or_default();
            !unusual.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        let spelling =
            if response.headers().keys().all(is_usual) { &self.usual } else { &self.all };
        *response.extensions_mut() = spelling.clone();
    }
}

/// Learns some names.
async fn learn(names: &[&str]) -> io::Result<Extensions> {
    let seen = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&seen);
    let service = service_fn(move |request: Request<Incoming>| {
        *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.extensions().clone());
        async { Ok::<_, Infallible>(Response::new(String::new())) }
    });
    let (mut client, server) = tokio::io::duplex(4096);
    let mut head = String::from("GET / HTTP/1.1\r\n");
    for &name in names {
        let value = match name {
            "Connection" => "close",
            "Content-Length" => "0",
            "Transfer-Encoding" => "chunked",
            _ => "x",
        };
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n0\r\n\r\n");
    client.write_all(head.as_bytes()).await?;
    let connection = http1::Builder::new()
        .preserve_header_case(true)
        .serve_connection(TokioIo::new(server), service);
    let mut answer = Vec::new();
    let (served, _) = tokio::join!(connection, client.read_to_end(&mut answer));
    served.map_err(io::Error::other)?;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    seen.ok_or_else(|| io::Error::other("hyper kept no spelling of header names"))
}
