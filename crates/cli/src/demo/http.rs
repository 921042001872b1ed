//! One HTTP request on a connection of its own. The URL's path goes over the wire as it stands, no proxy is asked.

use bytes::Bytes;
use cospass_protocol::UrlParts;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::exit::{Exit, Failure};

/// The longest answer that is read into memory, in bytes.
const ANSWER_MAX: usize = 1024 * 1024;

/// What a request sends.
pub(super) type Body = BoxBody<Bytes, std::io::Error>;

/// A body without a byte.
pub(super) fn no_body() -> Body {
    Empty::new().map_err(|never| match never {}).boxed()
}

/// Sends a request and waits for the head of the answer.
pub(super) async fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Body,
) -> Result<Response<Incoming>, Failure> {
    let parts = UrlParts::read(url).map_err(|error| network(url, error))?;
    let target = match parts.query() {
        Some(query) => format!("{}?{query}", parts.path()),
        None => parts.path().to_owned(),
    };
    let mut request = Request::builder().method(method).uri(target);
    request = request.header("Host", parts.host_header());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body).map_err(|error| network(url, error))?;
    let stream = TcpStream::connect(parts.host()).await.map_err(|error| network(url, error))?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| network(url, error))?;
    // It ends with the answer, and its error is that of the answer.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(|error| network(url, error))
}

/// The whole body of a short answer.
pub(super) async fn read_short(mut answer: Response<Incoming>) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(frame) = answer.frame().await {
        let frame = frame.map_err(|error| network("the answer", error))?;
        if let Some(data) = frame.data_ref() {
            body.extend_from_slice(data);
        }
        if body.len() > ANSWER_MAX {
            return Err(network("the answer", "it is too long"));
        }
    }
    Ok(body)
}

/// The network, or the server, failed.
pub(super) fn network(what: &str, error: impl std::fmt::Display) -> Failure {
    let host = what.split('?').next().unwrap_or_default();
    Failure::new(Exit::Network, "network", format_args!("{host}: {error}"))
}
