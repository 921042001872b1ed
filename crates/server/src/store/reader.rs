//! The bytes of an object on their way out, from one blob or from those of its parts.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use cospass_protocol::operation::CustomerKey;

use super::backend::{Backend, BlobId, BlobReader};
use super::cipher;
use super::pins::Pin;

/// Bytes to be read once, in order.
pub(crate) struct Reader {
    segments: VecDeque<Segment>,
    /// What the bytes are encrypted with.
    key: Option<CustomerKey>,
    /// Keeps the blobs of parts, which are opened one after the other.
    _pin: Option<Pin>,
}

/// Consecutive bytes of one blob or row.
struct Segment {
    /// `None` for those of a row, which are never encrypted.
    blob: Option<BlobId>,
    source: Source,
    start: u64,
    length: u64,
}

enum Source {
    /// All of the blob, or of the row.
    AtHand(Bytes),
    Open(Box<dyn BlobReader>),
    Closed(Arc<dyn Backend>, u64),
}

impl Reader {
    /// An open blob of that length.
    pub(super) fn of_blob(blob: BlobId, open: Box<dyn BlobReader>, length: u64) -> Self {
        let blob = Some(blob);
        let segment = Segment { blob, source: Source::Open(open), start: 0, length };
        Self { segments: VecDeque::from([segment]), key: None, _pin: None }
    }

    /// A blob whose bytes are at hand.
    pub(super) fn of_blob_at_hand(blob: BlobId, bytes: Bytes) -> Self {
        Self::at_hand_of(Some(blob), bytes)
    }

    /// The bytes of a row.
    pub(super) fn of_bytes_at_hand(bytes: Bytes) -> Self {
        Self::at_hand_of(None, bytes)
    }

    fn at_hand_of(blob: Option<BlobId>, bytes: Bytes) -> Self {
        let (start, length) = (0, bytes.len() as u64);
        let segment = Segment { blob, source: Source::AtHand(bytes), start, length };
        Self { segments: VecDeque::from([segment]), key: None, _pin: None }
    }

    /// What is left to be read, if it is at hand as it is and nothing has to be done to it.
    pub(crate) fn at_hand(&self) -> Option<Bytes> {
        let mut segments = self.segments.iter();
        match (segments.next(), segments.next(), &self.key) {
            (Some(Segment { source: Source::AtHand(bytes), start, length, .. }), None, None) => {
                let start = usize::try_from(*start).ok()?;
                let end = start.checked_add(usize::try_from(*length).ok()?)?;
                (end <= bytes.len()).then(|| bytes.slice(start..end))
            }
            _ => None,
        }
    }

    /// Blobs of those lengths, one after the other.
    pub(super) fn of_parts(
        parts: impl Iterator<Item = (BlobId, u64)>,
        backend: &Arc<dyn Backend>,
        pin: Pin,
    ) -> Self {
        let segment = |(blob, length)| {
            let source = Source::Closed(Arc::clone(backend), length);
            Segment { blob: Some(blob), source, start: 0, length }
        };
        Self { segments: parts.map(segment).collect(), key: None, _pin: Some(pin) }
    }

    /// Bytes that are said to be so many.
    #[cfg(test)]
    pub(crate) fn of_bytes(bytes: &[u8], length: u64) -> Self {
        Self::of_blob(BlobId([0; 16]), Box::new(Arc::new(bytes.to_vec())), length)
    }

    /// As [`of_bytes`](Self::of_bytes), none of which are ever at hand.
    #[cfg(test)]
    pub(crate) fn of_bytes_elsewhere(bytes: &[u8], length: u64) -> Self {
        Self::of_blob(BlobId([0; 16]), Box::new(Elsewhere(bytes.to_vec())), length)
    }

    /// The bytes as they were before they were encrypted with a key, if there is one.
    pub(crate) fn decrypted(self, key: Option<CustomerKey>) -> Self {
        Self { key, ..self }
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

    /// Some of the next bytes, at least one and at most so many, if they are at hand as they are and nothing has to be done to
    /// them, so that an async task may ask. `None` says nothing: then they are to be read.
    pub(crate) fn next_at_hand(&mut self, most: usize) -> Option<Bytes> {
        if self.key.is_some() {
            return None;
        }
        let segment = self.segments.front_mut()?;
        let bytes = segment.at_hand(most)?;
        if segment.length == 0 {
            self.segments.pop_front();
        }
        Some(bytes)
    }

    /// Fills a buffer with the next bytes.
    pub(crate) fn read_exact(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            let segment = self.segments.front_mut().ok_or(io::ErrorKind::UnexpectedEof)?;
            let length = usize::try_from(segment.length).unwrap_or(usize::MAX).min(buffer.len());
            let (now, later) = buffer.split_at_mut(length);
            segment.read_exact(now, self.key.as_ref())?;
            if segment.length == 0 {
                self.segments.pop_front();
            }
            buffer = later;
        }
        Ok(())
    }
}

/// Bytes that have to be waited for.
#[cfg(test)]
struct Elsewhere(Vec<u8>);

#[cfg(test)]
impl BlobReader for Elsewhere {
    fn read_exact_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        Arc::new(self.0.clone()).read_exact_at(offset, buffer)
    }

    fn at_hand(&mut self, _offset: u64, _most: usize) -> Option<Bytes> {
        None
    }
}

impl Segment {
    fn read_exact(&mut self, buffer: &mut [u8], key: Option<&CustomerKey>) -> io::Result<()> {
        if let Source::Closed(backend, size) = &self.source {
            let blob = self.blob.ok_or(io::ErrorKind::NotFound)?;
            self.source = Source::Open(backend.open(blob, *size)?);
        }
        match &mut self.source {
            Source::AtHand(bytes) => {
                let start = usize::try_from(self.start).unwrap_or(usize::MAX);
                let wanted = bytes.get(start..start.saturating_add(buffer.len()));
                buffer.copy_from_slice(wanted.ok_or(io::ErrorKind::UnexpectedEof)?);
            }
            Source::Open(blob) => blob.read_exact_at(self.start, buffer)?,
            Source::Closed(..) => return Err(io::ErrorKind::NotFound.into()),
        }
        if let Some(key) = key {
            let blob = self.blob.ok_or(io::ErrorKind::InvalidData)?;
            cipher::apply(key, blob, self.start, buffer)?;
        }
        self.go_on(buffer.len());
        Ok(())
    }

    fn at_hand(&mut self, most: usize) -> Option<Bytes> {
        let most = usize::try_from(self.length).map_or(most, |length| length.min(most));
        let found = match &mut self.source {
            Source::AtHand(bytes) => {
                let start = usize::try_from(self.start).ok()?;
                let end = start.checked_add(most)?;
                (start < end && end <= bytes.len()).then(|| bytes.slice(start..end))
            }
            Source::Open(blob) => blob.at_hand(self.start, most),
            Source::Closed(..) => None,
        };
        found.inspect(|found| self.go_on(found.len()))
    }

    /// So many bytes were read.
    fn go_on(&mut self, read: usize) {
        self.start = self.start.saturating_add(read as u64);
        self.length = self.length.saturating_sub(read as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(pieces: &[&[u8]]) -> Reader {
        let segment = |piece: &&[u8]| {
            let source = Source::Open(Box::new(Arc::new(piece.to_vec())));
            Segment { blob: Some(BlobId([0; 16])), source, start: 0, length: piece.len() as u64 }
        };
        Reader { segments: pieces.iter().map(segment).collect(), key: None, _pin: None }
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
                for most in 1..5 {
                    let mut reader = parts(&pieces).narrow(&(start as u64..end as u64));
                    let mut bytes = Vec::new();
                    while let Some(piece) = reader.next_at_hand(most) {
                        assert!((1..=most).contains(&piece.len()));
                        bytes.extend_from_slice(&piece);
                    }
                    assert_eq!(bytes, whole[start..end]);
                }
            }
        }
    }

    #[test]
    fn what_is_to_be_decrypted_is_not_at_hand_as_it_is() {
        let key = CustomerKey::new([1; 32], [0; 16]);
        assert_eq!(parts(&[b"012"]).decrypted(Some(key)).next_at_hand(3), None);
        assert_eq!(parts(&[b"012"]).decrypted(None).next_at_hand(3).unwrap(), b"012"[..]);
    }
}
