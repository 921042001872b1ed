//! What came back: headers that are read into values, bodies that are read within limits, and refusals.

use bytes::Bytes;
use cospass_protocol::operation::ContentHeaders;
use cospass_protocol::xml::{ErrorDocument, Evidence};
use cospass_sign::explain::{Cause, Evidence as Inquest, ServerView, explain};
use cospass_sign::{Claim, RequestHead};
use http::{HeaderMap, Response};
use http_body_util::BodyExt;

use crate::error::{Error, Finding, ServiceError};
use crate::transport::{Body, TransportError};

/// The longest error document that is read, in bytes.
const ERROR_MAX: usize = 256 * 1024;

/// The longest document that is read: 1000 keys of 850 bytes, percent-encoded, and what stands around them.
const DOCUMENT_MAX: usize = 8 * 1024 * 1024;

/// The prefix of user metadata.
const META: &str = "x-cos-meta-";

/// An answer that is no refusal.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Answer {
    pub(crate) fn of(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status.as_u16(), headers: head.headers, body }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        text(&self.headers, name)
    }

    pub(crate) fn etag(&self) -> Result<String, Error> {
        self.text("etag").map(str::to_owned).ok_or(Error::Header { name: "ETag" })
    }

    pub(crate) fn crc64(&self) -> Option<u64> {
        self.text("x-cos-hash-crc64ecma")?.parse().ok()
    }

    /// The length of the body that it tells.
    pub(crate) fn length(&self) -> Option<u64> {
        self.text("content-length")?.parse().ok()
    }

    /// The whole body of a short answer.
    pub(crate) async fn document(&mut self) -> Result<Bytes, Error> {
        read_whole(&mut self.body, DOCUMENT_MAX).await
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Reads a body into memory.
pub(crate) async fn read_whole(body: &mut Body, most: usize) -> Result<Bytes, Error> {
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Error::Transport(TransportError::Interrupted { cause: error.to_string() })
        })?;
        if let Some(piece) = frame.data_ref() {
            if read.len() + piece.len() > most {
                return Err(Error::AnswerTooLong);
            }
            read.extend_from_slice(piece);
        }
    }
    Ok(read.into())
}

/// What the service tells of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectHead {
    /// All of it, in bytes.
    pub size: u64,
    /// The entity tag in quotes.
    pub etag: String,
    /// The CRC64 of all of it.
    pub crc64: Option<u64>,
    /// When it was uploaded, as HTTP writes it.
    pub last_modified: String,
    /// The headers that are kept with it.
    pub content: ContentHeaders,
    /// User metadata: names without `x-cos-meta-`, in lower case, and values.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// The storage class; `STANDARD` where the service does not say.
    pub storage_class: String,
    /// Which version it is, in a bucket that keeps versions.
    pub version_id: Option<String>,
    /// Whether it was appended to, so that it can be again.
    pub is_appendable: bool,
    /// How far it is restored, if it is archived.
    pub restore: Option<String>,
    /// `RequestId`, by which the service's people find the request.
    pub request_id: String,
}

impl ObjectHead {
    /// Reads the headers of an answer to GET or HEAD; `size` is that of the object, whatever range was asked for.
    pub(crate) fn of(headers: &HeaderMap, size: u64) -> Self {
        let owned = |name| text(headers, name).map(str::to_owned);
        let raw = |name| headers.get(name).map(|value| value.as_bytes().to_vec());
        let metadata = headers.iter().filter_map(|(name, value)| {
            Some((name.as_str().strip_prefix(META)?.to_owned(), value.as_bytes().to_vec()))
        });
        Self {
            size,
            etag: owned("etag").unwrap_or_default(),
            crc64: text(headers, "x-cos-hash-crc64ecma").and_then(|text| text.parse().ok()),
            last_modified: owned("last-modified").unwrap_or_default(),
            content: ContentHeaders {
                cache_control: raw("cache-control"),
                content_disposition: raw("content-disposition"),
                content_encoding: raw("content-encoding"),
                content_language: raw("content-language"),
                content_type: raw("content-type"),
                expires: raw("expires"),
            },
            metadata: metadata.collect(),
            storage_class: owned("x-cos-storage-class").unwrap_or_else(|| "STANDARD".to_owned()),
            version_id: owned("x-cos-version-id"),
            is_appendable: text(headers, "x-cos-object-type") == Some("appendable"),
            restore: owned("x-cos-restore"),
            request_id: owned("x-cos-request-id").unwrap_or_default(),
        }
    }
}

/// A request as it was sent, for [`explain`].
pub(crate) struct Sent<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a [(String, String)],
    /// Whether it was signed here, so that what is sent is what was signed. The SecretKey that signed it tells nothing
    /// then: of course the signature is its own.
    pub(crate) is_signed_here: bool,
    pub(crate) now: i64,
}

/// Reads a refusal, and finds out why if it is the signature.
pub(crate) async fn read_refusal(mut answer: Answer, sent: &Sent<'_>) -> ServiceError {
    // What cannot be read is absent, as it is to a HEAD: the status says enough.
    let body = read_whole(&mut answer.body, ERROR_MAX).await.unwrap_or_default();
    refusal_of(answer.status, &answer.headers, &body, sent)
}

/// The refusal that a body tells, be it behind the status 200, as copying and completing may answer.
pub(crate) fn refusal_of(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    sent: &Sent<'_>,
) -> ServiceError {
    let document = ErrorDocument::read(body.trim_ascii()).ok();
    let header = |name| text(headers, name).unwrap_or_default().to_owned();
    let Some(document) = document else {
        return ServiceError {
            status,
            code: String::new(),
            message: String::new(),
            request_id: header("x-cos-request-id"),
            trace_id: header("x-cos-trace-id"),
            finding: None,
            expired: false,
        };
    };
    // Expired or not yet valid by the server's clock, whatever language it says it in.
    let expired = matches!(document.evidence, Some(Evidence::ServerTime(_)))
        || document.message == "Request has expired"
        || document.code == "ExpiredToken";
    let is_signature = document.code == "SignatureDoesNotMatch";
    let finding = is_signature.then(|| find(&document, sent)).flatten();
    ServiceError {
        status,
        code: document.code,
        message: document.message,
        request_id: document.request_id,
        trace_id: document.trace_id,
        finding,
        expired,
    }
}

fn find(document: &ErrorDocument, sent: &Sent<'_>) -> Option<Finding> {
    let mut server = ServerView {
        code: document.code.clone(),
        message: document.message.clone(),
        ..ServerView::default()
    };
    if let Some(Evidence::Signed { string_to_sign, format_string }) = &document.evidence {
        server.string_to_sign = Some(string_to_sign.clone());
        server.format_string = Some(format_string.clone().into_bytes());
    }
    let headers: Vec<_> = sent.headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
    let query = sent.query.map(str::as_bytes);
    let head = RequestHead::new(sent.method, sent.path.as_bytes(), query, &headers);
    let inquest = Inquest {
        original: sent.is_signed_here.then_some(head),
        server: Some(&server),
        now: Some(sent.now),
        ..Inquest::new(head)
    };
    let explanation = explain(&inquest);
    let cause = explanation.cause();
    if matches!(cause, Cause::WrongSecretKey { .. } | Cause::Unverified) && !sent.is_signed_here {
        return Some(holders_finding(&head));
    }
    let text = cause.to_string();
    Some(Finding { cause: cause.id(), text, remedy: cause.remedy().to_owned() })
}

/// The server saw what was sent. To a URL, its holder adds a method and headers, so that these are what is wrong, unless
/// the URL itself was changed.
fn holders_finding(head: &RequestHead<'_>) -> Finding {
    let claim = Claim::read(head);
    let given = |name: &&str| *name != "host" && head.header(name.as_bytes()).is_some();
    let names: Vec<_> =
        claim.iter().flat_map(Claim::signed_headers).filter(given).map(str::to_owned).collect();
    let method = head.method();
    if names.is_empty() {
        return Finding {
            cause: "wrong-method",
            text: format!("the URL is signed for another method than {method}, or was changed"),
            remedy: "Ask for a URL for this, and use it as it stands.".to_owned(),
        };
    }
    Finding {
        cause: "wrong-header",
        text: format!(
            "the URL is signed with another value of {}, or for another method than {method}",
            names.join(", ")
        ),
        remedy: "Send the values that it was signed with.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: Sent<'_> = Sent {
        method: "GET",
        path: "/a",
        query: None,
        headers: &[],
        is_signed_here: false,
        now: 0,
    };

    #[test]
    fn a_refusal_is_read_from_its_document_or_its_headers() {
        let body = b"<Error><Code>NoSuchKey</Code><Message>m</Message><RequestId>r</RequestId><TraceId>t</TraceId></Error>\n";
        let refusal = refusal_of(404, &HeaderMap::new(), body, &SENT);
        assert_eq!(
            (refusal.code.as_str(), refusal.message.as_str(), refusal.request_id.as_str()),
            ("NoSuchKey", "m", "r")
        );
        assert_eq!((refusal.trace_id.as_str(), refusal.cause()), ("t", "NoSuchKey"));
        let headers =
            HeaderMap::from_iter([("x-cos-request-id".parse().unwrap(), "r2".parse().unwrap())]);
        let refusal = refusal_of(404, &headers, b"<html>", &SENT);
        assert_eq!((refusal.request_id.as_str(), refusal.cause()), ("r2", "refused"));
    }

    #[test]
    fn what_has_ended_is_told_by_name() {
        for body in [
            "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
            "<Error><Code>AccessDenied</Code><ServerTime>2019-04-09T03:39:20Z</ServerTime></Error>",
            "<Error><Code>ExpiredToken</Code></Error>",
        ] {
            let refusal = refusal_of(403, &HeaderMap::new(), body.as_bytes(), &SENT);
            assert!(refusal.is_expired() && refusal.cause() == "expired", "{body}");
        }
        let denied = b"<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>";
        assert!(!refusal_of(403, &HeaderMap::new(), denied, &SENT).is_expired());
    }

    #[test]
    fn what_is_told_of_an_object_is_read() {
        let headers = [
            ("etag", "\"e\""),
            ("x-cos-hash-crc64ecma", "7"),
            ("content-type", "text/plain"),
            ("x-cos-meta-a", "b"),
            ("x-cos-object-type", "appendable"),
        ];
        let headers = headers
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        let head = ObjectHead::of(&HeaderMap::from_iter(headers), 3);
        assert_eq!((head.size, head.etag.as_str(), head.crc64), (3, "\"e\"", Some(7)));
        assert_eq!(head.metadata, [("a".to_owned(), b"b".to_vec())]);
        assert_eq!(head.content.content_type.as_deref(), Some(&b"text/plain"[..]));
        assert!(head.is_appendable && head.storage_class == "STANDARD");
    }
}
