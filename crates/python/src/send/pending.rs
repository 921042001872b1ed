//! Something under way on other threads, which one caller awaits: by waiting, or by being called when it is over.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use tokio::task::AbortHandle;

use super::engine;
use crate::interpreter;
use crate::refusal::Refusal;

/// How often a waiting thread looks whether a signal came, such as that of Ctrl-C.
const LOOK: Duration = Duration::from_millis(50);

/// Makes the result, with the interpreter.
type Told = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

enum State {
    /// With whom to call in the end.
    Running(Option<Py<PyAny>>),
    Over(Told),
    Taken,
}

struct Slot {
    state: Mutex<State>,
    over: Condvar,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says so to whoever waits. Only the first result counts.
    fn finish(&self, told: Told) {
        let mut state = self.state();
        if !matches!(*state, State::Running(_)) {
            return;
        }
        let former = std::mem::replace(&mut *state, State::Over(told));
        drop(state);
        self.over.notify_all();
        if let State::Running(Some(callback)) = former {
            // Where the interpreter is going away nobody is there to be told.
            interpreter::enter(|py| {
                if let Err(error) = callback.call0(py) {
                    error.write_unraisable(py, None);
                }
            });
        }
    }
}

/// Tells of a task that was ended from outside.
struct Ended(Arc<Slot>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.finish(Box::new(|_| Err(Refusal::Cancelled.into())));
    }
}

/// See the head of this file.
#[pyclass(frozen, module = "cospass._cospass")]
pub(crate) struct Pending {
    slot: Arc<Slot>,
    task: AbortHandle,
}

impl Pending {
    /// Begins it; `tell` makes a value of Python of what comes out.
    pub(crate) fn start<T: Send + 'static>(
        work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
        tell: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Result<Self, Refusal> {
        let slot = Arc::new(Slot { state: Mutex::new(State::Running(None)), over: Condvar::new() });
        let ended = Ended(Arc::clone(&slot));
        let task = engine::handle()?.spawn(async move {
            let outcome = work.await;
            // Off the threads that move bytes: whoever is called needs the interpreter, and may have to wait for it.
            let told = tokio::task::spawn_blocking(move || {
                ended.0.finish(Box::new(move |py| match outcome {
                    Ok(value) => tell(py, value),
                    Err(refusal) => Err(refusal.into()),
                }));
            });
            drop(told.await);
        });
        Ok(Self { slot, task: task.abort_handle() })
    }

    fn take(&self) -> Option<Told> {
        let mut state = self.slot.state();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Over(told) => Some(told),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Whether it was over within the time.
    fn wait_for(&self, time: Duration) -> bool {
        let running = |state: &mut State| matches!(state, State::Running(_));
        let waited = self.slot.over.wait_timeout_while(self.slot.state(), time, running);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !matches!(*state, State::Running(_))
    }
}

#[pymethods]
impl Pending {
    /// Waits for the result, other threads of Python running meanwhile. A signal whose handler raises ends it.
    pub(crate) fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        while !py.detach(|| self.wait_for(LOOK)) {
            if let Err(raised) = py.check_signals() {
                self.task.abort();
                py.detach(|| while !self.wait_for(LOOK) {});
                return Err(raised);
            }
        }
        self.result(py)
    }

    /// Calls `callback` when it is over, on another thread, or at once.
    fn notify(&self, callback: Py<PyAny>) -> PyResult<()> {
        let mut state = self.slot.state();
        if let State::Running(waiting) = &mut *state {
            let former = waiting.replace(callback);
            drop(state);
            drop(former);
            return Ok(());
        }
        drop(state);
        Python::attach(|py| callback.call0(py)).map(drop)
    }

    /// Ends it. What it was to do may have been done.
    fn cancel(&self) {
        self.task.abort();
    }

    /// The result, or what is raised instead of it; once.
    fn result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.take() {
            Some(told) => told(py),
            None => Err(Refusal::Cancelled.into()),
        }
    }
}

/// Nobody waits any more.
impl Drop for Pending {
    fn drop(&mut self) {
        self.task.abort();
    }
}
