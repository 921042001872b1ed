//! The threads that requests are sent on: of this process, begun with its first request.

use std::future::Future;
use std::mem;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::refusal::Refusal;

/// See the head of this file.
struct Engine {
    /// After a fork the threads are those of the parent, and none here.
    process: u32,
    runtime: Runtime,
}

static ENGINE: Mutex<Option<Arc<Engine>>> = Mutex::new(None);

/// Where tasks of this process run.
pub(super) fn handle() -> Result<Handle, Refusal> {
    let mut engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let process = process::id();
    if let Some(running) = engine.as_ref().filter(|engine| engine.process == process) {
        return Ok(running.runtime.handle().clone());
    }
    // Never dropped: that would wait for threads that this process does not have.
    mem::forget(engine.take());
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("cospass")
        .enable_all()
        .build()
        .map_err(|error| Refusal::Threading { reason: error.to_string() })?;
    let handle = runtime.handle().clone();
    *engine = Some(Arc::new(Engine { process, runtime }));
    Ok(handle)
}

/// Runs what may block beside the tasks.
pub(super) fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = std::io::Result<T>> + Send {
    let running = tokio::task::spawn_blocking(work);
    async move { running.await.map_err(std::io::Error::other) }
}
