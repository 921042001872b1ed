//! The body of an answer that is read while it comes, or written into a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use cospass::Body;
use crc_fast::{CrcAlgorithm, Digest};
use http_body_util::BodyExt;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tokio::sync::Mutex;

use super::engine::aside;
use super::pending::Pending;
use crate::refusal::Refusal;

/// How much is gathered before a thread writes it, in bytes.
const WRITTEN_TOGETHER: usize = 1024 * 1024;

/// See the head of this file.
#[pyclass(frozen, module = "cospass._cospass")]
#[derive(Clone)]
pub(crate) struct Stream(Arc<Mutex<Option<Body>>>);

impl Stream {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Some(body))))
    }
}

#[pymethods]
impl Stream {
    /// The next bytes, as many as there are; none at the end.
    fn next(&self) -> Result<Pending, Refusal> {
        let body = Arc::clone(&self.0);
        let work = async move {
            let mut body = body.lock().await;
            let Some(coming) = body.as_mut() else { return Ok(Bytes::new()) };
            let piece = next_of(coming).await.map_err(|error| Refusal::broken(&error))?;
            if piece.is_none() {
                *body = None;
            }
            Ok(piece.unwrap_or_default())
        };
        Pending::start(work, |py, piece| Ok(PyBytes::new(py, &piece).into_any().unbind()))
    }

    /// Writes the rest into a file that is there, from `offset` on; how many bytes there were.
    fn save(&self, path: PathBuf, offset: u64) -> Result<Pending, Refusal> {
        let body = Arc::clone(&self.0);
        let work = async move {
            let Some(body) = body.lock().await.take() else { return Ok(0) };
            match saved(body, path.clone(), offset).await {
                Ok(saved) => Ok(saved.length),
                Err(Unsaved::Body(error)) => Err(Refusal::broken(&error)),
                Err(Unsaved::File(error)) => Err(Refusal::file(&path, &error)),
            }
        };
        Pending::start(work, |py, length| Ok(length.into_pyobject(py)?.into_any().unbind()))
    }

    /// Lets the rest go.
    fn close(&self) -> Result<Pending, Refusal> {
        let body = Arc::clone(&self.0);
        let work = async move {
            *body.lock().await = None;
            Ok(())
        };
        Pending::start(work, |py, ()| Ok(py.None()))
    }
}

/// The next piece that is not empty.
async fn next_of(body: &mut Body) -> io::Result<Option<Bytes>> {
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data()
            && !piece.is_empty()
        {
            return Ok(Some(piece));
        }
    }
    Ok(None)
}

/// What is in a file now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saved {
    /// In bytes.
    pub(super) length: u64,
    /// Of these bytes, as the service calls crc64ecma.
    pub(super) crc64: u64,
}

/// Why it is not.
pub(super) enum Unsaved {
    Body(io::Error),
    File(io::Error),
}

/// Writes a body into a file that is there.
pub(super) async fn saved(mut body: Body, path: PathBuf, offset: u64) -> Result<Saved, Unsaved> {
    let open = move || {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    };
    let mut file = aside(open).await.flatten().map_err(Unsaved::File)?;
    let mut crc = Digest::new(CrcAlgorithm::Crc64Xz);
    let mut length = 0_u64;
    let mut pieces = Vec::new();
    let mut gathered = 0;
    loop {
        let piece = next_of(&mut body).await.map_err(Unsaved::Body)?;
        let is_end = piece.is_none();
        if let Some(piece) = piece {
            gathered += piece.len();
            length = length.saturating_add(piece.len() as u64);
            pieces.push(piece);
        }
        if gathered >= WRITTEN_TOGETHER || (is_end && gathered > 0) {
            let together = std::mem::take(&mut pieces);
            gathered = 0;
            let written = aside(move || written(file, crc, &together)).await.flatten();
            (file, crc) = written.map_err(Unsaved::File)?;
        }
        if is_end {
            return Ok(Saved { length, crc64: crc.finalize() });
        }
    }
}

fn written(mut file: File, mut crc: Digest, pieces: &[Bytes]) -> io::Result<(File, Digest)> {
    for piece in pieces {
        crc.update(piece);
        file.write_all(piece)?;
    }
    Ok((file, crc))
}
