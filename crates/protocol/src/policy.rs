//! Policies of Cloud Access Management (CAM): who may do what to which resource, and under which conditions.
//!
//! The language is that of 598/10604 (elements), 598/10606 (resources), 598/10607 (principals) and 598/10608 (conditions),
//! as COS reads it: 436/8282 (bucket policies), 436/71306 (conditions of COS). [`Policy::parse`] reads a policy and tells
//! the path of what is wrong with it; [`judge`] decides whether a request may be served, and names what decided.
//!
//! ```
//! use cospass_protocol::policy::{Policy, PolicyKind};
//!
//! let text = br#"{"version": "2.0", "statement": [{
//!     "effect": "allow", "principal": "*", "action": "name/cos:GetObject",
//!     "resource": "examplebucket-1250000000/*"
//! }]}"#;
//! let error = Policy::parse(text, PolicyKind::Bucket).unwrap_err();
//! assert!(error.to_string().starts_with("statement[0].resource: "));
//! ```

mod action;
mod circumstances;
mod compare;
mod condition;
mod draft;
mod elsewhere;
mod error;
mod example;
mod glob;
mod intent;
mod ip;
mod judge;
mod key;
mod learn;
mod nearest;
mod operator;
mod principal;
mod question;
mod read;
mod resource;

use std::collections::BTreeSet;

pub use action::ActionPattern;
pub use circumstances::Circumstances;
pub use compare::{Difference, additions};
pub use condition::Condition;
pub use draft::{Draft, DraftCondition, DraftValues};
pub use elsewhere::{AskElsewhere, judge_elsewhere};
pub use error::{PolicyError, PolicyProblem};
pub use intent::{Access, Intent, IntentError, UploadMode, Verb};
pub use judge::{Ask, Caller, Decision, Ground, Rules, Source, judge};
pub use learn::{Done, Learner};
pub use principal::{Identity, PrincipalPattern};
pub use question::{Answer, NearMiss, Question, QuestionError};
pub use resource::{ResourcePattern, Target};

use crate::json::Json;

/// The most bytes of a bucket's policy (436/18031), and of any policy that is read here.
pub const POLICY_MAX: usize = 20 * 1024;

/// The most bytes of one statement of a bucket's policy, spaces that mean nothing left out (436/8282).
pub const STATEMENT_MAX: usize = 4095;

/// Where a policy belongs to, which decides whether its statements name principals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// To a bucket: every statement, or the policy itself, says for whom it counts.
    Bucket,
    /// To a user, or to temporary keys: it counts for whoever has it. A principal `{"qcs": "*"}` is tolerated, which the
    /// official `getPolicy` of npm's qcloud-cos-sts writes.
    Identity,
}

/// A policy: statements, of which each allows or denies.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    statements: Vec<Statement>,
}

impl Policy {
    /// Reads a policy. Names of elements count in lower case or with a capital first letter (436/71307).
    ///
    /// # Errors
    /// [`PolicyError`], which names the path of what is wrong, and its line.
    pub fn parse(text: &[u8], kind: PolicyKind) -> Result<Self, PolicyError> {
        Self::read(text, kind).map_err(|wrong| wrong.within(text))
    }

    fn read(text: &[u8], kind: PolicyKind) -> Result<Self, error::Wrong> {
        if text.len() > POLICY_MAX {
            return Err(PolicyProblem::TooLong { length: text.len() }.at(Vec::new()));
        }
        let json = Json::read(text).map_err(|error| {
            PolicyProblem::NotJson { line: error.line, column: error.column }.at(Vec::new())
        })?;
        Ok(Self { statements: read::statements(&json, kind)? })
    }

    /// The regions that its resources name, without those that stand for every one or for several.
    pub fn regions(&self) -> BTreeSet<&str> {
        let resources = self.statements.iter().flat_map(|statement| &statement.resources);
        let regions = resources.filter_map(|resource| Some(resource.shape()?.region));
        regions.filter(|region| !region.contains('*')).collect()
    }

    /// Its statements in their order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

/// What a statement does to a request that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The request may be served, unless another statement denies it.
    Allow,
    /// The request is refused, whatever else allows it.
    Deny,
}

/// A statement: it matches a request whose principal, action, resource and circumstances it names.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Its name, if it was given one.
    pub sid: Option<String>,
    /// What it does.
    pub effect: Effect,
    /// For whom it counts; for whoever has the policy, if there is none.
    pub principals: Vec<PrincipalPattern>,
    /// Any of these actions.
    pub actions: Vec<ActionPattern>,
    /// Any of these resources.
    pub resources: Vec<ResourcePattern>,
    /// All of these must hold.
    pub conditions: Vec<Condition>,
}

#[cfg(test)]
mod tests;
