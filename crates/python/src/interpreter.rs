//! The interpreter, as threads that are not Python's own enter it: those that send ask it for pieces of a body, tell it how far
//! they are and that they are done.
//!
//! Python ends a thread that wants to go on within it when it goes away, and what such a thread holds in Rust with it, which ends
//! the process. So none enters any more from the hook on that Python calls at its end, and the hook waits for those inside.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// For how long the end of the process waits at most for what a program does within a body or a callback.
const PATIENCE: Duration = Duration::from_secs(5);

static INSIDE: AtomicUsize = AtomicUsize::new(0);
static IS_GOING: AtomicBool = AtomicBool::new(false);

/// A thread that is inside, or about to be.
struct Inside;

impl Inside {
    fn enter() -> Option<Self> {
        INSIDE.fetch_add(1, Ordering::SeqCst);
        let inside = Self;
        (!IS_GOING.load(Ordering::SeqCst)).then_some(inside)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs something with the interpreter; `None` where it is going away.
pub(crate) fn enter<T>(run: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let _inside = Inside::enter()?;
    Python::try_attach(run)
}

/// Lets no thread enter any more, and waits until those inside have left. Python calls it when it ends.
#[pyfunction]
pub(crate) fn leave_interpreter(py: Python<'_>) {
    IS_GOING.store(true, Ordering::SeqCst);
    py.detach(|| {
        let began = Instant::now();
        while INSIDE.load(Ordering::SeqCst) > 0 && began.elapsed() < PATIENCE {
            sleep(Duration::from_millis(1));
        }
    });
}
