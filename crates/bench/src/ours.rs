//! cospass, called in the two ways that it offers.

use std::error::Error;

use cospass::{
    Bucket, Credentials, Endpoint, KeyTime, ObjectKey, PresignRequest, Presigned, Presigner, Signer,
};

use cospass_protocol::Batch;
use sha1_lanes::Engine;

use crate::workload::{self, EXPIRES, Workload};

/// Both callers, with what one has at hand before the first URL.
pub(crate) struct Ours {
    bucket: Bucket,
    endpoint: Endpoint,
    signer: Signer,
    presigner: Presigner,
    /// Used again, as the buffer is.
    key: ObjectKey,
    url: String,
}

impl Ours {
    pub(crate) fn new(workload: &Workload) -> Result<Self, Box<dyn Error>> {
        let credentials: Credentials = workload.credentials();
        let endpoint = workload::endpoint()?;
        Ok(Self {
            bucket: workload::bucket()?,
            signer: Signer::new(credentials.clone(), endpoint.clone()),
            endpoint,
            presigner: Presigner::new(credentials),
            key: ObjectKey::bucket(),
            url: String::new(),
        })
    }

    /// The builder: reads the clock, unless a time is given, and returns values of its own.
    pub(crate) fn build(
        &self,
        workload: &Workload,
        key: &str,
        now: Option<i64>,
    ) -> Result<Presigned, Box<dyn Error>> {
        let key = ObjectKey::new(key)?;
        let method = workload.method;
        let call = if workload.authorization {
            self.signer.authorization(method, &self.bucket, &key)
        } else {
            self.signer.presigned_url(method, &self.bucket, &key)
        };
        let call = call
            .params(workload.params.iter().copied())
            .headers(workload.headers.iter().copied())
            .expires(EXPIRES);
        let call = match now {
            Some(now) => call.now(now),
            None => call,
        };
        Ok(call.sign()?)
    }

    /// Many keys at once, at one key time.
    pub(crate) fn batch(
        &mut self,
        workload: &Workload,
        key_time: KeyTime,
        engine: Engine,
    ) -> Result<Batch, Box<dyn Error>> {
        let any = ObjectKey::bucket();
        let request = PresignRequest {
            params: &workload.params,
            headers: &workload.headers,
            ..PresignRequest::new(workload.method, &self.bucket, &any, &self.endpoint)
        };
        Ok(self.presigner.batch(&request, key_time, engine)?)
    }

    /// The bulk call, for one key time: a URL, or an `Authorization` text, goes to a buffer that is used again.
    pub(crate) fn fill(
        &mut self,
        workload: &Workload,
        key: &str,
        key_time: KeyTime,
    ) -> Result<&str, Box<dyn Error>> {
        self.key.set(key)?;
        let request = PresignRequest {
            params: &workload.params,
            headers: &workload.headers,
            ..PresignRequest::new(workload.method, &self.bucket, &self.key, &self.endpoint)
        };
        self.url.clear();
        if workload.authorization {
            self.presigner.authorization_into(&request, key_time, &mut self.url)?;
        } else {
            self.presigner.presign_into(&request, key_time, &mut self.url)?;
        }
        Ok(&self.url)
    }
}
