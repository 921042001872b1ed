//! What is valid and yet a risk, of signatures and of policies: data, never text on a stream. `docs/warnings.md` has a line
//! on each, with what can go wrong and what to do.

use std::fmt;

use cospass_sign::KeyTime;

use crate::policy::{Effect, Policy};

/// A risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// The signature holds for longer than such a request needs as a rule: see [`Longest`].
    LongValidity {
        /// From its start to its end, in seconds.
        seconds: i64,
    },
    /// The token of the temporary credentials ends before the signature does.
    TokenEndsFirst {
        /// By how many seconds.
        seconds: i64,
    },
    /// The host is not signed: the signature holds for every domain that leads to the bucket, and for other buckets of
    /// the account that hold the same key.
    UnsignedHost,
    /// A permanent key signs a request that changes data.
    PermanentKeyWrite,
    /// An upload whose `Content-Type` is not signed, or neither of its `Content-Length` and `Content-MD5`.
    UnsignedContent,
    /// A bucket in the strict mode would refuse it: a header that SDKs sign, or a parameter, is not signed.
    StrictRefuses,
    /// A download of a type that a browser runs, as a page of the domain that it comes from.
    InlineType,
    /// The host that is signed is that of a CDN, which does not accept signatures of COS (436/14116).
    CdnDomain,
    /// A signed header's name is not an HTTP token (RFC 9110 §5.1). The canonical text has a form for it; hardly a client
    /// sends it.
    UnsendableHeader,
    /// A statement of a policy allows on everything: every resource, every bucket, or a whole bucket.
    WildcardResource {
        /// The place of the statement, from 0.
        statement: usize,
    },
    /// A resource of a policy has the account `uid/*`, or another that is none: STS accepts it, COS denies it.
    AccountStar {
        /// The place of the statement, from 0.
        statement: usize,
    },
    /// A statement of a policy names an action that no operation is known to need, such as a misspelt one.
    UnknownAction {
        /// The place of the statement, from 0.
        statement: usize,
    },
}

impl Warning {
    /// The stable names of all warnings.
    pub const IDS: [&'static str; 12] = [
        "long-validity",
        "token-ends-first",
        "unsigned-host",
        "permanent-key-write",
        "unsigned-content",
        "strict-refuses",
        "inline-type",
        "cdn-domain",
        "unsendable-header",
        "wildcard-resource",
        "account-star",
        "unknown-action",
    ];

    /// The stable name of the warning.
    pub fn id(self) -> &'static str {
        match self {
            Self::LongValidity { .. } => "long-validity",
            Self::TokenEndsFirst { .. } => "token-ends-first",
            Self::UnsignedHost => "unsigned-host",
            Self::PermanentKeyWrite => "permanent-key-write",
            Self::UnsignedContent => "unsigned-content",
            Self::StrictRefuses => "strict-refuses",
            Self::InlineType => "inline-type",
            Self::CdnDomain => "cdn-domain",
            Self::UnsendableHeader => "unsendable-header",
            Self::WildcardResource { .. } => "wildcard-resource",
            Self::AccountStar { .. } => "account-star",
            Self::UnknownAction { .. } => "unknown-action",
        }
    }

    /// The warning of a signature whose token ends at `token_end`, Unix seconds, before the signature does.
    pub fn of_token(key_time: KeyTime, token_end: i64) -> Option<Self> {
        let seconds = key_time.end().saturating_sub(token_end);
        (seconds > 0).then_some(Self::TokenEndsFirst { seconds })
    }

    /// The warnings of a policy, statement by statement. A wide resource is no risk where it denies; an action that is none
    /// is one, since nothing is denied.
    pub fn of_policy(policy: &Policy) -> Vec<Self> {
        let statements = policy.statements().iter().enumerate();
        statements
            .flat_map(|(statement, one)| {
                let allows = one.effect == Effect::Allow;
                let has = |is: fn(&_) -> bool| allows && one.resources.iter().any(is);
                let wide = has(crate::policy::ResourcePattern::is_wide);
                let nobody = has(crate::policy::ResourcePattern::is_of_nobody);
                let unknown = one.actions.iter().any(crate::policy::ActionPattern::is_unknown);
                [
                    wide.then_some(Self::WildcardResource { statement }),
                    nobody.then_some(Self::AccountStar { statement }),
                    unknown.then_some(Self::UnknownAction { statement }),
                ]
            })
            .flatten()
            .collect()
    }
}

/// The longest validity without a warning. The service states no limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Longest {
    /// Of GET, HEAD and whatever else does not change data, in seconds; 7 days.
    pub reads: i64,
    /// Of PUT, POST and DELETE, in seconds; 1 day.
    pub writes: i64,
}

impl Default for Longest {
    fn default() -> Self {
        Self { reads: 7 * 24 * 60 * 60, writes: 24 * 60 * 60 }
    }
}

impl Longest {
    /// The warning of a signature that holds for longer.
    pub(crate) fn check(self, key_time: KeyTime, writes: bool) -> Option<Warning> {
        let longest = if writes { self.writes } else { self.reads };
        let seconds = key_time.end().saturating_sub(key_time.start());
        let is_long = seconds > longest.saturating_add(KeyTime::BACKDATE_SECONDS);
        is_long.then_some(Warning::LongValidity { seconds })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LongValidity { seconds } => {
                f.write_str("the signature holds for ")?;
                match seconds / (24 * 60 * 60) {
                    0 | 1 => write!(f, "{} hours", seconds / (60 * 60))?,
                    days => write!(f, "{days} days")?,
                }
                f.write_str(" and cannot be revoked but with the key; let it end sooner and sign again when it is needed")
            }
            Self::TokenEndsFirst { seconds } => write!(
                f,
                "the token of the temporary credentials ends {seconds} s before the signature, which is refused from then on; sign for less time, or with fresh credentials"
            ),
            Self::UnsignedHost => f.write_str(
                "the host is not signed, so the signature holds for the same key in every bucket of the account; sign the host, or name the one that is sent with a Host header",
            ),
            Self::PermanentKeyWrite => f.write_str(
                "a permanent key signs a request that changes data; whoever has it can repeat it until it ends, so sign it with temporary credentials that allow this key and nothing else",
            ),
            Self::UnsignedContent => f.write_str(
                "whoever has the signature chooses what is uploaded, its type and its length; sign Content-Type, and Content-Length or Content-MD5",
            ),
            Self::StrictRefuses => f.write_str(
                "a bucket in the strict mode would refuse this, since a header or a parameter that is sent is not signed; sign all of them",
            ),
            Self::InlineType => f.write_str(
                "a browser runs what is downloaded as a page of its domain; sign response-content-disposition=attachment, or another response-content-type",
            ),
            Self::CdnDomain => f.write_str(
                "the host is a CDN's, which does not accept signatures of COS; sign for the bucket's own domain, or make a URL with the CDN's own authentication: cospass cdn-url",
            ),
            Self::UnsendableHeader => f.write_str(
                "a signed header has a name that is no HTTP token, which clients and proxies refuse to send; use ASCII letters, digits and -",
            ),
            Self::WildcardResource { statement } => write!(
                f,
                "statement[{statement}] allows on a whole bucket or more; name the keys, or a folder of them"
            ),
            Self::AccountStar { statement } => write!(
                f,
                "statement[{statement}] has a resource whose account is no APPID, such as uid/*: STS accepts it, COS denies it; write uid/APPID"
            ),
            Self::UnknownAction { statement } => write!(
                f,
                "statement[{statement}] names an action that no operation is known to need, so that it says nothing; look for a misspelling, upper and lower case count"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyKind;

    #[test]
    fn each_warning_has_its_id_and_its_remedy() {
        let all = [
            Warning::LongValidity { seconds: 90_000 },
            Warning::TokenEndsFirst { seconds: 1 },
            Warning::UnsignedHost,
            Warning::PermanentKeyWrite,
            Warning::UnsignedContent,
            Warning::StrictRefuses,
            Warning::InlineType,
            Warning::CdnDomain,
            Warning::UnsendableHeader,
            Warning::WildcardResource { statement: 0 },
            Warning::AccountStar { statement: 0 },
            Warning::UnknownAction { statement: 0 },
        ];
        assert_eq!(all.map(Warning::id), Warning::IDS);
        assert!(all.iter().all(|warning| warning.to_string().contains(';')));
        assert!(all[0].to_string().contains("25 hours"));
    }

    #[test]
    fn the_page_has_a_line_on_each() {
        let page = include_str!("../../../docs/warnings.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        assert_eq!(rows.collect::<Vec<_>>(), Warning::IDS);
    }

    #[test]
    fn a_token_that_ends_first_is_told() {
        let key_time = KeyTime::new(0, 100);
        assert_eq!(Warning::of_token(key_time, 100), None);
        assert_eq!(Warning::of_token(key_time, 90), Some(Warning::TokenEndsFirst { seconds: 10 }));
    }

    #[test]
    fn wide_resources_are_told_where_they_are_allowed() {
        let ids = |effect: &str, resource: &str| {
            let text = format!(
                r#"{{"version":"2.0","statement":[{{"effect":"{effect}","action":"*","resource":"{resource}"}}]}}"#
            );
            let policy = Policy::parse(text.as_bytes(), PolicyKind::Identity).unwrap();
            Warning::of_policy(&policy).into_iter().map(Warning::id).collect::<Vec<_>>()
        };
        for resource in [
            "*",
            "qcs::cos::uid/1250000000:*",
            "qcs::cos::uid/1250000000:b-1250000000/*",
            "qcs::cos::uid/1250000000:b-125*",
        ] {
            assert_eq!(ids("allow", resource), ["wildcard-resource"], "{resource}");
            assert_eq!(ids("deny", resource), [""; 0], "{resource}");
        }
        for resource in [
            "qcs::cos::uid/1250000000:b-1250000000/",
            "qcs::cos::uid/1250000000:b-1250000000/u/*",
            "qcs::cos::uid/1250000000:b-1250000000/a",
        ] {
            assert_eq!(ids("allow", resource), [""; 0], "{resource}");
        }
        assert_eq!(ids("allow", "qcs::cos::uid/*:b-1250000000/a"), ["account-star"]);
    }

    #[test]
    fn an_action_that_is_none_is_told_whatever_it_does() {
        let ids = |effect: &str, actions: &str| {
            let text = format!(
                r#"{{"version":"2.0","statement":[{{"effect":"{effect}","action":{actions},"resource":"qcs::cos::uid/1:b-1/a"}}]}}"#
            );
            let policy = Policy::parse(text.as_bytes(), PolicyKind::Identity).unwrap();
            Warning::of_policy(&policy).into_iter().map(Warning::id).collect::<Vec<_>>()
        };
        for effect in ["allow", "deny"] {
            let one_of_two = r#"["name/cos:GetObject","name/cos:GetObjects"]"#;
            assert_eq!(ids(effect, one_of_two), ["unknown-action"], "{effect}");
            assert_eq!(ids(effect, r#""name/cos:GetObject""#), [""; 0], "{effect}");
        }
    }
}
