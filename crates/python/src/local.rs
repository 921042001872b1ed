//! An endpoint in this process, for tests: a free port, buckets that are there, a clock that the test moves.

use std::process;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cospass_server::{Clock, Running, Server};
use cospass_sign::Credentials;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::clock as time;
use crate::refusal::Refusal;

/// How long open requests may take to end when the endpoint stops.
const PATIENCE: Duration = Duration::from_secs(5);

/// The end of the year 9999, Unix seconds.
const LAST: i64 = 253_402_300_799;

/// What `LocalCos` is made of.
#[pyclass(frozen, module = "cospass._cospass")]
pub(crate) struct Local {
    endpoint: Mutex<Option<(Runtime, Running)>>,
    /// The threads are those of this process alone: one that was forked has none of them.
    process: u32,
    clock: Clock,
    /// Of 127.0.0.1.
    #[pyo3(get)]
    port: u16,
}

#[pymethods]
impl Local {
    /// Starts it; requests to the bare address are for the first bucket.
    #[new]
    #[pyo3(signature = (buckets, region, secret_id, secret_key, token, now))]
    fn new(
        py: Python<'_>,
        buckets: Vec<String>,
        region: String,
        secret_id: String,
        secret_key: String,
        token: Option<String>,
        now: Option<Bound<'_, PyAny>>,
    ) -> Result<Self, Refusal> {
        let now = now.map(|now| time::seconds(now).and_then(of_an_endpoint)).transpose()?;
        let clock = now.map_or_else(Clock::system, Clock::manual);
        if secret_id.is_empty() || secret_key.is_empty() {
            return Err(Refusal::SecretsMissing);
        }
        let credentials = Credentials::new(secret_id, secret_key);
        let credentials = match token {
            Some(token) => credentials.with_token(token),
            None => credentials,
        };
        let mut server = Server::builder()
            .in_memory()
            .region(region)
            .credentials(credentials)
            .clock(clock.clone());
        if let Some(first) = buckets.first() {
            server = server.default_bucket(first);
        }
        for bucket in buckets {
            server = server.bucket(bucket);
        }
        py.detach(|| {
            let refused = |reason: String| Refusal::Endpoint { reason };
            let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
            let runtime = runtime.map_err(|error| refused(error.to_string()))?;
            let running = runtime.block_on(server.start());
            let running = running.map_err(|error| refused(error.to_string()))?;
            let port = running.local_addr().port();
            let endpoint = Mutex::new(Some((runtime, running)));
            Ok(Self { endpoint, process: process::id(), clock, port })
        })
    }

    /// The time of the endpoint, Unix seconds.
    fn now(&self) -> i64 {
        self.clock.now()
    }

    /// The clock stands there from now on, Unix seconds.
    fn set_time(&self, now: Bound<'_, PyAny>) -> Result<(), Refusal> {
        self.clock.set(of_an_endpoint(time::seconds(now)?)?);
        Ok(())
    }

    /// Moves the clock by so many seconds, back if they are negative.
    fn advance(&self, seconds: Bound<'_, PyAny>) -> Result<(), Refusal> {
        let seconds = time::seconds(seconds)?;
        of_an_endpoint(self.clock.now().saturating_add(seconds))?;
        self.clock.advance(seconds);
        Ok(())
    }

    /// Stops it; a second time nothing happens.
    fn stop(&self, py: Python<'_>) {
        let endpoint = self.endpoint.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((runtime, running)) = endpoint {
            if self.process != process::id() {
                return leave(runtime, running);
            }
            py.detach(|| {
                // Requests that take longer are cut off.
                let _late = runtime
                    .block_on(async { tokio::time::timeout(PATIENCE, running.shutdown()).await });
                runtime.shutdown_background();
            });
        }
    }
}

/// One that nobody stopped does not keep the process waiting.
impl Drop for Local {
    fn drop(&mut self) {
        let endpoint = self.endpoint.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((runtime, running)) = endpoint {
            leave(runtime, running);
        }
    }
}

/// A time that an endpoint can live in.
fn of_an_endpoint(now: i64) -> Result<i64, Refusal> {
    match (0..=LAST).contains(&now) {
        true => Ok(now),
        false => Err(Refusal::EndpointTime { now }),
    }
}

/// Ends it without waiting for any of its threads.
fn leave(runtime: Runtime, running: Running) {
    drop(running);
    runtime.shutdown_background();
}
