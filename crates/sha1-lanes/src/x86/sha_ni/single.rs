//! One lane: everything of a signature stays in registers, since each step waits for the one before it anyway.
#![allow(unsafe_code, reason = "intrinsics, see the module above")]
#![allow(clippy::indexing_slicing, reason = "the indices are constants, or bound by the types")]

use std::arch::x86_64::*;

use super::{ShaNi, eighty_steps, load, load_quarter, reversed};
use crate::hmac::{HexMessage, QUARTERS};
use crate::state::{BLOCK, Digest};

impl ShaNi {
    /// Compresses blocks one after the other.
    pub(crate) fn compress_all(self, words: &mut [u32; 5], blocks: &[[u8; BLOCK]]) {
        // SAFETY: `self` exists, so `detect` found the features.
        unsafe { compress_all(words, blocks) }
    }

    /// The HMAC of a message that the hash of `hashed` (padded blocks, `tail` after `blocks`) stands in.
    #[inline]
    pub(crate) fn mac_of_hash(
        self,
        [inner, outer]: [&[u32; 5]; 2],
        start: &[u32; 5],
        [blocks, tail]: [&[[u8; BLOCK]]; 2],
        message: &HexMessage,
    ) -> Digest {
        // SAFETY: as above.
        unsafe { mac_of_hash([inner, outer], start, [blocks, tail], message) }
    }
}

/// Five words in two registers.
#[derive(Clone, Copy)]
struct Words {
    abcd: __m128i,
    e: __m128i,
}

impl Words {
    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn load([a, b, c, d, e]: &[u32; 5]) -> Self {
        let [a, b, c, d, e] = [*a, *b, *c, *d, *e].map(u32::cast_signed);
        Self { abcd: _mm_set_epi32(a, b, c, d), e: _mm_set_epi32(e, 0, 0, 0) }
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn store(self) -> [u32; 5] {
        [
            _mm_extract_epi32::<3>(self.abcd).cast_unsigned(),
            _mm_extract_epi32::<2>(self.abcd).cast_unsigned(),
            _mm_extract_epi32::<1>(self.abcd).cast_unsigned(),
            _mm_extract_epi32::<0>(self.abcd).cast_unsigned(),
            _mm_extract_epi32::<3>(self.e).cast_unsigned(),
        ]
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn after(self, block: [__m128i; 4]) -> Self {
        let ([abcd], [e]) = eighty_steps([self.abcd], [self.e], [block]);
        Self { abcd, e }
    }

    /// As bytes: the first sixteen, and the last four with zeros behind them.
    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn bytes(self) -> [__m128i; 2] {
        [reversed(self.abcd), reversed(self.e)]
    }
}

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn compress_all(words: &mut [u32; 5], blocks: &[[u8; BLOCK]]) {
    let mut state = Words::load(words);
    for block in blocks {
        state = state.after(load(block));
    }
    *words = state.store();
}

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn mac_of_hash(
    [inner, outer]: [&[u32; 5]; 2],
    start: &[u32; 5],
    [blocks, tail]: [&[[u8; BLOCK]]; 2],
    message: &HexMessage,
) -> Digest {
    let mut hash = Words::load(start);
    for block in blocks.iter().chain(tail) {
        hash = hash.after(load(block));
    }
    let mut words = Words::load(inner);
    let (message, count) = with_hex(message, hash);
    for block in message.as_chunks::<4>().0.iter().take(count) {
        words = words.after(block.map(|quarter| reversed(quarter)));
    }
    // The outer message: twenty bytes, and the padding that FIPS 180-4 puts behind them and one block.
    let length = (BLOCK as i32 + 20) * 8;
    let end = _mm_set_epi32(0, 0x8000_0000_u32.cast_signed(), 0, 0);
    let block = [
        words.abcd,
        _mm_or_si128(words.e, end),
        _mm_setzero_si128(),
        _mm_set_epi32(0, 0, 0, length),
    ];
    let [first, last] = Words::load(outer).after(block).bytes();
    let mut digest = [0; 20];
    if let ([quarter], rest) = digest.as_chunks_mut::<16>() {
        // SAFETY: sixteen bytes are written, which is what the array has.
        unsafe { _mm_storeu_si128(quarter.as_mut_ptr().cast(), first) };
        rest.copy_from_slice(&_mm_cvtsi128_si32(last).to_le_bytes());
    }
    digest
}

/// The message with the hex digits of the hash in their place, and how many blocks it has.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn with_hex(message: &HexMessage, hash: Words) -> ([__m128i; QUARTERS], usize) {
    let mut quarters = message.quarters().each_ref().map(|quarter| load_quarter(quarter));
    let [first, last] = hash.bytes();
    let [h0, h1] = hex(first);
    let [h2, _] = hex(last);
    let h2 = _mm_move_epi64(h2);
    let (quarter, byte) = message.hex_at();
    let (up, down) = (load_quarter(&UP[byte % 16]), load_quarter(&DOWN[byte % 16]));
    let shifted = [
        _mm_shuffle_epi8(h0, up),
        _mm_or_si128(_mm_shuffle_epi8(h0, down), _mm_shuffle_epi8(h1, up)),
        _mm_or_si128(_mm_shuffle_epi8(h1, down), _mm_shuffle_epi8(h2, up)),
        _mm_shuffle_epi8(h2, down),
    ];
    for (place, digits) in quarters.iter_mut().skip(quarter).zip(shifted) {
        *place = _mm_or_si128(*place, digits);
    }
    (quarters, message.blocks())
}

/// Two lower-case hex digits for each byte.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn hex(bytes: __m128i) -> [__m128i; 2] {
    let nibble = _mm_set1_epi8(0x0f);
    let digits = load_quarter(b"0123456789abcdef");
    let high = _mm_and_si128(_mm_srli_epi16::<4>(bytes), nibble);
    let low = _mm_and_si128(bytes, nibble);
    [_mm_unpacklo_epi8(high, low), _mm_unpackhi_epi8(high, low)]
        .map(|nibbles| _mm_shuffle_epi8(digits, nibbles))
}

/// For `pshufb`: the first byte goes to the place of that number, zeros before it.
static UP: [[u8; 16]; 16] = shuffles(16);
/// The bytes that `UP` leaves no room for, from the first place on, zeros behind them.
static DOWN: [[u8; 16]; 16] = shuffles(32);

const fn shuffles(from: usize) -> [[u8; 16]; 16] {
    let mut shuffles = [[0x80; 16]; 16];
    let mut byte = 0;
    while byte < 16 {
        let mut place = 0;
        while place < 16 {
            // Which byte comes here, if it is one of the sixteen.
            let source = from + place;
            if source >= 16 + byte && source < 32 + byte {
                shuffles[byte][place] = (source - 16 - byte) as u8;
            }
            place += 1;
        }
        byte += 1;
    }
    shuffles
}
