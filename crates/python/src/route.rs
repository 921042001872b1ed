//! What calls have in common that are for the same bucket with the same method: the beginning of their URL, the host
//! that they sign, and the method as it is signed.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::asked::{same, unchanging};
use crate::host::signed_host;
use crate::refusal::Refusal;
use crate::settings::State;
use crate::site::Place;
use crate::text::{text_of, type_name};

/// What a route is asked by: compared by identity, which for text that does not change is enough.
pub(crate) struct Wanted<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) state: &'a Arc<State>,
    pub(crate) bucket: Option<&'a Bound<'py, PyAny>>,
    /// Nothing is `GET`.
    pub(crate) method: Option<&'a Bound<'py, PyAny>>,
    pub(crate) at_ci: bool,
}

/// See the head of this file.
#[derive(Debug)]
pub(crate) struct Route {
    state: Arc<State>,
    /// The bucket and the method; nothing where another like them could mean something else.
    asked: Option<[Option<Py<PyAny>>; 2]>,
    at_ci: bool,
    /// `scheme://host/`
    pub(crate) origin: String,
    /// As it is signed, if it can be read.
    host: Result<Option<String>, (String, String)>,
    /// In lower case, if it is text.
    lower_method: Result<String, String>,
}

impl Route {
    /// Whether this is what is wanted.
    pub(crate) fn is(&self, wanted: &Wanted<'_, '_>) -> bool {
        let is_asked = |[bucket, method]: &[Option<Py<PyAny>>; 2]| {
            same(bucket.as_ref(), wanted.bucket) && same(method.as_ref(), wanted.method)
        };
        Arc::ptr_eq(&self.state, wanted.state)
            && self.at_ci == wanted.at_ci
            && self.asked.as_ref().is_some_and(is_asked)
    }

    /// Works it out. What is wrong with method and host is told by those who need them.
    pub(crate) fn new(wanted: &Wanted<'_, '_>) -> Result<Self, Refusal> {
        let site = &wanted.state.site;
        let place = Place {
            bucket: wanted.bucket.filter(|bucket| !bucket.is_none()),
            endpoint: site.endpoint_ci.as_deref().filter(|_| wanted.at_ci),
            ..Place::default()
        };
        let mut origin = String::new();
        site.push_origin(&mut origin, &place)?;
        let host = match signed_host(wanted.py, &origin) {
            Err(Refusal::HostUnreadable { host, reason }) => Err((host, reason)),
            told => Ok(told?),
        };
        let lower_method = match wanted.method {
            None => Ok("get".to_owned()),
            Some(method) if method.is_instance_of::<PyString>() => {
                Ok(text_of(method, "Method")?.to_lowercase())
            }
            Some(method) => Err(type_name(method)),
        };
        let asked = unchanging(wanted.bucket).zip(unchanging(wanted.method));
        Ok(Self {
            state: Arc::clone(wanted.state),
            asked: asked.map(Into::into),
            at_ci: wanted.at_ci,
            origin,
            host,
            lower_method,
        })
    }

    /// The host to sign; a URL may have none.
    pub(crate) fn host(&self) -> Result<Option<&str>, Refusal> {
        match &self.host {
            Ok(host) => Ok(host.as_deref()),
            Err((host, reason)) => {
                Err(Refusal::HostUnreadable { host: host.clone(), reason: reason.clone() })
            }
        }
    }

    /// The method in lower case, by a rule that knows other letters than those of ASCII, as Python's does.
    pub(crate) fn lower_method(&self) -> Result<&str, Refusal> {
        self.lower_method.as_deref().map_err(|found| Refusal::Method { found: found.clone() })
    }
}
