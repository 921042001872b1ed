//! The bytes of an upload on their way in, and what they amount to.

use std::io;
use std::thread::Builder;

use cospass_protocol::operation::CustomerKey;
use crc_fast::{CrcAlgorithm, Digest as Crc};
use md5::{Digest, Md5};

use super::backend::{Backend, BlobId, BlobWriter};
use super::cipher;
use super::pins::{Pin, Pins};

/// So many bytes are hashed by a thread of their own while they are written: MD5 takes longer than all the rest.
const WORTH_A_THREAD: usize = 128 * 1024;

/// The stack of that thread, in bytes.
const HASHING_STACK: usize = 64 * 1024;

/// An upload under way. Dropped, it leaves nothing behind.
pub(crate) struct Upload {
    blob: BlobId,
    pin: Pin,
    writer: Box<dyn BlobWriter>,
    size: u64,
    md5: Md5,
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
        Ok(Self { blob, pin, writer, size: 0, md5: Md5::new(), crc64, key })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Self { blob, md5, crc64, writer, key, size, .. } = self;
        let mut keep = || {
            crc64.update(bytes);
            match key {
                None => writer.append(bytes),
                Some(key) => {
                    let mut encrypted = bytes.to_vec();
                    cipher::apply(key, *blob, *size, &mut encrypted)?;
                    writer.append(&encrypted)
                }
            }
        };
        if bytes.len() < WORTH_A_THREAD {
            md5.update(bytes);
            keep()?;
        } else {
            std::thread::scope(|scope| {
                let hash = Builder::new().stack_size(HASHING_STACK);
                match hash.spawn_scoped(scope, || md5.update(bytes)) {
                    Ok(_) => keep(),
                    Err(error) => Err(error),
                }
            })?;
        }
        self.size = self.size.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// How many bytes were written so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The MD5 of what was written so far, before it was encrypted.
    pub(crate) fn md5(&self) -> [u8; 16] {
        self.md5.clone().finalize().into()
    }

    /// Makes the bytes durable.
    pub(super) fn finish(self) -> io::Result<Written> {
        let Self { blob, pin, writer, size, md5, crc64, key } = self;
        writer.finish()?;
        let (mut md5, crc64) = (<[u8; 16]>::from(md5.finalize()), crc64.finalize());
        if key.is_some() {
            // The entity tag of what is encrypted says nothing of its content.
            md5 = Md5::new().chain_update(blob.0).chain_update(md5).finalize().into();
        }
        Ok(Written { blob, size, md5, crc64, _pin: pin })
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
