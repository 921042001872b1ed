//! The bytes of uploads, as files under random names.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crc_fast::{CrcAlgorithm, Digest as Crc};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use crate::private;

/// The random name of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct BlobId([u8; 16]);

impl BlobId {
    fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    fn name(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The two folders in which blobs lie.
pub(super) struct Blobs {
    kept: PathBuf,
    incoming: PathBuf,
    /// The folders below `kept` that are known to be on disk. Not those that were found at the start: a process may have
    /// ended between making one and syncing it.
    durable: Mutex<HashSet<PathBuf>>,
}

impl Blobs {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let (kept, incoming) = (folder.join("blobs"), folder.join("incoming"));
        private::create_folder(&kept)?;
        private::create_folder(&incoming)?;
        Ok(Self { kept, incoming, durable: Mutex::default() })
    }

    pub(super) fn upload(&self) -> io::Result<Upload> {
        let blob = BlobId::random()?;
        let path = self.incoming.join(blob.name());
        let file = private::create_file(&path)?;
        Ok(Upload {
            blob,
            file,
            temporary: Temporary(Some(path)),
            size: 0,
            md5: Md5::new(),
            // COS calls it crc64ecma; crc-fast's `Crc64Ecma182` is another, unreflected one.
            crc64: Crc::new(CrcAlgorithm::Crc64Xz),
        })
    }

    /// Moves an upload to its place, so that it survives whatever happens next.
    pub(super) fn keep(&self, upload: Upload) -> io::Result<Written> {
        let Upload { blob, file, mut temporary, size, md5, crc64 } = upload;
        let path = self.path(blob);
        let folder = path.parent().unwrap_or(&self.kept);
        file.sync_data()?;
        self.prepare(folder)?;
        temporary.rename(&path)?;
        private::sync_folder(folder)?;
        let crc64 = crc64.finalize();
        Ok(Written { blob, size, md5: md5.finalize().into(), crc64 })
    }

    pub(super) fn read(&self, blob: BlobId) -> io::Result<File> {
        File::open(self.path(blob))
    }

    /// Gives the bytes of a blob another name, durably; each name is removed by itself. Where the file system knows no
    /// second name, the bytes are copied.
    pub(super) fn link(&self, blob: BlobId) -> io::Result<BlobId> {
        let link = BlobId::random()?;
        let (from, path) = (self.path(blob), self.path(link));
        let folder = path.parent().unwrap_or(&self.kept);
        self.prepare(folder)?;
        match fs::hard_link(&from, &path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
            Err(_) => {
                let to = self.incoming.join(link.name());
                let mut temporary = Temporary(Some(to.clone()));
                copy_file(&from, &to)?;
                temporary.rename(&path)?;
            }
        }
        private::sync_folder(folder)?;
        Ok(link)
    }

    pub(super) fn remove(&self, blob: BlobId) -> io::Result<()> {
        private::remove_file(&self.path(blob))
    }

    /// Removes every upload under way and every blob that is not among `needed`.
    pub(super) fn sweep(&self, needed: &HashSet<BlobId>) -> io::Result<()> {
        let needed: HashSet<String> = needed.iter().map(|blob| blob.name()).collect();
        for entry in fs::read_dir(&self.incoming)? {
            private::remove_file(&entry?.path())?;
        }
        for first in folders(&self.kept)? {
            for second in folders(&first)? {
                for entry in fs::read_dir(second)? {
                    let entry = entry?;
                    let known =
                        entry.file_name().to_str().is_some_and(|name| needed.contains(name));
                    if !known {
                        private::remove_file(&entry.path())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Makes the folder of a blob, and the one above it, durable entries of theirs.
    fn prepare(&self, folder: &Path) -> io::Result<()> {
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        if !durable.contains(folder) {
            private::create_folder(folder)?;
            private::sync_folder(&self.kept)?;
            if let Some(above) = folder.parent() {
                private::sync_folder(above)?;
            }
            durable.insert(folder.to_owned());
        }
        Ok(())
    }

    /// Two levels of folders keep each of them small.
    pub(super) fn path(&self, blob: BlobId) -> PathBuf {
        let name = blob.name();
        let (first, rest) = name.split_at(2);
        let (second, _) = rest.split_at(2);
        self.kept.join(first).join(second).join(&name)
    }
}

/// The folders in a folder. What else a system leaves there, such as `.DS_Store`, is not ours.
fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut file = private::create_file(to)?;
    io::copy(&mut File::open(from)?, &mut file)?;
    file.sync_data()
}

/// An upload under way: a file and what its bytes amount to. Dropped, it leaves nothing behind.
pub(crate) struct Upload {
    blob: BlobId,
    file: File,
    temporary: Temporary,
    size: u64,
    md5: Md5,
    crc64: Crc,
}

impl Upload {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.md5.update(bytes);
        self.crc64.update(bytes);
        self.file.write_all(bytes)?;
        self.size = self.size.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// The MD5 of what was written so far.
    pub(crate) fn md5(&self) -> [u8; 16] {
        self.md5.clone().finalize().into()
    }
}

/// What an upload amounts to.
pub(super) struct Written {
    pub(super) blob: BlobId,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) crc64: u64,
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
            // What stays here is removed when the store is opened again.
            let _ = private::remove_file(path);
        }
    }
}
