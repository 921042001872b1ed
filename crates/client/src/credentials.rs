//! Where credentials come from.
//!
//! The names are those of the official samples and of the tools that users know (coscli, tccli, the Go and Node SDKs):
//! each row is a family, and an id is never used with the key or the token of another.
//!
//! | id | key | token |
//! |---|---|---|
//! | `COS_SECRET_ID` | `COS_SECRET_KEY` | `COS_SESSION_TOKEN` |
//! | `COS_SECRETID` | `COS_SECRETKEY` | `COS_SESSION_TOKEN` |
//! | `TENCENTCLOUD_SECRET_ID` | `TENCENTCLOUD_SECRET_KEY` | `TENCENTCLOUD_TOKEN`, `TENCENTCLOUD_SESSION_TOKEN`, `TENCENTCLOUD_SECURITY_TOKEN` or `QCLOUD_SECRET_TOKEN` |

use std::env::{VarError, var};
use std::error::Error;
use std::fmt;

use cospass_sign::Credentials;

struct Family {
    id: &'static str,
    key: &'static str,
    tokens: &'static [&'static str],
}

const FAMILIES: [Family; 3] = [
    Family { id: "COS_SECRET_ID", key: "COS_SECRET_KEY", tokens: &["COS_SESSION_TOKEN"] },
    Family { id: "COS_SECRETID", key: "COS_SECRETKEY", tokens: &["COS_SESSION_TOKEN"] },
    Family {
        id: "TENCENTCLOUD_SECRET_ID",
        key: "TENCENTCLOUD_SECRET_KEY",
        tokens: &[
            "TENCENTCLOUD_TOKEN",
            "TENCENTCLOUD_SESSION_TOKEN",
            "TENCENTCLOUD_SECURITY_TOKEN",
            "QCLOUD_SECRET_TOKEN",
        ],
    },
];

/// The credentials of the first family of environment variables of which the id or the key is set.
///
/// # Errors
/// [`EnvironmentError`]; it names variables and never shows what is in them.
pub fn from_environment() -> Result<Credentials, EnvironmentError> {
    from_variables(|name| var(name))
}

fn from_variables(
    look_up: impl Fn(&str) -> Result<String, VarError>,
) -> Result<Credentials, EnvironmentError> {
    for family in FAMILIES {
        let id = read(family.id, &look_up)?;
        let key = read(family.key, &look_up)?;
        let (given, missing) = match (id, key) {
            (None, None) => continue,
            (Some(id), Some(key)) => {
                let credentials = Credentials::new(id, key);
                return Ok(match token(family.tokens, &look_up)? {
                    Some(token) => credentials.with_token(token),
                    None => credentials,
                });
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
                for (position, family) in FAMILIES.iter().enumerate() {
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
        from_variables(|name| {
            let variable = variables.iter().find(|(other, _)| *other == name);
            variable.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
        })
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
        for family in FAMILIES {
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
        for family in FAMILIES {
            let text = refusal.to_string();
            assert!(text.contains(family.id) && text.contains(family.key));
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
        let refusal = from_variables(|_| Err(VarError::NotUnicode(OsString::from("value"))));
        let name = "COS_SECRET_ID";
        assert_eq!(refusal.unwrap_err(), EnvironmentError::NotUnicode { name });
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
