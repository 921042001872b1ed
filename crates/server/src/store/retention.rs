//! Retention: what may not be replaced, deleted or moved to another class before a time (436/40137).
//!
//! Whoever would destroy an object asks here, inside of the transaction that would do it. A version that is kept beside a
//! new one is not destroyed by it, nor by a delete marker.

use cospass_protocol::{Bucket, ObjectKey};

use super::metadata::bucket_record;
use super::version::{Former, Name, find_version, put_changed};
use super::{BucketRecord, ObjectRecord, Store, StoreError};

const SECONDS_A_DAY: i64 = 86_400;

impl ObjectRecord {
    /// Whether it must stay as it is at a time, Unix seconds.
    pub(crate) fn is_retained(&self, now: i64) -> bool {
        self.retained.is_some_and(|until| now < until)
    }

    /// Refuses that it goes or changes at a time, Unix seconds.
    pub(super) fn check_retention(&self, now: i64) -> Result<(), StoreError> {
        if self.is_retained(now) { Err(StoreError::Retained) } else { Ok(()) }
    }
}

impl Former {
    /// As [`ObjectRecord::check_retention`]; a delete marker may always go.
    pub(super) fn check_retention(&self, now: i64) -> Result<(), StoreError> {
        match self {
            Self::Object(record) => record.check_retention(now),
            Self::Marker(_) => Ok(()),
        }
    }
}

/// Refuses a time of their own to objects of a bucket in which none can be locked.
pub(super) fn check_bucket(bucket: &BucketRecord, until: Option<i64>) -> Result<(), StoreError> {
    match bucket.configurations.object_lock() {
        None if until.is_some() => Err(StoreError::NotLockable),
        _ => Ok(()),
    }
}

/// Says how long a new object stays: as its upload says, or else as its bucket does.
pub(super) fn begin(bucket: &BucketRecord, record: &mut ObjectRecord) -> Result<(), StoreError> {
    check_bucket(bucket, record.retained)?;
    let by_default = || {
        let retention = bucket.configurations.object_lock()?.default_retention.as_ref()?;
        let seconds = i64::from(retention.days).saturating_mul(SECONDS_A_DAY);
        Some(record.modified.saturating_add(seconds))
    };
    record.retained = record.retained.or_else(by_default);
    Ok(())
}

impl Store {
    /// Keeps an object, or a version of it, until a time, which may not be before the one that was said. All in Unix
    /// seconds.
    pub(crate) fn retain(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: Option<&str>,
        until: i64,
        now: i64,
    ) -> Result<(), StoreError> {
        let name = Name::of(bucket, key);
        self.write(|tables| {
            check_bucket(&bucket_record(tables, name.bucket)?, Some(until))?;
            let mut record = find_version(tables, name, version)?;
            if record.is_retained(now) && record.retained > Some(until) {
                return Err(StoreError::RetentionShortened);
            }
            record.retained = Some(until);
            put_changed(tables, name, &record)
        })
    }
}
