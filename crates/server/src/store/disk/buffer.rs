//! Buffers for what is read of blobs. They are made once and used again, since filling one with zeros and asking the system
//! for its memory costs as much as reading it.

use std::cell::RefCell;
use std::thread::LocalKey;

use super::checked::{BLOCK, SUM};
use crate::limits::CHUNK;

/// What a small buffer is, in bytes: it costs next to nothing to make.
const SMALL: usize = 8 * 1024;

/// How many buffers for a block, and for a chunk, a thread keeps: as many answers as it may be writing at a time, more or
/// less, and not so many that they count.
const SPARE_BLOCKS: usize = 32;
const SPARE_CHUNKS: usize = 4;

type Spare = RefCell<Vec<Vec<u8>>>;

thread_local! {
    static BLOCKS: Spare = const { RefCell::new(Vec::new()) };
    static CHUNKS: Spare = const { RefCell::new(Vec::new()) };
}

/// A buffer of which so many bytes are used.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    length: usize,
}

/// The size of the buffers that are kept for so many bytes, who keeps them, and how many. `None` if they are not kept.
fn kept(length: usize) -> Option<(usize, &'static LocalKey<Spare>, usize)> {
    const ONE: usize = BLOCK.saturating_add(SUM);
    match length {
        _ if length <= SMALL || length > CHUNK => None,
        _ if length <= ONE => Some((ONE, &BLOCKS, SPARE_BLOCKS)),
        _ => Some((CHUNK, &CHUNKS, SPARE_CHUNKS)),
    }
}

impl Buffer {
    /// What is in it is of no meaning.
    pub(super) fn take(length: usize) -> Self {
        let bytes = match kept(length) {
            None => vec![0; length],
            Some((size, spare, _)) => {
                spare.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; size])
            }
        };
        Self { bytes, length }
    }

    /// Uses fewer of its bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// How many bytes of memory it takes.
    pub(super) fn occupied(&self) -> usize {
        self.bytes.len()
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl AsMut<[u8]> for Buffer {
    fn as_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.length).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let Some((_, spare, most)) = kept(bytes.len()) else { return };
        // At the end of a thread there is nobody to keep it.
        let _ = spare.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < most {
                spare.push(bytes);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_used_again() {
        for (length, spare, most) in
            [(BLOCK, &BLOCKS, SPARE_BLOCKS), (CHUNK - 1, &CHUNKS, SPARE_CHUNKS)]
        {
            drop(Buffer::take(length));
            let before = spare.with_borrow(Vec::len);
            let some: Vec<_> = (0..most + 5).map(|_| Buffer::take(length)).collect();
            assert_eq!((before, spare.with_borrow(Vec::len)), (1, 0));
            drop(some);
            assert_eq!(spare.with_borrow(Vec::len), most);
            let mut shortened = Buffer::take(length);
            shortened.truncate(SMALL + 1);
            assert_eq!(
                (shortened.as_ref().len(), shortened.as_mut().len()),
                (SMALL + 1, SMALL + 1)
            );
            drop(shortened);
            assert_eq!(spare.with_borrow(Vec::len), most, "it is kept whole");
        }
    }

    #[test]
    fn what_is_small_or_larger_than_a_chunk_is_not_kept() {
        for length in [0, 1, SMALL, CHUNK + 1] {
            assert_eq!(Buffer::take(length).as_ref().len(), length);
        }
        assert!(BLOCKS.with_borrow(Vec::is_empty) && CHUNKS.with_borrow(Vec::is_empty));
    }
}
