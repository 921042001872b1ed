//! Four lanes by the instructions that are made for SHA-1: one lane waits for itself, four wait less.
#![allow(unsafe_code, reason = "intrinsics, see the module above")]
#![allow(clippy::indexing_slicing, reason = "the indices are constants, or count the lanes")]

mod single;

use std::arch::x86_64::*;

use crate::state::BLOCK;

const LANES: usize = 4;

/// The processor has SHA, SSSE3 and SSE4.1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShaNi(());

impl ShaNi {
    pub(crate) fn detect() -> Option<Self> {
        let is_there = is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("ssse3")
            && is_x86_feature_detected!("sse4.1");
        is_there.then_some(Self(()))
    }

    pub(crate) fn compress(self, state: &mut [[u32; LANES]; 5], blocks: [&[u8; BLOCK]; LANES]) {
        // SAFETY: `self` exists, so `detect` found the features.
        unsafe { compress(state, blocks) }
    }
}

/// Four steps in each lane, with function `F` of the four.
macro_rules! groups {
    ($f:literal, $words:ident, $abcd:ident, $e:ident, $($group:literal)*) => {
        $(for lane in 0..LANES {
            const G: usize = $group;
            let w = &mut $words[lane];
            if G >= 4 {
                let mixed = _mm_sha1msg1_epu32(w[G % 4], w[(G + 1) % 4]);
                let mixed = _mm_xor_si128(mixed, w[(G + 2) % 4]);
                w[G % 4] = _mm_sha1msg2_epu32(mixed, w[(G + 3) % 4]);
            }
            let e = match G {
                0 => _mm_add_epi32($e[lane], w[0]),
                _ => _mm_sha1nexte_epu32($e[lane], w[G % 4]),
            };
            $e[lane] = $abcd[lane];
            $abcd[lane] = _mm_sha1rnds4_epu32::<$f>($abcd[lane], e);
        })*
    };
}

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn compress(state: &mut [[u32; LANES]; 5], blocks: [&[u8; BLOCK]; LANES]) {
    let words = blocks.map(|block| load(block));
    let [a, b, c, d, e] = state.each_ref().map(|words| words.map(u32::cast_signed));
    let abcd = std::array::from_fn(|lane| _mm_set_epi32(a[lane], b[lane], c[lane], d[lane]));
    let (abcd, e) = eighty_steps(abcd, e.map(|word| _mm_set_epi32(word, 0, 0, 0)), words);
    let [a, b, c, d, e_words] = state;
    for lane in 0..LANES {
        a[lane] = _mm_extract_epi32::<3>(abcd[lane]).cast_unsigned();
        b[lane] = _mm_extract_epi32::<2>(abcd[lane]).cast_unsigned();
        c[lane] = _mm_extract_epi32::<1>(abcd[lane]).cast_unsigned();
        d[lane] = _mm_extract_epi32::<0>(abcd[lane]).cast_unsigned();
        e_words[lane] = _mm_extract_epi32::<3>(e[lane]).cast_unsigned();
    }
}

/// The words of a block, the first one highest.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn load(block: &[u8; BLOCK]) -> [__m128i; 4] {
    let [w0, w1, w2, w3] = block.as_chunks::<16>().0 else {
        return [_mm_setzero_si128(); 4];
    };
    [w0, w1, w2, w3].map(|quarter| reversed(load_quarter(quarter)))
}

#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn load_quarter(quarter: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are read, which is what the array has; `loadu` asks for no alignment.
    unsafe { _mm_loadu_si128(quarter.as_ptr().cast()) }
}

/// Sixteen bytes, the last one first.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn reversed(bytes: __m128i) -> __m128i {
    _mm_shuffle_epi8(bytes, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
}

/// A block in each lane: `abcd` with `a` highest, and `e` with three zeros below it.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn eighty_steps<const LANES: usize>(
    abcd_before: [__m128i; LANES],
    e_before: [__m128i; LANES],
    mut words: [[__m128i; 4]; LANES],
) -> ([__m128i; LANES], [__m128i; LANES]) {
    let (mut abcd, mut previous) = (abcd_before, e_before);
    groups!(0, words, abcd, previous, 0 1 2 3 4);
    groups!(1, words, abcd, previous, 5 6 7 8 9);
    groups!(2, words, abcd, previous, 10 11 12 13 14);
    groups!(3, words, abcd, previous, 15 16 17 18 19);
    for lane in 0..LANES {
        abcd[lane] = _mm_add_epi32(abcd[lane], abcd_before[lane]);
        previous[lane] = _mm_sha1nexte_epu32(previous[lane], e_before[lane]);
    }
    (abcd, previous)
}
