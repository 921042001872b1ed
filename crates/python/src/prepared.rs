//! What a call asks for, read out of Python's values and put together before anything is signed.

use std::sync::Arc;

use cospass_protocol::{Longest, SignedRequest, Warning};
use cospass_sign::{CI_TOKEN_NAME, SecurityToken, TOKEN_NAME, is_token_name};
use pyo3::prelude::*;

use crate::arguments::Call;
use crate::call::{Pair, Pairs, are_distinct, borrowed, headers_of, keep_last, params_of};
use crate::clock::Validity;
use crate::credentials::Keys;
use crate::hidden::http_string;
use crate::outline::{Carrier, Request};
use crate::refusal::Refusal;
use crate::route::Route;
use crate::settings::State;
use crate::site::push_key;
use crate::text::push_form_encoded;

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
    /// Whether the keys have a token, wherever it travels.
    is_temporary: bool,
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
        let headers = headers_of(call.headers.as_ref())?;
        match (state.anonymous, carrier) {
            (true, Carrier::Header) => return Ok(None),
            (true, Carrier::Query) => return Err(Refusal::Anonymous),
            (false, _) => {}
        }
        let sign_host = call.sign_host.as_ref().filter(|value| !value.is_none());
        let wants_host = sign_host.map_or(Ok(state.sign_host), |value| value.is_truthy())?;
        let signs_host = wants_host && !has(&headers, |name| name.eq_ignore_ascii_case(b"host"));
        if signs_host {
            route.host()?;
        }
        let params = params_of(call.params.as_ref())?;
        route.lower_method()?;
        let validity =
            Validity::new(state.clock.now(py, call.now.as_ref())?, call.expired.as_ref())?;
        let keys = state.source.keys(py)?;
        let name = if at_ci { CI_TOKEN_NAME } else { TOKEN_NAME };
        let own_token = state.token.as_ref().or(keys.token.as_ref());
        let is_temporary = own_token.is_some();
        let token = match carrier {
            Carrier::Header => None,
            Carrier::Query if keys.id.contains('&') => return Err(Refusal::SecretIdAmpersand),
            Carrier::Query => own_token,
        };
        let token = token.filter(|_| !has(&params, is_token_name) && !has(&headers, is_token_name));
        let token = token.map(|token| (name, token.clone()));
        let signs_params = state.sign_params;
        Ok(Some(Self {
            route,
            keys,
            validity,
            headers,
            params,
            signs_host,
            signs_params,
            token,
            is_temporary,
        }))
    }

    /// What is valid and yet a risk of it, with this key; the empty one is left out.
    pub(crate) fn warnings(&self, lists: &Lists<'_>, key: &str) -> Result<Vec<Warning>, Refusal> {
        let text = |pairs: &[Pair<'_>]| -> Vec<(String, String)> {
            let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            pairs.iter().map(|(name, value)| (lossy(name), lossy(value))).collect()
        };
        let (headers, params) = (text(&lists.headers), text(&lists.query));
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let params: Vec<_> = params.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let has_token = has(&self.headers, is_token_name) || has(&self.params, is_token_name);
        let request = SignedRequest {
            method: self.route.lower_method()?,
            params: &params,
            headers: &headers,
            signed_headers: &headers,
            signed_params: (!self.signs_params).then_some(&[]),
            is_temporary: self.is_temporary || has_token,
        };
        let mut path = String::new();
        push_key(&mut path, key);
        let last = self.keys.ends_at.map(|end| end.saturating_sub(1));
        Ok(request.warnings(&path, self.validity.times(), last, Longest::default()))
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
        let params = match self.signs_params {
            true if are_distinct(&query) => None,
            true => {
                let mut params = query.clone();
                keep_last(&mut params);
                Some(params)
            }
            false => Some(Vec::new()),
        };
        Ok(Lists { headers, params, query })
    }
}

/// What is signed, and what stands in the query.
pub(crate) struct Lists<'a> {
    headers: Vec<Pair<'a>>,
    /// Where these are others than stand in the query.
    params: Option<Vec<Pair<'a>>>,
    query: Vec<Pair<'a>>,
}

impl Lists<'_> {
    /// The request, whatever its key.
    pub(crate) fn request<'a>(&'a self, method: &'a str) -> Request<'a> {
        Request { method, params: self.params(), headers: &self.headers }
    }

    /// The `HttpString` of the request for one key, for the log.
    pub(crate) fn shown(&self, method: &str, key: &str) -> String {
        http_string(method, key, self.params().to_vec(), self.headers.clone())
    }

    fn params(&self) -> &[Pair<'_>] {
        self.params.as_ref().unwrap_or(&self.query)
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

fn has(pairs: &Pairs<'_>, is_wanted: impl Fn(&[u8]) -> bool) -> bool {
    pairs.iter().any(|(name, _)| is_wanted(name.as_bytes()))
}
