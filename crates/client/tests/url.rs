//! Transfers with a pre-signed URL alone, against the endpoint, on a socket.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod endpoint;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cospass::{
    Endpoint, Error, Gauge, Mismatch, Progress, Region, RetryPolicy, Saved, Scheme, Signer, Stop,
    TransferOptions, Transport, UrlTransfer,
};
use endpoint::{Fault, Faulty, Handle, Served, bucket, credentials, key, noise, now, serve};
use tempfile::TempDir;

const MIB: usize = 1024 * 1024;

fn options() -> TransferOptions {
    TransferOptions { part_size: MIB as u64, ..TransferOptions::default() }
}

fn signer() -> Signer {
    let region = Region::new("ap-guangzhou").unwrap();
    Signer::new(credentials(), Endpoint::default_domain(region))
}

/// A URL that is signed at a time, for five minutes.
fn url(method: &str, name: &str, at: i64) -> String {
    let (signer, bucket, key) = (signer(), bucket(), key(name));
    let signing = signer.presigned_url(method, &bucket, &key).scheme(Scheme::Http);
    signing.now(at).expires(300).sign().unwrap().into_url()
}

struct Setup {
    served: Served,
    transport: Arc<Faulty>,
    folder: TempDir,
}

impl Setup {
    async fn new() -> Self {
        let served = serve().await;
        let transport = Arc::new(Faulty::to(&served));
        Self { served, transport, folder: TempDir::new().unwrap() }
    }

    async fn put(&self, name: &str, bytes: &[u8]) {
        let (client, _) = self.served.client();
        client.put(&bucket(), &key(name), bytes.to_vec()).await.unwrap();
    }

    async fn get(&self, name: &str) -> Vec<u8> {
        let (client, _) = self.served.client();
        client.get(&bucket(), &key(name)).await.unwrap().bytes().await.unwrap().to_vec()
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(Handle(Arc::clone(&self.transport)))
    }

    fn transfer(&self, url: &str) -> UrlTransfer {
        let quick = RetryPolicy {
            first_wait: std::time::Duration::from_millis(2),
            ..RetryPolicy::default()
        };
        UrlTransfer::new(url).unwrap().transport(self.transport()).retry(quick)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a file")
    }

    async fn download(&self, url: &str) -> Result<Saved, Error> {
        self.transfer(url).download(&self.path(), &options()).await
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The bytes that were asked for by ranges, from the first to the last.
    fn asked(&self) -> Vec<(u64, u64)> {
        let ranges = self.transport.log().into_iter().filter(|sent| sent.status == 206);
        let range = |range: String| {
            let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            (first.parse().unwrap(), last.parse().unwrap())
        };
        let mut ranges: Vec<_> = ranges.map(|sent| range(sent.range.unwrap())).collect();
        ranges.sort_unstable();
        ranges
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_is_whole_whatever_its_size() {
    let setup = Setup::new().await;
    for size in [0, 1, MIB - 1, MIB, MIB + 1, 5 * MIB + 7] {
        let bytes = noise(size, size as u64 + 1);
        setup.put("a", &bytes).await;
        let saved = setup.download(&url("GET", "a", now())).await.unwrap();
        assert_eq!((saved.head.size, saved.head.crc64), (size as u64, Some(saved.crc64)));
        assert!(std::fs::read(setup.path()).unwrap() == bytes, "{size}");
        assert_eq!(setup.files(), ["a file"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_goes_on_with_fresh_urls_at_the_byte_where_it_was() {
    let setup = Setup::new().await;
    let bytes = noise(8 * MIB + 3, 7);
    setup.put("a", &bytes).await;
    // Each URL is good for 300 s by the server's clock, which jumps by an hour at every 1.5 MiB.
    let clock = setup.served.clock.clone();
    let time = Arc::new(Mutex::new((now(), 1.5 * MIB as f64)));
    let (reading, jumps) = (Arc::clone(&time), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&jumps);
    let gauge = Gauge::default().with_progress(move |progress: Progress| {
        let mut time = time.lock().unwrap();
        if progress.done as f64 >= time.1 && counted.load(Ordering::SeqCst) < 5 {
            *time = (time.0 + 3600, time.1 + 1.5 * MIB as f64);
            clock.set(time.0);
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&asked);
    let source = move || {
        counting.fetch_add(1, Ordering::SeqCst);
        let at = reading.lock().unwrap().0;
        async move { Ok(url("GET", "a", at)) }
    };
    let first = url("GET", "a", now());
    let transfer = setup.transfer(&first).renewed_by(source);
    let options = TransferOptions { gauge, jobs: 1, ..options() };
    setup.transport.next([Fault::None, Fault::CutAt(300_000)]);
    let saved = transfer.download(&setup.path(), &options).await.unwrap();
    assert!(std::fs::read(setup.path()).unwrap() == bytes);
    assert_eq!(saved.received, bytes.len() as u64);
    assert_eq!(jumps.load(Ordering::SeqCst), 5);
    assert_eq!(asked.load(Ordering::SeqCst), 5);
    // What broke off was gone on with; no byte came twice.
    let asked = setup.asked();
    assert_eq!(asked.len(), 10, "{asked:?}");
    assert!(asked.iter().any(|(first, _)| first % MIB as u64 == 300_000), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_fresh_url_what_is_there_is_kept_for_the_next_call() {
    let setup = Setup::new().await;
    let bytes = noise(6 * MIB, 8);
    setup.put("a", &bytes).await;
    let clock = setup.served.clock.clone();
    let gauge = Gauge::default().with_progress(move |progress: Progress| {
        if progress.done >= 2 * MIB as u64 {
            clock.set(now() + 3600);
        }
    });
    let alone = TransferOptions { gauge, jobs: 1, ..options() };
    let transfer = setup.transfer(&url("GET", "a", now()));
    let ended = transfer.download(&setup.path(), &alone).await.unwrap_err();
    assert!(matches!(ended, Error::UrlExpired { done } if done >= 2 * MIB as u64), "{ended}");
    assert_eq!(setup.files(), ["a file.cospass-checkpoint", "a file.cospass-part"]);
    setup.transport.log();
    let saved = setup.download(&url("GET", "a", now() + 3600)).await.unwrap();
    assert!(std::fs::read(setup.path()).unwrap() == bytes);
    assert_eq!(saved.received, 4 * MIB as u64);
    assert!(setup.asked().iter().all(|(first, _)| *first >= 2 * MIB as u64));
    assert_eq!(setup.files(), ["a file"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_object_is_not_gone_on_with() {
    let setup = Setup::new().await;
    setup.put("a", &noise(4 * MIB, 1)).await;
    let stop = Stop::new();
    let stopping = stop.clone();
    let gauge = Gauge::default().with_stop(stop).with_progress(move |progress: Progress| {
        if progress.done >= MIB as u64 {
            stopping.stop();
        }
    });
    let stopped = TransferOptions { gauge, jobs: 1, ..options() };
    let transfer = setup.transfer(&url("GET", "a", now()));
    let ended = transfer.download(&setup.path(), &stopped).await.unwrap_err();
    assert!(matches!(ended, Error::Stopped { .. }), "{ended}");
    let other = noise(4 * MIB, 2);
    setup.put("a", &other).await;
    let changed = setup.download(&url("GET", "a", now())).await.unwrap_err();
    assert!(matches!(changed, Error::ObjectChanged), "{changed}");
    assert!(!setup.path().exists());
    let anew = TransferOptions { restart: true, ..options() };
    setup.transfer(&url("GET", "a", now())).download(&setup.path(), &anew).await.unwrap();
    assert!(std::fs::read(setup.path()).unwrap() == other);
    // A checkpoint that somebody wrote is looked through.
    std::fs::write(setup.folder.path().join("a file.cospass-part"), b"x").unwrap();
    std::fs::write(setup.folder.path().join("a file.cospass-checkpoint"), b"{}").unwrap();
    let refused = setup.download(&url("GET", "a", now())).await.unwrap_err();
    assert!(matches!(refused, Error::Checkpoint { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bytes_never_get_the_name() {
    let setup = Setup::new().await;
    setup.put("a", &noise(3 * MIB, 1)).await;
    std::fs::write(setup.path(), b"before").unwrap();
    setup.transport.next([Fault::None, Fault::Flipped(77)]);
    let wrong = setup.download(&url("GET", "a", now())).await.unwrap_err();
    assert!(matches!(wrong, Error::Integrity(Mismatch::Crc64 { .. })), "{wrong}");
    assert_eq!(std::fs::read(setup.path()).unwrap(), b"before");
    assert_eq!(setup.files(), ["a file"]);
    let kept = TransferOptions { overwrite: false, ..options() };
    let there = setup.transfer(&url("GET", "a", now())).download(&setup.path(), &kept).await;
    assert!(matches!(there, Err(Error::FileExists { .. })));
    let missing = Path::new("/no/such/folder/a");
    let there = setup.transfer(&url("GET", "a", now())).download(missing, &options()).await;
    assert!(matches!(there, Err(Error::File { .. })));
    let folder = setup.transfer(&url("GET", "a", now()));
    let folder = folder.download(setup.folder.path(), &options()).await;
    assert!(matches!(folder, Err(Error::File { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_compared_and_sent_again_when_its_url_ends() {
    let setup = Setup::new().await;
    for size in [0, 1, 3 * MIB + 1] {
        let bytes = noise(size, 5);
        std::fs::write(setup.path(), &bytes).unwrap();
        let transfer = setup.transfer(&url("PUT", "up", now()));
        transfer.upload(&setup.path(), &options()).await.unwrap();
        assert!(setup.get("up").await == bytes, "{size}");
    }
    setup.transport.next([Fault::OtherCrc]);
    let other = setup.transfer(&url("PUT", "up", now())).upload(&setup.path(), &options()).await;
    assert!(matches!(other, Err(Error::Integrity(_))), "{other:?}");
    let ended = url("PUT", "up", now() - 3600);
    let refused = setup.transfer(&ended).upload(&setup.path(), &options()).await.unwrap_err();
    assert_eq!(refused.cause(), "expired");
    let renewed = setup.transfer(&ended).renewed_by(|| async { Ok(url("PUT", "up", now())) });
    renewed.upload(&setup.path(), &options()).await.unwrap();
    let in_vain =
        setup.transfer(&ended).renewed_by(|| async { Ok(url("PUT", "up", now() - 3600)) });
    let refused = in_vain.upload(&setup.path(), &options()).await.unwrap_err();
    assert_eq!(refused.cause(), "renewal");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_has_a_name() {
    let setup = Setup::new().await;
    setup.put("a", b"body").await;
    std::fs::write(setup.path(), b"up").unwrap();
    let cause = |result: Result<Saved, Error>| result.unwrap_err().cause().to_owned();
    assert_eq!(cause(setup.download(&url("GET", "a", now() - 3600)).await), "expired");
    assert_eq!(cause(setup.download(&url("PUT", "a", now())).await), "wrong-method");
    assert_eq!(cause(setup.download(&url("GET", "none", now())).await), "NoSuchKey");
    let (signer, bucket, key) = (signer(), bucket(), key("a"));
    let signed = |name, value| {
        let signing = signer.presigned_url("PUT", &bucket, &key).scheme(Scheme::Http);
        signing.header(name, value).sign().unwrap().into_url()
    };
    let with_type = signed("Content-Type", "text/x");
    let upload = setup.transfer(&with_type).upload(&setup.path(), &options()).await;
    assert_eq!(upload.unwrap_err().cause(), "signed-header-missing");
    let wrong = setup.transfer(&with_type).header("content-type", "text/y");
    let wrong = wrong.upload(&setup.path(), &options()).await.unwrap_err();
    assert_eq!(wrong.cause(), "wrong-header", "{wrong}");
    let right = setup.transfer(&with_type).header("content-type", "text/x");
    right.upload(&setup.path(), &options()).await.unwrap();
    // The MD5 is computed where the URL is signed with one, and shows another file.
    let other_md5 = signed("Content-MD5", "7o3pGNBWQBRbGPcPTDqmAg==");
    let wrong = setup.transfer(&other_md5).upload(&setup.path(), &options()).await.unwrap_err();
    assert_eq!(wrong.cause(), "wrong-header", "{wrong}");
    let ranged = signer.presigned_url("GET", &bucket, &key).scheme(Scheme::Http);
    let ranged = ranged.header("Range", "bytes=0-1").sign().unwrap().into_url();
    assert_eq!(cause(setup.download(&ranged).await), "range-is-signed");
}
