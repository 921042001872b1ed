//! A role of an account: policies, and who may take it on.

use cospass_protocol::policy::{Identity, Policy, PrincipalPattern};
use cospass_protocol::sts::RoleArn;

use super::policies;
use crate::server::StartError;

/// What the ids of roles count from that were given none; the service's look like it.
const FIRST_ID: u64 = 4_611_686_018_427_397_919;

/// A role: whoever may take it on gets temporary keys that may do what its policies allow.
#[derive(Clone, Debug)]
pub struct Role {
    pub(super) name: String,
    id: Option<String>,
    pub(super) owner_uin: Option<String>,
    policies: Vec<String>,
    trusted: Vec<String>,
    external_id: Option<String>,
    provider: Option<String>,
}

impl Role {
    /// A role by its name, of the first account, with neither policies nor anybody who may take it on.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            id: None,
            owner_uin: None,
            policies: Vec::new(),
            trusted: Vec::new(),
            external_id: None,
            provider: None,
        }
    }

    /// Its id, as in `role/ID`; one is made up if it is not given.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
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

    /// Who may take it on: `qcs::cam::uin/OWNER:uin/USER`, `qcs::cam::uin/OWNER:uin/*`, `qcs::cam::uin/OWNER:root` for an
    /// account with all its users; may be called again.
    #[must_use]
    pub fn assumed_by(mut self, principal: impl Into<String>) -> Self {
        self.trusted.push(principal.into());
        self
    }

    /// What whoever takes it on has to know.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// The identity provider for whose people it is there as well.
    #[must_use]
    pub fn by_web_identity(mut self, provider: impl Into<String>) -> Self {
        self.provider = Some(provider.into());
        self
    }
}

/// A role whose policies and principals were read.
#[derive(Debug)]
pub(crate) struct KnownRole {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) identity: Identity,
    pub(crate) policies: Vec<Policy>,
    trusted: Vec<Trusted>,
    pub(crate) external_id: Option<String>,
    pub(crate) provider: Option<String>,
}

/// Who may take on a role.
#[derive(Debug)]
enum Trusted {
    /// An account with all its users, by number.
    Account(String),
    Principal(PrincipalPattern),
}

impl KnownRole {
    /// The role of an account, the number of which among roles it is.
    pub(super) fn new(role: Role, owner_uin: &str, number: usize) -> Result<Self, StartError> {
        let whose = format!("the role {}", role.name);
        let bad = |what: String| StartError::Role { name: role.name.clone(), what };
        let id = role.id.clone().unwrap_or_else(|| (FIRST_ID + number as u64).to_string());
        for (kind, text) in [("roleName", &role.name), ("role", &id)] {
            let arn = format!("qcs::cam::uin/{owner_uin}:{kind}/{text}");
            if RoleArn::parse(&arn).is_none() {
                return Err(bad(format!("{text:?} is not 1 to 128 letters, digits or +=,.@_-")));
            }
        }
        let trusted = role.trusted.iter().map(|text| Trusted::parse(text).map_err(bad));
        Ok(Self {
            trusted: trusted.collect::<Result<_, _>>()?,
            policies: policies(&role.policies, &whose)?,
            identity: Identity::role(owner_uin, &id).with_role_name(&role.name),
            name: role.name.clone(),
            id,
            external_id: role.external_id.clone(),
            provider: role.provider.clone(),
        })
    }

    pub(crate) fn owner_uin(&self) -> &str {
        self.identity.owner_uin()
    }

    /// Its name, as policies about STS have it.
    pub(crate) fn arn(&self) -> String {
        format!("qcs::cam::uin/{}:roleName/{}", self.owner_uin(), self.name)
    }

    /// Whether its owner lets somebody take it on.
    pub(crate) fn trusts(&self, identity: &Identity) -> bool {
        self.trusted.iter().any(|trusted| match trusted {
            Trusted::Account(uin) => identity.owner_uin() == uin,
            Trusted::Principal(pattern) => pattern.names(identity),
        })
    }
}

impl Trusted {
    fn parse(text: &str) -> Result<Self, String> {
        let account =
            text.strip_prefix("qcs::cam::uin/").and_then(|rest| rest.strip_suffix(":root"));
        let is_number = |uin: &&str| !uin.is_empty() && uin.bytes().all(|b| b.is_ascii_digit());
        if let Some(uin) = account.filter(is_number) {
            return Ok(Self::Account(uin.to_owned()));
        }
        match PrincipalPattern::parse(text) {
            Ok(pattern) if !pattern.is_anyone() => Ok(Self::Principal(pattern)),
            // Everyone who has keys here: whoever means that names accounts.
            Ok(_) => Err(format!("{text:?} is everyone; name accounts, users or roles")),
            Err(problem) => Err(problem.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(principals: &[&str]) -> Result<KnownRole, StartError> {
        let role = principals.iter().fold(Role::new("up"), |role, text| role.assumed_by(*text));
        KnownRole::new(role, "1", 0)
    }

    #[test]
    fn whoever_is_named_may_take_it_on_and_nobody_else() {
        let user = Identity::sub_user("1", "2");
        for principal in ["qcs::cam::uin/1:uin/2", "qcs::cam::uin/1:uin/*", "qcs::cam::uin/1:root"]
        {
            assert!(role(&[principal]).unwrap().trusts(&user), "{principal}");
        }
        let other = role(&["qcs::cam::uin/1:uin/3", "qcs::cam::uin/2:root"]).unwrap();
        assert!(!other.trusts(&user) && !role(&[]).unwrap().trusts(&user));
        assert!(other.trusts(&Identity::root("2")));
    }

    #[test]
    fn another_principal_or_name_is_refused() {
        for principal in ["*", "qcs::cam::anyone:anyone", "qcs::cam::uin/x:root", "2"] {
            assert!(matches!(role(&[principal]), Err(StartError::Role { .. })), "{principal}");
        }
        assert!(matches!(KnownRole::new(Role::new("a b"), "1", 0), Err(StartError::Role { .. })));
    }
}
