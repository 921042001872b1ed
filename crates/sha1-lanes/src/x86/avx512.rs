//! Sixteen lanes in registers of 512 bits.
#![allow(unsafe_code, reason = "intrinsics, see the module above")]
#![allow(clippy::indexing_slicing, reason = "the indices are constants, or count the lanes")]

use std::arch::x86_64::*;

use crate::state::BLOCK;
use crate::steps::{eighty_steps, steps};

const LANES: usize = 16;

/// The processor has AVX-512 F and BW.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avx512(());

impl Avx512 {
    pub(crate) fn detect() -> Option<Self> {
        let is_there = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        is_there.then_some(Self(()))
    }

    pub(crate) fn compress(self, state: &mut [[u32; LANES]; 5], blocks: [&[u8; BLOCK]; LANES]) {
        // SAFETY: `self` exists, so `detect` found the features.
        unsafe { compress(state, blocks) }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn compress(state: &mut [[u32; LANES]; 5], blocks: [&[u8; BLOCK]; LANES]) {
    let mut words = transpose(blocks.map(|block| {
        // SAFETY: 64 bytes are read, which is what the array has; `loadu` asks for no alignment.
        let block = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        _mm512_shuffle_epi8(block, big_endian())
    }));
    let before = state.each_ref().map(|words| {
        // SAFETY: as above, sixteen words of four bytes.
        unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
    });
    let mut state_words = before;
    eighty_steps!(state_words, words);
    for (words, (before, more)) in state.iter_mut().zip(before.into_iter().zip(state_words)) {
        // SAFETY: 64 bytes are written, which is what the array has.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), add(before, more)) };
    }
}

/// Sixteen rows of sixteen words, turned.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose(rows: [__m512i; LANES]) -> [__m512i; LANES] {
    // Of four rows each: in each quarter of vector `j`, the words `j` of that quarter of the four rows.
    let quads: [[__m512i; 4]; 4] = std::array::from_fn(|quad| {
        let [r0, r1, r2, r3] = [0, 1, 2, 3].map(|row| rows[4 * quad + row]);
        let (low, high) = (_mm512_unpacklo_epi32(r0, r1), _mm512_unpackhi_epi32(r0, r1));
        let (low_2, high_2) = (_mm512_unpacklo_epi32(r2, r3), _mm512_unpackhi_epi32(r2, r3));
        [
            _mm512_unpacklo_epi64(low, low_2),
            _mm512_unpackhi_epi64(low, low_2),
            _mm512_unpacklo_epi64(high, high_2),
            _mm512_unpackhi_epi64(high, high_2),
        ]
    });
    // Quarter `i` of the four vectors `j` makes the column `4 i + j`.
    let columns: [[__m512i; 4]; 4] = std::array::from_fn(|j| {
        let [q0, q1, q2, q3] = quads.map(|quad| quad[j]);
        let (low, high) =
            (_mm512_shuffle_i32x4::<0x44>(q0, q1), _mm512_shuffle_i32x4::<0xee>(q0, q1));
        let (low_2, high_2) =
            (_mm512_shuffle_i32x4::<0x44>(q2, q3), _mm512_shuffle_i32x4::<0xee>(q2, q3));
        [
            _mm512_shuffle_i32x4::<0x88>(low, low_2),
            _mm512_shuffle_i32x4::<0xdd>(low, low_2),
            _mm512_shuffle_i32x4::<0x88>(high, high_2),
            _mm512_shuffle_i32x4::<0xdd>(high, high_2),
        ]
    });
    std::array::from_fn(|column| columns[column % 4][column / 4])
}

/// Turns the bytes of each word round.
#[inline]
#[target_feature(enable = "avx512f")]
fn big_endian() -> __m512i {
    _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add(a: __m512i, b: __m512i) -> __m512i {
    _mm512_add_epi32(a, b)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn xor(a: __m512i, b: __m512i) -> __m512i {
    _mm512_xor_si512(a, b)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn rotate<const LEFT: i32, const RIGHT: i32>(word: __m512i) -> __m512i {
    _mm512_rol_epi32::<LEFT>(word)
}

/// The truth table of `d ^ (b & (c ^ d))`.
#[inline]
#[target_feature(enable = "avx512f")]
fn choice(b: __m512i, c: __m512i, d: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0xca>(b, c, d)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn parity(b: __m512i, c: __m512i, d: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0x96>(b, c, d)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn majority(b: __m512i, c: __m512i, d: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0xe8>(b, c, d)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn splat(word: u32) -> __m512i {
    _mm512_set1_epi32(word.cast_signed())
}
