//! Whose the buckets are: the accounts that the endpoint knows, each with its key pair and its number.
//!
//! A bucket belongs to the account whose APPID its name ends in (436/13312). The first account has all that no other one
//! has, so that an endpoint of one account takes buckets of every name.

use std::collections::HashSet;

use cospass_protocol::Bucket;
use cospass_protocol::policy::Identity;
use cospass_sign::{Credentials, Verifier};

use crate::server::StartError;

/// An account, as itself.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) credentials: Credentials,
    /// Who asks with its keys.
    pub(crate) identity: Identity,
    /// The APPID of its buckets; of the first account, `None`.
    appid: Option<String>,
}

impl Account {
    pub(crate) fn new(credentials: Credentials, uin: &str, appid: Option<String>) -> Self {
        Self { credentials, identity: Identity::root(uin), appid }
    }

    /// Its number, which shows in owners and grants.
    pub(crate) fn uin(&self) -> &str {
        self.identity.owner_uin()
    }
}

/// All accounts.
#[derive(Debug)]
pub(crate) struct Accounts {
    first: Account,
    others: Vec<Account>,
    /// It keeps what was derived of their keys.
    verifier: Verifier,
}

impl Accounts {
    /// # Errors
    /// [`StartError::AccountTwice`] when two of them could be taken for each other.
    pub(crate) fn new(first: Account, others: Vec<Account>) -> Result<Self, StartError> {
        let accounts = Self { first, others, verifier: Verifier::new() };
        let (mut ids, mut uins, mut appids) = (HashSet::new(), HashSet::new(), HashSet::new());
        for account in accounts.all() {
            let twice =
                |what, value: &str| Err(StartError::AccountTwice { what, value: value.to_owned() });
            let secret_id = account.credentials.secret_id().as_str();
            if !ids.insert(secret_id) {
                return twice("SecretId", secret_id);
            }
            if !uins.insert(account.uin()) {
                return twice("number (uin)", account.uin());
            }
            if let Some(appid) = &account.appid
                && !appids.insert(appid)
            {
                return twice("APPID", appid);
            }
        }
        Ok(accounts)
    }

    pub(crate) fn first(&self) -> &Account {
        &self.first
    }

    /// What requests are verified by.
    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The account whose key that is.
    pub(crate) fn of_secret_id(&self, secret_id: &str) -> Option<&Account> {
        self.all().find(|account| account.credentials.secret_id().as_str() == secret_id)
    }

    /// The account that a bucket belongs to, or would if it were made.
    pub(crate) fn of_bucket(&self, bucket: &Bucket) -> &Account {
        let has = |account: &&Account| account.appid.as_deref() == Some(bucket.appid());
        self.others.iter().find(has).unwrap_or(&self.first)
    }

    /// The account that somebody is of.
    pub(crate) fn of_caller(&self, caller: Option<&Identity>) -> &Account {
        let uin = caller.map(Identity::owner_uin);
        self.all().find(|account| Some(account.uin()) == uin).unwrap_or(&self.first)
    }

    fn all(&self) -> impl Iterator<Item = &Account> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(secret_id: &str, uin: &str, appid: &str) -> Account {
        let appid = Some(appid.to_owned()).filter(|appid| !appid.is_empty());
        Account::new(Credentials::new(secret_id, "secret"), uin, appid)
    }

    #[test]
    fn buckets_and_keys_lead_to_their_account() {
        let others = vec![account("B", "2", "200"), account("C", "3", "300")];
        let accounts = Accounts::new(account("A", "1", ""), others).unwrap();
        for (bucket, uin) in [("b-200", "2"), ("b-300", "3"), ("b-100", "1"), ("b-2000", "1")] {
            assert_eq!(accounts.of_bucket(&Bucket::new(bucket).unwrap()).uin(), uin, "{bucket}");
        }
        let uin = |id| accounts.of_secret_id(id).map(Account::uin);
        assert_eq!((uin("A"), uin("C"), uin("D")), (Some("1"), Some("3"), None));
        assert_eq!(accounts.of_caller(Some(&Identity::sub_user("3", "4"))).uin(), "3");
        assert_eq!(accounts.of_caller(None).uin(), "1");
    }

    #[test]
    fn two_that_could_be_taken_for_each_other_are_refused() {
        for (other, told) in [
            (account("A", "3", "300"), "SecretId"),
            (account("C", "2", "300"), "number (uin)"),
            (account("C", "3", "200"), "APPID"),
        ] {
            let others = vec![account("B", "2", "200"), other];
            let refused = Accounts::new(account("A", "1", ""), others);
            assert!(matches!(refused, Err(StartError::AccountTwice { what, .. }) if what == told));
        }
    }
}
