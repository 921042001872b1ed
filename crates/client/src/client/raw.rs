//! Anything else: a request that no operation stands for, signed and sent as it is told.

use bytes::Bytes;
use cospass_protocol::operation::{Parts, Resource};
use cospass_protocol::{Bucket, ObjectKey};
use http::HeaderMap;

use super::{Call, Client};
use crate::error::Error;
use crate::payload::Payload;
use crate::retry::Repeat;

/// A request that is signed and sent as it is told.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// The method in upper case.
    pub method: String,
    /// The bucket; none for the account.
    pub bucket: Option<Bucket>,
    /// The key; [`ObjectKey::bucket`] for the bucket itself.
    pub key: ObjectKey,
    /// The query parameters, raw; all are signed.
    pub params: Vec<(String, String)>,
    /// The headers, raw; those of the service's list are signed.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// Whether it may be sent twice.
    pub repeat: Repeat,
}

impl RawRequest {
    /// A request for a bucket or an object in it, without anything else, that is not sent twice.
    pub fn new(method: &str, bucket: Option<Bucket>, key: ObjectKey) -> Self {
        Self {
            method: method.to_owned(),
            bucket,
            key,
            params: Vec::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            repeat: Repeat::IfNotDone,
        }
    }
}

/// What a [`RawRequest`] is answered with.
#[derive(Clone, Debug)]
pub struct RawAnswer {
    /// The status, 200 to 299.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, 8 MiB at most.
    pub body: Bytes,
}

impl Client {
    /// Signs and sends a request.
    ///
    /// # Errors
    /// [`Error`]; a status of 300 and above is one.
    pub async fn raw(&self, request: RawRequest) -> Result<RawAnswer, Error> {
        let bytes = |pairs: Vec<(String, String)>| {
            pairs
                .into_iter()
                .map(|(name, value)| (name.into_bytes().into(), value.into_bytes().into()))
                .collect()
        };
        let parts = Parts {
            method: request.method.into(),
            resource: match request.bucket {
                None => Resource::Service,
                Some(bucket) => Resource::new(bucket, request.key),
            },
            params: bytes(request.params),
            headers: bytes(request.headers),
        };
        let payload = match request.body.is_empty() {
            true => Payload::default(),
            false => Payload::bytes(request.body),
        };
        let call = Call::new("raw", parts, payload, request.repeat)?;
        let (answer, body) = self.perform(&call, true).await?;
        Ok(RawAnswer { status: answer.status, headers: answer.headers, body })
    }
}
