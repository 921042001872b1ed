//! The private endpoint of a proof, and what whoever asks has: temporary keys from its own STS, a user's key, or none.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use cospass::credentials::{
    CredentialSource, CredentialsError, FederationSource, Provided, Sts, Surroundings,
};
use cospass::{
    Bucket, Client, Credentials, Endpoint, HyperTransport, ObjectKey, RawRequest, Region, Scheme,
};
use cospass_protocol::policy::Identity;
use cospass_protocol::sts::GetFederationToken;
use cospass_server::{Running, Server, User};

use super::send::Sender;
use crate::exit::{Exit, Failure};
use crate::policy::asker::Asker;
use crate::policy::file::PolicyFile;
use crate::serve::not_started;

/// The account whose policy it is; it has the buckets of its APPID.
const ACCOUNT: &str = "100000000001";

/// The account that all other buckets are of.
const OTHER_ACCOUNT: &str = "100000000002";

/// A user of an account.
const USER: &str = "100000000003";

/// For how long the keys of a proof live, in seconds.
const SECONDS: u32 = 7200;

/// What is proved.
pub(super) struct Subject<'a> {
    pub(super) policy: &'a PolicyFile,
    pub(super) asker: &'a Asker,
    /// Whether the policy is a user's, rather than one of temporary keys.
    pub(super) is_of_user: bool,
    pub(super) buckets: BTreeSet<&'a Bucket>,
    pub(super) region: &'a Region,
}

/// An endpoint of this process, in memory, and somebody who asks it.
pub(super) struct Private {
    running: Running,
    pub(super) sender: Sender,
}

impl Private {
    pub(super) async fn start(subject: &Subject<'_>) -> Result<Self, Failure> {
        match subject.asker {
            Asker::Holder => subject.with_own_policy().await,
            Asker::Named(identity) => subject.with_bucket_policy(Some(identity)).await,
            Asker::Nobody => subject.with_bucket_policy(None).await,
        }
    }

    pub(super) async fn stop(self) {
        self.running.shutdown().await;
    }
}

impl Subject<'_> {
    /// The APPID of whoever has the policy: that of its resources, else that of what is asked for.
    pub(super) fn appid(&self) -> Option<&str> {
        let statements = self.policy.policy.statements().iter();
        let mut resources = statements.flat_map(|statement| &statement.resources);
        let of_policy = resources.find_map(|resource| resource.appid());
        of_policy.or_else(|| self.buckets.first().map(|bucket| bucket.appid()))
    }

    /// An account asks STS for keys with the policy, or has a user with it. What nothing but the policy narrows is all that
    /// the account has.
    async fn with_own_policy(&self) -> Result<Private, Failure> {
        let account = Credentials::new("AKIDaccount", "account");
        let user = Credentials::new("AKIDuser", "user");
        let mut builder = Server::builder()
            .credentials(Credentials::new("AKIDother", "other"))
            .owner_uin(OTHER_ACCOUNT)
            .account(account.clone(), ACCOUNT, self.appid().unwrap_or("0"));
        if self.is_of_user {
            let policy = self.policy.text();
            let user = User::new(user.clone(), USER).of_account(ACCOUNT).policy(policy);
            builder = builder.user(user);
        }
        let running = self.serve(builder).await?;
        let credentials = match self.is_of_user {
            true => user,
            false => self.temporary_keys(&running, account).await?,
        };
        let sender = Sender::signing(&running, credentials, self.endpoint());
        Ok(Private { running, sender })
    }

    /// The keys that the endpoint's own STS gives out for the policy.
    async fn temporary_keys(
        &self,
        running: &Running,
        account: Credentials,
    ) -> Result<Credentials, Failure> {
        let look_up = |name: &str| match name {
            "COSPASS_STS_ENDPOINT" => Ok("http://sts.tencentcloudapi.com".to_owned()),
            _ => Err(std::env::VarError::NotPresent),
        };
        let transport = Arc::new(HyperTransport::to_address(running.local_addr()));
        let request = GetFederationToken {
            name: "cospass".to_owned(),
            policy: self.policy.text(),
            duration: Some(SECONDS),
        };
        let sts = Sts::new(Surroundings::new(look_up, transport));
        match FederationSource::new(account, sts, request).provide().await {
            Ok(Provided::Found(credentials)) => Ok(credentials),
            Ok(Provided::Absent(why)) => Err(Failure::new(Exit::Failed, "sts", why)),
            Err(CredentialsError::Sts { error, .. }) => {
                let message = format_args!(
                    "STS gives no keys with this policy: {error}; mend it, or prove it as a user's policy with --user"
                );
                Err(Failure::new(Exit::Failed, "policy-refused", message))
            }
            Err(error) => Err(Failure::new(Exit::Failed, error.cause(), error)),
        }
    }

    /// Each bucket has the policy. Its owner is the account of whoever asks, as offline.
    async fn with_bucket_policy(&self, identity: Option<&Identity>) -> Result<Private, Failure> {
        let owner = Credentials::new("AKIDowner", "owner");
        let user = Credentials::new("AKIDuser", "user");
        let owner_uin = identity.map_or(ACCOUNT, Identity::owner_uin);
        let mut builder = Server::builder().credentials(owner.clone()).owner_uin(owner_uin);
        let asking = match identity {
            None => None,
            Some(identity) if identity.is_root() => Some(owner.clone()),
            Some(identity) => {
                builder = builder.user(User::new(user.clone(), uin_of_user(identity)?));
                Some(user)
            }
        };
        let running = self.serve(builder).await?;
        let transport = HyperTransport::to_address(running.local_addr());
        let client = Client::builder(owner, self.endpoint()).scheme(Scheme::Http);
        let client = client.transport(transport).build();
        for bucket in &self.buckets {
            let mut put = RawRequest::new("PUT", Some((*bucket).clone()), ObjectKey::bucket());
            put.params = vec![("policy".to_owned(), String::new())];
            put.body = Bytes::from(self.policy.text());
            client.raw(put).await.map_err(|error| {
                let message = format_args!("the endpoint does not take the policy: {error}");
                Failure::new(Exit::Failed, "policy-refused", message)
            })?;
        }
        let sender = match asking {
            Some(credentials) => Sender::signing(&running, credentials, self.endpoint()),
            None => Sender::unsigned(&running, self.endpoint()),
        };
        Ok(Private { running, sender })
    }

    async fn serve(&self, builder: cospass_server::Builder) -> Result<Running, Failure> {
        let mut builder = builder.in_memory().region(self.region.name());
        for bucket in &self.buckets {
            builder = builder.bucket(bucket.as_str());
        }
        builder.start().await.map_err(|error| not_started(&error, None))
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint::default_domain(self.region.clone())
    }
}

/// The number of a user.
fn uin_of_user(identity: &Identity) -> Result<&str, Failure> {
    let user = identity.id().rsplit(':').next().and_then(|user| user.strip_prefix("uin/"));
    user.ok_or_else(|| {
        let message = format_args!(
            "{} is a role, and requests are made as a user here; name a user, or ask with cospass policy check --as",
            identity.id()
        );
        Failure::usage("principal", message)
    })
}
