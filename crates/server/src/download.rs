//! A part of an object on its way out: read ahead by one piece, at a pace. The first piece is read before there is an
//! answer, so that an object that cannot be read is refused.

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
    reading: Option<Reading>,
    pace: Pace,
}

/// The next piece.
enum Reading {
    Done(Reader, Bytes),
    UnderWay(JoinHandle<(Reader, io::Result<Bytes>)>),
}

impl Download {
    /// Begins to read. Blocks.
    pub(crate) fn start(reader: Reader, part: &Range<u64>, pace: Pace) -> io::Result<Self> {
        let left = part.end.saturating_sub(part.start);
        let mut download = Self { left, unread: left, reading: None, pace };
        let length = download.next_length();
        if length > 0 {
            let (reader, piece) = read(reader.narrow(part), length);
            download.reading = Some(Reading::Done(reader, piece?));
        }
        Ok(download)
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
        let (reader, piece) = match self.reading.take() {
            None => return Poll::Ready(None),
            Some(Reading::Done(reader, piece)) => (reader, piece),
            Some(Reading::UnderWay(mut reading)) => match Pin::new(&mut reading).poll(context) {
                Poll::Pending => {
                    self.reading = Some(Reading::UnderWay(reading));
                    return Poll::Pending;
                }
                Poll::Ready(Ok((reader, Ok(piece)))) => (reader, piece),
                Poll::Ready(Ok((_, Err(error)))) => return Poll::Ready(Some(Err(fail(error)))),
                Poll::Ready(Err(error)) => {
                    return Poll::Ready(Some(Err(fail(io::Error::other(error)))));
                }
            },
        };
        self.left = self.left.saturating_sub(piece.len() as u64);
        self.pace.count(piece.len());
        self.read_ahead(reader);
        Poll::Ready(Some(Ok(piece)))
    }

    fn read_ahead(&mut self, reader: Reader) {
        let length = self.next_length();
        self.reading =
            (length > 0).then(|| Reading::UnderWay(spawn_blocking(move || read(reader, length))));
    }

    /// The length of the next piece, which counts as asked for.
    fn next_length(&mut self) -> usize {
        let most = if self.pace.is_limited() { PACED_CHUNK } else { CHUNK };
        let length = usize::try_from(self.unread).unwrap_or(most).min(most);
        self.unread = self.unread.saturating_sub(length as u64);
        length
    }
}

fn read(mut reader: Reader, length: usize) -> (Reader, io::Result<Bytes>) {
    let mut piece = vec![0; length];
    let read = reader.read_exact(&mut piece);
    (reader, read.map(|()| piece.into()))
}

/// The head is out, so that only a broken connection can tell the client.
fn fail(error: io::Error) -> io::Error {
    tracing::error!(%error, "a download breaks off: the object could not be read");
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> Reader {
        Reader::of_bytes(bytes, 1 << 30)
    }

    async fn whole(mut download: Download) -> io::Result<Vec<u8>> {
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
            let download = Download::start(file(&bytes), &range, Pace::unlimited()).unwrap();
            assert_eq!(whole(download).await.unwrap(), bytes[part]);
        }
    }

    #[tokio::test]
    async fn a_blob_that_is_too_short_breaks_off() {
        let none = Download::start(file(b"abc"), &(0..4), Pace::unlimited());
        assert_eq!(none.err().unwrap().kind(), io::ErrorKind::UnexpectedEof);
        let bytes = vec![7; CHUNK + 3];
        let range = 0..CHUNK as u64 + 4;
        let download = Download::start(file(&bytes), &range, Pace::unlimited()).unwrap();
        assert_eq!(whole(download).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
