//! `get_auth` and the pre-signed URLs, as `CosS3Client` and `CosS3Auth` of the official SDK make them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cospass_sign::explain::ServerView;
use cospass_sign::{Credentials, TOKEN_NAME};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::arguments::{self, Call};
use crate::asked::Asked;
use crate::clock::Validity;
use crate::column;
use crate::credentials::Source;
use crate::desk::Desk;
use crate::judge::{authorize, explained, verify};
use crate::log;
use crate::many::Many;
use crate::outline::Carrier;
use crate::prepared::Prepared;
use crate::refusal::Refusal;
use crate::route::{Route, Wanted};
use crate::send::{self, Order, Pending};
use crate::sent::Sent;
use crate::settings::{Settings, State};
use crate::text::{text_in, text_of};
use crate::warnings;

/// What `CosS3Client` inherits: the calls that sign.
///
/// What the last call was made of is kept for the next.
#[pyclass(frozen, subclass, module = "cospass._cospass")]
#[derive(Debug, Default)]
pub(crate) struct Signer {
    settings: OnceLock<Py<Settings>>,
    route: Mutex<Option<Arc<Route>>>,
    last: Mutex<Last>,
}

/// What one call leaves for the next.
///
/// Python is called while it is locked, so that its lock is tried and never waited for: who does not get it, another thread or
/// a clock of the caller's that signs itself, works on a new desk.
#[derive(Debug, Default)]
struct Last {
    /// What lies on the desk, if it can be signed again.
    asked: Option<Asked>,
    desk: Desk,
}

impl Signer {
    fn settings(&self) -> Result<&Settings, Refusal> {
        let settings = self.settings.get().ok_or_else(|| {
            Refusal::Raised(PyRuntimeError::new_err("CosS3Client.__init__ was not called"))
        })?;
        Ok(settings.get())
    }

    fn state(&self) -> Result<Arc<State>, Refusal> {
        Ok(self.settings()?.state())
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
    fn sign<'py>(
        &self,
        py: Python<'py>,
        call: &Call<'py>,
        carrier: Carrier,
    ) -> Result<Bound<'py, PyString>, Refusal> {
        let settings = self.settings()?;
        let version = settings.version();
        let is_told = log::is_heard(py)? || warnings::are_wanted(py)?;
        let mut own = None;
        let mut shared = self.last.try_lock();
        let Last { asked, desk } = match &mut shared {
            Ok(last) => &mut **last,
            Err(_) => own.insert(Last::default()),
        };
        let (key, validity, prepared);
        let keys = match asked.as_ref().filter(|asked| asked.is(version, call, carrier)) {
            Some(asked) if !is_told => {
                key = call.object_key()?;
                let now = asked.state.clock.now(py, call.now.as_ref())?;
                validity = Validity::new(now, call.expired.as_ref())?;
                &asked.keys
            }
            _ => {
                let state = settings.state();
                let Some(read) = self.prepared(py, &state, call, carrier)? else {
                    return Ok(PyString::new(py, ""));
                };
                (prepared, key) = read;
                if is_told {
                    tell(py, &prepared, key.as_ref().map_or(Ok(""), text_in)?)?;
                }
                // Until all of it lies there.
                *asked = None;
                lay_out(desk, &prepared, carrier)?;
                if desk.is_small() {
                    *asked = Asked::new(version, state, call, carrier);
                }
                validity = prepared.validity.clone();
                &prepared.keys
            }
        };
        let key = key.as_ref().map_or(Ok(""), text_in)?;
        let signed = PyString::new(py, desk.sign(keys, &validity, key));
        desk.tidy();
        Ok(signed)
    }

    /// What is to be signed, and the key as bytes, if there is one; nothing where nothing is signed.
    fn prepared<'py>(
        &self,
        py: Python<'py>,
        state: &Arc<State>,
        call: &Call<'py>,
        carrier: Carrier,
    ) -> Result<Option<ForKey<'py>>, Refusal> {
        let ci = call.use_ci_endpoint.as_ref();
        let at_ci = ci.map_or(Ok(false), |value| value.is_truthy())?;
        let bucket = call.bucket.as_ref();
        let method = call.method.as_ref();
        let route = self.route(&Wanted { py, state, bucket, method, at_ci })?;
        let key = call.object_key()?;
        key.as_ref().map(text_in).transpose()?;
        let prepared = Prepared::new(py, state, route, call, at_ci, carrier)?;
        Ok(prepared.map(|prepared| (prepared, key)))
    }
}

/// Lays out what is signed, whatever its key.
fn lay_out(desk: &mut Desk, prepared: &Prepared<'_>, carrier: Carrier) -> Result<(), Refusal> {
    let lists = prepared.lists()?;
    let outline = desk.lay_out(&lists.request(prepared.route.lower_method()?), carrier);
    if carrier == Carrier::Query {
        outline.of_url(&prepared.route.origin, |end| lists.push_query(end));
    }
    Ok(())
}

/// Tells what is signed, and what is a risk of it, to those who want to know.
fn tell(py: Python<'_>, prepared: &Prepared<'_>, key: &str) -> Result<(), Refusal> {
    let lists = prepared.lists()?;
    let method = prepared.route.lower_method()?;
    log::signed(py, || lists.shown(method, key))?;
    if warnings::are_wanted(py)? {
        warnings::tell(py, prepared.warnings(&lists, key)?)?;
    }
    Ok(())
}

/// What is signed, and the key that it is signed for.
type ForKey<'py> = (Prepared<'py>, Option<Bound<'py, PyBytes>>);

/// The convention by which a signature holds, or cause and message of its refusal.
type Judged = (Option<String>, Option<(&'static str, String)>);

/// Code, message, StringToSign, FormatString and ServerTime of an error document.
type ServerSaid = (String, String, Option<String>, Option<String>, Option<i64>);

#[pymethods]
#[allow(
    clippy::too_many_arguments,
    reason = "those of `_explain` are what a request is, and what is known of it"
)]
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

    /// The value of `Authorization` for one request.
    ///
    /// :param Expired: seconds for which it holds; it begins 60 s before now.
    /// :param Headers: of these, those are signed that the official SDK signs; the request must bear them as they are.
    /// :param Params: parameters of the request; all are signed unless `SignParams` is false.
    /// :param SignHost: whether the host is signed; as the configuration says by default.
    /// :param UseCiEndPoint: for the host of data processing.
    /// :param now: Unix seconds, instead of the clock's.
    /// :raises CosClientError: an argument that no request could be made with.
    #[pyo3(signature = (*arguments, **keywords), text_signature = "($self, Method=..., Bucket=..., Key=..., Expired=300, Headers={}, Params={}, SignHost=None, UseCiEndPoint=False, *, now=None)")]
    fn get_auth<'py>(
        &self,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyString>, Refusal> {
        let call = Call::read(&arguments::GET_AUTH, arguments, keywords)?;
        self.sign(arguments.py(), &call, Carrier::Header)
    }

    /// The URL of one object with a signature in its query, and with the token of temporary keys.
    ///
    /// :param Method: `GET` unless told otherwise.
    /// :param Expired: seconds for which it holds; it begins 60 s before now.
    /// :param Headers: of these, those are signed that the official SDK signs; the request must bear them as they are.
    /// :param Params: parameters of the request; all are signed unless `SignParams` is false.
    /// :param SignHost: whether the host is signed; as the configuration says by default.
    /// :param UseCiEndPoint: for the host of data processing.
    /// :param now: Unix seconds, instead of the clock's.
    /// :raises CosClientError: an argument that no request could be made with.
    #[pyo3(signature = (*arguments, **keywords), text_signature = "($self, Bucket, Key, Method='GET', Expired=300, Params={}, Headers={}, UseCiEndPoint=False, SignHost=None, *, now=None)")]
    fn get_presigned_url<'py>(
        &self,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyString>, Refusal> {
        let call = Call::read(&arguments::GET_PRESIGNED_URL, arguments, keywords)?;
        self.sign(arguments.py(), &call, Carrier::Query)
    }

    /// The URL to download one object by: `get_presigned_url` with the method `GET`.
    ///
    /// :param Expired: seconds for which it holds; it begins 60 s before now.
    /// :param Headers: of these, those are signed that the official SDK signs; the request must bear them as they are.
    /// :param Params: parameters of the request; all are signed unless `SignParams` is false.
    /// :param SignHost: whether the host is signed; as the configuration says by default.
    /// :param UseCiEndPoint: for the host of data processing.
    /// :param now: Unix seconds, instead of the clock's.
    /// :raises CosClientError: an argument that no request could be made with.
    #[pyo3(signature = (*arguments, **keywords), text_signature = "($self, Bucket, Key, Expired=300, Params={}, Headers={}, UseCiEndPoint=False, SignHost=None, *, Method='GET', now=None)")]
    fn get_presigned_download_url<'py>(
        &self,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyString>, Refusal> {
        let mut call = Call::read(&arguments::GET_PRESIGNED_DOWNLOAD_URL, arguments, keywords)?;
        if let Some(method) = call.method.take()
            && !text_of(&method, "Method")?.eq_ignore_ascii_case("GET")
        {
            return Err(Refusal::MethodOfDownload { found: method.repr()?.to_string() });
        }
        self.sign(arguments.py(), &call, Carrier::Query)
    }

    /// What is valid and yet a risk of the URL that `get_presigned_url` makes of these arguments: a list of `CosWarning`, by
    /// their `id` in docs/warnings.md, and empty for most.
    ///
    /// :raises CosClientError: an argument that no request could be made with.
    #[pyo3(signature = (*arguments, **keywords), text_signature = "($self, Bucket, Key, Method='GET', Expired=300, Params={}, Headers={}, UseCiEndPoint=False, SignHost=None, *, now=None)")]
    fn warnings_of<'py>(
        &self,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyList>, Refusal> {
        let py = arguments.py();
        let call = Call::read(&arguments::WARNINGS_OF, arguments, keywords)?;
        let prepared = self.prepared(py, &self.state()?, &call, Carrier::Query)?;
        let (prepared, key) = prepared.ok_or(Refusal::Anonymous)?;
        let key = key.as_ref().map_or(Ok(""), text_in)?;
        let found = prepared.warnings(&prepared.lists()?, key)?;
        Ok(warnings::list(py, found)?)
    }

    /// The URLs of many keys, in their order; other threads of Python run meanwhile.
    ///
    /// :param keys: anything that yields keys, for a list of `str`; or what has the Arrow PyCapsule interface (strings), for an
    ///     Arrow array, null where a key is, which takes pyarrow.
    /// :param threads: how many threads sign.
    ///
    /// The other arguments are those of `get_presigned_url`.
    ///
    /// :raises CosClientError: an argument that no request could be made with, or a key that cannot be signed, with its position.
    #[pyo3(signature = (*arguments, **keywords), text_signature = "($self, keys, Bucket, Method='GET', Expired=300, Params={}, Headers={}, UseCiEndPoint=False, SignHost=None, *, now=None, threads=1)")]
    fn presign_many<'py>(
        &self,
        arguments: &Bound<'py, PyTuple>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyAny>, Refusal> {
        let py = arguments.py();
        let call = Call::read(&arguments::PRESIGN_MANY, arguments, keywords)?;
        let threads = call.threads()?;
        let prepared = self.prepared(py, &self.state()?, &call, Carrier::Query)?;
        let (prepared, _) = prepared.ok_or(Refusal::Anonymous)?;
        if warnings::are_wanted(py)? {
            warnings::tell(py, prepared.warnings(&prepared.lists()?, "")?)?;
        }
        let many = Many::new(py, &prepared)?;
        let keys = call.keys()?;
        if column::is_arrow(keys)? {
            return column::array(&many, keys, threads);
        }
        Ok(many.list(keys, threads)?.into_any())
    }

    /// `(convention, None)` or `(None, (cause, message))`.
    fn _verify<'py>(
        &self,
        py: Python<'py>,
        method: String,
        url: &Bound<'py, PyAny>,
        headers: Option<Bound<'py, PyAny>>,
        now: Option<Bound<'py, PyAny>>,
        strict: bool,
    ) -> Result<Judged, Refusal> {
        let state = self.state()?;
        let sent = Sent::new(py, method, &text_of(url, "Url")?, headers.as_ref())?;
        let now = state.clock.now(py, now.as_ref())?;
        let keys = state.source.keys(py)?;
        let token = state.token.as_ref().or(keys.token.as_ref());
        Ok(match sent.with_head(|head| verify(head, &keys, token, now, strict)) {
            Ok(convention) => (Some(convention), None),
            Err(refused) => (None, Some(refused)),
        })
    }

    /// The finding as JSON. `server` is what the error document says: code, message, StringToSign, FormatString and
    /// ServerTime.
    fn _explain<'py>(
        &self,
        py: Python<'py>,
        method: String,
        url: &Bound<'py, PyAny>,
        headers: Option<Bound<'py, PyAny>>,
        server: Option<ServerSaid>,
        now: Option<Bound<'py, PyAny>>,
        strict: bool,
    ) -> Result<String, Refusal> {
        let state = self.state()?;
        let sent = Sent::new(py, method, &text_of(url, "Url")?, headers.as_ref())?;
        let now = state.clock.now(py, now.as_ref())?;
        let credentials = match &state.source {
            Source::Nobody => None,
            source => {
                let keys = source.keys(py)?;
                let token = state.token.as_ref().or(keys.token.as_ref());
                let plain = Credentials::new(keys.id.clone(), keys.key.expose());
                Some(token.map_or(plain.clone(), |token| plain.with_token(token.expose())))
            }
        };
        let server = server.map(|(code, message, string_to_sign, format_string, server_time)| {
            let format_string = format_string.map(String::into_bytes);
            ServerView { code, message, string_to_sign, format_string, server_time }
        });
        Ok(sent
            .with_head(|head| explained(head, credentials.as_ref(), server.as_ref(), now, strict)))
    }

    /// Begins to send a request of the pure half.
    fn _send(&self, py: Python<'_>, request: Order<'_>) -> Result<Pending, Refusal> {
        send::send(py, &*self.state()?, request)
    }

    /// What of it is signed, without secrets, for the log; nothing where nothing is signed.
    fn _http_string(&self, py: Python<'_>, request: Order<'_>) -> Result<Option<String>, Refusal> {
        send::http_string(py, &*self.state()?, request)
    }

    /// The headers that make a request hold.
    fn _authorize<'py>(
        &self,
        py: Python<'py>,
        method: String,
        url: &Bound<'py, PyAny>,
        headers: Option<Bound<'py, PyAny>>,
        expired: Bound<'py, PyAny>,
        now: Option<Bound<'py, PyAny>>,
    ) -> Result<Vec<(&'static str, String)>, Refusal> {
        let state = self.state()?;
        let sent = Sent::new(py, method, &text_of(url, "Url")?, headers.as_ref())?;
        if state.anonymous {
            return Ok(Vec::new());
        }
        let validity = Validity::new(state.clock.now(py, now.as_ref())?, Some(&expired))?;
        let keys = state.source.keys(py)?;
        let token = state.token.as_ref().or(keys.token.as_ref());
        let text = sent.with_head(|head| authorize(head, &keys, token, &validity))?;
        let mut headers = vec![("Authorization", text)];
        headers.extend(token.map(|token| (TOKEN_NAME, token.expose().to_owned())));
        Ok(headers)
    }
}
