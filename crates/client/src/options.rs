//! How a transfer is done.

use crate::gauge::Gauge;
use crate::plan::PART_DEFAULT;

/// How a transfer is done. Memory is bounded by the size of a part times the number of jobs.
#[derive(Clone, Debug)]
pub struct TransferOptions {
    /// The size of a part, in bytes; 8 MiB unless told otherwise. It gives way to what the service allows.
    pub part_size: u64,
    /// How many parts are under way at the same time; 4 unless told otherwise.
    pub jobs: usize,
    /// What the transfer is observed and ruled by.
    pub gauge: Gauge,
    /// Whether what is done is kept when the transfer does not come to its end, and gone on with by the next one; it is,
    /// unless told otherwise.
    pub resume: bool,
    /// Whether what an earlier transfer kept is thrown away first.
    pub restart: bool,
    /// Whether a file that is there is replaced; it is, unless told otherwise, when the new one is whole.
    pub overwrite: bool,
    /// Whether a downloaded file is on the disk, not only with the system, before it gets its name: it is whole after the
    /// power fails, too. Not unless told so, as with other clients; what a transfer goes on with is on the disk anyway.
    pub sync: bool,
}

impl Default for TransferOptions {
    fn default() -> Self {
        Self {
            part_size: PART_DEFAULT,
            jobs: 4,
            gauge: Gauge::default(),
            resume: true,
            restart: false,
            overwrite: true,
            sync: false,
        }
    }
}
