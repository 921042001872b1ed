//! The native half of the Python package `cospass`: what its pure half (`python/cospass`) calls.
//!
//! The official Python SDK 1.9.44 is the rule here, byte for byte (`cos_client.py`, `cos_auth.py`, `cos_comm.py`); what
//! is special to it stands in this crate, and the canonical text and the signature come from `cospass-sign`, as
//! everywhere. The differences that are meant are listed in `docs/python.md`, and a test holds both to that list
//! (`tests/python/test_drop_in.py`).

mod arguments;
mod asked;
mod call;
mod cdn;
mod chain;
mod clock;
mod column;
mod command;
mod credentials;
mod dated;
mod desk;
mod hidden;
mod host;
mod interpreter;
mod judge;
mod links;
mod local;
mod log;
mod many;
mod outline;
mod prepared;
mod refusal;
mod route;
mod send;
mod sent;
mod settings;
mod signer;
mod site;
mod text;
mod warnings;

use pyo3::prelude::*;

/// What the pure half imports as `cospass._cospass`.
#[pymodule]
fn _cospass(module: &Bound<'_, PyModule>) -> PyResult<()> {
    clock::time_module(module.py())?;
    log::is_heard(module.py())?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<chain::Chain>()?;
    module.add_class::<local::Local>()?;
    module.add_class::<send::Answer>()?;
    module.add_class::<send::Pending>()?;
    module.add_class::<send::Stream>()?;
    module.add_class::<send::Way>()?;
    module.add_class::<settings::Settings>()?;
    module.add_class::<signer::Signer>()?;
    module.add_function(wrap_pyfunction!(cdn::cdn_url, module)?)?;
    module.add_function(wrap_pyfunction!(command::run_command, module)?)?;
    module.add_function(wrap_pyfunction!(interpreter::leave_interpreter, module)?)?;
    module.add_function(wrap_pyfunction!(links::abort_bundle, module)?)?;
    module.add_function(wrap_pyfunction!(links::download_link, module)?)?;
    module.add_function(wrap_pyfunction!(links::size_of_parts, module)?)?;
    module.add_function(wrap_pyfunction!(links::upload_bundle, module)?)?;
    module.add_function(wrap_pyfunction!(links::upload_link, module)?)?;
    module.add_function(wrap_pyfunction!(send::crc64_of, module)?)?;
    module.add_function(wrap_pyfunction!(send::crc64_joined, module)?)
}
