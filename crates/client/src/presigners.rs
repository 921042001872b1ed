//! Presigners that threads share without waiting for each other.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, TryLockError};

use cospass_protocol::Presigner;
use cospass_sign::Credentials;

/// So many threads sign at the same time with a state that is kept; one more makes a state of its own.
const SLOTS: usize = 16;

/// A presigner for each of the threads that sign with one pair of keys: the signing key of a second and the buffers stay with
/// the thread, and no thread ever waits for another. They are wiped with this value, wherever the threads are.
pub(crate) struct Presigners {
    credentials: Credentials,
    slots: [Slot; SLOTS],
}

/// Two lines of a cache, so that threads that sign side by side do not take them from each other.
#[repr(align(128))]
#[derive(Default)]
struct Slot(Mutex<Option<Box<Presigner>>>);

impl Presigners {
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self { credentials, slots: Default::default() }
    }

    /// Lets `sign` use a presigner that nobody else uses now: as a rule the one that this thread used last.
    pub(crate) fn with<R>(&self, sign: impl FnOnce(&mut Presigner) -> R) -> R {
        let first = slot_of_thread();
        for number in 0..SLOTS {
            let Some(Slot(slot)) = self.slots.get(first.wrapping_add(number) % SLOTS) else {
                break;
            };
            let mut presigner = match slot.try_lock() {
                Ok(presigner) => presigner,
                // What a panicking thread left is not used again.
                Err(TryLockError::Poisoned(poisoned)) => {
                    slot.clear_poison();
                    let mut presigner = poisoned.into_inner();
                    *presigner = None;
                    presigner
                }
                Err(TryLockError::WouldBlock) => continue,
            };
            return sign(presigner.get_or_insert_with(|| Box::new(self.presigner())));
        }
        sign(&mut self.presigner())
    }

    /// The pair of keys that signs.
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    fn presigner(&self) -> Presigner {
        Presigner::new(self.credentials.clone())
    }
}

impl fmt::Debug for Presigners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presigners").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

/// The number of this thread, as the threads come.
fn slot_of_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presigners() -> Presigners {
        Presigners::new(Credentials::new("AKIDEXAMPLE", "hush"))
    }

    fn address(presigner: &mut Presigner) -> *const Presigner {
        presigner
    }

    #[test]
    fn a_thread_has_the_presigner_that_it_had_before() {
        let presigners = presigners();
        assert_eq!(presigners.with(address), presigners.with(address));
    }

    /// Each use lies within the one before, so that a lock that is waited for would never end.
    #[test]
    fn whoever_comes_while_all_are_in_use_does_not_wait() {
        fn nested(presigners: &Presigners, depth: usize, used: &mut Vec<*const Presigner>) {
            presigners.with(|presigner| {
                let own = address(presigner);
                assert!(!used.contains(&own), "nobody else uses it");
                used.push(own);
                if depth > 0 {
                    nested(presigners, depth - 1, used);
                }
            });
        }
        let mut used = Vec::new();
        nested(&presigners(), SLOTS + 2, &mut used);
        assert_eq!(used.len(), SLOTS + 3);
    }

    #[test]
    fn what_a_panicking_thread_left_is_not_used_again() {
        let presigners = presigners();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            presigners.with(|_| panic!("while it signs"));
        }));
        assert!(panicked.is_err());
        assert_eq!(
            presigners.with(|presigner| presigner.credentials().secret_id().to_string()),
            "AKIDEXAMPLE"
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", presigners()).contains("hush"));
    }
}
