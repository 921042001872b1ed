//! The bytes of an upload on their way in, and what they amount to.

use std::io;

use cospass_protocol::operation::CustomerKey;
use crc_fast::{CrcAlgorithm, Digest as Crc};
use md5_stream::Md5;

use super::backend::{Backend, BlobId, BlobWriter};
use super::cipher;
use super::pins::{Pin, Pins};

/// An upload under way. Dropped, it leaves nothing behind.
pub(crate) struct Upload {
    hashing: Hashing,
    writing: Writing,
}

/// The half of an upload that takes most of the time: its MD5.
pub(crate) struct Hashing(Md5);

/// The half of an upload that keeps its bytes.
pub(crate) struct Writing {
    blob: BlobId,
    pin: Pin,
    writer: Box<dyn BlobWriter>,
    size: u64,
    crc64: Crc,
    /// What the bytes are encrypted with.
    key: Option<CustomerKey>,
}

impl Upload {
    pub(super) fn begin(
        backend: &dyn Backend,
        pins: &Pins,
        key: Option<CustomerKey>,
    ) -> io::Result<Self> {
        let blob = BlobId::random()?;
        let pin = pins.hold(vec![blob]);
        let writer = backend.begin(blob)?;
        // COS calls it crc64ecma; crc-fast's `Crc64Ecma182` is another, unreflected one.
        let crc64 = Crc::new(CrcAlgorithm::Crc64Xz);
        let writing = Writing { blob, pin, writer, size: 0, crc64, key };
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

    /// Makes the bytes durable.
    pub(super) fn finish(self) -> io::Result<Written> {
        let Self { hashing, writing: Writing { blob, pin, writer, size, crc64, key } } = self;
        writer.finish()?;
        let mut md5 = hashing.0.finish();
        if key.is_some() {
            // The entity tag of what is encrypted says nothing of its content.
            md5 = Md5::digest_of([blob.0, md5]);
        }
        Ok(Written { blob, size, md5, crc64: crc64.finalize(), _pin: pin })
    }
}

impl Hashing {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

impl Writing {
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.crc64.update(bytes);
        match &self.key {
            None => self.writer.append(bytes)?,
            Some(key) => {
                let mut encrypted = bytes.to_vec();
                cipher::apply(key, self.blob, self.size, &mut encrypted)?;
                self.writer.append(&encrypted)?;
            }
        }
        self.size = self.size.saturating_add(bytes.len() as u64);
        Ok(())
    }
}

/// What an upload amounts to; the MD5 is another one if it is encrypted. While it is held, no sweep takes its blob for one that nobody needs.
pub(super) struct Written {
    pub(super) blob: BlobId,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) crc64: u64,
    _pin: Pin,
}
