//! Where `serve` and `demo` run, and the signals that end them.

use std::future::Future;

use cospass_server::BLOCKING_THREADS;

use crate::exit::Failure;

/// Runs a future to its end. What still blocks a thread then, reading a named pipe for instance, is not waited for.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| Failure::io("cannot start threads", &error))?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}

/// Waits for Ctrl-C or SIGTERM. It listens from the first call on, so that none is missed.
pub(crate) struct StopSignal {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl StopSignal {
    #[cfg(unix)]
    pub(crate) fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen =
            |kind| signal(kind).map_err(|error| Failure::io("cannot listen for signals", &error));
        Ok(StopSignal {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(StopSignal {})
    }

    /// The next signal to stop.
    #[cfg(unix)]
    pub(crate) async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// The next signal to stop.
    #[cfg(not(unix))]
    pub(crate) async fn received(&mut self) {
        // Without a signal handler nothing can be waited for; the system ends the process then.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Waits for SIGHUP, which asks for what was replaced to be opened again. Where there is no such signal, it never comes.
pub(crate) struct ReloadSignal {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl ReloadSignal {
    #[cfg(unix)]
    pub(crate) fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = signal(SignalKind::hangup());
        let hangup = hangup.map_err(|error| Failure::io("cannot listen for signals", &error))?;
        Ok(ReloadSignal { hangup })
    }

    #[cfg(not(unix))]
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(ReloadSignal {})
    }

    /// The next signal to reload.
    pub(crate) async fn received(&mut self) {
        #[cfg(unix)]
        if self.hangup.recv().await.is_some() {
            return;
        }
        std::future::pending::<()>().await;
    }
}
