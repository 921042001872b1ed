//! Many URLs at once: which engine hashes fastest here, and the threads.

use std::error::Error;
use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use cospass_protocol::{Batch, BatchError, Presigned, Urls, Warning};
use cospass_sign::KeyTime;
use rayon::prelude::*;
use sha1_lanes::{Blocks, Engine, State};

use crate::SignError;

/// So many keys are one thread's at a time, and their URLs one piece of the result.
const PIECE: usize = 16 * 1024;

/// The engine that hashes messages as those of signatures fastest on this processor: measured once, in about a
/// millisecond, since neither its name nor the number of its lanes tells.
pub fn fastest_engine() -> Engine {
    static FASTEST: OnceLock<Engine> = OnceLock::new();
    *FASTEST.get_or_init(|| {
        let mut messages = Blocks::new(&State::INITIAL);
        for _ in 0..128 {
            messages.push(|out| out.resize(out.len() + 100, b'x'));
        }
        let mut digests = Vec::new();
        let mut once = |engine: Engine| {
            let started = Instant::now();
            engine.hash(&messages, &mut digests);
            started.elapsed()
        };
        // The shortest of several is the one that nothing else disturbed.
        let mut best = |engine| (0..8).map(|_| once(engine)).min().unwrap_or(Duration::MAX);
        Engine::available().min_by_key(|engine| best(*engine)).unwrap_or(Engine::portable())
    })
}

/// The pre-signed URLs of many keys.
#[derive(Clone)]
pub struct PresignedMany {
    pieces: Vec<Urls>,
    headers: Vec<(String, String)>,
    key_time: KeyTime,
    effective_end: i64,
    warnings: Vec<Warning>,
}

impl PresignedMany {
    /// Signs; `one` is the same request for the bucket itself.
    pub(crate) fn of<K: AsRef<str> + Sync>(
        one: &Presigned,
        batch: &Batch,
        keys: &[K],
        threads: usize,
    ) -> Result<Self, SignManyError> {
        let piece = |batch: &mut Batch, (number, keys): (usize, &[K])| {
            let mut urls = Urls::new();
            let signed = batch.presign(keys.iter().map(AsRef::as_ref), &mut urls);
            signed.map(|()| urls).map_err(|error| BatchError {
                position: error.position.saturating_add(number.saturating_mul(PIECE)),
                ..error
            })
        };
        let pieces = match threads {
            1 => {
                let mut batch = batch.clone();
                keys.chunks(PIECE).enumerate().map(|keys| piece(&mut batch, keys)).collect()
            }
            threads => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let pool = pool.map_err(|error| SignManyError::Threads(error.to_string()))?;
                pool.install(|| -> Result<Vec<Urls>, BatchError> {
                    let pieces = keys.par_chunks(PIECE).enumerate();
                    // All of them are waited for, so that it is the first key that is named.
                    let pieces: Vec<_> = pieces.map_init(|| batch.clone(), piece).collect();
                    pieces.into_iter().collect()
                })
            }
        };
        Ok(Self {
            pieces: pieces.map_err(SignManyError::Key)?,
            headers: one.headers().to_vec(),
            key_time: one.key_time(),
            effective_end: one.effective_end(),
            warnings: one.warnings(),
        })
    }

    /// The URLs, in the order of the keys.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().flat_map(Urls::iter)
    }

    /// The same in pieces, as they were made: each is the two buffers of an Arrow array.
    pub fn into_pieces(self) -> Vec<Urls> {
        self.pieces
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(Urls::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The headers that must be sent with each of them: see [`Presigned::headers`].
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// From when to when the signatures hold.
    pub fn key_time(&self) -> KeyTime {
        self.key_time
    }

    /// The last second at which the service takes them, Unix time: see [`Presigned::effective_end`].
    pub fn effective_end(&self) -> i64 {
        self.effective_end
    }

    /// What is valid and yet a risk, of each of them.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// Each URL lets whoever has it make a request.
impl fmt::Debug for PresignedMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresignedMany")
            .field("len", &self.len())
            .field("key_time", &self.key_time)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// Why nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignManyError {
    /// No key can be signed.
    Request(SignError),
    /// One key cannot.
    Key(BatchError),
    /// The system gives no threads; its words.
    Threads(String),
}

impl SignManyError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Request(error) => error.cause(),
            Self::Key(error) => error.cause(),
            Self::Threads(_) => "threads",
        }
    }
}

impl fmt::Display for SignManyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => write!(f, "{error}"),
            Self::Key(error) => write!(f, "{error}"),
            Self::Threads(words) => {
                write!(f, "the threads could not be started: {words}; ask for fewer")
            }
        }
    }
}

impl Error for SignManyError {}

impl From<SignError> for SignManyError {
    fn from(error: SignError) -> Self {
        Self::Request(error)
    }
}
