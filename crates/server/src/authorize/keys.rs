//! Who may have temporary keys, and whose rights they get: a [`CallPrincipal`] and a request of STS become a [`Permit`].

use cospass_protocol::policy::{AskElsewhere, Circumstances, Policy, PolicyKind, judge_elsewhere};
use cospass_protocol::sts::{
    AssumeRole, AssumeRoleWithWebIdentity, CallerIdentity, Durations, GetFederationToken, Request,
    RoleArn, StsError, StsErrorCode,
};

use super::{Permit, Seen};
use crate::accounts::{Accounts, KnownRole};
use crate::authenticate::CallPrincipal;
use crate::sts::{Issue, Who};

/// What a call of STS may have.
pub(crate) enum PermittedCall {
    /// Temporary keys.
    Issue(Permit<Issue>),
    /// To be told who it is.
    Tell(Permit<CallerIdentity>),
}

/// Who makes a call, and in which circumstances.
pub(crate) struct CallAsker<'a> {
    pub(crate) principal: &'a CallPrincipal<'a>,
    pub(crate) accounts: &'a Accounts,
    pub(crate) circumstances: &'a Circumstances<'a>,
    pub(crate) request_id: &'a str,
}

/// Decides. An account may ask for a federation token, a user if its policies allow `sts:GetFederationToken`; a role is for
/// those whom its owner named, and a user's policies must allow `sts:AssumeRole`, too.
pub(crate) fn authorize_call(
    asker: &CallAsker<'_>,
    request: Request,
) -> Result<PermittedCall, StsError> {
    let issue = match request {
        Request::GetCallerIdentity => {
            let identity = asker.principal.identity();
            let identity = identity.ok_or(StsErrorCode::InvalidAuthorization)?;
            return Ok(PermittedCall::Tell(permit(identity)));
        }
        Request::GetFederationToken(asked) => asker.federation(asked)?,
        Request::AssumeRole(asked) => asker.role(asked)?,
        Request::AssumeRoleWithWebIdentity(asked) => asker.web_identity(asked)?,
    };
    Ok(PermittedCall::Issue(permit(issue)))
}

fn permit<T>(operation: T) -> Permit<T> {
    Permit { operation, seen: Seen::default(), bucket: None }
}

impl CallAsker<'_> {
    fn federation(&self, asked: GetFederationToken) -> Result<Issue, StsError> {
        let holder = self.principal.holder().ok_or(StsErrorCode::TempKeyNotAllowed)?;
        self.check_policies("GetFederationToken", "*")?;
        let durations = match holder.identity.is_root() {
            true => Durations::FEDERATION_OF_ACCOUNT,
            false => Durations::FEDERATION_OF_USER,
        };
        let owner_uin = holder.identity.owner_uin();
        Ok(Issue {
            who: Who::Caller { owner_uin: owner_uin.to_owned(), uin: holder.uin.to_owned() },
            policy: Some(self.policy(&asked.policy, owner_uin)?),
            name: asked.name,
            asked_by: holder.uin.to_owned(),
            ends: self.end(durations.grant(asked.duration)?),
        })
    }

    fn role(&self, asked: AssumeRole) -> Result<Issue, StsError> {
        let caller = self.principal.caller();
        let identity = caller.identity.ok_or(StsErrorCode::InvalidAuthorization)?;
        let role = self.known_role(&asked.role)?;
        if !role.trusts(identity) {
            return Err(refused(role, "does not let you take it on"));
        }
        if role.external_id.is_some() && role.external_id != asked.external_id {
            return Err(refused(role, "wants another ExternalId"));
        }
        self.check_policies("AssumeRole", &role.arn())?;
        let policy = asked.policy.map(|text| self.policy(&text, role.owner_uin())).transpose()?;
        let asked_by = self.principal.uin().unwrap_or_default().to_owned();
        self.of_role(role, asked.session_name, policy, asked.duration, asked_by)
    }

    fn web_identity(&self, asked: AssumeRoleWithWebIdentity) -> Result<Issue, StsError> {
        let vouched = self.principal.vouched().ok_or(StsErrorCode::InvalidAuthorization)?;
        let role = self.known_role(&asked.role)?;
        if role.provider.as_deref() != Some(vouched.provider()) {
            return Err(refused(role, "is not for whom that identity provider vouches"));
        }
        tracing::info!(role = role.name, subject = vouched.subject(), "a role is taken on");
        let asked_by = role.owner_uin().to_owned();
        self.of_role(role, asked.session_name, None, asked.duration, asked_by)
    }

    fn of_role(
        &self,
        role: &KnownRole,
        name: String,
        policy: Option<String>,
        duration: Option<u32>,
        asked_by: String,
    ) -> Result<Issue, StsError> {
        let who = Who::Role { owner_uin: role.owner_uin().to_owned(), id: role.id.clone() };
        let ends = self.end(Durations::ROLE.grant(duration)?);
        Ok(Issue { who, name, asked_by, policy, ends })
    }

    fn known_role(&self, arn: &RoleArn) -> Result<&KnownRole, StsError> {
        let not_found = || {
            let message = format!("There is no role {arn}.");
            StsError::told(StsErrorCode::RoleNotFound, message)
        };
        self.accounts.role(arn).ok_or_else(not_found)
    }

    /// Whether the caller's own policies, and those of its session, allow an action of STS.
    fn check_policies(&self, action: &str, resource: &str) -> Result<(), StsError> {
        let ask =
            AskElsewhere { service: "sts", action, resource, circumstances: self.circumstances };
        let decision = judge_elsewhere(&self.principal.caller(), &ask);
        tracing::debug!(action, resource, %decision);
        match decision.is_allowed() {
            true => Ok(()),
            false => {
                Err(StsError::unauthorized(self.request_id, &format!("sts:{action}"), resource))
            }
        }
    }

    /// A policy for temporary keys, checked, without spaces that mean nothing. It names no other account's resources.
    fn policy(&self, text: &str, owner_uin: &str) -> Result<String, StsError> {
        let policy = Policy::parse(text.as_bytes(), PolicyKind::Identity)?;
        let resources = policy.statements().iter().flat_map(|statement| &statement.resources);
        let is_foreign = |appid: &str| self.accounts.of_appid(appid).uin() != owner_uin;
        if resources.filter_map(|resource| resource.appid()).any(is_foreign) {
            return Err(StsErrorCode::GrantOtherResource.into());
        }
        let json: serde_json::Value =
            serde_json::from_str(text).map_err(|_| StsErrorCode::StrategyFormatError)?;
        Ok(json.to_string())
    }

    fn end(&self, seconds: u32) -> i64 {
        self.circumstances.now.saturating_add(i64::from(seconds))
    }
}

fn refused(role: &KnownRole, why: &str) -> StsError {
    let message = format!("The role {} {why}.", role.arn());
    StsError::told(StsErrorCode::UnauthorizedOperation, message)
}
