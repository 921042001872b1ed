//! One request to sign, wherever it was written, and the signer of a whole batch.

use std::borrow::Cow;

use cospass::fastest_engine;
use cospass_protocol::{
    Batch, Bucket, Endpoint, Expires, ObjectKey, PresignError, PresignRequest, Presigned,
    Presigner, Scheme,
};
use cospass_sign::{Credentials, KeyTime, SecurityToken};

use super::{Defaults, Product};
use crate::environment;
use crate::exit::Failure;
use crate::pairs::{Pairs, borrowed};
use crate::place;
use crate::target::Target;

/// A request to sign, complete.
pub(super) struct Request<'a> {
    pub(super) method: Cow<'a, str>,
    pub(super) bucket: Option<Bucket>,
    pub(super) key: ObjectKey,
    pub(super) endpoint: Cow<'a, Endpoint>,
    pub(super) scheme: Scheme,
    pub(super) params: Pairs<'a>,
    pub(super) headers: Pairs<'a>,
    pub(super) expires: Expires,
    pub(super) now: Option<i64>,
    pub(super) sign_host: bool,
    /// Instead of the token of the environment's credentials.
    pub(super) token: Option<SecurityToken>,
}

impl<'a> Request<'a> {
    /// The request of the command line.
    pub(super) fn of(
        method: Cow<'a, str>,
        target: Target,
        defaults: &'a Defaults,
    ) -> Result<Self, Failure> {
        Ok(Request {
            method,
            bucket: Some(target.bucket),
            key: target.key,
            endpoint: default_endpoint(defaults)?,
            scheme: defaults.scheme,
            params: borrowed(&defaults.params),
            headers: borrowed(&defaults.headers),
            expires: defaults.expires,
            now: defaults.now,
            sign_host: defaults.sign_host,
            token: None,
        })
    }
}

/// The endpoint of a request that names none.
pub(super) fn default_endpoint(defaults: &Defaults) -> Result<Cow<'_, Endpoint>, Failure> {
    defaults.endpoint.as_ref().map(Cow::Borrowed).ok_or_else(place::missing)
}

/// Signs one request after the other; its buffers and keys are used again.
pub(super) struct Signer {
    product: Product,
    presigner: Presigner,
    /// The signer of the last line that brought a token of its own.
    own_token: Option<(SecurityToken, Presigner)>,
}

impl Signer {
    pub(super) fn new(credentials: Credentials, product: Product) -> Self {
        Signer { product, presigner: Presigner::new(credentials), own_token: None }
    }

    pub(super) fn product(&self) -> Product {
        self.product
    }

    /// Signs a request.
    pub(super) fn sign(&mut self, request: &Request<'_>) -> Result<Presigned, Failure> {
        let product = self.product;
        self.with_presigner(request, |presigner, presign, key_time| {
            let key = presign.key;
            tracing::debug!(?product, method = presign.method, %key, %key_time, "signing");
            match product {
                Product::Url => presigner.presign(presign, key_time),
                Product::Authorization => presigner.authorization(presign, key_time),
            }
        })
    }

    /// What pre-signs the request for many keys, and the request itself, pre-signed for the bucket.
    pub(super) fn batch(&mut self, request: &Request<'_>) -> Result<(Batch, Presigned), Failure> {
        let bucket = ObjectKey::bucket();
        self.with_presigner(request, |presigner, presign, key_time| {
            tracing::debug!(method = presign.method, %key_time, "signing many");
            let presign = PresignRequest { key: &bucket, ..*presign };
            let batch = presigner.batch(&presign, key_time, fastest_engine())?;
            Ok((batch, presigner.presign(&presign, key_time)?))
        })
    }

    fn with_presigner<T>(
        &mut self,
        request: &Request<'_>,
        sign: impl FnOnce(&mut Presigner, &PresignRequest<'_>, KeyTime) -> Result<T, PresignError>,
    ) -> Result<T, Failure> {
        let now = request.now.unwrap_or_else(environment::now);
        let key_time =
            request.expires.key_time(now).map_err(|error| Failure::usage(error.cause(), error))?;
        let params: Vec<_> = request.params.iter().map(|(n, v)| (n.as_ref(), v.as_ref())).collect();
        let headers: Vec<_> =
            request.headers.iter().map(|(n, v)| (n.as_ref(), v.as_ref())).collect();
        let presign = PresignRequest {
            scheme: request.scheme,
            params: &params,
            headers: &headers,
            sign_host: request.sign_host,
            ..PresignRequest::new(
                &request.method,
                request.bucket.as_ref(),
                &request.key,
                &request.endpoint,
            )
        };
        let signed = sign(self.presigner_for(request.token.as_ref()), &presign, key_time);
        signed.map_err(|error| Failure::usage(error.cause(), error))
    }

    fn presigner_for(&mut self, token: Option<&SecurityToken>) -> &mut Presigner {
        let Some(token) = token else { return &mut self.presigner };
        let last = self.own_token.take().filter(|(last, _)| last.expose() == token.expose());
        let (_, presigner) = self.own_token.insert(last.unwrap_or_else(|| {
            let credentials = self.presigner.credentials().clone().with_token(token.expose());
            (token.clone(), Presigner::new(credentials))
        }));
        presigner
    }
}
