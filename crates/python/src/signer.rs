//! `get_auth` and the pre-signed URLs, as `CosS3Client` and `CosS3Auth` of the official SDK make them.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cospass_sign::{Authorization, Canonical, SecretKey, SecurityToken, SigningKey, TOKEN_NAME};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::call::{Pair, borrowed, headers_of, keep_last, params_of};
use crate::clock::{key_time, unix_seconds};
use crate::host::signed_host;
use crate::refusal::Refusal;
use crate::settings::{Settings, State, key_of};
use crate::site::{Place, push_key};
use crate::text::{push_form_encoded, text_of, type_name};

/// What `CosS3Client` inherits: the calls that sign.
///
/// Its buffers and its signing key are used again for the next call; nothing of Python is called while they are held.
#[pyclass(frozen, subclass, module = "cospass._cospass")]
#[derive(Debug, Default)]
pub(crate) struct Signer {
    settings: OnceLock<Py<Settings>>,
    desk: Mutex<Desk>,
}

/// What signing one request leaves for the next.
#[derive(Debug, Default)]
struct Desk {
    canonical: Canonical,
    last: Option<Derived>,
}

/// The signing key of a secret and a time. It is derived once for all calls of a second.
#[derive(Debug)]
struct Derived {
    secret: SecretKey,
    key_time: String,
    key: SigningKey,
}

/// The signing key, derived anew where the last one is of another secret or time.
fn derived<'a>(
    last: &'a mut Option<Derived>,
    secret: &SecretKey,
    key_time: &str,
) -> &'a SigningKey {
    let usable =
        |last: &Derived| last.key_time == key_time && last.secret.expose() == secret.expose();
    if !last.as_ref().is_some_and(usable) {
        *last = None;
    }
    let derived = last.get_or_insert_with(|| Derived {
        secret: secret.clone(),
        key_time: key_time.to_owned(),
        key: SigningKey::derive(secret, key_time),
    });
    &derived.key
}

/// An argument that is `None` counts as given, unlike one that is left out.
#[derive(Clone, Default)]
pub(crate) struct Given<'py>(pub(crate) Option<Bound<'py, PyAny>>);

impl<'a, 'py> FromPyObject<'a, 'py> for Given<'py> {
    type Error = std::convert::Infallible;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> Result<Self, Self::Error> {
        Ok(Self(Some(value.to_owned())))
    }
}

impl<'py> Given<'py> {
    fn required(self, function: &str, name: &str) -> Result<Bound<'py, PyAny>, Refusal> {
        self.0.ok_or_else(|| {
            let message = format!("{function}() missing 1 required argument: '{name}'");
            Refusal::Raised(PyTypeError::new_err(message))
        })
    }
}

/// The arguments of one call.
struct Call<'py> {
    method: Given<'py>,
    bucket: Bound<'py, PyAny>,
    key: Bound<'py, PyAny>,
    expired: Given<'py>,
    headers: Option<Bound<'py, PyAny>>,
    params: Option<Bound<'py, PyAny>>,
    use_ci_endpoint: Option<Bound<'py, PyAny>>,
    sign_host: Option<Bound<'py, PyAny>>,
    now: Option<Bound<'py, PyAny>>,
}

/// Where the signature is to stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carrier {
    Header,
    Query,
}

impl Signer {
    fn state(&self) -> Result<Arc<State>, Refusal> {
        let settings = self.settings.get().ok_or_else(|| {
            Refusal::Raised(PyRuntimeError::new_err("CosS3Client.__init__ was not called"))
        })?;
        Ok(settings.get().state())
    }

    /// The `Authorization` text, or the URL with the signature in its query.
    fn sign(&self, py: Python<'_>, call: &Call<'_>, carrier: Carrier) -> Result<String, Refusal> {
        let state = self.state()?;
        let at_ci = call.use_ci_endpoint.as_ref().map_or(Ok(false), |value| value.is_truthy())?;
        let place = Place {
            bucket: Some(&call.bucket).filter(|bucket| !bucket.is_none()),
            endpoint: state.site.endpoint_ci.as_deref().filter(|_| at_ci),
            ..Place::default()
        };
        let mut out = String::with_capacity(512);
        state.site.push_origin(&mut out, &place)?;
        let key = if call.key.is_none() { None } else { Some(key_of(&call.key)?) };
        let key = key.as_deref().unwrap_or_default();
        let signed_headers = headers_of(call.headers.as_ref())?;
        if state.anonymous {
            return match carrier {
                Carrier::Header => Ok(String::new()),
                Carrier::Query => Err(Refusal::Anonymous),
            };
        }

        let mut headers = borrowed(&signed_headers);
        let has_host = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"host"));
        let signs_host = match &call.sign_host {
            Some(value) => value.is_truthy()?,
            None => state.sign_host,
        };
        let host = if signs_host && !has_host { signed_host(py, &out)? } else { None };
        headers.extend(host.as_ref().map(|host| (b"host".as_slice(), host.as_bytes())));
        keep_last(&mut headers);

        let given_params = params_of(call.params.as_ref())?;
        let mut query = borrowed(&given_params);
        let method = method_of(&call.method)?;
        let key_time = key_time(unix_seconds(py, call.now.as_ref())?, &call.expired)?;
        let keys = state.source.keys(py)?;
        let token_name = if at_ci { CI_TOKEN_NAME } else { TOKEN_NAME };
        if carrier == Carrier::Query && !(has(&query, token_name) || has(&headers, token_name)) {
            let token = state.token.as_ref().or(keys.token.as_ref()).map(SecurityToken::expose);
            query.extend(token.map(|token| (token_name.as_bytes(), token.as_bytes())));
        }
        let mut params = if state.sign_params { query.clone() } else { Vec::new() };
        keep_last(&mut params);

        let path =
            if key.starts_with('/') { Cow::Borrowed(key) } else { Cow::Owned(format!("/{key}")) };
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        let Desk { canonical, last } = &mut *desk;
        canonical.write(&method, path.as_bytes(), &params, &headers);
        let signature = derived(last, &keys.key, &key_time).sign(&key_time, canonical);
        let (header_list, param_list) = (canonical.header_list(), canonical.param_list());
        let signed = Authorization::new(&keys.id, &key_time, header_list, param_list, signature);
        match carrier {
            Carrier::Header => {
                out.clear();
                signed.write_header(&mut out);
            }
            Carrier::Query if keys.id.contains('&') => return Err(Refusal::SecretIdAmpersand),
            Carrier::Query => {
                push_key(&mut out, key.as_bytes());
                out.push('?');
                push_signature(&mut out, &signed, keys.id.contains(' '));
                push_params(&mut out, &query);
            }
        }
        Ok(out)
    }
}

/// The name of the token for hosts of data processing (`cos_client.py` `send_request`).
const CI_TOKEN_NAME: &str = "x-ci-security-token";

fn has(pairs: &[Pair<'_>], wanted: &str) -> bool {
    pairs.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// In lower case, by Python's rule, which knows other letters than those of ASCII.
fn method_of(method: &Given<'_>) -> Result<String, Refusal> {
    let Some(method) = &method.0 else { return Ok("get".to_owned()) };
    match method.cast::<PyString>() {
        Ok(_) => Ok(text_of(method, "Method")?.to_lowercase()),
        Err(_) => Err(Refusal::Method { found: type_name(method) }),
    }
}

/// The seven parameters of a signature as `urlencode` writes them.
fn push_signature(out: &mut String, signed: &Authorization<'_>, has_space: bool) {
    let start = out.len();
    signed.write_query(out);
    if has_space {
        let spaced = out.split_off(start).replace("%20", "+");
        out.push_str(&spaced);
    }
}

/// `urlencode(Params)`.
fn push_params(out: &mut String, params: &[Pair<'_>]) {
    for (name, value) in params {
        out.push('&');
        push_form_encoded(out, name);
        out.push('=');
        push_form_encoded(out, value);
    }
}

#[pymethods]
#[allow(non_snake_case, reason = "the names are those of the official SDK's arguments")]
#[allow(clippy::too_many_arguments, reason = "they are the official SDK's")]
impl Signer {
    /// Takes what the `__init__` of a subclass takes; the settings come by `_use`.
    #[new]
    #[pyo3(signature = (*_arguments, **_keywords))]
    fn new(_arguments: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self::default()
    }

    /// Signs by these settings from now on; only the first call counts.
    fn _use(&self, settings: Py<Settings>) {
        let _again = self.settings.set(settings);
    }

    #[pyo3(signature = (Method=Given(None), Bucket=Given(None), Key=Given(None), Expired=Given(None), Headers=None,
        Params=None, SignHost=None, UseCiEndPoint=None, *, now=None))]
    fn get_auth<'py>(
        &self,
        py: Python<'py>,
        Method: Given<'py>,
        Bucket: Given<'py>,
        Key: Given<'py>,
        Expired: Given<'py>,
        Headers: Option<Bound<'py, PyAny>>,
        Params: Option<Bound<'py, PyAny>>,
        SignHost: Option<Bound<'py, PyAny>>,
        UseCiEndPoint: Option<Bound<'py, PyAny>>,
        now: Option<Bound<'py, PyAny>>,
    ) -> Result<String, Refusal> {
        let call = Call {
            method: Method,
            bucket: Bucket.required("get_auth", "Bucket")?,
            key: Key.required("get_auth", "Key")?,
            expired: Expired,
            headers: Headers,
            params: Params,
            use_ci_endpoint: UseCiEndPoint,
            sign_host: SignHost,
            now,
        };
        self.sign(py, &call, Carrier::Header)
    }

    #[pyo3(signature = (Bucket, Key, Method=Given(None), Expired=Given(None), Params=None, Headers=None,
        UseCiEndPoint=None, SignHost=None, *, now=None))]
    fn get_presigned_url<'py>(
        &self,
        py: Python<'py>,
        Bucket: Bound<'py, PyAny>,
        Key: Bound<'py, PyAny>,
        Method: Given<'py>,
        Expired: Given<'py>,
        Params: Option<Bound<'py, PyAny>>,
        Headers: Option<Bound<'py, PyAny>>,
        UseCiEndPoint: Option<Bound<'py, PyAny>>,
        SignHost: Option<Bound<'py, PyAny>>,
        now: Option<Bound<'py, PyAny>>,
    ) -> Result<String, Refusal> {
        let call = Call {
            method: Method,
            bucket: Bucket,
            key: Key,
            expired: Expired,
            headers: Headers,
            params: Params,
            use_ci_endpoint: UseCiEndPoint,
            sign_host: SignHost,
            now,
        };
        self.sign(py, &call, Carrier::Query)
    }

    #[pyo3(signature = (Bucket, Key, Expired=Given(None), Params=None, Headers=None, UseCiEndPoint=None, SignHost=None,
        *, now=None))]
    fn get_presigned_download_url<'py>(
        &self,
        py: Python<'py>,
        Bucket: Bound<'py, PyAny>,
        Key: Bound<'py, PyAny>,
        Expired: Given<'py>,
        Params: Option<Bound<'py, PyAny>>,
        Headers: Option<Bound<'py, PyAny>>,
        UseCiEndPoint: Option<Bound<'py, PyAny>>,
        SignHost: Option<Bound<'py, PyAny>>,
        now: Option<Bound<'py, PyAny>>,
    ) -> Result<String, Refusal> {
        let call = Call {
            method: Given(None),
            bucket: Bucket,
            key: Key,
            expired: Expired,
            headers: Headers,
            params: Params,
            use_ci_endpoint: UseCiEndPoint,
            sign_host: SignHost,
            now,
        };
        self.sign(py, &call, Carrier::Query)
    }
}
