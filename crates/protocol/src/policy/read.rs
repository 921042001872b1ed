//! From JSON to statements, each problem with its path.

use super::condition::Condition;
use super::error::Wrong;
use super::{
    ActionPattern, Effect, PolicyKind, PolicyProblem, PrincipalPattern, ResourcePattern,
    STATEMENT_MAX, Statement,
};
use crate::json::{Json, PathStep};

/// A value and where it stands.
#[derive(Clone, Copy)]
struct At<'a> {
    json: &'a Json,
    parent: Option<&'a Step<'a>>,
}

/// A step of a path.
struct Step<'a> {
    parent: Option<&'a Step<'a>>,
    name: Name<'a>,
}

enum Name<'a> {
    Member(&'a str),
    Item(usize),
}

impl<'a> At<'a> {
    fn path(&self) -> Vec<PathStep> {
        let (mut path, mut next) = (Vec::new(), self.parent);
        while let Some(step) = next {
            path.push(match step.name {
                Name::Member(name) => PathStep::Member(name.to_owned()),
                Name::Item(index) => PathStep::Item(index),
            });
            next = step.parent;
        }
        path.reverse();
        path
    }

    fn refuse<T>(&self, problem: PolicyProblem) -> Result<T, Wrong> {
        Err(problem.at(self.path()))
    }

    fn members(&self) -> Result<&'a [(String, Json)], Wrong> {
        match self.json {
            Json::Object(members) => Ok(members),
            _ => self.refuse(PolicyProblem::Type { expected: "an object" }),
        }
    }

    fn text(&self) -> Result<&'a str, Wrong> {
        match self.json {
            Json::Text(text) => Ok(text),
            _ => self.refuse(PolicyProblem::Type { expected: "a text" }),
        }
    }

    /// Shows one value, or each of several.
    fn each(&self, mut show: impl FnMut(At<'_>) -> Result<(), Wrong>) -> Result<(), Wrong> {
        let Json::List(items) = self.json else {
            return show(*self);
        };
        if items.is_empty() {
            return self.refuse(PolicyProblem::Empty);
        }
        for (index, json) in items.iter().enumerate() {
            let step = Step { parent: self.parent, name: Name::Item(index) };
            show(At { json, parent: Some(&step) })?;
        }
        Ok(())
    }

    /// The texts of one value or several, each read.
    fn all<T>(&self, read: impl Fn(&str) -> Result<T, PolicyProblem>) -> Result<Vec<T>, Wrong> {
        let mut out = Vec::new();
        self.each(|item| {
            match read(item.text()?) {
                Ok(value) => out.push(value),
                Err(problem) => return item.refuse(problem),
            }
            Ok(())
        })?;
        Ok(out)
    }

    /// The members of an object by their names, of which only some are known.
    fn elements<const N: usize>(
        &self,
        known: [&'static str; N],
    ) -> Result<[Option<(&'a str, &'a Json)>; N], Wrong> {
        let mut found = [None; N];
        for (name, json) in self.members()? {
            let element = known.iter().zip(&mut found).find(|(known, _)| is_element(name, known));
            match element {
                Some((_, place @ None)) => *place = Some((name.as_str(), json)),
                Some(_) => return self.refuse(PolicyProblem::Twice { name: name.clone() }),
                None => return self.refuse(PolicyProblem::Unknown { name: name.clone() }),
            }
        }
        Ok(found)
    }
}

/// Whether a name is that of an element: in lower case, or with a capital first letter.
fn is_element(name: &str, element: &str) -> bool {
    let capital = |text: &str| text.get(..1).map(str::to_ascii_uppercase);
    let is_capital = name.starts_with(|first: char| first.is_ascii_uppercase());
    name == element
        || (is_capital && name.get(1..) == element.get(1..) && capital(name) == capital(element))
}

/// Shows a member with its path.
macro_rules! within {
    ($at:expr, $member:expr, |$inner:ident| $read:expr) => {{
        let (name, json): (&str, &Json) = $member;
        let step = Step { parent: $at.parent, name: Name::Member(name) };
        let $inner = At { json, parent: Some(&step) };
        $read
    }};
}

/// The statements of a policy.
pub(super) fn statements(json: &Json, kind: PolicyKind) -> Result<Vec<Statement>, Wrong> {
    let root = At { json, parent: None };
    let [version, statement, principal] = root.elements(["version", "statement", "principal"])?;
    let missing = |name| root.refuse(PolicyProblem::Missing { name });
    let (Some(version), Some(statement)) = (version, statement) else {
        return missing(if version.is_none() { "version" } else { "statement" });
    };
    within!(root, version, |at| match at.json {
        Json::Text(text) if text == "2.0" => Ok(()),
        Json::Text(text) => at.refuse(PolicyProblem::Version { value: text.clone() }),
        _ => at.refuse(PolicyProblem::Type { expected: "the text \"2.0\"" }),
    })?;
    // A principal beside the statements counts for those that name none (436/71307).
    let shared = principal.map(|member| within!(root, member, |at| principals(at, kind)));
    let shared = shared.transpose()?;
    let mut out = Vec::new();
    within!(root, statement, |at| at.each(|item| {
        out.push(one(item, kind, shared.as_deref())?);
        Ok(())
    }))?;
    Ok(out)
}

fn one(
    at: At<'_>,
    kind: PolicyKind,
    shared: Option<&[PrincipalPattern]>,
) -> Result<Statement, Wrong> {
    let length = at.json.length();
    if kind == PolicyKind::Bucket && length > STATEMENT_MAX {
        return at.refuse(PolicyProblem::StatementTooLong { length });
    }
    let [sid, effect, principal, action, resource, condition] =
        at.elements(["sid", "effect", "principal", "action", "resource", "condition"])?;
    let missing = |name| at.refuse(PolicyProblem::Missing { name });
    let Some(effect) = effect else { return missing("effect") };
    let Some(action) = action else { return missing("action") };
    let Some(resource) = resource else { return missing("resource") };
    let sid = sid.map(|member| within!(at, member, |at| at.text().map(str::to_owned)));
    let effect = within!(at, effect, |at| match at.text()? {
        text if text.eq_ignore_ascii_case("allow") => Ok(Effect::Allow),
        text if text.eq_ignore_ascii_case("deny") => Ok(Effect::Deny),
        text => at.refuse(PolicyProblem::Effect { value: text.to_owned() }),
    })?;
    let principals = match (principal, shared) {
        (Some(member), _) => within!(at, member, |at| principals(at, kind))?,
        (None, Some(shared)) => shared.to_vec(),
        (None, None) if kind == PolicyKind::Bucket => return missing("principal"),
        (None, None) => Vec::new(),
    };
    let actions = within!(at, action, |at| at.all(ActionPattern::parse))?;
    let resources = within!(at, resource, |at| at.all(ResourcePattern::parse))?;
    let conditions = match condition {
        Some(member) => within!(at, member, |at| conditions(at))?,
        None => Vec::new(),
    };
    Ok(Statement { sid: sid.transpose()?, effect, principals, actions, resources, conditions })
}

/// `"*"`, or `{"qcs": …}`.
fn principals(at: At<'_>, kind: PolicyKind) -> Result<Vec<PrincipalPattern>, Wrong> {
    let principals = match at.json {
        Json::Text(text) if text == "*" => at.all(PrincipalPattern::parse)?,
        Json::Text(text) => return at.refuse(PolicyProblem::Principal { value: text.clone() }),
        _ => {
            let [qcs] = at.elements(["qcs"])?;
            let Some(qcs) = qcs else {
                return at.refuse(PolicyProblem::Missing { name: "qcs" });
            };
            within!(at, qcs, |at| at.all(PrincipalPattern::parse))?
        }
    };
    match kind {
        PolicyKind::Bucket => Ok(principals),
        PolicyKind::Identity if principals.iter().all(PrincipalPattern::is_anyone) => Ok(vec![]),
        PolicyKind::Identity => at.refuse(PolicyProblem::PrincipalForbidden),
    }
}

/// `{OPERATOR: {KEY: VALUE or VALUES}}`
fn conditions(at: At<'_>) -> Result<Vec<Condition>, Wrong> {
    let mut out = Vec::new();
    for (name, json) in distinct(at)? {
        within!(at, (name, json), |at| {
            let operator = Condition::parse_operator(name).map_err(|error| error.at(at.path()))?;
            let members = distinct(at)?;
            if members.is_empty() {
                // Nothing would have to hold, where the writer thought of something.
                return at.refuse(PolicyProblem::Empty);
            }
            for member in members {
                within!(at, member, |at| {
                    let mut condition =
                        operator.key(member.0).map_err(|error| error.at(at.path()))?;
                    at.each(|value| {
                        let text = scalar(value)?;
                        condition.want(&text).or_else(|problem| value.refuse(problem))
                    })?;
                    out.push(condition);
                });
            }
        });
    }
    Ok(out)
}

/// The members of an object that has none twice.
fn distinct<'a>(at: At<'a>) -> Result<Vec<(&'a str, &'a Json)>, Wrong> {
    let members = at.members()?;
    for (index, (name, _)) in members.iter().enumerate() {
        if members.iter().take(index).any(|(earlier, _)| earlier == name) {
            return at.refuse(PolicyProblem::Twice { name: name.clone() });
        }
    }
    Ok(members.iter().map(|(name, json)| (name.as_str(), json)).collect())
}

/// A value of a condition, which may be written as a number or a truth.
fn scalar(at: At<'_>) -> Result<String, Wrong> {
    match at.json {
        Json::Text(text) | Json::Number(text) => Ok(text.clone()),
        Json::Bool(truth) => Ok(truth.to_string()),
        _ => at.refuse(PolicyProblem::Type { expected: "a text, a number or a truth" }),
    }
}
