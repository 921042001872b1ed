//! Four lanes by the instructions that are made for SHA-1: one lane waits for itself, four wait less.
#![allow(unsafe_code, reason = "intrinsics, see the module above")]
#![allow(clippy::indexing_slicing, reason = "the indices are constants, or count the lanes")]

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
    let mut words = blocks.map(|block| {
        let big_endian = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        let [w0, w1, w2, w3] = block.as_chunks::<16>().0 else {
            return [_mm_setzero_si128(); 4];
        };
        [w0, w1, w2, w3].map(|quarter| {
            // SAFETY: 16 bytes are read, which is what the array has; `loadu` asks for no alignment.
            let quarter = unsafe { _mm_loadu_si128(quarter.as_ptr().cast()) };
            _mm_shuffle_epi8(quarter, big_endian)
        })
    });
    let [a, b, c, d, e] = state.each_ref().map(|words| words.map(u32::cast_signed));
    let abcd_before: [__m128i; LANES] =
        std::array::from_fn(|lane| _mm_set_epi32(a[lane], b[lane], c[lane], d[lane]));
    let e_before = e.map(|word| _mm_set_epi32(word, 0, 0, 0));
    let (mut abcd, mut previous) = (abcd_before, e_before);
    groups!(0, words, abcd, previous, 0 1 2 3 4);
    groups!(1, words, abcd, previous, 5 6 7 8 9);
    groups!(2, words, abcd, previous, 10 11 12 13 14);
    groups!(3, words, abcd, previous, 15 16 17 18 19);
    let [a, b, c, d, e] = state;
    for lane in 0..LANES {
        let sum = _mm_add_epi32(abcd[lane], abcd_before[lane]);
        a[lane] = _mm_extract_epi32::<3>(sum).cast_unsigned();
        b[lane] = _mm_extract_epi32::<2>(sum).cast_unsigned();
        c[lane] = _mm_extract_epi32::<1>(sum).cast_unsigned();
        d[lane] = _mm_extract_epi32::<0>(sum).cast_unsigned();
        let last = _mm_sha1nexte_epu32(previous[lane], e_before[lane]);
        e[lane] = _mm_extract_epi32::<3>(last).cast_unsigned();
    }
}
