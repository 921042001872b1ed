//! A policy learned from what was done: each action on each resource, and on a whole folder where it was done often there.

use std::collections::{BTreeMap, BTreeSet};

use super::{ActionPattern, Draft, PolicyProblem, ResourcePattern};

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The actions, with `name/cos:` or without, of which any sufficed. A policy has to allow all of them: documents
    /// disagree on which one it is.
    pub actions: Vec<String>,
    /// The resource: `qcs::cos:REGION:uid/APPID:BUCKET/KEY`.
    pub resource: String,
}

/// What is learned from what was done.
#[derive(Clone, Debug, Default)]
pub struct Learner {
    /// The actions on each resource.
    done: BTreeMap<String, BTreeSet<String>>,
}

impl Learner {
    /// Takes something down.
    ///
    /// # Errors
    /// [`PolicyProblem`] if it names no action or no resource, or a resource that no policy can name: one with a `*` in its
    /// key would stand for others.
    pub fn add(&mut self, done: &Done) -> Result<(), PolicyProblem> {
        let unnamed = || PolicyProblem::Resource { value: done.resource.clone() };
        ResourcePattern::parse(&done.resource)?;
        if done.resource.contains('*') && done.resource != "*" {
            return Err(unnamed());
        }
        let mut names = Vec::new();
        for action in &done.actions {
            ActionPattern::parse(action)?;
            let name = action.strip_prefix("name/").unwrap_or(action);
            names.push(name.strip_prefix("cos:").unwrap_or(name).to_owned());
        }
        self.done.entry(done.resource.clone()).or_default().extend(names);
        Ok(())
    }

    /// The policy that permits it. Where the same actions were done to more than `most` resources of one folder, it permits
    /// them in the whole folder.
    pub fn draft(&self, most: usize) -> Draft {
        let mut together: BTreeMap<(&str, &BTreeSet<String>), Vec<&str>> = BTreeMap::new();
        for (resource, actions) in &self.done {
            together.entry((folder(resource), actions)).or_default().push(resource);
        }
        let mut draft = Draft::default();
        for ((folder, actions), resources) in together {
            let whole = [folder, "*"].concat();
            let named = match resources.len() > most && folder != "*" {
                true => vec![whole.as_str()],
                false => resources,
            };
            for resource in named {
                actions.iter().for_each(|action| draft.allow(action, resource, &[]));
            }
        }
        draft
    }
}

/// The resource up to its last slash.
fn folder(resource: &str) -> &str {
    resource.rfind('/').and_then(|end| resource.get(..=end)).unwrap_or(resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, PolicyKind};

    fn of(path: &str) -> String {
        format!("qcs::cos:ap-guangzhou:uid/1250000000:b-1250000000/{path}")
    }

    fn learned(done: &[(&str, String)], most: usize) -> String {
        let mut learner = Learner::default();
        for (action, resource) in done {
            let done = Done { actions: vec![(*action).to_owned()], resource: resource.clone() };
            learner.add(&done).unwrap();
        }
        let text = learner.draft(most).write();
        let policy = Policy::parse(text.as_bytes(), PolicyKind::Identity).unwrap();
        for (action, _) in done {
            let name = action.strip_prefix("name/cos:").unwrap();
            assert!(
                policy
                    .statements()
                    .iter()
                    .any(|one| one.actions.iter().any(|own| own.matches(name)))
            );
        }
        text
    }

    #[test]
    fn what_was_done_is_permitted_and_no_more() {
        let (put, get) = ("name/cos:PutObject", "name/cos:GetObject");
        let text =
            learned(&[(put, of("u/a")), (get, of("u/a")), (get, of("u/b")), (put, of("u/a"))], 8);
        assert_eq!(text.matches("effect").count(), 2);
        assert!(
            text.contains(&of("u/a")) && text.contains(&of("u/b")) && !text.contains('*'),
            "{text}"
        );
        let service = learned(&[("name/cos:GetService", "*".to_owned())], 0);
        assert!(service.contains("[\"*\"]"), "{service}");
    }

    #[test]
    fn many_resources_of_a_folder_become_the_folder() {
        let get = "name/cos:GetObject";
        let many: Vec<_> = ["a", "b", "c"].map(|name| (get, of(&format!("u/{name}")))).to_vec();
        assert!(!learned(&many, 3).contains('*'));
        let folder = learned(&many, 2);
        assert!(folder.contains(&of("u/*")) && !folder.contains(&of("u/a")), "{folder}");
        // What was done with another action stays by itself.
        let other = learned(&[many.as_slice(), &[("name/cos:PutObject", of("u/d"))]].concat(), 2);
        assert!(other.contains(&of("u/*")) && other.contains(&of("u/d")), "{other}");
    }

    #[test]
    fn what_no_policy_can_name_is_refused() {
        let mut learner = Learner::default();
        for (action, resource) in [
            ("name/cos:GetObject", of("a*b")),
            ("name/cos:GetObject", "b-1250000000/a".to_owned()),
            ("Get Object", of("a")),
        ] {
            let done = Done { actions: vec![action.to_owned()], resource };
            assert!(learner.add(&done).is_err(), "{done:?}");
        }
        assert!(learner.draft(0).is_empty());
    }
}
