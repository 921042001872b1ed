//! Upload bundles against the endpoint, on a socket.
#![allow(clippy::unwrap_used, reason = "tests alone")]

mod endpoint;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use cospass::operation::InitiateMultipartUpload;
use cospass::{
    Bundle, BundleTransfer, Client, Error, Gauge, Mismatch, Progress, TransferOptions, Transport,
};
use endpoint::{Fault, Faulty, Handle, Served, bucket, key, noise, now, serve};

const MIB: usize = 1024 * 1024;

struct Setup {
    served: Served,
    client: Client,
    transport: Arc<Faulty>,
    folder: tempfile::TempDir,
    bytes: Vec<u8>,
}

impl Setup {
    async fn new(size: usize) -> Self {
        let served = serve().await;
        let (client, _) = served.client();
        let transport = Arc::new(Faulty::to(&served));
        let folder = tempfile::tempdir().unwrap();
        let bytes = noise(size, 3);
        std::fs::write(folder.path().join("file"), &bytes).unwrap();
        Self { served, client, transport, folder, bytes }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("file")
    }

    async fn bundle(&self) -> Bundle {
        let object = InitiateMultipartUpload::new(bucket(), key("big"));
        let size = self.bytes.len() as u64;
        let bundle = self.client.bundle(&object, size, MIB as u64, 300).await.unwrap();
        // As it goes from hand to hand.
        Bundle::read(&bundle.write()).unwrap()
    }

    fn transfer(&self, bundle: &Bundle) -> BundleTransfer {
        let transport: Arc<dyn Transport> = Arc::new(Handle(Arc::clone(&self.transport)));
        BundleTransfer::new(bundle.clone()).transport(transport)
    }

    async fn is_uploaded(&self) -> bool {
        let read = self.client.get(&bucket(), &key("big")).await.unwrap().bytes().await.unwrap();
        read == self.bytes
    }

    /// How many parts were sent, wholly or not.
    fn parts_sent(&self) -> usize {
        self.transport.log().iter().filter(|sent| sent.url.contains("partNumber=")).count()
    }
}

fn options() -> TransferOptions {
    TransferOptions { jobs: 2, ..TransferOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_uploads_without_credentials() {
    let setup = Setup::new(5 * MIB + 7).await;
    let bundle = setup.bundle().await;
    let done = setup.transfer(&bundle).upload(&setup.path(), &options()).await.unwrap();
    assert!(setup.is_uploaded().await);
    assert_eq!(setup.parts_sent(), 6);
    // Once more is done at once, and another file is not.
    let again = setup.transfer(&bundle).upload(&setup.path(), &options()).await.unwrap();
    assert_eq!((again, setup.parts_sent()), (done, 0));
    std::fs::write(setup.path(), noise(5 * MIB + 7, 4)).unwrap();
    let other = setup.transfer(&bundle).upload(&setup.path(), &options()).await;
    assert!(matches!(other, Err(Error::Integrity(Mismatch::Crc64 { .. }))), "{other:?}");
    std::fs::write(setup.path(), b"short").unwrap();
    let other = setup.transfer(&bundle).upload(&setup.path(), &options()).await;
    assert!(matches!(other, Err(Error::Bundle { .. })), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_killed_again_and_again_sends_no_more_than_what_was_under_way() {
    let setup = Setup::new(12 * MIB).await;
    let bundle = setup.bundle().await;
    for _ in 0..4 {
        let transfer = setup.transfer(&bundle);
        let path = setup.path();
        let running = tokio::spawn(async move { transfer.upload(&path, &options()).await });
        // Dropped where it stands, as a killed process is.
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        running.abort();
        let _ = running.await;
    }
    setup.transfer(&bundle).upload(&setup.path(), &options()).await.unwrap();
    assert!(setup.is_uploaded().await);
    let sent = setup.parts_sent();
    assert!((12..=12 + 4 * 2).contains(&sent), "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_ends_is_renewed_or_said_to_have_ended() {
    let setup = Setup::new(6 * MIB).await;
    let bundle = setup.bundle().await;
    let clock = setup.served.clock.clone();
    let latest = AtomicI64::new(0);
    let gauge = Gauge::default().with_progress(move |progress: Progress| {
        let hours = i64::try_from(progress.done / (2 * MIB as u64)).unwrap();
        let time = now() + 3600 * hours;
        clock.set(latest.fetch_max(time, Ordering::SeqCst).max(time));
    });
    let ending = TransferOptions { gauge, jobs: 1, ..TransferOptions::default() };
    let ended = setup.transfer(&bundle).upload(&setup.path(), &ending).await.unwrap_err();
    assert!(matches!(ended, Error::UrlExpired { done } if done >= 2 * MIB as u64), "{ended}");

    // Whoever has credentials makes a fresh one; the client learns the service's clock.
    let (client, asked) = (setup.client.clone(), Arc::new(AtomicUsize::new(0)));
    client.head_bucket(&bucket()).await.unwrap();
    let (old, counting) = (bundle.clone(), Arc::clone(&asked));
    let source = move || {
        counting.fetch_add(1, Ordering::SeqCst);
        let (client, old) = (client.clone(), old.clone());
        async move {
            client.head_bucket(&bucket()).await?;
            Ok(client.renew_bundle(&old, 300)?.write())
        }
    };
    let transfer = setup.transfer(&bundle).renewed_by(source);
    transfer.upload(&setup.path(), &ending).await.unwrap();
    assert!(asked.load(Ordering::SeqCst) >= 1, "{asked:?}");
    assert!(setup.is_uploaded().await);

    let other = setup.bundle().await.write();
    setup.served.clock.set(now() + 36_000);
    let wrong = setup.transfer(&bundle).renewed_by(move || {
        let other = other.clone();
        async move { Ok(other) }
    });
    let refused = wrong.upload(&setup.path(), &options()).await.unwrap_err();
    assert_eq!(refused.cause(), "renewal");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_on_the_way_is_found_again() {
    let setup = Setup::new(3 * MIB).await;
    let bundle = setup.bundle().await;
    let busy = Fault::Answered(503, "x-cos-request-id", "r", "");
    setup.transport.next([busy, Fault::None, Fault::AnswerLost, Fault::SentFlipped(9)]);
    setup.transfer(&bundle).upload(&setup.path(), &options()).await.unwrap();
    assert!(setup.is_uploaded().await);
    let bundle = setup.bundle().await;
    setup.transfer(&bundle).abort().await.unwrap();
    let gone = setup.transfer(&bundle).abort().await.unwrap_err();
    assert_eq!(gone.cause(), "NoSuchUpload");
}

#[test]
fn the_same_client_waits() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let served = runtime.block_on(serve());
    let client = cospass::blocking::Client::of(served.client().0).unwrap();
    client.put(&bucket(), &key("a"), "body").unwrap();
    assert_eq!(client.get(&bucket(), &key("a")).unwrap(), "body");
    assert_eq!(client.head(&bucket(), &key("a")).unwrap().size, 4);
    assert_eq!(client.keys(&bucket(), "").unwrap(), ["a"]);
    let location = client.wait(|client| async move { client.bucket_location(&bucket()).await });
    assert_eq!(location.unwrap(), "ap-guangzhou");
    client.delete(&bucket(), &key("a")).unwrap();
    assert!(client.keys(&bucket(), "").unwrap().is_empty());
}
