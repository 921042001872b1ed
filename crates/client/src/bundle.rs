//! Upload bundles: one JSON document with which someone without credentials uploads one large object in parts, and goes
//! on with it after whatever happened. `docs/bundle.md` describes the format, `docs/bundle.schema.json` is its schema.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use cospass_protocol::operation::{
    AbortMultipartUpload, CompleteMultipartUpload, HeadObject, InitiateMultipartUpload, ListParts,
    Request, UploadPart,
};
use cospass_protocol::xml::{Completed, PartEntry, PartList, write_parts};
use cospass_protocol::{Bucket, ObjectKey, Presigned, Warning};
use cospass_sign::KeyTime;
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, ObjectHead};
use crate::checksum;
use crate::client::{Client, Part, PutAnswer, Upload, combined, compare};
use crate::error::{Error, Mismatch};
use crate::gauge::Gauge;
use crate::options::TransferOptions;
use crate::parts::{PartSink, Source, prove, send_parts, unless_stopped};
use crate::payload::Payload;
use crate::plan::Plan;
use crate::presigned::SignedUrl;
use crate::renewal::{Asked, Ends, Means, Renewed, Transfer};
use crate::retry::Repeat;

const FORMAT: &str = "cospass-upload-bundle";
const VERSION: u32 = 1;

/// A page of List Parts (436/7747).
const PAGE: u32 = 1000;

/// The pre-signed URLs of one upload in parts. Whoever has it can make that object, and nothing else, until it ends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    format: String,
    version: u32,
    /// The bucket, `NAME-APPID`.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Which upload of that key.
    pub upload_id: String,
    /// The size that the object is to have, in bytes.
    pub size: u64,
    /// The size of each part but the last, in bytes.
    pub part_size: u64,
    /// The last second at which the URLs hold, Unix time: their own, or that of the credentials where it is earlier.
    pub expires_at: i64,
    /// PUT: part 1 first.
    pub parts: Vec<String>,
    /// GET: the parts that are there, 1000 numbers a page.
    pub list: Vec<String>,
    /// POST: makes the object of the parts.
    pub complete: String,
    /// DELETE: gives the upload up.
    pub abort: String,
    /// HEAD: the object, once it is made.
    pub head: String,
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bundle")
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .field("size", &self.size)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

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
        let (md5, forbid_overwrite) = (None, false);
        self.sign(&CompleteMultipartUpload { bucket, key, upload_id, md5, forbid_overwrite })
    }

    fn abort(&self) -> Result<Presigned, Error> {
        let Upload { bucket, key, upload_id } = self.upload.clone();
        self.sign(&AbortMultipartUpload { bucket, key, upload_id })
    }

    fn head(&self) -> Result<Presigned, Error> {
        self.sign(&HeadObject::new(self.upload.bucket.clone(), self.upload.key.clone()))
    }
}

impl Bundle {
    /// The document.
    pub fn write(&self) -> String {
        // Numbers and texts: there is nothing that JSON could not hold.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`Error::Bundle`].
    pub fn read(text: &str) -> Result<Self, Error> {
        let bad = |cause: &str| Error::Bundle { cause: cause.to_owned() };
        let bundle: Self = serde_json::from_str(text)
            .map_err(|error| bad(&format!("line {}: it is no bundle", error.line())))?;
        if bundle.format != FORMAT || bundle.version != VERSION {
            return Err(bad("it is of another kind or version"));
        }
        let plan = Plan::of(bundle.size, bundle.part_size)?;
        if plan.part_size != bundle.part_size || plan.count() != bundle.parts.len() as u64 {
            return Err(bad("the number of its parts does not go with its sizes"));
        }
        Ok(bundle)
    }

    /// The upload that it is of.
    ///
    /// # Errors
    /// [`Error::Bundle`] when its bucket or its key is none.
    pub fn upload(&self) -> Result<Upload, Error> {
        let bad = |cause: &dyn std::fmt::Display| Error::Bundle { cause: cause.to_string() };
        Ok(Upload {
            bucket: Bucket::new(&self.bucket).map_err(|error| bad(&error))?,
            key: ObjectKey::new(format!("/{}", self.key)).map_err(|error| bad(&error))?,
            upload_id: self.upload_id.clone(),
        })
    }

    /// Whether it is of the same upload.
    fn is_of(&self, other: &Self) -> bool {
        let what = |bundle: &Self| {
            (
                bundle.bucket.clone(),
                bundle.key.clone(),
                bundle.upload_id.clone(),
                bundle.size,
                bundle.part_size,
            )
        };
        what(self) == what(other)
    }
}

/// An upload with a bundle.
pub type BundleTransfer = Transfer<Bundle>;

impl BundleTransfer {
    /// An upload with that bundle.
    pub fn new(bundle: Bundle) -> Self {
        Self { with: bundle, means: Means::default() }
    }

    /// Uploads a file: the parts that are not there yet, several at the same time, completes, and compares the CRC64 of the
    /// object. An upload that was completed already is done if the object is of these bytes.
    ///
    /// # Errors
    /// [`Error`]; what was uploaded stays, and the next call goes on with it.
    pub async fn upload(self, from: &Path, options: &TransferOptions) -> Result<PutAnswer, Error> {
        let source = Source::open(from).await?;
        let plan = Plan::of(self.with.size, self.with.part_size)?;
        if source.size != plan.size {
            let cause = format!("it is for {} bytes, and the file has {}", plan.size, source.size);
            return Err(Error::Bundle { cause });
        }
        let gauge = options.gauge.begin(Some(source.size));
        let sink = Arc::new(self.sink());
        let present = match unless_stopped(&gauge, sink.present(&gauge)).await {
            Err(error) if is_gone(&error) => return sink.was_completed(&source, plan, error).await,
            present => present?,
        };
        let parts = send_parts(&sink, &source, plan, present, options, &gauge).await;
        let parts = parts.map_err(|error| with_progress(error, &gauge))?;
        unless_stopped(&gauge, sink.complete(&parts, &gauge)).await
    }

    /// Gives the upload up, with all its parts.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn abort(self) -> Result<(), Error> {
        let sink = self.sink();
        let nothing = Payload::default();
        sink.request("DELETE", |bundle| Some(&bundle.abort), &[], &nothing, 0).await.map(drop)
    }

    fn sink(self) -> BundleSink {
        BundleSink(self.means.with(self.with))
    }
}

impl std::fmt::Debug for BundleTransfer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BundleTransfer").field("bundle", &self.with).finish_non_exhaustive()
    }
}

fn is_gone(error: &Error) -> bool {
    error.service().is_some_and(|refusal| refusal.code == "NoSuchUpload")
}

/// An end of the URLs is told with how far the transfer was.
fn with_progress(error: Error, gauge: &Gauge) -> Error {
    match error {
        Error::UrlExpired { .. } => Error::UrlExpired { done: gauge.done() },
        error => error,
    }
}

impl Ends for Bundle {
    const NAME: &'static str = "bundle";

    fn end(&self) -> Option<i64> {
        Some(self.expires_at)
    }

    fn fresh(&self, text: &str) -> Result<Self, Error> {
        let fresh = Self::read(text.trim())?;
        match fresh.is_of(self) {
            true => Ok(fresh),
            false => Err(Error::Bundle { cause: "it is of another upload".to_owned() }),
        }
    }
}

/// The requests of a bundle, which is renewed when it ends.
struct BundleSink(Renewed<Bundle>);

impl BundleSink {
    async fn request(
        &self,
        method: &str,
        url_of: impl Fn(&Bundle) -> Option<&String>,
        headers: &[(String, String)],
        payload: &Payload,
        done: u64,
    ) -> Result<Answer, Error> {
        let missing = || Error::Bundle { cause: "it lacks a URL".to_owned() };
        let url_of = |bundle: &Bundle| SignedUrl::read(url_of(bundle).ok_or_else(missing)?);
        let asked = Asked { method, headers, payload, repeat: Repeat::Safe, done };
        self.0.request(url_of, asked).await
    }

    /// The parts that are there.
    async fn present(&self, gauge: &Gauge) -> Result<Vec<PartEntry>, Error> {
        let mut parts = Vec::new();
        for page in 0.. {
            if self.0.current().await.list.get(page).is_none() {
                break;
            }
            let nothing = Payload::default();
            let url = as_url(|bundle| bundle.list.get(page));
            let mut answer = self.request("GET", url, &[], &nothing, gauge.done()).await?;
            let list = PartList::read(&answer.document().await?)?;
            parts.extend(list.parts);
            if list.next_marker.is_none() {
                break;
            }
        }
        Ok(parts)
    }

    async fn complete(&self, parts: &[Part], gauge: &Gauge) -> Result<PutAnswer, Error> {
        let body = Bytes::from(write_parts(parts.iter().map(|part| (part.number, &*part.etag))));
        let md5 = ("Content-MD5".to_owned(), checksum::md5(&body).to_string());
        let payload = Payload::bytes(body);
        let here = combined(parts);
        let url = as_url(|bundle| Some(&bundle.complete));
        let mut answer = match self.request("POST", url, &[md5], &payload, gauge.done()).await {
            Err(error) if is_gone(&error) => return self.made(here, error).await,
            answer => answer?,
        };
        let completed = Completed::read(&answer.document().await?)?;
        compare(answer.crc64(), here)?;
        let version_id = answer.text("x-cos-version-id").map(str::to_owned);
        let size = parts.iter().map(|part| part.size).sum();
        Ok(PutAnswer { etag: completed.etag, crc64: here, size, version_id })
    }

    /// The upload is gone: it was completed if the object is of the bytes of the file.
    async fn was_completed(
        &self,
        source: &Source,
        plan: Plan,
        gone: Error,
    ) -> Result<PutAnswer, Error> {
        let mut here = 0;
        for (_, start, end) in plan.parts() {
            let bytes = source.read(start, end).await?;
            here = checksum::joined(here, checksum::crc64(&bytes), end - start);
        }
        self.made(here, gone).await
    }

    async fn made(&self, here: u64, gone: Error) -> Result<PutAnswer, Error> {
        let url = as_url(|bundle| Some(&bundle.head));
        let Ok(answer) = self.request("HEAD", url, &[], &Payload::default(), 0).await else {
            return Err(gone);
        };
        let head = ObjectHead::of(&answer.headers, answer.length().unwrap_or_default());
        match head.crc64 {
            Some(there) if there == here => Ok(PutAnswer {
                etag: head.etag,
                crc64: here,
                size: head.size,
                version_id: head.version_id,
            }),
            Some(there) => Err(Mismatch::Crc64 { here, there }.into()),
            None => Err(gone),
        }
    }
}

/// Tells the compiler that the URL lives as long as its bundle.
fn as_url<F: Fn(&Bundle) -> Option<&String>>(url: F) -> F {
    url
}

impl PartSink for BundleSink {
    async fn send(&self, number: u16, bytes: Bytes, gauge: &Gauge) -> Result<Part, Error> {
        let (size, here) = (bytes.len() as u64, checksum::crc64(&bytes));
        let payload = Payload::bytes(bytes.clone()).counted_by(gauge);
        let index = usize::from(number).saturating_sub(1);
        let url = as_url(|bundle| bundle.parts.get(index));
        let answer = self.request("PUT", url, &[], &payload, gauge.done()).await?;
        prove(&answer, number, &bytes, here)?;
        Ok(Part { number, etag: answer.etag()?, crc64: here, size })
    }

    fn attempts(&self) -> u32 {
        self.0.attempts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        let region = cospass_protocol::Region::new("ap-guangzhou").unwrap();
        let credentials = cospass_sign::Credentials::new("AKIDEXAMPLE", "hush");
        Client::new(credentials, cospass_protocol::Endpoint::default_domain(region))
    }

    fn upload() -> Upload {
        let bucket = Bucket::new("examplebucket-1250000000").unwrap();
        let key = ObjectKey::new("/ü b/c").unwrap();
        Upload { bucket, key, upload_id: "1700".to_owned() }
    }

    #[test]
    fn write_and_read_are_inverse() {
        let bundle = client().bundle_of(&upload(), 20_000_000_000, 1, 900).unwrap();
        assert_eq!((bundle.parts.len(), bundle.list.len()), (9537, 10));
        assert!(bundle.parts[9536].contains("partNumber=9537&uploadId=1700"));
        assert!(bundle.list[9].contains("part-number-marker=9000"));
        assert_eq!(Bundle::read(&bundle.write()).unwrap(), bundle);
        assert!(!bundle.write().contains("hush") && !format!("{bundle:?}").contains("q-sign"));
        let later = client().renew_bundle(&bundle, 9000).unwrap();
        assert!(later.is_of(&bundle) && later.expires_at > bundle.expires_at);
    }

    #[test]
    fn another_document_is_refused() {
        let bundle = client().bundle_of(&upload(), 5_000_000, 1, 900).unwrap();
        for text in [
            "{}".to_owned(),
            String::new(),
            bundle.write().replace("\"version\": 1", "\"version\": 2"),
            bundle.write().replace("5000000", "50000000"),
            bundle.write().replace("\"part_size\": 1048576", "\"part_size\": 5"),
        ] {
            assert!(matches!(Bundle::read(&text), Err(Error::Bundle { .. })), "{text}");
        }
    }
}
