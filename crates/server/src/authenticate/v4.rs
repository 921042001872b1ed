//! Who asks by a signature of the former interface, V4, which the service still honours for downloads (cos-nodejs-sdk-v5
//! `test/test.js`, `getV4Auth()`).
//!
//! Since it covers nothing but one object and a time, it is honoured for GET and HEAD of that object alone: a decision,
//! since nothing shows that the service honours it for more.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cospass_protocol::operation::Resource;
use cospass_sign::{ClaimError, V4Claim};

use super::{How, Known, Principal, of_known, of_signer};
use crate::accounts::Accounts;
use crate::head::Head;
use crate::refusal::{Cause, Refusal};

/// Finds out who signed a request in the former way, `now` in Unix seconds. Keys with a token came after it.
pub(super) fn authenticate_v4<'a>(
    head: &Head<'_>,
    resource: &Resource,
    accounts: &'a Accounts,
    now: i64,
) -> Result<Principal<'a>, Refusal> {
    let refused = |error: ClaimError| Refusal::claim(&error, now);
    let parameter = V4Claim::parameter(&head.request).ok_or(Cause::MalformedSignature)?;
    let signature = STANDARD.decode(&*parameter).map_err(|_| Cause::MalformedSignature)?;
    let claim = V4Claim::read(&signature).map_err(refused)?;
    let known = Known::of(claim.secret_id(), || None, accounts, now);
    let verdict = claim.verify(known.key(), now);
    if known.refusal().is_some() {
        return Err(of_known(&known, claim.secret_id()));
    }
    if known.token().is_some() {
        return Err(Cause::WrongToken.into());
    }
    verdict.map_err(|refusal| {
        let mismatch = || Cause::SignatureMismatch.into();
        of_signer(&refusal, now).unwrap_or_else(mismatch)
    })?;
    match resource {
        Resource::Object(bucket, key)
            if claim.is_for(bucket.appid(), bucket.name(), key.path()) =>
        {
            let secret_id = claim.secret_id().to_owned();
            Ok(Principal { who: known.into(), how: How::V4 { secret_id } })
        }
        _ => Err(Cause::OutOfV4.into()),
    }
}
