//! Downloading into a file, with credentials.

use std::path::Path;

use cospass_protocol::operation::GetObject;
use cospass_protocol::{Bucket, ObjectKey};

use crate::client::{Client, ObjectSource};
use crate::error::Error;
use crate::options::TransferOptions;
use crate::save::{Saved, save};

impl Client {
    /// Downloads an object into a file: several ranges at the same time, under another name until all is there and
    /// proved by its CRC64, from where an earlier transfer of the same object was.
    ///
    /// # Errors
    /// [`Error`]; what was received is kept with [`TransferOptions::resume`].
    pub async fn get_file(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        to: &Path,
        options: &TransferOptions,
    ) -> Result<Saved, Error> {
        self.get_file_as(GetObject::new(bucket.clone(), key.clone()), to, options).await
    }

    /// Downloads into a file, as [`get_file`](Self::get_file), with all that the operation can say; its range is not
    /// looked at.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn get_file_as(
        &self,
        operation: GetObject,
        to: &Path,
        options: &TransferOptions,
    ) -> Result<Saved, Error> {
        let source = ObjectSource { client: self.clone(), operation };
        save(source, to, options, options.gauge.begin(None), self.retry()).await
    }
}
