//! One message at a time, by what this processor has for it.

use crate::hmac::{DIGITS, HexMessage, hex};
use crate::state::{BLOCK, INITIAL_WORDS, Tail, digest};

/// What FIPS 180-4 §5.1.1 puts behind a message at least, in bytes.
#[cfg(target_arch = "x86_64")]
const PADDING: usize = 9;

#[cfg(target_arch = "x86_64")]
use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use crate::x86::ShaNi;

/// What was detected, once.
#[cfg(target_arch = "x86_64")]
#[inline]
fn sha_ni() -> Option<ShaNi> {
    static DETECTED: OnceLock<Option<ShaNi>> = OnceLock::new();
    *DETECTED.get_or_init(ShaNi::detect)
}

/// Compresses blocks one after the other.
pub(crate) fn compress(words: &mut [u32; 5], blocks: &[[u8; BLOCK]]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(engine) = sha_ni() {
        return engine.compress_all(words, blocks);
    }
    compress_portably(words, blocks);
}

/// By the `sha1` crate, which has the instructions of other processors. Not inlined, so that it is told apart in a profile.
#[inline(never)]
fn compress_portably(words: &mut [u32; 5], blocks: &[[u8; BLOCK]]) {
    sha1::block_api::compress(words, blocks);
}

/// The digits of the HMAC of a message in which the hash of a text stands.
#[inline]
pub(crate) fn mac_of_hash(
    states: [&[u32; 5]; 2],
    hashed: &[u8],
    message: &HexMessage,
) -> [u8; DIGITS] {
    #[cfg(target_arch = "x86_64")]
    if let Some(engine) = sha_ni() {
        return engine.mac_of_hash(states, &INITIAL_WORDS, hashed, message);
    }
    mac_of_hash_portably(states, hashed, message)
}

fn mac_of_hash_portably(
    [inner, outer]: [&[u32; 5]; 2],
    hashed: &[u8],
    message: &HexMessage,
) -> [u8; DIGITS] {
    let [mut hash, mut inner, mut outer] = [INITIAL_WORDS, *inner, *outer];
    let (blocks, rest) = hashed.as_chunks();
    let tail = Tail::new(rest, hashed.len() as u64);
    compress_portably(&mut hash, blocks);
    compress_portably(&mut hash, tail.blocks());
    let bytes = message.with(&digest(hash));
    let blocks = bytes.as_flattened().as_chunks().0;
    compress_portably(&mut inner, blocks.get(..message.blocks()).unwrap_or_default());
    let tail = Tail::new(&digest(inner), (BLOCK + 20) as u64);
    compress_portably(&mut outer, tail.blocks());
    hex(&digest(outer))
}

/// The two states of the HMAC whose key is the HMAC of a message, in digits; `None` where there are no instructions for it, or
/// the message is longer than a block.
#[inline]
pub(crate) fn key_by_digits(states: [&[u32; 5]; 2], message: &[u8]) -> Option<[[u32; 5]; 2]> {
    #[cfg(target_arch = "x86_64")]
    if message.len() + PADDING <= BLOCK
        && let Some(engine) = sha_ni()
    {
        return Some(engine.key_by_digits(states, &INITIAL_WORDS, message));
    }
    let _ = (states, message);
    None
}

/// Both of the two above: the states, of `key`, and the digits of the HMAC with them; `None` as there.
#[inline]
pub(crate) fn key_and_mac_of_hash(
    states: [&[u32; 5]; 2],
    key: &[u8],
    of_hash: (&[u8], &HexMessage),
) -> Option<([[u32; 5]; 2], [u8; DIGITS])> {
    #[cfg(target_arch = "x86_64")]
    if key.len() + PADDING <= BLOCK
        && let Some(engine) = sha_ni()
    {
        return Some(engine.key_and_mac_of_hash(states, &INITIAL_WORDS, key, of_hash));
    }
    let _ = (states, key, of_hash);
    None
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn without_instructions_the_same_comes_out(
            before in vec(any::<u8>(), 0..=HexMessage::LONGEST),
            hashed in vec(any::<u8>(), 0..300),
        ) {
            let message = HexMessage::new(&before).unwrap();
            let states = [&INITIAL_WORDS, &[1, 2, 3, 4, 5]];
            let portable = mac_of_hash_portably(states, &hashed, &message);
            prop_assert_eq!(mac_of_hash(states, &hashed, &message), portable);
        }
    }
}
