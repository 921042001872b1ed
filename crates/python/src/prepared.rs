//! What a call asks for, read out of Python's values and put together before anything is signed.

use std::sync::Arc;

use cospass_sign::{SecurityToken, TOKEN_NAME};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::call::{Pair, Pairs, borrowed, headers_of, keep_last, params_of};
use crate::clock::{Validity, unix_seconds};
use crate::credentials::Keys;
use crate::desk::{Carrier, Request};
use crate::hidden::http_string;
use crate::refusal::Refusal;
use crate::route::Route;
use crate::settings::State;
use crate::text::push_form_encoded;

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
    /// The argument, or a TypeError in Python's words.
    pub(crate) fn required(self, function: &str, name: &str) -> Result<Bound<'py, PyAny>, Refusal> {
        self.0.ok_or_else(|| {
            let message = format!("{function}() missing 1 required argument: '{name}'");
            Refusal::Raised(PyTypeError::new_err(message))
        })
    }
}

/// The arguments of one call, by the official SDK's names.
#[allow(non_snake_case, reason = "they are filled from arguments of these names")]
pub(crate) struct Call<'py> {
    pub(crate) Method: Given<'py>,
    pub(crate) Bucket: Bound<'py, PyAny>,
    /// Of one object; `None` is the bucket itself.
    pub(crate) Key: Option<Bound<'py, PyAny>>,
    pub(crate) Expired: Given<'py>,
    pub(crate) Headers: Option<Bound<'py, PyAny>>,
    pub(crate) Params: Option<Bound<'py, PyAny>>,
    pub(crate) UseCiEndPoint: Option<Bound<'py, PyAny>>,
    pub(crate) SignHost: Option<Bound<'py, PyAny>>,
    pub(crate) now: Option<Bound<'py, PyAny>>,
}

/// Everything that a signature is made of, but for the key of the object.
pub(crate) struct Prepared<'py> {
    pub(crate) route: Arc<Route>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) validity: Validity,
    headers: Pairs<'py>,
    params: Pairs<'py>,
    signs_host: bool,
    signs_params: bool,
    /// The token that becomes a parameter, with its name.
    token: Option<(&'static str, SecurityToken)>,
}

impl<'py> Prepared<'py> {
    /// Nothing where nothing is signed: the headers of an anonymous configuration.
    pub(crate) fn new(
        py: Python<'py>,
        state: &State,
        route: Arc<Route>,
        call: &Call<'py>,
        at_ci: bool,
        carrier: Carrier,
    ) -> Result<Option<Self>, Refusal> {
        let headers = headers_of(call.Headers.as_ref())?;
        match (state.anonymous, carrier) {
            (true, Carrier::Header) => return Ok(None),
            (true, Carrier::Query) => return Err(Refusal::Anonymous),
            (false, _) => {}
        }
        let wants_host = call.SignHost.as_ref().map_or(Ok(state.sign_host), |v| v.is_truthy())?;
        let signs_host = wants_host && !has(&headers, "host");
        if signs_host {
            route.host()?;
        }
        let params = params_of(call.Params.as_ref())?;
        route.lower_method()?;
        let validity = Validity::new(unix_seconds(py, call.now.as_ref())?, &call.Expired)?;
        let keys = state.source.keys(py)?;
        let name = if at_ci { CI_TOKEN_NAME } else { TOKEN_NAME };
        let token = match carrier {
            Carrier::Header => None,
            Carrier::Query if keys.id.contains('&') => return Err(Refusal::SecretIdAmpersand),
            Carrier::Query => state.token.as_ref().or(keys.token.as_ref()),
        };
        let token = token.filter(|_| !has(&params, name) && !has(&headers, name));
        let token = token.map(|token| (name, token.clone()));
        let signs_params = state.sign_params;
        Ok(Some(Self { route, keys, validity, headers, params, signs_host, signs_params, token }))
    }

    /// The same as lists of bytes.
    pub(crate) fn lists(&self) -> Result<Lists<'_>, Refusal> {
        let mut headers = borrowed(&self.headers);
        if self.signs_host {
            headers.extend(self.route.host()?.map(|host| (b"host".as_slice(), host.as_bytes())));
        }
        keep_last(&mut headers);
        let mut query = borrowed(&self.params);
        let token = self.token.as_ref();
        query.extend(token.map(|(name, token)| (name.as_bytes(), token.expose().as_bytes())));
        let mut params = if self.signs_params { query.clone() } else { Vec::new() };
        keep_last(&mut params);
        Ok(Lists { headers, params, query })
    }
}

/// What is signed, and what stands in the query.
pub(crate) struct Lists<'a> {
    headers: Vec<Pair<'a>>,
    params: Vec<Pair<'a>>,
    query: Vec<Pair<'a>>,
}

impl Lists<'_> {
    /// The request for one key.
    pub(crate) fn request<'a>(&'a self, method: &'a str, key: &'a str) -> Request<'a> {
        Request { method, key, params: &self.params, headers: &self.headers }
    }

    /// The `HttpString` of the request for one key, for the log.
    pub(crate) fn shown(&self, method: &str, key: &str) -> String {
        http_string(method, key, self.params.clone(), self.headers.clone())
    }

    /// Appends `urlencode(Params)`, each with the `&` before it.
    pub(crate) fn push_query(&self, out: &mut String) {
        for (name, value) in &self.query {
            out.push('&');
            push_form_encoded(out, name);
            out.push('=');
            push_form_encoded(out, value);
        }
    }
}

/// The name of the token for hosts of data processing (`cos_client.py` `send_request`).
const CI_TOKEN_NAME: &str = "x-ci-security-token";

fn has(pairs: &Pairs<'_>, wanted: &str) -> bool {
    pairs.iter().any(|(name, _)| name.as_bytes().eq_ignore_ascii_case(wanted.as_bytes()))
}
