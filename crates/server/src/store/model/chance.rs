//! The choices of a case: the same from the same seed, everywhere.

/// SplitMix64: the same numbers from the same seed, everywhere.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    pub(super) fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    pub(super) fn bytes(&mut self) -> Vec<u8> {
        let length = [0, 1, 100, 100, 70_000][self.below(5)];
        let first = self.below(256);
        (0..length).map(|index| (first + index * 7 + index / 256) as u8).collect()
    }
}
