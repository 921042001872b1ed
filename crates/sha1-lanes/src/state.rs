//! What SHA-1 remembers between two blocks.

use zeroize::Zeroize;

use crate::portable;

/// A hash: 20 bytes.
pub type Digest = [u8; 20];

/// The bytes of a block.
pub(crate) const BLOCK: usize = 64;

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
    pub const INITIAL: Self = Self {
        words: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0],
        blocks: 0,
    };

    /// The state behind one more block.
    #[must_use]
    pub fn after(&self, block: &[u8; BLOCK]) -> Self {
        let mut words = self.words.map(|word| [word]);
        portable::compress(&mut words, [block]);
        Self { words: words.map(|[word]| word), blocks: self.blocks.saturating_add(1) }
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
        let padded = |pad: u8| {
            let mut block = [pad; BLOCK];
            block.get_mut(..key.len())?.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            Some(Self::INITIAL.after(&block))
        };
        Some([padded(0x36)?, padded(0x5c)?])
    }

    pub(crate) fn words(&self) -> [u32; 5] {
        self.words
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

/// The digest that words stand for.
pub(crate) fn digest(words: [u32; 5]) -> Digest {
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}
