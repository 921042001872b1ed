//! How much of a request a signature must cover.
//!
//! The service checks what the two lists of a signature name, and nothing else. It has a strict mode, too, which is not
//! documented ("严格签名"): the SDKs began to sign further headers for it (cos-go-sdk-v5 0.7.62 `content-length` and
//! `x-cos-security-token`, cos-nodejs-sdk-v5 2.15). What it wants is inferred from that: every header that SDKs sign, and
//! every parameter. What it answers is not known.

use std::collections::BTreeMap;

use cospass_protocol::Bucket;
use cospass_sign::percent::Plus;
use cospass_sign::{RequestHead, is_official_header};

use crate::authenticate::Principal;
use crate::authorize::left_out;
use crate::head::Head;
use crate::refusal::Refusal;

/// How much of a request a signature must cover.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Coverage {
    /// What its lists name.
    #[default]
    Listed,
    /// Every header that the official SDKs sign (`NeedSignHeaders` of cos-go-sdk-v5 `auth.go`), and every parameter.
    Strict,
}

/// The coverage that each bucket wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverages {
    pub(crate) default: Coverage,
    pub(crate) buckets: BTreeMap<Bucket, Coverage>,
}

impl Coverages {
    pub(crate) fn of(&self, bucket: Option<&Bucket>) -> Coverage {
        let own = bucket.and_then(|bucket| self.buckets.get(bucket));
        own.copied().unwrap_or(self.default)
    }
}

/// Refuses a signed request of which the signature leaves something out that the strict mode wants.
pub(crate) fn check_strict(head: &Head<'_>, principal: &Principal<'_>) -> Result<(), Refusal> {
    if principal.is_anonymous() {
        return Ok(());
    }
    let unlisted = |kind, name: &[u8]| {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        tracing::warn!(kind, name, "refused: not signed, which the strict mode wants");
        Err(Refusal::not_signed(kind, &name))
    };
    for (name, _) in head.request.headers() {
        let text = std::str::from_utf8(name).unwrap_or_default();
        if wants_header(text) && !principal.signed_header(text) {
            return unlisted("header", name);
        }
    }
    // However a `+` in it is read, a name is listed or not.
    for (name, _) in head.request.params(Plus::Space) {
        let listed = std::str::from_utf8(&name).is_ok_and(|name| principal.signed_param(name));
        if !listed {
            return unlisted("parameter", &name);
        }
    }
    Ok(())
}

/// Refuses a signed form with a field that gives something away and that its policy has no condition on. `request` has the
/// headers that its fields stand for.
pub(crate) fn check_strict_form(
    request: &RequestHead<'_>,
    principal: &Principal<'_>,
) -> Result<(), Refusal> {
    match left_out(principal, request).next() {
        Some(name) => {
            tracing::warn!(name, "refused: a field without condition, which the strict mode wants");
            Err(Refusal::not_signed("field", name))
        }
        None => Ok(()),
    }
}

fn wants_header(name: &str) -> bool {
    let asks = "access-control-request-";
    is_official_header(name)
        || name.get(..asks.len()).is_some_and(|start| start.eq_ignore_ascii_case(asks))
}
