//! The bytes of an upload on their way in, and what they amount to.
//!
//! Few bytes are only gathered: they are written together with the metadata of their object, in one transaction. As soon as
//! there are more, or what they are encrypted with begins at the id of a blob, they are written to a blob.

use std::io;
use std::sync::Arc;

use cospass_protocol::operation::CustomerKey;
use crc_fast::{CrcAlgorithm, Digest as Crc};
use md5_stream::Md5;

use super::backend::{Backend, BlobId, BlobWriter};
use super::cipher;
use super::pins::{Pin, Pins};
use super::record::Sums;

/// An upload under way. Dropped, it leaves nothing behind.
pub(crate) struct Upload {
    hashing: Hashing,
    writing: Writing,
}

/// The half of an upload that takes most of the time: its MD5.
pub(crate) struct Hashing(Md5);

/// The half of an upload that keeps its bytes.
pub(crate) struct Writing {
    backend: Arc<dyn Backend>,
    pins: Pins,
    /// How many bytes are few.
    few: usize,
    kept: Kept,
    size: u64,
    crc64: Crc,
}

/// Where the bytes are.
enum Kept {
    /// Here, as long as they are not too many.
    Few(Vec<u8>),
    Blob(Box<Blob>),
}

struct Blob {
    id: BlobId,
    pin: Pin,
    writer: Box<dyn BlobWriter>,
    /// What the bytes are encrypted with.
    key: Option<CustomerKey>,
}

impl Upload {
    pub(super) fn begin(
        backend: &Arc<dyn Backend>,
        pins: &Pins,
        few: usize,
        key: Option<CustomerKey>,
    ) -> io::Result<Self> {
        let kept = match key {
            None => Kept::Few(Vec::new()),
            Some(_) => Kept::Blob(Box::new(Blob::begin(&**backend, pins, key)?)),
        };
        // COS calls it crc64ecma; crc-fast's `Crc64Ecma182` is another, unreflected one.
        let crc64 = Crc::new(CrcAlgorithm::Crc64Xz);
        let (backend, pins) = (Arc::clone(backend), pins.clone());
        let writing = Writing { backend, pins, few, kept, size: 0, crc64 };
        Ok(Self { hashing: Hashing(Md5::new()), writing })
    }

    /// Its halves, each of which has to be given every byte.
    pub(crate) fn split(self) -> (Hashing, Writing) {
        (self.hashing, self.writing)
    }

    /// The upload of two halves.
    pub(crate) fn of(hashing: Hashing, writing: Writing) -> Self {
        Self { hashing, writing }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hashing.update(bytes);
        self.writing.append(bytes)
    }

    /// How many bytes were written so far.
    pub(crate) fn size(&self) -> u64 {
        self.writing.size
    }

    /// The MD5 of what was written so far, before it was encrypted.
    pub(crate) fn md5(&self) -> [u8; 16] {
        self.hashing.0.clone().finish()
    }

    /// The bytes if they are few, to be kept in a row; else a blob, which is durable then.
    pub(super) fn finish(self) -> io::Result<Finished> {
        match self.writing.kept {
            Kept::Few(bytes) => {
                let Writing { size, crc64, .. } = self.writing;
                let sums = Sums { size, md5: self.hashing.0.finish(), crc64: crc64.finalize() };
                Ok(Finished::Few(bytes, sums))
            }
            Kept::Blob(_) => self.finish_blob().map(Finished::Blob),
        }
    }

    /// Makes the bytes durable, in a blob however few they are.
    pub(super) fn finish_blob(self) -> io::Result<Written> {
        let Self { hashing, writing: Writing { backend, pins, kept, size, crc64, .. } } = self;
        let Blob { id, pin, writer, key } = match kept {
            Kept::Few(few) => Blob::of(&few, &*backend, &pins)?,
            Kept::Blob(blob) => *blob,
        };
        writer.finish()?;
        let mut md5 = hashing.0.finish();
        if key.is_some() {
            // The entity tag of what is encrypted says nothing of its content.
            md5 = Md5::digest_of([id.0, md5]);
        }
        Ok(Written { blob: id, size, md5, crc64: crc64.finalize(), _pin: pin })
    }
}

impl Hashing {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// As [`update`](Self::update) of two uploads, in little more time than of one.
    pub(crate) fn update_both(first: (&mut Self, &[u8]), second: (&mut Self, &[u8])) {
        Md5::update_both((&mut first.0.0, first.1), (&mut second.0.0, second.1));
    }
}

impl Writing {
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.kept {
            Kept::Few(few) if few.len().saturating_add(bytes.len()) <= self.few => {
                few.extend_from_slice(bytes);
            }
            Kept::Few(few) => {
                let mut blob = Blob::of(few, &*self.backend, &self.pins)?;
                blob.append(self.size, bytes)?;
                self.kept = Kept::Blob(Box::new(blob));
            }
            Kept::Blob(blob) => blob.append(self.size, bytes)?,
        }
        self.crc64.update(bytes);
        self.size = self.size.saturating_add(bytes.len() as u64);
        Ok(())
    }
}

impl Blob {
    fn begin(backend: &dyn Backend, pins: &Pins, key: Option<CustomerKey>) -> io::Result<Self> {
        let id = BlobId::random()?;
        let pin = pins.hold(vec![id]);
        Ok(Self { id, pin, writer: backend.begin(id)?, key })
    }

    /// A blob that begins with a few bytes.
    fn of(few: &[u8], backend: &dyn Backend, pins: &Pins) -> io::Result<Self> {
        let mut blob = Self::begin(backend, pins, None)?;
        blob.append(0, few)?;
        Ok(blob)
    }

    /// Writes bytes that come behind so many others.
    fn append(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let Some(key) = &self.key else { return self.writer.append(bytes) };
        let mut encrypted = bytes.to_vec();
        cipher::apply(key, self.id, offset, &mut encrypted)?;
        self.writer.append(&encrypted)
    }
}

/// What an upload amounts to.
pub(super) enum Finished {
    /// So few bytes that they are kept in a row, where they are not written yet.
    Few(Vec<u8>, Sums),
    Blob(Written),
}

/// A blob, and what it amounts to; the MD5 is another one if it is encrypted. While it is held, no sweep takes its blob for one that nobody needs.
pub(super) struct Written {
    pub(super) blob: BlobId,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) crc64: u64,
    _pin: Pin,
}
