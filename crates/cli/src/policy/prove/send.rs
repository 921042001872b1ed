//! Sends a request that stands as a question, signed or not.

use std::fmt;

use bytes::Bytes;
use cospass::{
    Body, Bucket, Client, Credentials, Endpoint, Error, Expires, FormKey, HyperTransport, KeyTime,
    ObjectKey, PresignRequest, Presigner, RawRequest, Scheme, Signer, Transport, UploadForm,
};
use cospass_protocol::operation::Resource;
use cospass_protocol::policy::Question;
use cospass_protocol::xml::ErrorDocument;
use cospass_server::Running;
use cospass_sign::percent::encode;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;

use super::form;
use crate::exit::{Exit, Failure};

/// The longest body that is sent, in bytes.
const BODY_MAX: usize = 64 << 20;

/// The longest refusal that is read, in bytes.
const REFUSAL_MAX: usize = 1 << 20;

/// Somebody who asks an endpoint.
pub(super) struct Sender {
    endpoint: Endpoint,
    transport: HyperTransport,
    /// None for unsigned requests.
    keys: Option<(Client, Signer)>,
}

/// What came.
pub(super) struct Outcome {
    pub(super) status: u16,
    /// `Code` of a refusal; empty if it has none, as the answer to HEAD.
    pub(super) code: String,
}

impl Outcome {
    /// Whether nothing allowed it. Other refusals with 403 come from what the operation found, such as an archived object.
    pub(super) fn is_denied(&self) -> bool {
        self.status == 403 && matches!(self.code.as_str(), "AccessDenied" | "")
    }
}

impl Sender {
    pub(super) fn signing(running: &Running, credentials: Credentials, endpoint: Endpoint) -> Self {
        let transport = || HyperTransport::to_address(running.local_addr());
        let client = Client::builder(credentials.clone(), endpoint.clone()).scheme(Scheme::Http);
        let client = client.transport(transport()).build();
        let signer = Signer::new(credentials, endpoint.clone());
        Self { endpoint, transport: transport(), keys: Some((client, signer)) }
    }

    pub(super) fn unsigned(running: &Running, endpoint: Endpoint) -> Self {
        let transport = HyperTransport::to_address(running.local_addr());
        Self { endpoint, transport, keys: None }
    }

    /// Sends a request with a body of zeros, as long as its `Content-Length` says.
    pub(super) async fn send(&self, question: &Question) -> Result<Outcome, Failure> {
        let length = length_of(question).unwrap_or_default();
        let (bucket, key) = match &question.resource {
            Resource::Service => (None, ObjectKey::bucket()),
            Resource::Bucket(bucket) => (Some(bucket.clone()), ObjectKey::bucket()),
            Resource::Object(bucket, key) => (Some(bucket.clone()), key.clone()),
        };
        if let (Some(bucket), "POST", true) =
            (&bucket, question.method.as_str(), question.params.is_empty())
        {
            return self.send_form(bucket, &key, &question.headers).await;
        }
        let Some((client, _)) = &self.keys else {
            return self.send_unsigned(question, bucket.as_ref(), &key, length).await;
        };
        let mut request = RawRequest::new(&question.method, bucket, key);
        request.params.clone_from(&question.params);
        request.headers.clone_from(&question.headers);
        request.headers.retain(|(name, _)| !is(name, "content-length"));
        request.body = Bytes::from(vec![0; length]);
        match client.raw(request).await {
            Ok(answer) => Ok(Outcome { status: answer.status, code: String::new() }),
            Err(Error::Service(refusal)) => {
                Ok(Outcome { status: refusal.status, code: refusal.code })
            }
            Err(error) => Err(Failure::new(Exit::Network, "network", error)),
        }
    }

    async fn send_unsigned(
        &self,
        question: &Question,
        bucket: Option<&Bucket>,
        key: &ObjectKey,
        length: usize,
    ) -> Result<Outcome, Failure> {
        let failed = |error: &dyn fmt::Display| Failure::new(Exit::Failed, "request", error);
        let mut request = Request::builder()
            .method(question.method.as_str())
            .uri(self.unsigned_url(question, bucket, key)?);
        for (name, value) in &question.headers {
            request = request.header(name.as_str(), value.as_str());
        }
        if !question.headers.iter().any(|(name, _)| is(name, "content-length")) {
            request = request.header("Content-Length", length);
        }
        let body = Full::new(Bytes::from(vec![0; length])).map_err(|never| match never {});
        let request = request.body(body.boxed_unsync()).map_err(|error| failed(&error))?;
        send_whole(&self.transport, request).await
    }

    /// The URL as it is signed elsewhere, without a signature.
    fn unsigned_url(
        &self,
        question: &Question,
        bucket: Option<&Bucket>,
        key: &ObjectKey,
    ) -> Result<String, Failure> {
        let service = Endpoint::service();
        let endpoint = if bucket.is_some() { &self.endpoint } else { &service };
        let request = PresignRequest {
            scheme: Scheme::Http,
            ..PresignRequest::new(&question.method, bucket, key, endpoint)
        };
        let mut presigner = Presigner::new(Credentials::new("AKIDnobody", "nobody"));
        let signed = presigner.presign(&request, KeyTime::new(0, 1));
        let signed = signed.map_err(|error| Failure::usage(error.cause(), error))?;
        let address = signed.url().split('?').next().unwrap_or_default();
        let pairs = question.params.iter();
        let pairs: Vec<_> = pairs
            .map(|(name, value)| {
                format!("{}={}", encode(name.as_bytes()), encode(value.as_bytes()))
            })
            .collect();
        Ok(match pairs.as_slice() {
            [] => address.to_owned(),
            pairs => format!("{address}?{}", pairs.join("&")),
        })
    }

    /// Uploads a byte out of a form; the headers of the question are its fields.
    async fn send_form(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        headers: &[(String, String)],
    ) -> Result<Outcome, Failure> {
        let failed = |error: &dyn fmt::Display| Failure::new(Exit::Failed, "form", error);
        let is_field = |name: &str| !is(name, "content-type") && !is(name, "content-length");
        let content_type = headers.iter().find(|(name, _)| is(name, "content-type"));
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = pairs.clone().filter(|(name, _)| is_field(name)).collect();
        let Some((_, signer)) = &self.keys else {
            let url = format!("http://{}/", self.endpoint.host(bucket, Scheme::Http));
            let sent = pairs.filter(|(name, _)| !is(name, "content-length"));
            let sent = std::iter::once(("key", key.as_str())).chain(sent);
            return form::post(&self.transport, &url, sent).await;
        };
        let form = UploadForm {
            scheme: Scheme::Http,
            content_type: content_type.map(|(_, value)| value.as_str()),
            fields: &fields,
            ..UploadForm::new(bucket, FormKey::Exact(key.as_str()), signer.endpoint())
        };
        let signed = signer.upload_form(&form, Expires::default());
        let signed = signed.map_err(|error| failed(&error))?;
        let sent = signed.fields().iter().map(|(name, value)| (name.as_str(), value.as_str()));
        form::post(&self.transport, signed.url(), sent).await
    }
}

/// Sends a request, and reads what a refusal says.
pub(super) async fn send_whole(
    transport: &HyperTransport,
    request: Request<Body>,
) -> Result<Outcome, Failure> {
    let answer = transport.send(request).await;
    let answer = answer.map_err(|error| Failure::new(Exit::Network, error.cause(), error))?;
    let status = answer.status().as_u16();
    let refusal = match status {
        0..300 => Bytes::new(),
        _ => {
            let body = Limited::new(answer.into_body(), REFUSAL_MAX).collect().await;
            let broken = |error: &dyn fmt::Display| Failure::new(Exit::Network, "network", error);
            body.map_err(|error| broken(&error))?.to_bytes()
        }
    };
    let code = ErrorDocument::read(&refusal).map(|refusal| refusal.code).unwrap_or_default();
    Ok(Outcome { status, code })
}

fn is(name: &str, wanted: &str) -> bool {
    name.eq_ignore_ascii_case(wanted)
}

/// How long the body of a request is to be, in bytes; what it says if that is none.
fn length_of(question: &Question) -> Result<usize, &str> {
    let told = question.headers.iter().find(|(name, _)| is(name, "content-length"));
    let Some((_, value)) = told else { return Ok(0) };
    value.parse().ok().filter(|length| *length <= BODY_MAX).ok_or(value)
}

/// Headers that are made with the request.
const OWN: [&str; 3] = ["host", "authorization", "x-cos-security-token"];

/// Whether a request can be sent as it stands, and why not.
pub(super) fn check(question: &Question) -> Result<(), String> {
    if let Err(value) = length_of(question) {
        return Err(format!(
            "Content-Length: {value:?} is no number up to {BODY_MAX}; write one, or ask with cospass policy check"
        ));
    }
    let mut names = question.headers.iter().map(|(name, _)| name);
    match names.find(|name| OWN.iter().any(|own| is(name, own))) {
        None => Ok(()),
        Some(name) => Err(format!(
            "the header {name} is made with the request that is sent; leave it out, or ask with cospass policy check"
        )),
    }
}
