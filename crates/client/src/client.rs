//! A client: encode, sign, send, and again where that is right.

mod append;
mod bucket;
mod builder;
mod configuration;
mod copy;
mod list;
mod multipart;
mod object;
mod raw;
mod retention;
mod symlink;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use cospass_protocol::operation::{Parts, Request as Operation, Resource};
use cospass_protocol::{
    Bucket, Endpoint, ObjectKey, PresignRequest, Presigned, Presigner, Scheme, UrlParts,
};
use cospass_sign::{Credentials, KeyTime};
use http::{HeaderMap, Request};
use tracing::Instrument;

use crate::answer::{Answer, Sent, read_refusal, refusal_of};
use crate::clock::ClockOffset;
use crate::credentials::{CredentialSource, Keyring};
use crate::error::{Error, ServiceError};
use crate::payload::Payload;
use crate::presigners::Presigners;
use crate::retry::{Attempt, Decision, Outcome, Repeat, RetryPolicy};
use crate::signer::SignError;
use crate::transport::{Transport, TransportError};

pub use append::Appended;
pub use builder::ClientBuilder;
pub use copy::Copied;
pub use list::{Keys, Page};
pub use multipart::{Part, Upload};
pub(crate) use multipart::{combined, compare};
pub(crate) use object::ObjectSource;
pub use object::{Deleted, Download, PutAnswer};
pub use raw::{RawAnswer, RawRequest};

/// How long the signature of one attempt holds, in seconds. It is judged when the head arrives, so that the body may take
/// longer.
const VALIDITY_SECONDS: i64 = 900;

/// What this client calls itself.
pub(crate) const USER_AGENT: &str = concat!("cospass/", env!("CARGO_PKG_VERSION"));

/// A client of one endpoint with one pair of keys. Cheap to clone and to share; clones share connections and what was
/// learnt of the service's clock and domain.
///
/// Each operation of the documentation is one method that takes the operation of [`cospass_protocol::operation`] as it
/// stands; [`put`](Self::put), [`get`](Self::get) and the like are the same with nothing but a bucket and a key.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    endpoint: Endpoint,
    scheme: Scheme,
    keyring: Keyring,
    transport: Arc<dyn Transport>,
    retry: RetryPolicy,
    clock: ClockOffset,
    switch_domain: bool,
    is_switched: AtomicBool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.0.endpoint)
            .field("keyring", &self.0.keyring)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client with everything as it is meant: `https`, five attempts, the domain switched as the official SDKs do.
    pub fn new(credentials: Credentials, endpoint: Endpoint) -> Self {
        Self::builder(credentials, endpoint).build()
    }

    /// Begins to describe a client.
    pub fn builder(credentials: Credentials, endpoint: Endpoint) -> ClientBuilder {
        ClientBuilder::new(Keyring::of(credentials), endpoint)
    }

    /// Begins to describe a client with the credentials of a source, [`Chain::usual`](crate::credentials::Chain::usual) for
    /// one. It is asked when the first request is signed, and again before its credentials end.
    pub fn with_source(
        source: impl CredentialSource + 'static,
        endpoint: Endpoint,
    ) -> ClientBuilder {
        ClientBuilder::new(Keyring::from(source), endpoint)
    }

    /// The credentials that requests are signed with now.
    ///
    /// # Errors
    /// [`Error::Credentials`] when the source has none.
    pub async fn credentials(&self) -> Result<Credentials, Error> {
        Ok(self.0.keyring.current().await?.credentials().clone())
    }

    /// The seconds that the service's clock is ahead of this machine's, as far as it was learnt from a refusal; 0 before.
    pub fn clock_offset(&self) -> i64 {
        self.0.clock.seconds()
    }

    /// Where requests go; the other domain once it was switched.
    pub fn endpoint(&self) -> Endpoint {
        match self.backup_domain() {
            Some(backup) if self.0.is_switched.load(Ordering::Relaxed) => backup,
            _ => self.0.endpoint.clone(),
        }
    }

    /// The scheme of the requests.
    pub fn scheme(&self) -> Scheme {
        self.0.scheme
    }

    /// How its requests reach the server, for what is sent without its signature.
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.0.transport
    }

    pub(crate) fn retry(&self) -> RetryPolicy {
        self.0.retry
    }

    /// Unix seconds at the service, as far as its clock is known.
    pub(crate) fn now(&self) -> i64 {
        self.0.clock.now()
    }

    /// The domain to switch to, where official SDKs do: from the default domain alone.
    fn backup_domain(&self) -> Option<Endpoint> {
        let region = self.0.endpoint.region()?.clone();
        let is_default = self.0.endpoint == Endpoint::default_domain(region.clone());
        (self.0.switch_domain && is_default).then(|| Endpoint::new_domain(region))
    }

    /// Sends an operation and returns the head of its answer.
    pub(crate) async fn send(
        &self,
        operation: &impl Operation,
        payload: Payload,
        repeat: Repeat,
    ) -> Result<Answer, Error> {
        let call = Call::new(operation.name(), operation.encode(), payload, repeat)?;
        Ok(self.perform(&call, false).await?.0)
    }

    /// Sends an operation and reads the document that it is answered with.
    pub(crate) async fn ask(
        &self,
        operation: &impl Operation,
        payload: Payload,
        repeat: Repeat,
    ) -> Result<(Answer, Bytes), Error> {
        let call = Call::new(operation.name(), operation.encode(), payload, repeat)?;
        self.perform(&call, true).await
    }

    /// One call, under a span of its name.
    async fn perform(&self, call: &Call, whole: bool) -> Result<(Answer, Bytes), Error> {
        let bucket = call.bucket.as_ref().map(Bucket::as_str).unwrap_or_default();
        let span = tracing::debug_span!("cos", operation = call.name, bucket, key = %call.key);
        self.attempts(call, whole).instrument(span).await
    }

    async fn attempts(&self, call: &Call, whole: bool) -> Result<(Answer, Bytes), Error> {
        let mut attempt = Attempt {
            number: 1,
            repeat: call.repeat,
            clock_was_set: false,
            can_switch_domain: self.backup_domain().is_some()
                && !self.0.is_switched.load(Ordering::Relaxed),
        };
        loop {
            let failure = match self.attempt(call, whole).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let decision = self.0.retry.decide(attempt, failure.outcome(), random());
            let (number, error) = (attempt.number, &failure.error);
            tracing::debug!(number, cause = error.cause(), ?decision, "an attempt failed");
            let Decision::Again { after, switch_domain, set_clock } = decision else {
                return Err(failure.error);
            };
            if let (true, Some(seconds)) = (set_clock, failure.clock_off_by) {
                self.0.clock.set(seconds);
                attempt.clock_was_set = true;
            }
            if switch_domain {
                self.0.is_switched.store(true, Ordering::Relaxed);
                attempt.can_switch_domain = false;
            }
            attempt.number += 1;
            tokio::time::sleep(after).await;
        }
    }

    async fn attempt(&self, call: &Call, whole: bool) -> Result<(Answer, Bytes), Failure> {
        let presigners = self.0.keyring.current().await;
        let presigners = presigners.map_err(|error| Failure::unsent(error.into()))?;
        let signed = self.sign(call, &presigners).map_err(Failure::unsent)?;
        let request = call.request(&signed).map_err(Failure::unsent)?;
        let uri = request.uri().clone();
        let sending = self.0.transport.send(request).await;
        let mut answer = Answer::of(sending.map_err(|error| Failure::unsent(error.into()))?);
        tracing::debug!(
            status = answer.status,
            request_id = answer.text("x-cos-request-id").unwrap_or_default(),
            "answered"
        );
        let host = uri.authority().map(ToString::to_string).unwrap_or_default();
        let headers = call.sent_headers(&signed, host);
        let sent = Sent {
            method: &call.method,
            path: uri.path(),
            query: uri.query(),
            headers: &headers,
            is_signed_here: true,
            now: self.now(),
        };
        if answer.status >= 300 {
            let headers = answer.headers.clone();
            let refusal = read_refusal(answer, &sent).await;
            return Err(self.refused(refusal, &headers));
        }
        if !whole {
            return Ok((answer, Bytes::new()));
        }
        let body = answer.document().await.map_err(Failure::unsent)?;
        // Copying and completing may tell an error behind the status 200 (436/10881, 436/7742).
        if body.windows(6).take(256).any(|window| window == b"<Error") {
            let refusal = refusal_of(answer.status, &answer.headers, &body, &sent);
            if !refusal.code.is_empty() {
                return Err(self.refused(refusal, &answer.headers));
            }
        }
        Ok((answer, body))
    }

    fn refused(&self, refusal: ServiceError, headers: &HeaderMap) -> Failure {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        // To a HEAD nothing is said.
        let is_silent = refusal.status == 403 && refusal.code.is_empty();
        let is_of_time =
            is_silent || refusal.is_expired() || refusal.code == "RequestTimeTooSkewed";
        Failure {
            by_service: text("x-cos-request-id").is_some(),
            retry_after: text("retry-after").and_then(|text| text.trim().parse().ok()),
            clock_off_by: is_of_time.then(|| self.0.clock.off_by(headers)).flatten(),
            error: Error::Service(Box::new(refusal)),
        }
    }

    fn sign(&self, call: &Call, presigners: &Presigners) -> Result<Presigned, Error> {
        let key_time = self.key_time(VALIDITY_SECONDS)?;
        let signed = self.presign(call, presigners, |presigner, request| {
            presigner.authorization(request, key_time)
        });
        signed.map_err(|error| Error::Sign(SignError::Request(error)))
    }

    pub(crate) fn key_time(&self, seconds: i64) -> Result<KeyTime, Error> {
        KeyTime::expiring(self.now(), seconds).ok_or(Error::Sign(SignError::Clock))
    }

    /// A URL that makes the request of an operation until the key time ends. It is signed with what was signed with last.
    pub(crate) fn presigned(
        &self,
        operation: &impl Operation,
        key_time: KeyTime,
    ) -> Result<Presigned, Error> {
        let call =
            Call::new(operation.name(), operation.encode(), Payload::default(), Repeat::Safe)?;
        let presigners = self.0.keyring.latest()?;
        let signed = self
            .presign(&call, &presigners, |presigner, request| presigner.presign(request, key_time));
        signed.map_err(|error| Error::Sign(SignError::Request(error)))
    }

    fn presign<R>(
        &self,
        call: &Call,
        presigners: &Presigners,
        sign: impl FnOnce(&mut Presigner, &PresignRequest<'_>) -> R,
    ) -> R {
        let endpoint = match call.bucket {
            // The account has a domain of its own, unless requests go to one place whatever they are for.
            None if self.0.endpoint.region().is_some() => Endpoint::service(),
            _ => self.endpoint(),
        };
        let borrowed = |pairs: &'_ [(String, String)]| -> Vec<(String, String)> { pairs.to_vec() };
        let (params, headers) = (borrowed(&call.params), borrowed(&call.headers));
        let params: Vec<_> = params.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let request = PresignRequest {
            scheme: self.0.scheme,
            params: &params,
            headers: &headers,
            ..PresignRequest::new(&call.method, call.bucket.as_ref(), &call.key, &endpoint)
        };
        presigners.with(|presigner| sign(presigner, &request))
    }
}

/// A request before it is signed, as often as it may be.
struct Call {
    name: &'static str,
    method: String,
    bucket: Option<Bucket>,
    key: ObjectKey,
    params: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    payload: Payload,
    repeat: Repeat,
}

impl Call {
    fn new(
        name: &'static str,
        parts: Parts<'_>,
        payload: Payload,
        repeat: Repeat,
    ) -> Result<Self, Error> {
        let (bucket, key) = match parts.resource {
            Resource::Service => (None, ObjectKey::bucket()),
            Resource::Bucket(bucket) => (Some(bucket), ObjectKey::bucket()),
            Resource::Object(bucket, key) => (Some(bucket), key),
        };
        let texts = |pairs: Vec<cospass_protocol::operation::Pair<'_>>| {
            pairs.into_iter().map(|(name, value)| text_pair(&name, &value)).collect()
        };
        Ok(Self {
            name,
            method: parts.method.into_owned(),
            bucket,
            key,
            params: Result::<_, Error>::from_iter::<Vec<_>>(texts(parts.params))?,
            headers: Result::<_, Error>::from_iter::<Vec<_>>(texts(parts.headers))?,
            payload,
            repeat,
        })
    }

    fn request(&self, signed: &Presigned) -> Result<Request<crate::transport::Body>, Error> {
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(self.url(signed)?)
            .header("Authorization", signed.authorization())
            .header("User-Agent", USER_AGENT);
        for (name, value) in self.unsigned(signed).chain(signed.headers()) {
            request = request.header(name.as_str(), value.as_str());
        }
        if self.payload.is_some() || self.method == "PUT" || self.method == "POST" {
            request = request.header("Content-Length", self.payload.length());
        }
        request.body(self.payload.body()).map_err(|error| {
            Error::Transport(TransportError::Unsendable { cause: error.to_string() })
        })
    }

    /// The URL to send to. The service takes a path of nothing but slashes and single dots for the bucket itself (its
    /// Node SDK's tests), so that such a key is sent with every character percent-encoded; it is signed decoded.
    fn url(&self, signed: &Presigned) -> Result<String, Error> {
        let key = self.key.as_str();
        if key.is_empty() || !key.split('/').all(|segment| matches!(segment, "" | ".")) {
            return Ok(signed.url().to_owned());
        }
        let parts = UrlParts::read(signed.url())?;
        let hidden = key.replace('.', "%2E").replace('/', "%2F");
        let query = parts.query().map(|query| format!("?{query}")).unwrap_or_default();
        Ok(format!("{}://{}/{hidden}{query}", parts.scheme(), parts.host()))
    }

    /// The headers that are sent and not signed.
    fn unsigned<'a>(&'a self, signed: &'a Presigned) -> impl Iterator<Item = &'a (String, String)> {
        self.headers.iter().filter(|(name, _)| {
            !signed.headers().iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
        })
    }

    /// What was sent, with what the transport adds that may be signed.
    fn sent_headers(&self, signed: &Presigned, host: String) -> Vec<(String, String)> {
        let mut headers: Vec<_> = self.unsigned(signed).chain(signed.headers()).cloned().collect();
        headers.push(("Host".to_owned(), host));
        headers.push(("Authorization".to_owned(), signed.authorization().to_owned()));
        headers
    }
}

fn text_pair(name: &[u8], value: &[u8]) -> Result<(String, String), Error> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned);
    match (text(name), text(value)) {
        (Ok(name), Ok(value)) => Ok((name, value)),
        _ => Err(Error::NotText { name: String::from_utf8_lossy(name).into_owned() }),
    }
}

/// An attempt that failed.
struct Failure {
    error: Error,
    by_service: bool,
    retry_after: Option<u64>,
    /// By how much the clock is off, if the refusal comes from it.
    clock_off_by: Option<i64>,
}

impl Failure {
    /// No refusal of the server.
    fn unsent(error: Error) -> Self {
        Self { error, by_service: false, retry_after: None, clock_off_by: None }
    }

    fn outcome(&self) -> Outcome<'_> {
        match &self.error {
            Error::Service(refusal) => Outcome::Refused {
                status: refusal.status,
                code: &refusal.code,
                retry_after: self.retry_after,
                by_service: self.by_service,
                clock_is_off: self.clock_off_by.is_some(),
            },
            Error::Transport(error) => transport_outcome(error),
            _ => Outcome::Unsendable,
        }
    }
}

pub(crate) fn transport_outcome(error: &TransportError) -> Outcome<'static> {
    match error {
        TransportError::Connect { .. } => Outcome::NotConnected,
        TransportError::Interrupted { .. } | TransportError::Timeout { .. } => Outcome::Interrupted,
        TransportError::Untrusted { .. }
        | TransportError::Unsendable { .. }
        | TransportError::NoCertificates { .. } => Outcome::Unsendable,
    }
}

/// A random number; without randomness the waits are a little more alike.
pub(crate) fn random() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX / 2)
}
