//! A part of an object on its way out: read ahead by one piece, at a pace.

use std::future::Future;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::limits::{CHUNK, PACED_CHUNK};
use crate::pace::Pace;
use crate::store::Reader;

/// The bytes of a part of an object, in pieces. A thread is taken only while a piece is read, so that a client that reads
/// slowly holds none.
pub(crate) struct Download {
    /// Bytes not handed out yet.
    left: u64,
    /// Bytes not asked for yet.
    unread: u64,
    reading: Option<JoinHandle<(Reader, io::Result<Bytes>)>>,
    pace: Pace,
}

impl Download {
    /// Begins to read.
    pub(crate) fn start(reader: Reader, part: &Range<u64>, pace: Pace) -> Self {
        let left = part.end.saturating_sub(part.start);
        let mut download = Self { left, unread: left, reading: None, pace };
        download.read_ahead(reader.narrow(part));
        download
    }

    /// How many bytes are still to come.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    pub(crate) fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        ready!(self.pace.poll_due(context));
        let Some(reading) = &mut self.reading else {
            return Poll::Ready(None);
        };
        let (reader, piece) = match ready!(Pin::new(reading).poll(context)) {
            Ok((reader, Ok(piece))) => (reader, piece),
            Ok((_, Err(error))) => return Poll::Ready(Some(Err(self.fail(error)))),
            Err(error) => return Poll::Ready(Some(Err(self.fail(io::Error::other(error))))),
        };
        self.left = self.left.saturating_sub(piece.len() as u64);
        self.pace.count(piece.len());
        self.read_ahead(reader);
        Poll::Ready(Some(Ok(piece)))
    }

    fn read_ahead(&mut self, mut reader: Reader) {
        let most = if self.pace.is_limited() { PACED_CHUNK } else { CHUNK };
        let length = usize::try_from(self.unread).unwrap_or(most).min(most);
        self.unread = self.unread.saturating_sub(length as u64);
        self.reading = (length > 0).then(|| {
            spawn_blocking(move || {
                let mut piece = vec![0; length];
                let read = reader.read_exact(&mut piece);
                (reader, read.map(|()| piece.into()))
            })
        });
    }

    /// The head is out, so that only a broken connection can tell the client.
    fn fail(&mut self, error: io::Error) -> io::Error {
        tracing::error!(%error, "a blob could not be read");
        self.reading = None;
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> Reader {
        Reader::of_bytes(bytes, 1 << 30)
    }

    async fn read(mut download: Download) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(piece) =
            std::future::poll_fn(|context| download.poll_piece(context)).await.transpose()?
        {
            bytes.extend_from_slice(&piece);
            assert!(piece.len() <= CHUNK);
        }
        assert_eq!(download.left(), 0);
        Ok(bytes)
    }

    #[tokio::test]
    async fn a_part_comes_out_whole() {
        let bytes: Vec<u8> = (0..CHUNK * 2 + 7).map(|index| (index % 251) as u8).collect();
        for part in [0..bytes.len(), 5..9, CHUNK - 1..CHUNK * 2 + 7] {
            let range = part.start as u64..part.end as u64;
            let download = Download::start(file(&bytes), &range, Pace::unlimited());
            assert_eq!(read(download).await.unwrap(), bytes[part]);
        }
    }

    #[tokio::test]
    async fn a_blob_that_is_too_short_breaks_off() {
        let download = Download::start(file(b"abc"), &(0..4), Pace::unlimited());
        assert_eq!(read(download).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
