//! Now, and the validity of a signature, as `CosS3Auth.__call__` writes it.

use std::sync::Arc;

use cospass_sign::KeyTime;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFloat, PyInt, PyModule};

use crate::refusal::Refusal;
use crate::text::type_name;

/// The time that a configuration lives in, where a call is given none.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// `time.time()`, which is asked for by its name, so that a test that has replaced it is heard.
    #[default]
    OfPython,
    /// Unix seconds.
    Still(i64),
    /// A function that returns them.
    Asked(Arc<Py<PyAny>>),
}

impl Clock {
    /// By the argument `now` of a configuration.
    pub(crate) fn new(now: Option<Bound<'_, PyAny>>) -> Result<Self, Refusal> {
        match now {
            None => Ok(Self::OfPython),
            Some(now) if now.is_callable() => Ok(Self::Asked(Arc::new(now.unbind()))),
            Some(now) => seconds(now).map(Self::Still),
        }
    }

    /// Unix seconds: those that a call was given, else this clock's.
    pub(crate) fn now(
        &self,
        py: Python<'_>,
        given: Option<&Bound<'_, PyAny>>,
    ) -> Result<i64, Refusal> {
        match (given.filter(|now| !now.is_none()), self) {
            (Some(now), _) => seconds(now.clone()),
            (None, Self::OfPython) => seconds(time(py)?),
            (None, Self::Still(now)) => Ok(*now),
            (None, Self::Asked(clock)) => seconds(clock.bind(py).call0()?),
        }
    }
}

/// `int(value)` of a number.
pub(crate) fn seconds(value: Bound<'_, PyAny>) -> Result<i64, Refusal> {
    if !value.is_exact_instance_of::<PyFloat>() && value.is_instance_of::<PyInt>() {
        return value.extract().map_err(|_| Refusal::Time { found: "beyond 64 bits".to_owned() });
    }
    match value.extract::<f64>() {
        // Every such number fits.
        Ok(float) if float.abs() < 9.0e18 => Ok(truncated(float)),
        Ok(float) => Err(Refusal::Time { found: float.to_string() }),
        Err(_) => Err(Refusal::Time { found: format!("of type {}", type_name(&value)) }),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "what `int()` does; the caller looked at the size"
)]
fn truncated(float: f64) -> i64 {
    float as i64
}

/// What is in the module `time`. Found when this one is made: a program that ends cannot import any more.
pub(crate) fn time_module(py: Python<'_>) -> PyResult<&Bound<'_, PyDict>> {
    static TIME: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let import = || PyModule::import(py, "time").map(|module| module.dict().unbind());
    Ok(TIME.get_or_try_init(py, import)?.bind(py))
}

/// `time.time()`, found in what is in the module, sooner than by asking the module for it.
fn time(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let name = intern!(py, "time");
    match time_module(py)?.get_item(name)? {
        Some(time) => time.call0(),
        None => PyModule::import(py, "time")?.call_method0(name),
    }
}

/// From when to when a signature holds: from 60 s before *now* to some seconds after it, as the text of `q-sign-time`
/// and `q-key-time` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    Seconds {
        now: i64,
        end: i64,
    },
    /// An end that is no ordinary int, as Python writes it: `1700000300.5`.
    Written {
        now: i64,
        end: String,
    },
}

impl Validity {
    /// With `Expired` as it was given; left out it is 300.
    pub(crate) fn new(now: i64, expired: Option<&Bound<'_, PyAny>>) -> Result<Self, Refusal> {
        let Some(expired) = expired else {
            return Ok(Self::Seconds { now, end: now.saturating_add(300) });
        };
        if expired.is_exact_instance_of::<PyInt>()
            && let Ok(seconds) = expired.extract::<i64>()
            && let Some(end) = now.checked_add(seconds)
        {
            return Ok(Self::Seconds { now, end });
        }
        let refused = || Refusal::Expired { found: type_name(expired) };
        let end = now.into_pyobject(expired.py()).map_err(|_| refused())?;
        let end = end.add(expired).map_err(|_| refused())?;
        let end = end.call_method1(intern!(expired.py(), "__format__"), ("",))?;
        Ok(Self::Written { now, end: end.extract()? })
    }

    /// `start;end`
    pub(crate) fn key_time(&self) -> String {
        match self {
            Self::Seconds { now, end } => format!("{};{end}", now.saturating_sub(60)),
            Self::Written { now, end } => format!("{};{end}", now.saturating_sub(60)),
        }
    }

    /// The same as times; an end that is no ordinary int is the second that it falls into.
    pub(crate) fn times(&self) -> KeyTime {
        let (now, end) = match self {
            Self::Seconds { now, end } => (*now, *end),
            Self::Written { now, end } => (*now, end.parse().map_or(*now, truncated)),
        };
        KeyTime::new(now.saturating_sub(60), end)
    }
}
