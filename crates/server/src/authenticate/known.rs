//! Whose key a SecretId is: that of an account or a user, which is looked up, or a temporary one, of which everything
//! stands in the token that comes with it.

use cospass_protocol::policy::{Caller, Identity, Policy, PolicyKind};
use cospass_protocol::sts::{CallerIdentity, RoleArn, RoleNamed};
use cospass_sign::{SecretKey, SecurityToken};

use crate::accounts::{Accounts, Holder, KnownRole};
use crate::refusal::Cause;
use crate::sts::{Issue, Who, is_temporary};

/// Who would ask, if the signature holds.
#[derive(Debug)]
pub(super) enum Known<'a> {
    /// Nobody: why, as the service reports it.
    Nobody(Cause),
    Holder(Holder<'a>),
    Session(Box<Session<'a>>),
    /// Temporary keys that have ended.
    Ended(SecretKey),
}

/// Whoever has temporary keys.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    key: SecretKey,
    identity: Identity,
    policies: &'a [Policy],
    /// What narrows the keys further.
    policy: Option<Policy>,
    role: Option<&'a KnownRole>,
    issue: Issue,
}

impl<'a> Known<'a> {
    /// Looks for whoever has that SecretId; `token` is what came with it.
    pub(super) fn of(
        secret_id: &str,
        token: impl FnOnce() -> Option<SecurityToken>,
        accounts: &'a Accounts,
        now: i64,
    ) -> Self {
        if let Some(holder) = accounts.holder(secret_id) {
            return Self::Holder(holder);
        }
        if !is_temporary(secret_id) {
            return Self::Nobody(Cause::UnknownSecretId);
        }
        let opened = token().and_then(|token| accounts.token_keys.open(secret_id, &token));
        match opened {
            None => Self::Nobody(Cause::WrongToken),
            Some((key, issue)) if now >= issue.ends => {
                drop(issue);
                Self::Ended(key)
            }
            // Whose rights they had may be gone since.
            Some((key, issue)) => Session::new(key, issue, accounts)
                .map_or(Self::Nobody(Cause::UnknownSecretId), |session| {
                    Self::Session(Box::new(session))
                }),
        }
    }

    /// What the signature must have been made with.
    pub(super) fn key(&self) -> Option<&SecretKey> {
        match self {
            Self::Nobody(_) => None,
            Self::Holder(holder) => Some(holder.credentials.secret_key()),
            Self::Session(session) => Some(&session.key),
            Self::Ended(key) => Some(key),
        }
    }

    /// The token that must have come along, where it is one that was configured.
    pub(super) fn token(&self) -> Option<&SecurityToken> {
        match self {
            Self::Holder(holder) => holder.credentials.token(),
            _ => None,
        }
    }

    /// Why nobody may ask with these keys, whatever the signature.
    pub(super) fn refusal(&self) -> Option<Cause> {
        match self {
            Self::Nobody(cause) => Some(*cause),
            Self::Ended(_) => Some(Cause::ExpiredToken),
            Self::Holder(_) | Self::Session(_) => None,
        }
    }
}

impl<'a> Session<'a> {
    fn new(key: SecretKey, issue: Issue, accounts: &'a Accounts) -> Option<Self> {
        let (identity, policies, role) = match &issue.who {
            Who::Caller { owner_uin, uin } => {
                let holder = accounts.holder_of_uin(owner_uin, uin)?;
                (holder.identity.clone().federated(&issue.name), holder.policies, None)
            }
            Who::Role { owner_uin, id } => {
                let role = RoleNamed::Id(id.clone());
                let role = accounts.role(&RoleArn { owner_uin: owner_uin.clone(), role })?;
                (role.identity.clone(), &*role.policies, Some(role))
            }
        };
        let parse = |text: &String| Policy::parse(text.as_bytes(), PolicyKind::Identity);
        // It was read when it was sealed.
        let policy = issue.policy.as_ref().map(parse).transpose().ok()?;
        Some(Self { key, identity, policies, policy, role, issue })
    }

    pub(super) fn caller(&self) -> Caller<'_> {
        Caller {
            identity: Some(&self.identity),
            policies: self.policies,
            session: self.policy.as_ref(),
        }
    }

    /// The number of the account or user who asked for the keys.
    pub(crate) fn asked_by(&self) -> &str {
        &self.issue.asked_by
    }

    /// What GetCallerIdentity tells (1312/66098).
    pub(crate) fn caller_identity(&self) -> CallerIdentity {
        let Issue { who, name, asked_by, .. } = &self.issue;
        let owner = self.identity.owner_uin();
        let (kind, arn, user_id) = match (who, self.role) {
            (Who::Caller { uin, .. }, _) | (Who::Role { id: uin, .. }, None) => (
                "CAMUser",
                format!("qcs::sts:{owner}:federated-user/{uin}"),
                format!("{uin}:{name}"),
            ),
            (Who::Role { id, .. }, Some(_)) => {
                ("CAMRole", format!("qcs::sts:{owner}:assumed-role/{id}"), format!("{id}:{name}"))
            }
        };
        CallerIdentity {
            kind: kind.to_owned(),
            arn,
            account_id: owner.to_owned(),
            user_id,
            principal_id: asked_by.clone(),
        }
    }
}

/// What GetCallerIdentity tells an account or a user.
pub(crate) fn identity_of(holder: &Holder<'_>) -> CallerIdentity {
    let (owner, uin) = (holder.identity.owner_uin(), holder.uin);
    CallerIdentity {
        kind: "CAMUser".to_owned(),
        arn: format!("qcs::cam:{owner}:uin/{uin}"),
        account_id: owner.to_owned(),
        user_id: uin.to_owned(),
        principal_id: uin.to_owned(),
    }
}
