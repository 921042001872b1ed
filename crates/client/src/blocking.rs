//! The same client for those without a runtime: every call waits until it is done.
//!
//! ```no_run
//! use cospass::blocking::Client;
//! use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let endpoint = Endpoint::default_domain(Region::new("ap-guangzhou")?);
//! let client = Client::new(Credentials::new("AKIDEXAMPLE", "secret"), endpoint)?;
//! let (bucket, key) = (Bucket::new("examplebucket-1250000000")?, ObjectKey::new("a.txt")?);
//! client.put(&bucket, &key, "hello")?;
//! assert_eq!(client.get(&bucket, &key)?, "hello");
//! # Ok(())
//! # }
//! ```

use std::future::Future;
use std::io;
use std::path::Path;

use bytes::Bytes;
use cospass_protocol::{Bucket, Endpoint, ObjectKey};
use cospass_sign::Credentials;
use tokio::runtime::Runtime;

use crate::answer::ObjectHead;
use crate::client::PutAnswer;
use crate::error::Error;
use crate::options::TransferOptions;
use crate::save::Saved;

/// A client whose calls wait. It runs what must run meanwhile on a thread of its own.
#[derive(Debug)]
pub struct Client {
    client: crate::Client,
    runtime: Runtime,
}

impl Client {
    /// A client with everything as it is meant.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(credentials: Credentials, endpoint: Endpoint) -> io::Result<Self> {
        Self::of(crate::Client::new(credentials, endpoint))
    }

    /// The calls of another client, waited for.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn of(client: crate::Client) -> io::Result<Self> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build()?;
        Ok(Self { client, runtime })
    }

    /// Waits for any call of the other client. Must not be called within a runtime.
    ///
    /// # Errors
    /// Those of the call.
    pub fn wait<T, F>(&self, call: impl FnOnce(crate::Client) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        self.runtime.block_on(call(self.client.clone()))
    }

    /// See [`put`](crate::Client::put).
    ///
    /// # Errors
    /// [`Error`].
    pub fn put(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        bytes: impl Into<Bytes>,
    ) -> Result<PutAnswer, Error> {
        self.runtime.block_on(self.client.put(bucket, key, bytes))
    }

    /// See [`get`](crate::Client::get); all of the object in memory.
    ///
    /// # Errors
    /// [`Error`].
    pub fn get(&self, bucket: &Bucket, key: &ObjectKey) -> Result<Bytes, Error> {
        self.runtime.block_on(async { self.client.get(bucket, key).await?.bytes().await })
    }

    /// See [`head`](crate::Client::head).
    ///
    /// # Errors
    /// [`Error`].
    pub fn head(&self, bucket: &Bucket, key: &ObjectKey) -> Result<ObjectHead, Error> {
        self.runtime.block_on(self.client.head(bucket, key))
    }

    /// See [`delete`](crate::Client::delete).
    ///
    /// # Errors
    /// [`Error`].
    pub fn delete(&self, bucket: &Bucket, key: &ObjectKey) -> Result<(), Error> {
        self.runtime.block_on(self.client.delete(bucket, key))
    }

    /// The keys that begin with a prefix, all in memory.
    ///
    /// # Errors
    /// [`Error`].
    pub fn keys(&self, bucket: &Bucket, prefix: &str) -> Result<Vec<String>, Error> {
        self.runtime.block_on(async {
            let (mut keys, mut found) = (self.client.list(bucket, prefix, ""), Vec::new());
            while let Some(object) = keys.next().await? {
                found.push(object.key);
            }
            Ok(found)
        })
    }

    /// See [`put_file`](crate::Client::put_file).
    ///
    /// # Errors
    /// [`Error`].
    pub fn put_file(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        path: &Path,
        options: &TransferOptions,
    ) -> Result<PutAnswer, Error> {
        self.runtime.block_on(self.client.put_file(bucket, key, path, options))
    }

    /// See [`get_file`](crate::Client::get_file).
    ///
    /// # Errors
    /// [`Error`].
    pub fn get_file(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        to: &Path,
        options: &TransferOptions,
    ) -> Result<Saved, Error> {
        self.runtime.block_on(self.client.get_file(bucket, key, to, options))
    }
}
