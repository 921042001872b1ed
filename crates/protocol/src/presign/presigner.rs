//! The signer: one pair of keys, buffers that are used again, and the way from a request to its URL or text.

use std::fmt;

use cospass_sign::percent::push_encoded;
use cospass_sign::{
    Authorization, Canonical, Credentials, KeyTime, SecretKey, SigningKey, is_official_header,
};

use super::{PresignError, PresignRequest, Presigned, TOKEN, Warning, refusal};

type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// Signs requests, one after the other, with one pair of keys.
///
/// It keeps its buffers and the signing key of the last key time, so that [`presign_into`](Self::presign_into) allocates
/// nothing once the buffers have grown.
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

    /// Checks and signs a request, and lets `write` make of it what is wanted before the buffers are used again.
    fn sign<R>(
        &mut self,
        request: &PresignRequest<'_>,
        key_time: KeyTime,
        carrier: Carrier,
        write: impl FnOnce(Signed<'_>) -> Result<R, PresignError>,
    ) -> Result<R, PresignError> {
        self.host.clear();
        request
            .endpoint
            .write_host(request.bucket, request.scheme, &mut self.host);
        refusal::check(request, &self.host, key_time)?;
        let own_token = is_given(TOKEN, request.params) || is_given(TOKEN, request.headers);
        let token = self
            .credentials
            .token()
            .map(|token| (TOKEN, token.expose()));
        if token.is_some() && own_token {
            return Err(PresignError::TokenTwice);
        }
        let query_token = token.filter(|_| carrier == Carrier::Query);
        let header_token = token.filter(|_| carrier == Carrier::Header);

        let mut params: Pairs<'_> = std::mem::take(&mut self.params);
        params.extend(request.params.iter().copied().chain(query_token));
        let mut signed_params: Pairs<'_> = std::mem::take(&mut self.signed_params);
        select_params(request, &params, &mut signed_params)?;
        let mut headers: Pairs<'_> = std::mem::take(&mut self.signed_headers);
        select_headers(request, &self.host, header_token, &mut headers)?;

        let path = request.key.path().as_bytes();
        self.canonical
            .write(request.method, path, &signed_params, &headers);
        let key = self.key.at(key_time, self.credentials.secret_key());
        let result = write(Signed {
            request,
            host: &self.host,
            params: &params,
            headers: &headers,
            header_token,
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
        f.debug_struct("Presigner")
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// The parameters to sign, from all those of the URL.
fn select_params<'a>(
    request: &PresignRequest<'_>,
    params: &[(&'a str, &'a str)],
    selected: &mut Pairs<'a>,
) -> Result<(), PresignError> {
    if let Some(name) = refusal::given_twice(params) {
        return Err(PresignError::ParamTwice {
            name: name.to_owned(),
        });
    }
    let Some(names) = request.signed_params else {
        selected.extend_from_slice(params);
        return Ok(());
    };
    if let Some(name) = names.iter().find(|name| !is_given(name, params)) {
        return Err(PresignError::SignedParamMissing {
            name: (*name).to_owned(),
        });
    }
    selected.extend(params.iter().filter(|(name, _)| is_among(name, names)));
    Ok(())
}

/// The headers to sign, from the caller's, the host of the URL and the token.
fn select_headers<'a>(
    request: &PresignRequest<'a>,
    host: &'a str,
    token: Option<(&'a str, &'a str)>,
    selected: &mut Pairs<'a>,
) -> Result<(), PresignError> {
    let host_given = is_given("host", request.headers);
    let host = Some(("host", host)).filter(|_| request.sign_host && !host_given);
    let candidates = request.headers.iter().copied().chain(host).chain(token);
    match request.signed_headers {
        None => selected.extend(candidates.filter(|(name, _)| is_official_header(name))),
        Some(names) => selected.extend(candidates.filter(|(name, _)| is_among(name, names))),
    }
    if let Some(name) = refusal::given_twice(selected) {
        return Err(PresignError::HeaderTwice {
            name: name.to_owned(),
        });
    }
    let mut names = request.signed_headers.unwrap_or_default().iter();
    match names.find(|name| !is_given(name, selected)) {
        Some(name) => Err(PresignError::SignedHeaderMissing {
            name: (*name).to_owned(),
        }),
        None => Ok(()),
    }
}

fn is_given(name: &str, pairs: &[(&str, &str)]) -> bool {
    pairs
        .iter()
        .any(|(given, _)| given.eq_ignore_ascii_case(name))
}

fn is_among(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// The same allocation without its content, free of the lifetime that the content had.
fn emptied(mut pairs: Pairs<'_>) -> Pairs<'static> {
    pairs.clear();
    pairs.into_iter().map(|_| ("", "")).collect()
}

/// The signing key of the last key time.
struct KeyCache(Option<CachedKey>);

struct CachedKey {
    key_time: KeyTime,
    /// The key time as it stands in the signature.
    text: String,
    signing_key: SigningKey,
}

impl KeyCache {
    fn at(&mut self, key_time: KeyTime, secret_key: &SecretKey) -> &CachedKey {
        let cached = self.0.take().filter(|cached| cached.key_time == key_time);
        self.0.insert(cached.unwrap_or_else(|| {
            let text = key_time.to_string();
            let signing_key = SigningKey::derive(secret_key, &text);
            CachedKey {
                key_time,
                text,
                signing_key,
            }
        }))
    }
}

/// A signature and what belongs to it, while the buffers still hold it.
struct Signed<'a> {
    request: &'a PresignRequest<'a>,
    /// The host of the URL.
    host: &'a str,
    /// All parameters of the URL, the token included.
    params: &'a [(&'a str, &'a str)],
    /// The signed headers.
    headers: &'a [(&'a str, &'a str)],
    /// The token, when it travels as a header.
    header_token: Option<(&'a str, &'a str)>,
    authorization: Authorization<'a>,
    /// Whether a token is with the request, the caller's own included.
    temporary: bool,
}

impl Signed<'_> {
    fn write_presigned_url(&self, out: &mut String) -> Result<(), PresignError> {
        self.write_origin(out);
        self.request.key.write_url_path(out)?;
        out.push('?');
        self.authorization.write_query(out);
        self.write_params(out, '&');
        Ok(())
    }

    /// The URL for an `Authorization` header. The keys `.` and `..` stand in it as they are, for clients that do not
    /// remove them.
    fn write_plain_url(&self, out: &mut String) {
        self.write_origin(out);
        if self.request.key.write_url_path(out).is_err() {
            out.push_str(self.request.key.path());
        }
        self.write_params(out, '?');
    }

    fn write_origin(&self, out: &mut String) {
        out.push_str(self.request.scheme.as_str());
        out.push_str("://");
        out.push_str(self.host);
    }

    fn write_params(&self, out: &mut String, first: char) {
        let marks = std::iter::once(first).chain(std::iter::repeat('&'));
        for ((name, value), mark) in self.params.iter().zip(marks) {
            out.push(mark);
            push_encoded(out, name.as_bytes());
            out.push('=');
            push_encoded(out, value.as_bytes());
        }
    }

    fn into_presigned(self, key_time: KeyTime, url: String) -> Presigned {
        let mut authorization = String::with_capacity(256);
        self.authorization.write_header(&mut authorization);
        let host_signed = is_given("host", self.headers);
        let warnings = Warning::of(self.request, key_time, host_signed, self.temporary);
        let headers = self.headers_to_send();
        Presigned {
            url,
            authorization,
            headers,
            key_time,
            warnings,
        }
    }

    /// The signed headers, without the host that the URL makes a client send, and the token, signed or not.
    fn headers_to_send(&self) -> Vec<(String, String)> {
        let sent_by_url =
            |(name, value): &(&str, &str)| name.eq_ignore_ascii_case("host") && *value == self.host;
        let signed = self
            .headers
            .iter()
            .copied()
            .filter(|header| !sent_by_url(header));
        let token = self.header_token.filter(|_| !is_given(TOKEN, self.headers));
        signed
            .chain(token)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}
