//! The first half of the demo: a bucket is made, a file goes up and comes down.

use std::path::Path;

use bytes::Bytes;
use cospass::{ObjectKey, Scheme};
use http_body_util::BodyExt;
use http_body_util::channel::{Channel, Sender};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::file::{CHUNK, LocalFile};
use super::guide::attachment;
use super::http::{Body, network, no_body, read_short, send};
use super::progress::Progress;
use super::{BUCKET, Demo, EXPIRES, sign};
use crate::environment;
use crate::exit::Failure;
use crate::sent::SentRequest;

impl Demo {
    /// A request that is signed in its `Authorization` header.
    pub(super) async fn create_bucket(&mut self) -> Result<(), Failure> {
        self.guide.step("A bucket is made by a request with an Authorization header.")?;
        let root = ObjectKey::bucket();
        let signing = self.signer.authorization("PUT", &self.bucket, &root);
        let signed = sign(signing.scheme(Scheme::Http).expires(EXPIRES).now(environment::now()))?;
        let header = format!("Authorization: {}", signed.authorization());
        self.guide.cospass(&["auth", "PUT", &format!("cos://{BUCKET}/")])?;
        self.guide.command(&["curl", "-X", "PUT", "-H", &header, signed.url()])?;
        let headers = [("Authorization", signed.authorization()), ("Content-Length", "0")];
        let answer = send("PUT", signed.url(), &headers, no_body()).await?;
        let status = answer.status();
        read_short(answer).await?;
        self.guide.check(status == 200, format_args!("the server answers {status}"))
    }

    /// A pre-signed PUT with a signed `Content-MD5`: nothing but this content can go up.
    pub(super) async fn upload(
        &mut self,
        file: &LocalFile,
        key: &ObjectKey,
    ) -> Result<(), Failure> {
        self.guide
            .step("An upload is pre-signed for this content alone: Content-MD5 is signed.")?;
        let md5 = file.content_md5();
        let signed = sign(self.presign("PUT", key).header("Content-MD5", md5.as_str()))?;
        let header = format!("Content-MD5: {md5}");
        let target = format!("cos://{BUCKET}/{}", key.as_str());
        self.guide.cospass(&["presign", "PUT", &target, "-H", &header])?;
        self.guide.url(signed.url())?;
        self.guide.step("The file goes up through the URL.")?;
        self.guide.command(&["curl", "-T", &file.argument(), "-H", &header, signed.url()])?;
        let size = file.size().to_string();
        let headers = [("Content-MD5", md5.as_str()), ("Content-Length", size.as_str())];
        let body = stream(file).await?;
        let answer = send("PUT", signed.url(), &headers, body).await?;
        let status = answer.status();
        let etag = answer.headers().get("ETag").map(|etag| etag.as_bytes().to_vec());
        read_short(answer).await?;
        let etag = String::from_utf8_lossy(&etag.unwrap_or_default()).into_owned();
        let held = status == 200 && etag == file.etag();
        self.guide.check(held, format_args!("the server answers {status}, ETag {etag}"))
    }

    /// A pre-signed GET that names the file for the browser; the URL is returned.
    pub(super) async fn download(
        &mut self,
        file: &LocalFile,
        key: &ObjectKey,
        folder: &Path,
    ) -> Result<String, Failure> {
        self.guide
            .step("A download is pre-signed, with the name that a browser saves it under.")?;
        let disposition = attachment(&format!("copy-of-{}", file.name()));
        let param = format!("response-content-disposition={disposition}");
        let signing = self.presign("GET", key);
        let signing = signing.param("response-content-disposition", disposition.as_str());
        let signed = sign(signing)?;
        let target = format!("cos://{BUCKET}/{}", key.as_str());
        self.guide.cospass(&["presign", "GET", &target, "-q", &param])?;
        self.guide.url(signed.url())?;
        self.guide.step("The file comes down through the URL.")?;
        self.guide.command(&["curl", "-o", "copy", signed.url()])?;
        let copy = folder.join("copy");
        let (status, named) = fetch(signed.url(), &copy, file.size()).await?;
        let held = status == 200 && named == disposition;
        self.guide.check(
            held,
            format_args!("the server answers {status}, Content-Disposition: {named}"),
        )?;
        let same = file.equals(&copy).await?;
        self.guide.check(same, "the copy has the same bytes")?;
        Ok(signed.into_url())
    }

    /// The same URL, checked without a server.
    pub(super) fn verify(&mut self, url: &str) -> Result<(), Failure> {
        self.guide.step("The URL is checked offline, as the server checks it.")?;
        self.guide.command(&["cospass", "verify", "GET", url])?;
        let request = SentRequest::new("GET", url, [])?;
        let (held, text) = crate::verify::check(&request, &self.credentials, environment::now());
        self.guide.check(held, text)
    }
}

/// The file as a body, read while it is sent.
async fn stream(file: &LocalFile) -> Result<Body, Failure> {
    let cannot_read =
        |error| Failure::io(format_args!("cannot read {}", file.path().display()), &error);
    let open = File::open(file.path()).await.map_err(cannot_read)?;
    let progress = Progress::new("uploaded", file.size());
    let (sender, body) = Channel::new(2);
    tokio::spawn(feed(open, sender, progress));
    Ok(body.boxed())
}

/// Hands the file on, piece by piece, as the network takes it.
async fn feed(mut file: File, mut sender: Sender<Bytes, std::io::Error>, mut progress: Progress) {
    loop {
        let mut piece = Vec::with_capacity(CHUNK);
        match (&mut file).take(CHUNK as u64).read_to_end(&mut piece).await {
            Ok(0) => break,
            Ok(read) => {
                if sender.send_data(Bytes::from(piece)).await.is_err() {
                    // The server has answered already; the answer says why.
                    break;
                }
                progress.advance(read as u64);
            }
            Err(error) => {
                sender.abort(error);
                break;
            }
        }
    }
    progress.finish();
}

/// Downloads into a file; the status and the `Content-Disposition` of the answer.
async fn fetch(url: &str, to: &Path, total: u64) -> Result<(u16, String), Failure> {
    let mut answer = send("GET", url, &[], no_body()).await?;
    let status = answer.status().as_u16();
    let named = answer.headers().get("Content-Disposition").map(|value| value.as_bytes().to_vec());
    let cannot_write = |error| Failure::io(format_args!("cannot write {}", to.display()), &error);
    let mut file = File::create(to).await.map_err(cannot_write)?;
    let mut progress = Progress::new("downloaded", total);
    while let Some(frame) = answer.frame().await {
        let frame = frame.map_err(|error| network(url, error))?;
        if let Some(data) = frame.data_ref() {
            file.write_all(data).await.map_err(cannot_write)?;
            progress.advance(data.len() as u64);
        }
    }
    file.flush().await.map_err(cannot_write)?;
    progress.finish();
    Ok((status, String::from_utf8_lossy(&named.unwrap_or_default()).into_owned()))
}
