//! Messages, padded and one after the other, so that every lane finds whole blocks.

use crate::State;
use crate::state::BLOCK;

/// A one, and as many zeros as a message may need with its length behind them: writing all and cutting what is too much takes
/// less time than counting them first.
const PADDING: [u8; BLOCK + 8] = {
    let mut padding = [0; BLOCK + 8];
    padding[0] = 0x80;
    padding
};

/// Messages to be hashed from one state on. Cleared, it keeps its memory.
#[derive(Clone, Debug)]
pub struct Blocks {
    start: State,
    bytes: Vec<u8>,
    /// How many blocks there are up to the end of each message.
    ends: Vec<usize>,
}

impl Blocks {
    /// No messages yet, to be hashed from that state on.
    pub fn new(start: &State) -> Self {
        Self { start: start.clone(), bytes: Vec::new(), ends: Vec::new() }
    }

    /// Forgets the messages.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Adds a message: what `write` appends. It must not change what is there before.
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let begin = self.bytes.len();
        write(&mut self.bytes);
        debug_assert!(self.bytes.len() >= begin, "the messages before were cut");
        // A message that took some of those before with it begins where they end now.
        self.bytes.resize(self.bytes.len().max(begin), 0);
        let length = self.bytes.len() - begin;
        let bits = self.start.bytes().wrapping_add(length as u64).wrapping_mul(8);
        // FIPS 180-4 §5.1.1: a one, zeros, and the length in bits.
        let padded = (length + 9).next_multiple_of(BLOCK);
        self.bytes.extend_from_slice(&PADDING);
        self.bytes.truncate(begin + padded);
        if let Some(end) = self.bytes.last_chunk_mut() {
            *end = bits.to_be_bytes();
        }
        self.ends.push(self.bytes.len() / BLOCK);
    }

    /// Makes these so many copies of the first message, which is so many bytes long with its padding; those that there are
    /// already stay as they are. Gives their bytes.
    pub(crate) fn copies(&mut self, count: usize, length: usize) -> &mut [u8] {
        while self.bytes.len() < count.saturating_mul(length) {
            self.bytes.extend_from_within(..length.min(self.bytes.len()));
        }
        self.ends.clear();
        self.ends.extend((1..=count).map(|number| number * (length / BLOCK)));
        self.bytes.get_mut(..count * length).unwrap_or_default()
    }

    /// How many blocks each message has, if all have as many.
    pub(crate) fn each(&self) -> Option<usize> {
        let first = *self.ends.first()?;
        let is_next = |(number, end): (usize, &usize)| *end == (number + 1) * first;
        self.ends.iter().enumerate().all(is_next).then_some(first)
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(crate) fn start(&self) -> &State {
        &self.start
    }

    pub(crate) fn blocks(&self) -> &[[u8; BLOCK]] {
        self.bytes.as_chunks().0
    }

    pub(crate) fn ends(&self) -> &[usize] {
        &self.ends
    }
}
