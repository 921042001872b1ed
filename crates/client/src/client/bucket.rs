//! Buckets: made, looked for, deleted, listed; where they are and who may do what with them.

use cospass_protocol::Bucket;
use cospass_protocol::operation::{
    DeleteBucket, GetBucketAcl, GetBucketLocation, GetService, Grant, HeadBucket, PutBucket,
    PutBucketAcl,
};
use cospass_protocol::xml::{AccessControlPolicy, ListAllMyBuckets, read_location_constraint};

use super::Client;
use crate::error::Error;
use crate::payload::Payload;
use crate::retry::Repeat;

impl Client {
    /// GET Service (436/8291): one page of the account's buckets.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn buckets(&self, operation: &GetService) -> Result<ListAllMyBuckets, Error> {
        let (_, document) = self.ask(operation, Payload::default(), Repeat::Safe).await?;
        Ok(ListAllMyBuckets::read(&document)?)
    }

    /// PUT Bucket (436/7738), private.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn create_bucket(&self, bucket: &Bucket) -> Result<(), Error> {
        self.put_bucket(&PutBucket { bucket: bucket.clone(), acl: None, tags: Default::default() })
            .await
    }

    /// PUT Bucket (436/7738). Not repeated where it may have been done, since then it is answered with 409.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_bucket(&self, operation: &PutBucket) -> Result<(), Error> {
        self.send(operation, Payload::default(), Repeat::IfNotDone).await.map(drop)
    }

    /// HEAD Bucket (436/7735): whether it is there and may be read.
    ///
    /// # Errors
    /// [`Error`]; with the status 404 if it is not there.
    pub async fn head_bucket(&self, bucket: &Bucket) -> Result<(), Error> {
        let operation = HeadBucket { bucket: bucket.clone() };
        self.send(&operation, Payload::default(), Repeat::Safe).await.map(drop)
    }

    /// DELETE Bucket (436/7732), which must be empty.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn delete_bucket(&self, bucket: &Bucket) -> Result<(), Error> {
        let operation = DeleteBucket { bucket: bucket.clone() };
        self.send(&operation, Payload::default(), Repeat::IfNotDone).await.map(drop)
    }

    /// GET Bucket location (436/8275): the name of its region.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bucket_location(&self, bucket: &Bucket) -> Result<String, Error> {
        let operation = GetBucketLocation { bucket: bucket.clone() };
        let (_, document) = self.ask(&operation, Payload::default(), Repeat::Safe).await?;
        Ok(read_location_constraint(&document)?)
    }

    /// GET Bucket acl (436/7733): who may do what.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bucket_acl(&self, bucket: &Bucket) -> Result<Vec<Grant>, Error> {
        let operation = GetBucketAcl { bucket: bucket.clone() };
        let (_, document) = self.ask(&operation, Payload::default(), Repeat::Safe).await?;
        Ok(AccessControlPolicy::read_grants(&document)?)
    }

    /// PUT Bucket acl (436/7737), with the access control in the headers.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_bucket_acl(&self, operation: &PutBucketAcl) -> Result<(), Error> {
        self.send(operation, Payload::default(), Repeat::Safe).await.map(drop)
    }
}
