//! Who asks by a form: its signature covers its policy, and its policy what the form holds.

use cospass_protocol::Bucket;
use cospass_protocol::form::{Condition, FormFields, FormPolicy, FormPolicyError, Unmet};
use cospass_sign::{Claim, ClaimError, FormClaim};

use super::{How, Known, Principal, Who, of_known, of_signer};
use crate::accounts::Accounts;
use crate::head::Head;
use crate::refusal::{Cause, Refusal};

/// Finds out who signed a form for that bucket, `now` in Unix seconds; its policy comes along.
///
/// The order of the refusals is a decision but for the first of them, which follows from what the documentation calls the
/// cause of each (436/14690, "Condition key q-ak doesn't match"): a policy that is none, a policy made for another signer,
/// then as with a request SecretId and token, time, signature; at last the policy's own time and its other conditions.
pub(crate) fn authenticate_form<'a>(
    head: &Head<'_>,
    bucket: &Bucket,
    fields: &FormFields,
    accounts: &'a Accounts,
    now: i64,
) -> Result<(Principal<'a>, Option<FormPolicy>), Refusal> {
    let policy = fields.value("policy");
    let claim = match (FormClaim::read(|name| fields.value(name)), policy) {
        (Err(ClaimError::Unsigned), None) => {
            let nobody = Principal { who: Who::Nobody, how: How::Unsigned };
            return Ok((nobody, None));
        }
        // Half a signature is none that holds.
        (Err(ClaimError::Unsigned), Some(_)) => return Err(Cause::MalformedSignature.into()),
        (claim, _) => claim.map_err(|error| Refusal::claim(&error, now))?,
    };
    if !matches!(Claim::read(&head.request), Err(ClaimError::Unsigned)) {
        return Err(Cause::SeveralSignatures.into());
    }
    let text = FormPolicy::text(policy.ok_or(Cause::MalformedSignature)?)?;
    let policy = FormPolicy::read(&text)?;
    policy.check_signer(bucket, fields)?;
    let known = Known::of(claim.secret_id(), || claim.token(), accounts, now);
    let verdict = claim.verify(&text, known.key(), now);
    // Both are judged in any case, so that the time it takes tells nothing of the token.
    let verdict = known.token().map_or(Ok(()), |token| claim.check_token(token)).and(verdict);
    if known.refusal().is_some() {
        return Err(of_known(&known, claim.secret_id()));
    }
    verdict.map_err(|refusal| {
        // The text that is signed is the policy, which the client has: there is nothing to show.
        let mismatch = || Cause::SignatureMismatch.into();
        of_signer(&refusal, now).unwrap_or_else(mismatch)
    })?;
    if now >= policy.expiration {
        return Err(Refusal::policy_expired(policy.expiration, now));
    }
    policy.check(bucket, fields)?;
    let secret_id = claim.secret_id().to_owned();
    let fields = policy.conditions.iter().filter_map(Condition::field);
    let covered = fields.map(|field| header_of_field(field).to_owned()).collect();
    Ok((Principal { who: known.into(), how: How::Form { secret_id, covered } }, Some(policy)))
}

/// The header that a field stands for.
fn header_of_field(field: &str) -> &str {
    if field.eq_ignore_ascii_case("acl") { "x-cos-acl" } else { field }
}

impl From<FormPolicyError> for Refusal {
    fn from(error: FormPolicyError) -> Self {
        match error {
            FormPolicyError::NotBase64
            | FormPolicyError::NotJson
            | FormPolicyError::NoConditions => Cause::PolicyWithoutConditions.into(),
            error => Self::told(Cause::InvalidPolicy, &error),
        }
    }
}

impl From<Unmet> for Refusal {
    fn from(unmet: Unmet) -> Self {
        Self::told(Cause::ConditionUnmet, &unmet)
    }
}
