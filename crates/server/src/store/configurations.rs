//! Changing what a bucket is configured to.

use cospass_protocol::Bucket;

use super::backend::Table;
use super::metadata::{find, put};
use super::{BucketRecord, Store, StoreError};
use crate::configurations::Configurations;

impl Store {
    /// Replaces a bucket's configurations, durably. `change` sees those that are there, alone with them, and may refuse;
    /// it may be called more than once.
    pub(crate) fn change_configurations<E: From<StoreError>>(
        &self,
        bucket: &Bucket,
        change: impl Fn(&Configurations) -> Result<Configurations, E>,
    ) -> Result<(), E> {
        self.change_bucket(bucket, |tables, row| {
            let found = find::<BucketRecord>(tables, Table::Buckets, row)?;
            let record = found.ok_or(StoreError::NoSuchBucket)?;
            let configurations = change(&record.configurations)?;
            put(tables, Table::Buckets, row.clone(), &BucketRecord { configurations, ..record })?;
            Ok(())
        })
    }
}
