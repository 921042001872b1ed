//! Uploads in parts, one method an operation. [`Client::put_file`] and [`Client::put_stream`] do it all.

use bytes::Bytes;
use cospass_protocol::operation::{
    AbortMultipartUpload, CompleteMultipartUpload, InitiateMultipartUpload, ListMultipartUploads,
    ListParts, UploadPart, UploadPartCopy,
};
use cospass_protocol::xml::{
    Completed, CopyResult, PartList, UploadList, read_initiated, write_parts,
};
use cospass_protocol::{Bucket, ObjectKey};

use super::Client;
use super::object::PutAnswer;
use crate::checksum;
use crate::error::{Error, Mismatch};
use crate::gauge::Gauge;
use crate::parts::{PartSink, prove};
use crate::payload::Payload;
use crate::put::ClientSink;
use crate::retry::Repeat;

/// An upload in parts that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which of the uploads of that key.
    pub upload_id: String,
}

/// A part that is at the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, 1 to 10000.
    pub number: u16,
    /// The entity tag in quotes.
    pub etag: String,
    /// The CRC64 of its bytes.
    pub crc64: u64,
    /// In bytes.
    pub size: u64,
}

impl Client {
    /// Initiate Multipart Upload (436/7746). Not repeated where it may have been done: a second upload would stay behind.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn initiate_upload(
        &self,
        operation: &InitiateMultipartUpload,
    ) -> Result<Upload, Error> {
        let (_, document) = self.ask(operation, Payload::default(), Repeat::IfNotDone).await?;
        let (bucket, key) = (operation.bucket.clone(), operation.key.clone());
        Ok(Upload { bucket, key, upload_id: read_initiated(&document)? })
    }

    /// Upload Part (436/7750), with its CRC64 compared; sent again where it arrived damaged.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn upload_part(
        &self,
        upload: &Upload,
        number: u16,
        bytes: impl Into<Bytes>,
    ) -> Result<Part, Error> {
        let sink = ClientSink { client: self.clone(), upload: upload.clone() };
        sink.send_whole(number, bytes.into(), &Gauge::default().begin(None)).await
    }

    /// Sends a part once.
    pub(crate) async fn send_part(
        &self,
        upload: &Upload,
        number: u16,
        bytes: Bytes,
        gauge: &Gauge,
    ) -> Result<Part, Error> {
        let (size, here) = (bytes.len() as u64, checksum::crc64(&bytes));
        let Upload { bucket, key, upload_id } = upload.clone();
        let operation = UploadPart::new(bucket, key, upload_id, number);
        let payload = Payload::bytes(bytes.clone()).counted_by(gauge);
        let answer = self.send(&operation, payload, Repeat::Safe).await?;
        prove(&answer, number, &bytes, here)?;
        Ok(Part { number, etag: answer.etag()?, crc64: here, size })
    }

    /// Upload Part - Copy (436/8287).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn upload_part_copy(&self, operation: &UploadPartCopy) -> Result<CopyResult, Error> {
        let (_, document) = self.ask(operation, Payload::default(), Repeat::Safe).await?;
        Ok(CopyResult::read_part(&document)?)
    }

    /// List Parts (436/7747): all of them, page by page.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn parts(
        &self,
        upload: &Upload,
    ) -> Result<Vec<cospass_protocol::xml::PartEntry>, Error> {
        let mut operation = ListParts {
            bucket: upload.bucket.clone(),
            key: upload.key.clone(),
            upload_id: upload.upload_id.clone(),
            part_number_marker: 0,
            max_parts: 1000,
            url_encoded: false,
        };
        let mut parts = Vec::new();
        loop {
            let (_, document) = self.ask(&operation, Payload::default(), Repeat::Safe).await?;
            let page = PartList::read(&document)?;
            parts.extend(page.parts);
            match page.next_marker.map(u64::from) {
                Some(next) if next > operation.part_number_marker => {
                    operation.part_number_marker = next;
                }
                _ => return Ok(parts),
            }
        }
    }

    /// List Multipart Uploads (436/7736): one page.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn uploads(&self, operation: &ListMultipartUploads) -> Result<UploadList, Error> {
        let (_, document) = self.ask(operation, Payload::default(), Repeat::Safe).await?;
        Ok(UploadList::read(&document)?)
    }

    /// Complete Multipart Upload (436/7742) of parts in ascending order. The CRC64 of the object is compared with that of
    /// the parts, combined.
    ///
    /// Where the answer to an attempt was lost, the upload may be gone because it was completed: then the object that is
    /// there is taken for it if it has the CRC64 of the parts.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Integrity`] when the object is not of these bytes.
    pub async fn complete_upload(
        &self,
        upload: &Upload,
        parts: &[Part],
    ) -> Result<PutAnswer, Error> {
        let body = Bytes::from(write_parts(parts.iter().map(|part| (part.number, &*part.etag))));
        let Upload { bucket, key, upload_id } = upload.clone();
        let operation = CompleteMultipartUpload {
            md5: Some(checksum::md5(&body)),
            ..CompleteMultipartUpload::new(bucket, key, upload_id)
        };
        let (here, size) = (combined(parts), parts.iter().map(|part| part.size).sum());
        match self.ask(&operation, Payload::bytes(body), Repeat::Safe).await {
            Ok((answer, document)) => {
                let completed = Completed::read(&document)?;
                compare(answer.crc64(), here)?;
                let version_id = answer.text("x-cos-version-id").map(str::to_owned);
                Ok(PutAnswer { etag: completed.etag, crc64: here, size, version_id })
            }
            Err(error) if error.service().is_some_and(|refusal| refusal.code == "NoSuchUpload") => {
                match self.head(&upload.bucket, &upload.key).await {
                    Ok(head) if head.crc64 == Some(here) => Ok(PutAnswer {
                        etag: head.etag,
                        crc64: here,
                        size,
                        version_id: head.version_id,
                    }),
                    _ => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Abort Multipart Upload (436/7740): gives it up, with all its parts.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn abort_upload(&self, upload: &Upload) -> Result<(), Error> {
        let operation = AbortMultipartUpload {
            bucket: upload.bucket.clone(),
            key: upload.key.clone(),
            upload_id: upload.upload_id.clone(),
        };
        self.send(&operation, Payload::default(), Repeat::Safe).await.map(drop)
    }
}

/// The CRC64 of all parts, one after the other.
pub(crate) fn combined(parts: &[Part]) -> u64 {
    parts.iter().fold(0, |crc, part| checksum::joined(crc, part.crc64, part.size))
}

/// Compares a CRC64 with the one that the service tells, if it does.
pub(crate) fn compare(there: Option<u64>, here: u64) -> Result<(), Error> {
    match there {
        Some(there) if there != here => Err(Mismatch::Crc64 { here, there }.into()),
        _ => Ok(()),
    }
}
