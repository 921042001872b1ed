//! What the client traces, at its most talkative, has no secret, no signature and no query in it.
#![allow(clippy::unwrap_used, reason = "tests alone")]

mod endpoint;

use std::io::Write;
use std::sync::{Arc, Mutex};

use cospass::{Endpoint, Region, Scheme, Signer, TransferOptions, UrlTransfer};
use endpoint::{Fault, Faulty, Handle, bucket, credentials, key, now, serve};

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_secret_is_traced() {
    let told = Told::default();
    let writer = told.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let served = serve().await;
    let (client, transport) = served.client();
    served.clock.set(now() + 7200);
    transport.next([Fault::AnswerLost]);
    client.put(&bucket(), &key("a"), "body").await.unwrap();
    let region = Region::new("ap-guangzhou").unwrap();
    let signer = Signer::new(credentials(), Endpoint::default_domain(region));
    let (bucket, key) = (bucket(), key("a"));
    let url = |at| {
        let signing = signer.presigned_download_url(&bucket, &key).scheme(Scheme::Http);
        signing.now(at).sign().unwrap().into_url()
    };
    let folder = tempfile::tempdir().unwrap();
    let fresh = url(now() + 7200);
    let given = fresh.clone();
    let transfer = UrlTransfer::new(&url(now()))
        .unwrap()
        .transport(Arc::new(Handle(Arc::new(Faulty::to(&served)))))
        .renewed_by(move || {
            let fresh = fresh.clone();
            async move { Ok(fresh) }
        });
    let options = TransferOptions::default();
    transfer.download(&folder.path().join("a"), &options).await.unwrap();

    let told = String::from_utf8(told.0.lock().unwrap().clone()).unwrap();
    for expected in ["PUT Object", "an attempt failed", "answered", "a fresh one is asked for"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let signature = given.split("q-signature=").nth(1).unwrap().get(..40).unwrap();
    // Other crates say what they do: hyper's pool names hosts alone.
    let ours: String = told.lines().filter(|line| !line.contains("cospass_server")).collect();
    for secret in [credentials().secret_key().expose(), signature, "q-signature", "q-ak"] {
        assert!(!ours.contains(secret), "{secret}: {ours}");
    }
}
