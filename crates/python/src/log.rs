//! The logger of the package, `cospass.client`, asked from here.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyAny;
use pyo3::{PyResult, intern};

/// `logging.DEBUG`
const DEBUG: i32 = 10;

/// Logs what is signed where somebody listens; `text` has nothing secret in it.
pub(crate) fn signed(py: Python<'_>, text: impl FnOnce() -> String) -> PyResult<()> {
    let logger = logger(py)?;
    if logger.call_method1(intern!(py, "isEnabledFor"), (DEBUG,))?.is_truthy()? {
        logger.call_method1(intern!(py, "debug"), ("format str: %s", text()))?;
    }
    Ok(())
}

fn logger(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let logger = LOGGER.get_or_try_init(py, || {
        let logging = PyModule::import(py, "logging")?;
        logging.call_method1("getLogger", ("cospass.client",)).map(Bound::unbind)
    })?;
    Ok(logger.bind(py))
}
