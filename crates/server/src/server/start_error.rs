//! Why an endpoint does not start: one variant for each reason.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use cospass_protocol::operation::CannedAcl;
use cospass_protocol::policy::PolicyError;
use cospass_protocol::{BucketError, RegionError};

use crate::store::StoreError;
use crate::sts::TokenKeyError;
use crate::tls::TlsError;

/// Why an endpoint does not start.
#[derive(Debug)]
pub enum StartError {
    /// Nothing was said of where things are kept, neither a data folder nor memory.
    NoDataDir,
    /// No credentials were given.
    NoCredentials,
    /// Two accounts could be taken for each other.
    AccountTwice {
        /// What both have.
        what: &'static str,
        /// Its value.
        value: String,
    },
    /// A policy of a user or a role is none.
    Policy {
        /// Whose: `the user 100000000010`.
        whose: String,
        /// What is wrong with it.
        error: PolicyError,
    },
    /// A role's name, id or principals are none.
    Role {
        /// The role's name.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// An identity provider cannot be used.
    Provider {
        /// The provider's name.
        id: String,
        /// What is wrong.
        what: String,
    },
    /// Somebody is said to be of an account, or to trust a provider, that was not given.
    Unknown {
        /// Who, and of what.
        what: String,
    },
    /// The keys that temporary keys are made with cannot be had.
    TokenKeys(TokenKeyError),
    /// A bucket's name is none.
    Bucket(BucketError),
    /// A bucket cannot have that access control; only an object can.
    BucketAcl {
        /// The access control.
        acl: CannedAcl,
    },
    /// The region's name is none.
    Region(RegionError),
    /// The store cannot be opened; among the reasons, that another endpoint has it open.
    Store(StoreError),
    /// The address cannot be listened on.
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The control listener was to lie where other machines may reach it, and nobody said that it may.
    ControlOffLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The certificate or its key cannot be used.
    Tls(TlsError),
    /// The access log cannot be opened.
    AccessLog(io::Error),
    /// The system failed otherwise.
    Io(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDataDir => {
                f.write_str("neither a data folder nor memory was chosen to keep things in")
            }
            Self::NoCredentials => f.write_str("no credentials were given"),
            Self::AccountTwice { what, value } => {
                write!(
                    f,
                    "two accounts, users, roles or providers have the {what} {value}; give each its own"
                )
            }
            Self::Policy { whose, error } => write!(f, "the policy of {whose} is none: {error}"),
            Self::Role { name, what } => write!(f, "the role {name}: {what}"),
            Self::Provider { id, what } => write!(f, "the identity provider {id}: {what}"),
            Self::Unknown { what } => write!(f, "{what}, which is not there; give it as well"),
            Self::TokenKeys(error) => write!(f, "{error}"),
            Self::Bucket(error) => write!(f, "{error}"),
            Self::BucketAcl { acl } => {
                write!(f, "a bucket cannot have the access control {}", acl.as_str())
            }
            Self::Region(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}"),
            Self::Listen { address, error } => write!(f, "cannot listen on {address}: {error}"),
            Self::ControlOffLoopback { address } => write!(
                f,
                "the control listener moves the clock and shows requests to whoever reaches it, so that it does not \
                 listen on {address}, which is no loopback address, unless that is explicitly allowed"
            ),
            Self::Tls(error) => write!(f, "{error}"),
            Self::AccessLog(error) => write!(f, "the access log cannot be opened: {error}"),
            Self::Io(error) => write!(f, "the system failed: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<BucketError> for StartError {
    fn from(error: BucketError) -> Self {
        Self::Bucket(error)
    }
}

impl From<TokenKeyError> for StartError {
    fn from(error: TokenKeyError) -> Self {
        Self::TokenKeys(error)
    }
}

impl From<RegionError> for StartError {
    fn from(error: RegionError) -> Self {
        Self::Region(error)
    }
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<TlsError> for StartError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
