//! All buckets, as the tables have them: each request asks for one, several times.
//!
//! A thread that asks gets a record of its own, kept for the next time: to share one, each thread would have to take the lock and
//! the count of whoever holds it from the cache of another core. Whether what it kept still holds, it sees from a number that is
//! written only when a bucket changes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::BucketRecord;

/// Buckets by name.
pub(super) type Records = BTreeMap<String, Arc<BucketRecord>>;

/// How many records a thread keeps.
const MOST: usize = 8;

/// What is known of them since then: no two changes in this process have the same number.
static CHANGES: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static KEPT: RefCell<(u64, Records)> = const { RefCell::new((0, Records::new())) };
}

/// The buckets of a store.
pub(super) struct Known {
    records: RwLock<Records>,
    /// The number of the last change.
    changed: AtomicU64,
}

impl Known {
    pub(super) fn new(records: Records) -> Self {
        let changed = AtomicU64::new(CHANGES.fetch_add(1, Ordering::SeqCst));
        Self { records: RwLock::new(records), changed }
    }

    /// A bucket, if it is there.
    pub(super) fn find(&self, name: &str) -> Option<Arc<BucketRecord>> {
        // Before the records: what is kept may be newer than its number, but never older.
        let changed = self.changed.load(Ordering::SeqCst);
        let found = KEPT.try_with(|kept| {
            let (of, kept) = &mut *kept.borrow_mut();
            if *of != changed || kept.len() >= MOST && !kept.contains_key(name) {
                (*of, *kept) = (changed, Records::new());
            }
            if let Some(record) = kept.get(name) {
                return Some(Arc::clone(record));
            }
            let record = Arc::new(BucketRecord::clone(&*self.shared(name)?));
            kept.insert(name.to_owned(), Arc::clone(&record));
            Some(record)
        });
        // At the end of a thread there is nobody to keep it.
        found.unwrap_or_else(|_| self.shared(name))
    }

    fn shared(&self, name: &str) -> Option<Arc<BucketRecord>> {
        self.records.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<(String, Arc<BucketRecord>)> {
        let records = self.records.read().unwrap_or_else(PoisonError::into_inner);
        records.iter().map(|(name, record)| (name.clone(), Arc::clone(record))).collect()
    }

    /// A bucket is so now, or gone: who asks from here on sees it.
    pub(super) fn change(&self, name: &str, record: Option<BucketRecord>) {
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        match record {
            Some(record) => _ = records.insert(name.to_owned(), Arc::new(record)),
            None => _ = records.remove(name),
        }
        self.changed.store(CHANGES.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::AclRecord;
    use cospass_protocol::operation::CannedAcl;

    fn record(created: i64) -> BucketRecord {
        BucketRecord::new(created, AclRecord::canned(CannedAcl::Private))
    }

    #[test]
    fn a_thread_sees_what_another_changed() {
        let known = Known::new(Records::new());
        assert_eq!(known.find("a"), None);
        for created in 1..=3 {
            std::thread::scope(|scope| {
                scope.spawn(|| known.change("a", Some(record(created))));
            });
            assert_eq!(known.find("a").as_deref(), Some(&record(created)), "asked for once");
            assert_eq!(known.find("a").as_deref(), Some(&record(created)), "and again");
        }
        std::thread::scope(|scope| {
            scope.spawn(|| known.change("a", None));
        });
        assert_eq!(known.find("a"), None);
    }

    #[test]
    fn stores_are_kept_apart() {
        let of = |created| Known::new(Records::from([("a".to_owned(), Arc::new(record(created)))]));
        let (one, other) = (of(1), of(2));
        for _ in 0..2 {
            assert_eq!(one.find("a").as_deref(), Some(&record(1)));
            assert_eq!(other.find("a").as_deref(), Some(&record(2)));
        }
    }

    #[test]
    fn more_than_are_kept_are_found() {
        let name = |number: usize| format!("bucket-{number}");
        let records = (0..3 * MOST).map(|number| (name(number), Arc::new(record(number as i64))));
        let known = Known::new(records.collect());
        for number in (0..3 * MOST).chain(0..3 * MOST) {
            assert_eq!(known.find(&name(number)).as_deref(), Some(&record(number as i64)));
            assert!(KEPT.with_borrow(|(_, kept)| kept.len() <= MOST));
        }
        assert_eq!(known.all().len(), 3 * MOST);
    }
}
