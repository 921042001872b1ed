//! An upload with a bundle: it goes on with the parts that are there, whoever sent them.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use cospass_protocol::xml::{Completed, PartEntry, PartList, write_parts};

use super::Bundle;
use crate::answer::{Answer, ObjectHead};
use crate::checksum;
use crate::client::{Part, PutAnswer, combined, compare};
use crate::error::{Error, Mismatch};
use crate::gauge::Gauge;
use crate::options::TransferOptions;
use crate::parts::{PartSink, Source, prove, send_parts, unless_stopped};
use crate::payload::Payload;
use crate::plan::Plan;
use crate::presigned::SignedUrl;
use crate::renewal::{Asked, Ends, Means, Renewed, Transfer};
use crate::retry::Repeat;

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
            here = checksum::continued(here, &bytes);
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
