//! Requests that are sent: the calls of objects and buckets, which the pure half describes.
//!
//! ```text
//! _Request (Python) ─► Order ─► signed, for each attempt anew ─► transport of the client crate ─► Answer
//! ```
//!
//! What is sent goes by the official SDK's rules (hosts, headers that are signed), not by those of the client crate's
//! operations; what carries it, when it is repeated and how bodies move is the client crate's.

mod answer;
mod attempt;
mod body;
mod engine;
mod order;
mod pending;
mod resolver;
mod stream;
mod way;

pub(crate) use answer::Answer;
pub(crate) use order::Order;
pub(crate) use pending::Pending;
pub(crate) use stream::Stream;
pub(crate) use way::{Way, seconds};

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use crc_fast::{CrcAlgorithm, Digest, checksum_combine};
use pyo3::prelude::*;

use crate::refusal::Refusal;
use crate::settings::State;

/// How much of a file is read at once to be summed, in bytes.
const SUMMED_TOGETHER: usize = 256 * 1024;

/// Begins to send a request.
pub(crate) fn send(py: Python<'_>, state: &State, order: Order<'_>) -> Result<Pending, Refusal> {
    let ready = order.ready(py, state)?;
    Pending::start(attempt::perform(ready), |py, answer| {
        Ok(Bound::new(py, answer)?.into_any().unbind())
    })
}

/// What of a request is signed, without secrets.
pub(crate) fn http_string(
    py: Python<'_>,
    state: &State,
    order: Order<'_>,
) -> Result<Option<String>, Refusal> {
    Ok(order.ready(py, state)?.http_string())
}

/// The CRC64 of two pieces, one after the other, from those of each.
#[pyfunction]
pub(crate) fn crc64_joined(first: u64, second: u64, second_length: u64) -> u64 {
    checksum_combine(CrcAlgorithm::Crc64Xz, first, second, second_length)
}

/// The CRC64 of a part of a file; other threads of Python run meanwhile.
#[pyfunction]
pub(crate) fn crc64_of(
    py: Python<'_>,
    path: PathBuf,
    offset: u64,
    length: u64,
) -> Result<u64, Refusal> {
    let sum = || -> io::Result<u64> {
        let mut file = File::open(&path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut part = file.take(length);
        let mut crc = Digest::new(CrcAlgorithm::Crc64Xz);
        let mut piece = vec![0; SUMMED_TOGETHER];
        loop {
            let came = part.read(&mut piece)?;
            match piece.get(..came) {
                Some([]) | None => return Ok(crc.finalize()),
                Some(bytes) => crc.update(bytes),
            }
        }
    };
    py.detach(sum).map_err(|error| Refusal::file(&path, &error))
}
