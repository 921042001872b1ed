//! Requests of an examination: sent once, whatever comes, and read within limits.

use bytes::Bytes;
use cospass_protocol::xml::ErrorDocument;
use cospass_protocol::{ObjectKey, PresignRequest, Presigner};
use cospass_sign::KeyTime;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};

use super::Doctor;
use crate::answer::read_whole;
use crate::transport::TransportError;

/// For how long the signatures hold, in seconds.
const SECONDS: i64 = 300;

/// The longest answer that is read, in bytes.
const ANSWER_MAX: usize = 1 << 20;

/// Somebody who asks one bucket.
pub(super) struct Asking<'a> {
    doctor: &'a Doctor<'a>,
    now: i64,
}

/// A request for a bucket, or for a key in it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) key: Option<&'a ObjectKey>,
    pub(super) params: Pairs<'a>,
    /// Sent, and not signed.
    pub(super) headers: Pairs<'a>,
    pub(super) body: &'static [u8],
}

impl<'a> Asked<'a> {
    /// For the bucket, without anything else.
    pub(super) fn new(method: &'a str) -> Self {
        Self { method, key: None, params: &[], headers: &[], body: b"" }
    }
}

/// What came.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// `Code` of a refusal; empty if it has none.
    pub(super) code: String,
    /// `Message`, likewise.
    pub(super) message: String,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) fn is_done(&self) -> bool {
        self.status < 300
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The refusal in a few words.
    pub(super) fn told(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            ("", _) => self.status.to_string(),
            (code, "") => format!("{} {code}", self.status),
            (code, message) => format!("{} {code}: {message}", self.status),
        }
    }
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

impl<'a> Asking<'a> {
    pub(super) fn new(doctor: &'a Doctor<'a>) -> Self {
        Self { doctor, now: doctor.now }
    }

    /// Signs by a clock that is ahead of this machine's by so many seconds.
    pub(super) fn with_clock_off_by(self, seconds: i64) -> Self {
        Self { now: self.now.saturating_add(seconds), ..self }
    }

    /// An unsigned request for the bucket.
    pub(super) async fn unsigned(&self, asked: Asked<'_>) -> Result<Reply, TransportError> {
        let host = self.doctor.endpoint.host(self.doctor.bucket, self.doctor.scheme);
        let params = asked.params.iter();
        let query: Vec<_> = params.map(|(name, value)| format!("{name}={value}")).collect();
        let url = format!("{}://{host}/?{}", self.doctor.scheme.as_str(), query.join("&"));
        self.send(url.trim_end_matches('?'), asked).await
    }

    /// A signed request.
    pub(super) async fn signed(&self, asked: Asked<'_>) -> Result<Reply, TransportError> {
        let Doctor { bucket, endpoint, scheme, credentials, .. } = *self.doctor;
        let root = ObjectKey::bucket();
        let key = asked.key.unwrap_or(&root);
        let request = PresignRequest {
            params: asked.params,
            scheme,
            ..PresignRequest::new(asked.method, bucket, key, endpoint)
        };
        let end = self.now.saturating_add(SECONDS);
        let key_time = KeyTime::new(self.now.saturating_sub(KeyTime::BACKDATE_SECONDS), end);
        let signed = Presigner::new(credentials.clone()).presign(&request, key_time);
        let signed =
            signed.map_err(|error| TransportError::Unsendable { cause: error.to_string() })?;
        self.send(signed.url(), asked).await
    }

    async fn send(&self, url: &str, asked: Asked<'_>) -> Result<Reply, TransportError> {
        let mut request = Request::builder().method(asked.method).uri(url);
        for (name, value) in asked.headers {
            request = request.header(*name, *value);
        }
        if matches!(asked.method, "PUT" | "POST") {
            request = request.header("Content-Length", asked.body.len());
        }
        let body = Full::new(Bytes::from_static(asked.body)).map_err(|never| match never {});
        let body = body.boxed_unsync();
        let request = request.body(body);
        let request =
            request.map_err(|error| TransportError::Unsendable { cause: error.to_string() })?;
        let (head, mut body) = self.doctor.transport.send(request).await?.into_parts();
        let bytes = read_whole(&mut body, ANSWER_MAX).await.unwrap_or_default();
        let refusal = ErrorDocument::read(&bytes).ok();
        let (code, message) =
            refusal.map(|refusal| (refusal.code, refusal.message)).unwrap_or_default();
        Ok(Reply {
            status: head.status.as_u16(),
            headers: head.headers,
            code,
            message,
            body: bytes,
        })
    }
}
