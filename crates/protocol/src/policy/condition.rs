//! Conditions: an operator, a key, and the values that the operator compares it with (598/10608, 436/71306).
//!
//! Of the values, any suffices; conditions must hold all. A key that the request does not have fails every operator, also
//! a negated one (436/71306), except with `_if_exist`, and `null_equal`, which asks for that.

use super::PolicyProblem;
use super::circumstances::Circumstances;
use super::key::Key;
use super::operator::{Operator, Qualifier, Test, Wanted};

/// A condition of a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// `OPERATOR.KEY` as written.
    path: String,
    operator: Operator,
    key: Key,
    wanted: Vec<Wanted>,
}

impl Condition {
    pub(super) fn parse_operator(text: &str) -> Result<OfOperator<'_>, PolicyProblem> {
        Ok(OfOperator { text, operator: Operator::parse(text)? })
    }

    /// Its operator and key as they are written, with a dot between them: `string_like.cos:content-type`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its key.
    pub(super) fn key(&self) -> Key {
        self.key
    }

    /// Values of a request at and beside those that it compares with; times as Unix seconds.
    pub(super) fn edges(&self) -> Vec<String> {
        self.wanted.iter().flat_map(Wanted::edges).collect()
    }

    /// Whether it holds for a request of that action.
    pub fn holds(&self, action: &str, circumstances: &Circumstances<'_>) -> bool {
        let values = match self.key.goes_with(action) {
            true => circumstances.values(self.key.carrier),
            false => Vec::new(),
        };
        if self.operator.test == Test::Null {
            return self.wanted.contains(&Wanted::Bool(values.is_empty()));
        }
        if values.is_empty() {
            return self.operator.if_exist;
        }
        let mut passes = values.iter().map(|value| self.operator.test.passes(value, &self.wanted));
        match self.operator.qualifier {
            Some(Qualifier::All) => passes.all(|passed| passed),
            Some(Qualifier::Any) | None => passes.any(|passed| passed),
        }
    }
}

/// The conditions of one operator, whose keys and values are still to be read.
pub(super) struct OfOperator<'a> {
    text: &'a str,
    operator: Operator,
}

impl OfOperator<'_> {
    pub(super) fn key(&self, name: &str) -> Result<Condition, PolicyProblem> {
        let key = Key::parse(name)?;
        let path = [self.text, ".", name].concat();
        Ok(Condition { path, operator: self.operator, key, wanted: Vec::new() })
    }
}

impl Condition {
    /// One more value.
    pub(super) fn want(&mut self, text: &str) -> Result<(), PolicyProblem> {
        self.wanted.push(Wanted::parse(self.operator.test, text)?);
        Ok(())
    }
}
