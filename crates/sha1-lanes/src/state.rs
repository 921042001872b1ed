//! What SHA-1 remembers between two blocks.

use zeroize::Zeroize;

use crate::single;

/// A hash: 20 bytes.
pub type Digest = [u8; 20];

/// The bytes of a block.
pub(crate) const BLOCK: usize = 64;

pub(crate) const INITIAL_WORDS: [u32; 5] =
    [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// The five words between two blocks, and how many blocks led there.
///
/// Wiped when dropped, and not printed by `Debug`: the state behind the first block of HMAC is as good as its key.
#[derive(Clone)]
pub struct State {
    words: [u32; 5],
    blocks: u64,
}

impl State {
    /// Before the first block (FIPS 180-4 §5.3.1).
    pub const INITIAL: Self = Self { words: INITIAL_WORDS, blocks: 0 };

    /// The state behind one more block.
    #[must_use]
    pub fn after(&self, block: &[u8; BLOCK]) -> Self {
        let mut state = Self { words: self.words, blocks: self.blocks.saturating_add(1) };
        single::compress(&mut state.words, std::slice::from_ref(block));
        state
    }

    /// The hash of a message that goes on from here.
    ///
    /// ```
    /// use sha1_lanes::State;
    ///
    /// assert_eq!(State::INITIAL.hash(b"abc")[..4], [0xa9, 0x99, 0x3e, 0x36]);
    /// ```
    pub fn hash(&self, message: &[u8]) -> Digest {
        let (blocks, rest) = message.as_chunks();
        let tail = Tail::new(rest, self.bytes().wrapping_add(message.len() as u64));
        let mut words = self.words;
        single::compress(&mut words, blocks);
        single::compress(&mut words, tail.blocks());
        digest(words)
    }

    /// The two states in which HMAC (RFC 2104) begins its inner and its outer hash, for a key of at most 64 bytes.
    /// `None` if the key is longer: RFC 2104 hashes it first.
    ///
    /// ```
    /// use sha1_lanes::{Blocks, Engine, State};
    ///
    /// // RFC 2202, test case 2.
    /// let [inner, outer] = State::hmac(b"Jefe").unwrap();
    /// let (engine, mut digests) = (Engine::portable(), Vec::new());
    /// let mut messages = Blocks::new(&inner);
    /// messages.push(|out| out.extend_from_slice(b"what do ya want for nothing?"));
    /// engine.hash(&messages, &mut digests);
    /// let mut messages = Blocks::new(&outer);
    /// messages.push(|out| out.extend_from_slice(&digests[0]));
    /// engine.hash(&messages, &mut digests);
    /// assert_eq!(digests[0][..4], [0xef, 0xfc, 0xdf, 0x6a]);
    /// ```
    pub fn hmac(key: &[u8]) -> Option<[Self; 2]> {
        (key.len() <= BLOCK).then(|| Self::of_padded_key(key))
    }

    /// Like [`hmac`](Self::hmac), of the first 64 bytes of a key.
    pub(crate) fn of_padded_key(key: &[u8]) -> [Self; 2] {
        [0x36, 0x5c].map(|pad| {
            let mut block = [pad; BLOCK];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            let state = Self::INITIAL.after(&block);
            block.zeroize();
            state
        })
    }

    /// With those words behind one block.
    #[inline]
    pub(crate) fn behind_one(words: [u32; 5]) -> Self {
        Self { words, blocks: 1 }
    }

    #[inline]
    pub(crate) fn words(&self) -> &[u32; 5] {
        &self.words
    }

    /// How many bytes led here.
    pub(crate) fn bytes(&self) -> u64 {
        self.blocks.saturating_mul(BLOCK as u64)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("blocks", &self.blocks).finish_non_exhaustive()
    }
}

/// The end of a message, padded: the bytes behind its last whole block, a one, zeros, and the length in bits
/// (FIPS 180-4 §5.1.1).
pub(crate) struct Tail {
    bytes: [[u8; BLOCK]; 2],
    blocks: usize,
}

impl Tail {
    /// Of fewer than 64 bytes; `length` is that of the whole message, in bytes.
    #[inline]
    pub(crate) fn new(rest: &[u8], length: u64) -> Self {
        let blocks = if rest.len() + 9 <= BLOCK { 1 } else { 2 };
        let mut tail = Self { bytes: [[0; BLOCK]; 2], blocks };
        let bytes = tail.bytes.as_flattened_mut();
        if let Some((place, behind)) = bytes.split_at_mut_checked(rest.len()) {
            place.copy_from_slice(rest);
            behind.iter_mut().take(1).for_each(|byte| *byte = 0x80);
        }
        let bits = length.wrapping_mul(8).to_be_bytes();
        if let Some(place) = tail.bytes.get_mut(blocks - 1).and_then(|block| block.last_chunk_mut())
        {
            *place = bits;
        }
        tail
    }

    #[inline]
    pub(crate) fn blocks(&self) -> &[[u8; BLOCK]] {
        self.bytes.get(..self.blocks).unwrap_or_default()
    }
}

/// The digest that words stand for.
pub(crate) fn digest(words: [u32; 5]) -> Digest {
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}
