//! Objects that grow, versions of objects, and archived objects that are restored.

use bytes::Bytes;
use cospass_protocol::operation::{AppendObject, GetBucketObjectVersions, PostObjectRestore};
use cospass_protocol::xml::{ListVersions, RestoreRequest};

use super::Client;
use crate::checksum;
use crate::error::Error;
use crate::payload::Payload;
use crate::retry::Repeat;

/// What came of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Where the next append begins: the length of the object.
    pub next_position: u64,
    /// The CRC64 of all of the object.
    pub crc64: Option<u64>,
}

impl Client {
    /// APPEND Object (436/7741). Not repeated where it may have been done: the position is another then, and the answer
    /// would be 409 `AppendPositionErr`. The CRC64 of an object that begins so is compared.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn append(
        &self,
        mut operation: AppendObject,
        bytes: impl Into<Bytes>,
    ) -> Result<Appended, Error> {
        let bytes = bytes.into();
        operation.md5 = operation.md5.or_else(|| Some(checksum::md5(&bytes)));
        let here = checksum::crc64(&bytes);
        let begins = operation.position == 0;
        let answer = self.send(&operation, Payload::bytes(bytes), Repeat::IfNotDone).await?;
        if begins {
            super::compare(answer.crc64(), here)?;
        }
        const NEXT: &str = "x-cos-next-append-position";
        let next = answer.text(NEXT).and_then(|text| text.parse().ok());
        let next_position = next.ok_or(Error::Header { name: NEXT })?;
        Ok(Appended { next_position, crc64: answer.crc64() })
    }

    /// GET Bucket Object versions (436/35521): one page.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn versions_page(
        &self,
        operation: &GetBucketObjectVersions,
    ) -> Result<ListVersions, Error> {
        let (_, document) = self.ask(operation, Payload::default(), Repeat::Safe).await?;
        Ok(ListVersions::read(&document)?)
    }

    /// POST Object restore (436/12633).
    ///
    /// # Errors
    /// [`Error`]; `RestoreAlreadyInProgress` while it is under way.
    pub async fn restore(
        &self,
        mut operation: PostObjectRestore,
        request: RestoreRequest,
    ) -> Result<(), Error> {
        let body = Bytes::from(request.write());
        operation.md5 = Some(checksum::md5(&body));
        self.send(&operation, Payload::bytes(body), Repeat::Safe).await.map(drop)
    }
}
