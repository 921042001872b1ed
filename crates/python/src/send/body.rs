//! What a request sends: bytes, a part of a file, or what an object of Python yields.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use cospass::Body;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Body as HttpBody, Frame};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString};
use tokio::task::JoinHandle;

use crate::interpreter;
use crate::refusal::Refusal;
use crate::text::type_name;

/// The most that is read at once, in bytes.
const PIECE: usize = 256 * 1024;

/// See the head of this file.
#[derive(Clone)]
pub(super) enum Content {
    Nothing,
    Bytes(Bytes),
    File {
        path: PathBuf,
        offset: u64,
        length: u64,
    },
    /// Has `read`. `position` is where it stood; without one it is read once.
    Reader {
        reader: Arc<Py<PyAny>>,
        length: Option<u64>,
        position: Option<u64>,
    },
    /// An iterator, which is read once.
    Pieces(Arc<Py<PyAny>>),
}

/// What Python raised while it was asked for more.
pub(super) type Raised = Arc<Mutex<Option<PyErr>>>;

/// The `_Body` of the pure half: the first that is there counts.
#[derive(FromPyObject)]
pub(super) struct Given<'py> {
    content: Option<PyBackedBytes>,
    path: Option<PathBuf>,
    offset: u64,
    reader: Option<Bound<'py, PyAny>>,
    position: Option<u64>,
    pieces: Option<Bound<'py, PyAny>>,
    length: Option<u64>,
}

impl Given<'_> {
    pub(super) fn content(self) -> Content {
        let Self { content, path, offset, reader, position, pieces, length } = self;
        if let Some(bytes) = content {
            Content::Bytes(Bytes::from_owner(bytes))
        } else if let Some(path) = path {
            Content::File { path, offset, length: length.unwrap_or_default() }
        } else if let Some(reader) = reader {
            Content::Reader { reader: Arc::new(reader.unbind()), length, position }
        } else if let Some(pieces) = pieces {
            Content::Pieces(Arc::new(pieces.unbind()))
        } else {
            Content::Nothing
        }
    }
}

impl Content {
    /// In bytes, as far as it is known; nothing at all has none.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Nothing | Self::Pieces(_) => None,
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::File { length, .. } => Some(*length),
            Self::Reader { length, .. } => *length,
        }
    }

    pub(super) fn is_some(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// Whether it can be sent a second time.
    pub(super) fn is_again(&self) -> bool {
        match self {
            Self::Nothing | Self::Bytes(_) | Self::File { .. } => true,
            Self::Reader { position, .. } => position.is_some(),
            Self::Pieces(_) => false,
        }
    }

    /// The body of one attempt; `again` is one that is not the first.
    pub(super) fn body(&self, again: bool, raised: &Raised) -> Body {
        let told = Arc::clone(raised);
        let source: Box<dyn Source> = match self.clone() {
            Self::Nothing => return Empty::new().map_err(|never| match never {}).boxed_unsync(),
            Self::Bytes(bytes) => {
                return Full::new(bytes).map_err(|never| match never {}).boxed_unsync();
            }
            Self::File { path, offset, length } => {
                Box::new(FileSource { path, file: None, offset, left: length })
            }
            Self::Reader { reader, length, position } => {
                let back = position.filter(|_| again);
                Box::new(ReaderSource { reader, left: length, back, raised: told })
            }
            Self::Pieces(pieces) => Box::new(PiecesSource { pieces, raised: told }),
        };
        Outgoing { reading: Some(tokio::task::spawn_blocking(|| read_on(source))) }.boxed_unsync()
    }
}

/// Where pieces come from. Reading may block.
trait Source: Send + 'static {
    /// The next piece, which is not empty; nothing at the end.
    fn piece(&mut self) -> io::Result<Option<Bytes>>;
}

type Reading = io::Result<Option<(Box<dyn Source>, Bytes)>>;

fn read_on(mut source: Box<dyn Source>) -> Reading {
    Ok(source.piece()?.map(|piece| (source, piece)))
}

/// A body that is read one piece ahead.
struct Outgoing {
    reading: Option<JoinHandle<Reading>>,
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Some(reading) = &mut self.reading else { return Poll::Ready(None) };
        let read = ready!(Pin::new(reading).poll(context));
        self.reading = None;
        Poll::Ready(match read.map_err(io::Error::other).flatten() {
            Err(error) => Some(Err(error)),
            Ok(None) => None,
            Ok(Some((source, piece))) => {
                self.reading = Some(tokio::task::spawn_blocking(|| read_on(source)));
                Some(Ok(Frame::data(piece)))
            }
        })
    }
}

struct FileSource {
    path: PathBuf,
    file: Option<File>,
    offset: u64,
    left: u64,
}

impl Source for FileSource {
    fn piece(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => {
                let mut file = File::open(&self.path)?;
                file.seek(SeekFrom::Start(self.offset))?;
                file
            }
        };
        let mut piece = vec![0; usize::try_from(self.left).unwrap_or(PIECE).min(PIECE)];
        // A file that became shorter is an error: the length was told.
        file.read_exact(&mut piece)?;
        self.left = self.left.saturating_sub(piece.len() as u64);
        self.file = Some(file);
        Ok(Some(piece.into()))
    }
}

struct ReaderSource {
    reader: Arc<Py<PyAny>>,
    left: Option<u64>,
    /// Where to begin again.
    back: Option<u64>,
    raised: Raised,
}

impl Source for ReaderSource {
    fn piece(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == Some(0) {
            return Ok(None);
        }
        let most = self.left.and_then(|left| usize::try_from(left).ok()).unwrap_or(PIECE);
        let piece = asked(&self.raised, |py| {
            let reader = self.reader.bind(py);
            if let Some(position) = self.back.take() {
                reader.call_method1("seek", (position,))?;
            }
            bytes_in(&reader.call_method1("read", (most.min(PIECE),))?)
        })?;
        let length = piece.len() as u64;
        self.left = self.left.map(|left| left.saturating_sub(length));
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }
}

struct PiecesSource {
    pieces: Arc<Py<PyAny>>,
    raised: Raised,
}

impl Source for PiecesSource {
    fn piece(&mut self) -> io::Result<Option<Bytes>> {
        asked(&self.raised, |py| {
            for piece in self.pieces.bind(py).try_iter()? {
                let bytes = bytes_in(&piece?)?;
                // An empty chunk would be the end.
                if !bytes.is_empty() {
                    return Ok(Some(bytes));
                }
            }
            Ok(None)
        })
    }
}

/// Asks Python, and keeps what it raises for the caller.
fn asked<T>(raised: &Raised, ask: impl FnOnce(Python<'_>) -> PyResult<T>) -> io::Result<T> {
    let gone = || Err(io::Error::other("Python is going away"));
    interpreter::enter(|py| {
        ask(py).map_err(|error| {
            let told = io::Error::other(error.to_string());
            *raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            told
        })
    })
    .unwrap_or_else(gone)
}

/// A piece: bytes without copying, text in UTF-8.
fn bytes_in(piece: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if let Ok(bytes) = piece.cast::<PyBytes>() {
        return Ok(Bytes::from_owner(PyBackedBytes::from(bytes.clone())));
    }
    if let Ok(text) = piece.cast::<PyString>() {
        let bytes = text.encode_utf8().map_err(|_| PyErr::from(Refusal::TextNotUtf8))?;
        return Ok(Bytes::from_owner(PyBackedBytes::from(bytes)));
    }
    match piece.extract::<PyBackedBytes>() {
        Ok(bytes) => Ok(Bytes::from_owner(bytes)),
        Err(_) => Err(Refusal::BodyPiece { found: type_name(piece) }.into()),
    }
}
