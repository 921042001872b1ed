//! The layer, the service it makes, and the check of one request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use cospass_sign::{Acceptance, Claim, ClaimError, RequestHead, Verifier};
use http::header::HOST;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{Either, Full};
use tower_layer::Layer;
use tower_service::Service;

use crate::identity::Identity;
use crate::lookup::SecretLookup;
use crate::refusal::{self, Refusal};

/// Lets only requests with a valid COS signature through to a service.
#[derive(Clone)]
pub struct CosAuthLayer<L> {
    gate: Gate<L>,
}

impl<L: SecretLookup> CosAuthLayer<L> {
    /// A layer that finds keys by `lookup`, goes by the system's clock, accepts what COS accepts, and lets nobody through
    /// who did not sign.
    pub fn new(lookup: L) -> Self {
        let gate = Gate {
            lookup,
            verifier: Arc::new(Verifier::new()),
            clock: Arc::new(system_now),
            acceptance: Acceptance::Service,
            anonymous: false,
        };
        Self { gate }
    }

    /// Where *now* comes from, in Unix seconds: a test sets it.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        self.gate.clock = Arc::new(now);
        self
    }

    /// Which conventions of the official SDKs are accepted; [`Acceptance::Service`] if not given. Under
    /// [`Acceptance::Sdk`] a signature for one path may be sent for another.
    #[must_use]
    pub fn acceptance(mut self, acceptance: Acceptance) -> Self {
        self.gate.acceptance = acceptance;
        self
    }

    /// Lets requests through that bear no signature at all, without an [`Identity`]: the service decides about them. One
    /// that bears a bad signature is refused all the same.
    #[must_use]
    pub fn allow_anonymous(mut self) -> Self {
        self.gate.anonymous = true;
        self
    }
}

impl<L: Clone, S> Layer<S> for CosAuthLayer<L> {
    type Service = CosAuth<S, L>;

    fn layer(&self, inner: S) -> CosAuth<S, L> {
        CosAuth { inner, gate: self.gate.clone() }
    }
}

/// A service behind a [`CosAuthLayer`].
#[derive(Clone)]
pub struct CosAuth<S, L> {
    inner: S,
    gate: Gate<L>,
}

impl<S, L, B, R> Service<Request<B>> for CosAuth<S, L>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    L: SecretLookup,
    B: Send + 'static,
{
    type Response = Response<Either<Full<Bytes>, R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready must be the one that is called.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let gate = self.gate.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let now = (gate.clock)();
            match gate.check(&parts, now).await {
                Ok(identity) => {
                    // Whatever stands there was not put there by this layer.
                    parts.extensions.remove::<Identity>();
                    parts.extensions.extend(identity.map(extension).unwrap_or_default());
                    let answer = inner.call(Request::from_parts(parts, body)).await?;
                    Ok(answer.map(Either::Right))
                }
                Err(refusal) => Ok(refusal::answer(&refusal, &parts, now).map(Either::Left)),
            }
        })
    }
}

fn extension(identity: Identity) -> http::Extensions {
    let mut extensions = http::Extensions::new();
    extensions.insert(identity);
    extensions
}

/// What requests are checked by.
#[derive(Clone)]
struct Gate<L> {
    lookup: L,
    /// It keeps the keys that were derived; all clones share it.
    verifier: Arc<Verifier>,
    clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    acceptance: Acceptance,
    anonymous: bool,
}

impl<L: SecretLookup> Gate<L> {
    /// Who signed; nobody, if that is allowed. The order of the checks is that of the service: SecretId and token, time,
    /// signature.
    async fn check(&self, parts: &Parts, now: i64) -> Result<Option<Identity>, Refusal> {
        let headers = headers(parts);
        let uri = &parts.uri;
        let query = uri.query().map(str::as_bytes);
        let head = RequestHead::new(parts.method.as_str(), uri.path().as_bytes(), query, &headers);
        let claim = match Claim::read(&head) {
            Err(ClaimError::Unsigned) if self.anonymous => return Ok(None),
            claim => claim.map_err(|error| refusal::of_claim(&error, now))?,
        };
        let found = self.lookup.look_up(claim.secret_id()).await;
        let credentials = found.map_err(|_| Refusal::LookupFailed)?;
        let key = credentials.as_ref().map(|credentials| credentials.secret_key());
        let verdict = self.verifier.verify(&claim, &head, key, now, self.acceptance);
        let token = credentials.as_ref().and_then(|credentials| credentials.token());
        // Both are judged in any case, so that the time it takes tells nothing of the token.
        let verdict = token.map_or(Ok(()), |token| claim.check_token(token)).and(verdict);
        match verdict {
            Ok(verified) => Ok(Some(Identity::new(&claim, verified))),
            Err(error) => Err(refusal::of_signature(&error, &claim, &head, now)),
        }
    }
}

/// The headers as the signature sees them. HTTP/2 sends the host as `:authority`, which stands in the URI.
fn headers(parts: &Parts) -> Vec<(&[u8], &[u8])> {
    let authority = parts.uri.authority().filter(|_| !parts.headers.contains_key(HOST));
    let host = authority.map(|authority| (&b"host"[..], authority.as_str().as_bytes()));
    let sent = parts.headers.iter();
    sent.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())).chain(host).collect()
}

fn system_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
