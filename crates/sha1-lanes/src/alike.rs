//! Messages that differ in a few bytes at one place, as the two texts of HMAC do from one signature to the next.

use crate::State;
use crate::blocks::Blocks;
use crate::state::BLOCK;

/// Copies of one message, padded, in each of which other bytes stand at one place. What they have in common is written once.
#[derive(Clone, Debug)]
pub struct Alike {
    messages: Blocks,
    /// Bytes of a message with its padding.
    length: usize,
    hole: usize,
}

impl Alike {
    /// None yet, to be hashed from that state on; the bytes of each will stand in place of those of `message` from `hole` on.
    ///
    /// ```
    /// use sha1_lanes::{Alike, Engine, State};
    ///
    /// let mut messages = Alike::new(&State::INITIAL, b"a__", 1);
    /// messages.fill([*b"bc", *b"xy"].into_iter());
    /// let mut digests = Vec::new();
    /// Engine::portable().hash(messages.messages(), &mut digests);
    /// assert_eq!(digests, [State::INITIAL.hash(b"abc"), State::INITIAL.hash(b"axy")]);
    /// ```
    pub fn new(start: &State, message: &[u8], hole: usize) -> Self {
        let mut messages = Blocks::new(start);
        messages.push(|out| out.extend_from_slice(message));
        Self { length: messages.blocks().len() * BLOCK, messages, hole }
    }

    /// Makes these the messages. Of bytes that do not fit in, nothing is written.
    pub fn fill<const N: usize>(&mut self, all: impl ExactSizeIterator<Item = [u8; N]>) {
        let bytes = self.messages.copies(all.len(), self.length);
        for (message, new) in bytes.chunks_exact_mut(self.length).zip(all) {
            let place = message.get_mut(self.hole..).and_then(|behind| behind.first_chunk_mut());
            place.into_iter().for_each(|place| *place = new);
        }
    }

    /// The messages, to be hashed.
    pub fn messages(&self) -> &Blocks {
        &self.messages
    }
}
