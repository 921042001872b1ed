//! Uploading what is not in memory: files and streams. Small ones in one request, others in parts.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use cospass_protocol::operation::{InitiateMultipartUpload, ListMultipartUploads, PutObject};
use cospass_protocol::{Bucket, ObjectKey};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::JoinSet;

use crate::client::{Client, Part, PutAnswer, Upload};
use crate::error::{Error, Mismatch};
use crate::gauge::Gauge;
use crate::options::TransferOptions;
use crate::parts::{PartSink, Source, send_parts, unless_stopped};
use crate::plan::{Plan, next_finished};

/// A file of so few bytes is read when it is looked at.
const SMALL: u64 = 64 * 1024;

impl Client {
    /// Uploads a file; in parts, if it is larger than one. With [`TransferOptions::resume`] an upload of that key that
    /// is under way is gone on with: its parts are compared with the file, by MD5.
    ///
    /// # Errors
    /// [`Error`]. What was uploaded is kept only with `resume`.
    pub async fn put_file(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        path: &Path,
        options: &TransferOptions,
    ) -> Result<PutAnswer, Error> {
        let object = InitiateMultipartUpload::new(bucket.clone(), key.clone());
        self.put_file_as(object, path, options).await
    }

    /// Uploads a file, as [`put_file`](Self::put_file), with headers and metadata.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_file_as(
        &self,
        object: InitiateMultipartUpload,
        path: &Path,
        options: &TransferOptions,
    ) -> Result<PutAnswer, Error> {
        let (source, bytes) = Source::open_with(path, SMALL).await?;
        let gauge = options.gauge.begin(Some(source.size));
        let plan = Plan::of(source.size, options.part_size)?;
        if plan.count() == 1 {
            let bytes = match bytes {
                Some(bytes) => bytes,
                None => source.read(0, source.size).await?,
            };
            let put = self.put_counted(single(object), bytes, &gauge);
            return unless_stopped(&gauge, put).await;
        }
        let upload = match options.resume {
            true => self.upload_to_resume(&object, options.restart).await?,
            false => None,
        };
        let (upload, present) = match upload {
            Some(upload) => {
                let parts = self.parts(&upload).await?;
                (upload, parts)
            }
            None => (self.initiate_upload(&object).await?, Vec::new()),
        };
        let sink = Arc::new(ClientSink { client: self.clone(), upload: upload.clone() });
        let sent = send_parts(&sink, &source, plan, present, options, &gauge).await;
        self.end(&upload, sent, !options.resume).await
    }

    /// Uploads a stream, of a length that is known or not; in parts, if it is longer than one. Parts of a stream without
    /// a length grow, twice the size every 1000, so that 10,000 of them hold all that an object may.
    ///
    /// # Errors
    /// [`Error`]; nothing is kept.
    pub async fn put_stream(
        &self,
        object: InitiateMultipartUpload,
        mut stream: impl AsyncRead + Unpin + Send,
        length: Option<u64>,
        options: &TransferOptions,
    ) -> Result<PutAnswer, Error> {
        let gauge = options.gauge.begin(length);
        let size_of = match length {
            Some(length) => Sizes::Fixed(Plan::of(length, options.part_size)?.part_size),
            None => Sizes::Growing(Plan::of(0, options.part_size)?.part_size),
        };
        let first = read_part(&mut stream, size_of.of(1)?).await?;
        if (first.len() as u64) < size_of.of(1)? || length == Some(first.len() as u64) {
            expect_length(length, first.len() as u64)?;
            let put = self.put_counted(single(object), first, &gauge);
            return unless_stopped(&gauge, put).await;
        }
        let upload = self.initiate_upload(&object).await?;
        let sent = self.send_stream(&upload, first, stream, size_of, length, options, &gauge).await;
        self.end(&upload, sent, true).await
    }

    #[allow(clippy::too_many_arguments, reason = "the one caller is above")]
    async fn send_stream(
        &self,
        upload: &Upload,
        first: Bytes,
        mut stream: impl AsyncRead + Unpin + Send,
        size_of: Sizes,
        length: Option<u64>,
        options: &TransferOptions,
        gauge: &Gauge,
    ) -> Result<Vec<Part>, Error> {
        let mut running = JoinSet::new();
        let mut parts: Vec<Part> = Vec::new();
        let (mut next, mut number, mut total) = (first, 1, 0);
        while !next.is_empty() {
            total += next.len() as u64;
            if running.len() >= options.jobs.max(1) {
                parts.extend(unless_stopped(gauge, next_finished(&mut running)).await?);
            }
            let sink = ClientSink { client: self.clone(), upload: upload.clone() };
            let (gauge_of_part, bytes) = (gauge.clone(), std::mem::take(&mut next));
            running.spawn(async move { sink.send_whole(number, bytes, &gauge_of_part).await });
            number += 1;
            let reading = read_part(&mut stream, size_of.of(number)?);
            next = unless_stopped(gauge, reading).await?;
        }
        expect_length(length, total)?;
        while let Some(part) = unless_stopped(gauge, next_finished(&mut running)).await? {
            parts.push(part);
        }
        parts.sort_by_key(|part| part.number);
        Ok(parts)
    }

    /// Completes an upload, or gives it up if nobody goes on with it.
    async fn end(
        &self,
        upload: &Upload,
        sent: Result<Vec<Part>, Error>,
        give_up: bool,
    ) -> Result<PutAnswer, Error> {
        match sent {
            Ok(parts) => self.complete_upload(upload, &parts).await,
            Err(error) => {
                if give_up {
                    // The reason why it failed is the one to tell.
                    let _ = self.abort_upload(upload).await;
                }
                Err(error)
            }
        }
    }

    /// The last upload of this very key that is under way; all of them are given up to begin anew.
    async fn upload_to_resume(
        &self,
        object: &InitiateMultipartUpload,
        restart: bool,
    ) -> Result<Option<Upload>, Error> {
        let page = self
            .uploads(&ListMultipartUploads {
                bucket: object.bucket.clone(),
                prefix: object.key.as_str().to_owned(),
                delimiter: String::new(),
                key_marker: String::new(),
                upload_id_marker: String::new(),
                max_uploads: 1000,
                url_encoded: true,
            })
            .await?;
        let of_key = page.uploads.into_iter().filter(|upload| upload.key == object.key.as_str());
        let mut uploads: Vec<_> = of_key
            .map(|upload| Upload {
                bucket: object.bucket.clone(),
                key: object.key.clone(),
                upload_id: upload.upload_id,
            })
            .collect();
        if restart {
            for upload in uploads.drain(..) {
                self.abort_upload(&upload).await?;
            }
        }
        Ok(uploads.pop())
    }
}

/// The parts of one upload, sent with credentials.
pub(crate) struct ClientSink {
    pub(crate) client: Client,
    pub(crate) upload: Upload,
}

impl PartSink for ClientSink {
    async fn send(&self, number: u16, bytes: Bytes, gauge: &Gauge) -> Result<Part, Error> {
        self.client.send_part(&self.upload, number, bytes, gauge).await
    }

    fn attempts(&self) -> u32 {
        self.client.retry().attempts
    }
}

/// How large the parts of a stream are.
#[derive(Clone, Copy)]
enum Sizes {
    Fixed(u64),
    Growing(u64),
}

impl Sizes {
    fn of(self, number: u16) -> Result<u64, Error> {
        match self {
            _ if number > 10_001 => Err(Error::TooLarge { size: u64::MAX }),
            Self::Fixed(size) => Ok(size),
            Self::Growing(size) => Ok(size << (number.saturating_sub(1) / 1000).min(16)),
        }
    }
}

fn expect_length(length: Option<u64>, found: u64) -> Result<(), Error> {
    match length {
        Some(expected) if expected != found => Err(Mismatch::Length { expected, found }.into()),
        _ => Ok(()),
    }
}

/// The next bytes of a stream: as many as asked for, or fewer at its end.
async fn read_part(stream: &mut (impl AsyncRead + Unpin), size: u64) -> Result<Bytes, Error> {
    let mut bytes = Vec::new();
    stream.take(size).read_to_end(&mut bytes).await.map_err(Error::Input)?;
    Ok(bytes.into())
}

/// The same object in one request.
fn single(object: InitiateMultipartUpload) -> PutObject {
    let InitiateMultipartUpload {
        bucket,
        key,
        content,
        metadata,
        storage_class,
        acl,
        tags,
        encryption,
        retain_until,
        forbid_overwrite,
    } = object;
    PutObject {
        content,
        metadata,
        storage_class,
        acl,
        tags,
        encryption,
        retain_until,
        forbid_overwrite,
        ..PutObject::new(bucket, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_endless_stream_hold_the_largest_object() {
        let sizes = Sizes::Growing(8 * 1024 * 1024);
        let total: u64 = (1..=10_000).map(|number| sizes.of(number).unwrap()).sum();
        assert!(total > 5 * (1 << 40));
        assert!(sizes.of(10_002).is_err());
    }
}
