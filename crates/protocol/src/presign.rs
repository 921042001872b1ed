//! Pre-signing: a request, credentials and a key time in, a URL or an `Authorization` text out (document 436/7778).
//!
//! The query form is that of the official SDKs: the seven `q-…` fields, then the parameters in the caller's order, then
//! the token of temporary credentials, everything percent-encoded (`%20`, never `+`). By default the host, every header
//! of the official list and every parameter are signed; the token always is, unless an exact list leaves it out.

mod asked;
mod batch;
mod check;
mod error;
mod expires;
mod key_state;
mod outline;
mod presigned;
mod presigner;
mod risks;
mod selection;
mod upload_form;

use std::fmt;

pub use batch::{Batch, BatchError, Unsignable, Urls};
pub use error::PresignError;
pub use expires::{Expires, ExpiresError};
pub use presigned::Presigned;
pub use presigner::Presigner;
pub use risks::SignedRequest;
pub use upload_form::{FileSize, FormKey, SignedForm, UploadForm, UploadFormError};

use crate::{Bucket, Endpoint, ObjectKey, Scheme};

/// A request that is to be signed. Names and values are raw text, not encoded.
///
/// `Debug` shows names alone, since values may be tokens.
#[derive(Clone, Copy)]
pub struct PresignRequest<'a> {
    /// The HTTP method, any token. It enters the signature in lower case.
    pub method: &'a str,
    /// The bucket; none for the service's own domain, and needless for a custom domain.
    pub bucket: Option<&'a Bucket>,
    /// The object, or `/` for the bucket itself.
    pub key: &'a ObjectKey,
    /// Where the request goes.
    pub endpoint: &'a Endpoint,
    /// The URL's scheme.
    pub scheme: Scheme,
    /// Query parameters, in the order in which the URL is to carry them.
    pub params: &'a [(&'a str, &'a str)],
    /// Headers that the client will send. A `Host` among them is signed in place of the endpoint's host.
    pub headers: &'a [(&'a str, &'a str)],
    /// Whether the endpoint's host is signed. A `Host` among the headers is signed in any case.
    pub sign_host: bool,
    /// Sign exactly these headers, each of which must be given (`host` may be the endpoint's). `None`: those of the
    /// official list.
    pub signed_headers: Option<&'a [&'a str]>,
    /// Sign exactly these parameters, each of which must be given. `None`: all of them.
    pub signed_params: Option<&'a [&'a str]>,
}

impl<'a> PresignRequest<'a> {
    /// A request without parameters and headers, with its host signed, over `https`.
    pub fn new(
        method: &'a str,
        bucket: impl Into<Option<&'a Bucket>>,
        key: &'a ObjectKey,
        endpoint: &'a Endpoint,
    ) -> Self {
        PresignRequest {
            method,
            bucket: bucket.into(),
            key,
            endpoint,
            scheme: Scheme::default(),
            params: &[],
            headers: &[],
            sign_host: true,
            signed_headers: None,
            signed_params: None,
        }
    }
}

impl fmt::Debug for PresignRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(&str, &str)]| -> Vec<String> {
            pairs.iter().map(|(name, _)| (*name).to_owned()).collect()
        };
        f.debug_struct("PresignRequest")
            .field("method", &self.method)
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .field("endpoint", &self.endpoint)
            .field("params", &names(self.params))
            .field("headers", &names(self.headers))
            .field("sign_host", &self.sign_host)
            .finish_non_exhaustive()
    }
}
