//! Doing what lifecycle rules say: when a request comes for a bucket in which something may have become due since the
//! last round, and in the background.
//!
//! Whoever asks after the time sees what the rules made of the bucket, whether the background was there before or not.
//! Between two moments at which something can become due there is nothing to do, so that a request costs a comparison.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cospass_protocol::xml::LifecycleConfiguration;
use cospass_protocol::{Bucket, ObjectKey};
use tokio::sync::watch;

use super::{Fate, Subject, fate, fate_of_former, is_given_up, is_marker_removed, last_moment};
use crate::clock::Clock;
use crate::store::{Due, Former, ObjectRecord, Step, Store, StoreError, UploadName, Versioning};

/// How many objects one transaction changes.
const BATCH: usize = 250;

/// How often the background looks at the clock, which a test may move.
const INTERVAL: Duration = Duration::from_secs(1);

/// Which rules were last followed up to which moment, by bucket.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    done: Mutex<HashMap<String, (LifecycleConfiguration, i64)>>,
    /// Held during a round: whoever comes in the meantime waits for it.
    turn: tokio::sync::Mutex<()>,
}

impl Rounds {
    /// Makes a round through a bucket if something may have become due by now, Unix seconds.
    pub(crate) async fn make(
        &self,
        store: &Store,
        bucket: &Bucket,
        now: i64,
    ) -> Result<(), StoreError> {
        let rules = || {
            let record = store.bucket(bucket)?;
            Some((record.configurations.lifecycle().cloned()?, record.id))
        };
        let Some((found, _)) = rules() else { return Ok(()) };
        if self.is_done(bucket, &found, now) {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        let Some((rules, id)) = rules() else { return Ok(()) };
        if self.is_done(bucket, &rules, now) {
            return Ok(());
        }
        let (name, followed) = (bucket.clone(), rules.clone());
        let store = store.within(bucket, Some(id));
        store.blocking(move |store| follow(store, &name, &followed, now)).await?;
        let moment = last_moment(&rules, now);
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.insert(bucket.as_str().to_owned(), (rules, moment));
        Ok(())
    }

    fn is_done(&self, bucket: &Bucket, rules: &LifecycleConfiguration, now: i64) -> bool {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.get(bucket.as_str()).is_some_and(|(followed, moment)| {
            followed == rules && *moment == last_moment(rules, now)
        })
    }

    /// Makes rounds through all buckets until the endpoint stops.
    pub(crate) async fn keep_going(
        &self,
        store: &Store,
        clock: &Clock,
        mut stopped: watch::Receiver<bool>,
    ) {
        loop {
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
            for (name, _) in store.buckets() {
                let Ok(bucket) = Bucket::new(name) else { continue };
                if let Err(error) = self.make(store, &bucket, clock.now()).await {
                    tracing::error!(%error, bucket = bucket.as_str(), "lifecycle rules were not followed");
                }
            }
        }
    }
}

/// Does everything that is due in a bucket. Blocks.
fn follow(
    store: &Store,
    bucket: &Bucket,
    rules: &LifecycleConfiguration,
    now: i64,
) -> Result<(), StoreError> {
    let judge = |due: &Due, record: &ObjectRecord| {
        // Neither its class changes nor does it go (436/40136); once it may, it does.
        if record.is_retained(now) {
            return Fate::Stays;
        }
        let tags = record.tags();
        let subject = Subject::of(due.key.as_str(), record, &tags);
        match due.former {
            None => fate(rules, &subject, now),
            Some((_, replaced)) => fate_of_former(rules, &subject, replaced, now),
        }
    };
    let kept = store.bucket(bucket).map_or(Versioning::Never, |record| record.versioning());
    loop {
        let due = match kept {
            Versioning::Never => due_objects(store, bucket, judge)?,
            Versioning::Enabled | Versioning::Suspended => due_versions(store, bucket, judge)?,
        };
        let changed = store.settle(bucket, &due, now, judge)?;
        if changed == 0 {
            break;
        }
        tracing::info!(bucket = bucket.as_str(), objects = changed, "lifecycle rules followed");
    }
    if kept != Versioning::Never {
        remove_markers(store, bucket, rules, now)?;
    }
    give_up_uploads(store, bucket, rules, now)
}

/// The first objects that are due, where there is but one version of each.
fn due_objects(
    store: &Store,
    bucket: &Bucket,
    judge: impl Fn(&Due, &ObjectRecord) -> Fate,
) -> Result<Vec<Due>, StoreError> {
    let mut found = Vec::new();
    store.scan_objects(bucket, Bound::Unbounded, |key, record| {
        let due = ObjectKey::new(key).ok().map(|key| Due { key, former: None });
        found.extend(due.filter(|due| judge(due, &record) != Fate::Stays));
        if found.len() < BATCH { Step::Next } else { Step::Stop }
    })?;
    Ok(found)
}

/// The first versions that are due, the current ones among them.
fn due_versions(
    store: &Store,
    bucket: &Bucket,
    judge: impl Fn(&Due, &ObjectRecord) -> Fate,
) -> Result<Vec<Due>, StoreError> {
    let mut found = Vec::new();
    // When the version shown before was made: it is the one that replaced this one, if that is not the newest.
    let mut replaced = 0;
    store.scan_versions(bucket, Bound::Unbounded, "", |key, version, is_latest| {
        let former = (!is_latest).then(|| (version.version().id(), replaced));
        replaced = match &version {
            Former::Object(record) => record.modified,
            Former::Marker(marker) => marker.modified,
        };
        if let (Former::Object(record), Ok(key)) = (&version, ObjectKey::new(key)) {
            let due = Due { key, former };
            found.extend((judge(&due, record) != Fate::Stays).then_some(due));
        }
        if found.len() < BATCH { Step::Next } else { Step::Stop }
    })?;
    Ok(found)
}

/// Removes the delete markers that hide nothing any more, if a rule says so.
fn remove_markers(
    store: &Store,
    bucket: &Bucket,
    rules: &LifecycleConfiguration,
    now: i64,
) -> Result<(), StoreError> {
    let (mut alone, mut last) = (Vec::new(), None);
    store.scan_versions(bucket, Bound::Unbounded, "", |key, version, is_latest| {
        if is_latest {
            alone.extend(last.take());
            let is_due = matches!(version, Former::Marker(_)) && is_marker_removed(rules, key);
            let key = ObjectKey::new(key).ok().filter(|_| is_due);
            last = key.map(|key| (key, Some(version.version().id())));
        } else {
            last = None;
        }
        Step::Next
    })?;
    alone.extend(last);
    for some in alone.chunks(BATCH) {
        store.delete_objects(bucket, some, now)?;
    }
    Ok(())
}

fn give_up_uploads(
    store: &Store,
    bucket: &Bucket,
    rules: &LifecycleConfiguration,
    now: i64,
) -> Result<(), StoreError> {
    let mut due = Vec::new();
    store.scan_uploads(bucket, Bound::Unbounded, "", |key, id, upload| {
        if is_given_up(rules, key, upload.initiated, now) {
            due.push((key.to_owned(), id.to_owned()));
        }
        Step::Next
    })?;
    for (key, id) in due {
        let Ok(key) = ObjectKey::new(key) else { continue };
        let name = UploadName { bucket: bucket.clone(), key, id };
        match store.abort_parts(&name) {
            // Somebody else was faster.
            Ok(()) | Err(StoreError::NoSuchUpload) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
