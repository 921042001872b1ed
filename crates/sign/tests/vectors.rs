//! The outputs of twelve official SDKs, run with a frozen clock, are accepted, each by the
//! convention it needs; and none is accepted after one change.
//!
//! A line's `check` is the word of an independent verifier. `FAIL` is a bug of that SDK or an input
//! that could not be rebuilt; such lines are not used.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use cospass_sign::{Acceptance, Claim, Refusal, SecretKey};
use support::{Request, Vector};

const SDKS: [&str; 12] =
    ["android", "c", "cpp", "dotnet", "go", "ios", "java", "js", "nodejs", "php", "python", "wx"];

fn verify(vector: &Vector, request: &Request, acceptance: Acceptance) -> Result<String, String> {
    let headers = request.headers();
    let head = request.head(&headers);
    let claim = Claim::read(&head).map_err(|error| error.cause().to_owned())?;
    let secret = SecretKey::new(&*vector.secret_key);
    let known = (claim.secret_id().trim() == vector.secret_id).then_some(&secret);
    let now = vector.now_within(&claim);
    claim
        .verify(&head, known, now, acceptance)
        .map(|verified| verified.convention().to_string())
        .map_err(|refusal| refusal.cause().to_owned())
}

/// The first way to rebuild the request of a line that verifies, and its convention.
fn accepted(vector: &Vector) -> Option<(Request, String)> {
    vector.requests().into_iter().find_map(|request| {
        let convention = verify(vector, &request, Acceptance::Sdk).ok()?;
        Some((request, convention))
    })
}

#[test]
fn every_official_signature_is_accepted() {
    let mut conventions: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut refused = Vec::new();
    for sdk in SDKS {
        for vector in support::read(sdk).iter().filter(|v| v.is_ok() && !v.is_unreadable()) {
            match accepted(vector) {
                Some((_, convention)) => *conventions.entry((sdk, convention)).or_default() += 1,
                None => refused.push(format!("{} ({})", vector.id, vector.check)),
            }
        }
    }
    for ((sdk, convention), count) in &conventions {
        println!("{sdk}: {count} {convention}");
    }
    assert!(refused.is_empty(), "refused: {refused:#?}");
    let total: usize = conventions.values().sum();
    assert!(total > 1700, "only {total} lines were used");
}

#[test]
fn strict_accepts_exactly_the_canonical_ones() {
    for sdk in SDKS {
        for vector in support::read(sdk).iter().filter(|vector| vector.is_ok()) {
            let Some((request, convention)) = accepted(vector) else {
                continue;
            };
            let want = if convention == "canonical" {
                Ok(convention)
            } else {
                Err("not-canonical".to_owned())
            };
            assert_eq!(verify(vector, &request, Acceptance::Strict), want, "{}", vector.id);
        }
    }
}

#[test]
fn no_signature_survives_one_change() {
    let mut changes = 0;
    for sdk in SDKS {
        // Every byte of a part of the lines: all of them would take minutes without optimisation.
        let vectors = support::read(sdk);
        let usable = vectors.iter().filter(|vector| vector.is_ok() && !vector.has_duplicates());
        for vector in usable.step_by(3) {
            let Some((request, convention)) = accepted(vector) else {
                continue;
            };
            let port_is_signed = convention != "host without port";
            for (what, changed) in support::changes(&request, port_is_signed) {
                changes += 1;
                let verdict = verify(vector, &changed, Acceptance::Sdk);
                assert!(verdict.is_err(), "{} accepted after a change of {what}", vector.id);
            }
        }
    }
    assert!(changes > 50_000, "only {changes} changes were tried");
}

#[test]
fn another_secret_is_refused_like_an_unknown_one() {
    for vector in support::read("python").iter().filter(|vector| vector.is_ok()) {
        let Some((request, _)) = accepted(vector) else {
            continue;
        };
        let headers = request.headers();
        let head = request.head(&headers);
        let claim = Claim::read(&head).unwrap();
        let now = vector.now_within(&claim);
        let other = SecretKey::new("another");
        let verdict = claim.verify(&head, Some(&other), now, Acceptance::Sdk);
        assert_eq!(verdict, Err(Refusal::SignatureMismatch), "{}", vector.id);
        let verdict = claim.verify(&head, None, now, Acceptance::Sdk);
        assert_eq!(verdict, Err(Refusal::UnknownSecretId), "{}", vector.id);
    }
}
