//! The third stage: who asks. A [`Claim`] becomes a [`Principal`].

mod form;

use cospass_sign::percent::Plus;
use cospass_sign::{Acceptance, Claim, ClaimError, Credentials, Verified};

pub(crate) use form::authenticate_form;

use crate::head::Head;
use crate::refusal::{Cause, Refusal};

/// Who asks: the account, by a signature that holds, or nobody. Nothing but [`authenticate`] makes one.
pub(crate) struct Principal<'a>(Who<'a>);

#[expect(clippy::large_enum_variant, reason = "there is one to a request, on the stack")]
enum Who<'a> {
    Nobody,
    /// By the signature of a request.
    Request(Signer<'a>),
    /// By the signature of a form, whose policy holds for what the form says.
    Form {
        secret_id: String,
    },
}

struct Signer<'a> {
    claim: Claim<'a>,
    verified: Verified,
}

impl Principal<'_> {
    /// Whether nobody signed the request.
    pub(crate) fn is_anonymous(&self) -> bool {
        matches!(self.0, Who::Nobody)
    }

    /// Who signed.
    pub(crate) fn secret_id(&self) -> Option<&str> {
        match &self.0 {
            Who::Request(signer) => Some(signer.claim.secret_id()),
            Who::Form { secret_id } => Some(secret_id),
            Who::Nobody => None,
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

    fn signer(&self) -> Option<&Signer<'_>> {
        match &self.0 {
            Who::Request(signer) => Some(signer),
            Who::Nobody | Who::Form { .. } => None,
        }
    }
}

/// Finds out who asks, `now` in Unix seconds.
///
/// The order of the refusals is that of the documentation: SecretId (and with it the token, which the service reports in
/// the same words), time, signature. A token that comes with a permanent key is not looked at: that is a decision, what
/// the service does is not known.
pub(crate) fn authenticate<'a>(
    head: &Head<'a>,
    credentials: &Credentials,
    now: i64,
) -> Result<Principal<'a>, Refusal> {
    let claim = match Claim::read(&head.request) {
        Ok(claim) => claim,
        Err(ClaimError::Unsigned) => return Ok(Principal(Who::Nobody)),
        Err(error) => return Err(Refusal::claim(&error, now)),
    };
    let known = claim.secret_id() == credentials.secret_id().as_str();
    let key = known.then(|| credentials.secret_key());
    let verdict = claim.verify(&head.request, key, now, Acceptance::Service);
    let token = credentials.token().filter(|_| known);
    // Both are judged in any case, so that the time it takes tells nothing of the token.
    match token.map_or(Ok(()), |token| claim.check_token(token)).and(verdict) {
        Ok(verified) => Ok(Principal(Who::Request(Signer { claim, verified }))),
        Err(refusal) => Err(refused(&refusal, &claim, head, now)),
    }
}

fn refused(
    refusal: &cospass_sign::Refusal,
    claim: &Claim<'_>,
    head: &Head<'_>,
    now: i64,
) -> Refusal {
    let mismatch = || Refusal::mismatch(&claim.canonical_view(&head.request));
    of_signer(refusal, claim.secret_id(), now).unwrap_or_else(mismatch)
}

/// What a signature is refused with whose SecretId or time does not hold; `None` when it is the signature itself.
fn of_signer(refusal: &cospass_sign::Refusal, secret_id: &str, now: i64) -> Option<Refusal> {
    use cospass_sign::Refusal as Why;
    Some(match refusal {
        Why::UnknownSecretId if !is_secret_id(secret_id) => Cause::SecretIdFormat.into(),
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
