//! Until when an object cannot be changed.

use bytes::Bytes;
use cospass_protocol::operation::{GetObjectRetention, PutObjectRetention};
use cospass_protocol::xml::Retention;

use super::Client;
use crate::checksum;
use crate::error::Error;
use crate::payload::Payload;
use crate::retry::Repeat;

impl Client {
    /// GET Object Retention (436/55292): until when an object cannot be changed, Unix seconds.
    ///
    /// # Errors
    /// [`Error`]; one of the service's where the object is not locked.
    pub async fn object_retention(&self, operation: &GetObjectRetention) -> Result<i64, Error> {
        let (_, document) = self.ask(operation, Payload::default(), Repeat::Safe).await?;
        Ok(Retention::read(&document)?.until)
    }

    /// PUT Object Retention (436/95768): locks an object until then, Unix seconds. A lock can be made to last longer, and
    /// nobody can end it sooner.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_object_retention(
        &self,
        mut operation: PutObjectRetention,
        until: i64,
    ) -> Result<(), Error> {
        let body = Bytes::from(Retention { until }.write());
        operation.md5 = Some(checksum::md5(&body));
        self.send(&operation, Payload::bytes(body), Repeat::Safe).await.map(drop)
    }
}
