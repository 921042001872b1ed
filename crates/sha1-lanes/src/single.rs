//! One message at a time, by what this processor has for it.

use crate::hmac::HexMessage;
use crate::state::{BLOCK, Digest, INITIAL_WORDS, Tail, digest};

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

/// HMAC of a message in which the hash of padded blocks stands.
#[inline]
pub(crate) fn mac_of_hash(
    states: [&[u32; 5]; 2],
    hashed: [&[[u8; BLOCK]]; 2],
    message: &HexMessage,
) -> Digest {
    #[cfg(target_arch = "x86_64")]
    if let Some(engine) = sha_ni() {
        return engine.mac_of_hash(states, &INITIAL_WORDS, hashed, message);
    }
    mac_of_hash_portably(states, hashed, message)
}

fn mac_of_hash_portably(
    [inner, outer]: [&[u32; 5]; 2],
    hashed: [&[[u8; BLOCK]]; 2],
    message: &HexMessage,
) -> Digest {
    let [mut hash, mut inner, mut outer] = [INITIAL_WORDS, *inner, *outer];
    for blocks in hashed {
        compress_portably(&mut hash, blocks);
    }
    let bytes = message.with(&digest(hash));
    let blocks = bytes.as_flattened().as_chunks().0;
    compress_portably(&mut inner, blocks.get(..message.blocks()).unwrap_or_default());
    let tail = Tail::new(&digest(inner), (BLOCK + 20) as u64);
    compress_portably(&mut outer, tail.blocks());
    digest(outer)
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
            let tail = Tail::new(hashed.as_chunks::<BLOCK>().1, hashed.len() as u64);
            let hashed = [hashed.as_chunks().0, tail.blocks()];
            let states = [&INITIAL_WORDS, &[1, 2, 3, 4, 5]];
            let portable = mac_of_hash_portably(states, hashed, &message);
            prop_assert_eq!(mac_of_hash(states, hashed, &message), portable);
        }
    }
}
