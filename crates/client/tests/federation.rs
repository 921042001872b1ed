//! A client whose keys the endpoint's own STS gives: what their policy permits is done, the rest is refused, and the keys are
//! renewed when they end.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod endpoint;
mod surroundings;

use cospass::credentials::{CredentialSource, FederationSource, Sts};
use cospass::{Client, Credentials, Endpoint, HyperTransport, Region, Scheme};
use cospass_protocol::sts::GetFederationToken;
use endpoint::{bucket, credentials, key, serve};
use surroundings::surroundings_over;

const POLICY: &str = r#"{"version": "2.0", "statement": [{"effect": "allow",
    "action": ["name/cos:PutObject", "name/cos:GetObject"],
    "resource": ["qcs::cos:*:uid/1250000000:examplebucket-1250000000/mine/*"]}]}"#;

#[tokio::test]
async fn a_client_has_the_rights_of_its_token_and_no_others() {
    let served = serve().await;
    let address = served.running.local_addr();
    let root = tempfile::tempdir().unwrap();
    let sts = Sts::new(surroundings_over(
        root.path(),
        &[("COSPASS_STS_ENDPOINT", "http://sts.tencentcloudapi.com")],
        HyperTransport::to_address(address),
    ));
    let request = || GetFederationToken {
        name: "tests".to_owned(),
        policy: POLICY.to_owned(),
        duration: Some(1800),
    };
    let region = Region::new("ap-guangzhou").unwrap();
    let source = FederationSource::new(credentials(), sts.clone(), request());
    let client = Client::with_source(source, Endpoint::default_domain(region));
    let client = client.scheme(Scheme::Http).transport(HyperTransport::to_address(address)).build();

    client.put(&bucket(), &key("mine/a"), "body").await.unwrap();
    let read = client.get(&bucket(), &key("mine/a")).await.unwrap().bytes().await.unwrap();
    assert_eq!(read, "body");
    let outside = client.put(&bucket(), &key("other"), "body").await.unwrap_err();
    assert_eq!(outside.cause(), "AccessDenied");
    let temporary = client.credentials().await.unwrap();
    assert!(temporary.token().is_some() && temporary.ends_at().unwrap() > endpoint::now());

    // A key that the endpoint does not know gets none.
    let stranger = Credentials::new("AKIDSTRANGER", "another");
    let refused = FederationSource::new(stranger, sts, request()).provide().await.unwrap_err();
    assert_eq!(refused.cause(), "credentials-sts");
    assert!(refused.to_string().contains("AuthFailure"), "{refused}");
}
