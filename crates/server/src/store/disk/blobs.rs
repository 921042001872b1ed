//! Blobs as files under their ids.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::checked::{CheckedReader, CheckedWriter};
use super::{Syncing, at_hand, system};
use crate::private;
use crate::store::backend::{BlobId, BlobWriter};

/// The two folders in which blobs lie.
pub(super) struct Blobs {
    kept: PathBuf,
    incoming: PathBuf,
    sync: Syncing,
}

impl Blobs {
    /// Makes the folders, all those below `blobs` as well, so that keeping a blob makes none, and removes what a crash left
    /// in the making.
    pub(super) fn open(folder: &Path, sync: Syncing) -> io::Result<Self> {
        let (kept, incoming) = (folder.join("blobs"), folder.join("incoming"));
        for first in 0..=u8::MAX {
            private::create_folder(&kept.join(format!("{first:02x}")))?;
        }
        private::create_folder(&incoming)?;
        for entry in fs::read_dir(&incoming)? {
            private::remove_file(&entry?.path())?;
        }
        let blobs = Self { kept, incoming, sync };
        blobs.sync_folder(&blobs.kept)?;
        Ok(blobs)
    }

    pub(super) fn begin(&self, blob: BlobId) -> io::Result<Writer> {
        let temporary = self.incoming.join(name(blob));
        let file = private::create_file(&temporary)?;
        let temporary = Temporary(Some(temporary));
        system::check_room(&file)?;
        let bytes = CheckedWriter::new(file, self.sync);
        Ok(Writer { bytes, place: self.place(blob, temporary) })
    }

    pub(super) fn open_blob(&self, blob: BlobId, size: u64) -> io::Result<CheckedReader> {
        Ok(CheckedReader::new(File::open(self.path(blob))?, size))
    }

    /// As [`at_hand::read`].
    pub(super) fn at_hand(&self, blob: BlobId, size: u64) -> Option<(Bytes, usize)> {
        at_hand::read(&self.path(blob), size)
    }

    /// Where the file system knows no second name, the bytes are copied.
    pub(super) fn link(&self, blob: BlobId, link: BlobId) -> io::Result<()> {
        match fs::hard_link(self.path(blob), self.path(link)) {
            Ok(()) => self.sync_folder(&self.folder(link)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            Err(_) => {
                let temporary = self.incoming.join(name(link));
                let mut file = private::create_file(&temporary)?;
                let place = self.place(link, Temporary(Some(temporary)));
                io::copy(&mut File::open(self.path(blob))?, &mut file)?;
                place.keep(&file)
            }
        }
    }

    pub(super) fn remove(&self, blob: BlobId) -> io::Result<()> {
        private::remove_file(&self.path(blob))
    }

    /// What else somebody left in the folders is not ours.
    pub(super) fn list(&self, after: Option<BlobId>, most: usize) -> io::Result<Vec<BlobId>> {
        let first = after.map_or(0, |BlobId([first, ..])| first);
        let mut found = Vec::new();
        for first in first..=u8::MAX {
            let start = found.len();
            for entry in fs::read_dir(self.kept.join(format!("{first:02x}")))? {
                let id = entry?.file_name().to_str().and_then(parse);
                found.extend(id.filter(|id| after.is_none_or(|after| *id > after)));
            }
            found.get_mut(start..).unwrap_or_default().sort_unstable();
            if found.len() >= most {
                found.truncate(most);
                break;
            }
        }
        Ok(found)
    }

    fn place(&self, blob: BlobId, temporary: Temporary) -> Place {
        Place { temporary, folder: self.folder(blob), name: name(blob), sync: self.sync }
    }

    fn folder(&self, BlobId([first, ..]): BlobId) -> PathBuf {
        self.kept.join(format!("{first:02x}"))
    }

    fn path(&self, blob: BlobId) -> PathBuf {
        self.folder(blob).join(name(blob))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        if self.sync == Syncing::Always { private::sync_folder(folder) } else { Ok(()) }
    }
}

/// The name of a blob's file.
fn name(BlobId(bytes): BlobId) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn parse(name: &str) -> Option<BlobId> {
    if name.len() != 32 || !name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    u128::from_str_radix(name, 16).ok().map(|id| BlobId(id.to_be_bytes()))
}

/// A blob in the making.
pub(super) struct Writer {
    bytes: CheckedWriter,
    place: Place,
}

impl BlobWriter for Writer {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        system::check_room(self.bytes.file())?;
        self.bytes.append(bytes)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let file = self.bytes.finish()?;
        self.place.keep(&file)
    }
}

/// Where a file in the making lies, and where it is to be kept.
struct Place {
    temporary: Temporary,
    folder: PathBuf,
    name: String,
    sync: Syncing,
}

impl Place {
    /// An error of the disk is final: what was not written then is not tried again, but lost with the file.
    fn keep(mut self, file: &File) -> io::Result<()> {
        if self.sync == Syncing::Always {
            file.sync_data()?;
        }
        self.temporary.rename(&self.folder.join(&self.name))?;
        if self.sync == Syncing::Always {
            private::sync_folder(&self.folder)?;
        }
        Ok(())
    }
}

/// A file that is removed when it is dropped, unless it was renamed before.
struct Temporary(Option<PathBuf>);

impl Temporary {
    fn rename(&mut self, to: &Path) -> io::Result<()> {
        if let Some(from) = &self.0 {
            fs::rename(from, to)?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What stays here is removed when the folder is opened again.
            let _ = private::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_is_its_blob() {
        let blob = BlobId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 254, 255]);
        assert_eq!(name(blob), "000102030405060708090a0b0c0d".to_owned() + "feff");
        assert_eq!(parse(&name(blob)), Some(blob));
        for strange in ["", ".DS_Store", "+0102030405060708090a0b0c0d0efeff", &"A".repeat(32)] {
            assert_eq!(parse(strange), None, "{strange}");
        }
    }
}
