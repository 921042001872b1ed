//! Why a form is none, and why a policy is none.

use std::fmt;

/// Why a body is not a form that can be acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormError {
    /// `Content-Type` is not `multipart/form-data` with a boundary.
    NoBoundary,
    /// The body is not multipart/form-data; the text tells where it leaves the format.
    Malformed(&'static str),
    /// The fields before the file, or one of them, are longer than allowed, or there are too many.
    TooLarge,
    /// A field stands twice, so that the policy could be held against the one and the other be acted on.
    Repeated(String),
    /// There is no part named `file`.
    NoFile,
    /// There is more than one file.
    SeveralFiles,
    /// A field that says something of the upload stands behind the file, which has to be the last.
    AfterFile(String),
    /// The key has `${filename}`, and the part `file` has no name of a file.
    NoFilename,
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBoundary => {
                f.write_str("Content-Type is not multipart/form-data with a boundary")
            }
            Self::Malformed(what) => write!(f, "the body is not multipart/form-data: {what}"),
            Self::TooLarge => f.write_str("the fields before the file are too long or too many"),
            Self::Repeated(name) => write!(f, "the field {name:?} stands twice"),
            Self::NoFile => f.write_str("the form has no file"),
            Self::SeveralFiles => f.write_str("the form has more than one file"),
            Self::AfterFile(name) => {
                write!(f, "the field {name:?} stands behind the file, which has to be the last")
            }
            Self::NoFilename => f.write_str("the key has ${filename}, and the file has no name"),
        }
    }
}

impl std::error::Error for FormError {}

/// Why a text is not the policy of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormPolicyError {
    /// The field is not base64.
    NotBase64,
    /// The text is not JSON, or not an object.
    NotJson,
    /// There is no list `conditions`, or nothing is in it.
    NoConditions,
    /// There is no `expiration`, or it is not a time such as `2019-08-30T09:38:12.414Z`.
    Expiration,
    /// A member that no policy has.
    UnknownMember(String),
    /// A condition that is none of the four forms; counted from 0.
    Condition(usize),
    /// A prefix for a field that can only be compared whole.
    ExactOnly(String),
    /// A condition that every policy has to have is missing.
    Missing(&'static str),
}

impl fmt::Display for FormPolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBase64 => f.write_str("the policy is not base64"),
            Self::NotJson => f.write_str("the policy is not a JSON object"),
            Self::NoConditions => f.write_str("the policy has no conditions"),
            Self::Expiration => {
                f.write_str("the expiration is not a time such as 2019-08-30T09:38:12.414Z")
            }
            Self::UnknownMember(name) => write!(f, "a policy has no member {name:?}"),
            Self::Condition(index) => write!(
                f,
                "conditions[{index}] is none of {{\"field\":\"value\"}}, [\"eq\",\"$field\",\"value\"], [\"starts-with\",\"$field\",\"prefix\"], [\"content-length-range\",min,max]"
            ),
            Self::ExactOnly(field) => {
                write!(f, "the field {field:?} can be compared whole, not by its beginning")
            }
            Self::Missing(field) => write!(f, "the condition on {field} is missing"),
        }
    }
}

impl std::error::Error for FormPolicyError {}
