//! The third stage: who asks. A [`Claim`] becomes a [`Principal`].

mod call;
mod form;
mod known;
mod v4;

use cospass_protocol::operation::Resource;
use cospass_protocol::policy::Caller;
use cospass_sign::percent::Plus;
use cospass_sign::{Acceptance, Claim, ClaimError, Verified};

pub(crate) use call::{CallPrincipal, authenticate_call};
pub(crate) use form::authenticate_form;

use call::of_holder;
use known::{Known, Session};

use crate::accounts::Accounts;
use crate::head::Head;
use crate::refusal::{Cause, Refusal};

/// Who asks: someone whose signature holds, or nobody. Nothing but [`authenticate`] makes one.
pub(crate) struct Principal<'a> {
    who: Who<'a>,
    how: How<'a>,
}

/// Whose signature it is.
enum Who<'a> {
    Nobody,
    /// Somebody with permanent keys.
    Holder(Caller<'a>),
    /// Somebody with temporary ones.
    Session(Box<Session<'a>>),
}

/// How it is known who asks.
#[allow(
    clippy::large_enum_variant,
    reason = "nearly every request is of the large one, and a box costs an allocation"
)]
enum How<'a> {
    Unsigned,
    /// By the signature of a request.
    Request(Signer<'a>),
    /// By the signature of a form, whose policy holds for what the form says.
    Form {
        secret_id: String,
        /// The headers that its fields stand for and its policy has conditions on, in lower case.
        covered: Vec<String>,
    },
    /// By a signature of the former interface, for the object that is asked for.
    V4 {
        secret_id: String,
    },
}

struct Signer<'a> {
    claim: Claim<'a>,
    verified: Verified,
}

impl Principal<'_> {
    /// Whose signature it is, and what limits it.
    pub(crate) fn caller(&self) -> Caller<'_> {
        match &self.who {
            Who::Nobody => Caller::default(),
            Who::Holder(caller) => *caller,
            Who::Session(session) => session.caller(),
        }
    }

    /// Whether nobody signed the request.
    pub(crate) fn is_anonymous(&self) -> bool {
        matches!(self.who, Who::Nobody)
    }

    /// Who signed.
    pub(crate) fn secret_id(&self) -> Option<&str> {
        match &self.how {
            How::Request(signer) => Some(signer.claim.secret_id()),
            How::Form { secret_id, .. } | How::V4 { secret_id } => Some(secret_id),
            How::Unsigned => None,
        }
    }

    /// How a `+` in the query is meant.
    pub(crate) fn plus(&self) -> Plus {
        self.signer().map_or(Plus::Space, |signer| signer.verified.plus())
    }

    /// Whether the signature covers the header of that name.
    pub(crate) fn signed_header(&self, name: &str) -> bool {
        self.signer().is_some_and(|signer| signer.claim.covers_header(name))
    }

    /// Whether the signature covers the parameter of that name.
    pub(crate) fn signed_param(&self, name: &str) -> bool {
        self.signer().is_some_and(|signer| signer.claim.covers_param(name))
    }

    /// Whether its signature is for downloads alone.
    pub(crate) fn may_download_alone(&self) -> bool {
        matches!(self.how, How::V4 { .. })
    }

    /// Whether somebody signed, and left out the header of that name, or the field of a form that stands for it.
    pub(crate) fn leaves_out(&self, name: &str) -> bool {
        match &self.how {
            How::Unsigned => false,
            How::Request(signer) => !signer.claim.covers_header(name),
            How::Form { covered, .. } => {
                !covered.iter().any(|covered| covered.eq_ignore_ascii_case(name))
            }
            How::V4 { .. } => true,
        }
    }

    fn signer(&self) -> Option<&Signer<'_>> {
        match &self.how {
            How::Request(signer) => Some(signer),
            How::Unsigned | How::Form { .. } | How::V4 { .. } => None,
        }
    }
}

/// Finds out who asks for something, `now` in Unix seconds.
///
/// The order of the refusals is that of the documentation: SecretId (and with it the token, which the service reports in
/// the same words), time, signature. A token that comes with a permanent key is not looked at: that is a decision, what
/// the service does is not known.
pub(crate) fn authenticate<'a>(
    head: &Head<'a>,
    resource: &Resource,
    accounts: &'a Accounts,
    now: i64,
) -> Result<Principal<'a>, Refusal> {
    let claim = match Claim::read(&head.request) {
        Ok(claim) => claim,
        Err(ClaimError::Unsigned) => {
            return Ok(Principal { who: Who::Nobody, how: How::Unsigned });
        }
        Err(ClaimError::NotV5) => {
            return v4::authenticate_v4(head, resource, accounts, now);
        }
        Err(error) => return Err(Refusal::claim(&error, now)),
    };
    let known = Known::of(claim.secret_id(), || claim.token(), accounts, now);
    let verifier = accounts.verifier();
    let verdict = verifier.verify(&claim, &head.request, known.key(), now, Acceptance::Service);
    // Both are judged in any case, so that the time it takes tells nothing of the token.
    match known.token().map_or(Ok(()), |token| claim.check_token(token)).and(verdict) {
        _ if known.refusal().is_some() => Err(of_known(&known, claim.secret_id())),
        Ok(verified) => {
            Ok(Principal { who: known.into(), how: How::Request(Signer { claim, verified }) })
        }
        Err(refusal) => Err(refused(&refusal, &claim, head, now)),
    }
}

impl<'a> From<Known<'a>> for Who<'a> {
    fn from(known: Known<'a>) -> Self {
        match known {
            Known::Holder(holder) => Self::Holder(of_holder(&holder)),
            Known::Session(session) => Self::Session(session),
            Known::Nobody(_) | Known::Ended(_) => Self::Nobody,
        }
    }
}

/// What a signature is refused with that nobody can make.
fn of_known(known: &Known<'_>, secret_id: &str) -> Refusal {
    match known.refusal() {
        Some(cause) if is_secret_id(secret_id) => cause.into(),
        _ if secret_id.contains(' ') => Cause::MalformedSignature.into(),
        _ => Cause::SecretIdFormat.into(),
    }
}

fn refused(
    refusal: &cospass_sign::Refusal,
    claim: &Claim<'_>,
    head: &Head<'_>,
    now: i64,
) -> Refusal {
    let mismatch = || Refusal::mismatch(&claim.canonical_view(&head.request));
    of_signer(refusal, now).unwrap_or_else(mismatch)
}

/// What a signature is refused with whose SecretId or time does not hold; `None` when it is the signature itself.
fn of_signer(refusal: &cospass_sign::Refusal, now: i64) -> Option<Refusal> {
    use cospass_sign::Refusal as Why;
    Some(match refusal {
        Why::UnknownSecretId => Cause::UnknownSecretId.into(),
        Why::TokenMissing | Why::TokenDiffers => Cause::WrongToken.into(),
        Why::Expired { .. } => Refusal::expired(now),
        Why::NotYetValid { .. } => Cause::NotYetValid.into(),
        Why::HeaderMissing { .. }
        | Why::ParamMissing { .. }
        | Why::SignatureMismatch
        | Why::NotCanonical { .. } => return None,
    })
}

/// Whether a text has the form of a SecretId; those of temporary keys have `-` and `_`, too.
fn is_secret_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
