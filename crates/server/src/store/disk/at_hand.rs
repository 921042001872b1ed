//! Small blobs that the system has in memory, read in one call that waits for no disk.
//!
//! Whatever stands against it (the bytes are not in memory, the file system cannot say, the checksum is another one) makes
//! it nothing at hand: who then reads the blob in the ordinary way finds out what there is to say.

use std::cell::RefCell;
use std::fs::File;
use std::path::Path;

use bytes::Bytes;
use crc_fast::checksum;

use super::checked::{BLOCK, CRC, SUM};
use super::system;

/// How many buffers a thread keeps: as many answers as it may be writing at a time, more or less.
const SPARE: usize = 32;

/// The whole of a blob of that size, in bytes, if it is one block; and how many bytes it occupies while it is held.
pub(super) fn read(path: &Path, size: u64) -> Option<(Bytes, usize)> {
    let size = usize::try_from(size).ok().filter(|size| (1..=BLOCK).contains(size))?;
    let file = File::open(path).ok()?;
    let mut buffer = Buffer::take(size.checked_add(SUM)?);
    if system::read_cached(&file, buffer.bytes.get_mut(..buffer.length)?) != Some(buffer.length) {
        return None;
    }
    let (block, sum) = buffer.bytes.get(..buffer.length)?.split_last_chunk::<SUM>()?;
    let occupied = buffer.bytes.len();
    (*sum == checksum(CRC, block).to_be_bytes())
        .then(|| (Bytes::from_owner(buffer).slice(..size), occupied))
}

/// A buffer for a block and its checksum, of which so many bytes are used. It is made once and used again, since filling it
/// with zeros and asking the system for its memory costs as much as reading it.
struct Buffer {
    bytes: Vec<u8>,
    length: usize,
}

/// What a small buffer is, in bytes: it costs next to nothing to make.
const SMALL: usize = 8 * 1024;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

impl Buffer {
    fn take(length: usize) -> Self {
        if length <= SMALL {
            return Self { bytes: vec![0; length], length };
        }
        let bytes = BUFFERS.with_borrow_mut(Vec::pop);
        Self { bytes: bytes.unwrap_or_else(|| vec![0; BLOCK.saturating_add(SUM)]), length }
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.bytes.len() <= SMALL {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        // At the end of a thread there is nobody to keep it.
        let _ = BUFFERS.try_with(|buffers| {
            let mut buffers = buffers.borrow_mut();
            if buffers.len() < SPARE {
                buffers.push(bytes);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::FileExt;

    use super::super::Syncing;
    use super::super::checked::CheckedWriter;
    use super::*;

    /// A blob, which the system has in memory where the file system can say so.
    fn blob(size: usize) -> (tempfile::TempDir, std::path::PathBuf, Vec<u8>) {
        let folder = tempfile::tempdir_in(".").unwrap();
        let path = folder.path().join("blob");
        let bytes: Vec<u8> = (0..size).map(|index| (index % 251) as u8).collect();
        let mut writer = CheckedWriter::new(File::create_new(&path).unwrap(), Syncing::Never);
        writer.append(&bytes).unwrap();
        writer.finish().unwrap().flush().unwrap();
        (folder, path, bytes)
    }

    #[test]
    fn a_block_is_there_whole_or_not_at_all() {
        for size in [1, 1024, SMALL, BLOCK - 1, BLOCK] {
            let (_folder, path, bytes) = blob(size);
            for _ in 0..2 {
                // Not every file system can say whether it has to wait.
                let found = read(&path, size as u64);
                assert!(found.is_none_or(|(found, _)| found == bytes), "{size}");
            }
            for wrong in [0, size as u64 - 1, size as u64 + 1, u64::MAX] {
                assert_eq!(read(&path, wrong), None, "{size} taken for {wrong}");
            }
        }
        let (_folder, path, _) = blob(BLOCK + 1);
        assert_eq!(read(&path, BLOCK as u64 + 1), None, "two blocks are not read at once");
        assert_eq!(read(Path::new("no such blob"), 1), None);
    }

    #[test]
    fn a_block_that_changed_is_not_at_hand() {
        let (_folder, path, bytes) = blob(5000);
        let file = File::options().write(true).open(&path).unwrap();
        for offset in [0, 4999, 5007] {
            let byte = *bytes.get(offset).unwrap_or(&0) ^ 1;
            let sum = File::open(&path).unwrap();
            let mut kept = [0];
            sum.read_exact_at(&mut kept, offset as u64).unwrap();
            file.write_all_at(&[if offset < 5000 { byte } else { kept[0] ^ 1 }], offset as u64)
                .unwrap();
            assert_eq!(read(&path, 5000), None, "{offset}");
            file.write_all_at(&kept, offset as u64).unwrap();
        }
        assert!(read(&path, 5000).is_none_or(|(found, _)| found == bytes));
    }

    #[test]
    fn buffers_are_used_again() {
        drop(Buffer::take(BLOCK));
        let before = BUFFERS.with_borrow(Vec::len);
        let some: Vec<_> = (0..SPARE + 5).map(|_| Buffer::take(BLOCK)).collect();
        assert_eq!((before, BUFFERS.with_borrow(Vec::len)), (1, 0));
        drop(some);
        assert_eq!(BUFFERS.with_borrow(Vec::len), SPARE);
        assert_eq!(Buffer::take(SMALL + 1).as_ref().len(), SMALL + 1);
    }
}
