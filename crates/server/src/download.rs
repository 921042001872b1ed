//! A part of an object on its way out, at a pace. The first piece is read before there is an answer, so that an object that
//! cannot be read is refused.
//!
//! What the system has in memory is read where it is sent, when it can be sent: the bytes go from one to the other in the same
//! processor's cache, and nobody is woken up. Else a thread reads ahead by one piece, until what it reads was in memory
//! anyway.

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
    reading: Option<Reading>,
    pace: Pace,
}

/// The next piece.
enum Reading {
    Done(Reader, Piece),
    /// It is most likely at hand when it is wanted.
    AtHand(Reader),
    UnderWay(JoinHandle<(Reader, io::Result<Piece>)>),
}

struct Piece {
    bytes: Bytes,
    was_at_hand: bool,
}

impl Download {
    /// Begins to read. Blocks.
    pub(crate) fn start(reader: Reader, part: &Range<u64>, pace: Pace) -> io::Result<Self> {
        let left = part.end.saturating_sub(part.start);
        let mut download = Self { left, reading: None, pace };
        if left > 0 {
            let (reader, piece) = download.wanted().read(reader.narrow(part));
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
        let (reader, piece) = loop {
            match self.reading.take() {
                None => return Poll::Ready(None),
                Some(Reading::Done(reader, piece)) => break (reader, piece),
                Some(Reading::AtHand(mut reader)) => {
                    let wanted = self.wanted();
                    match wanted.at_hand(&mut reader) {
                        Some(piece) => break (reader, piece),
                        None => self.reading = Some(wanted.read_ahead(reader)),
                    }
                }
                Some(Reading::UnderWay(mut reading)) => {
                    match Pin::new(&mut reading).poll(context) {
                        Poll::Pending => {
                            self.reading = Some(Reading::UnderWay(reading));
                            return Poll::Pending;
                        }
                        Poll::Ready(Ok((reader, Ok(piece)))) => break (reader, piece),
                        Poll::Ready(Ok((_, Err(error)))) => {
                            return Poll::Ready(Some(Err(fail(error))));
                        }
                        Poll::Ready(Err(error)) => {
                            return Poll::Ready(Some(Err(fail(io::Error::other(error)))));
                        }
                    }
                }
            }
        };
        let Piece { bytes, was_at_hand } = piece;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        self.pace.count(bytes.len());
        if self.left > 0 {
            self.reading = Some(match was_at_hand {
                true => Reading::AtHand(reader),
                false => self.wanted().read_ahead(reader),
            });
        }
        Poll::Ready(Some(Ok(bytes)))
    }

    fn wanted(&self) -> Wanted {
        let is_paced = self.pace.is_limited();
        let most = if is_paced { PACED_CHUNK } else { CHUNK };
        let length = usize::try_from(self.left).map_or(most, |left| left.min(most));
        Wanted { length, is_paced }
    }
}

/// The length of the next piece.
struct Wanted {
    length: usize,
    is_paced: bool,
}

impl Wanted {
    /// What there is of it at hand. Pieces that are paced are shorter than what would have to be checked for each.
    fn at_hand(&self, reader: &mut Reader) -> Option<Piece> {
        let bytes = if self.is_paced { None } else { reader.next_at_hand(self.length) };
        bytes.map(|bytes| Piece { bytes, was_at_hand: true })
    }

    fn read_ahead(self, reader: Reader) -> Reading {
        Reading::UnderWay(spawn_blocking(move || self.read(reader)))
    }

    /// Blocks.
    fn read(self, mut reader: Reader) -> (Reader, io::Result<Piece>) {
        if let Some(piece) = self.at_hand(&mut reader) {
            return (reader, Ok(piece));
        }
        let mut bytes = vec![0; self.length];
        let read = reader.read_exact(&mut bytes);
        let piece = || Piece { bytes: bytes.into(), was_at_hand: false };
        (reader, read.map(|()| piece()))
    }
}

/// The head is out, so that only a broken connection can tell the client.
fn fail(error: io::Error) -> io::Error {
    tracing::error!(%error, "a download breaks off: the object could not be read");
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that are at hand, and that are not, for longer than they are.
    fn files(bytes: &[u8]) -> [Reader; 2] {
        [Reader::of_bytes(bytes, 1 << 30), Reader::of_bytes_elsewhere(bytes, 1 << 30)]
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
            for file in files(&bytes) {
                let download = Download::start(file, &range, Pace::unlimited()).unwrap();
                assert_eq!(whole(download).await.unwrap(), bytes[part.clone()]);
            }
        }
    }

    #[tokio::test]
    async fn a_blob_that_is_too_short_breaks_off() {
        let bytes = vec![7; CHUNK + 3];
        let range = 0..CHUNK as u64 + 4;
        for file in files(&bytes) {
            let download = Download::start(file, &range, Pace::unlimited()).unwrap();
            assert_eq!(whole(download).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        }
        let [_, file] = files(b"abc");
        let none = Download::start(file, &(0..4), Pace::unlimited());
        assert_eq!(none.err().unwrap().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn what_is_not_at_hand_is_waited_for() {
        let bytes: Vec<u8> = (0..CHUNK + 9).map(|index| (index % 251) as u8).collect();
        let [at_hand, elsewhere] = files(&bytes);
        let range = 0..bytes.len() as u64;
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut download = Download::start(at_hand, &range, Pace::unlimited()).unwrap();
        let mut pieces = Vec::new();
        while let Poll::Ready(Some(piece)) = download.poll_piece(&mut context) {
            pieces.extend_from_slice(&piece.unwrap());
        }
        assert_eq!(pieces, bytes, "without a thread, nothing is pending");
        let mut download = Download::start(elsewhere, &range, Pace::unlimited()).unwrap();
        assert!(download.poll_piece(&mut context).is_ready(), "the first is there at the start");
        assert_eq!(whole(download).await.unwrap(), bytes[CHUNK..]);
    }
}
