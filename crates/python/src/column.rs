//! Columns of keys as Arrow lays strings out, and the URLs in the same layout: offsets of 64 bits and bytes behind one
//! another (Arrow columnar format, "Variable-size Binary Layout").
//!
//! The buffers come and go as `bytes`, which the pure half makes arrays of without copying; the interface of C would take
//! `unsafe` here, or sixty crates that have it.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::many::Many;
use crate::refusal::Refusal;

/// The size of an offset, in bytes.
const OFFSET: usize = size_of::<i64>();

/// How many rows one thread signs before it writes them.
const ROWS: usize = 1024;

/// How many rows are one thread's at a time.
const SHARE: usize = 16 * ROWS;

/// See the head of this file. A key is a row; one of null has no bytes.
#[derive(Clone, Copy)]
struct Column<'a> {
    offsets: &'a [u8],
    bytes: &'a str,
    /// The offset at which `bytes` begins: an array may be a part of another.
    base: i64,
    /// Which rows are null, a byte each; nothing where none is.
    nulls: Option<&'a [u8]>,
}

impl<'a> Column<'a> {
    /// Offsets are of this machine's byte order, one more than there are rows.
    fn new(offsets: &'a [u8], bytes: &'a [u8], nulls: Option<&'a [u8]>) -> Result<Self, Refusal> {
        let bytes = std::str::from_utf8(bytes).map_err(|_| Refusal::BytesNotUtf8)?;
        let base = offsets.first_chunk().map_or(0, |first| i64::from_ne_bytes(*first));
        Ok(Self { offsets, bytes, base, nulls })
    }

    fn rows(&self) -> usize {
        (self.offsets.len() / OFFSET).saturating_sub(1)
    }

    fn is_null(&self, row: usize) -> bool {
        self.nulls.is_some_and(|nulls| nulls.get(row).is_some_and(|&null| null != 0))
    }

    /// A key that can be signed; nothing where it is null.
    fn key(&self, row: usize) -> Result<Option<&'a str>, Refusal> {
        if self.is_null(row) {
            return Ok(None);
        }
        let of_keys = |reason| Refusal::OfKeys { position: row, reason: Box::new(reason) };
        let (start, end) = (self.offset(row), self.offset(row + 1));
        let key = start.zip(end).and_then(|(start, end)| self.bytes.get(start..end));
        match key {
            None => Err(of_keys(Refusal::BytesNotUtf8)),
            Some("") => Err(of_keys(Refusal::KeyEmpty)),
            Some(key) => Ok(Some(key)),
        }
    }

    fn offset(&self, row: usize) -> Option<usize> {
        let start = row.checked_mul(OFFSET)?;
        let bytes = self.offsets.get(start..start.checked_add(OFFSET)?)?;
        let offset = i64::from_ne_bytes(bytes.try_into().ok()?);
        usize::try_from(offset.checked_sub(self.base)?).ok()
    }

    /// The keys of some rows, without those that are null. They were looked at before.
    fn keys(self, rows: Range<usize>) -> impl Iterator<Item = &'a str> {
        rows.filter_map(move |row| self.key(row).ok().flatten())
    }
}

/// The URLs of a column, as offsets and bytes.
fn signed<'py>(
    py: Python<'py>,
    many: &Many,
    column: Column<'_>,
    threads: usize,
) -> Result<(Bound<'py, PyBytes>, Bound<'py, PyBytes>), Refusal> {
    let ends = py.detach(|| ends(many, column))?;
    let offsets = PyBytes::new_with(py, (ends.len() + 1) * OFFSET, |out| {
        let written = out.chunks_exact_mut(OFFSET).skip(1).zip(&ends);
        written.for_each(|(slot, &end)| slot.copy_from_slice(&(end as i64).to_ne_bytes()));
        Ok(())
    })?;
    let total = ends.last().copied().unwrap_or_default();
    let bytes = PyBytes::new_with(py, total, |out| {
        py.detach(|| write(many, column, &ends, out, threads));
        Ok(())
    })?;
    Ok((offsets, bytes))
}

/// Where each URL ends; refuses keys that cannot be signed before any is.
fn ends(many: &Many, column: Column<'_>) -> Result<Vec<usize>, Refusal> {
    let mut end = 0_usize;
    let of_row = |row| {
        end = end.saturating_add(column.key(row)?.map_or(0, |key| many.url_length(key)));
        Ok(end)
    };
    (0..column.rows()).map(of_row).collect()
}

/// Rows, with the place of their URLs.
type Part<'o> = (Range<usize>, &'o mut [u8]);

/// Threads take parts until none is left; this one is among them, and does what those do not that the system has not got.
fn write(many: &Many, column: Column<'_>, ends: &[usize], out: &mut [u8], threads: usize) {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let (mut rest, mut begun, mut row) = (out, 0, 0);
    for rows in ends.chunks(SHARE) {
        let end = rows.last().copied().unwrap_or(begun);
        let (part, behind) = rest.split_at_mut((end - begun).min(rest.len()));
        parts.push((row..row + rows.len(), part));
        (rest, begun, row) = (behind, end, row + rows.len());
    }
    let parts = Mutex::new(parts);
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let work = || {
        while let Some((rows, part)) = next() {
            write_rows(many, column, rows, part);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            drop(thread::Builder::new().spawn_scoped(scope, work));
        }
        work();
    });
}

fn write_rows(many: &Many, column: Column<'_>, rows: Range<usize>, mut out: &mut [u8]) {
    let mut text = String::new();
    for start in rows.clone().step_by(ROWS) {
        text.clear();
        many.push_urls(&mut text, column.keys(start..(start + ROWS).min(rows.end)));
        let length = text.len().min(out.len());
        let (here, behind) = out.split_at_mut(length);
        here.copy_from_slice(text.as_bytes().get(..length).unwrap_or_default());
        out = behind;
    }
}

/// Offsets, bytes, and which rows are null, as the pure half reads them out of an array.
type Buffers<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>, Option<Bound<'py, PyBytes>>);

/// Whether keys have the Arrow PyCapsule interface. Lists are asked by those who have them.
pub(crate) fn is_arrow(keys: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = keys.py();
    if keys.is_exact_instance_of::<PyList>() {
        return Ok(false);
    }
    Ok(keys.hasattr(intern!(py, "__arrow_c_array__"))?
        || keys.hasattr(intern!(py, "__arrow_c_stream__"))?)
}

/// The URLs of an Arrow array as one, null where the key is; of several chunks as so many.
pub(crate) fn array<'py>(
    many: &Many,
    keys: &Bound<'py, PyAny>,
    threads: usize,
) -> Result<Bound<'py, PyAny>, Refusal> {
    let py = keys.py();
    let read = PyModule::import(py, "cospass.arrow")?.call_method1("KeyColumns", (keys,))?;
    let chunks: Vec<Buffers<'py>> = read.getattr("chunks")?.extract()?;
    let mut urls = Vec::with_capacity(chunks.len());
    for (offsets, bytes, nulls) in &chunks {
        let nulls = nulls.as_ref().map(|nulls| nulls.as_bytes());
        let column = Column::new(offsets.as_bytes(), bytes.as_bytes(), nulls)?;
        urls.push(signed(py, many, column, threads)?);
    }
    Ok(read.call_method1("array", (urls,))?)
}
