//! Bytes with checksums, so that what a disk changes is found when it is read.
//!
//! A blob is followed, in the same file, by the CRC-64 of each of its blocks, eight bytes each, highest byte first. A row's
//! value is followed by that of its key and value. Nothing is read without them: who asks for a part of a block has the
//! whole block read and compared.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest, checksum};

use super::buffer::Buffer;
use super::{Syncing, system};
use crate::limits::CHUNK;
use crate::store::backend::BlobReader;

/// How many bytes have a checksum of their own.
pub(super) const BLOCK: usize = 64 * 1024;

/// Any CRC-64 would do; this one is in the program anyway.
pub(super) const CRC: CrcAlgorithm = CrcAlgorithm::Crc64Xz;

/// The length of a checksum.
pub(super) const SUM: usize = 8;

/// A row of at most so many bytes is put together before it is summed up: that takes less time than the sums of its parts.
const SHORT_ROW: usize = 256;

/// The checksums that are read at a time.
const SUMS: usize = 512;

/// After so many bytes the system is told to begin to write, so that there is little left to wait for in the end.
const WRITE_BACK: u64 = 8 << 20;

/// A file that is written from its beginning to its end.
pub(super) struct CheckedWriter {
    file: File,
    syncing: Syncing,
    /// Of the block that is not full yet.
    crc: Digest,
    sums: Vec<u8>,
    /// How many bytes were written, and from where on they are not on their way to the disk yet.
    size: u64,
    lingering: u64,
}

impl CheckedWriter {
    pub(super) fn new(file: File, syncing: Syncing) -> Self {
        let crc = Digest::new(CRC);
        Self { file, syncing, crc, sums: Vec::new(), size: 0, lingering: 0 }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.size = self.size.saturating_add(bytes.len() as u64);
        while !bytes.is_empty() {
            let filled = usize::try_from(self.crc.get_amount()).unwrap_or(BLOCK);
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK.saturating_sub(filled)));
            self.crc.update(now);
            if filled.saturating_add(now.len()) == BLOCK {
                self.sums.extend(self.crc.finalize_reset().to_be_bytes());
            }
            bytes = later;
        }
        if self.syncing == Syncing::Always && self.size.saturating_sub(self.lingering) >= WRITE_BACK
        {
            system::write_back(&self.file, self.lingering..self.size);
            self.lingering = self.size;
        }
        Ok(())
    }

    /// Writes the checksums, and returns the file, which is not on the disk yet.
    pub(super) fn finish(mut self) -> io::Result<File> {
        if self.crc.get_amount() > 0 {
            self.sums.extend(self.crc.finalize().to_be_bytes());
        }
        self.file.write_all(&self.sums)?;
        Ok(self.file)
    }
}

/// A file that was written so, of so many bytes without the checksums.
pub(super) struct CheckedReader {
    file: File,
    size: u64,
    /// Some of the checksums, and the number of the first of them.
    sums: Vec<u8>,
    first_sum: u64,
    /// The last block of which only a part was wanted, and its number.
    block: Vec<u8>,
    block_number: u64,
}

impl CheckedReader {
    pub(super) fn new(file: File, size: u64) -> Self {
        Self { file, size, sums: Vec::new(), first_sum: 0, block: Vec::new(), block_number: 0 }
    }

    /// The bytes of a block, numbered from 0.
    fn span(&self, number: u64) -> Range<u64> {
        let start = number.saturating_mul(BLOCK as u64);
        start..start.saturating_add(BLOCK as u64).min(self.size)
    }

    /// Reads some bytes from within a block.
    fn read_within(&mut self, number: u64, skip: usize, buffer: &mut [u8]) -> io::Result<()> {
        let span = self.span(number);
        let length = usize::try_from(span.end.saturating_sub(span.start)).unwrap_or(0);
        if length == buffer.len() {
            read_exact_at(&self.file, span.start, buffer)?;
            return self.check(number, buffer);
        }
        if self.block.is_empty() || self.block_number != number {
            let mut block = std::mem::take(&mut self.block);
            block.resize(length, 0);
            read_exact_at(&self.file, span.start, &mut block)?;
            self.check(number, &block)?;
            (self.block, self.block_number) = (block, number);
        }
        let wanted = self.block.get(skip..skip.saturating_add(buffer.len()));
        buffer.copy_from_slice(wanted.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn check(&mut self, number: u64, block: &[u8]) -> io::Result<()> {
        let sum = self.sum(number, read_exact_at)?;
        if sum == checksum(CRC, block).to_be_bytes() {
            return Ok(());
        }
        let damaged = format!(
            "block {number} of a blob is damaged: it has another checksum than it was written with"
        );
        Err(io::Error::new(io::ErrorKind::InvalidData, damaged))
    }

    /// The checksum of a block, which is read if it is not known.
    fn sum(
        &mut self,
        number: u64,
        read: impl FnOnce(&File, u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<[u8; SUM]> {
        if let Some(sum) = self.known_sum(number) {
            return Ok(sum);
        }
        let left = self.size.div_ceil(BLOCK as u64).saturating_sub(number);
        let count = usize::try_from(left).unwrap_or(SUMS).min(SUMS);
        let offset = self.size.saturating_add(number.saturating_mul(SUM as u64));
        self.sums.resize(count.saturating_mul(SUM), 0);
        self.first_sum = number;
        let read = read(&self.file, offset, &mut self.sums);
        read.inspect_err(|_| self.sums.clear())?;
        self.known_sum(number).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn known_sum(&self, number: u64) -> Option<[u8; SUM]> {
        let index = usize::try_from(number.checked_sub(self.first_sum)?).ok()?;
        self.sums.chunks_exact(SUM).nth(index)?.try_into().ok()
    }
}

impl BlobReader for CheckedReader {
    fn read_exact_at(&mut self, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while !buffer.is_empty() {
            let number = offset / BLOCK as u64;
            let skip = usize::try_from(offset % BLOCK as u64).unwrap_or(0);
            let length = buffer.len().min(BLOCK.saturating_sub(skip));
            let (now, later) = buffer.split_at_mut(length);
            self.read_within(number, skip, now)?;
            offset = offset.saturating_add(length as u64);
            buffer = later;
        }
        Ok(())
    }

    /// Whole blocks are read, so that a part that begins within one leads to the beginning of another.
    fn at_hand(&mut self, offset: u64, most: usize) -> Option<Bytes> {
        let number = offset / BLOCK as u64;
        let skip = usize::try_from(offset % BLOCK as u64).ok()?;
        let start = self.span(number).start;
        let whole = skip.saturating_add(most).checked_next_multiple_of(BLOCK)?.min(CHUNK);
        let left = self.size.checked_sub(start)?;
        let mut buffer = Buffer::take(usize::try_from(left).map_or(whole, |left| left.min(whole)));
        let read = system::read_cached(&self.file, start, buffer.as_mut())?;
        if read < buffer.as_ref().len() {
            buffer.truncate(read.saturating_sub(read % BLOCK));
        }
        for (number, block) in (number..).zip(buffer.as_ref().chunks(BLOCK)) {
            // Who reads in the ordinary way finds out what there is to say.
            let sum = self.sum(number, read_exact_cached).ok()?;
            if sum != checksum(CRC, block).to_be_bytes() {
                return None;
            }
        }
        let end = skip.saturating_add(most).min(buffer.as_ref().len());
        (skip < end).then(|| Bytes::from_owner(buffer).slice(skip..end))
    }
}

/// Reads what the system has in memory, and fails if that is not all.
fn read_exact_cached(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
    match system::read_cached(file, offset, buffer) {
        Some(read) if read == buffer.len() => Ok(()),
        _ => Err(io::ErrorKind::WouldBlock.into()),
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(not(unix))]
fn read_exact_at(mut file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(buffer)
}

/// The value of a row with its checksum.
pub(super) fn seal(key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
    let sum = sum_of_row(key, &value);
    value.extend(sum);
    value
}

/// The value of a row without its checksum.
pub(super) fn unseal<'a>(key: &[u8], sealed: &'a [u8]) -> io::Result<&'a [u8]> {
    match sealed.split_last_chunk::<SUM>() {
        Some((value, sum)) if *sum == sum_of_row(key, value) => Ok(value),
        _ => {
            let damaged = "a row of the metadata is damaged: it has another checksum than it was written with";
            Err(io::Error::new(io::ErrorKind::InvalidData, damaged))
        }
    }
}

fn sum_of_row(key: &[u8], value: &[u8]) -> [u8; SUM] {
    // It keeps what belongs to the key apart from what belongs to the value.
    let length = (key.len() as u64).to_be_bytes();
    let mut row = [0; SHORT_ROW];
    let mut free = row.as_mut_slice();
    for part in [&length, key, value] {
        let Some((now, later)) = free.split_at_mut_checked(part.len()) else {
            return sum_of_parts([&length, key, value]);
        };
        now.copy_from_slice(part);
        free = later;
    }
    let left = free.len();
    checksum(CRC, row.get(..SHORT_ROW.saturating_sub(left)).unwrap_or_default()).to_be_bytes()
}

fn sum_of_parts(parts: [&[u8]; 3]) -> [u8; SUM] {
    let mut crc = Digest::new(CRC);
    parts.into_iter().for_each(|part| crc.update(part));
    crc.finalize().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|index| (index % 251) as u8).collect()
    }

    fn written(bytes: &[u8], pieces: usize) -> File {
        let mut writer = CheckedWriter::new(tempfile::tempfile().unwrap(), Syncing::Always);
        bytes.chunks(pieces).for_each(|piece| writer.append(piece).unwrap());
        writer.finish().unwrap()
    }

    fn read(file: &File, size: usize, part: Range<usize>) -> io::Result<Vec<u8>> {
        let mut reader = CheckedReader::new(file.try_clone()?, size as u64);
        let mut buffer = vec![0; part.len()];
        reader.read_exact_at(part.start as u64, &mut buffer).map(|()| buffer)
    }

    #[test]
    fn every_part_is_read_as_it_was_written() {
        for size in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 5] {
            let bytes = bytes(size);
            for pieces in [1000, BLOCK, 100_000] {
                let file = written(&bytes, pieces);
                let edges =
                    [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, size.saturating_sub(1), size];
                for start in edges {
                    for end in edges.into_iter().filter(|end| (start..=size).contains(end)) {
                        assert_eq!(read(&file, size, start..end).unwrap(), bytes[start..end]);
                    }
                }
                let beyond = read(&file, size, size..size + 1).unwrap_err();
                assert_eq!(beyond.kind(), io::ErrorKind::UnexpectedEof);
            }
        }
    }

    #[test]
    fn parts_that_follow_one_another_are_read_once() {
        let bytes = bytes(3 * BLOCK);
        let file = written(&bytes, BLOCK);
        let mut reader = CheckedReader::new(file, 3 * BLOCK as u64);
        let (mut all, mut offset) = (Vec::new(), 0);
        while offset < bytes.len() {
            let mut piece = vec![0; 10_007.min(bytes.len() - offset)];
            reader.read_exact_at(offset as u64, &mut piece).unwrap();
            offset += piece.len();
            all.extend(piece);
        }
        assert_eq!(all, bytes);
    }

    /// What is at hand of a part; `None` where the file system cannot say what it has.
    fn at_hand(file: &File, size: usize, part: Range<usize>) -> Option<Bytes> {
        let mut reader = CheckedReader::new(file.try_clone().unwrap(), size as u64);
        reader.at_hand(part.start as u64, part.len())
    }

    #[test]
    fn what_is_at_hand_is_as_it_was_written() {
        let size = CHUNK + BLOCK + 5;
        let bytes = bytes(size);
        let file = written(&bytes, BLOCK);
        for start in [0, 1, BLOCK - 1, BLOCK, CHUNK, CHUNK + BLOCK, size - 1] {
            for most in [1, 10, BLOCK, CHUNK, usize::MAX - CHUNK] {
                let most = most.min(2 * size);
                let Some(found) = at_hand(&file, size, start..start + most) else { continue };
                assert!((1..=most).contains(&found.len()), "{start} {most}");
                assert_eq!(found, bytes[start..start + found.len()]);
            }
        }
        assert_eq!(at_hand(&file, size, size..size + 1), None, "there is nothing behind the end");
        assert_eq!(at_hand(&file, size, 2 * size..2 * size + 1), None);
    }

    #[test]
    fn pieces_at_hand_join_up() {
        let size = BLOCK * (SUMS + 3) + 7;
        let bytes = bytes(size);
        let mut reader = CheckedReader::new(written(&bytes, 1 << 20), size as u64);
        let mut offset = 5;
        while offset < size {
            let piece = reader.at_hand(offset as u64, CHUNK);
            let piece = piece.unwrap_or_else(|| {
                let mut piece = vec![0; 1000.min(size - offset)];
                reader.read_exact_at(offset as u64, &mut piece).unwrap();
                piece.into()
            });
            assert_eq!(piece, bytes[offset..offset + piece.len()]);
            offset += piece.len();
        }
        assert_eq!(offset, size);
    }

    #[test]
    fn what_is_damaged_is_not_at_hand() {
        let size = 2 * BLOCK + 100;
        for position in [0, BLOCK, size - 1, size, size + 3 * SUM - 1] {
            let file = written(&bytes(size), BLOCK);
            let mut byte = [0];
            file.read_exact_at(&mut byte, position as u64).unwrap();
            file.write_all_at(&[byte[0] ^ 0x10], position as u64).unwrap();
            assert_eq!(at_hand(&file, size, 0..size), None, "{position}");
        }
        let file = written(&bytes(size), BLOCK);
        file.set_len(BLOCK as u64 + 1).unwrap();
        assert_eq!(at_hand(&file, size, 0..size), None, "it was cut");
    }

    #[test]
    fn more_blocks_than_checksums_are_read_at_a_time() {
        let size = BLOCK * (SUMS + 3);
        let bytes = bytes(size);
        let file = written(&bytes, 1 << 20);
        assert_eq!(read(&file, size, 0..size).unwrap(), bytes);
        assert_eq!(read(&file, size, size - 5..size).unwrap(), bytes[size - 5..]);
    }

    #[test]
    fn a_flipped_bit_is_found_wherever_it_is() {
        let size = 2 * BLOCK + 100;
        let bytes = bytes(size);
        for position in
            [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK, size - 1, size, size + SUM, size + 3 * SUM - 1]
        {
            let file = written(&bytes, BLOCK);
            let mut byte = [0];
            file.read_exact_at(&mut byte, position as u64).unwrap();
            file.write_all_at(&[byte[0] ^ 0x10], position as u64).unwrap();
            let damaged = read(&file, size, 0..size).unwrap_err();
            assert_eq!(damaged.kind(), io::ErrorKind::InvalidData, "{position}");
            // A part is refused if it lies in the block that is damaged, and only then.
            let block = if position < size { position / BLOCK } else { (position - size) / SUM };
            for other in 0..3 {
                let part = other * BLOCK + 7..other * BLOCK + 9;
                assert_eq!(read(&file, size, part).is_err(), other == block, "{position} {other}");
            }
        }
    }

    #[test]
    fn a_blob_that_was_cut_is_too_short() {
        let file = written(&bytes(100), 100);
        file.set_len(105).unwrap();
        assert_eq!(read(&file, 100, 0..100).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_row_is_that_of_its_key() {
        let sealed = seal(b"key", b"value".to_vec());
        assert_eq!(unseal(b"key", &sealed).unwrap(), b"value");
        assert!(unseal(b"kez", &sealed).is_err());
        assert!(unseal(b"ke", b"").is_err());
        for position in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[position] ^= 1;
            assert!(unseal(b"key", &damaged).is_err(), "{position}");
        }
    }
}
