//! The file of the demo: which one, its size and MD5, and whether two are the same.

use std::path::{Path, PathBuf};

use base16ct::lower;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5_stream::Md5;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, BufReader};

use crate::exit::Failure;
use crate::explain::printable;

/// How much of a file is in memory at a time, in bytes.
pub(super) const CHUNK: usize = 256 * 1024;

/// A file on this machine, read once.
pub(super) struct LocalFile {
    path: PathBuf,
    size: u64,
    md5: [u8; 16],
}

impl LocalFile {
    /// The file that was asked for, or `README.md`, or a sample made in `folder`.
    pub(super) async fn choose(asked: Option<&Path>, folder: &Path) -> Result<Self, Failure> {
        let path = match asked {
            Some(path) => path.to_owned(),
            None if Path::new("README.md").is_file() => PathBuf::from("README.md"),
            None => sample(folder).await?,
        };
        let (size, md5) = measure(&path).await.map_err(|error| cannot_read(&path, &error))?;
        Ok(LocalFile { path, size, md5 })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The last part of its path, which becomes the key.
    pub(super) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Its path as a command names it.
    pub(super) fn argument(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Its name and size for a person.
    pub(super) fn shown(&self) -> String {
        format!("{} ({} bytes)", printable(&self.argument()), self.size)
    }

    /// Its size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Its MD5 as `Content-MD5` carries it (RFC 1864).
    pub(super) fn content_md5(&self) -> String {
        STANDARD.encode(self.md5)
    }

    /// Its MD5 as an `ETag` carries it.
    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", lower::encode_string(&self.md5))
    }

    /// Whether another file has the same bytes.
    pub(super) async fn equals(&self, other: &Path) -> Result<bool, Failure> {
        same(&self.path, other).await.map_err(|error| cannot_read(other, &error))
    }
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    Failure::io(format_args!("cannot read {}", path.display()), error)
}

/// A text of a few hundred kilobytes.
async fn sample(folder: &Path) -> Result<PathBuf, Failure> {
    let path = folder.join("sample 样本.txt");
    let text: String = (0..10_000).map(|line| format!("line {line} of a sample\n")).collect();
    let written = tokio::fs::write(&path, text).await;
    written.map_err(|error| Failure::io("cannot write a sample", &error))?;
    Ok(path)
}

async fn measure(path: &Path) -> std::io::Result<(u64, [u8; 16])> {
    let mut file = File::open(path).await?;
    let (mut md5, mut size) = (Md5::new(), 0);
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = file.read(&mut buffer).await?;
        if read == 0 {
            return Ok((size, md5.finish()));
        }
        md5.update(buffer.get(..read).unwrap_or_default());
        size += read as u64;
    }
}

async fn same(one: &Path, other: &Path) -> std::io::Result<bool> {
    if tokio::fs::metadata(one).await?.len() != tokio::fs::metadata(other).await?.len() {
        return Ok(false);
    }
    let mut one = BufReader::with_capacity(CHUNK, File::open(one).await?);
    let mut other = BufReader::with_capacity(CHUNK, File::open(other).await?);
    let (mut left, mut right) = (vec![0; CHUNK], vec![0; CHUNK]);
    loop {
        let read = one.read(&mut left).await?;
        let (left, right) = (left.get(..read), right.get_mut(..read));
        let (Some(left), Some(right)) = (left, right) else { return Ok(false) };
        if read == 0 {
            return Ok(true);
        }
        if other.read_exact(right).await.is_err() || left != right {
            return Ok(false);
        }
    }
}
