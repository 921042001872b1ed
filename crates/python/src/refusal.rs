//! Why a call is refused: one variant, one cause. Each is raised as `CosClientError`, but for what Python raised itself.
//!
//! The first part has the words of the official SDK, so that a program that compares messages keeps working; the second
//! part is raised where the official SDK fails by accident or signs what nobody could use.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use cospass::Error;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

/// Why a call is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    // In the words of `cos_comm.py` and `cos_client.py`.
    /// Bytes that are not UTF-8 (`to_unicode`).
    BytesNotUtf8,
    /// Text with lone surrogates (`to_bytes`).
    TextNotUtf8,
    /// A scheme other than `http` and `https`.
    Scheme,
    /// A key of the account that begins or ends with a space.
    SecretPadded,
    /// Neither keys nor `CredentialInstance` nor `Anonymous`.
    SecretsMissing,
    /// Neither region nor endpoint nor domain.
    RegionMissing,
    /// A region that is not a `str`.
    RegionNotText,
    /// A region with other characters than the SDK takes, or with a line end after it.
    RegionFormat,
    /// A bucket that is not a `str`.
    BucketNotText,
    /// An empty bucket.
    BucketEmpty,
    /// A bucket with other characters than the SDK takes, or with a line end after it.
    BucketFormat,
    /// An `Appid` that is not a `str`.
    AppidNotText,
    /// An empty key.
    KeyEmpty,

    // Where the official SDK fails by accident, or signs what nobody could use.
    /// A value that is neither `str` nor `bytes` where only text makes sense.
    NotText { what: &'static str, found: String },
    /// Headers or Params that are no mapping.
    NotMapping { what: &'static str, found: String },
    /// The name of a header that is not a `str`.
    HeaderName { found: String },
    /// A download that is to be signed for another method than `GET`.
    MethodOfDownload { found: String },
    /// A method that is not a `str`.
    Method { found: String },
    /// `Expired` that cannot be added to a time.
    Expired { found: String },
    /// A time that is no whole number of seconds.
    Time { found: String },
    /// A time that the endpoint's clock cannot show, Unix seconds.
    EndpointTime { now: i64 },
    /// A URL asked of an anonymous configuration, which signs nothing.
    Anonymous,
    /// The credential instance has no keys, or others than text.
    CredentialValue { attribute: &'static str, found: String },
    /// No source of this machine has keys, or one is set up and wrong; what was seen.
    Credentials(String),
    /// A `SecretId` with `&`, which would end its field in a URL.
    SecretIdAmpersand,
    /// A host with white space or control characters.
    HostBlank { host: String },
    /// A host that `urllib.parse` does not read.
    HostUnreadable { host: String, reason: String },
    /// A host is asked for that the configuration does not have.
    HostUnknown { what: &'static str },

    /// A URL that cannot be taken apart; what is wrong with it.
    Url(String),
    /// A path to be signed whose escapes stand for other bytes than UTF-8, which no key has.
    PathNotUtf8,
    /// A parameter or signed header twice in a request that is to be signed.
    Twice { name: String },
    /// Keys that are no list of them.
    NotKeys { found: String },
    /// One of many keys.
    OfKeys { position: usize, reason: Box<Refusal> },
    /// So many threads cannot be.
    Threads { given: i64 },

    /// Certificates, a key or a proxy that cannot be used; what is wrong.
    Way(String),
    /// A time to wait that is none.
    Timeout { found: f64 },
    /// A header that cannot be sent.
    Header { name: String },
    /// A URL that cannot be sent; what is wrong.
    Unsendable(String),
    /// No answer came; what was seen.
    Network(String),
    /// A file could not be read or written.
    File { path: PathBuf, reason: String },
    /// A body that yields something else than bytes.
    BodyPiece { found: String },
    /// What a body raised while it was read.
    BodyRaised(PyErr),
    /// The request was ended before its answer.
    Cancelled,
    /// The system gives no threads.
    Threading { reason: String },

    /// A type of CDN authentication that is not made here.
    CdnType { found: String },
    /// No URL for a CDN; what is wrong.
    Cdn(String),
    /// A transfer with a URL or a bundle did not come to its end.
    Transfer(Box<Error>),

    /// The endpoint of a test that does not start.
    Endpoint { reason: String },

    /// What Python code raised that was called: `__str__` of a value, a property of a credential instance.
    Raised(PyErr),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BytesNotUtf8 => f.write_str(
                "your bytes strings can not be decoded in utf8, utf8 support only!",
            ),
            Self::TextNotUtf8 => f.write_str(
                "your unicode strings can not encoded in utf8, utf8 support only!",
            ),
            Self::Scheme => f.write_str("Scheme can be only set to http/https"),
            Self::SecretPadded => f.write_str(
                "secret_id and secret_key cannot contain spaces at the beginning and end",
            ),
            Self::SecretsMissing => f.write_str("SecretId and SecretKey is Required!"),
            Self::RegionMissing => f.write_str("Region or Endpoint is required not empty!"),
            Self::RegionNotText => f.write_str("region is not string type"),
            Self::RegionFormat => {
                f.write_str("region format is illegal, only digit, letter and - is allowed!")
            }
            Self::BucketNotText => f.write_str("bucket is not string"),
            Self::BucketEmpty => f.write_str("bucket is required not empty"),
            Self::BucketFormat => {
                f.write_str("bucket format is illegal, only digit, letter and - is allowed!")
            }
            Self::AppidNotText => f.write_str("appid is not string"),
            Self::KeyEmpty => f.write_str("Key is required not empty"),
            Self::NotText { what, found } => {
                write!(f, "{what} is of type {found}: give it as str or as bytes of UTF-8")
            }
            Self::NotMapping { what, found } => {
                write!(f, "{what} is of type {found}: give a dict of names and values")
            }
            Self::HeaderName { found } => {
                write!(f, "the name of a header is of type {found}: give it as str")
            }
            Self::MethodOfDownload { found } => {
                write!(f, "get_presigned_download_url signs GET, not {found}: use get_presigned_url")
            }
            Self::Method { found } => write!(f, "Method is of type {found}: give it as str"),
            Self::Expired { found } => {
                write!(f, "Expired is of type {found}: give a number of seconds")
            }
            Self::Time { found } => {
                write!(f, "now is {found}: give Unix seconds as int or float")
            }
            Self::EndpointTime { now } => {
                write!(f, "the endpoint's clock would be at {now}: give Unix seconds from 0 to 253402300799")
            }
            Self::Anonymous => f.write_str(
                "an anonymous configuration has no keys to sign a URL with: use get_object_url, \
                 or give SecretId and SecretKey",
            ),
            Self::CredentialValue { attribute, found } => write!(
                f,
                "{attribute} of the CredentialInstance is of type {found}, or empty: it must be text"
            ),
            Self::Credentials(reason) => f.write_str(reason),
            Self::SecretIdAmpersand => f.write_str(
                "the SecretId holds '&', which ends its field in a URL: copy it again from the console",
            ),
            Self::HostBlank { host } => write!(
                f,
                "the host {host:?} holds white space or a control character: check Domain, Endpoint, \
                 IP, Port and Appid"
            ),
            Self::HostUnreadable { host, reason } => {
                write!(f, "the host {host:?} cannot be read: {reason}")
            }
            Self::HostUnknown { what } => write!(f, "the configuration has no {what}: give one"),
            Self::Url(reason) => f.write_str(reason),
            Self::PathNotUtf8 => f.write_str("the path of the URL is no UTF-8 when it is decoded: no key is written so"),
            Self::Twice { name } => {
                write!(f, "{name:?} is given twice, and only one could be signed: give it once")
            }
            Self::NotKeys { found } => {
                write!(f, "keys is of type {found}: give a list of keys, or anything that yields them")
            }
            Self::OfKeys { position, reason } => write!(f, "keys[{position}]: {reason}"),
            Self::Threads { given } => write!(f, "threads is {given}: give 1 or more"),
            Self::Way(reason) => f.write_str(reason),
            Self::Timeout { found } => {
                write!(f, "Timeout is {found}: give a number of seconds above 0")
            }
            Self::Header { name } => write!(
                f,
                "the header {name:?} cannot be sent: its name or value holds a line end or another control character, or its value begins or ends with white space"
            ),
            Self::Unsendable(reason) => write!(f, "the request cannot be sent: {reason}"),
            Self::Network(reason) => f.write_str(reason),
            Self::File { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::BodyPiece { found } => {
                write!(f, "the body yields {found}: it must yield bytes")
            }
            Self::BodyRaised(error) => write!(f, "the body cannot be read: {error}"),
            Self::Cancelled => f.write_str("the request was ended before its answer"),
            Self::Threading { reason } => {
                write!(f, "no threads can be started to send requests: {reason}")
            }
            Self::CdnType { found } => write!(
                f,
                "Type is {found:?}: give A, B or D, as the domain is configured at the CDN"
            ),
            Self::Cdn(reason) => f.write_str(reason),
            Self::Transfer(error) => error.fmt(f),
            Self::Endpoint { reason } => write!(f, "the endpoint does not start: {reason}"),
            Self::Raised(error) => write!(f, "{error}"),
        }
    }
}

impl Refusal {
    /// A body that broke off.
    pub(crate) fn broken(error: &io::Error) -> Self {
        Self::Network(format!("the body of the answer broke off: {error}"))
    }

    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::File { path: path.to_owned(), reason: error.to_string() }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Transfer(Box::new(error))
    }
}

impl From<PyErr> for Refusal {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

impl From<Refusal> for PyErr {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Raised(error) => error,
            Refusal::Transfer(error) if error.service().is_some() => {
                Python::attach(|py| service_error(py, &error).unwrap_or_else(|error| error))
            }
            // What ends a program, as Ctrl-C does, is nothing that a program that tries again is to catch.
            Refusal::BodyRaised(raised)
                if !Python::attach(|py| raised.is_instance_of::<PyException>(py)) =>
            {
                raised
            }
            told => Python::attach(|py| {
                let error = match client_error(py) {
                    Ok(class) => PyErr::from_type(class.clone(), told.to_string()),
                    Err(error) => error,
                };
                if let Refusal::BodyRaised(cause) = told {
                    error.set_cause(py, Some(cause));
                }
                error
            }),
        }
    }
}

/// `CosServiceError`, with what the service said of a request that a URL made.
fn service_error(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, "cospass.exceptions", "CosServiceError")?;
    let said = PyDict::new(py);
    let mut status = 0;
    if let Some(refused) = error.service() {
        said.set_item("code", &refused.code)?;
        said.set_item("message", &refused.message)?;
        said.set_item("requestid", &refused.request_id)?;
        said.set_item("traceid", &refused.trace_id)?;
        status = refused.status;
    }
    Ok(PyErr::from_type(class.clone(), ("", said.unbind(), status)))
}

/// `CosClientError`, which is written in Python.
fn client_error(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "cospass.exceptions", "CosClientError")
}
