//! Headers that decide who gets what, and that a signature does not cover.
//!
//! The service acts on them all the same, so whoever holds a pre-signed upload can add them: copy any object that its
//! signer may read, or give the object away. The endpoint does as the service does, and tells its operator.

use super::Asker;

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
    if !asker.principal.lists_names() {
        return;
    }
    for name in
        asker.circumstances.request.headers().iter().filter_map(|(name, _)| privileged(name))
    {
        if !asker.principal.signed_header(name) {
            tracing::warn!("{name} is not signed; accepted, as the service accepts it");
            asker.endpoint.observers.metrics.count_unsigned_header(name);
        }
    }
}

fn privileged(name: &[u8]) -> Option<&'static str> {
    PRIVILEGED.into_iter().find(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}
