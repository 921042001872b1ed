//! An endpoint that runs: its addresses, reading files again, stopping.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::endpoint::Endpoint;
use crate::sts::{self, TokenKeyError};
use crate::tls::{Tls, TlsError};

/// For how long an endpoint that has stopped waits until nobody has its store any more.
const LETTING_GO: Duration = Duration::from_secs(10);

/// An endpoint that runs. Dropped, it stops as if it were [shut down](Self::shutdown), without anyone waiting for it.
pub struct Running {
    pub(super) local_addr: SocketAddr,
    pub(super) control_addr: Option<SocketAddr>,
    pub(super) sts_addr: Option<SocketAddr>,
    /// The file of the keys that temporary keys are made with.
    pub(super) token_key: Option<PathBuf>,
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) serving: JoinHandle<()>,
}

impl Running {
    /// The address that it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// What serves requests.
    #[cfg(test)]
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The address of the control listener, if there is one.
    pub fn control_addr(&self) -> Option<SocketAddr> {
        self.control_addr
    }

    /// The address where all requests are calls of STS, if there is one.
    pub fn sts_addr(&self) -> Option<SocketAddr> {
        self.sts_addr
    }

    /// Opens again what others may have replaced: the file of the access log, the keys that temporary keys are made with, the
    /// certificate and its key. Blocks for as long as it takes to read these.
    ///
    /// # Errors
    /// [`ReloadError`]; what it is about stays as it was then.
    pub fn reload(&self) -> Result<(), ReloadError> {
        if let Some(log) = &self.endpoint.observers.access_log {
            log.reopen();
        }
        let certificate = self.endpoint.tls.as_ref().map_or(Ok(()), Tls::reload);
        if let Some(file) = &self.token_key {
            let keys = sts::read_keys(file).map_err(ReloadError::TokenKeys)?;
            self.endpoint.accounts.token_keys.replace(keys);
        }
        certificate.map_err(ReloadError::Tls)
    }

    /// Stops: accepts no more connections, lets open requests end for a while ([`Limits::drain_time`](crate::Limits::drain_time)), cuts off the rest.
    /// When it returns, its ports are free, and the data folder may be opened again.
    pub async fn shutdown(self) {
        let Self { endpoint, stop, serving, .. } = self;
        let _ = stop.send(true);
        if let Err(error) = serving.await {
            tracing::error!(%error, "the endpoint did not stop in order");
        }
        let closed = endpoint.store.closed();
        drop(endpoint);
        // A thread that served until now may be about to let go of it; one that the disk keeps waiting may not.
        if timeout(LETTING_GO, closed).await.is_err() {
            tracing::warn!("the data folder is still in use");
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { local_addr, control_addr, .. } = self;
        f.debug_struct("Running")
            .field("local_addr", local_addr)
            .field("control_addr", control_addr)
            .finish_non_exhaustive()
    }
}

/// Why something stays as it was.
#[derive(Debug)]
pub enum ReloadError {
    /// The certificate or its key cannot be used.
    Tls(TlsError),
    /// The keys that temporary keys are made with cannot be had.
    TokenKeys(TokenKeyError),
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(error) => write!(f, "the certificate stays as it was: {error}"),
            Self::TokenKeys(error) => {
                write!(f, "the keys of temporary keys stay as they were: {error}")
            }
        }
    }
}

impl std::error::Error for ReloadError {}
