//! Actions of a policy: `name/cos:GetObject`, `cos:Get*`, `*` (598/10604).

use super::PolicyProblem;
use super::example::examples;
use super::glob::Glob;

/// Actions that operations of the service need which are not among those here, and other names of some that are (436/31923,
/// 436/8289, 598/69901).
const ELSEWHERE: &[&str] = &[
    "OptionsObject",
    "DeleteMultipleObjects",
    "RestoreObject",
    "GetObjectVersion",
    "PutBucketNotification",
    "GetBucketNotification",
    "GetBucketAccessMonitor",
    "PutBucketDomainCertificate",
    "GetBucketDomainCertificate",
    "DeleteBucketDomainCertificate",
    "ListLiveChannels",
    "CreateJob",
    "DescribeJob",
    "ListJobs",
    "UpdateJobPriority",
    "UpdateJobStatus",
];

/// An action, or several by wildcard. `name/` before it says nothing. Names count in their case (436/31923).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionPattern {
    service: Glob,
    name: Glob,
}

impl ActionPattern {
    pub(super) fn parse(text: &str) -> Result<Self, PolicyProblem> {
        let bad = || PolicyProblem::Action { value: text.to_owned() };
        let action = text.strip_prefix("name/").unwrap_or(text);
        let (service, name) = match action {
            "*" => ("*", "*"),
            action => action.split_once(':').ok_or_else(bad)?,
        };
        let is_name = |text: &str| {
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"*_-".contains(&byte);
            !text.is_empty() && text.bytes().all(is_allowed)
        };
        if !is_name(service) || !is_name(name) {
            return Err(bad());
        }
        Ok(Self { service: Glob::new(service), name: Glob::new(name) })
    }

    /// Whether the action of COS of that name is meant.
    pub fn matches(&self, name: &str) -> bool {
        self.matches_of("cos", name)
    }

    /// Whether it is an action of COS that no operation is known to need: one of that name is misspelt, or another service's.
    pub fn is_unknown(&self) -> bool {
        let is_of_cos = self.service.matches("cos");
        let mut known = examples().map(|one| one.example.action).chain(ELSEWHERE.iter().copied());
        is_of_cos && !known.any(|name| self.name.matches(name))
    }

    /// Whether the action of that service and that name is meant.
    pub fn matches_of(&self, service: &str, name: &str) -> bool {
        self.service.matches(service) && self.name.matches(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_named_with_or_without_prefix_and_with_wildcards() {
        for text in ["name/cos:GetObject", "cos:GetObject", "cos:Get*", "cos:*", "name/cos:*", "*"]
        {
            assert!(ActionPattern::parse(text).unwrap().matches("GetObject"), "{text}");
        }
        for text in ["cos:getobject", "cos:GetObjectAcl", "cos:Put*", "ci:*", "name/cvm:GetObject"]
        {
            assert!(!ActionPattern::parse(text).unwrap().matches("GetObject"), "{text}");
        }
    }

    #[test]
    fn an_action_that_nothing_needs_is_known_as_such() {
        for text in ["cos:GetObjekt", "name/cos:GetBucketAcl", "cos:getObject", "cos:Gett*"] {
            assert!(ActionPattern::parse(text).unwrap().is_unknown(), "{text}");
        }
        for text in ["*", "cos:*", "cos:Get*", "cos:RestoreObject", "name/cos:PutBucketReferer"] {
            assert!(!ActionPattern::parse(text).unwrap().is_unknown(), "{text}");
        }
        // Of other services nothing is known.
        assert!(!ActionPattern::parse("name/sts:AssumeRole").unwrap().is_unknown());
    }

    #[test]
    fn another_form_is_refused() {
        for text in ["", "GetObject", "cos:", ":GetObject", "cos:Get Object", "name/", "cos:a:b"] {
            let refused = ActionPattern::parse(text);
            assert_eq!(refused, Err(PolicyProblem::Action { value: text.into() }), "{text}");
        }
    }
}
