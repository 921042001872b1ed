//! Whether a call asks for what the last one asked for, but for the key and the time: then nothing of it is read again.
//!
//! Seen by the identity of values that cannot change, each of which is held, so that no other takes its address. Where there
//! is a value that can, such as an instance of a class that was made of `str`, every call is read.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyString};

use crate::arguments::Call;
use crate::credentials::{Keys, Source};
use crate::outline::Carrier;
use crate::settings::State;

/// What the last call asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    version: u64,
    carrier: Carrier,
    bucket: Option<Py<PyAny>>,
    method: Option<Py<PyAny>>,
    use_ci_endpoint: Option<Py<PyAny>>,
    sign_host: Option<Py<PyAny>>,
    params: Items,
    headers: Items,
    pub(crate) state: Arc<State>,
    pub(crate) keys: Arc<Keys>,
}

/// Names and values of a dictionary, in its order; none where there is no dictionary.
type Items = Vec<(Py<PyAny>, Py<PyAny>)>;

impl Asked {
    /// Of a call; nothing where another like it could mean something else. `version` is that of the settings.
    pub(crate) fn new(
        version: u64,
        state: Arc<State>,
        call: &Call<'_>,
        carrier: Carrier,
    ) -> Option<Self> {
        // What others give is asked of them at each call.
        let Source::Keys(keys) = &state.source else { return None };
        Some(Self {
            version,
            carrier,
            bucket: unchanging(call.bucket.as_ref())?,
            method: unchanging(call.method.as_ref())?,
            use_ci_endpoint: unchanging(call.use_ci_endpoint.as_ref())?,
            sign_host: unchanging(call.sign_host.as_ref())?,
            params: items(call.params.as_ref())?,
            headers: items(call.headers.as_ref())?,
            keys: Arc::clone(keys),
            state,
        })
    }

    /// Whether this call asks for the same.
    pub(crate) fn is(&self, version: u64, call: &Call<'_>, carrier: Carrier) -> bool {
        self.version == version
            && self.carrier == carrier
            && same(self.bucket.as_ref(), call.bucket.as_ref())
            && same(self.method.as_ref(), call.method.as_ref())
            && same(self.use_ci_endpoint.as_ref(), call.use_ci_endpoint.as_ref())
            && same(self.sign_host.as_ref(), call.sign_host.as_ref())
            && same_items(&self.params, call.params.as_ref())
            && same_items(&self.headers, call.headers.as_ref())
    }
}

fn is_unchanging(value: &Bound<'_, PyAny>) -> bool {
    value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyBytes>()
        || value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyBool>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_none()
}

/// An argument, or that it is left out; nothing where the next time it could mean something else.
#[allow(clippy::option_option, reason = "an argument that is left out can be kept, too")]
pub(crate) fn unchanging(value: Option<&Bound<'_, PyAny>>) -> Option<Option<Py<PyAny>>> {
    match value {
        None => Some(None),
        Some(value) if is_unchanging(value) => Some(Some(value.clone().unbind())),
        Some(_) => None,
    }
}

/// Whether an argument is the one that was kept.
pub(crate) fn same(known: Option<&Py<PyAny>>, given: Option<&Bound<'_, PyAny>>) -> bool {
    match (known, given) {
        (Some(known), Some(given)) => known.is(given),
        (None, None) => true,
        _ => false,
    }
}

fn items(given: Option<&Bound<'_, PyAny>>) -> Option<Items> {
    let Some(given) = given.filter(|given| !given.is_none()) else { return Some(Items::new()) };
    let item = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        (is_unchanging(&name) && is_unchanging(&value)).then(|| (name.unbind(), value.unbind()))
    };
    given.cast_exact::<PyDict>().ok()?.iter().map(item).collect()
}

/// A dictionary may have changed since; its items are compared, not itself.
fn same_items(known: &[(Py<PyAny>, Py<PyAny>)], given: Option<&Bound<'_, PyAny>>) -> bool {
    let Some(given) = given.filter(|given| !given.is_none()) else { return known.is_empty() };
    let Ok(given) = given.cast_exact::<PyDict>() else { return false };
    given.len() == known.len()
        && given
            .iter()
            .zip(known)
            .all(|((name, value), (known, last))| known.is(&name) && last.is(&value))
}
