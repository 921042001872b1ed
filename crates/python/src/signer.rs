//! `get_auth` and the pre-signed URLs, as `CosS3Client` and `CosS3Auth` of the official SDK make them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cospass_sign::{SecurityToken, TOKEN_NAME};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::call::{Pair, borrowed, headers_of, keep_last, params_of};
use crate::clock::{Validity, unix_seconds};
use crate::desk::{Carrier, Desk, Request};
use crate::refusal::Refusal;
use crate::route::{Route, Wanted};
use crate::settings::{Settings, State, key_of};
use crate::site::push_key;
use crate::text::push_form_encoded;

/// What `CosS3Client` inherits: the calls that sign.
///
/// Its buffers and its signing key are used again for the next call; nothing of Python is called while they are held.
#[pyclass(frozen, subclass, module = "cospass._cospass")]
#[derive(Debug, Default)]
pub(crate) struct Signer {
    settings: OnceLock<Py<Settings>>,
    route: Mutex<Option<Arc<Route>>>,
    desk: Mutex<Desk>,
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

impl Signer {
    fn state(&self) -> Result<Arc<State>, Refusal> {
        let settings = self.settings.get().ok_or_else(|| {
            Refusal::Raised(PyRuntimeError::new_err("CosS3Client.__init__ was not called"))
        })?;
        Ok(settings.get().state())
    }

    /// That of the call before, if this call has the same.
    fn route(&self, wanted: &Wanted<'_, '_>) -> Result<Arc<Route>, Refusal> {
        {
            let last = self.route.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(route) = last.as_ref().filter(|route| route.is(wanted)) {
                return Ok(Arc::clone(route));
            }
        }
        let route = Arc::new(Route::new(wanted)?);
        let mut last = self.route.lock().unwrap_or_else(PoisonError::into_inner);
        let former = last.replace(Arc::clone(&route));
        drop(last);
        drop(former);
        Ok(route)
    }

    /// The `Authorization` text, or the URL with the signature in its query.
    fn sign(&self, py: Python<'_>, call: &Call<'_>, carrier: Carrier) -> Result<String, Refusal> {
        let state = self.state()?;
        let at_ci = call.use_ci_endpoint.as_ref().map_or(Ok(false), |value| value.is_truthy())?;
        let method = call.method.0.as_ref();
        let route = self.route(&Wanted { state: &state, bucket: &call.bucket, method, at_ci })?;
        let key = if call.key.is_none() { None } else { Some(key_of(&call.key)?) };
        let key = key.as_ref().map_or(b"".as_slice(), |key| key.as_bytes());

        let given_headers = headers_of(call.headers.as_ref())?;
        if state.anonymous {
            return match carrier {
                Carrier::Header => Ok(String::new()),
                Carrier::Query => Err(Refusal::Anonymous),
            };
        }
        let mut headers = borrowed(&given_headers);
        let signs_host = call.sign_host.as_ref().map_or(Ok(state.sign_host), |v| v.is_truthy())?;
        if signs_host && !has(&headers, "host") {
            headers.extend(route.host()?.map(|host| (b"host".as_slice(), host.as_bytes())));
        }
        keep_last(&mut headers);

        let given_params = params_of(call.params.as_ref())?;
        let mut query = borrowed(&given_params);
        let method = route.lower_method()?;
        let validity = Validity::new(unix_seconds(py, call.now.as_ref())?, &call.expired)?;
        let keys = state.source.keys(py)?;
        if carrier == Carrier::Query {
            let name = if at_ci { CI_TOKEN_NAME } else { TOKEN_NAME };
            let token = state.token.as_ref().or(keys.token.as_ref()).map(SecurityToken::expose);
            if let Some(token) = token.filter(|_| !has(&query, name) && !has(&headers, name)) {
                query.push((name.as_bytes(), token.as_bytes()));
            }
            if keys.id.contains('&') {
                return Err(Refusal::SecretIdAmpersand);
            }
        }
        let mut params = if state.sign_params { query.clone() } else { Vec::new() };
        keep_last(&mut params);

        let mut out = String::with_capacity(route.origin.len() + key.len() + 512);
        if carrier == Carrier::Query {
            out.push_str(&route.origin);
            push_key(&mut out, key);
            out.push('?');
        }
        let request = Request { method, key, params: &params, headers: &headers };
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.sign(&request, &keys, validity, carrier, &mut out);
        drop(desk);
        if carrier == Carrier::Query {
            push_params(&mut out, &query);
        }
        Ok(out)
    }
}

/// The name of the token for hosts of data processing (`cos_client.py` `send_request`).
const CI_TOKEN_NAME: &str = "x-ci-security-token";

fn has(pairs: &[Pair<'_>], wanted: &str) -> bool {
    pairs.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
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
