//! A request as it is sent, taken out of Python's values: a method, a URL that is read without changing it, and headers.

use cospass_protocol::UrlParts;
use cospass_sign::RequestHead;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::call::{Pairs, borrowed, every_header_of};
use crate::refusal::Refusal;

/// See the head of this file.
pub(crate) struct Sent<'py> {
    method: String,
    path: String,
    query: Option<String>,
    /// With `Host`, which is that of the URL unless it was given.
    headers: Pairs<'py>,
}

impl<'py> Sent<'py> {
    pub(crate) fn new(
        py: Python<'py>,
        method: String,
        url: &str,
        headers: Option<&Bound<'py, PyAny>>,
    ) -> Result<Self, Refusal> {
        let parts = UrlParts::read(url).map_err(|error| Refusal::Url(error.to_string()))?;
        let mut headers = every_header_of(headers)?;
        if !headers.iter().any(|(name, _)| name.as_bytes().eq_ignore_ascii_case(b"host")) {
            let host = PyBytes::new(py, parts.host_header().as_bytes());
            headers.insert(0, (PyBytes::new(py, b"host"), host));
        }
        Ok(Self {
            method,
            path: parts.path().to_owned(),
            query: parts.query().map(str::to_owned),
            headers,
        })
    }

    /// Calls `read` with the request as a verifier sees it.
    pub(crate) fn with_head<T>(&self, read: impl FnOnce(&RequestHead<'_>) -> T) -> T {
        let headers = borrowed(&self.headers);
        let query = self.query.as_ref().map(String::as_bytes);
        read(&RequestHead::new(&self.method, self.path.as_bytes(), query, &headers))
    }
}
