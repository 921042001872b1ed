//! Finding blobs that nothing names: what a crash left between keeping the bytes of an upload and naming them, or between
//! deleting an object and removing its bytes.

use std::time::Duration;

use tokio::sync::watch;

use super::backend::BlobId;
use super::{Store, StoreError, metadata};

/// How many blobs are looked at in one go, and how long the disk is left alone after it.
const BLOBS: usize = 1024;
const PAUSE: Duration = Duration::from_millis(20);

/// How long after one pass the next one begins.
const INTERVAL: Duration = Duration::from_secs(3600);

impl Store {
    /// Sweeps at once, and again from time to time, until it is told to stop.
    pub(crate) async fn keep_swept(&self, mut stopped: watch::Receiver<bool>) {
        let mut after = None;
        loop {
            let swept = self.blocking(move |store| store.sweep(after)).await;
            after = swept.unwrap_or_else(|error: StoreError| {
                tracing::warn!(%error, "a sweep was given up");
                None
            });
            let pause = if after.is_some() { PAUSE } else { INTERVAL };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stopped.changed() => return,
            }
        }
    }

    /// Removes what is not needed among the next blobs after a given one, and returns the last of them; `None` after the
    /// last of all.
    pub(super) fn sweep(&self, after: Option<BlobId>) -> Result<Option<BlobId>, StoreError> {
        let blobs = self.0.backend.blobs(after, BLOBS)?;
        for &blob in &blobs {
            if !self.is_needed(blob)? {
                tracing::warn!("a blob that nothing names was found and removed");
                self.0.backend.remove(blob)?;
            }
        }
        Ok(blobs.last().copied())
    }

    /// In this order: an upload is held until its blob is named. Who reads one held it while it was named; once it is
    /// not named, it never will be again.
    fn is_needed(&self, blob: BlobId) -> Result<bool, StoreError> {
        let is_held = || self.0.pins.is_held(blob);
        Ok(is_held() || metadata::is_named(&*self.0.backend, blob)? || is_held())
    }
}
