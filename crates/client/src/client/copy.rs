//! Copying within the service: no byte passes through here.

use cospass_protocol::operation::{
    Conditions, CopySource, GetObjectTagging, InitiateMultipartUpload, PutObjectCopy,
    UploadPartCopy,
};
use cospass_protocol::xml::CopyResult;
use cospass_protocol::{Bucket, ObjectKey, TagSet};
use tokio::task::JoinSet;

use super::multipart::{Part, Upload, combined, compare};
use super::{Client, object};
use crate::error::{Error, Mismatch};
use crate::payload::Payload;
use crate::plan::{Plan, next_finished};

/// The largest object that one request copies (436/10881).
const SINGLE_MAX: u64 = 5 * 1024 * 1024 * 1024;

/// The size of a part that is copied; at most 5 GiB, and nothing passes through here.
const PART: u64 = 512 * 1024 * 1024;

/// The most tags of an object (436/42997).
const OBJECT_TAGS_MAX: usize = 10;

/// How many parts are copied at the same time.
const JOBS: usize = 4;

/// What came of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The entity tag in quotes.
    pub etag: String,
    /// The CRC64 of the copy.
    pub crc64: u64,
    /// In bytes.
    pub size: u64,
}

impl Client {
    /// Where another request finds an object of this endpoint, to copy it.
    pub fn copy_source(&self, bucket: &Bucket, key: &ObjectKey) -> CopySource {
        let domain = self.endpoint().host(None, self.scheme());
        CopySource { bucket: bucket.clone(), domain, key: key.clone(), version_id: None }
    }

    /// PUT Object - Copy (436/10881).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_object_copy(&self, operation: &PutObjectCopy) -> Result<CopyResult, Error> {
        let repeat = object::repeat_of(operation.forbid_overwrite, &operation.source_conditions);
        let (_, document) = self.ask(operation, Payload::default(), repeat).await?;
        Ok(CopyResult::read_object(&document)?)
    }

    /// Copies an object of this endpoint, over 5 GiB in parts, with its headers and metadata. The CRC64 of the copy is
    /// compared with that of the source.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Integrity`] when the copy is not of the same bytes.
    pub async fn copy(
        &self,
        from: (&Bucket, &ObjectKey),
        to: (&Bucket, &ObjectKey),
    ) -> Result<Copied, Error> {
        let head = self.head(from.0, from.1).await?;
        let source = self.copy_source(from.0, from.1);
        let copied = if head.size <= SINGLE_MAX {
            let result = self
                .put_object_copy(&PutObjectCopy::new(to.0.clone(), to.1.clone(), source))
                .await?;
            Copied { etag: result.etag, crc64: result.crc64, size: head.size }
        } else {
            self.copy_in_parts(from, source, &head, to).await?
        };
        match head.crc64 {
            Some(here) if here != copied.crc64 => {
                Err(Mismatch::Crc64 { here, there: copied.crc64 }.into())
            }
            _ => Ok(copied),
        }
    }

    async fn copy_in_parts(
        &self,
        from: (&Bucket, &ObjectKey),
        source: CopySource,
        head: &crate::ObjectHead,
        to: (&Bucket, &ObjectKey),
    ) -> Result<Copied, Error> {
        let upload = self
            .initiate_upload(&InitiateMultipartUpload {
                content: head.content.clone(),
                metadata: head.metadata.clone(),
                storage_class: head.storage_class.parse().unwrap_or_default(),
                tags: self.tags_of(from).await?,
                ..InitiateMultipartUpload::new(to.0.clone(), to.1.clone())
            })
            .await?;
        let copied = self.copy_all_parts(&upload, &source, head).await;
        if copied.is_err() {
            // What it says does not matter any more.
            let _ = self.abort_upload(&upload).await;
        }
        let parts = copied?;
        let done = self.complete_upload(&upload, &parts).await?;
        compare(head.crc64, combined(&parts))?;
        Ok(Copied { etag: done.etag, crc64: done.crc64, size: head.size })
    }

    /// The tags of an object, which a copy in parts does not bring along by itself.
    async fn tags_of(&self, object: (&Bucket, &ObjectKey)) -> Result<TagSet, Error> {
        let operation =
            GetObjectTagging { bucket: object.0.clone(), key: object.1.clone(), version_id: None };
        match self.object_tagging(&operation).await {
            Ok(tags) => Ok(TagSet::new(tags, OBJECT_TAGS_MAX).unwrap_or_default()),
            Err(error) if error.is_status(404) => Ok(TagSet::default()),
            Err(error) => Err(error),
        }
    }

    async fn copy_all_parts(
        &self,
        upload: &Upload,
        source: &CopySource,
        head: &crate::ObjectHead,
    ) -> Result<Vec<Part>, Error> {
        let plan = Plan::of(head.size, PART)?;
        let mut running: JoinSet<Result<Part, Error>> = JoinSet::new();
        let mut parts = Vec::new();
        for (number, start, end) in plan.parts() {
            if running.len() >= JOBS {
                parts.extend(next_finished(&mut running).await?);
            }
            let operation = UploadPartCopy {
                bucket: upload.bucket.clone(),
                key: upload.key.clone(),
                upload_id: upload.upload_id.clone(),
                number,
                source: source.clone(),
                range: Some((start, end.saturating_sub(1))),
                source_conditions: Conditions {
                    if_match: Some(head.etag.as_bytes().to_vec()),
                    ..Conditions::default()
                },
                customer_key: None,
                source_key: None,
            };
            let client = self.clone();
            running.spawn(async move {
                let copied = client.upload_part_copy(&operation).await?;
                Ok(Part { number, etag: copied.etag, crc64: copied.crc64, size: end - start })
            });
        }
        while let Some(part) = next_finished(&mut running).await? {
            parts.push(part);
        }
        parts.sort_by_key(|part| part.number);
        Ok(parts)
    }
}
