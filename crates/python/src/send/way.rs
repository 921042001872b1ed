//! How requests reach a server: through which proxy, trusting whose certificates, waiting how long.

use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cospass::{HyperTransport, Identity, Proxy, Trust};
use pyo3::prelude::*;

use super::resolver::OfPython;
use crate::refusal::Refusal;

/// One pool of connections; the pure half keeps one for each set of arguments.
#[pyclass(frozen, module = "cospass._cospass")]
pub(crate) struct Way {
    proxy: Option<Proxy>,
    trust: Trust,
    identity: Option<Identity>,
    connect: Duration,
    /// With the process that made it: after a fork its connections are the parent's.
    transport: Mutex<Option<(u32, HyperTransport)>>,
}

impl Way {
    /// The transport, giving up when nothing moves for so long. May read files.
    pub(crate) fn transport(&self, idle: Duration) -> Result<HyperTransport, Refusal> {
        let mut transport = self.transport.lock().unwrap_or_else(PoisonError::into_inner);
        let process = process::id();
        if let Some((_, made)) = transport.as_ref().filter(|(by, _)| *by == process) {
            return Ok(made.patient(idle));
        }
        let mut builder = HyperTransport::builder();
        builder = builder.connect_timeout(self.connect).trust(self.trust.clone());
        builder = builder.resolver(Arc::new(OfPython));
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy.clone());
        }
        if let Some(identity) = &self.identity {
            builder = builder.identity(identity.clone());
        }
        let made = match self.trust {
            // Without roots of the system `http` is spoken all the same.
            Trust::System if self.identity.is_none() => builder.build(),
            _ => builder.try_build().map_err(|error| Refusal::Way(error.to_string()))?,
        };
        let patient = made.patient(idle);
        // Connections of the parent are left alone: closing one here would say so to its server.
        std::mem::forget(transport.replace((process, made)));
        Ok(patient)
    }
}

#[pymethods]
impl Way {
    /// `verify` is whether certificates are looked at, or the file of those that are trusted; `certificate` is the
    /// client's own, with its key. `connect` is in seconds.
    #[new]
    #[pyo3(signature = (proxy, verify, roots, certificate, connect))]
    fn new(
        proxy: Option<&str>,
        verify: bool,
        roots: Option<PathBuf>,
        certificate: Option<(PathBuf, PathBuf)>,
        connect: f64,
    ) -> Result<Self, Refusal> {
        let proxy = proxy.map(Proxy::new).transpose();
        Ok(Self {
            proxy: proxy.map_err(|error| Refusal::Way(error.to_string()))?,
            trust: match (verify, roots) {
                (false, _) => Trust::Anyone,
                (true, None) => Trust::System,
                (true, Some(roots)) => Trust::Roots(roots),
            },
            identity: certificate.map(|(certificate, key)| Identity { certificate, key }),
            connect: seconds(connect)?,
            transport: Mutex::new(None),
        })
    }
}

/// A time to wait, in seconds.
pub(crate) fn seconds(seconds: f64) -> Result<Duration, Refusal> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(Refusal::Timeout { found: seconds }),
    }
}
