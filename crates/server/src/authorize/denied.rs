//! What a refused request would have needed, for the operator: the client is told `Access Denied.`, as the service does.

use std::fmt;

use cospass_protocol::operation::Need;
use cospass_protocol::policy::Decision;
use serde_json::{Value, json};

/// Action and resource that nothing allows, or something denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    /// Any of them suffices.
    actions: Vec<&'static str>,
    resource: String,
    decision: String,
}

impl Denied {
    pub(super) fn new(need: &Need, region: &str, decision: &Decision<'_>) -> Self {
        Self {
            actions: need.actions.to_vec(),
            resource: need.target.resource(region),
            decision: decision.to_string(),
        }
    }

    /// As an explanation of the control listener.
    pub(crate) fn explanation(&self) -> Value {
        let actions: Vec<_> = self.actions.iter().map(|name| format!("name/cos:{name}")).collect();
        json!({
            "cause": "denied",
            "message": self.to_string(),
            "remedy": "Allow the action on the resource in the policy that is named, or ask for something else.",
            "actions": actions,
            "resource": self.resource,
            "decision": self.decision,
            "stages": [],
        })
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { actions, resource, decision } = self;
        write!(f, "name/cos:{} on {resource} is {decision}", actions.join(" or name/cos:"))
    }
}
