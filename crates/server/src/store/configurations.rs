//! Changing what a bucket is configured to.

use std::sync::PoisonError;

use cospass_protocol::Bucket;

use super::{Store, StoreError};
use crate::configurations::Configurations;

impl Store {
    /// Replaces a bucket's configurations, durably. `change` sees those that are there, alone with them, and may refuse.
    pub(crate) fn change_configurations<E: From<StoreError>>(
        &self,
        bucket: &Bucket,
        change: impl FnOnce(&Configurations) -> Result<Configurations, E>,
    ) -> Result<(), E> {
        let _guard = self.change_buckets();
        let mut record = self.bucket(bucket).ok_or(StoreError::NoSuchBucket)?;
        record.configurations = change(&record.configurations)?;
        self.0.metadata.update_bucket(bucket.as_str(), &record)?;
        let mut buckets = self.0.buckets.write().unwrap_or_else(PoisonError::into_inner);
        buckets.insert(bucket.as_str().to_owned(), record);
        Ok(())
    }
}
