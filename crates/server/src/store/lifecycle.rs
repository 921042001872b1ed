//! Doing to objects what lifecycle rules say.

use cospass_protocol::Bucket;

use super::backend::Table;
use super::metadata::{find_object, object_key, put, release};
use super::{ObjectRecord, Store, StoreError};
use crate::lifecycle::Fate;

impl Store {
    /// Removes objects or changes their class, durably. Each is judged again: it may be another one by now.
    pub(crate) fn settle(
        &self,
        bucket: &Bucket,
        keys: &[String],
        judge: impl Fn(&str, &ObjectRecord) -> Fate,
    ) -> Result<(), StoreError> {
        let bucket = bucket.as_str();
        let orphans = self.write(|tables| {
            let mut orphans = Vec::new();
            for key in keys {
                let Some(mut record) = find_object(tables, bucket, key)? else { continue };
                match judge(key, &record) {
                    Fate::Stays => {}
                    Fate::Changes(class) => {
                        record.change_class(class);
                        put(tables, Table::Objects, object_key(bucket, key), &record)?;
                    }
                    Fate::Goes => {
                        tables.remove(Table::Objects, object_key(bucket, key).into_bytes());
                        orphans.extend(release(tables, &record)?);
                    }
                }
            }
            Ok::<_, StoreError>(orphans)
        })?;
        self.0.pins.remove(orphans);
        Ok(())
    }
}
