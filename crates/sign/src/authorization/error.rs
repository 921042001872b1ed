//! Why a text is no `Authorization`: one variant a cause, with its words.

use std::fmt;

/// Why a text is no `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// A field that no signature has.
    Unknown {
        /// Its name, as far as it looks like one.
        field: String,
    },
    /// A field that stands twice.
    Duplicate {
        /// Its name.
        field: &'static str,
    },
    /// A field that is not there.
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// `q-sign-algorithm` is not `sha1`.
    Algorithm {
        /// What it is.
        value: String,
    },
    /// `q-ak` is empty.
    EmptySecretId,
    /// A time that is not `start;end` in Unix seconds.
    Time {
        /// `q-sign-time` or `q-key-time`.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// `q-signature` is not 40 lower-case hex digits.
    Signature,
}

impl FieldError {
    /// The stable name of the cause.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown-field",
            Self::Duplicate { .. } => "duplicate-field",
            Self::Missing { .. } => "missing-field",
            Self::Algorithm { .. } => "unknown-algorithm",
            Self::EmptySecretId => "empty-secret-id",
            Self::Time { .. } => "bad-time",
            Self::Signature => "bad-signature",
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { field } => write!(f, "the signature has an unknown field {field:?}"),
            Self::Duplicate { field } => write!(f, "the signature has the field {field} twice"),
            Self::Missing { field } => write!(f, "the signature lacks the field {field}"),
            Self::Algorithm { value } => {
                write!(f, "q-sign-algorithm is {value:?}; COS knows sha1 alone")
            }
            Self::EmptySecretId => f.write_str("q-ak is empty: it must name a SecretId"),
            Self::Time { field, value } => write!(
                f,
                "{field} is {value:?}; it must be two Unix times such as 1700000000;1700000300"
            ),
            Self::Signature => f.write_str("q-signature is not 40 lower-case hex digits"),
        }
    }
}

impl std::error::Error for FieldError {}
