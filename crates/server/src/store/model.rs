//! Random operations, with failures and crashes in the middle of them, compared with a model of what has to come out.
//!
//! A crash is simulated beneath [`Store`](super::Store): from some call on, the backend does nothing any more, and the store is
//! opened anew over what it did until then. An operation that was interrupted happened or not, and nothing else; what was
//! acknowledged before is there; a sweep leaves exactly the blobs that are needed, and none when nothing is kept. (Processes
//! that are really killed are in `tests/faults`.)
//!
//! `COSPASS_MODEL_CASES` says how many cases are tried, `COSPASS_MODEL_SEED` where they begin: a failure tells its own.

use std::path::Path;
use std::sync::Arc;

use super::backend::Backend;
use super::disk::{Disk, Syncing};
use super::memory::Memory;
use case::Case;

mod case;
mod chance;
mod expected;
mod failing;
mod objects;
mod operation;

/// As many as take a second or two.
const CASES: u64 = 60;

fn number_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

fn cases(number: u64, open: impl Fn(&Path, &Arc<Memory>) -> Arc<dyn Backend>) {
    let first =
        number_of("COSPASS_MODEL_SEED").unwrap_or_else(|| u64::from(std::process::id()) << 20);
    for seed in first..first + number {
        let folder = tempfile::tempdir().unwrap();
        let memory = Arc::new(Memory::default());
        let run = || {
            let open = || open(folder.path(), &memory);
            Case::new(seed, &open).run();
        };
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
            panic!("run it again with COSPASS_MODEL_SEED={seed} COSPASS_MODEL_CASES=1");
        }
    }
}

#[test]
fn the_model_holds_in_memory() {
    let number = number_of("COSPASS_MODEL_CASES").unwrap_or(CASES);
    cases(number, |_, memory| Arc::clone(memory) as Arc<dyn Backend>);
}

#[test]
fn the_model_holds_on_disk() {
    let number = number_of("COSPASS_MODEL_CASES").map_or(CASES / 20, |cases| cases.div_ceil(10));
    cases(number, |folder, _| Arc::new(Disk::open(folder, Syncing::Never).unwrap()));
}
