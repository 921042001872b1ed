//! The compression of MD5: 64 steps for each block of 64 bytes (RFC 1321, 3.4).

use std::hint::black_box;

pub(crate) type State = [u32; 4];
pub(crate) type Block = [u8; BLOCK];
type Words = [u32; 16];

pub(crate) const BLOCK: usize = 64;

/// RFC 1321, 3.3.
pub(crate) const START: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// By how much the four steps of each round rotate.
const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

pub(crate) fn compress(state: &mut State, blocks: &[Block]) {
    let table = black_box(&TABLE);
    for block in blocks {
        let [done] = rounds([*state], [words(block)], table);
        add(state, done);
    }
}

/// As [`compress`], of two messages, as many blocks of each as both have. Each step of one is done while the other waits for
/// its own, so that both together take little longer than one alone.
pub(crate) fn compress_both(
    (state, blocks): (&mut State, &[Block]),
    (other_state, other_blocks): (&mut State, &[Block]),
) {
    let table = black_box(&TABLE);
    for (block, other) in blocks.iter().zip(other_blocks) {
        let of_both = [words(block), words(other)];
        let [done, other_done] = rounds([*state, *other_state], of_both, table);
        add(state, done);
        add(other_state, other_done);
    }
}

/// The sixteen numbers of a block.
#[inline(always)]
fn words(block: &Block) -> Words {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

#[inline(always)]
fn add(state: &mut State, done: State) {
    for (state, done) in state.iter_mut().zip(done) {
        *state = state.wrapping_add(done);
    }
}

/// The four rounds: the words of a block in four orders, each with a function of its own.
#[inline(always)]
fn rounds<const N: usize>(
    states: [State; N],
    words: [Words; N],
    table: &[[u32; 16]; 4],
) -> [State; N] {
    let [k1, k2, k3, k4] = table;
    let [s1, s2, s3, s4] = SHIFTS;
    let states = round(states, words, k1, s1, |sum, x, y, z| sum.wrapping_add(z ^ (x & (y ^ z))));
    let order =
        words.map(|[m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15]| {
            [m1, m6, m11, m0, m5, m10, m15, m4, m9, m14, m3, m8, m13, m2, m7, m12]
        });
    // The two have no bit in common, so that they may be added, and the one without `x` need not wait for it.
    let states =
        round(states, order, k2, s2, |sum, x, y, z| sum.wrapping_add(y & !z).wrapping_add(x & z));
    let order =
        words.map(|[m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15]| {
            [m5, m8, m11, m14, m1, m4, m7, m10, m13, m0, m3, m6, m9, m12, m15, m2]
        });
    let states = round(states, order, k3, s3, |sum, x, y, z| sum.wrapping_add(x ^ (y ^ z)));
    let order =
        words.map(|[m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15]| {
            [m0, m7, m14, m5, m12, m3, m10, m1, m8, m15, m6, m13, m4, m11, m2, m9]
        });
    round(states, order, k4, s4, |sum, x, y, z| sum.wrapping_add(y ^ (x | !z)))
}

/// Sixteen steps of each message. `mix` adds the function of a round to a sum.
#[inline(always)]
fn round<const N: usize>(
    mut states: [State; N],
    words: [Words; N],
    table: &[u32; 16],
    [s1, s2, s3, s4]: [u32; 4],
    mix: impl Fn(u32, u32, u32, u32) -> u32,
) -> [State; N] {
    let step = |a: u32, b: u32, c: u32, d: u32, word: u32, constant: u32, shift: u32| {
        let sum = a.wrapping_add(word).wrapping_add(constant);
        mix(sum, b, c, d).rotate_left(shift).wrapping_add(b)
    };
    for (index, [k1, k2, k3, k4]) in table.as_chunks().0.iter().enumerate() {
        for ([a, b, c, d], words) in states.iter_mut().zip(&words) {
            let Some([m1, m2, m3, m4]) = words.as_chunks().0.get(index) else { continue };
            *a = step(*a, *b, *c, *d, *m1, *k1, s1);
            *d = step(*d, *a, *b, *c, *m2, *k2, s2);
            *c = step(*c, *d, *a, *b, *m3, *k3, s3);
            *b = step(*b, *c, *d, *a, *m4, *k4, s4);
        }
    }
    states
}

/// `floor(2³² · |sin(i)|)` for `i` from 1 to 64 (RFC 1321, 3.4).
static TABLE: [[u32; 16]; 4] = [
    [
        0xd76a_a478,
        0xe8c7_b756,
        0x2420_70db,
        0xc1bd_ceee,
        0xf57c_0faf,
        0x4787_c62a,
        0xa830_4613,
        0xfd46_9501,
        0x6980_98d8,
        0x8b44_f7af,
        0xffff_5bb1,
        0x895c_d7be,
        0x6b90_1122,
        0xfd98_7193,
        0xa679_438e,
        0x49b4_0821,
    ],
    [
        0xf61e_2562,
        0xc040_b340,
        0x265e_5a51,
        0xe9b6_c7aa,
        0xd62f_105d,
        0x0244_1453,
        0xd8a1_e681,
        0xe7d3_fbc8,
        0x21e1_cde6,
        0xc337_07d6,
        0xf4d5_0d87,
        0x455a_14ed,
        0xa9e3_e905,
        0xfcef_a3f8,
        0x676f_02d9,
        0x8d2a_4c8a,
    ],
    [
        0xfffa_3942,
        0x8771_f681,
        0x6d9d_6122,
        0xfde5_380c,
        0xa4be_ea44,
        0x4bde_cfa9,
        0xf6bb_4b60,
        0xbebf_bc70,
        0x289b_7ec6,
        0xeaa1_27fa,
        0xd4ef_3085,
        0x0488_1d05,
        0xd9d4_d039,
        0xe6db_99e5,
        0x1fa2_7cf8,
        0xc4ac_5665,
    ],
    [
        0xf429_2244,
        0x432a_ff97,
        0xab94_23a7,
        0xfc93_a039,
        0x655b_59c3,
        0x8f0c_cc92,
        0xffef_f47d,
        0x8584_5dd1,
        0x6fa8_7e4f,
        0xfe2c_e6e0,
        0xa301_4314,
        0x4e08_11a1,
        0xf753_7e82,
        0xbd3a_f235,
        0x2ad7_d2bb,
        0xeb86_d391,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_published_one() {
        for (index, constant) in (1_u32..).zip(TABLE.as_flattened()) {
            assert_eq!(*constant, (f64::from(index).sin().abs() * 4_294_967_296.0) as u32);
        }
    }
}
