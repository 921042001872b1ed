//! A policy in the making: what is allowed, one statement for each group of actions on one resource.
//!
//! Actions and resources are never merged crosswise: a statement of two actions and two resources would allow four things
//! where two were meant (436/14048, the guide to least privilege).

use std::fmt::Write;

/// A policy that allows, in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    actions: Vec<String>,
    resource: String,
    conditions: Vec<DraftCondition>,
}

/// A condition in the making: an operator, a key, and the values of which any suffices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftCondition {
    /// `string_like`
    pub operator: &'static str,
    /// `cos:content-type`
    pub key: &'static str,
    /// The values.
    pub values: DraftValues,
}

/// The values of a condition in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftValues {
    /// A number.
    Number(u64),
    /// Texts.
    Texts(Vec<String>),
}

impl Draft {
    /// Allows an action, without `name/cos:`, on a resource, under conditions that all must hold.
    pub fn allow(&mut self, action: &str, resource: &str, conditions: &[DraftCondition]) {
        let mut statements = self.statements.iter_mut();
        let alike = |one: &&mut Statement| {
            one.resource == resource && one.conditions.as_slice() == conditions
        };
        match statements.find(alike) {
            Some(one) if one.actions.iter().any(|own| own == action) => {}
            Some(one) => one.actions.push(action.to_owned()),
            None => self.statements.push(Statement {
                actions: vec![action.to_owned()],
                resource: resource.to_owned(),
                conditions: conditions.to_vec(),
            }),
        }
    }

    /// Whether it allows nothing yet.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The policy as JSON, on lines for people, without a line end at its end.
    pub fn write(&self) -> String {
        let statements: Vec<_> = self.statements.iter().map(Statement::write).collect();
        format!("{{\n  \"version\": \"2.0\",\n  \"statement\": [{}]\n}}", statements.join(", "))
    }
}

impl Statement {
    fn write(&self) -> String {
        let actions = self.actions.iter().map(|action| ["name/cos:", action].concat());
        let mut out = format!(
            "{{\n    \"effect\": \"allow\",\n    \"action\": {},\n    \"resource\": {}",
            list(actions),
            list([self.resource.clone()])
        );
        if !self.conditions.is_empty() {
            let conditions: Vec<_> = self.conditions.iter().map(DraftCondition::write).collect();
            // Writing to a text cannot fail.
            let _ = write!(out, ",\n    \"condition\": {{ {} }}", conditions.join(", "));
        }
        out + "\n  }"
    }
}

impl DraftCondition {
    fn write(&self) -> String {
        let values = match &self.values {
            DraftValues::Number(number) => number.to_string(),
            DraftValues::Texts(texts) => list(texts.iter().cloned()),
        };
        format!("{}: {{ {}: {values} }}", quoted(self.operator), quoted(self.key))
    }
}

fn list(texts: impl IntoIterator<Item = String>) -> String {
    let texts: Vec<_> = texts.into_iter().map(|text| quoted(&text)).collect();
    format!("[{}]", texts.join(", "))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, PolicyKind};

    #[test]
    fn actions_share_a_statement_only_with_the_same_resource_and_conditions() {
        let condition = |number| DraftCondition {
            operator: "numeric_less_than",
            key: "cos:content-length",
            values: DraftValues::Number(number),
        };
        let mut draft = Draft::default();
        assert!(draft.is_empty());
        for (action, resource, conditions) in [
            ("PutObject", "qcs::cos::uid/1:b-1/\"页\"/*", vec![]),
            ("GetObject", "qcs::cos::uid/1:b-1/\"页\"/*", vec![]),
            ("GetObject", "qcs::cos::uid/1:b-1/\"页\"/*", vec![]),
            ("GetObject", "qcs::cos::uid/1:b-1/b", vec![]),
            ("GetObject", "qcs::cos::uid/1:b-1/b", vec![condition(5)]),
            ("HeadObject", "qcs::cos::uid/1:b-1/b", vec![condition(6)]),
        ] {
            draft.allow(action, resource, &conditions);
        }
        let policy = Policy::parse(draft.write().as_bytes(), PolicyKind::Identity).unwrap();
        let actions: Vec<_> = policy.statements().iter().map(|one| one.actions.len()).collect();
        assert_eq!(actions, [2, 1, 1, 1]);
    }
}
