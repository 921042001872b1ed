//! Why a text is not a policy: where, and what.

use std::fmt;

use super::key::Key;
use super::nearest::nearest;
use super::operator::Test;
use crate::json::{PathStep, line_of};

/// Why a text is not a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Where: `statement[0].condition.ip_equal.qcs:ip`; empty for the whole.
    pub path: String,
    /// On which line of the text that stands, from 1.
    pub line: usize,
    /// What.
    pub problem: PolicyProblem,
}

/// A problem, and the way to it from the whole policy.
#[derive(Debug)]
pub(super) struct Wrong {
    path: Vec<PathStep>,
    problem: PolicyProblem,
}

impl Wrong {
    /// The same with its line in the text of the policy.
    pub(super) fn within(self, text: &[u8]) -> PolicyError {
        let mut path = String::new();
        for step in &self.path {
            match step {
                PathStep::Member(name) if path.is_empty() => path.push_str(name),
                PathStep::Member(name) => path.extend([".", name]),
                PathStep::Item(index) => path.push_str(&format!("[{index}]")),
            }
        }
        let line = match self.problem {
            PolicyProblem::NotJson { line, .. } => line,
            _ => line_of(text, &self.path),
        };
        PolicyError { path, line, problem: self.problem }
    }
}

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyProblem {
    /// It is longer than [`POLICY_MAX`](super::POLICY_MAX).
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A statement of a bucket's policy is longer than [`STATEMENT_MAX`](super::STATEMENT_MAX).
    StatementTooLong {
        /// Its length in bytes, without spaces that mean nothing.
        length: usize,
    },
    /// It is not JSON.
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// Something of another type was expected here.
    Type {
        /// What was expected.
        expected: &'static str,
    },
    /// An element that must be there is not.
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// An element is there twice.
    Twice {
        /// Its name as given.
        name: String,
    },
    /// There is no such element. `NotAction`, `NotResource` and `NotPrincipal` are none of CAM's.
    Unknown {
        /// Its name as given.
        name: String,
    },
    /// A list that must name something is empty.
    Empty,
    /// The version is not `2.0`.
    Version {
        /// The version as given.
        value: String,
    },
    /// The effect is neither `allow` nor `deny`.
    Effect {
        /// The effect as given.
        value: String,
    },
    /// It is not an action: `name/cos:GetObject`, `cos:Get*`, `*`.
    Action {
        /// The action as given.
        value: String,
    },
    /// It is not a resource: `*` or `qcs::cos:REGION:uid/APPID:BUCKET/KEY`.
    Resource {
        /// The resource as given.
        value: String,
    },
    /// It is not a principal: `qcs::cam::uin/OWNER:uin/USER`, `qcs::cam::anyone:anyone` and the like.
    Principal {
        /// The principal as given.
        value: String,
    },
    /// A policy of this kind names no principal: it counts for whoever has it.
    PrincipalForbidden,
    /// There is no such operator.
    Operator {
        /// The operator as given.
        value: String,
    },
    /// There is no such condition key.
    Key {
        /// The key as given.
        value: String,
    },
    /// A value of a condition is not of the operator's type.
    Value {
        /// What was expected.
        expected: &'static str,
        /// The value as given.
        value: String,
    },
}

impl PolicyProblem {
    /// The problem at a path.
    pub(super) fn at(self, path: Vec<PathStep>) -> Wrong {
        Wrong { path, problem: self }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}", self.problem)?;
        // A text of one line has no other, and what is not JSON tells its line itself.
        match self.problem {
            PolicyProblem::NotJson { .. } => Ok(()),
            _ if self.line == 1 => Ok(()),
            _ => write!(f, " (line {})", self.line),
        }
    }
}

/// The elements of a policy and its statements, in lower case.
const ELEMENTS: [&str; 9] = [
    "version",
    "statement",
    "sid",
    "effect",
    "principal",
    "action",
    "resource",
    "condition",
    "qcs",
];

/// Names what was probably meant, or what to do where nothing is near.
fn meant<'a>(
    f: &mut fmt::Formatter<'_>,
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> fmt::Result {
    match nearest(given, known) {
        Some(name) => write!(f, "; write {name:?}, if that is meant"),
        None => write!(f, "; {otherwise}"),
    }
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => {
                write!(
                    f,
                    "the policy is {length} bytes long; at most {} are allowed, so name folders in place of keys",
                    super::POLICY_MAX
                )
            }
            Self::StatementTooLong { length } => write!(
                f,
                "the statement is {length} bytes long; at most {} are allowed, so make several of it",
                super::STATEMENT_MAX
            ),
            Self::NotJson { line: 1, column: 0 } => f.write_str(
                "nothing stands there; write {\"version\": \"2.0\", \"statement\": [{\"effect\": …, \"action\": …, \"resource\": …}]}",
            ),
            Self::NotJson { line, column } => write!(
                f,
                "it is not JSON from line {line}, column {column} on; see whether a comma, a quote or a bracket is missing there, or one too many"
            ),
            Self::Type { expected } => write!(f, "{expected} is expected here"),
            Self::Missing { name } => write!(f, "{name} is missing; add it"),
            Self::Twice { name } => write!(f, "{name:?} is there twice; leave one"),
            Self::Unknown { name } => {
                write!(f, "there is no element {name:?}")?;
                meant(f, name, ELEMENTS, "say the same without it")
            }
            Self::Empty => f.write_str("the list is empty; name something in it"),
            Self::Version { value } => write!(f, "the version is {value:?}; write \"2.0\""),
            Self::Effect { value } => {
                write!(f, "the effect is {value:?}; write \"allow\" or \"deny\"")
            }
            Self::Action { value } => {
                write!(f, "{value:?} is not an action; write \"name/cos:GetObject\" or \"*\"")
            }
            Self::Resource { value } => write!(
                f,
                "{value:?} is not a resource; write \"qcs::cos:REGION:uid/APPID:BUCKET/KEY\" or \"*\""
            ),
            Self::Principal { value } => write!(
                f,
                "{value:?} is not a principal; write \"qcs::cam::uin/OWNER:uin/USER\" or \"qcs::cam::anyone:anyone\""
            ),
            Self::PrincipalForbidden => f.write_str(
                "this policy counts for whoever has it and names no principal; leave it out",
            ),
            Self::Operator { value } => {
                write!(f, "there is no operator {value:?}")?;
                let known = Test::ALL.iter().map(|(_, name)| *name);
                meant(f, value, known, "598/10608 names those that there are")
            }
            Self::Key { value } => {
                write!(f, "there is no condition key {value:?}")?;
                meant(f, value, Key::names(), "436/71306 names those that there are")
            }
            Self::Value { expected, value } => write!(f, "{value:?} is not {expected}"),
        }
    }
}

impl std::error::Error for PolicyError {}
