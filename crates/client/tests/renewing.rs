//! Credentials that end: renewed once, however many ask, and never outlived in silence.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod endpoint;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use cospass::credentials::{
    Chain, CredentialSource, CredentialsError, Provided, Providing, Renewing,
};
use cospass::operation::InitiateMultipartUpload;
use cospass::{
    Client, Credentials, Endpoint, Error, HyperTransport, Region, Scheme, Signer, Warning,
};
use endpoint::{bucket, credentials, key, now, serve};

/// Gives credentials that end after so many seconds, and counts how often it was asked; with none it fails.
#[derive(Clone, Default)]
struct Counted(Arc<(AtomicUsize, AtomicI64)>);

impl Counted {
    fn lasting(self, seconds: i64) -> Self {
        self.0.1.store(seconds, Ordering::SeqCst);
        self
    }

    fn asked(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }

    async fn give(&self) -> Result<Provided, CredentialsError> {
        let number = self.0.0.fetch_add(1, Ordering::SeqCst);
        // So that the others come meanwhile.
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        match self.0.1.load(Ordering::SeqCst) {
            0 => Ok(Provided::Absent("told so".to_owned())),
            seconds => Ok(Provided::Found(
                Credentials::new(format!("AKID{number}"), "k")
                    .with_token("t")
                    .ending(now() + seconds),
            )),
        }
    }
}

impl CredentialSource for Counted {
    fn name(&self) -> String {
        "counted".to_owned()
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(self.give())
    }
}

async fn ids(renewing: &Arc<Renewing>, tasks: usize) -> Vec<String> {
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let renewing = Arc::clone(renewing);
        running.spawn(async move {
            renewing.credentials().await.unwrap().secret_id().as_str().to_owned()
        });
    }
    let mut ids = running.join_all().await;
    ids.sort();
    ids.dedup();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_ask_once_and_renew_once() {
    let source = Counted::default().lasting(3600);
    let renewing = Arc::new(Renewing::new(source.clone()));
    assert_eq!((ids(&renewing, 200).await, source.asked()), (vec!["AKID0".to_owned()], 1));
    assert_eq!((ids(&renewing, 200).await.len(), source.asked()), (1, 1));

    // Short ones are due when a quarter of their time is left.
    let source = Counted::default().lasting(4);
    let renewing = Arc::new(Renewing::new(source.clone()));
    assert_eq!(ids(&renewing, 50).await, ["AKID0"]);
    tokio::time::sleep(std::time::Duration::from_millis(3100)).await;
    source.clone().lasting(3600);
    // One renews, the others go on meanwhile with what holds.
    let seen = ids(&renewing, 200).await;
    assert!(
        source.asked() == 2 && seen.iter().all(|id| id == "AKID0" || id == "AKID1"),
        "{seen:?}"
    );
    assert_eq!((ids(&renewing, 200).await, source.asked()), (vec!["AKID1".to_owned()], 2));
}

#[tokio::test]
async fn a_renewal_that_fails_is_no_failure_while_the_keys_hold() {
    let source = Counted::default().lasting(4);
    let renewing = Renewing::new(source.clone());
    let first = renewing.credentials().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(3100)).await;
    source.clone().lasting(0);
    let kept = renewing.credentials().await;
    // On a machine that is held up they may have ended meanwhile, and are not used then.
    match kept {
        Ok(kept) => assert_eq!(kept.secret_id().as_str(), first.secret_id().as_str()),
        Err(error) => assert_eq!(error.cause(), "credentials-not-found"),
    }
    assert_eq!(source.asked(), 2);
    // What has ended already is not signed with.
    let ended = Renewing::new(Counted::default().lasting(-5)).credentials().await.unwrap_err();
    assert_eq!(ended.cause(), "credentials-ended");
}

fn place() -> Endpoint {
    Endpoint::default_domain(Region::new("ap-guangzhou").unwrap())
}

#[tokio::test]
async fn a_client_signs_with_what_its_source_gives() {
    let served = serve().await;
    let transport = HyperTransport::to_address(served.running.local_addr());
    let source = Chain::empty().and(Counted::default()).and(credentials().ending(now() + 600));
    let client = Client::with_source(source, place());
    let client = client.scheme(Scheme::Http).transport(transport).build();
    let upload = InitiateMultipartUpload::new(bucket(), key("a"));
    // The effective end is that of the credentials.
    let bundle = client.bundle(&upload, 5_000_000, 1 << 20, 7200).await.unwrap();
    assert!((now() + 590..now() + 600).contains(&bundle.expires_at), "{}", bundle.expires_at);
    client.put(&bucket(), &key("a"), "body").await.unwrap();
    assert_eq!(client.credentials().await.unwrap().secret_id().as_str(), "AKIDEXAMPLE");

    let none = Client::with_source(Counted::default(), place()).build();
    let refused = none.put(&bucket(), &key("a"), "body").await.unwrap_err();
    assert!(matches!(&refused, Error::Credentials(_)), "{refused}");
    assert_eq!(refused.cause(), "credentials-not-found");
}

#[test]
fn a_signature_that_outlives_its_key_says_so() {
    let (bucket, key) = (bucket(), key("a"));
    let signed = |end: i64, seconds: i64| {
        let signer = Signer::new(credentials().with_token("t").ending(end), place());
        signer.presigned_download_url(&bucket, &key).now(1000).expires(seconds).sign().unwrap()
    };
    let within = signed(2000, 900);
    assert_eq!((within.effective_end(), within.expires_at()), (1900, 1900));
    assert!(within.warnings().is_empty());
    let beyond = signed(2000, 1001);
    assert_eq!((beyond.effective_end(), beyond.expires_at()), (1999, 2001));
    assert_eq!(beyond.warnings(), [Warning::TokenEndsFirst { seconds: 2 }]);
    assert!(beyond.warnings()[0].to_string().contains("2 s"));
    let signer = Signer::new(credentials().with_token("t").ending(2000), place());
    let many =
        signer.presigned_download_url(&bucket, &key).now(1000).expires(5000).sign_many(&["a"], 1);
    assert_eq!(many.unwrap().effective_end(), 1999);
}
