//! The configurations of a bucket: CORS, policy, versioning and the others, as the documents that they are. Those that
//! [`xml`](cospass_protocol::xml) knows are read and written there.

use bytes::Bytes;
use cospass_protocol::operation::{
    DeleteBucketConfiguration, GetBucketConfiguration, ListBucketConfigurations,
    PostBucketInventory, PutBucketConfiguration,
};
use cospass_protocol::xml::{CorsConfiguration, VersioningConfiguration};
use cospass_protocol::{Bucket, operation::Configuration};

use super::Client;
use crate::checksum;
use crate::error::Error;
use crate::payload::Payload;
use crate::retry::Repeat;

impl Client {
    /// GET of a configuration: its document.
    ///
    /// # Errors
    /// [`Error`]; most are answered with 404 while they are not there.
    pub async fn bucket_configuration(
        &self,
        operation: &GetBucketConfiguration,
    ) -> Result<Bytes, Error> {
        Ok(self.ask(operation, Payload::default(), Repeat::Safe).await?.1)
    }

    /// GET of a list of configurations: its document, one page.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bucket_configurations(
        &self,
        operation: &ListBucketConfigurations,
    ) -> Result<Bytes, Error> {
        Ok(self.ask(operation, Payload::default(), Repeat::Safe).await?.1)
    }

    /// PUT of a configuration: this document instead of what is there.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_bucket_configuration(
        &self,
        mut operation: PutBucketConfiguration,
        document: impl Into<Bytes>,
    ) -> Result<(), Error> {
        let document = document.into();
        operation.md5 = Some(checksum::md5(&document));
        self.send(&operation, Payload::bytes(document), Repeat::Safe).await.map(drop)
    }

    /// DELETE of a configuration.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn delete_bucket_configuration(
        &self,
        operation: &DeleteBucketConfiguration,
    ) -> Result<(), Error> {
        self.send(operation, Payload::default(), Repeat::Safe).await.map(drop)
    }

    /// POST Bucket inventory (436/89704): a report of what a bucket holds, once.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn post_bucket_inventory(
        &self,
        mut operation: PostBucketInventory,
        document: impl Into<Bytes>,
    ) -> Result<(), Error> {
        let document = document.into();
        operation.md5 = Some(checksum::md5(&document));
        // A second report of that id is refused.
        self.send(&operation, Payload::bytes(document), Repeat::IfNotDone).await.map(drop)
    }

    /// GET Bucket cors (436/8274): which pages may read answers.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bucket_cors(&self, bucket: &Bucket) -> Result<CorsConfiguration, Error> {
        let document = self.bucket_configuration(&get(bucket, Configuration::Cors)).await?;
        Ok(CorsConfiguration::read(&document)?)
    }

    /// PUT Bucket cors (436/8279).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_bucket_cors(
        &self,
        bucket: &Bucket,
        cors: &CorsConfiguration,
    ) -> Result<(), Error> {
        self.put_bucket_configuration(put(bucket, Configuration::Cors), cors.write()).await
    }

    /// GET Bucket policy (436/8276): the JSON of the policy.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bucket_policy(&self, bucket: &Bucket) -> Result<Bytes, Error> {
        self.bucket_configuration(&get(bucket, Configuration::Policy)).await
    }

    /// PUT Bucket policy (436/8282).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_bucket_policy(
        &self,
        bucket: &Bucket,
        policy: impl Into<Bytes>,
    ) -> Result<(), Error> {
        self.put_bucket_configuration(put(bucket, Configuration::Policy), policy).await
    }

    /// PUT Bucket versioning (436/19889).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_bucket_versioning(
        &self,
        bucket: &Bucket,
        versioning: VersioningConfiguration,
    ) -> Result<(), Error> {
        let operation = put(bucket, Configuration::Versioning);
        self.put_bucket_configuration(operation, versioning.write()).await
    }
}

fn get(bucket: &Bucket, configuration: Configuration) -> GetBucketConfiguration {
    GetBucketConfiguration { bucket: bucket.clone(), configuration, id: None }
}

fn put(bucket: &Bucket, configuration: Configuration) -> PutBucketConfiguration {
    PutBucketConfiguration { bucket: bucket.clone(), configuration, id: None, md5: None }
}
