//! The host that is signed: that of the URL as `urllib.parse.urlparse(url).hostname` reads it, in lower case and without
//! port (`cos_auth.py` `CosS3Auth.__call__`).

use std::borrow::Cow;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyAny;

use crate::refusal::Refusal;

/// The host of an origin, `scheme://host/`; a URL may have none.
///
/// Ordinary hosts are read here. What is not ASCII or stands in brackets is left to Python, whose releases differ in it.
pub(crate) fn signed_host(py: Python<'_>, origin: &str) -> Result<Option<String>, Refusal> {
    let rest = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !authority.is_ascii() || authority.contains(['[', ']']) {
        return asked(py, origin, authority);
    }
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(':').next().unwrap_or_default();
    let (name, zone) = host.split_at(host.find('%').unwrap_or(host.len()));
    Ok((!host.is_empty()).then(|| name.to_ascii_lowercase() + zone))
}

fn asked(py: Python<'_>, origin: &str, host: &str) -> Result<Option<String>, Refusal> {
    static URLPARSE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let urlparse = URLPARSE.import(py, "urllib.parse", "urlparse")?;
    let name = urlparse.call1((origin,)).and_then(|parts| parts.getattr("hostname"));
    let told = name.and_then(|name| {
        name.extract::<Option<Cow<'_, str>>>().map(|name| name.map(Cow::into_owned))
    });
    told.map_err(|error| Refusal::HostUnreadable {
        host: host.to_owned(),
        reason: error.value(py).to_string(),
    })
}
