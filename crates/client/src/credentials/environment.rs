//! Credentials in environment variables.
//!
//! The names are those of the official samples and of the tools that users know (coscli, tccli, the Go and Node SDKs):
//! each row is a family, and an id is never used with the key or the token of another.
//!
//! | id | key | token |
//! |---|---|---|
//! | `COS_SECRET_ID` | `COS_SECRET_KEY` | `COS_SESSION_TOKEN` |
//! | `COS_SECRETID` | `COS_SECRETKEY` | `COS_SESSION_TOKEN` |
//! | `TENCENTCLOUD_SECRET_ID` | `TENCENTCLOUD_SECRET_KEY` | `TENCENTCLOUD_TOKEN`, `TENCENTCLOUD_SESSION_TOKEN`, `TENCENTCLOUD_SECURITY_TOKEN` or `QCLOUD_SECRET_TOKEN` |
//! | `COS_KEY` (PHP samples) | `COS_SECRET` | |
//! | `SECRET_ID` (.NET samples) | `SECRET_KEY` | |
//! | `SECRETID` (Go samples) | `SECRETKEY` | |
//! | `SecretId` (Node samples) | `SecretKey` | |
//!
//! The last four are names that other programs use, too: they count where both are set, and half a pair of them is none.
//! With a pair of `TENCENTCLOUD_…`, `TENCENTCLOUD_ROLE_ARN` names a role to take on, and `TENCENTCLOUD_ROLE_SESSION_NAME` the
//! name of the session, as in tccli.

use std::env::{VarError, var};
use std::error::Error;
use std::fmt;

use cospass_protocol::sts::RoleArn;
use cospass_sign::Credentials;

use super::tccli::assume;
use super::{
    CredentialSource, CredentialsError, Provided, Providing, RoleSource, Sts, Surroundings,
};

struct Family {
    id: &'static str,
    key: &'static str,
    tokens: &'static [&'static str],
    /// Whether the names say whose they are, so that half a pair of them is an error.
    is_named: bool,
    /// The variable of a role to take on with it, and that of its session's name.
    role: Option<[&'static str; 2]>,
}

/// Names that other programs use, too.
const fn unnamed(id: &'static str, key: &'static str) -> Family {
    Family { id, key, tokens: &[], is_named: false, role: None }
}

const fn of_cos(id: &'static str, key: &'static str) -> Family {
    Family { id, key, tokens: &["COS_SESSION_TOKEN"], is_named: true, role: None }
}

const FAMILIES: [Family; 7] = [
    of_cos("COS_SECRET_ID", "COS_SECRET_KEY"),
    of_cos("COS_SECRETID", "COS_SECRETKEY"),
    Family {
        id: "TENCENTCLOUD_SECRET_ID",
        key: "TENCENTCLOUD_SECRET_KEY",
        tokens: &[
            "TENCENTCLOUD_TOKEN",
            "TENCENTCLOUD_SESSION_TOKEN",
            "TENCENTCLOUD_SECURITY_TOKEN",
            "QCLOUD_SECRET_TOKEN",
        ],
        is_named: true,
        role: Some(["TENCENTCLOUD_ROLE_ARN", "TENCENTCLOUD_ROLE_SESSION_NAME"]),
    },
    unnamed("COS_KEY", "COS_SECRET"),
    unnamed("SECRET_ID", "SECRET_KEY"),
    unnamed("SECRETID", "SECRETKEY"),
    unnamed("SecretId", "SecretKey"),
];

/// The environment variables.
#[derive(Clone, Debug)]
pub struct Environment(Surroundings);

impl Environment {
    pub(super) const NAME: &'static str = "environment variables";

    /// The variables of these surroundings.
    pub fn new(surroundings: Surroundings) -> Self {
        Self(surroundings)
    }

    async fn ask(&self) -> Result<Provided, CredentialsError> {
        let (credentials, family) = match find(|name| self.0.look_up(name)) {
            Ok(found) => found,
            Err(EnvironmentError::NotFound) => {
                return Ok(Provided::Absent("none of their names is set".to_owned()));
            }
            Err(error) => return Err(CredentialsError::Environment(error)),
        };
        let Some([arn_name, session_name]) = family.role else {
            return Ok(Provided::Found(credentials));
        };
        let Some(arn) = self.0.variable(arn_name)? else { return Ok(Provided::Found(credentials)) };
        let role = RoleArn::parse(&arn).ok_or_else(|| CredentialsError::Variable {
            name: arn_name,
            problem: "it is no role; write it as qcs::cam::uin/OWNER:roleName/NAME".to_owned(),
        })?;
        let request = assume(role, self.0.variable(session_name)?);
        RoleSource::new(credentials, Sts::new(self.0.clone()), request).provide().await
    }
}

impl CredentialSource for Environment {
    fn name(&self) -> String {
        Self::NAME.to_owned()
    }

    fn provide(&self) -> Providing<'_> {
        Box::pin(self.ask())
    }
}

/// The credentials of the first family of environment variables of which the id or the key is set.
///
/// # Errors
/// [`EnvironmentError`]; it names variables and never shows what is in them.
pub fn from_environment() -> Result<Credentials, EnvironmentError> {
    find(|name| var(name)).map(|(credentials, _)| credentials)
}

fn find(
    look_up: impl Fn(&str) -> Result<String, VarError>,
) -> Result<(Credentials, &'static Family), EnvironmentError> {
    for family in &FAMILIES {
        let is_set = |name| look_up(name).is_ok_and(|value| !value.is_empty());
        let is_whole = is_set(family.id) && is_set(family.key);
        if !family.is_named && !is_whole {
            continue;
        }
        let id = read(family.id, &look_up)?;
        let key = read(family.key, &look_up)?;
        let (given, missing) = match (id, key) {
            (None, None) => continue,
            (Some(id), Some(key)) => {
                let credentials = Credentials::new(id, key);
                let credentials = match token(family.tokens, &look_up)? {
                    Some(token) => credentials.with_token(token),
                    None => credentials,
                };
                return Ok((credentials, family));
            }
            (Some(_), None) => (family.id, family.key),
            (None, Some(_)) => (family.key, family.id),
        };
        return Err(EnvironmentError::HalfGiven { given, missing });
    }
    Err(EnvironmentError::NotFound)
}

/// The one token that the names of a family hold; the same token under two names is one.
fn token(
    names: &[&'static str],
    look_up: &impl Fn(&str) -> Result<String, VarError>,
) -> Result<Option<String>, EnvironmentError> {
    let mut found: Option<(&'static str, String)> = None;
    for &name in names {
        match (&found, read(name, look_up)?) {
            (_, None) => {}
            (None, Some(token)) => found = Some((name, token)),
            (Some((_, token)), Some(other)) if *token == other => {}
            (Some((first, _)), Some(_)) => {
                return Err(EnvironmentError::TokensDiffer { first, second: name });
            }
        }
    }
    Ok(found.map(|(_, token)| token))
}

fn read(
    name: &'static str,
    look_up: &impl Fn(&str) -> Result<String, VarError>,
) -> Result<Option<String>, EnvironmentError> {
    match look_up(name) {
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(EnvironmentError::NotUnicode { name }),
        Ok(value) if value.is_empty() => Err(EnvironmentError::Empty { name }),
        Ok(value) if value.trim() != value => Err(EnvironmentError::WhiteSpace { name }),
        Ok(value) => Ok(Some(value)),
    }
}

/// Why the environment holds no credentials. Names of variables, never their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentError {
    /// No family has an id or a key.
    NotFound,
    /// Of an id and its key one is set and the other is not.
    HalfGiven {
        /// The variable that is set.
        given: &'static str,
        /// The variable that is not.
        missing: &'static str,
    },
    /// A variable is set and empty.
    Empty {
        /// Its name.
        name: &'static str,
    },
    /// White space stands around the value of a variable.
    WhiteSpace {
        /// Its name.
        name: &'static str,
    },
    /// The value of a variable is not Unicode text.
    NotUnicode {
        /// Its name.
        name: &'static str,
    },
    /// Two variables hold two different tokens.
    TokensDiffer {
        /// The name of one.
        first: &'static str,
        /// The name of the other.
        second: &'static str,
    },
}

impl EnvironmentError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::NotFound => "credentials-not-found",
            Self::HalfGiven { .. } => "credentials-half-given",
            Self::Empty { .. } => "credentials-empty",
            Self::WhiteSpace { .. } => "credentials-white-space",
            Self::NotUnicode { .. } => "credentials-not-unicode",
            Self::TokensDiffer { .. } => "credentials-tokens-differ",
        }
    }
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => {
                f.write_str("no credentials in the environment; set ")?;
                for (position, family) in
                    FAMILIES.iter().filter(|family| family.is_named).enumerate()
                {
                    f.write_str(if position == 0 { "" } else { ", or " })?;
                    write!(f, "{} and {}", family.id, family.key)?;
                }
                Ok(())
            }
            Self::HalfGiven { given, missing } => {
                write!(f, "{given} is set and {missing} is not; set both, under names of one kind")
            }
            Self::Empty { name } => write!(f, "{name} is set and empty; fill it or unset it"),
            Self::WhiteSpace { name } => {
                write!(f, "{name} has white space around its value; remove it")
            }
            Self::NotUnicode { name } => write!(f, "{name} does not hold Unicode text"),
            Self::TokensDiffer { first, second } => {
                write!(f, "{first} and {second} hold two different tokens; unset one of them")
            }
        }
    }
}

impl Error for EnvironmentError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn from(variables: &[(&str, &str)]) -> Result<Credentials, EnvironmentError> {
        find(|name| {
            let variable = variables.iter().find(|(other, _)| *other == name);
            variable.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
        })
        .map(|(credentials, _)| credentials)
    }

    fn parts(variables: &[(&str, &str)]) -> (String, String, Option<String>) {
        let credentials = from(variables).unwrap();
        let token = credentials.token().map(|token| token.expose().to_owned());
        let key = credentials.secret_key().expose().to_owned();
        (credentials.secret_id().as_str().to_owned(), key, token)
    }

    fn refused(variables: &[(&str, &str)]) -> EnvironmentError {
        let refusal = from(variables).unwrap_err();
        let text = format!("{refusal} {refusal:?}");
        assert!(variables.iter().all(|(_, value)| value.len() < 4 || !text.contains(value)));
        refusal
    }

    #[test]
    fn each_family_is_found() {
        for family in &FAMILIES {
            let pair = [(family.id, "i"), (family.key, "k")];
            assert_eq!(parts(&pair), ("i".into(), "k".into(), None));
            for token in family.tokens {
                let temporary = [(family.id, "i"), (family.key, "k"), (*token, "t")];
                assert_eq!(parts(&temporary).2, Some("t".into()));
            }
        }
    }

    #[test]
    fn the_first_family_wins_and_takes_no_token_of_another() {
        let variables = [
            ("TENCENTCLOUD_SECRET_ID", "ti"),
            ("TENCENTCLOUD_SECRET_KEY", "tk"),
            ("TENCENTCLOUD_TOKEN", "tt"),
            ("COS_SECRET_ID", "i"),
            ("COS_SECRET_KEY", "k"),
        ];
        assert_eq!(parts(&variables), ("i".into(), "k".into(), None));
    }

    #[test]
    fn the_same_token_under_two_names_is_one() {
        let mut variables = vec![("TENCENTCLOUD_SECRET_ID", "i"), ("TENCENTCLOUD_SECRET_KEY", "k")];
        variables.extend([("TENCENTCLOUD_TOKEN", "t"), ("TENCENTCLOUD_SESSION_TOKEN", "t")]);
        assert_eq!(parts(&variables).2, Some("t".into()));
    }

    #[test]
    fn none_is_refused_with_the_names_looked_at() {
        let refusal = refused(&[("COS_SESSION_TOKEN", "token")]);
        assert_eq!(refusal, EnvironmentError::NotFound);
        for family in FAMILIES.iter().filter(|family| family.is_named) {
            let text = refusal.to_string();
            assert!(text.contains(family.id) && text.contains(family.key));
        }
    }

    #[test]
    fn half_a_pair_that_may_be_somebody_elses_is_none() {
        for family in FAMILIES.iter().filter(|family| !family.is_named) {
            for name in [family.id, family.key] {
                assert_eq!(refused(&[(name, "value")]), EnvironmentError::NotFound);
            }
        }
    }

    #[test]
    fn an_id_without_its_key_is_refused() {
        let half =
            EnvironmentError::HalfGiven { given: "COS_SECRET_ID", missing: "COS_SECRET_KEY" };
        assert_eq!(refused(&[("COS_SECRET_ID", "id-value"), ("COS_SECRETKEY", "key-value")]), half);
        let half = EnvironmentError::HalfGiven { given: "COS_SECRETKEY", missing: "COS_SECRETID" };
        assert_eq!(refused(&[("COS_SECRETKEY", "key-value")]), half);
    }

    #[test]
    fn an_empty_variable_is_refused() {
        let variables = [("COS_SECRET_ID", "id-value"), ("COS_SECRET_KEY", "")];
        assert_eq!(refused(&variables), EnvironmentError::Empty { name: "COS_SECRET_KEY" });
        let variables = [("COS_SECRETID", "i"), ("COS_SECRETKEY", "k"), ("COS_SESSION_TOKEN", "")];
        assert_eq!(refused(&variables), EnvironmentError::Empty { name: "COS_SESSION_TOKEN" });
    }

    #[test]
    fn white_space_around_a_value_is_refused() {
        for value in ["value ", "\tvalue", "value\n"] {
            let refusal = EnvironmentError::WhiteSpace { name: "COS_SECRET_ID" };
            assert_eq!(refused(&[("COS_SECRET_ID", value), ("COS_SECRET_KEY", "k")]), refusal);
        }
    }

    #[test]
    fn what_is_not_unicode_is_refused() {
        let refusal = find(|_| Err(VarError::NotUnicode(OsString::from("value"))));
        let name = "COS_SECRET_ID";
        assert_eq!(refusal.err().unwrap(), EnvironmentError::NotUnicode { name });
    }

    #[test]
    fn two_tokens_are_refused() {
        let refusal = EnvironmentError::TokensDiffer {
            first: "TENCENTCLOUD_TOKEN",
            second: "QCLOUD_SECRET_TOKEN",
        };
        let mut variables = vec![("TENCENTCLOUD_SECRET_ID", "i"), ("TENCENTCLOUD_SECRET_KEY", "k")];
        variables.extend([("TENCENTCLOUD_TOKEN", "token-1"), ("QCLOUD_SECRET_TOKEN", "token-2")]);
        assert_eq!(refused(&variables), refusal);
    }
}
