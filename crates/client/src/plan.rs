//! How bytes are cut into parts.

use tokio::task::JoinSet;

use crate::error::Error;

/// The smallest part that is not the last, in bytes (436/7750).
pub(crate) const PART_MIN: u64 = 1024 * 1024;

/// The largest part (436/7750).
const PART_MAX: u64 = 5 * 1024 * 1024 * 1024;

/// The most parts of an object (436/7742).
const PARTS_MAX: u64 = 10_000;

/// The size of a part if nobody says otherwise.
pub(crate) const PART_DEFAULT: u64 = 8 * 1024 * 1024;

/// How bytes are cut into parts of one size, but for the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) size: u64,
    pub(crate) part_size: u64,
}

impl Plan {
    /// A plan for so many bytes. The wish for a part's size gives way to what the service allows: 1 MiB to 5 GiB, and
    /// 10,000 parts.
    pub(crate) fn of(size: u64, wish: u64) -> Result<Self, Error> {
        let least = size.div_ceil(PARTS_MAX).next_multiple_of(PART_MIN);
        let part_size = wish.clamp(PART_MIN, PART_MAX).max(least);
        if part_size > PART_MAX {
            return Err(Error::TooLarge { size });
        }
        Ok(Self { size, part_size })
    }

    pub(crate) fn count(&self) -> u64 {
        self.size.div_ceil(self.part_size).max(1)
    }

    /// Numbers from 1, the first byte of each part, and the one after its last.
    pub(crate) fn parts(self) -> impl Iterator<Item = (u16, u64, u64)> {
        (1..=u16::try_from(self.count()).unwrap_or(u16::MAX)).map(move |number| {
            let (start, end) = self.span(number);
            (number, start, end)
        })
    }

    /// The bytes of a part, from the first to before the second.
    pub(crate) fn span(&self, number: u16) -> (u64, u64) {
        let start = u64::from(number).saturating_sub(1).saturating_mul(self.part_size);
        (start.min(self.size), start.saturating_add(self.part_size).min(self.size))
    }
}

/// What the next task that ends brings; none when there is no task any more.
pub(crate) async fn next_finished<T: 'static>(
    running: &mut JoinSet<Result<T, Error>>,
) -> Result<Option<T>, Error> {
    match running.join_next().await {
        None => Ok(None),
        Some(Ok(result)) => result.map(Some),
        Some(Err(_)) => Err(Error::Task),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;
    const TIB: u64 = 1024 * 1024 * MIB;

    #[test]
    fn parts_are_alike_but_for_the_last() {
        let plan = Plan::of(20 * MIB + 5, 8 * MIB).unwrap();
        let parts: Vec<_> = plan.parts().collect();
        assert_eq!(parts, [(1, 0, 8 * MIB), (2, 8 * MIB, 16 * MIB), (3, 16 * MIB, 20 * MIB + 5)]);
    }

    #[test]
    fn no_byte_is_one_part() {
        assert_eq!(Plan::of(0, 1).unwrap().parts().collect::<Vec<_>>(), [(1, 0, 0)]);
    }

    #[test]
    fn what_the_service_allows_is_kept() {
        for size in [1, 8 * MIB, 80_000 * MIB, 80_000 * MIB + 1, TIB, 5 * TIB, 40 * TIB] {
            let plan = Plan::of(size, 8 * MIB).unwrap();
            assert!(plan.count() <= 10_000, "{size}");
            assert!((PART_MIN..=PART_MAX).contains(&plan.part_size), "{size}");
            let mut next = 0;
            for (_, start, end) in plan.parts() {
                assert!(start == next && end > start, "{size}");
                next = end;
            }
            assert_eq!(next, size);
        }
        assert_eq!(Plan::of(5 * TIB, 8 * MIB).unwrap().part_size, 525 * MIB);
        assert_eq!(Plan::of(100, 1).unwrap().part_size, MIB);
        assert!(matches!(Plan::of(60 * TIB, MIB), Err(Error::TooLarge { .. })));
    }
}
