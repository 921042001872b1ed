//! The COS V5 request signature: sign, verify, explain.
//!
//! Everything here is a pure function of its arguments: no clock, no environment, no files, no
//! network, no logging, no randomness. The request, the key and *now* go in; a value comes out.
//!
//! The algorithm is COS document 436/7778. What is signed, sent, verified and shown comes from one
//! canonicalisation, [`Canonical`].

mod authorization;
mod batch;
mod canonical;
mod claim;
mod convention;
pub mod explain;
mod form;
mod head;
mod key_time;
mod names;
mod ordinary;
pub mod percent;
mod reading;
mod refusal;
mod secret;
mod selection;
mod sets;
mod signing;
mod split;
mod v4;
mod verifier;
mod verify;

pub use authorization::{Authorization, FieldError};
pub use batch::Batch;
pub use canonical::Canonical;
pub use claim::{Carrier, Claim, ClaimError};
pub use convention::{Convention, Deviation};
pub use form::FormClaim;
pub use head::{Parameter, RequestHead, SIGN_PARAMETER, SIGNATURE_FIELDS, is_signature_field};
pub use key_time::{KeyTime, KeyTimeError};
pub use names::{OFFICIAL_HEADERS, is_official_header};
pub use refusal::Refusal;
pub use secret::{
    CI_TOKEN_NAME, Credentials, SecretId, SecretKey, SecurityToken, TOKEN_NAME, is_token_name,
};
pub use signing::{Deriver, SignTime, Signature, SigningKey};
pub use v4::V4Claim;
pub use verifier::Verifier;
pub use verify::{Acceptance, CLOCK_SKEW_SECONDS, CanonicalView, Verified};
