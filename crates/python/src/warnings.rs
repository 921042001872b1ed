//! Warnings of what is signed, told through Python's module `warnings`.
//!
//! A program that worked with the official SDK must work on, also where its tests run with `-W error`: so nothing is told
//! before a filter names `CosWarning`. As long as none does, a signature costs a look at the list of filters and no more.

use std::sync::{Mutex, PoisonError};

use cospass_protocol::Warning;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};

/// The list of filters that was looked at last, and what was found. It is held, so that no other takes its address.
struct Looked {
    filters: Py<PyAny>,
    length: usize,
    /// A filter that is added comes first.
    first: Option<Py<PyAny>>,
    is_wanted: bool,
}

impl Looked {
    fn is(&self, filters: &Bound<'_, PyList>) -> bool {
        let first = filters.get_item(0).ok();
        let same_first = match (&self.first, &first) {
            (Some(known), Some(first)) => known.is(first),
            (None, None) => true,
            _ => false,
        };
        self.filters.is(filters) && self.length == filters.len() && same_first
    }
}

/// Whether somebody wants warnings: a filter that is in force names `CosWarning` or a class made of it.
pub(crate) fn are_wanted(py: Python<'_>) -> PyResult<bool> {
    static LAST: Mutex<Option<Looked>> = Mutex::new(None);
    let filters = module(py)?.get_item(intern!(py, "filters"))?;
    let Some(filters) = filters.and_then(|filters| filters.cast_into::<PyList>().ok()) else {
        return Ok(false);
    };
    {
        let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(looked) = last.as_ref().filter(|looked| looked.is(&filters)) {
            return Ok(looked.is_wanted);
        }
    }
    let class = class(py)?;
    let names_it = |filter: Bound<'_, PyAny>| {
        let category = filter.cast::<PyTuple>().ok()?.get_item(2).ok()?;
        category.cast::<PyType>().ok()?.is_subclass(class).ok()
    };
    let is_wanted = filters.iter().any(|filter| names_it(filter).unwrap_or(false));
    let looked = Looked {
        length: filters.len(),
        first: filters.get_item(0).ok().map(Bound::unbind),
        filters: filters.into_any().unbind(),
        is_wanted,
    };
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let former = last.replace(looked);
    drop(last);
    drop(former);
    Ok(is_wanted)
}

/// Tells them, as of the line of Python that made the call; a filter may make an exception of one.
pub(crate) fn tell(py: Python<'_>, warnings: Vec<Warning>) -> PyResult<()> {
    let module = module(py)?.get_item(intern!(py, "warn"))?;
    let Some(warn) = module else { return Ok(()) };
    for warning in warnings {
        warn.call1((value(py, warning)?,))?;
    }
    Ok(())
}

/// They as values.
pub(crate) fn list(py: Python<'_>, warnings: Vec<Warning>) -> PyResult<Bound<'_, PyList>> {
    let values: PyResult<Vec<_>> = warnings.into_iter().map(|one| value(py, one)).collect();
    PyList::new(py, values?)
}

fn value(py: Python<'_>, warning: Warning) -> PyResult<Bound<'_, PyAny>> {
    class(py)?.call1((warning.id(), warning.to_string()))
}

/// `CosWarning`, which is written in Python.
fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "cospass.exceptions", "CosWarning")
}

/// What is in the module `warnings`.
fn module(py: Python<'_>) -> PyResult<&Bound<'_, PyDict>> {
    static MODULE: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let import = || PyModule::import(py, "warnings").map(|module| module.dict().unbind());
    Ok(MODULE.get_or_try_init(py, import)?.bind(py))
}
