//! A user of an account: keys of its own, and policies.

use cospass_protocol::policy::{Identity, Policy};
use cospass_sign::Credentials;

use super::{Holder, policies};
use crate::server::StartError;

/// A user of an account (a sub-account): it may do what its policies allow, and what buckets' policies and grants allow it.
#[derive(Clone, Debug)]
pub struct User {
    pub(super) credentials: Credentials,
    pub(super) uin: String,
    pub(super) owner_uin: Option<String>,
    policies: Vec<String>,
}

impl User {
    /// A user by its permanent keys and its number (uin), of the first account, without any policy.
    pub fn new(credentials: Credentials, uin: impl Into<String>) -> Self {
        Self { credentials, uin: uin.into(), owner_uin: None, policies: Vec::new() }
    }

    /// Of another account than the first, by its number.
    #[must_use]
    pub fn of_account(mut self, uin: impl Into<String>) -> Self {
        self.owner_uin = Some(uin.into());
        self
    }

    /// A policy, JSON (598/10604); may be called again.
    #[must_use]
    pub fn policy(mut self, text: impl Into<String>) -> Self {
        self.policies.push(text.into());
        self
    }
}

/// A user whose policies were read.
#[derive(Debug)]
pub(super) struct Member {
    credentials: Credentials,
    uin: String,
    identity: Identity,
    policies: Vec<Policy>,
}

impl Member {
    pub(super) fn new(user: User, owner_uin: &str) -> Result<Self, StartError> {
        let policies = policies(&user.policies, &format!("the user {}", user.uin))?;
        let identity = Identity::sub_user(owner_uin, &user.uin);
        Ok(Self { credentials: user.credentials, uin: user.uin, identity, policies })
    }

    pub(super) fn holder(&self) -> Holder<'_> {
        let Self { credentials, uin, identity, policies } = self;
        Holder { credentials, identity, uin, policies }
    }
}
