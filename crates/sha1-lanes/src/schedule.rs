//! Which message each lane has when.
//!
//! The lanes go on together, a block at a time. One that is at the end of its message gives its digest and takes the next
//! message, whatever the others do, so that messages of different lengths do not wait for each other.

use crate::blocks::Blocks;
use crate::state::{BLOCK, Digest, digest};

/// What a lane works at.
#[derive(Clone, Copy, Default)]
struct Lane {
    /// Which message; none if it is not below the number of messages.
    message: usize,
    /// The next block of it, and the one behind its last.
    next: usize,
    end: usize,
}

/// Hashes every message with a function that compresses a block in each lane.
pub(crate) fn run<const N: usize>(
    messages: &Blocks,
    digests: &mut Vec<Digest>,
    compress: impl Fn(&mut [[u32; N]; 5], [&[u8; BLOCK]; N]),
) {
    if let Some(each) = messages.each() {
        return run_evenly(messages, each, digests, compress);
    }
    let (blocks, ends) = (messages.blocks(), messages.ends());
    let start = *messages.start().words();
    digests.clear();
    digests.resize(ends.len(), [0; 20]);
    let mut state = start.map(|word| [word; N]);
    let mut waiting = (0..).zip(ends.iter().copied()).scan(0, |begin, (message, end)| {
        Some(Lane { message, next: std::mem::replace(begin, end), end })
    });
    const IDLE: Lane = Lane { message: usize::MAX, next: 0, end: 0 };
    let mut lanes: [Lane; N] = std::array::from_fn(|_| waiting.next().unwrap_or(IDLE));
    // An idle lane goes over zeros for nothing.
    let idle = [0; BLOCK];
    loop {
        let left =
            lanes.iter().filter(|lane| lane.end > lane.next).map(|lane| lane.end - lane.next);
        let Some(steps) = left.min() else { return };
        for step in 0..steps {
            let block = |lane: &Lane| match lane.end {
                0 => &idle,
                _ => blocks.get(lane.next + step).unwrap_or(&idle),
            };
            compress(&mut state, std::array::from_fn(|n| lanes.get(n).map_or(&idle, block)));
        }
        for (n, lane) in lanes.iter_mut().enumerate() {
            lane.next = (lane.next + steps).min(lane.end);
            if lane.next < lane.end || lane.end == 0 {
                continue;
            }
            let words = state.each_ref().map(|words| words.get(n).copied().unwrap_or_default());
            if let Some(slot) = digests.get_mut(lane.message) {
                *slot = digest(words);
            }
            *lane = waiting.next().unwrap_or(IDLE);
            for (words, start) in state.iter_mut().zip(start) {
                words.get_mut(n).into_iter().for_each(|word| *word = start);
            }
        }
    }
}

/// Hashes messages of so many blocks each: as many as there are lanes begin and end together.
fn run_evenly<const N: usize>(
    messages: &Blocks,
    each: usize,
    digests: &mut Vec<Digest>,
    compress: impl Fn(&mut [[u32; N]; 5], [&[u8; BLOCK]; N]),
) {
    let (blocks, count) = (messages.blocks(), messages.len());
    let start = *messages.start().words();
    digests.clear();
    digests.reserve(count);
    // A lane without a message goes over anything.
    let idle = [0; BLOCK];
    for first in (0..count).step_by(N) {
        let mut state = start.map(|word| [word; N]);
        for step in 0..each {
            let block = |lane: usize| blocks.get((first + lane) * each + step).unwrap_or(&idle);
            compress(&mut state, std::array::from_fn(block));
        }
        let [a, b, c, d, e] = &state;
        let lanes = a.iter().zip(b).zip(c).zip(d).zip(e).take(count - first);
        digests.extend(lanes.map(|((((a, b), c), d), e)| digest([*a, *b, *c, *d, *e])));
    }
}
