//! What a request sends, so that it can be sent again: bytes in memory, or a file.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::Sleep;

use crate::checksum::RunningCrc;
use crate::gauge::Gauge;
use crate::transport::Body;

/// The most that goes out at once, in bytes: progress and pace are as fine as that.
const PIECE: usize = 256 * 1024;

/// What a request sends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Payload {
    content: Content,
    gauge: Option<Gauge>,
    /// How much of the last attempt was counted.
    sent: Arc<AtomicU64>,
    /// The CRC64 of a file, once all of it was read.
    crc64: Arc<AtomicU64>,
}

#[derive(Clone, Debug, Default)]
enum Content {
    #[default]
    Nothing,
    Bytes(Bytes),
    File(PathBuf, u64),
}

impl Payload {
    pub(crate) fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self { content: Content::Bytes(bytes.into()), ..Self::default() }
    }

    /// The first `length` bytes of a file, read anew for each attempt.
    pub(crate) fn file(path: PathBuf, length: u64) -> Self {
        Self { content: Content::File(path, length), ..Self::default() }
    }

    pub(crate) fn counted_by(self, gauge: &Gauge) -> Self {
        Self { gauge: Some(gauge.clone()), ..self }
    }

    pub(crate) fn length(&self) -> u64 {
        match &self.content {
            Content::Nothing => 0,
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::File(_, length) => *length,
        }
    }

    /// Whether there is a body at all, be it of no byte.
    pub(crate) fn is_some(&self) -> bool {
        !matches!(self.content, Content::Nothing)
    }

    /// The CRC64 of what the last attempt read of a file.
    pub(crate) fn file_crc64(&self) -> u64 {
        self.crc64.load(Ordering::Acquire)
    }

    fn piece(&self) -> usize {
        self.gauge.as_ref().map_or(PIECE, |gauge| gauge.at_once(PIECE))
    }

    /// The body of a new attempt.
    pub(crate) fn body(&self) -> Body {
        let sent = self.sent.swap(0, Ordering::Relaxed);
        self.gauge.iter().for_each(|gauge| gauge.go_back(sent));
        let source = match &self.content {
            Content::Nothing => Source::Bytes(Bytes::new()),
            Content::Bytes(bytes) => Source::Bytes(bytes.clone()),
            Content::File(path, length) => Source::File(Box::new(FileSource {
                reading: Some(open(path.clone(), *length, self.piece())),
                left: *length,
                piece: self.piece(),
                crc: RunningCrc::new(),
                result: Arc::clone(&self.crc64),
            })),
        };
        let (gauge, sent) = (self.gauge.clone(), Arc::clone(&self.sent));
        Sending { source, gauge, sent, due: None }.boxed_unsync()
    }
}

/// A body on its way out.
struct Sending {
    source: Source,
    gauge: Option<Gauge>,
    sent: Arc<AtomicU64>,
    due: Option<Pin<Box<Sleep>>>,
}

enum Source {
    Bytes(Bytes),
    File(Box<FileSource>),
}

struct FileSource {
    reading: Option<JoinHandle<io::Result<(File, Bytes)>>>,
    left: u64,
    piece: usize,
    crc: RunningCrc,
    result: Arc<AtomicU64>,
}

impl FileSource {
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Some(reading) = &mut self.reading else { return Poll::Ready(None) };
        let read = ready!(Pin::new(reading).poll(context));
        self.reading = None;
        let (file, piece) = match read.map_err(io::Error::other).flatten() {
            Ok(read) => read,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        self.left = self.left.saturating_sub(piece.len() as u64);
        self.crc.update(&piece);
        if self.left == 0 {
            self.result.store(self.crc.value(), Ordering::Release);
        } else {
            self.reading = Some(read_on(file, self.left, self.piece));
        }
        Poll::Ready(Some(Ok(piece)))
    }
}

fn open(path: PathBuf, left: u64, most: usize) -> JoinHandle<io::Result<(File, Bytes)>> {
    spawn_blocking(move || read_piece(File::open(path)?, left, most))
}

fn read_on(file: File, left: u64, most: usize) -> JoinHandle<io::Result<(File, Bytes)>> {
    spawn_blocking(move || read_piece(file, left, most))
}

/// A file that ends before `left` bytes is an error: the length was told.
fn read_piece(mut file: File, left: u64, most: usize) -> io::Result<(File, Bytes)> {
    let mut piece = vec![0; usize::try_from(left).unwrap_or(most).min(most)];
    file.read_exact(&mut piece)?;
    Ok((file, piece.into()))
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(due) = &mut self.due {
            ready!(due.as_mut().poll(context));
            self.due = None;
        }
        let piece = self.gauge.as_ref().map_or(PIECE, |gauge| gauge.at_once(PIECE));
        let piece = match &mut self.source {
            Source::Bytes(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Source::Bytes(bytes) => bytes.split_to(bytes.len().min(piece)),
            Source::File(file) => match ready!(file.poll_piece(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(piece)) => piece,
            },
        };
        let length = piece.len() as u64;
        if let Some(gauge) = &self.gauge {
            self.sent.fetch_add(length, Ordering::Relaxed);
            gauge.advance(length);
            let due = gauge.next_due(length);
            self.due = due.map(|due| Box::pin(tokio::time::sleep_until(due)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Bytes(bytes) => bytes.is_empty(),
            Source::File(file) => file.left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.source {
            Source::Bytes(bytes) => bytes.len() as u64,
            Source::File(file) => file.left,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checksum::crc64;

    async fn collect(payload: &Payload) -> io::Result<Vec<u8>> {
        Ok(payload.body().collect().await?.to_bytes().to_vec())
    }

    #[tokio::test]
    async fn bytes_go_out_again_and_again_and_are_counted_once() {
        let bytes: Vec<u8> = (0..PIECE * 2 + 5).map(|index| (index % 251) as u8).collect();
        let gauge = Gauge::default().begin(None);
        let payload = Payload::bytes(bytes.clone()).counted_by(&gauge);
        for _ in 0..2 {
            assert_eq!(collect(&payload).await.unwrap(), bytes);
            assert_eq!(gauge.done(), bytes.len() as u64);
        }
        assert_eq!(payload.body().size_hint().exact(), Some(bytes.len() as u64));
    }

    #[tokio::test]
    async fn a_file_goes_out_with_its_sum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let bytes: Vec<u8> = (0..PIECE + 5).map(|index| (index % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let payload = Payload::file(path.clone(), bytes.len() as u64);
        assert_eq!(collect(&payload).await.unwrap(), bytes);
        assert_eq!(payload.file_crc64(), crc64(&bytes));
        let long = Payload::file(path, bytes.len() as u64 + 1);
        assert_eq!(collect(&long).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn no_byte_is_a_body_too() {
        assert!(Payload::bytes("").is_some() && !Payload::default().is_some());
        assert_eq!(collect(&Payload::bytes("")).await.unwrap(), b"");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"").unwrap();
        let payload = Payload::file(path, 0);
        assert_eq!(collect(&payload).await.unwrap(), b"");
        assert_eq!(payload.file_crc64(), crc64(b""));
    }
}
