//! The logger of the package, `cospass.client`, asked from here.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyAny, PyDict};

/// `logging.DEBUG`
const DEBUG: i32 = 10;

/// The logger, and what it remembers of the question whether a level is enabled.
struct Logger {
    logger: Py<PyAny>,
    /// `Logger._cache`, which the library empties in place where a level changes: a dictionary is asked sooner than
    /// `isEnabledFor`, a function of Python. Where there is none, or nothing in it, that is asked.
    known: Option<Py<PyDict>>,
    level: Py<PyAny>,
}

/// Whether somebody listens.
pub(crate) fn is_heard(py: Python<'_>) -> PyResult<bool> {
    let Logger { logger, known, level } = logger(py)?;
    if let Some(known) = known
        && let Some(enabled) = known.bind(py).get_item(level.bind(py))?
        && !enabled.is_truthy()?
    {
        return Ok(false);
    }
    logger.bind(py).call_method1(intern!(py, "isEnabledFor"), (level,))?.is_truthy()
}

/// Logs what is signed where somebody listens; `text` has nothing secret in it.
pub(crate) fn signed(py: Python<'_>, text: impl FnOnce() -> String) -> PyResult<()> {
    if is_heard(py)? {
        let logger = logger(py)?.logger.bind(py);
        logger.call_method1(intern!(py, "debug"), ("format str: %s", text()))?;
    }
    Ok(())
}

/// Found when this module is made, as what is in `time` is.
fn logger(py: Python<'_>) -> PyResult<&Logger> {
    static LOGGER: PyOnceLock<Logger> = PyOnceLock::new();
    LOGGER.get_or_try_init(py, || {
        let logging = PyModule::import(py, "logging")?;
        let logger = logging.call_method1("getLogger", ("cospass.client",))?;
        let known = logger.getattr("_cache").ok();
        let known = known.and_then(|cache| Some(cache.cast::<PyDict>().ok()?.clone().unbind()));
        let level = DEBUG.into_pyobject(py)?.into_any().unbind();
        Ok(Logger { logger: logger.unbind(), known, level })
    })
}
