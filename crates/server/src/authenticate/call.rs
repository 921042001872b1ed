//! Who makes a call of STS: a [`Call`] becomes a [`CallPrincipal`].

use cospass_protocol::policy::Caller;
use cospass_protocol::sts::{
    AssumeRoleWithWebIdentity, Call, CallerIdentity, Request, StsError, StsErrorCode,
};

use super::known::{Known, Session, identity_of};
use crate::accounts::{Accounts, Holder};
use crate::refusal::Cause;
use crate::sts::Vouched;

/// Who makes a call. Nothing but [`authenticate_call`] makes one.
pub(crate) struct CallPrincipal<'a>(Who<'a>);

enum Who<'a> {
    Holder(Holder<'a>),
    Session(Box<Session<'a>>),
    /// Somebody without keys.
    Vouched(Vouched),
}

impl<'a> CallPrincipal<'a> {
    /// Whose keys they are, and what limits them; nobody's, if an identity provider vouches.
    pub(crate) fn caller(&self) -> Caller<'_> {
        match &self.0 {
            Who::Holder(holder) => of_holder(holder),
            Who::Session(session) => session.caller(),
            Who::Vouched(_) => Caller::default(),
        }
    }

    /// The account or user who asks with permanent keys.
    pub(crate) fn holder(&self) -> Option<&Holder<'a>> {
        match &self.0 {
            Who::Holder(holder) => Some(holder),
            Who::Session(_) | Who::Vouched(_) => None,
        }
    }

    /// Whom an identity provider vouches for.
    pub(crate) fn vouched(&self) -> Option<&Vouched> {
        match &self.0 {
            Who::Vouched(vouched) => Some(vouched),
            Who::Holder(_) | Who::Session(_) => None,
        }
    }

    /// The number of whoever is behind it; `None` for somebody without one.
    pub(crate) fn uin(&self) -> Option<&str> {
        match &self.0 {
            Who::Holder(holder) => Some(holder.uin),
            Who::Session(session) => Some(session.asked_by()),
            Who::Vouched(_) => None,
        }
    }

    /// What GetCallerIdentity tells.
    pub(crate) fn identity(&self) -> Option<CallerIdentity> {
        match &self.0 {
            Who::Holder(holder) => Some(identity_of(holder)),
            Who::Session(session) => Some(session.caller_identity()),
            Who::Vouched(_) => None,
        }
    }
}

pub(super) fn of_holder<'a>(holder: &Holder<'a>) -> Caller<'a> {
    Caller { identity: Some(holder.identity), policies: holder.policies, session: None }
}

/// Finds out who makes a call, and what it asks for; `now` in Unix seconds. The order of the refusals is that of requests to
/// COS: SecretId and token, time, signature.
pub(crate) fn authenticate_call<'a>(
    call: Call<'_>,
    accounts: &'a Accounts,
    now: i64,
) -> Result<(CallPrincipal<'a>, Request), StsError> {
    let Some(secret_id) = call.secret_id() else {
        call.verify(None, now)?;
        let request = call.request()?;
        let Request::AssumeRoleWithWebIdentity(asked) = &request else {
            return Err(StsErrorCode::InvalidAuthorization.into());
        };
        let vouched = vouched_for(asked, accounts, now)?;
        return Ok((CallPrincipal(Who::Vouched(vouched)), request));
    };
    let known = Known::of(secret_id, || call.token().cloned(), accounts, now);
    // Judged in any case, so that the time it takes tells nothing.
    let verdict = call.verify(known.key(), now);
    let who = match known {
        Known::Nobody(Cause::WrongToken) | Known::Ended(_) => {
            return Err(StsErrorCode::TokenFailure.into());
        }
        Known::Nobody(_) => return Err(StsErrorCode::SecretIdNotFound.into()),
        // A key that was configured with a token is a temporary one of somebody else's making.
        Known::Holder(holder) if holder.credentials.token().is_some() => {
            return Err(StsErrorCode::AccessKeyNotSupport.into());
        }
        Known::Holder(holder) => Who::Holder(holder),
        Known::Session(session) => Who::Session(session),
    };
    verdict?;
    Ok((CallPrincipal(who), call.request()?))
}

fn vouched_for(
    asked: &AssumeRoleWithWebIdentity,
    accounts: &Accounts,
    now: i64,
) -> Result<Vouched, StsError> {
    let code = StsErrorCode::WebIdentityTokenError;
    let Some(provider) = accounts.provider(&asked.provider_id) else {
        let message = "there is no identity provider of that ProviderId";
        return Err(StsError::told(code, format!("{} {message}", code.message())));
    };
    let vouched = provider.vouches_for(&asked.token, now);
    vouched.map_err(|why| StsError::told(code, format!("{} {why}", code.message())))
}
