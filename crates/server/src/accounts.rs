//! Who has keys here: accounts, their users, their roles, and whoever vouches for strangers.
//!
//! A bucket belongs to the account whose APPID its name ends in (436/13312). The first account has all that no other one
//! has, so that an endpoint of one account takes buckets of every name. A user has what its policies give it of its
//! account; a role has policies too, and no keys but temporary ones, which STS makes.

mod role;
mod user;

use std::collections::HashSet;

use cospass_protocol::Bucket;
use cospass_protocol::policy::{Identity, Policy, PolicyKind};
use cospass_protocol::sts::{RoleArn, RoleNamed};
use cospass_sign::{Credentials, Verifier};

pub(crate) use role::KnownRole;
pub use role::Role;
use user::Member;
pub use user::User;

use crate::server::StartError;
use crate::sts::{IdentityProvider, KnownProvider, TokenKeys};

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

/// Whoever has permanent keys: an account, or a user of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder<'a> {
    pub(crate) credentials: &'a Credentials,
    pub(crate) identity: &'a Identity,
    /// Its own number.
    pub(crate) uin: &'a str,
    /// An account has none: it may everything.
    pub(crate) policies: &'a [Policy],
}

impl<'a> From<&'a Account> for Holder<'a> {
    fn from(account: &'a Account) -> Self {
        let Account { credentials, identity, .. } = account;
        Self { credentials, identity, uin: identity.owner_uin(), policies: &[] }
    }
}

/// Everybody who is known.
#[derive(Debug)]
pub(crate) struct Accounts {
    first: Account,
    others: Vec<Account>,
    users: Vec<Member>,
    roles: Vec<KnownRole>,
    providers: Vec<KnownProvider>,
    /// What temporary keys are made with, and checked.
    pub(crate) token_keys: TokenKeys,
    /// It keeps what was derived of permanent and temporary keys.
    verifier: Verifier,
}

/// Whom a builder was told of beside accounts.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) users: Vec<User>,
    pub(crate) roles: Vec<Role>,
    pub(crate) providers: Vec<IdentityProvider>,
}

impl Accounts {
    /// # Errors
    /// [`StartError::AccountTwice`] when two of them could be taken for each other; others when a policy, a role or a
    /// provider is none.
    pub(crate) fn new(
        first: Account,
        others: Vec<Account>,
        people: People,
        token_keys: TokenKeys,
    ) -> Result<Self, StartError> {
        let mut accounts = Self {
            first,
            others,
            users: Vec::new(),
            roles: Vec::new(),
            providers: Vec::new(),
            token_keys,
            verifier: Verifier::new(),
        };
        for user in people.users {
            let owner = accounts.owner_of(user.owner_uin.as_deref(), "the user", &user.uin)?;
            accounts.users.push(Member::new(user, &owner)?);
        }
        for provider in people.providers {
            accounts.providers.push(KnownProvider::new(provider)?);
        }
        for role in people.roles {
            let owner = accounts.owner_of(role.owner_uin.as_deref(), "the role", &role.name)?;
            let role = KnownRole::new(role, &owner, accounts.roles.len())?;
            if let Some(id) = role.provider.as_deref().filter(|id| accounts.provider(id).is_none())
            {
                let what = format!("the role {} names the identity provider {id:?}", role.name);
                return Err(StartError::Unknown { what });
            }
            accounts.roles.push(role);
        }
        accounts.check_distinct()?;
        Ok(accounts)
    }

    /// The number of the account that somebody is of: the first one's if nothing is said.
    fn owner_of(&self, uin: Option<&str>, kind: &str, name: &str) -> Result<String, StartError> {
        match uin {
            None => Ok(self.first.uin().to_owned()),
            Some(uin) if self.all().any(|account| account.uin() == uin) => Ok(uin.to_owned()),
            Some(uin) => {
                let what = format!("{kind} {name} is said to be of the account {uin}");
                Err(StartError::Unknown { what })
            }
        }
    }

    fn check_distinct(&self) -> Result<(), StartError> {
        let (mut ids, mut uins, mut appids) = (HashSet::new(), HashSet::new(), HashSet::new());
        let twice =
            |what, value: &str| Err(StartError::AccountTwice { what, value: value.to_owned() });
        for holder in self.holders() {
            let secret_id = holder.credentials.secret_id().as_str();
            if !ids.insert(secret_id) {
                return twice("SecretId", secret_id);
            }
            if !uins.insert(holder.uin) {
                return twice("number (uin)", holder.uin);
            }
        }
        for account in self.all() {
            if let Some(appid) = &account.appid
                && !appids.insert(appid)
            {
                return twice("APPID", appid);
            }
        }
        let (mut names, mut numbers, mut providers) =
            (HashSet::new(), HashSet::new(), HashSet::new());
        for role in &self.roles {
            if !names.insert((role.owner_uin(), &role.name)) {
                return twice("role", &role.name);
            }
            if !numbers.insert((role.owner_uin(), &role.id)) {
                return twice("role's id", &role.id);
            }
        }
        for provider in &self.providers {
            if !providers.insert(provider.id()) {
                return twice("identity provider", provider.id());
            }
        }
        Ok(())
    }

    pub(crate) fn first(&self) -> &Account {
        &self.first
    }

    /// What requests are verified by.
    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Whose permanent key that is.
    pub(crate) fn holder(&self, secret_id: &str) -> Option<Holder<'_>> {
        self.holders().find(|holder| holder.credentials.secret_id().as_str() == secret_id)
    }

    /// The account or the user of that number.
    pub(crate) fn holder_of_uin(&self, owner_uin: &str, uin: &str) -> Option<Holder<'_>> {
        self.holders().find(|holder| holder.identity.owner_uin() == owner_uin && holder.uin == uin)
    }

    /// The role of that name or id.
    pub(crate) fn role(&self, arn: &RoleArn) -> Option<&KnownRole> {
        self.roles.iter().find(|role| {
            role.owner_uin() == arn.owner_uin
                && match &arn.role {
                    RoleNamed::Name(name) => role.name == *name,
                    RoleNamed::Id(id) => role.id == *id,
                }
        })
    }

    /// Who vouches for strangers under that name.
    pub(crate) fn provider(&self, id: &str) -> Option<&KnownProvider> {
        self.providers.iter().find(|provider| provider.id() == id)
    }

    /// The account that a bucket belongs to, or would if it were made.
    pub(crate) fn of_bucket(&self, bucket: &Bucket) -> &Account {
        self.of_appid(bucket.appid())
    }

    /// The account that has an APPID.
    pub(crate) fn of_appid(&self, appid: &str) -> &Account {
        let has = |account: &&Account| account.appid.as_deref() == Some(appid);
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

    fn holders(&self) -> impl Iterator<Item = Holder<'_>> {
        self.all().map(Holder::from).chain(self.users.iter().map(Member::holder))
    }
}

/// Reads the policies of a user or a role.
fn policies(texts: &[String], whose: &str) -> Result<Vec<Policy>, StartError> {
    let parsed = texts.iter().map(|text| {
        Policy::parse(text.as_bytes(), PolicyKind::Identity)
            .map_err(|error| StartError::Policy { whose: whose.to_owned(), error })
    });
    parsed.collect()
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
        let people = People {
            users: vec![User::new(Credentials::new("U", "secret"), "20").of_account("2")],
            ..People::default()
        };
        let keys = TokenKeys::random().unwrap();
        let accounts = Accounts::new(account("A", "1", ""), others, people, keys).unwrap();
        for (bucket, uin) in [("b-200", "2"), ("b-300", "3"), ("b-100", "1"), ("b-2000", "1")] {
            assert_eq!(accounts.of_bucket(&Bucket::new(bucket).unwrap()).uin(), uin, "{bucket}");
        }
        let uin = |id| accounts.holder(id).map(|holder| (holder.identity.owner_uin(), holder.uin));
        assert_eq!((uin("A"), uin("C"), uin("D")), (Some(("1", "1")), Some(("3", "3")), None));
        assert_eq!(uin("U"), Some(("2", "20")));
        assert!(accounts.holder_of_uin("2", "20").is_some());
        assert!(accounts.holder_of_uin("1", "20").is_none());
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
            let keys = TokenKeys::random().unwrap();
            let refused = Accounts::new(account("A", "1", ""), others, People::default(), keys);
            assert!(matches!(refused, Err(StartError::AccountTwice { what, .. }) if what == told));
        }
    }

    fn with(people: People) -> Result<Accounts, StartError> {
        Accounts::new(account("A", "1", ""), Vec::new(), people, TokenKeys::random().unwrap())
    }

    #[test]
    fn a_role_is_found_by_name_and_by_id() {
        let roles = vec![Role::new("up"), Role::new("down").id("7")];
        let accounts = with(People { roles, ..People::default() }).unwrap();
        let id = |text: &str| accounts.role(&RoleArn::parse(text).unwrap()).map(|role| &*role.id);
        assert_eq!(id("qcs::cam::uin/1:roleName/down"), Some("7"));
        assert_eq!(id("qcs::cam::uin/1:role/7"), Some("7"));
        assert!(id("qcs::cam::uin/1:roleName/up").is_some());
        assert_eq!(id("qcs::cam::uin/2:roleName/up"), None);
        assert_eq!(id("qcs::cam::uin/1:roleName/7"), None);
    }

    #[test]
    fn who_is_of_nobody_or_there_twice_is_refused() {
        let user = |id: &str, uin: &str| User::new(Credentials::new(id, "secret"), uin);
        for users in
            [vec![user("A", "10")], vec![user("U", "1")], vec![user("U", "10"), user("V", "10")]]
        {
            let refused = with(People { users, ..People::default() });
            assert!(matches!(refused, Err(StartError::AccountTwice { .. })), "{refused:?}");
        }
        let stray =
            with(People { users: vec![user("U", "10").of_account("2")], ..People::default() });
        assert!(matches!(stray, Err(StartError::Unknown { .. })), "{stray:?}");
        let roles = vec![Role::new("up"), Role::new("up")];
        let refused = with(People { roles, ..People::default() });
        assert!(matches!(refused, Err(StartError::AccountTwice { what: "role", .. })));
        let roles = vec![Role::new("up").by_web_identity("nobody")];
        assert!(matches!(
            with(People { roles, ..People::default() }),
            Err(StartError::Unknown { .. })
        ));
        let users = vec![user("U", "10").policy("{}")];
        assert!(matches!(
            with(People { users, ..People::default() }),
            Err(StartError::Policy { .. })
        ));
    }
}
