//! Doing to objects what lifecycle rules say.

use cospass_protocol::{Bucket, ObjectKey};

use super::metadata::find_object;
use super::version::{self, Name, find_version, put_changed, versioning};
use super::{ObjectRecord, Store, StoreError};
use crate::lifecycle::Fate;

/// An object, or a former version of one, that may be due.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) key: ObjectKey,
    /// The id of a former version, and when it was replaced, Unix seconds.
    pub(crate) former: Option<(String, i64)>,
}

impl Store {
    /// Removes objects or changes their class, durably, and tells how many. Each is judged again: it may be another one by
    /// now. Where versions are kept, an object that goes leaves a delete marker, as if it had been deleted.
    pub(crate) fn settle(
        &self,
        bucket: &Bucket,
        due: &[Due],
        now: i64,
        judge: impl Fn(&Due, &ObjectRecord) -> Fate,
    ) -> Result<usize, StoreError> {
        let number = self.next_version(now);
        let (changed, orphans) = self.write(|tables| {
            let versioning = versioning(tables, bucket.as_str())?;
            let (mut changed, mut orphans) = (0_usize, Vec::new());
            for due in due {
                let name = Name::of(bucket, &due.key);
                let asked = due.former.as_ref().map(|(id, _)| id.as_str());
                let current = find_object(tables, bucket.as_str(), due.key.as_str())?;
                if asked.is_some() && current.is_some_and(|it| Some(&*it.version.id()) == asked) {
                    // The newer ones were deleted: it is no former version any more.
                    continue;
                }
                let mut record = match find_version(tables, name, asked) {
                    Ok(record) => record,
                    Err(
                        StoreError::NoSuchKey
                        | StoreError::NoSuchVersion
                        | StoreError::DeleteMarker { .. },
                    ) => continue,
                    Err(error) => return Err(error),
                };
                match judge(due, &record) {
                    Fate::Stays => continue,
                    Fate::Changes(class) => {
                        record.change_class(class);
                        put_changed(tables, name, &record)?;
                    }
                    Fate::Goes => {
                        let at = (number, now);
                        match version::delete(tables, name, asked, at, versioning) {
                            Ok((_, released)) => orphans.extend(released),
                            // Where a delete marker would take the place of a former version that must stay.
                            Err(StoreError::Retained) => continue,
                            Err(error) => return Err(error),
                        }
                    }
                }
                changed += 1;
            }
            Ok::<_, StoreError>((changed, orphans))
        })?;
        self.0.pins.remove(orphans);
        Ok(changed)
    }
}
