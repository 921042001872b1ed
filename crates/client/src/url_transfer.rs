//! Moving bytes with a pre-signed URL and nothing else: no credentials, no bucket, no key.
//!
//! The documentation says of such a transfer that it breaks off when the URL ends and begins anew with another (436/14114).
//! Here it goes on at the byte where it was, with a fresh URL from a [`UrlSource`](crate::UrlSource) or the next time it is called.

use std::path::Path;

use cospass_protocol::operation::ContentMd5;
use md5_stream::Md5;

use crate::answer::Answer;
use crate::client::PutAnswer;
use crate::error::Error;
use crate::fetch::{Fetch, Fetched, Slice};
use crate::gauge::Gauge;
use crate::options::TransferOptions;
use crate::parts::{Source, in_thread, unless_stopped};
use crate::payload::Payload;
use crate::presigned::SignedUrl;
use crate::renewal::{Asked, Ends, Means, Renewed, Transfer};
use crate::retry::Repeat;
use crate::save::{Saved, save};

/// Downloads what a pre-signed URL leads to into a file.
///
/// # Errors
/// [`Error`]; what was received is kept, and the next call, with a fresh URL, goes on with it.
pub async fn download(url: &str, to: &Path) -> Result<Saved, Error> {
    UrlTransfer::new(url)?.download(to, &TransferOptions::default()).await
}

/// Uploads a file through a pre-signed URL.
///
/// # Errors
/// [`Error`].
pub async fn upload(url: &str, from: &Path) -> Result<PutAnswer, Error> {
    UrlTransfer::new(url)?.upload(from, &TransferOptions::default()).await
}

/// A transfer with a pre-signed URL.
pub type UrlTransfer = Transfer<Link>;

/// A pre-signed URL and the headers that are sent with it.
pub struct Link {
    url: SignedUrl,
    headers: Vec<(String, String)>,
}

impl UrlTransfer {
    /// A transfer with that URL. It is sent as it stands; only what no request can hold is percent-encoded.
    ///
    /// # Errors
    /// [`Error::Url`], [`Error::UrlFragment`].
    pub fn new(url: &str) -> Result<Self, Error> {
        let link = Link { url: SignedUrl::read(url)?, headers: Vec::new() };
        Ok(Self { with: link, means: Means::default() })
    }

    /// A header to send. Those that the URL is signed with must be given, but for `Host`, `Content-Length` and, of an
    /// upload, `Content-MD5`, which is computed.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with.headers.push((name.into(), value.into()));
        self
    }

    /// Downloads into a file: several ranges at the same time where the server has them, under another name until all is
    /// there and proved, from where an earlier transfer of the same object was.
    ///
    /// # Errors
    /// [`Error`]; [`Error::UrlExpired`] when the URL has ended and nothing gives a fresh one.
    pub async fn download(self, to: &Path, options: &TransferOptions) -> Result<Saved, Error> {
        let (gauge, retry) = (options.gauge.begin(None), self.means.retry);
        save(self.link(), to, options, gauge, retry).await
    }

    /// Uploads a file in one request. When the URL ends, all of it is sent again with a fresh one: the service keeps
    /// nothing of a PUT that broke off.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Integrity`] when the object is not these bytes.
    pub async fn upload(self, from: &Path, options: &TransferOptions) -> Result<PutAnswer, Error> {
        let source = Source::open(from).await?;
        let gauge = options.gauge.begin(Some(source.size));
        let uploading = self.upload_source(&source, &gauge);
        let answer = unless_stopped(&gauge, uploading).await?;
        source.check().await?;
        Ok(answer)
    }

    async fn upload_source(mut self, source: &Source, gauge: &Gauge) -> Result<PutAnswer, Error> {
        let has = |name: &str| self.with.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        let repeat = match has("x-cos-forbid-overwrite") {
            true => Repeat::IfNotDone,
            false => Repeat::Safe,
        };
        if self.with.url.is_signed_with("content-md5") && !has("content-md5") {
            self.with.headers.push(("Content-MD5".to_owned(), md5_of(source).await?.to_string()));
        }
        let payload = Payload::file(source.path.clone(), source.size).counted_by(gauge);
        let link = self.link();
        let answer = link.request("PUT", &[], &payload, repeat, 0).await?;
        let here = payload.file_crc64();
        crate::client::compare(answer.crc64(), here)?;
        Ok(PutAnswer {
            // A foreign server tells none.
            etag: answer.text("etag").unwrap_or_default().to_owned(),
            crc64: here,
            size: source.size,
            version_id: answer.text("x-cos-version-id").map(str::to_owned),
        })
    }

    fn link(self) -> RenewedLink {
        let Link { url, headers } = self.with;
        RenewedLink { url: self.means.with(url), headers }
    }
}

impl std::fmt::Debug for UrlTransfer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.with.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("UrlTransfer").field("headers", &names).finish_non_exhaustive()
    }
}

async fn md5_of(source: &Source) -> Result<ContentMd5, Error> {
    let path = source.path.clone();
    in_thread(move || {
        let mut file = std::fs::File::open(&path).map_err(Error::file(&path))?;
        let mut md5 = Md5::new();
        let mut block = vec![0; 1024 * 1024];
        loop {
            let read = std::io::Read::read(&mut file, &mut block).map_err(Error::file(&path))?;
            match block.get(..read) {
                Some([]) | None => return Ok(ContentMd5(md5.finish())),
                Some(bytes) => md5.update(bytes),
            }
        }
    })
    .await
}

/// A URL that is renewed when it ends, and the headers that go with it.
pub(crate) struct RenewedLink {
    url: Renewed<SignedUrl>,
    headers: Vec<(String, String)>,
}

impl Ends for SignedUrl {
    const NAME: &'static str = "URL";

    fn end(&self) -> Option<i64> {
        self.end
    }

    fn fresh(&self, text: &str) -> Result<Self, Error> {
        Self::read(text)
    }
}

impl RenewedLink {
    async fn request(
        &self,
        method: &str,
        more: &[(String, String)],
        payload: &Payload,
        repeat: Repeat,
        done: u64,
    ) -> Result<Answer, Error> {
        let headers: Vec<_> = self.headers.iter().chain(more).cloned().collect();
        let asked = Asked { method, headers: &headers, payload, repeat, done };
        self.url.request(|url| Ok(url.clone()), asked).await
    }
}

impl Fetch for RenewedLink {
    async fn fetch(&self, slice: Slice, etag: Option<&str>, done: u64) -> Result<Fetched, Error> {
        // It would have to be sent as it was signed, and would be all that there is.
        if self.url.current().await.is_signed_with("range") {
            return Err(Error::RangeIsSigned);
        }
        let mut more = Vec::new();
        more.extend(slice.range().map(|range| ("Range".to_owned(), range.to_string())));
        more.extend(etag.map(|etag| ("If-Match".to_owned(), etag.to_owned())));
        let answer = self.request("GET", &more, &Payload::default(), Repeat::Safe, done).await;
        Fetched::of(answer, slice, etag.is_some())
    }
}
