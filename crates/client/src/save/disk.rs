//! The files of a download: the one that grows under another name, the checkpoint, and the last step that makes the one
//! the other.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checkpoint::Checkpoint;
use crate::error::Error;
use crate::options::TransferOptions;
use crate::parts::in_thread;

/// So many bytes are written at once.
const BLOCK: usize = 1024 * 1024;

/// The longest checkpoint: 10,000 segments of three numbers.
const CHECKPOINT_MAX: u64 = 1024 * 1024;

/// Where the bytes go, and where they are until they are all there.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    to: PathBuf,
    growing: PathBuf,
    checkpoint: PathBuf,
    /// A checkpoint until it is written.
    fresh: PathBuf,
    overwrite: bool,
    sync: bool,
    /// Whether an earlier transfer left something. What is not there is not removed: even that waits for the folder, which
    /// all transfers into it share.
    has_leftovers: bool,
}

impl Paths {
    pub(super) fn of(to: &Path, options: &TransferOptions) -> Self {
        let beside = |end: &str| {
            let mut name = to.file_name().unwrap_or_default().to_owned();
            name.push(end);
            to.with_file_name(name)
        };
        Self {
            growing: beside(".cospass-part"),
            checkpoint: beside(".cospass-checkpoint"),
            fresh: beside(".cospass-checkpoint-new"),
            to: to.to_owned(),
            overwrite: options.overwrite,
            sync: options.sync,
            has_leftovers: false,
        }
    }

    /// Refuses a name that the file cannot get.
    fn check(&self) -> Result<(), Error> {
        match std::fs::symlink_metadata(&self.to) {
            Ok(metadata) if metadata.is_dir() => {
                let error = io::ErrorKind::IsADirectory.into();
                Err(Error::File { path: self.to.clone(), error })
            }
            Ok(_) if !self.overwrite => Err(Error::FileExists { path: self.to.clone() }),
            _ => Ok(()),
        }
    }

    /// What an earlier transfer kept, if the file can get its name.
    pub(super) async fn load(
        &mut self,
        options: &TransferOptions,
    ) -> Result<Option<Checkpoint>, Error> {
        let goes_on = options.resume && !options.restart;
        let paths = self.clone();
        let load = move || {
            paths.check()?;
            let is_there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
            let has_leftovers = is_there(&paths.growing) || is_there(&paths.checkpoint);
            if has_leftovers && goes_on {
                return Ok((has_leftovers, paths.read()?));
            }
            if has_leftovers {
                paths.remove();
            }
            Ok((has_leftovers, None))
        };
        let (has_leftovers, kept) = in_thread(load).await?;
        self.has_leftovers = has_leftovers;
        Ok(kept)
    }

    fn read(self) -> Result<Option<Checkpoint>, Error> {
        let growing = match std::fs::metadata(&self.growing) {
            Ok(metadata) => metadata.len(),
            Err(_) => return Ok(None),
        };
        let text = match File::open(&self.checkpoint) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::File { path: self.checkpoint, error }),
            Ok(file) => {
                let mut text = Vec::new();
                let read =
                    io::Read::read_to_end(&mut io::Read::take(file, CHECKPOINT_MAX), &mut text);
                read.map_err(Error::file(&self.checkpoint))?;
                text
            }
        };
        let read = Checkpoint::read(&text, growing);
        read.map(Some).map_err(|cause| Error::Checkpoint { path: self.checkpoint, cause })
    }

    /// The growing file; of that size at once, and with what is in it where it is gone on with. It is locked: two
    /// transfers to one file would make neither.
    pub(super) async fn create(&self, known: Option<(u64, bool)>) -> Result<Writer, Error> {
        let paths = self.clone();
        in_thread(move || {
            let (file, path) = (paths.open_growing()?, &paths.growing);
            let goes_on = known.is_some_and(|(_, goes_on)| goes_on);
            let emptied = if goes_on { Ok(()) } else { empty(&file) };
            let sized = match known {
                Some((size, _)) => emptied.and_then(|()| file.set_len(size)),
                None => emptied,
            };
            sized.map_err(Error::file(path))?;
            Ok(Writer::new(file, path.clone()))
        })
        .await
    }

    fn open_growing(&self) -> Result<File, Error> {
        let path = &self.growing;
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(Error::file(path))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(Error::Busy { path: path.clone() }),
            // Some file systems have no locks.
            _ => Ok(file),
        }
    }

    /// A file of so few bytes that they are all there, and proved: written at once.
    pub(super) async fn write(&self, bytes: Vec<u8>) -> Result<(), Error> {
        let paths = self.clone();
        in_thread(move || {
            let mut file = paths.open_growing()?;
            let written = empty(&file).and_then(|()| file.write_all(&bytes));
            written.map_err(|error| {
                paths.remove();
                Error::File { path: paths.growing.clone(), error }
            })?;
            paths.name(&file)?;
            if paths.has_leftovers {
                paths.remove_checkpoint();
            }
            Ok(())
        })
        .await
    }

    /// Another writer of the growing file.
    pub(super) async fn open(&self) -> Result<Writer, Error> {
        let path = self.growing.clone();
        in_thread(move || {
            let file = OpenOptions::new().write(true).open(&path).map_err(Error::file(&path))?;
            Ok(Writer::new(file, path))
        })
        .await
    }

    /// Writes down how far the transfer is: the data first.
    pub(super) async fn keep(&self, state: &Checkpoint) -> Result<(), Error> {
        if !state.can_be_proved() {
            return Ok(());
        }
        let (paths, text) = (self.clone(), state.write());
        in_thread(move || {
            let data = File::open(&paths.growing).and_then(|file| file.sync_data());
            data.map_err(Error::file(&paths.growing))?;
            let written = File::create(&paths.fresh).and_then(|mut file| file.write_all(&text));
            written.map_err(|error| {
                // Half a checkpoint is none; the one before it stands.
                let _ = std::fs::remove_file(&paths.fresh);
                Error::File { path: paths.fresh.clone(), error }
            })?;
            std::fs::rename(&paths.fresh, &paths.checkpoint).map_err(Error::file(&paths.checkpoint))
        })
        .await
    }

    /// Removes what was kept.
    pub(super) async fn forget(&self) {
        let paths = self.clone();
        let removed = in_thread(move || {
            paths.remove();
            Ok(())
        });
        let _ = removed.await;
    }

    fn remove(&self) {
        let _ = std::fs::remove_file(&self.growing);
        self.remove_checkpoint();
    }

    fn remove_checkpoint(&self) {
        for path in [&self.checkpoint, &self.fresh] {
            // What is not there need not go.
            let _ = std::fs::remove_file(path);
        }
    }

    /// All is there and proved: the file gets its name, durably if it is to be.
    pub(super) async fn finish(&self, writer: Writer) -> Result<(), Error> {
        let paths = self.clone();
        in_thread(move || {
            paths.name(&writer.file)?;
            paths.remove_checkpoint();
            Ok(())
        })
        .await
    }

    fn name(&self, file: &File) -> Result<(), Error> {
        if self.sync {
            file.sync_all().map_err(Error::file(&self.growing))?;
        }
        self.check()?;
        std::fs::rename(&self.growing, &self.to).map_err(Error::file(&self.to))?;
        if self.sync {
            // Some file systems have no folder that could be synced; the file itself is.
            let folder = self.to.parent().filter(|folder| !folder.as_os_str().is_empty());
            let _ =
                File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

/// Empties a file, if it is not empty: ext4 takes one that was cut to nothing for one that is being replaced, and begins to
/// write it to the disk when it is closed (`auto_da_alloc`, Documentation/admin-guide/ext4.rst), which makes whoever closes it wait.
fn empty(file: &File) -> io::Result<()> {
    match file.metadata()?.len() {
        0 => Ok(()),
        _ => file.set_len(0),
    }
}

/// Writes pieces, one block at a time, on a thread that may block.
pub(super) struct Writer {
    file: Arc<File>,
    path: PathBuf,
    /// Where the block begins in the file.
    at: u64,
    block: Vec<u8>,
}

impl Writer {
    fn new(file: File, path: PathBuf) -> Self {
        Self { file: Arc::new(file), path, at: 0, block: Vec::new() }
    }

    /// The next piece stands there. What was taken before must have been flushed.
    pub(super) fn seek(&mut self, at: u64) {
        self.at = at;
    }

    /// Takes a piece. Returns whether all that was taken is in the file now.
    pub(super) async fn take(&mut self, piece: &[u8]) -> Result<bool, Error> {
        self.block.extend_from_slice(piece);
        if self.block.len() < BLOCK {
            return Ok(false);
        }
        self.flush().await?;
        Ok(true)
    }

    /// Writes what was taken.
    pub(super) async fn flush(&mut self) -> Result<(), Error> {
        if self.block.is_empty() {
            return Ok(());
        }
        let (file, path, at) = (Arc::clone(&self.file), self.path.clone(), self.at);
        let block = std::mem::take(&mut self.block);
        let mut block = in_thread(move || {
            let mut file: &File = &file;
            file.seek(SeekFrom::Start(at)).map_err(Error::file(&path))?;
            file.write_all(&block).map_err(Error::file(&path))?;
            Ok(block)
        })
        .await?;
        self.at += block.len() as u64;
        block.clear();
        self.block = block;
        Ok(())
    }
}
