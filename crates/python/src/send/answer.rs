//! What a request is answered with.

use bytes::Bytes;
use http::HeaderMap;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use super::stream::{Saved, Stream};

/// See the head of this file.
#[pyclass(frozen, module = "cospass._cospass")]
pub(crate) struct Answer {
    /// Of HTTP.
    #[pyo3(get)]
    status: u16,
    headers: HeaderMap,
    body: Bytes,
    stream: Option<Stream>,
    saved: Option<Saved>,
}

/// What became of the body.
pub(super) enum Received {
    Whole(Bytes),
    Coming(Stream),
    Saved(Saved),
}

impl Answer {
    pub(super) fn new(status: u16, headers: HeaderMap, received: Received) -> Self {
        let (mut body, mut stream, mut saved) = (Bytes::new(), None, None);
        match received {
            Received::Whole(bytes) => body = bytes,
            Received::Coming(coming) => stream = Some(coming),
            Received::Saved(there) => saved = Some(there),
        }
        Self { status, headers, body, stream, saved }
    }
}

#[pymethods]
impl Answer {
    /// Names and values in their order, each byte of a value as one character, as `http.client` reads them.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let pairs = self.headers.iter().map(|(name, value)| {
            let value: String = value.as_bytes().iter().copied().map(char::from).collect();
            (spelled(name.as_str()), value)
        });
        PyList::new(py, pairs.collect::<Vec<_>>())
    }

    /// The whole body, unless it is streamed or in a file.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.body)
    }

    /// The body as it comes, where it is streamed.
    #[getter]
    fn stream(&self) -> Option<Stream> {
        self.stream.clone()
    }

    /// Length and CRC64 of what is in the file.
    #[getter]
    fn saved(&self) -> Option<(u64, u64)> {
        self.saved.map(|saved| (saved.length, saved.crc64))
    }

    fn __repr__<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, &format!("Answer(status={})", self.status))
    }
}

/// A name as the service spells it, which hyper does not keep: its own in lower case, those of HTTP as in their documents.
fn spelled(name: &str) -> String {
    let special = SPECIAL.iter().find(|special| special.eq_ignore_ascii_case(name));
    if let Some(special) = special {
        return (*special).to_owned();
    }
    if name.starts_with("x-") {
        return name.to_owned();
    }
    let mut starts = true;
    let letter = |letter: char| {
        let written = if starts { letter.to_ascii_uppercase() } else { letter };
        starts = letter == '-';
        written
    };
    name.chars().map(letter).collect()
}

/// Names that are spelled by no rule (436/7730, 436/7753).
const SPECIAL: [&str; 3] = ["ETag", "Content-MD5", "x-cos-server-side-encryption-customer-key-MD5"];
