//! MD5 (RFC 1321), which every upload's entity tag is made of and nothing else of an upload takes as long as.
//!
//! It cannot be split: each step needs the one before, so that what counts is how many instructions follow one another in a
//! step. A compiler that knows the constants of the table adds them last of all, behind what had to be waited for: one
//! instruction more of six, which costs 20 %. Here it does not know them, and adds them while the others wait. The crate
//! `md-5` is what the tests compare it with.

use std::hint::black_box;

/// An MD5 in the making.
#[derive(Clone)]
pub(super) struct Md5 {
    state: State,
    /// What was not enough for a block yet.
    rest: Vec<u8>,
    /// How many bytes there were in all.
    length: u64,
}

type State = [u32; 4];
type Block = [u8; BLOCK];

const BLOCK: usize = 64;

/// RFC 1321, 3.3.
const START: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// By how much the four steps of each round rotate.
const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

impl Md5 {
    pub(super) fn new() -> Self {
        Self { state: START, rest: Vec::with_capacity(BLOCK), length: 0 }
    }

    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.length = self.length.wrapping_add(bytes.len() as u64);
        if !self.rest.is_empty() {
            let missing = BLOCK.saturating_sub(self.rest.len()).min(bytes.len());
            let (now, later) = bytes.split_at(missing);
            self.rest.extend_from_slice(now);
            bytes = later;
            let Ok(block) = Block::try_from(self.rest.as_slice()) else { return };
            compress(&mut self.state, &[block]);
            self.rest.clear();
        }
        let (blocks, rest) = bytes.as_chunks();
        compress(&mut self.state, blocks);
        self.rest.extend_from_slice(rest);
    }

    pub(super) fn finish(mut self) -> [u8; 16] {
        // A bit that is set, zeros up to the last eight bytes of a block, and there the length in bits.
        let bits = self.length.wrapping_mul(8).to_le_bytes();
        self.rest.push(0x80);
        let whole = self.rest.len().saturating_add(bits.len()).next_multiple_of(BLOCK);
        self.rest.resize(whole.saturating_sub(bits.len()), 0);
        self.rest.extend(bits);
        compress(&mut self.state, self.rest.as_chunks().0);
        let [a, b, c, d] = self.state.map(u32::to_le_bytes);
        let mut digest = [0; 16];
        let words = digest.as_chunks_mut().0.iter_mut();
        words.zip([a, b, c, d]).for_each(|(word, value)| *word = value);
        digest
    }
}

fn compress(state: &mut State, blocks: &[Block]) {
    let table = black_box(&TABLE);
    for block in blocks {
        let mut words = [0; 16];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let done = rounds(*state, words, table);
        for (state, done) in state.iter_mut().zip(done) {
            *state = state.wrapping_add(done);
        }
    }
}

/// The four rounds: the words of a block in four orders, each with a function of its own.
#[inline(always)]
fn rounds(state: State, words: [u32; 16], table: &[[u32; 16]; 4]) -> State {
    let [k1, k2, k3, k4] = table;
    let [s1, s2, s3, s4] = SHIFTS;
    let [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15] = words;
    let state = round(state, words, k1, s1, |sum, x, y, z| sum.wrapping_add(z ^ (x & (y ^ z))));
    let words = [m1, m6, m11, m0, m5, m10, m15, m4, m9, m14, m3, m8, m13, m2, m7, m12];
    // The two have no bit in common, so that they may be added, and the one without `x` need not wait for it.
    let state =
        round(state, words, k2, s2, |sum, x, y, z| sum.wrapping_add(y & !z).wrapping_add(x & z));
    let words = [m5, m8, m11, m14, m1, m4, m7, m10, m13, m0, m3, m6, m9, m12, m15, m2];
    let state = round(state, words, k3, s3, |sum, x, y, z| sum.wrapping_add(x ^ (y ^ z)));
    let words = [m0, m7, m14, m5, m12, m3, m10, m1, m8, m15, m6, m13, m4, m11, m2, m9];
    round(state, words, k4, s4, |sum, x, y, z| sum.wrapping_add(y ^ (x | !z)))
}

/// Sixteen steps. `mix` adds the function of a round to a sum.
#[inline(always)]
fn round(
    [mut a, mut b, mut c, mut d]: State,
    words: [u32; 16],
    table: &[u32; 16],
    [s1, s2, s3, s4]: [u32; 4],
    mix: impl Fn(u32, u32, u32, u32) -> u32,
) -> State {
    let step = |a: u32, b: u32, c: u32, d: u32, word: u32, constant: u32, shift: u32| {
        let sum = a.wrapping_add(word).wrapping_add(constant);
        mix(sum, b, c, d).rotate_left(shift).wrapping_add(b)
    };
    for ([m1, m2, m3, m4], [k1, k2, k3, k4]) in words.as_chunks().0.iter().zip(table.as_chunks().0)
    {
        a = step(a, b, c, d, *m1, *k1, s1);
        d = step(d, a, b, c, *m2, *k2, s2);
        c = step(c, d, a, b, *m3, *k3, s3);
        b = step(b, c, d, a, *m4, *k4, s4);
    }
    [a, b, c, d]
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
    use md5::Digest;
    use proptest::prelude::*;

    use super::*;

    fn md5(bytes: &[u8]) -> [u8; 16] {
        let mut md5 = Md5::new();
        md5.update(bytes);
        md5.finish()
    }

    #[test]
    fn the_table_is_the_published_one() {
        for (index, constant) in (1_u32..).zip(TABLE.as_flattened()) {
            assert_eq!(*constant, (f64::from(index).sin().abs() * 4_294_967_296.0) as u32);
        }
    }

    /// RFC 1321, A.5.
    #[test]
    fn the_published_examples() {
        let digits =
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890";
        for (text, digest) in [
            ("", 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e_u128),
            ("a", 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661),
            ("abc", 0x9001_5098_3cd2_4fb0_d696_3f7d_28e1_7f72),
            ("message digest", 0xf96b_697d_7cb7_938d_525a_2f31_aaf1_61d0),
            (digits, 0x57ed_f4a2_2be3_c955_ac49_da2e_2107_b67a),
        ] {
            assert_eq!(u128::from_be_bytes(md5(text.as_bytes())), digest, "{text}");
        }
    }

    #[test]
    fn every_length_has_its_padding() {
        let bytes: Vec<u8> = (0..300_u32).map(|index| (index % 251) as u8).collect();
        for length in 0..bytes.len() {
            let expected: [u8; 16] = md5::Md5::digest(&bytes[..length]).into();
            assert_eq!(md5(&bytes[..length]), expected, "{length}");
        }
    }

    proptest! {
        #[test]
        fn pieces_amount_to_the_whole(pieces: Vec<Vec<u8>>) {
            let mut md5 = Md5::new();
            pieces.iter().for_each(|piece| md5.update(piece));
            let so_far: [u8; 16] = md5::Md5::digest(pieces.concat()).into();
            prop_assert_eq!(md5.clone().finish(), so_far);
            // One that was looked at goes on.
            md5.update(b"more");
            let expected: [u8; 16] = md5::Md5::digest([&pieces.concat()[..], b"more"].concat()).into();
            prop_assert_eq!(md5.finish(), expected);
        }
    }
}
