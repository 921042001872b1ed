//! The signer: one pair of keys, buffers that are used again, and the way from a request to its URL or text.

use std::fmt;

use cospass_sign::{Authorization, Canonical, Credentials, KeyTime, SigningKey, TOKEN_NAME};
use sha1_lanes::Engine;

use super::batch::{Around, Batch};
use super::check::{check, check_header};
use super::selection::{Pairs, is_given, select_headers, select_params};
use super::signed::Signed;
use super::{PresignError, PresignRequest, Presigned};
use crate::ObjectKey;

/// Signs requests, one after the other, with one pair of keys.
///
/// It keeps its buffers and the signing key of the last key time, so that [`presign_into`](Self::presign_into) allocates
/// nothing once the buffers have grown; it does to look up more than 64 parameters or signed headers.
///
/// ```
/// use cospass_protocol::{Bucket, Endpoint, ObjectKey, PresignRequest, Presigner, Region};
/// use cospass_sign::{Credentials, KeyTime};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut presigner = Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"));
/// let bucket = Bucket::new("examplebucket-1250000000")?;
/// let endpoint = Endpoint::default_domain(Region::new("ap-guangzhou")?);
/// let key_time = KeyTime::new(1_700_000_000, 1_700_000_300);
///
/// let mut url = String::new();
/// for name in ["a.txt", "b.txt"] {
///     let key = ObjectKey::new(name)?;
///     let request = PresignRequest::new("GET", &bucket, &key, &endpoint);
///     url.clear();
///     presigner.presign_into(&request, key_time, &mut url)?;
///     assert!(url.starts_with("https://examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com/"));
/// }
/// # Ok(())
/// # }
/// ```
pub struct Presigner {
    credentials: Credentials,
    key: KeyCache,
    host: String,
    canonical: Canonical,
    params: Pairs<'static>,
    signed_params: Pairs<'static>,
    signed_headers: Pairs<'static>,
}

/// Where the signature, and with it the token, travels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carrier {
    Query,
    Header,
}

impl Presigner {
    /// A signer with empty buffers.
    pub fn new(credentials: Credentials) -> Self {
        Presigner {
            credentials,
            key: KeyCache(None),
            host: String::new(),
            canonical: Canonical::new(),
            params: Vec::new(),
            signed_params: Vec::new(),
            signed_headers: Vec::new(),
        }
    }

    /// The pair of keys that signs.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// A pre-signed URL: the signature, the parameters and the token in the query.
    ///
    /// # Errors
    /// [`PresignError`]; nothing is signed then.
    pub fn presign(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
    ) -> Result<Presigned, PresignError> {
        self.sign(request, key_time, Carrier::Query, |signed| {
            let mut url = String::with_capacity(512);
            signed.write_presigned_url(&mut url)?;
            Ok(signed.into_presigned(key_time, url))
        })
    }

    /// Appends the URL of [`presign`](Self::presign) alone to `out`, which stays as it was on error.
    ///
    /// # Errors
    /// [`PresignError`]; nothing is signed then.
    pub fn presign_into(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
        out: &mut String,
    ) -> Result<(), PresignError> {
        self.sign(request, key_time, Carrier::Query, |signed| {
            let length = out.len();
            let written = signed.write_presigned_url(out);
            if written.is_err() {
                out.truncate(length);
            }
            written
        })
    }

    /// The value of an `Authorization` header. The token is a header, too, and among those to send.
    ///
    /// # Errors
    /// [`PresignError`]; nothing is signed then.
    pub fn authorization(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
    ) -> Result<Presigned, PresignError> {
        self.sign(request, key_time, Carrier::Header, |signed| {
            let mut url = String::with_capacity(128);
            signed.write_plain_url(&mut url);
            Ok(signed.into_presigned(key_time, url))
        })
    }

    /// Prepares a [`Batch`]: the same request for many keys, at one key time. The key of `request` is of no account.
    ///
    /// # Errors
    /// [`PresignError`], of what is the same for all keys.
    pub fn batch(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
        engine: Engine,
    ) -> Result<Batch, PresignError> {
        let bucket = ObjectKey::bucket();
        let request = PresignRequest { key: &bucket, ..*request };
        let [origin, query, params] = self.sign(&request, key_time, Carrier::Query, |signed| {
            Ok(signed.around_key_and_signature())
        })?;
        let http_string = self.canonical.http_string();
        let line = http_string.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        let method = line.to_vec();
        // Its path is the one slash.
        let rest = http_string.get(method.len() + 1..).unwrap_or_default().to_vec();
        let time = key_time.to_string();
        let signer = cospass_sign::Batch::new(self.credentials.secret_key(), &time, engine);
        Ok(Batch::new(signer, Around { method, rest, origin, query, params }))
    }

    /// Checks and signs a request, and lets `write` make of it what is wanted before the buffers are used again.
    fn sign<R>(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
        carrier: Carrier,
        write: impl FnOnce(Signed<'_>) -> Result<R, PresignError>,
    ) -> Result<R, PresignError> {
        self.host.clear();
        request.endpoint.write_host(request.bucket, request.scheme, &mut self.host);
        check(request, &self.host, key_time)?;
        let own_token =
            is_given(TOKEN_NAME, request.params) || is_given(TOKEN_NAME, request.headers);
        let token = self.credentials.token().map(|token| (TOKEN_NAME, token.expose()));
        if token.is_some() && own_token {
            return Err(PresignError::TokenTwice);
        }
        let query_token = token.filter(|_| carrier == Carrier::Query);
        let header_token = token.filter(|_| carrier == Carrier::Header);
        header_token.map_or(Ok(()), |(name, value)| check_header(name, value))?;

        let mut params: Pairs<'_> = std::mem::take(&mut self.params);
        params.extend(request.params.iter().copied().chain(query_token));
        let mut signed_params: Pairs<'_> = std::mem::take(&mut self.signed_params);
        select_params(request, &params, &mut signed_params)?;
        let mut headers: Pairs<'_> = std::mem::take(&mut self.signed_headers);
        select_headers(request, &self.host, header_token, &mut headers)?;

        let path = request.key.path().as_bytes();
        self.canonical.write(request.method, path, &signed_params, &headers);
        let key = self.key.at(key_time, &self.credentials);
        let result = write(Signed {
            request,
            host: &self.host,
            params: &params,
            headers: &headers,
            header_token,
            query_start: &key.query_start,
            authorization: Authorization::new(
                self.credentials.secret_id().as_str(),
                &key.text,
                self.canonical.header_list(),
                self.canonical.param_list(),
                key.signing_key.sign(&key.text, &self.canonical),
            ),
            temporary: token.is_some() || own_token,
        });
        self.params = emptied(params);
        self.signed_params = emptied(signed_params);
        self.signed_headers = emptied(headers);
        result
    }
}

impl fmt::Debug for Presigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presigner").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

/// The same allocation without its content, free of the lifetime that the content had.
fn emptied(mut pairs: Pairs<'_>) -> Pairs<'static> {
    pairs.clear();
    pairs.into_iter().map(|_| ("", "")).collect()
}

/// The signing key of the last key time, and what else depends on nothing but the key time.
struct KeyCache(Option<CachedKey>);

struct CachedKey {
    key_time: KeyTime,
    /// The key time as it stands in the signature.
    text: String,
    signing_key: SigningKey,
    /// What the query of every signature at this key time begins with.
    query_start: String,
}

impl KeyCache {
    fn at(&mut self, key_time: KeyTime, credentials: &Credentials) -> &CachedKey {
        if self.0.as_ref().is_some_and(|cached| cached.key_time != key_time) {
            self.0 = None;
        }
        self.0.get_or_insert_with(|| {
            let text = key_time.to_string();
            let signing_key = SigningKey::derive(credentials.secret_key(), &text);
            let secret_id = credentials.secret_id().as_str();
            let mut query_start = String::new();
            Authorization::write_query_start(secret_id, &text, &text, &mut query_start);
            CachedKey { key_time, text, signing_key, query_start }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_used_again() {
        let mut pairs: Pairs<'_> = Vec::with_capacity(8);
        pairs.push(("a", "b"));
        let address = pairs.as_ptr();
        let pairs = emptied(pairs);
        assert_eq!((pairs.len(), pairs.as_ptr()), (0, address));
    }
}
