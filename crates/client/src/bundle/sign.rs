//! A bundle is made: its upload is begun, and its URLs are signed.

use cospass_protocol::operation::{
    AbortMultipartUpload, CompleteMultipartUpload, HeadObject, InitiateMultipartUpload, ListParts,
    Request, UploadPart,
};
use cospass_protocol::{Bucket, ObjectKey, Presigned, Warning};
use cospass_sign::KeyTime;

use super::{Bundle, FORMAT, VERSION};
use crate::client::{Client, Upload};
use crate::error::Error;
use crate::plan::Plan;

/// A page of List Parts (436/7747).
const PAGE: u32 = 1000;

impl Client {
    /// Begins an upload of so many bytes and makes a bundle of it, which ends after so many seconds.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bundle(
        &self,
        object: &InitiateMultipartUpload,
        size: u64,
        part_size: u64,
        expires_seconds: i64,
    ) -> Result<Bundle, Error> {
        // Refused before anything is begun.
        Plan::of(size, part_size)?;
        let upload = self.initiate_upload(object).await?;
        self.bundle_of(&upload, size, part_size, expires_seconds)
    }

    /// A bundle of an upload that is under way; nothing is sent.
    ///
    /// # Errors
    /// [`Error`].
    pub fn bundle_of(
        &self,
        upload: &Upload,
        size: u64,
        part_size: u64,
        expires_seconds: i64,
    ) -> Result<Bundle, Error> {
        let plan = Plan::of(size, part_size)?;
        let key_time = self.key_time(expires_seconds)?;
        let signing = Signing { client: self, upload, key_time };
        let parts = plan.parts().map(|(number, ..)| signing.part(number));
        let head = signing.head()?;
        let pages = plan.count().div_ceil(u64::from(PAGE));
        Ok(Bundle {
            format: FORMAT.to_owned(),
            version: VERSION,
            bucket: upload.bucket.as_str().to_owned(),
            key: upload.key.as_str().to_owned(),
            upload_id: upload.upload_id.clone(),
            size,
            part_size: plan.part_size,
            expires_at: head.effective_end(),
            parts: parts.map(url_of).collect::<Result<_, _>>()?,
            list: (0..pages).map(|page| url_of(signing.page(page))).collect::<Result<_, _>>()?,
            complete: url_of(signing.complete())?,
            abort: url_of(signing.abort())?,
            head: head.into_url(),
        })
    }

    /// What is valid and yet a risk of the URLs of a bundle for an object, before there is one: each risk once. Credentials
    /// may be asked for, the service is not.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn bundle_warnings(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        expires_seconds: i64,
    ) -> Result<Vec<Warning>, Error> {
        self.credentials().await?;
        let key_time = self.key_time(expires_seconds)?;
        let (bucket, key, upload_id) = (bucket.clone(), key.clone(), "any".to_owned());
        let upload = Upload { bucket, key, upload_id };
        let signing = Signing { client: self, upload: &upload, key_time };
        let signed = [
            signing.part(1)?,
            signing.page(0)?,
            signing.complete()?,
            signing.abort()?,
            signing.head()?,
        ];
        let mut found: Vec<Warning> = Vec::new();
        for warning in signed.iter().flat_map(Presigned::warnings) {
            if !found.iter().any(|other| other.id() == warning.id()) {
                found.push(warning);
            }
        }
        Ok(found)
    }

    /// The same bundle with URLs that hold for so many seconds from now; nothing is sent.
    ///
    /// # Errors
    /// [`Error::Bundle`], and those of signing.
    pub fn renew_bundle(&self, bundle: &Bundle, expires_seconds: i64) -> Result<Bundle, Error> {
        self.bundle_of(&bundle.upload()?, bundle.size, bundle.part_size, expires_seconds)
    }
}

/// Signs the requests of one upload.
struct Signing<'a> {
    client: &'a Client,
    upload: &'a Upload,
    key_time: KeyTime,
}

fn url_of(signed: Result<Presigned, Error>) -> Result<String, Error> {
    Ok(signed?.into_url())
}

impl Signing<'_> {
    fn sign(&self, operation: &impl Request) -> Result<Presigned, Error> {
        self.client.presigned(operation, self.key_time)
    }

    fn part(&self, number: u16) -> Result<Presigned, Error> {
        let Upload { bucket, key, upload_id } = self.upload.clone();
        self.sign(&UploadPart::new(bucket, key, upload_id, number))
    }

    fn page(&self, page: u64) -> Result<Presigned, Error> {
        let Upload { bucket, key, upload_id } = self.upload.clone();
        self.sign(&ListParts {
            bucket,
            key,
            upload_id,
            part_number_marker: page * u64::from(PAGE),
            max_parts: PAGE,
            url_encoded: false,
        })
    }

    fn complete(&self) -> Result<Presigned, Error> {
        let Upload { bucket, key, upload_id } = self.upload.clone();
        self.sign(&CompleteMultipartUpload::new(bucket, key, upload_id))
    }

    fn abort(&self) -> Result<Presigned, Error> {
        let Upload { bucket, key, upload_id } = self.upload.clone();
        self.sign(&AbortMultipartUpload { bucket, key, upload_id })
    }

    fn head(&self) -> Result<Presigned, Error> {
        self.sign(&HeadObject::new(self.upload.bucket.clone(), self.upload.key.clone()))
    }
}
