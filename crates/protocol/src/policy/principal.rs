//! Principals: whom a policy counts for, and who asks (598/10607, 436/8282).

use super::PolicyProblem;
use super::glob::Glob;
use crate::operation::Grantee;
use crate::xml::account_id;

const ANYONE: &str = "qcs::cam::anyone:anyone";
pub(super) const ANONYMOUS: &str = "qcs::cam::anonymous:anonymous";

/// Whom a statement counts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalPattern(Pattern);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    /// Everyone: `*`, `qcs::cam::anyone:anyone`, `qcs::cam::anonymous:anonymous`.
    Anyone,
    /// Whoever has that id. `*` may stand for the users of an account.
    Named(Glob),
}

impl PrincipalPattern {
    /// Reads one.
    ///
    /// # Errors
    /// [`PolicyProblem::Principal`] for another form.
    pub fn parse(text: &str) -> Result<Self, PolicyProblem> {
        if matches!(text, "*" | ANYONE | ANONYMOUS) {
            return Ok(Self(Pattern::Anyone));
        }
        if is_user(text) || is_federated(text) {
            Ok(Self(Pattern::Named(Glob::new(text))))
        } else {
            Err(PolicyProblem::Principal { value: text.to_owned() })
        }
    }

    /// Whether everyone is meant, unsigned requests among them.
    pub fn is_anyone(&self) -> bool {
        self.0 == Pattern::Anyone
    }

    /// Whether that identity is meant by name.
    pub fn names(&self, identity: &Identity) -> bool {
        let Pattern::Named(glob) = &self.0 else { return false };
        glob.matches(&identity.id) || identity.other_id.as_ref().is_some_and(|id| glob.matches(id))
    }
}

/// `qcs::cam::uin/OWNER:uin/USER` or `…:role/ID` or `…:roleName/NAME`; `uin/*` for all users.
fn is_user(text: &str) -> bool {
    let Some((owner, user)) =
        text.strip_prefix("qcs::cam::uin/").and_then(|rest| rest.split_once(':'))
    else {
        return false;
    };
    is_number(owner)
        && match user.split_once('/') {
            Some(("uin", "*")) => true,
            Some(("uin", uin)) => is_number(uin),
            Some(("role" | "roleName", role)) => is_name(role),
            _ => false,
        }
}

/// `qcs::sts::OWNER:federated-user/NAME`
fn is_federated(text: &str) -> bool {
    let rest = text.strip_prefix("qcs::sts::").and_then(|rest| rest.split_once(":federated-user/"));
    rest.is_some_and(|(owner, name)| is_number(owner) && is_name(name))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains([':', '/', '*'])
}

/// Who signed a request: an account itself, or a user of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    owner_uin: String,
    /// As a principal.
    id: String,
    /// Another name that principals may have for it.
    other_id: Option<String>,
    is_root: bool,
}

impl Identity {
    /// The account of that number itself.
    pub fn root(uin: &str) -> Self {
        Self { owner_uin: uin.to_owned(), id: account_id(uin), other_id: None, is_root: true }
    }

    /// A user of an account, both by number.
    pub fn sub_user(owner_uin: &str, uin: &str) -> Self {
        let id = format!("qcs::cam::uin/{owner_uin}:uin/{uin}");
        let (owner_uin, is_root) = (owner_uin.to_owned(), owner_uin == uin);
        Self { owner_uin, id, other_id: None, is_root }
    }

    /// A role of an account, by its number.
    pub fn role(owner_uin: &str, role_id: &str) -> Self {
        let id = format!("qcs::cam::uin/{owner_uin}:role/{role_id}");
        Self { owner_uin: owner_uin.to_owned(), id, other_id: None, is_root: false }
    }

    /// The same role, which principals may name by that name instead.
    #[must_use]
    pub fn with_role_name(self, name: &str) -> Self {
        let other_id = Some(format!("qcs::cam::uin/{}:roleName/{name}", self.owner_uin));
        Self { other_id, ..self }
    }

    /// The same, with temporary keys that it asked for under a name: principals may have that name instead.
    #[must_use]
    pub fn federated(self, name: &str) -> Self {
        let other_id = Some(format!("qcs::sts::{}:federated-user/{name}", self.owner_uin));
        Self { other_id, ..self }
    }

    /// The identity of that id: `qcs::cam::uin/OWNER:uin/USER` or `qcs::cam::uin/OWNER:role/ID`.
    pub fn from_id(id: &str) -> Option<Self> {
        let (owner, user) = id.strip_prefix("qcs::cam::uin/")?.split_once(':')?;
        match user.split_once('/')? {
            ("uin", uin) if is_number(owner) && is_number(uin) => Some(Self::sub_user(owner, uin)),
            ("role", role) if is_number(owner) && is_name(role) => Some(Self::role(owner, role)),
            _ => None,
        }
    }

    /// The account that it belongs to, by number.
    pub fn owner_uin(&self) -> &str {
        &self.owner_uin
    }

    /// Its id, as principals and grants name it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it is an account itself.
    pub fn is_root(&self) -> bool {
        self.is_root
    }

    /// The account that it belongs to.
    pub(super) fn account(&self) -> Self {
        Self::root(&self.owner_uin)
    }

    /// Whether a grant is for it by name.
    pub(super) fn is_grantee(&self, grantee: &Grantee) -> bool {
        matches!(grantee, Grantee::Account(id) if *id == self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str, identity: &Identity) -> bool {
        PrincipalPattern::parse(pattern).unwrap().names(identity)
    }

    #[test]
    fn whoever_is_named_is_meant() {
        let (root, user) = (Identity::root("1"), Identity::sub_user("1", "2"));
        assert!(names("qcs::cam::uin/1:uin/1", &root) && names("qcs::cam::uin/1:uin/2", &user));
        assert!(names("qcs::cam::uin/1:uin/*", &user));
        for pattern in ["qcs::cam::uin/1:role/3", "qcs::cam::uin/1:roleName/up"] {
            assert!(names(pattern, &Identity::role("1", "3").with_role_name("up")));
            assert!(!names(pattern, &Identity::role("1", "4").with_role_name("down")));
        }
        let federated = user.clone().federated("app");
        for pattern in ["qcs::cam::uin/1:uin/2", "qcs::sts::1:federated-user/app"] {
            assert!(names(pattern, &federated), "{pattern}");
        }
        assert!(!names("qcs::sts::1:federated-user/app", &user));
        assert!(!names("qcs::cam::uin/1:uin/1", &user) && !names("qcs::cam::uin/2:uin/*", &user));
        assert_eq!(Identity::sub_user("1", "1"), root);
    }

    #[test]
    fn an_identity_is_read_from_its_id() {
        for identity in
            [Identity::root("1"), Identity::sub_user("1", "2"), Identity::role("1", "3")]
        {
            assert_eq!(Identity::from_id(identity.id()), Some(identity));
        }
        for id in ["", "*", ANYONE, "qcs::cam::uin/1:uin/*", "qcs::cam::uin/x:uin/1"] {
            assert_eq!(Identity::from_id(id), None, "{id}");
        }
    }

    #[test]
    fn everyone_has_three_names_and_is_nobody_by_name() {
        for text in ["*", ANYONE, ANONYMOUS] {
            let pattern = PrincipalPattern::parse(text).unwrap();
            assert!(pattern.is_anyone() && !pattern.names(&Identity::root("1")), "{text}");
        }
    }

    #[test]
    fn another_form_is_refused() {
        for text in [
            "",
            "1",
            "qcs::cam::uin/1",
            "qcs::cam::uin/*:uin/*",
            "qcs::cam::uin/1:uin/x",
            "qcs::cam::uin/1:group/2",
            "qcs::cam::uin/1:roleName/*",
            "qcs::sts::x:federated-user/a",
        ] {
            let refused = PrincipalPattern::parse(text);
            assert_eq!(refused, Err(PolicyProblem::Principal { value: text.into() }), "{text}");
        }
        for text in ["qcs::cam::uin/1:roleName/a", "qcs::sts::1:federated-user/a"] {
            assert!(PrincipalPattern::parse(text).is_ok(), "{text}");
        }
    }
}
