//! The bytes of an upload on their way in, and what they amount to.

use std::io;

use crc_fast::{CrcAlgorithm, Digest as Crc};
use md5::{Digest, Md5};

use super::backend::{Backend, BlobId, BlobWriter};
use super::pins::{Pin, Pins};

/// An upload under way. Dropped, it leaves nothing behind.
pub(crate) struct Upload {
    blob: BlobId,
    pin: Pin,
    writer: Box<dyn BlobWriter>,
    size: u64,
    md5: Md5,
    crc64: Crc,
}

impl Upload {
    pub(super) fn begin(backend: &dyn Backend, pins: &Pins) -> io::Result<Self> {
        let blob = BlobId::random()?;
        let pin = pins.hold(vec![blob]);
        let writer = backend.begin(blob)?;
        // COS calls it crc64ecma; crc-fast's `Crc64Ecma182` is another, unreflected one.
        let crc64 = Crc::new(CrcAlgorithm::Crc64Xz);
        Ok(Self { blob, pin, writer, size: 0, md5: Md5::new(), crc64 })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.md5.update(bytes);
        self.crc64.update(bytes);
        self.writer.append(bytes)?;
        self.size = self.size.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// The MD5 of what was written so far.
    pub(crate) fn md5(&self) -> [u8; 16] {
        self.md5.clone().finalize().into()
    }

    /// Makes the bytes durable.
    pub(super) fn finish(self) -> io::Result<Written> {
        let Self { blob, pin, writer, size, md5, crc64 } = self;
        writer.finish()?;
        let crc64 = crc64.finalize();
        Ok(Written { blob, size, md5: md5.finalize().into(), crc64, _pin: pin })
    }
}

/// What an upload amounts to. While it is held, no sweep takes its blob for one that nobody needs.
pub(super) struct Written {
    pub(super) blob: BlobId,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) crc64: u64,
    _pin: Pin,
}
