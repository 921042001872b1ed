//! Many URLs at once are those that are made one by one.
#![allow(clippy::unwrap_used, reason = "it serves tests alone")]

use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Region, SignManyError, Signer, Warning};

const NOW: i64 = 1_700_000_000;

fn signer() -> Signer {
    let endpoint = Endpoint::default_domain(Region::new("ap-guangzhou").unwrap());
    Signer::new(Credentials::new("AKIDEXAMPLE", "secret"), endpoint)
}

#[test]
fn each_is_the_one_that_is_made_alone_on_any_number_of_threads() {
    let (signer, bucket) = (signer(), Bucket::new("examplebucket-1250000000").unwrap());
    let keys: Vec<_> = (0..40_000).map(|number| format!("照片/{number} b.jpg")).collect();
    for threads in [0, 1, 2, 3] {
        let many = signer
            .presigned_url("PUT", &bucket, &ObjectKey::bucket())
            .header("Content-Type", "image/jpeg")
            .param("a", "b")
            .now(NOW)
            .sign_many(&keys, threads)
            .unwrap();
        assert_eq!((many.len(), many.urls().count()), (keys.len(), keys.len()));
        for (url, key) in many.urls().zip(&keys).step_by(997) {
            let alone = signer
                .presigned_url("PUT", &bucket, &ObjectKey::new(key).unwrap())
                .header("Content-Type", "image/jpeg")
                .param("a", "b")
                .now(NOW)
                .sign()
                .unwrap();
            assert_eq!(url, alone.url());
            assert_eq!(many.headers(), alone.headers());
            assert_eq!(many.key_time(), alone.key_time());
            assert_eq!(many.warnings(), [Warning::PermanentKeyWrite, Warning::UnsignedContent]);
        }
    }
}

#[test]
fn the_first_key_without_url_is_named() {
    let (signer, bucket) = (signer(), Bucket::new("examplebucket-1250000000").unwrap());
    let mut keys = vec!["a"; 50_000];
    keys[30_000] = "..";
    keys[45_000] = "";
    for threads in [1, 2] {
        let refused = signer
            .presigned_download_url(&bucket, &ObjectKey::bucket())
            .now(NOW)
            .sign_many(&keys, threads);
        let Err(SignManyError::Key(error)) = refused else { panic!("{refused:?}") };
        assert_eq!((error.position, error.cause()), (30_000, "dot-segment-key"));
    }
}

#[test]
fn a_request_that_cannot_be_signed_is_refused() {
    let (signer, bucket) = (signer(), Bucket::new("examplebucket-1250000000").unwrap());
    let refused = signer
        .presigned_url("G T", &bucket, &ObjectKey::bucket())
        .sign_many(&["a"], 1)
        .unwrap_err();
    assert_eq!(refused.cause(), "method");
}
