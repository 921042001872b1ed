//! One lane: everything of a signature stays in registers, since each step waits for the one before it anyway.
#![allow(unsafe_code, reason = "intrinsics, see the module above")]
#![allow(clippy::indexing_slicing, reason = "the indices are constants, or bound by the types")]

use std::arch::x86_64::*;

use super::{ShaNi, eighty_steps, load, load_quarter, reversed};
use crate::hmac::{DIGITS, HexMessage, QUARTERS};
use crate::state::BLOCK;

impl ShaNi {
    /// Compresses blocks one after the other.
    pub(crate) fn compress_all(self, words: &mut [u32; 5], blocks: &[[u8; BLOCK]]) {
        // SAFETY: `self` exists, so `detect` found the features.
        unsafe { compress_all(words, blocks) }
    }

    /// The digits of the HMAC of a message that the hash of `hashed`, from `start` on, stands in.
    #[inline]
    pub(crate) fn mac_of_hash(
        self,
        states: [&[u32; 5]; 2],
        start: &[u32; 5],
        hashed: &[u8],
        message: &HexMessage,
    ) -> [u8; DIGITS] {
        // SAFETY: as above.
        unsafe { mac_of_hash(states, start, hashed, message) }
    }

    /// The states of the HMAC whose key is the HMAC of a message, in digits. Of the message no more counts than fits a block.
    #[inline]
    pub(crate) fn key_by_digits(
        self,
        states: [&[u32; 5]; 2],
        start: &[u32; 5],
        message: &[u8],
    ) -> [[u32; 5]; 2] {
        // SAFETY: as above.
        unsafe { key_by_digits(states, start, message) }
    }

    /// Both: those states, of `key`, and the digits of the HMAC with them.
    #[inline]
    pub(crate) fn key_and_mac_of_hash(
        self,
        states: [&[u32; 5]; 2],
        start: &[u32; 5],
        key: &[u8],
        (hashed, message): (&[u8], &HexMessage),
    ) -> ([[u32; 5]; 2], [u8; DIGITS]) {
        // SAFETY: as above.
        unsafe { key_and_mac_of_hash(states, start, key, (hashed, message)) }
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

    /// As forty hex digits, with zeros behind the last eight.
    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn hex(self) -> [__m128i; 3] {
        let ([h0, h1], [h2, _]) = (hex(reversed(self.abcd)), hex(reversed(self.e)));
        [h0, h1, _mm_move_epi64(h2)]
    }

    /// As the outer message of HMAC: twenty bytes, and the padding that FIPS 180-4 puts behind them and one block.
    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn as_outer_block(self) -> [__m128i; 4] {
        let length = (BLOCK as i32 + 20) * 8;
        let end = _mm_set_epi32(0, 0x8000_0000_u32.cast_signed(), 0, 0);
        [self.abcd, _mm_or_si128(self.e, end), _mm_setzero_si128(), _mm_set_epi32(0, 0, 0, length)]
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
    hashed: &[u8],
    message: &HexMessage,
) -> [u8; DIGITS] {
    let mut hash = Words::load(start);
    for block in hashed.as_chunks().0 {
        hash = hash.after(load(block));
    }
    let (end, count) = tail(hashed, 0);
    for block in end.as_chunks::<4>().0.iter().take(count) {
        hash = hash.after(block.map(|quarter| reversed(quarter)));
    }
    mac([Words::load(inner), Words::load(outer)], hash, message)
}

/// The digits of the HMAC, from two states on, of a message that a hash stands in.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn mac([inner, outer]: [Words; 2], hash: Words, message: &HexMessage) -> [u8; DIGITS] {
    let mut words = inner;
    let (message, count) = with_hex(message, hash);
    for block in message.as_chunks::<4>().0.iter().take(count) {
        words = words.after(block.map(|quarter| reversed(quarter)));
    }
    let [h0, h1, h2] = outer.after(words.as_outer_block()).hex();
    let mut digits = [0; DIGITS];
    if let ([first, second], rest) = digits.as_chunks_mut::<16>() {
        for (place, hex) in [(first, h0), (second, h1)] {
            // SAFETY: sixteen bytes are written, which is what the array has.
            unsafe { _mm_storeu_si128(place.as_mut_ptr().cast(), hex) };
        }
        rest.copy_from_slice(&_mm_cvtsi128_si64(h2).to_le_bytes());
    }
    digits
}

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn key_by_digits(
    [inner, outer]: [&[u32; 5]; 2],
    start: &[u32; 5],
    message: &[u8],
) -> [[u32; 5]; 2] {
    let words = Words::load(inner).after(only_block(message));
    let words = Words::load(outer).after(words.as_outer_block());
    // Neither of the two waits for the other.
    let Words { abcd, e } = Words::load(start);
    let (abcd, e) = eighty_steps([abcd; 2], [e; 2], padded_by_digits(words));
    let [inner, outer] = words_of(abcd, e);
    [inner.store(), outer.store()]
}

/// The hash does not wait for the key, nor the key for the hash: block by block both are done side by side, as long as both
/// have blocks left.
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn key_and_mac_of_hash(
    [inner, outer]: [&[u32; 5]; 2],
    start: &[u32; 5],
    key: &[u8],
    (hashed, message): (&[u8], &HexMessage),
) -> ([[u32; 5]; 2], [u8; DIGITS]) {
    let (end, count) = tail(hashed, 0);
    let whole = hashed.as_chunks().0.iter().map(|block| load(block));
    let end = end.as_chunks::<4>().0.iter().take(count);
    let mut blocks = whole.chain(end.map(|block| block.map(|quarter| reversed(quarter))));
    let (mut hash, begin) = (Words::load(start), Words::load(start));
    let mut words = Words::load(inner);
    [words, hash] = beside(words, only_block(key), hash, blocks.next());
    [words, hash] = beside(Words::load(outer), words.as_outer_block(), hash, blocks.next());
    let pads = padded_by_digits(words);
    let [inner, outer];
    match blocks.next() {
        Some(block) => {
            let [pad_in, pad_out] = pads;
            let (abcd, e) = eighty_steps(
                [begin.abcd, begin.abcd, hash.abcd],
                [begin.e, begin.e, hash.e],
                [pad_in, pad_out, block],
            );
            [inner, outer, hash] = words_of(abcd, e);
        }
        None => {
            let (abcd, e) = eighty_steps([begin.abcd; 2], [begin.e; 2], pads);
            [inner, outer] = words_of(abcd, e);
        }
    }
    for block in blocks {
        hash = hash.after(block);
    }
    ([inner.store(), outer.store()], mac([inner, outer], hash, message))
}

/// One block of each of two hashes, if the other has one.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn beside(
    one: Words,
    block: [__m128i; 4],
    other: Words,
    block_of_other: Option<[__m128i; 4]>,
) -> [Words; 2] {
    match block_of_other {
        Some(second) => {
            let (abcd, e) = eighty_steps([one.abcd, other.abcd], [one.e, other.e], [block, second]);
            words_of(abcd, e)
        }
        None => [one.after(block), other],
    }
}

#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn words_of<const LANES: usize>(abcd: [__m128i; LANES], e: [__m128i; LANES]) -> [Words; LANES] {
    std::array::from_fn(|lane| Words { abcd: abcd[lane], e: e[lane] })
}

/// A message of HMAC that fits a block with its padding.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn only_block(message: &[u8]) -> [__m128i; 4] {
    let ([q0, q1, q2, q3, ..], _) = tail(message, BLOCK as u64);
    [q0, q1, q2, q3].map(|quarter| reversed(quarter))
}

/// The blocks that the two hashes of HMAC begin with, whose key is a digest in digits.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn padded_by_digits(digest: Words) -> [[__m128i; 4]; 2] {
    let [h0, h1, h2] = digest.hex();
    let key = [h0, h1, h2, _mm_setzero_si128()];
    [0x36, 0x5c].map(|pad| {
        let pad = _mm_set1_epi8(pad);
        key.map(|quarter| reversed(_mm_xor_si128(quarter, pad)))
    })
}

/// The end of a message that stands behind so many bytes, padded, and how many blocks it has. Nothing of the message is copied:
/// what was written a moment ago in other pieces would be waited for.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn tail(message: &[u8], before: u64) -> ([__m128i; QUARTERS], usize) {
    let rest = message.as_chunks::<BLOCK>().1;
    let (whole, few) = rest.as_chunks::<16>();
    let mut quarters = [_mm_setzero_si128(); QUARTERS];
    for (place, quarter) in quarters.iter_mut().zip(whole) {
        *place = load_quarter(quarter);
    }
    let few_quarter = match message.last_chunk() {
        Some(last) => _mm_shuffle_epi8(load_quarter(last), load_quarter(&DOWN[few.len()])),
        None => {
            let mut bytes = [0; 16];
            bytes[..few.len()].copy_from_slice(few);
            load_quarter(&bytes)
        }
    };
    quarters[whole.len()] = _mm_or_si128(few_quarter, load_quarter(&ONE[few.len()]));
    let count = if rest.len() + 9 <= BLOCK { 1 } else { 2 };
    let bits = before.wrapping_add(message.len() as u64).wrapping_mul(8);
    let end = &mut quarters[4 * count - 1];
    *end = _mm_or_si128(*end, _mm_set_epi64x(bits.swap_bytes().cast_signed(), 0));
    (quarters, count)
}

/// The message with the hex digits of the hash in their place, and how many blocks it has.
#[inline]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn with_hex(message: &HexMessage, hash: Words) -> ([__m128i; QUARTERS], usize) {
    let mut quarters = message.quarters().each_ref().map(|quarter| load_quarter(quarter));
    let [h0, h1, h2] = hash.hex();
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

/// The one bit that stands behind a message.
static ONE: [[u8; 16]; 16] = ones();

const fn ones() -> [[u8; 16]; 16] {
    let mut ones = [[0; 16]; 16];
    let mut byte = 0;
    while byte < 16 {
        ones[byte][byte] = 0x80;
        byte += 1;
    }
    ones
}

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
