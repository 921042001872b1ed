//! Objects: uploaded, downloaded, looked at, deleted; their access control and tags.

use bytes::Bytes;
use cospass_protocol::operation::{
    Conditions, ContentHeaders, DeleteObject, DeleteObjectTagging, DeleteObjects, GetObject,
    GetObjectAcl, GetObjectTagging, HeadObject, PutObject, PutObjectAcl, PutObjectTagging,
};
use cospass_protocol::xml::{
    AccessControlPolicy, Delete, DeleteResult, ObjectToDelete, read_tagging, write_tagging,
};
use cospass_protocol::{Bucket, ByteRange, ObjectKey, Tag};

use super::Client;
use crate::answer::{Answer, ObjectHead};
use crate::checksum;
use crate::error::{Error, Mismatch};
use crate::fetch::{Fetch, Fetched, Reading, Slice};
use crate::gauge::Gauge;
use crate::payload::Payload;
use crate::retry::Repeat;

/// What came of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutAnswer {
    /// The entity tag in quotes.
    pub etag: String,
    /// The CRC64 of the object; it is that of the bytes here.
    pub crc64: u64,
    /// In bytes.
    pub size: u64,
    /// Which version was made, in a bucket that keeps versions.
    pub version_id: Option<String>,
}

/// Objects that were deleted, and those that were not.
pub type Deleted = DeleteResult;

impl Client {
    /// Uploads bytes as an object of that key; its MD5 is sent along, and the CRC64 of the object is compared.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Integrity`] when the object is not these bytes.
    pub async fn put(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        bytes: impl Into<Bytes>,
    ) -> Result<PutAnswer, Error> {
        self.put_object(PutObject::new(bucket.clone(), key.clone()), bytes).await
    }

    /// PUT Object (436/7749), as [`put`](Self::put) with all that the operation can say. An `md5` that it has is sent
    /// instead of the one of the bytes.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_object(
        &self,
        operation: PutObject,
        bytes: impl Into<Bytes>,
    ) -> Result<PutAnswer, Error> {
        self.put_counted(operation, bytes.into(), &Gauge::default().begin(None)).await
    }

    pub(crate) async fn put_counted(
        &self,
        mut operation: PutObject,
        bytes: Bytes,
        gauge: &Gauge,
    ) -> Result<PutAnswer, Error> {
        operation.md5 = operation.md5.or_else(|| Some(checksum::md5(&bytes)));
        let repeat = repeat_of(operation.forbid_overwrite, &operation.conditions);
        let (here, size) = (checksum::crc64(&bytes), bytes.len() as u64);
        let payload = Payload::bytes(bytes).counted_by(gauge);
        let answer = self.send(&operation, payload, repeat).await?;
        stored(&answer, here, size)
    }

    /// Downloads an object. A body that breaks off is gone on with by range, from the same object.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn get(&self, bucket: &Bucket, key: &ObjectKey) -> Result<Download, Error> {
        self.get_object(GetObject::new(bucket.clone(), key.clone())).await
    }

    /// Downloads the bytes of a range.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn get_range(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        range: ByteRange,
    ) -> Result<Download, Error> {
        self.get_object(GetObject {
            range: Some(range),
            ..GetObject::new(bucket.clone(), key.clone())
        })
        .await
    }

    /// GET Object (436/7753), as [`get`](Self::get) with all that the operation can say.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn get_object(&self, operation: GetObject) -> Result<Download, Error> {
        let slice = match operation.range {
            None => Slice::All,
            Some(range) => Slice::Range(range),
        };
        let source = ObjectSource { client: self.clone(), operation };
        let fetched = source.fetch(slice, None, 0).await?;
        let head = fetched.head()?;
        let span = fetched.span;
        let is_whole = span.0 == 0 && span.1 == head.size;
        let reading = Reading::new(source, fetched, Gauge::default().begin(None), self.retry());
        Ok(Download { head, span, is_whole, reading: Box::new(reading) })
    }

    /// What is known of an object.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn head(&self, bucket: &Bucket, key: &ObjectKey) -> Result<ObjectHead, Error> {
        let operation = HeadObject::new(bucket.clone(), key.clone());
        self.head_object(&operation).await
    }

    /// HEAD Object (436/7745).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn head_object(&self, operation: &HeadObject) -> Result<ObjectHead, Error> {
        let answer = self.send(operation, Payload::default(), Repeat::Safe).await?;
        let size = answer.length().ok_or(Error::Header { name: "Content-Length" })?;
        Ok(ObjectHead::of(&answer.headers, size))
    }

    /// DELETE Object (436/7743). An object that is not there is no failure.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn delete(&self, bucket: &Bucket, key: &ObjectKey) -> Result<(), Error> {
        let operation = DeleteObject { bucket: bucket.clone(), key: key.clone(), version_id: None };
        self.delete_object(&operation).await
    }

    /// DELETE Object (436/7743), as [`delete`](Self::delete) with the version that is to go.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn delete_object(&self, operation: &DeleteObject) -> Result<(), Error> {
        self.send(operation, Payload::default(), Repeat::Safe).await.map(drop)
    }

    /// DELETE Multiple Objects (436/8289): up to 1000 keys at once. The answer tells of each what came of it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn delete_many<'k>(
        &self,
        bucket: &Bucket,
        keys: impl IntoIterator<Item = &'k ObjectKey>,
    ) -> Result<Deleted, Error> {
        let object = |key: &ObjectKey| ObjectToDelete {
            key: key.as_str().to_owned(),
            version_id: String::new(),
        };
        self.delete_objects(bucket, keys.into_iter().map(object).collect()).await
    }

    /// DELETE Multiple Objects (436/8289), as [`delete_many`](Self::delete_many) with versions.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn delete_objects(
        &self,
        bucket: &Bucket,
        objects: Vec<ObjectToDelete>,
    ) -> Result<Deleted, Error> {
        let body = Bytes::from(Delete { quiet: false, objects }.write());
        let md5 = Some(checksum::md5(&body));
        let operation = DeleteObjects { bucket: bucket.clone(), md5 };
        let (_, document) = self.ask(&operation, Payload::bytes(body), Repeat::Safe).await?;
        Ok(DeleteResult::read(&document)?)
    }

    /// GET Object acl (436/7744): the grants; none when the object goes by the rules of its bucket.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn object_acl(
        &self,
        operation: &GetObjectAcl,
    ) -> Result<Vec<cospass_protocol::operation::Grant>, Error> {
        let (_, document) = self.ask(operation, Payload::default(), Repeat::Safe).await?;
        Ok(AccessControlPolicy::read_grants(&document)?)
    }

    /// PUT Object acl (436/7748), with the access control in the headers.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_object_acl(&self, operation: &PutObjectAcl) -> Result<(), Error> {
        self.send(operation, Payload::default(), Repeat::Safe).await.map(drop)
    }

    /// GET Object tagging (436/42998).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn object_tagging(&self, operation: &GetObjectTagging) -> Result<Vec<Tag>, Error> {
        let (_, document) = self.ask(operation, Payload::default(), Repeat::Safe).await?;
        Ok(read_tagging(&document)?)
    }

    /// PUT Object tagging (436/42997): these tags instead of those that are there.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_object_tagging(
        &self,
        mut operation: PutObjectTagging,
        tags: &[Tag],
    ) -> Result<(), Error> {
        let body = Bytes::from(write_tagging(tags));
        operation.md5 = Some(checksum::md5(&body));
        self.send(&operation, Payload::bytes(body), Repeat::Safe).await.map(drop)
    }

    /// DELETE Object tagging (436/42999).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn delete_object_tagging(
        &self,
        operation: &DeleteObjectTagging,
    ) -> Result<(), Error> {
        self.send(operation, Payload::default(), Repeat::Safe).await.map(drop)
    }
}

/// An upload that must find nothing, or something, in its place finds its own first attempt there.
pub(crate) fn repeat_of(forbid_overwrite: bool, conditions: &Conditions) -> Repeat {
    let is_conditional = forbid_overwrite || conditions.iter().next().is_some();
    if is_conditional { Repeat::IfNotDone } else { Repeat::Safe }
}

/// What an upload is answered with, compared with what was sent.
pub(crate) fn stored(answer: &Answer, here: u64, size: u64) -> Result<PutAnswer, Error> {
    match answer.crc64() {
        Some(there) if there != here => Err(Mismatch::Crc64 { here, there }.into()),
        _ => Ok(PutAnswer {
            etag: answer.etag()?,
            crc64: here,
            size,
            version_id: answer.text("x-cos-version-id").map(str::to_owned),
        }),
    }
}

/// Where the bytes of one object come from.
pub(crate) struct ObjectSource {
    pub(crate) client: Client,
    pub(crate) operation: GetObject,
}

impl Fetch for ObjectSource {
    async fn fetch(&self, slice: Slice, etag: Option<&str>, _: u64) -> Result<Fetched, Error> {
        let mut operation = self.operation.clone();
        operation.range = slice.range();
        if let Some(etag) = etag {
            operation.conditions =
                Conditions { if_match: Some(etag.as_bytes().to_vec()), ..Conditions::default() };
        }
        let answer = self.client.send(&operation, Payload::default(), Repeat::Safe).await;
        Fetched::of(answer, slice, etag.is_some())
    }
}

/// An object, or a part of it, on its way.
#[must_use]
pub struct Download {
    head: ObjectHead,
    span: (u64, u64),
    is_whole: bool,
    reading: Box<Reading<ObjectSource>>,
}

impl Download {
    /// What is known of the object.
    pub fn head(&self) -> &ObjectHead {
        &self.head
    }

    /// The headers that the object is kept with.
    pub fn content(&self) -> &ContentHeaders {
        &self.head.content
    }

    /// How many bytes come in all.
    pub fn length(&self) -> u64 {
        self.span.1.saturating_sub(self.span.0)
    }

    /// The next bytes; none at the end. Of a whole object the end is told only if its CRC64 is that of the bytes.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let piece = self.reading.next().await?;
        if piece.is_none() && self.is_whole {
            self.reading.check(self.head.crc64)?;
        }
        Ok(piece)
    }

    /// All of it in memory.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.into())
    }
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download").field("head", &self.head).finish_non_exhaustive()
    }
}
