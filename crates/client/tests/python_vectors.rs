//! Every call that the official Python SDK signed is signed here with the same bytes, but for named rules.
//!
//! The `Authorization` text is equal byte for byte; the URL is equal after decoding: scheme, host, path, and the set of
//! parameters. A rule tells by the input, not by the number of a line, which calls differ on purpose and how.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use cospass::{Endpoint, Presigned};
use cospass_protocol::UrlParts;
use cospass_sign::percent::{Plus, decode, decode_query};
use support::Call;

const VECTORS: &str = include_str!("../../../vectors/python.jsonl");

/// Calls that differ on purpose.
struct Rule {
    /// What differs, and why.
    name: &'static str,
    applies: fn(&Call) -> bool,
    outcome: Outcome,
}

enum Outcome {
    /// This crate refuses the call, with one of these causes.
    Refused(&'static [&'static str]),
    /// The SDK leaves the port out of the host that it signs, and brackets with it; the client sends both. Given that
    /// host by the caller, both sign the same.
    HostWithoutPort,
    /// The SDK drops the token of its configuration from what it signs. Without the token, both sign the same.
    TokenDropped,
    /// The input is not in the vector, or there is no output.
    NotComparable,
}

const RULES: [Rule; 14] = [
    Rule {
        name: "anonymous: the SDK signs nothing",
        applies: |call| call.config("Anonymous") == true,
        outcome: Outcome::NotComparable,
    },
    Rule {
        name: "a SecretKey of bytes, which JSON does not hold",
        applies: |call| call.text("secret_key").is_none(),
        outcome: Outcome::NotComparable,
    },
    Rule {
        name: "a validity with a fraction of a second, which this crate has no way to say",
        applies: |call| call.input["expires_s"].is_f64(),
        outcome: Outcome::NotComparable,
    },
    Rule {
        name: "a bucket without APPID: the SDK adds it from its configuration, or makes a host that no bucket has",
        applies: |call| !call.text("bucket").unwrap().contains("-125") && !has_white_space(call),
        outcome: Outcome::Refused(&["bucket-appid-missing"]),
    },
    Rule {
        name: "a line end in the bucket, which the SDK puts into the URL",
        applies: has_white_space,
        outcome: Outcome::Refused(&["bucket-white-space"]),
    },
    Rule {
        name: "a key of dots alone in a URL, which URL parsers remove",
        applies: |call| matches!(call.text("key"), Some("." | "..")) && call.url.is_some(),
        outcome: Outcome::Refused(&["dot-segment-key"]),
    },
    Rule {
        name: "a domain that no client can send: empty, with a slash, not in ASCII",
        applies: |call| {
            let domain = call.text("domain");
            domain.is_some_and(|d| d.is_empty() || d.contains('/') || !d.is_ascii())
        },
        outcome: Outcome::Refused(&["host-empty", "host-has-path", "host-not-ascii"]),
    },
    Rule {
        name: "an empty method",
        applies: |call| call.text("method") == Some(""),
        outcome: Outcome::Refused(&["method"]),
    },
    Rule {
        name: "a parameter without name: signed by the SDK and missing from its list",
        applies: |call| call.pairs("params").iter().any(|(name, _)| name.is_empty()),
        outcome: Outcome::Refused(&["param-name-empty"]),
    },
    Rule {
        name: "a parameter with the name of a field of the signature",
        applies: |call| {
            let mut params = call.pairs("params").into_iter();
            params.any(|(name, _)| name.starts_with("q-") || name == "sign")
        },
        outcome: Outcome::Refused(&["param-reserved"]),
    },
    Rule {
        name: "a name in two cases: the SDK signs one of the two",
        applies: |call| ["params", "headers"].iter().any(|field| has_name_twice(call, field)),
        outcome: Outcome::Refused(&["param-twice", "header-twice"]),
    },
    Rule {
        name: "a header that HTTP cannot carry as it is signed",
        applies: |call| {
            let mut headers = call.pairs("headers").into_iter();
            headers.any(|(_, value)| value.contains('\n') || value.trim() != value)
        },
        outcome: Outcome::Refused(&["header-value", "header-padded"]),
    },
    Rule {
        name: "a token in the configuration, which the SDK leaves out of what it signs",
        applies: |call| call.text("token").is_some(),
        outcome: Outcome::TokenDropped,
    },
    Rule {
        name: "a host with a port, which the SDK signs without it",
        applies: |call| call.endpoint().is_ok_and(|endpoint| endpoint.to_string().contains(':')),
        outcome: Outcome::HostWithoutPort,
    },
];

fn has_white_space(call: &Call) -> bool {
    call.text("bucket").unwrap().contains('\n')
}

fn has_name_twice(call: &Call, field: &str) -> bool {
    let pairs = call.pairs(field);
    let names: BTreeSet<_> = pairs.iter().map(|(name, _)| name.to_lowercase()).collect();
    names.len() < pairs.len()
}

/// A URL as the service reads it.
#[derive(Debug, PartialEq, Eq)]
struct Decoded {
    scheme: String,
    host: String,
    path: Vec<u8>,
    params: BTreeSet<(Vec<u8>, Vec<u8>)>,
}

fn decoded(url: &str) -> Decoded {
    let url = UrlParts::read(url).unwrap();
    let pieces = url.query().unwrap_or_default().split('&').filter(|piece| !piece.is_empty());
    let decode_text = |text: &str| decode_query(text.as_bytes(), Plus::Space).into_owned();
    Decoded {
        scheme: url.scheme().to_string(),
        host: url.host_header().to_lowercase(),
        path: decode(url.path().as_bytes()).into_owned(),
        params: pieces
            .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
            .map(|(name, value)| (decode_text(name), decode_text(value)))
            .collect(),
    }
}

fn assert_same(call: &Call, signed: &Presigned) {
    match &call.url {
        None => assert_eq!(signed.authorization(), call.authorization, "{}", call.input),
        Some(url) => assert_eq!(decoded(signed.url()), decoded(url), "{}", call.input),
    }
}

/// The host that the SDK signs: `urlparse(url).hostname`.
fn host_without_port(endpoint: &Endpoint, bucket: &str) -> String {
    let host = endpoint.to_string();
    let (name, _) = host.rsplit_once(':').unwrap();
    let name = name.trim_matches(['[', ']']);
    if endpoint.names_bucket() { format!("{bucket}.{name}") } else { name.to_owned() }
}

fn check_rule(rule: &Rule, call: &Call) {
    match rule.outcome {
        Outcome::NotComparable => {}
        Outcome::Refused(causes) => {
            let cause = call.sign(|_| {}).unwrap_err();
            assert!(causes.contains(&cause.as_str()), "{cause}: {}", call.input);
        }
        Outcome::HostWithoutPort => {
            let host = host_without_port(&call.endpoint().unwrap(), call.text("bucket").unwrap());
            assert_same(call, &call.sign(|with| with.host = Some(host)).unwrap());
            let signed = call.sign(|_| {}).unwrap();
            assert!(!signed.authorization().ends_with(&signature(call)));
        }
        Outcome::TokenDropped => {
            assert_same(call, &call.sign(|with| with.token = None).unwrap());
            match call.sign(|_| {}) {
                Ok(signed) => assert!(signed.authorization().contains("x-cos-security-token")),
                Err(cause) => assert_eq!(cause, "token-twice"),
            }
        }
    }
}

fn signature(call: &Call) -> String {
    let text = call.url.as_ref().unwrap_or(&call.authorization);
    let (_, rest) = text.split_once("q-signature=").unwrap();
    rest.split('&').next().unwrap().to_owned()
}

#[test]
fn every_call_is_signed_with_the_same_bytes_but_for_named_rules() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in support::lines(VECTORS) {
        let Some(call) = Call::read(&line) else { continue };
        let name = match RULES.iter().find(|rule| (rule.applies)(&call)) {
            Some(rule) => {
                check_rule(rule, &call);
                rule.name
            }
            None => {
                let signed = call.sign(|_| {});
                let signed = signed.unwrap_or_else(|cause| panic!("{cause}: {}", call.input));
                assert_same(&call, &signed);
                "the same"
            }
        };
        *counts.entry(name).or_default() += 1;
    }
    println!("{counts:#?}");
    for rule in RULES {
        assert!(counts.contains_key(rule.name), "no line for the rule: {}", rule.name);
    }
    assert!(counts["the same"] > 300, "{counts:#?}");
}
