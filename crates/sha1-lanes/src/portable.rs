//! SHA-1 without intrinsics: the fallback, and what the others are compared with.
#![allow(clippy::indexing_slicing, reason = "the indices are constants")]

use crate::state::BLOCK;
use crate::steps::{eighty_steps, steps};

/// Compresses a block.
// Not inlined, so that it is told apart in a profile.
#[inline(never)]
pub(crate) fn compress(state: &mut [[u32; 1]; 5], [block]: [&[u8; BLOCK]; 1]) {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let mut state_words = state.map(|[word]| word);
    eighty_steps!(state_words, words);
    for ([word], more) in state.iter_mut().zip(state_words) {
        *word = add(*word, more);
    }
}

fn add(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}

fn xor(a: u32, b: u32) -> u32 {
    a ^ b
}

fn rotate<const LEFT: u32, const RIGHT: u32>(word: u32) -> u32 {
    word.rotate_left(LEFT)
}

fn choice(b: u32, c: u32, d: u32) -> u32 {
    d ^ (b & (c ^ d))
}

fn parity(b: u32, c: u32, d: u32) -> u32 {
    b ^ c ^ d
}

fn majority(b: u32, c: u32, d: u32) -> u32 {
    (b & c) | (d & (b | c))
}

fn splat(word: u32) -> u32 {
    word
}
