//! Small blobs that the system has in memory, read in one call that waits for no disk.
//!
//! Whatever stands against it (the bytes are not in memory, the file system cannot say, the checksum is another one) makes
//! it nothing at hand: who then reads the blob in the ordinary way finds out what there is to say.

use std::fs::File;
use std::path::Path;

use bytes::Bytes;
use crc_fast::checksum;

use super::buffer::Buffer;
use super::checked::{BLOCK, CRC, SUM};
use super::system;

/// The whole of a blob of that size, in bytes, if it is one block; and how many bytes it occupies while it is held.
pub(super) fn read(path: &Path, size: u64) -> Option<(Bytes, usize)> {
    let size = usize::try_from(size).ok().filter(|size| (1..=BLOCK).contains(size))?;
    let file = File::open(path).ok()?;
    let mut buffer = Buffer::take(size.checked_add(SUM)?);
    if system::read_cached(&file, 0, buffer.as_mut()) != Some(buffer.as_mut().len()) {
        return None;
    }
    let (block, sum) = buffer.as_ref().split_last_chunk::<SUM>()?;
    let occupied = buffer.occupied();
    (*sum == checksum(CRC, block).to_be_bytes())
        .then(|| (Bytes::from_owner(buffer).slice(..size), occupied))
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
        for size in [1, 1024, 8 * 1024, BLOCK - 1, BLOCK] {
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
}
