//! Threads that serve connections, each with a runtime of its own: what happens on a connection stays on one thread, so that
//! nobody is woken up for it and no other thread's cache holds what it needs.
//!
//! A connection goes to the thread that has the fewest, and stays there. Without such threads, connections are served by
//! the runtime that the endpoint was started on.

use std::future::Future;
use std::io;
use std::num::NonZero;
use std::pin::Pin;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Some threads, which end when this is dropped, and with them what is still served there.
pub(crate) struct Workers(Vec<Worker>);

struct Worker {
    runtime: Handle,
    /// Held once for each connection that is served there.
    connections: Arc<()>,
    /// Dropped, it ends the thread.
    _end: oneshot::Sender<()>,
}

/// The most threads that may wait for the disk at a time, of all runtimes of an endpoint together. Each costs some tens of
/// kilobytes as long as it is there, and more of them than share a commit bring nothing; what finds none waits for one.
pub const BLOCKING_THREADS: usize = 128;

/// As many as each runtime has at least.
const BLOCKING_OF_ONE: usize = 32;

/// What a connection is served by.
type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Workers {
    /// Starts so many threads; with none, everything is served where it is spawned.
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let blocking =
            BLOCKING_THREADS.checked_div(count).unwrap_or(BLOCKING_THREADS).max(BLOCKING_OF_ONE);
        let workers = (0..count).map(|number| Worker::start(number, blocking));
        workers.collect::<io::Result<_>>().map(Self)
    }

    /// As many as there are cores that this process may use.
    pub(crate) fn cores() -> usize {
        thread::available_parallelism().map_or(1, NonZero::get)
    }

    /// Serves a connection on the thread that has the fewest.
    pub(crate) fn spawn(&self, connections: &mut JoinSet<()>, serving: Serving) {
        let idlest = self.0.iter().min_by_key(|worker| Arc::strong_count(&worker.connections));
        match idlest {
            None => _ = connections.spawn(serving),
            Some(Worker { runtime, connections: held, .. }) => {
                let held = Arc::clone(held);
                let serving = async move {
                    serving.await;
                    drop(held);
                };
                connections.spawn_on(serving, runtime);
            }
        }
    }
}

impl Worker {
    fn start(number: usize, blocking: usize) -> io::Result<Self> {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_all().max_blocking_threads(blocking).build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        thread::Builder::new().name(format!("connections-{number}")).spawn(move || {
            let _ = runtime.block_on(ended);
            // Whoever still blocks a thread is not waited for.
            runtime.shutdown_background();
        })?;
        Ok(Self { runtime: handle, connections: Arc::default(), _end: end })
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    /// On which threads so many connections are served that stay open until all are there.
    async fn threads(workers: &Workers, count: usize) -> Vec<String> {
        let (tell, mut told) = mpsc::unbounded_channel();
        let mut connections = JoinSet::new();
        let mut open = Vec::new();
        for _ in 0..count {
            let tell = tell.clone();
            let (close, closed) = oneshot::channel::<()>();
            open.push(close);
            let serving = async move {
                let _ = tell.send(thread::current().name().unwrap_or_default().to_owned());
                let _ = closed.await;
            };
            workers.spawn(&mut connections, Box::pin(serving));
        }
        let mut names = Vec::new();
        for _ in 0..count {
            names.extend(told.recv().await);
        }
        drop(open);
        connections.join_all().await;
        names.sort();
        names
    }

    #[tokio::test]
    async fn connections_are_shared_out_evenly() {
        let workers = Workers::start(2).unwrap();
        for _ in 0..2 {
            let names = threads(&workers, 4).await;
            assert_eq!(names, ["connections-0", "connections-0", "connections-1", "connections-1"]);
        }
    }

    #[tokio::test]
    async fn without_threads_they_stay_where_they_are() {
        let here = thread::current().name().unwrap_or_default().to_owned();
        let workers = Workers::start(0).unwrap();
        assert_eq!(threads(&workers, 2).await, [here.clone(), here]);
    }
}
