//! Output of a long run: whoever stops it finds whole lines.

use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::{Builder, Runtime};

use crate::exit::{Exit, Failure};
use crate::output::{Output, note};
use crate::runtime::StopSignal;

/// An output that is written line by line, or several at once. At Ctrl-C or SIGTERM what was written is flushed, and the command
/// ends with [`Exit::Failed`], however it waits for its input then.
pub(crate) struct WholeLines {
    output: Arc<Mutex<Output>>,
    /// It listens for the signals as long as it is there.
    _listening: Runtime,
}

impl WholeLines {
    /// To a file; to standard output if none is named.
    pub(crate) fn to(file: Option<&str>) -> Result<Self, Failure> {
        let output = Arc::new(Mutex::new(Output::to(file)?));
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| Failure::io("cannot start a thread", &error))?;
        let mut stop = {
            let _entered = runtime.enter();
            StopSignal::listen()?
        };
        let shared = Arc::clone(&output);
        runtime.spawn(async move {
            stop.received().await;
            let mut output = lock(&shared);
            let flushed = output.flush();
            note("cospass: stopped; the lines that were written are whole");
            if let Err(Failure::Told { message, .. }) = flushed {
                note(format_args!("cospass: {message}"));
            }
            process::exit(Exit::Failed as i32)
        });
        Ok(WholeLines { output, _listening: runtime })
    }

    /// The output, for lines that are written as one.
    pub(crate) fn lines(&self) -> MutexGuard<'_, Output> {
        lock(&self.output)
    }
}

fn lock(output: &Mutex<Output>) -> MutexGuard<'_, Output> {
    output.lock().unwrap_or_else(PoisonError::into_inner)
}
