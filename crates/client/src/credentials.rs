//! Where credentials come from: sources, and the chain in which they are asked.
//!
//! | source | file |
//! |---|---|
//! | given by the program | any [`Credentials`] is a source |
//! | environment variables | [`Environment`] |
//! | `~/.cos.yaml` of coscli | [`CosCli`] |
//! | `~/.cos.conf` of coscmd | [`CosCmd`] |
//! | `~/.tccli/PROFILE.credential` of tccli | [`TcCli`] |
//! | `~/.tencentcloud/credentials`, `/etc/tencentcloud/credentials` of the SDKs of API 3.0 | [`TencentCloud`] |
//! | the identity of a pod of TKE | [`WebIdentity`] |
//! | the role of a CVM | [`Metadata`] |
//! | a role, taken on with the credentials of another source | [`RoleSource`] |
//! | a federation token, of the credentials of another source | [`FederationSource`] |
//!
//! [`Chain::usual`] asks all that are set up outside the program, in this order; the first that has credentials wins. What is
//! set up and wrong, such as a malformed file, ends the chain with an error: it is not passed over. [`Renewing`] keeps what
//! a source gave until it is about to end.

mod chain;
mod coscli;
mod coscmd;
mod environment;
mod error;
mod ini;
mod keyring;
mod metadata;
mod renewing;
mod sts;
mod surroundings;
mod tccli;
mod tencentcloud;
mod tke;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use cospass_sign::Credentials;

pub use chain::{Chain, Fate, Found, Tried};
pub use coscli::CosCli;
pub use coscmd::CosCmd;
pub use environment::{Environment, EnvironmentError, from_environment};
pub use error::CredentialsError;
pub(crate) use keyring::Keyring;
pub use metadata::Metadata;
pub use renewing::Renewing;
pub use sts::{FederationSource, RoleSource, Sts};
pub use surroundings::Surroundings;
pub use tccli::TcCli;
pub use tencentcloud::TencentCloud;
pub use tke::WebIdentity;

/// What a source that was asked has.
#[derive(Clone, Debug)]
pub enum Provided {
    /// Credentials; temporary ones with their end, where the source knows it.
    Found(Credentials),
    /// None: it is not set up here. Why, in words without a secret.
    Absent(String),
}

/// What [`CredentialSource::provide`] returns.
pub type Providing<'a> =
    Pin<Box<dyn Future<Output = Result<Provided, CredentialsError>> + Send + 'a>>;

/// Something that credentials come from. It is asked again when they are about to end.
pub trait CredentialSource: Send + Sync {
    /// What it is called where it is told who gave credentials, without a secret.
    fn name(&self) -> String;

    /// Asks it.
    fn provide(&self) -> Providing<'_>;
}

impl CredentialSource for Credentials {
    fn name(&self) -> String {
        "given by the program".to_owned()
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(std::future::ready(Ok(Provided::Found(self.clone()))))
    }
}

impl<S: CredentialSource + ?Sized> CredentialSource for Arc<S> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn provide(&self) -> Providing<'_> {
        (**self).provide()
    }
}
