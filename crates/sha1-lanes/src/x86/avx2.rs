//! Eight lanes in registers of 256 bits.
#![allow(unsafe_code, reason = "intrinsics, see the module above")]
#![allow(clippy::indexing_slicing, reason = "the indices are constants, or count the lanes")]

use std::arch::x86_64::*;

use crate::state::BLOCK;
use crate::steps::{eighty_steps, steps};

const LANES: usize = 8;

/// The processor has AVX2.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub(crate) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    pub(crate) fn compress(self, state: &mut [[u32; LANES]; 5], blocks: [&[u8; BLOCK]; LANES]) {
        // SAFETY: `self` exists, so `detect` found the feature.
        unsafe { compress(state, blocks) }
    }
}

#[target_feature(enable = "avx2")]
fn compress(state: &mut [[u32; LANES]; 5], blocks: [&[u8; BLOCK]; LANES]) {
    let halves = [0, 1].map(|half| {
        transpose(blocks.map(|block| {
            let [low, high] = block.as_chunks::<32>().0 else { return _mm256_setzero_si256() };
            let half = if half == 0 { low } else { high };
            // SAFETY: 32 bytes are read, which is what the array has; `loadu` asks for no alignment.
            let half = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
            _mm256_shuffle_epi8(half, big_endian())
        }))
    });
    let mut words: [__m256i; 16] = std::array::from_fn(|word| halves[word / 8][word % 8]);
    let before = state.each_ref().map(|words| {
        // SAFETY: as above, eight words of four bytes.
        unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
    });
    let mut state_words = before;
    eighty_steps!(state_words, words);
    for (words, (before, more)) in state.iter_mut().zip(before.into_iter().zip(state_words)) {
        // SAFETY: 32 bytes are written, which is what the array has.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), add(before, more)) };
    }
}

/// Eight rows of eight words, turned.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(rows: [__m256i; LANES]) -> [__m256i; LANES] {
    // Of four rows each: in each half of vector `j`, the words `j` of that half of the four rows.
    let quads: [[__m256i; 4]; 2] = std::array::from_fn(|quad| {
        let [r0, r1, r2, r3] = [0, 1, 2, 3].map(|row| rows[4 * quad + row]);
        let (low, high) = (_mm256_unpacklo_epi32(r0, r1), _mm256_unpackhi_epi32(r0, r1));
        let (low_2, high_2) = (_mm256_unpacklo_epi32(r2, r3), _mm256_unpackhi_epi32(r2, r3));
        [
            _mm256_unpacklo_epi64(low, low_2),
            _mm256_unpackhi_epi64(low, low_2),
            _mm256_unpacklo_epi64(high, high_2),
            _mm256_unpackhi_epi64(high, high_2),
        ]
    });
    std::array::from_fn(|column| {
        let (low, high) = (quads[0][column % 4], quads[1][column % 4]);
        if column < 4 {
            _mm256_permute2x128_si256::<0x20>(low, high)
        } else {
            _mm256_permute2x128_si256::<0x31>(low, high)
        }
    })
}

/// Turns the bytes of each word round.
#[inline]
#[target_feature(enable = "avx2")]
fn big_endian() -> __m256i {
    let of_half = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    _mm256_broadcastsi128_si256(of_half)
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(a: __m256i, b: __m256i) -> __m256i {
    _mm256_add_epi32(a, b)
}

#[inline]
#[target_feature(enable = "avx2")]
fn xor(a: __m256i, b: __m256i) -> __m256i {
    _mm256_xor_si256(a, b)
}

#[inline]
#[target_feature(enable = "avx2")]
fn rotate<const LEFT: i32, const RIGHT: i32>(word: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_slli_epi32::<LEFT>(word), _mm256_srli_epi32::<RIGHT>(word))
}

#[inline]
#[target_feature(enable = "avx2")]
fn choice(b: __m256i, c: __m256i, d: __m256i) -> __m256i {
    xor(d, _mm256_and_si256(b, xor(c, d)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn parity(b: __m256i, c: __m256i, d: __m256i) -> __m256i {
    xor(b, xor(c, d))
}

#[inline]
#[target_feature(enable = "avx2")]
fn majority(b: __m256i, c: __m256i, d: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_and_si256(b, c), _mm256_and_si256(d, _mm256_or_si256(b, c)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn splat(word: u32) -> __m256i {
    _mm256_set1_epi32(word.cast_signed())
}
