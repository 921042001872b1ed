//! What one request is to be, taken out of Python's values before any of it is sent.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use cospass::HyperTransport;
use cospass_sign::{TOKEN_NAME, is_official_header};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pyo3::prelude::*;

use super::body::{self, Content, Raised};
use super::way::{Way, seconds};
use crate::call::{Pair, every_header_of, keep_last, params_of};
use crate::clock::Validity;
use crate::credentials::{Keys, Source};
use crate::desk::authorization;
use crate::hidden::{http_string, is_secret};
use crate::host::signed_host;
use crate::outline::Request;
use crate::refusal::Refusal;
use crate::settings::State;
use crate::text::{push_form_encoded, text_in, utf8_of};

/// How long the signature of an attempt holds, in seconds (`cos_auth.py` `CosS3Auth.__init__`).
const VALIDITY: i64 = 10_000;

/// The `_Request` of the pure half.
#[derive(FromPyObject)]
pub(crate) struct Order<'py> {
    method: String,
    /// Up to the query.
    url: String,
    /// As it is signed; nothing for the bucket itself.
    key: Option<Bound<'py, PyAny>>,
    params: Bound<'py, PyAny>,
    headers: Bound<'py, PyAny>,
    body: body::Given<'py>,
    /// The file that the body of the answer is written into, and from where on.
    target: Option<(PathBuf, u64)>,
    is_streamed: bool,
    /// Whether doing it twice is as good as doing it once.
    is_repeatable: bool,
    attempts: u32,
    /// Whether the last attempt may go to the other domain.
    is_switching: bool,
    /// How long nothing may move, in seconds.
    idle: f64,
    way: Py<Way>,
    /// Whether keys of the configuration are shown to who is asked.
    is_signed: bool,
    /// Unix seconds, instead of the configuration's clock.
    now: Option<Bound<'py, PyAny>>,
}

/// What becomes of the body of the answer.
pub(super) enum Wanted {
    Whole,
    Stream,
    File(PathBuf, u64),
}

/// Everything that an attempt needs, without Python.
pub(super) struct Ready {
    pub(super) method: Method,
    pub(super) url: String,
    /// With its `?`, or empty.
    pub(super) query: String,
    pub(super) content: Content,
    pub(super) raised: Raised,
    pub(super) wanted: Wanted,
    pub(super) is_repeatable: bool,
    pub(super) attempts: u32,
    pub(super) is_switching: bool,
    pub(super) transport: HyperTransport,
    key: String,
    params: Vec<(Vec<u8>, Vec<u8>)>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    host: Option<String>,
    signing: Option<Signing>,
}

/// With what an attempt is signed.
struct Signing {
    keys: Arc<Keys>,
    signs_params: bool,
    /// Unix seconds when the call began; the attempts after it come as much later as the clock of this machine says.
    now: i64,
    began: Instant,
}

impl Order<'_> {
    /// Reads it all; a refusal leaves nothing done.
    pub(super) fn ready(self, py: Python<'_>, state: &State) -> Result<Ready, Refusal> {
        let content = self.body.content();
        let key = self.key.as_ref().map(|key| utf8_of(key, "Key")).transpose()?;
        let key = key.as_ref().map_or(Ok(""), text_in)?.to_owned();
        let owned = |pairs: crate::call::Pairs<'_>| -> Vec<(Vec<u8>, Vec<u8>)> {
            let bytes = pairs.iter().map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec()));
            bytes.collect()
        };
        let params = owned(params_of(Some(&self.params))?);
        let mut headers = owned(every_header_of(Some(&self.headers))?);
        let has = |headers: &[(Vec<u8>, Vec<u8>)], wanted: &str| {
            headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
        };
        let is_length_given = has(&headers, "Content-Length");
        let mut add = |name: &str, value: &str| headers.push((name.into(), value.into()));
        let is_written = matches!(self.method.as_str(), "PUT" | "POST");
        match content.length() {
            Some(length) => add("Content-Length", &length.to_string()),
            None if content.is_some() && is_length_given => {}
            None if content.is_some() => add("Transfer-Encoding", "chunked"),
            None if is_written => add("Content-Length", "0"),
            None => {}
        }
        keep_last_of(&mut headers);
        let signing = match &state.source {
            _ if state.anonymous || !self.is_signed => None,
            Source::Nobody => None,
            source => Some(Signing {
                keys: source.keys(py)?,
                signs_params: state.sign_params,
                now: state.clock.now(py, self.now.as_ref())?,
                began: Instant::now(),
            }),
        };
        let token = state.token.as_ref().filter(|_| self.is_signed);
        let token =
            token.or_else(|| signing.as_ref().and_then(|signing| signing.keys.token.as_ref()));
        if let Some(token) = token.filter(|_| !has(&headers, TOKEN_NAME)) {
            headers.push((TOKEN_NAME.into(), token.expose().into()));
        }
        let signs_host = signing.is_some() && state.sign_host && !has(&headers, "host");
        let host = if signs_host { signed_host(py, &self.url)? } else { None };
        let wanted = match (self.is_streamed, self.target) {
            (true, _) => Wanted::Stream,
            (false, Some((path, offset))) => Wanted::File(path, offset),
            (false, None) => Wanted::Whole,
        };
        let method = Method::from_bytes(self.method.as_bytes());
        Ok(Ready {
            method: method.map_err(|_| Refusal::Method { found: self.method })?,
            url: self.url,
            query: query_of(&params),
            content,
            raised: Raised::default(),
            wanted,
            is_repeatable: self.is_repeatable,
            attempts: self.attempts,
            is_switching: self.is_switching,
            transport: self.way.get().transport(seconds(self.idle)?)?,
            key,
            params,
            headers,
            host,
            signing,
        })
    }
}

impl Ready {
    /// The headers of one attempt, signed for `host` where hosts are signed.
    pub(super) fn signed_headers(
        &self,
        again: bool,
        switched_host: Option<&str>,
    ) -> Result<HeaderMap, Refusal> {
        let mut pairs: Vec<Pair<'_>> =
            self.headers.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        if again {
            pairs.push((b"x-cos-sdk-retry", b"true"));
        }
        let mut headers = HeaderMap::with_capacity(pairs.len() + 1);
        for (name, value) in &pairs {
            let unsendable =
                || Refusal::Header { name: String::from_utf8_lossy(name).into_owned() };
            if value.trim_ascii().len() < value.len() {
                // HTTP drops it on the way (RFC 9110 §5.5), and the signature would not hold.
                return Err(unsendable());
            }
            let key = HeaderName::from_bytes(name).map_err(|_| unsendable())?;
            let mut value = HeaderValue::from_bytes(value).map_err(|_| unsendable())?;
            value.set_sensitive(is_secret(name));
            headers.insert(key, value);
        }
        if let Some(signing) = &self.signing {
            let text = self.authorization(signing, pairs, switched_host);
            let unsendable = |_| Refusal::Header { name: "Authorization".to_owned() };
            let mut value = HeaderValue::from_str(&text).map_err(unsendable)?;
            value.set_sensitive(true);
            headers.insert(http::header::AUTHORIZATION, value);
        }
        Ok(headers)
    }

    fn authorization<'a>(
        &'a self,
        signing: &Signing,
        mut pairs: Vec<Pair<'a>>,
        switched_host: Option<&'a str>,
    ) -> String {
        pairs.retain(|(name, _)| is_signed(name));
        let host = self.host.as_deref().map(|host| switched_host.unwrap_or(host));
        pairs.extend(host.map(|host| (b"host".as_slice(), host.as_bytes())));
        let params = self.signed_params(signing.signs_params);
        let passed = i64::try_from(signing.began.elapsed().as_secs()).unwrap_or_default();
        let now = signing.now.saturating_add(passed);
        let validity = Validity::Seconds { now, end: now.saturating_add(VALIDITY) };
        let method = self.method.as_str().to_ascii_lowercase();
        let request = Request { method: &method, params: &params, headers: &pairs };
        authorization(&request, &self.key, &signing.keys, &validity)
    }

    fn signed_params(&self, signs_params: bool) -> Vec<Pair<'_>> {
        let mut params: Vec<Pair<'_>> = Vec::new();
        if signs_params {
            params.extend(self.params.iter().map(|(name, value)| (&name[..], &value[..])));
        }
        keep_last(&mut params);
        params
    }

    /// The `HttpString` of the first attempt without what is secret, for the log; nothing where nothing is signed.
    pub(super) fn http_string(&self) -> Option<String> {
        let signing = self.signing.as_ref()?;
        let mut headers: Vec<Pair<'_>> =
            self.headers.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        headers.retain(|(name, _)| is_signed(name));
        headers.extend(self.host.iter().map(|host| (b"host".as_slice(), host.as_bytes())));
        let method = self.method.as_str().to_ascii_lowercase();
        let params = self.signed_params(signing.signs_params);
        Some(http_string(&method, &self.key, params, headers))
    }
}

/// `urlencode(params)` behind a `?`.
fn query_of(params: &[(Vec<u8>, Vec<u8>)]) -> String {
    let mut query = String::new();
    for (name, value) in params {
        query.push(if query.is_empty() { '?' } else { '&' });
        push_form_encoded(&mut query, name);
        query.push('=');
        push_form_encoded(&mut query, value);
    }
    query
}

/// The last of those that have one name, as in the dictionaries of `requests`.
fn keep_last_of(headers: &mut Vec<(Vec<u8>, Vec<u8>)>) {
    let mut kept: Vec<(Vec<u8>, Vec<u8>)> = Vec::with_capacity(headers.len());
    for (name, value) in headers.drain(..).rev() {
        if !kept.iter().any(|(other, _)| other.eq_ignore_ascii_case(&name)) {
            kept.push((name, value));
        }
    }
    kept.reverse();
    *headers = kept;
}

fn is_signed(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(is_official_header)
}
