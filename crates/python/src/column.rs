//! Columns of keys as Arrow lays strings out, and the URLs in the same layout: offsets of 64 bits and bytes behind one
//! another (Arrow columnar format, "Variable-size Binary Layout").
//!
//! ```text
//! rows of an array ─► Piece (bytes) ─► a thread: signed ─► Piece ─► room of the whole array, in the order of the rows
//! ```
//!
//! Pieces are small enough to stay in a processor's cache, and come back empty. They go through `bytes`, which the pure half
//! reads out of arrays and puts into the room; the interface of C would take `unsafe` here, or sixty crates that have it.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};

use crate::many::{Many, Pen};
use crate::refusal::Refusal;
use crate::site::are_plain_keys;

/// How many rows are a piece.
const ROWS: usize = 1024;

/// Offsets, bytes, and which rows are null, a byte each, as the pure half reads them out of an array. Offsets are of this
/// machine's byte order and of four or eight bytes, one more than there are rows.
type Buffers = (PyBackedBytes, PyBackedBytes, Option<PyBackedBytes>);

/// Some rows, on their way through a thread and back.
#[derive(Default)]
struct Piece {
    number: usize,
    /// The size of an offset of the keys, in bytes.
    offset_size: usize,
    keys: Option<Buffers>,
    urls: String,
    /// Where the URL of each row ends; a row of null has none.
    ends: Vec<usize>,
}

/// What a thread hands back.
type Done = (Piece, Result<(), Refusal>);

impl Piece {
    /// Signs its keys; refuses what cannot be signed before anything is.
    fn sign(&mut self, many: &Many, pen: &mut Pen) -> Result<(), Refusal> {
        self.urls.clear();
        self.ends.clear();
        let Some((offsets, bytes, nulls)) = self.keys.take() else { return Ok(()) };
        let text = std::str::from_utf8(&bytes).map_err(|_| Refusal::BytesNotUtf8)?;
        let offset_size = self.offset_size;
        let keys = Keys { offsets: &offsets, offset_size, text, nulls: nulls.as_deref() };
        let rows = (offsets.len() / offset_size.max(1)).saturating_sub(1);
        let mut present = Vec::with_capacity(rows);
        for row in 0..rows {
            let key = keys.key(row).map_err(|reason| Refusal::OfKeys {
                position: self.number * ROWS + row,
                reason: Box::new(reason),
            })?;
            present.extend(key);
        }
        let Self { urls, ends, .. } = self;
        let plain = are_plain_keys(text);
        let mut row = 0;
        many.each(present.into_iter(), pen, |key, signature| {
            while keys.is_null(row) {
                ends.push(urls.len());
                row += 1;
            }
            many.push_url(urls, key, plain, signature);
            ends.push(urls.len());
            row += 1;
        });
        ends.resize(rows, urls.len());
        Ok(())
    }
}

/// The keys of a piece; one of null has no bytes.
struct Keys<'a> {
    offsets: &'a [u8],
    offset_size: usize,
    text: &'a str,
    nulls: Option<&'a [u8]>,
}

impl<'a> Keys<'a> {
    fn is_null(&self, row: usize) -> bool {
        self.nulls.is_some_and(|nulls| nulls.get(row).is_some_and(|&null| null != 0))
    }

    /// A key that can be signed; nothing where it is null.
    fn key(&self, row: usize) -> Result<Option<&'a str>, Refusal> {
        if self.is_null(row) {
            return Ok(None);
        }
        let key = self.offset(row).zip(self.offset(row + 1));
        match key.and_then(|(start, end)| self.text.get(start..end)) {
            None => Err(Refusal::BytesNotUtf8),
            Some("") => Err(Refusal::KeyEmpty),
            Some(key) => Ok(Some(key)),
        }
    }

    /// From the beginning of the text: an array may be a part of another.
    fn offset(&self, row: usize) -> Option<usize> {
        usize::try_from(self.number(row)?.checked_sub(self.number(0)?)?).ok()
    }

    fn number(&self, row: usize) -> Option<i64> {
        let start = row.checked_mul(self.offset_size)?;
        let bytes = self.offsets.get(start..start.checked_add(self.offset_size)?)?;
        if let Ok(short) = bytes.try_into() {
            return Some(i32::from_ne_bytes(short).into());
        }
        bytes.try_into().ok().map(i64::from_ne_bytes)
    }
}

/// One array on its way: its rows, and the room for its URLs.
struct Way<'a, 'py> {
    many: &'a Many,
    /// Has `keys(first, count)`, and takes URLs by `add(offsets, bytes)`.
    array: Bound<'py, PyAny>,
    pieces: usize,
    offset_size: usize,
    /// How many were begun.
    begun: usize,
    /// Where the URLs end that are in the room.
    end: usize,
    /// To be filled again.
    free: Vec<Piece>,
}

impl<'a, 'py> Way<'a, 'py> {
    fn new(many: &'a Many, array: Bound<'py, PyAny>) -> Result<Self, Refusal> {
        let rows: usize = array.getattr(intern!(array.py(), "rows"))?.extract()?;
        let offset_size = array.getattr(intern!(array.py(), "offset_size"))?.extract()?;
        let (pieces, free) = (rows.div_ceil(ROWS), Vec::new());
        Ok(Self { many, array, pieces, offset_size, begun: 0, end: 0, free })
    }

    /// The next rows.
    fn next(&mut self) -> Result<Option<Piece>, Refusal> {
        if self.begun == self.pieces {
            return Ok(None);
        }
        let mut piece = self.free.pop().unwrap_or_default();
        (piece.number, piece.offset_size) = (self.begun, self.offset_size);
        let arguments = (self.begun * ROWS, ROWS);
        let keys = self.array.call_method1(intern!(self.array.py(), "keys"), arguments)?;
        piece.keys = Some(keys.extract()?);
        self.begun += 1;
        Ok(Some(piece))
    }

    /// Puts the URLs of the rows behind those of the rows before them.
    fn put(&mut self, piece: Piece) -> Result<(), Refusal> {
        let py = self.array.py();
        let offsets = piece.ends.iter().map(|end| (self.end + end) as i64);
        let offsets: Vec<u8> = offsets.flat_map(i64::to_ne_bytes).collect();
        let urls = PyBytes::new(py, piece.urls.as_bytes());
        self.array.call_method1(intern!(py, "add"), (PyBytes::new(py, &offsets), urls))?;
        self.end += piece.urls.len();
        self.free.push(piece);
        Ok(())
    }

    fn alone(&mut self) -> Result<(), Refusal> {
        let (many, py) = (self.many, self.array.py());
        let mut pen = many.pen();
        while let Some(mut piece) = self.next()? {
            py.detach(|| piece.sign(many, &mut pen))?;
            self.put(piece)?;
        }
        Ok(())
    }

    /// So many threads sign while this one reads and puts.
    fn together(&mut self, threads: usize) -> Result<(), Refusal> {
        let many = self.many;
        let (to_do, waiting) = channel::<Piece>();
        let (done, results) = channel::<Done>();
        let waiting = Mutex::new(waiting);
        let work = |done: Sender<Done>| {
            let mut pen = many.pen();
            loop {
                let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(mut piece) = next else { return };
                let signed = piece.sign(many, &mut pen);
                if done.send((piece, signed)).is_err() {
                    return;
                }
            }
        };
        thread::scope(|scope| {
            let start = |_: &usize| {
                let done = done.clone();
                thread::Builder::new().spawn_scoped(scope, || work(done)).is_ok()
            };
            match (0..threads).filter(start).count() {
                // The system has no thread for it.
                0 => self.alone(),
                started => self.lead(to_do, &Mutex::new(results), 2 * started),
            }
        })
    }

    /// Keeps so many pieces under way, and puts them in their order.
    fn lead(
        &mut self,
        to_do: Sender<Piece>,
        results: &Mutex<Receiver<Done>>,
        most: usize,
    ) -> Result<(), Refusal> {
        let py = self.array.py();
        let mut early: BTreeMap<usize, Done> = BTreeMap::new();
        let mut put = 0;
        while put < self.pieces {
            while self.begun < put + most {
                let Some(piece) = self.next()? else { break };
                drop(to_do.send(piece));
            }
            let next = || results.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((piece, signed)) = py.detach(next) else { return Ok(()) };
            early.insert(piece.number, (piece, signed));
            while let Some((piece, signed)) = early.remove(&put) {
                signed?;
                self.put(piece)?;
                put += 1;
            }
        }
        Ok(())
    }
}

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
    let module = PyModule::import(py, "cospass.arrow")?;
    let read = module.call_method1("KeyColumns", (keys, many.shortest_url()))?;
    for column in read.getattr("columns")?.try_iter()? {
        let mut way = Way::new(many, column?)?;
        match threads.min(way.pieces) {
            0 | 1 => way.alone()?,
            threads => way.together(threads)?,
        }
    }
    Ok(read.call_method0("array")?)
}
