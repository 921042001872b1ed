//! What has to be allowed for an operation to be done.

use super::Permission;
use crate::policy::Target;

/// An action on a target, to be allowed by policies or by grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The action's name without `name/cos:`. Of several, any suffices, and any may be denied.
    pub actions: Vec<&'static str>,
    /// What it is done to.
    pub target: Target,
    /// The permission that grants it, too (436/30752); none does if there is none.
    pub granted_by: Option<Permission>,
}

impl Need {
    /// An action that no grant gives.
    pub fn new(action: &'static str, target: impl Into<Target>) -> Self {
        Self { actions: vec![action], target: target.into(), granted_by: None }
    }

    /// The same, for which another action suffices, too.
    #[must_use]
    pub fn or(mut self, action: &'static str) -> Self {
        self.actions.push(action);
        self
    }

    /// The same, which that permission grants, too.
    #[must_use]
    pub fn granted_by(self, permission: Permission) -> Self {
        Self { granted_by: Some(permission), ..self }
    }
}
