//! The bytes of an object on their way out, from one blob or from those of its parts.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::blob::{BlobId, Blobs};
use super::record::ManifestId;

/// Bytes to be read once, in order.
pub(crate) struct Reader {
    segments: VecDeque<Segment>,
    /// Keeps the blobs of parts, which are opened one after the other.
    _pin: Option<Pin>,
}

/// Consecutive bytes of one file.
struct Segment {
    source: Source,
    start: u64,
    length: u64,
}

enum Source {
    Open(File),
    Closed(PathBuf),
}

impl Reader {
    /// An open file of that length, which stays readable whatever happens to its name.
    pub(crate) fn of_file(file: File, length: u64) -> Self {
        let segment = Segment { source: Source::Open(file), start: 0, length };
        Self { segments: VecDeque::from([segment]), _pin: None }
    }

    /// Files of those lengths, one after the other.
    pub(super) fn of_parts(parts: impl Iterator<Item = (PathBuf, u64)>, pin: Pin) -> Self {
        let segment = |(path, length)| Segment { source: Source::Closed(path), start: 0, length };
        Self { segments: parts.map(segment).collect(), _pin: Some(pin) }
    }

    /// Only a part of the bytes.
    pub(crate) fn narrow(mut self, part: &Range<u64>) -> Self {
        let (mut skip, mut left) = (part.start, part.end.saturating_sub(part.start));
        for segment in &mut self.segments {
            let skipped = skip.min(segment.length);
            skip = skip.saturating_sub(skipped);
            segment.start = segment.start.saturating_add(skipped);
            segment.length = segment.length.saturating_sub(skipped).min(left);
            left = left.saturating_sub(segment.length);
        }
        self.segments.retain(|segment| segment.length > 0);
        self
    }

    /// Fills a buffer with the next bytes.
    pub(crate) fn read_exact(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            let segment = self.segments.front_mut().ok_or(io::ErrorKind::UnexpectedEof)?;
            let length = usize::try_from(segment.length).unwrap_or(usize::MAX).min(buffer.len());
            let (now, later) = buffer.split_at_mut(length);
            segment.read_exact(now)?;
            if segment.length == 0 {
                self.segments.pop_front();
            }
            buffer = later;
        }
        Ok(())
    }
}

impl Segment {
    fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        if let Source::Closed(path) = &self.source {
            self.source = Source::Open(File::open(path)?);
        }
        let Source::Open(file) = &mut self.source else {
            return Err(io::ErrorKind::NotFound.into());
        };
        file.seek(SeekFrom::Start(self.start))?;
        file.read_exact(buffer)?;
        let read = buffer.len() as u64;
        self.start = self.start.saturating_add(read);
        self.length = self.length.saturating_sub(read);
        Ok(())
    }
}

/// Who reads which manifest: what it lists is kept until the last of them is done.
pub(super) struct Readers {
    blobs: Arc<Blobs>,
    reading: Arc<Mutex<HashMap<ManifestId, Reading>>>,
}

#[derive(Default)]
struct Reading {
    readers: usize,
    /// What is removed when nobody reads any more.
    orphans: Vec<BlobId>,
}

impl Readers {
    pub(super) fn new(blobs: Arc<Blobs>) -> Self {
        Self { blobs, reading: Arc::default() }
    }

    /// Keeps the blobs of a manifest from now on. The manifest must be looked up afterwards: it may be gone already.
    pub(super) fn pin(&self, manifest: ManifestId) -> Pin {
        lock(&self.reading).entry(manifest).or_default().readers += 1;
        Pin { manifest, blobs: Arc::clone(&self.blobs), reading: Arc::clone(&self.reading) }
    }

    /// Removes blobs that no metadata names any more, now or when the last reader of their manifest is done.
    pub(super) fn remove(&self, manifest: Option<ManifestId>, orphans: Vec<BlobId>) {
        if let Some(manifest) = manifest
            && let Some(reading) = lock(&self.reading).get_mut(&manifest)
        {
            reading.orphans.extend(orphans);
            return;
        }
        remove(&self.blobs, &orphans);
    }
}

/// Keeps the blobs of a manifest until it is dropped.
pub(super) struct Pin {
    manifest: ManifestId,
    blobs: Arc<Blobs>,
    reading: Arc<Mutex<HashMap<ManifestId, Reading>>>,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut all = lock(&self.reading);
        let Some(reading) = all.get_mut(&self.manifest) else {
            return;
        };
        reading.readers = reading.readers.saturating_sub(1);
        if reading.readers > 0 {
            return;
        }
        let orphans = all.remove(&self.manifest).unwrap_or_default().orphans;
        drop(all);
        let blobs = Arc::clone(&self.blobs);
        match tokio::runtime::Handle::try_current() {
            // An answer may be dropped where nothing may block.
            Ok(runtime) if !orphans.is_empty() => {
                runtime.spawn_blocking(move || remove(&blobs, &orphans));
            }
            _ => remove(&blobs, &orphans),
        }
    }
}

/// If that fails, opening the store will remove them.
fn remove(blobs: &Blobs, orphans: &[BlobId]) {
    for &blob in orphans {
        if let Err(error) = blobs.remove(blob) {
            tracing::warn!(%error, "a blob that is no longer needed could not be removed");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn parts(pieces: &[&[u8]]) -> Reader {
        let segment = |piece: &&[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(piece).unwrap();
            Segment { source: Source::Open(file), start: 0, length: piece.len() as u64 }
        };
        Reader { segments: pieces.iter().map(segment).collect(), _pin: None }
    }

    #[test]
    fn every_part_of_several_files() {
        let whole = b"0123456789";
        for start in 0..=10 {
            for end in start..=10 {
                let pieces: [&[u8]; 4] = [b"012", b"", b"3456", b"789"];
                let mut reader = parts(&pieces).narrow(&(start as u64..end as u64));
                let mut bytes = vec![0; end - start];
                reader.read_exact(&mut bytes).unwrap();
                assert_eq!(bytes, whole[start..end]);
                let beyond = reader.read_exact(&mut [0]).unwrap_err();
                assert_eq!(beyond.kind(), io::ErrorKind::UnexpectedEof);
            }
        }
    }
}
