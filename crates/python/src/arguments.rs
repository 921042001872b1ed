//! The arguments of the calls that sign, read by one table for each call.
//!
//! They come as Python gives them, a tuple and a dictionary, and are looked up by names that are made once: what parses them
//! for a signature in Rust makes an object of each name at each call (the interface for Python 3.9 has no other way).

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};

use crate::refusal::Refusal;
use crate::settings::key_of;

/// An argument, by the official SDK's name or by ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Bucket,
    Key,
    Method,
    Expired,
    Params,
    Headers,
    UseCiEndPoint,
    SignHost,
    Now,
    Keys,
    Threads,
}

/// What one call takes.
pub(crate) struct Signature {
    function: &'static str,
    /// In the order of their positions.
    positional: &'static [Name],
    by_name: &'static [Name],
    required: &'static [Name],
}

pub(crate) const GET_AUTH: Signature = Signature {
    function: "get_auth",
    positional: &[
        Name::Method,
        Name::Bucket,
        Name::Key,
        Name::Expired,
        Name::Headers,
        Name::Params,
        Name::SignHost,
        Name::UseCiEndPoint,
    ],
    by_name: &[Name::Now],
    required: &[Name::Bucket, Name::Key],
};

pub(crate) const GET_PRESIGNED_URL: Signature = Signature {
    function: "get_presigned_url",
    positional: &[
        Name::Bucket,
        Name::Key,
        Name::Method,
        Name::Expired,
        Name::Params,
        Name::Headers,
        Name::UseCiEndPoint,
        Name::SignHost,
    ],
    by_name: &[Name::Now],
    required: &[Name::Bucket, Name::Key],
};

pub(crate) const WARNINGS_OF: Signature =
    Signature { function: "warnings_of", ..GET_PRESIGNED_URL };

pub(crate) const GET_PRESIGNED_DOWNLOAD_URL: Signature = Signature {
    function: "get_presigned_download_url",
    positional: &[
        Name::Bucket,
        Name::Key,
        Name::Expired,
        Name::Params,
        Name::Headers,
        Name::UseCiEndPoint,
        Name::SignHost,
    ],
    // The samples of its page name it, which the official SDK refuses (436/35153).
    by_name: &[Name::Now, Name::Method],
    ..GET_PRESIGNED_URL
};

pub(crate) const PRESIGN_MANY: Signature = Signature {
    function: "presign_many",
    positional: &[
        Name::Keys,
        Name::Bucket,
        Name::Method,
        Name::Expired,
        Name::Params,
        Name::Headers,
        Name::UseCiEndPoint,
        Name::SignHost,
    ],
    by_name: &[Name::Now, Name::Threads],
    required: &[Name::Keys, Name::Bucket],
};

/// The arguments of one call. One that is left out is not there; one that is `None` is.
#[derive(Default)]
pub(crate) struct Call<'py> {
    pub(crate) bucket: Option<Bound<'py, PyAny>>,
    pub(crate) key: Option<Bound<'py, PyAny>>,
    pub(crate) method: Option<Bound<'py, PyAny>>,
    pub(crate) expired: Option<Bound<'py, PyAny>>,
    pub(crate) params: Option<Bound<'py, PyAny>>,
    pub(crate) headers: Option<Bound<'py, PyAny>>,
    pub(crate) use_ci_endpoint: Option<Bound<'py, PyAny>>,
    pub(crate) sign_host: Option<Bound<'py, PyAny>>,
    pub(crate) now: Option<Bound<'py, PyAny>>,
    pub(crate) keys: Option<Bound<'py, PyAny>>,
    pub(crate) threads: Option<Bound<'py, PyAny>>,
}

impl<'py> Call<'py> {
    /// Reads them; what is wrong with them is a TypeError in Python's words.
    pub(crate) fn read(
        signature: &Signature,
        positional: &Bound<'py, PyTuple>,
        by_name: Option<&Bound<'py, PyDict>>,
    ) -> Result<Self, Refusal> {
        let mut call = Self::of_positions(signature, positional)?;
        if let Some(by_name) = by_name
            && !call.read_interned(signature, by_name)?
        {
            call = Self::of_positions(signature, positional)?;
            call.read_named(signature, by_name)?;
        }
        for name in signature.required {
            if call.slot(*name).is_none() {
                let name = name.interned(positional.py());
                return Err(signature.refused(&format!("missing 1 required argument: '{name}'")));
            }
        }
        Ok(call)
    }

    fn of_positions(
        signature: &Signature,
        positional: &Bound<'py, PyTuple>,
    ) -> Result<Self, Refusal> {
        let mut call = Self::default();
        let (given, most) = (positional.len(), signature.positional.len());
        if given > most {
            return Err(signature.refused(&format!(
                "takes {most} positional arguments at most but {given} were given"
            )));
        }
        for (name, value) in signature.positional.iter().zip(positional.iter_borrowed()) {
            *call.slot(*name) = Some(value.to_owned());
        }
        Ok(call)
    }

    /// Names as they stand in a program's text are found by identity, and sooner than by looking each up. Returns whether all
    /// of them are such names.
    fn read_interned(
        &mut self,
        signature: &Signature,
        given: &Bound<'py, PyDict>,
    ) -> Result<bool, Refusal> {
        let py = given.py();
        for (key, value) in given.iter() {
            let mut names = signature.positional.iter().chain(signature.by_name);
            let Some(name) = names.find(|name| name.interned(py).is(&key)) else {
                return Ok(false);
            };
            if self.slot(*name).replace(value).is_some() {
                return Err(signature.twice(*name, py));
            }
        }
        Ok(true)
    }

    fn read_named(
        &mut self,
        signature: &Signature,
        given: &Bound<'py, PyDict>,
    ) -> Result<(), Refusal> {
        let mut left = given.len();
        for name in signature.positional.iter().chain(signature.by_name) {
            if left == 0 {
                return Ok(());
            }
            if let Some(value) = given.get_item(name.interned(given.py()))? {
                left -= 1;
                if self.slot(*name).replace(value).is_some() {
                    return Err(signature.twice(*name, given.py()));
                }
            }
        }
        if left == 0 {
            return Ok(());
        }
        let is_known = |key: &Bound<'_, PyAny>| {
            let mut names = signature.positional.iter().chain(signature.by_name);
            names.any(|name| key.eq(name.interned(given.py())).unwrap_or(false))
        };
        let unknown = given.keys().iter().find(|key| !is_known(key));
        let unknown = unknown.map_or_else(String::new, |key| key.to_string());
        Err(signature.refused(&format!("got an unexpected keyword argument '{unknown}'")))
    }

    /// How many threads work: one unless told otherwise.
    pub(crate) fn threads(&self) -> Result<usize, Refusal> {
        match self.threads.as_ref().map(|threads| threads.extract::<i64>()) {
            None => Ok(1),
            Some(Ok(given @ ..1)) => Err(Refusal::Threads { given }),
            // There are never so many pieces.
            Some(Ok(threads)) => Ok(usize::try_from(threads).unwrap_or(usize::MAX)),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// The key of the object, if there is one.
    pub(crate) fn object_key(&self) -> Result<Option<Bound<'py, PyBytes>>, Refusal> {
        self.key.as_ref().filter(|key| !key.is_none()).map(key_of).transpose()
    }

    /// The keys of `presign_many`.
    pub(crate) fn keys(&self) -> Result<&Bound<'py, PyAny>, Refusal> {
        self.keys.as_ref().ok_or_else(|| Refusal::NotKeys { found: "nothing".to_owned() })
    }

    fn slot(&mut self, name: Name) -> &mut Option<Bound<'py, PyAny>> {
        match name {
            Name::Bucket => &mut self.bucket,
            Name::Key => &mut self.key,
            Name::Method => &mut self.method,
            Name::Expired => &mut self.expired,
            Name::Params => &mut self.params,
            Name::Headers => &mut self.headers,
            Name::UseCiEndPoint => &mut self.use_ci_endpoint,
            Name::SignHost => &mut self.sign_host,
            Name::Now => &mut self.now,
            Name::Keys => &mut self.keys,
            Name::Threads => &mut self.threads,
        }
    }
}

impl Name {
    /// Its text as Python's code has it, so that it is found by identity.
    fn interned(self, py: Python<'_>) -> &Bound<'_, PyString> {
        match self {
            Self::Bucket => intern!(py, "Bucket"),
            Self::Key => intern!(py, "Key"),
            Self::Method => intern!(py, "Method"),
            Self::Expired => intern!(py, "Expired"),
            Self::Params => intern!(py, "Params"),
            Self::Headers => intern!(py, "Headers"),
            Self::UseCiEndPoint => intern!(py, "UseCiEndPoint"),
            Self::SignHost => intern!(py, "SignHost"),
            Self::Now => intern!(py, "now"),
            Self::Keys => intern!(py, "keys"),
            Self::Threads => intern!(py, "threads"),
        }
    }
}

impl Signature {
    fn twice(&self, name: Name, py: Python<'_>) -> Refusal {
        let name = name.interned(py);
        self.refused(&format!("got multiple values for argument '{name}'"))
    }

    fn refused(&self, what: &str) -> Refusal {
        Refusal::Raised(PyTypeError::new_err(format!("{}() {what}", self.function)))
    }
}
