//! Headers that decide who gets what, and that a signature does not cover.
//!
//! The service acts on them all the same, so whoever holds a pre-signed upload can add them: copy any object that its
//! signer may read, or give the object away. The endpoint does as the service does, and tells its operator. The fields of a
//! form stand for headers, and its signature covers those that its policy has a condition on.

use cospass_sign::RequestHead;

use super::Asker;
use crate::authenticate::Principal;

/// The headers that give something away.
const PRIVILEGED: [&str; 7] = [
    "x-cos-copy-source",
    "x-cos-acl",
    "x-cos-grant-full-control",
    "x-cos-grant-read",
    "x-cos-grant-read-acp",
    "x-cos-grant-write",
    "x-cos-grant-write-acp",
];

/// Logs and counts those that a signed request has and its signature does not cover.
pub(super) fn warn(asker: &Asker<'_>) {
    for name in left_out(asker.principal, &asker.circumstances.request) {
        tracing::warn!("{name} is not signed; accepted, as the service accepts it");
        asker.endpoint.observers.metrics.count_unsigned_header(name);
    }
}

/// Those that a signed request has and its signature does not cover.
pub(crate) fn left_out<'a>(
    principal: &'a Principal<'_>,
    request: &RequestHead<'a>,
) -> impl Iterator<Item = &'static str> + use<'a> {
    let named = request.headers().iter().filter_map(|(name, _)| privileged(name));
    named.filter(|name| principal.leaves_out(name))
}

fn privileged(name: &[u8]) -> Option<&'static str> {
    PRIVILEGED.into_iter().find(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}
