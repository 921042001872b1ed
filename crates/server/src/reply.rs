//! The last stage: an answer, with the headers that each one bears.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use cospass_protocol::xml::ErrorDocument;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue, SERVER,
};
use http::{HeaderMap, Method, Response, StatusCode, Version};
use hyper::body::{Body, Frame, SizeHint};

use crate::clock::http_date;
use crate::download::Download;
use crate::refusal::Refusal;
use crate::request_id::RequestId;
use crate::spelling::spelled;

const XML: HeaderValue = HeaderValue::from_static("application/xml");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-cos-request-id");
const TRACE_ID: HeaderName = HeaderName::from_static("x-cos-trace-id");

/// As many headers as most answers have at most, so that their map need not grow.
const HEADERS: usize = 24;

/// An answer before the headers that all answers share.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ReplyBody,
    /// The length to tell instead of the body's: that of the object, to a HEAD.
    pub(crate) length: Option<u64>,
}

impl Reply {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::with_capacity(HEADERS),
            body: ReplyBody::Whole(Bytes::new()),
            length: None,
        }
    }

    /// A whole text, XML unless a header says otherwise.
    pub(crate) fn text(document: String) -> Self {
        Self { body: ReplyBody::Whole(document.into()), ..Self::empty(StatusCode::OK) }
    }

    pub(crate) fn xml(document: String) -> Self {
        Self::text(document)
    }

    /// With one more header; a value that HTTP cannot carry is left out.
    pub(crate) fn header(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        if let Ok(value) = value.try_into() {
            self.headers.insert(name, value);
        }
        self
    }

    /// An error: a document, except to a HEAD.
    pub(crate) fn refusal(
        refusal: &Refusal,
        method: &Method,
        resource: String,
        id: &RequestId,
    ) -> Self {
        let code = refusal.cause.code();
        let status = StatusCode::from_u16(code.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let document = ErrorDocument {
            code: code.to_string(),
            message: refusal.message().to_owned(),
            evidence: refusal.evidence().cloned(),
            resource,
            request_id: id.request.clone(),
            trace_id: id.trace.to_owned(),
        };
        let body = if method == Method::HEAD { String::new() } else { document.write() };
        let mut reply = Self { status, ..Self::xml(body) };
        reply.headers.extend(refusal.headers().iter().cloned());
        reply
    }

    /// The response that goes out.
    pub(crate) fn finish(self, shared: Shared<'_>) -> Response<ReplyBody> {
        let Self { status, mut headers, body, length } = self;
        if status != StatusCode::NO_CONTENT {
            let length = length.unwrap_or_else(|| body.length());
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        headers.entry(CONTENT_TYPE).or_insert(XML);
        headers.insert(SERVER, HeaderValue::from_static("tencent-cos"));
        let connection = if shared.keep_alive { "keep-alive" } else { "close" };
        headers.insert(CONNECTION, HeaderValue::from_static(connection));
        headers.insert(DATE, date(shared.now));
        if let Ok(id) = HeaderValue::try_from(shared.id.request.as_str()) {
            headers.insert(REQUEST_ID, id);
        }
        headers.insert(TRACE_ID, HeaderValue::from_static(shared.id.trace));
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.version_mut() = Version::HTTP_11;
        *response.headers_mut() = headers;
        response
    }
}

thread_local! {
    /// The second that was written last, and how.
    static DATE_NOW: RefCell<(i64, HeaderValue)> =
        const { RefCell::new((i64::MIN, HeaderValue::from_static(""))) };
}

/// A Unix time as a header. Many answers go out in one second, so that it is seldom written.
fn date(now: i64) -> HeaderValue {
    DATE_NOW.with_borrow_mut(|(second, text)| {
        if *second != now {
            *text = HeaderValue::try_from(http_date(now)).unwrap_or(HeaderValue::from_static(""));
            *second = now;
        }
        text.clone()
    })
}

/// An answer whose body is in memory as it goes over the wire, where hyper does not write it.
pub(crate) fn to_wire(response: Response<ReplyBody>) -> Bytes {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut wire = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in response.headers() {
        wire.extend_from_slice(spelled(name.as_str()).as_bytes());
        wire.extend_from_slice(b": ");
        wire.extend_from_slice(value.as_bytes());
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"\r\n");
    if let ReplyBody::Whole(body) = response.into_body() {
        wire.extend_from_slice(&body);
    }
    wire.into()
}

/// What all answers share.
pub(crate) struct Shared<'a> {
    pub(crate) id: &'a RequestId,
    /// Unix seconds.
    pub(crate) now: i64,
    /// Whether the connection serves another request after this one.
    pub(crate) keep_alive: bool,
}

/// The body of an answer.
pub(crate) enum ReplyBody {
    /// In memory.
    Whole(Bytes),
    /// From a blob.
    Download(Download),
}

impl ReplyBody {
    fn length(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Download(download) => download.left(),
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Download(download) => {
                download.poll_piece(context).map(|piece| piece.map(|bytes| bytes.map(Frame::data)))
            }
        }
    }

    /// Never known beforehand: hyper drops the `Content-Length: 0` of a 304 whose body says that it is at its end, and
    /// the Python SDK cannot read a 304 without one.
    fn is_end_stream(&self) -> bool {
        false
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_date() {
        for now in [0, 1, 1, 1_700_000_000, 0] {
            assert_eq!(date(now), http_date(now), "{now}");
        }
    }
}
