//! Transfers with a pre-signed URL, or with a bundle of them, and nothing else: those of the client crate.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use cospass::{
    Bundle, BundleTransfer, Error, Gauge, Progress, PutAnswer, Saved, Stop, Transfer,
    TransferOptions, UrlTransfer,
};
use pyo3::prelude::*;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::interpreter;
use crate::refusal::Refusal;
use crate::send::{Pending, Way, seconds};

/// The `Link` of the pure half: how a transfer is made.
#[derive(FromPyObject)]
pub(crate) struct Link {
    way: Py<Way>,
    /// How long nothing may move, in seconds.
    idle: f64,
    /// To send with each request.
    headers: Vec<(String, String)>,
    /// Returns a fresh URL, or a fresh bundle.
    renew: Option<Py<PyAny>>,
    /// Called with the bytes that are through and those that there are.
    progress: Option<Py<PyAny>>,
    /// In bytes.
    part_size: u64,
    jobs: usize,
    resume: bool,
    overwrite: bool,
}

/// What the service tells of an object, by the names of its headers.
type Told = HashMap<&'static str, String>;

/// Downloads what a URL leads to into a file.
#[pyfunction]
pub(crate) fn download_link(url: &str, path: PathBuf, link: Link) -> Result<Pending, Refusal> {
    let transfer = link.means(with_headers(UrlTransfer::new(url)?, &link))?;
    link.start(|options| async move { transfer.download(&path, &options).await.map(saved) })
}

/// Uploads a file through a URL.
#[pyfunction]
pub(crate) fn upload_link(url: &str, path: PathBuf, link: Link) -> Result<Pending, Refusal> {
    let transfer = link.means(with_headers(UrlTransfer::new(url)?, &link))?;
    link.start(|options| async move { transfer.upload(&path, &options).await.map(put) })
}

/// Uploads a file with a bundle.
#[pyfunction]
pub(crate) fn upload_bundle(text: &str, path: PathBuf, link: Link) -> Result<Pending, Refusal> {
    let transfer = link.means(BundleTransfer::new(Bundle::read(text)?))?;
    link.start(|options| async move { transfer.upload(&path, &options).await.map(put) })
}

/// Gives up the upload that a bundle is of.
#[pyfunction]
pub(crate) fn abort_bundle(text: &str, link: Link) -> Result<Pending, Refusal> {
    let transfer = link.means(BundleTransfer::new(Bundle::read(text)?))?;
    link.start(|_| async move { transfer.abort().await.map(|()| Told::new()) })
}

/// The size of each part but the last of an upload in parts, in bytes.
#[pyfunction]
pub(crate) fn size_of_parts(size: u64, wish: u64) -> Result<u64, Refusal> {
    Ok(Bundle::size_of_parts(size, wish)?)
}

fn with_headers(transfer: UrlTransfer, link: &Link) -> UrlTransfer {
    link.headers.iter().fold(transfer, |transfer, (name, value)| transfer.header(name, value))
}

impl Link {
    fn means<W>(&self, transfer: Transfer<W>) -> Result<Transfer<W>, Refusal> {
        let idle = seconds(self.idle)?;
        let transfer = transfer.transport(Arc::new(self.way.get().transport(idle)?));
        let Some(renew) = &self.renew else { return Ok(transfer) };
        let renew = Python::attach(|py| Arc::new(renew.clone_ref(py)));
        Ok(transfer.renewed_by(move || fresh(Arc::clone(&renew))))
    }

    /// Begins a transfer, and tells its progress as long as it goes.
    fn start<F>(self, transfer: impl FnOnce(TransferOptions) -> F) -> Result<Pending, Refusal>
    where
        F: Future<Output = Result<Told, Error>> + Send + 'static,
    {
        let stop = Stop::new();
        let (sender, receiver) = watch::channel(None);
        let gauge = Gauge::default().with_stop(stop.clone()).with_progress(move |progress| {
            sender.send_replace(Some(progress));
        });
        let options = TransferOptions {
            part_size: self.part_size,
            jobs: self.jobs,
            gauge,
            resume: self.resume,
            overwrite: self.overwrite,
            ..TransferOptions::default()
        };
        let transfer = transfer(options);
        let telling = self.progress.map(|callback| tell(receiver, callback, stop));
        let both = async move {
            let telling = telling.map(tokio::spawn);
            let outcome = transfer.await;
            // The gauge is gone with the transfer, so that this ends with what it told last.
            if let Some(Ok(Err(raised))) = match telling {
                Some(telling) => Some(telling.await),
                None => None,
            } {
                return Err(Refusal::Raised(raised));
            }
            Ok(outcome?)
        };
        Pending::start(both, |py, told| Ok(told.into_pyobject(py)?.into_any().unbind()))
    }
}

/// Calls `callback` with the newest progress, as often as it can take it; what it raises stops the transfer.
async fn tell(
    mut receiver: watch::Receiver<Option<Progress>>,
    callback: Py<PyAny>,
    stop: Stop,
) -> PyResult<()> {
    let callback = Arc::new(callback);
    while receiver.changed().await.is_ok() {
        let Some(Progress { done, total }) = *receiver.borrow_and_update() else { continue };
        let callback = Arc::clone(&callback);
        let called = spawn_blocking(move || {
            let call = |py: Python<'_>| callback.call1(py, (done, total)).map(drop);
            interpreter::enter(call).unwrap_or(Ok(()))
        });
        if let Ok(Err(raised)) = called.await {
            stop.stop();
            return Err(raised);
        }
    }
    Ok(())
}

/// Asks Python for a fresh URL, or a fresh bundle.
async fn fresh(renew: Arc<Py<PyAny>>) -> Result<String, Error> {
    let asked = spawn_blocking(move || {
        let fresh = interpreter::enter(|py| {
            let fresh = renew.call0(py).and_then(|fresh| fresh.extract::<String>(py));
            fresh.map_err(|error| error.to_string())
        });
        fresh.unwrap_or_else(|| Err("Python is going away".to_owned()))
    });
    let answered = asked.await.map_err(|_| Error::Task)?;
    answered.map_err(|cause| Error::Renewal { cause })
}

fn put(answer: PutAnswer) -> Told {
    let mut told = Told::from([
        ("ETag", answer.etag),
        ("Content-Length", answer.size.to_string()),
        ("x-cos-hash-crc64ecma", answer.crc64.to_string()),
    ]);
    told.extend(answer.version_id.map(|id| ("x-cos-version-id", id)));
    told
}

fn saved(saved: Saved) -> Told {
    let head = saved.head;
    let mut told = Told::from([
        ("ETag", head.etag),
        ("Content-Length", head.size.to_string()),
        ("Last-Modified", head.last_modified),
        ("x-cos-hash-crc64ecma", saved.crc64.to_string()),
    ]);
    told.extend(head.version_id.map(|id| ("x-cos-version-id", id)));
    told
}
