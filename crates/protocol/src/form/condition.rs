//! What a policy demands of a form.

use super::FormFields;
use crate::Bucket;

/// One condition of a policy. Fields are named as in the form, without the `$` that stands before them in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `{"field":"value"}` or `["eq","$field","value"]`.
    Equal {
        /// The field.
        field: String,
        /// What its value must be.
        value: String,
    },
    /// `["starts-with","$field","prefix"]`.
    StartsWith {
        /// The field.
        field: String,
        /// What its value must begin with; empty if it must only be there.
        prefix: String,
    },
    /// `["content-length-range",min,max]`: the bounds of the file's length in bytes, both inclusive.
    ContentLengthRange {
        /// The shortest.
        min: u64,
        /// The longest.
        max: u64,
    },
}

/// A condition that a form does not meet. The words are the service's; it documents them for `q-ak`, `bucket` and `key`.
/// That the value is the one that the policy names, not the one that the form has, is a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The field, as the policy names it.
    pub field: String,
    /// What the policy demands of it.
    pub value: String,
}

impl std::fmt::Display for Unmet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Condition key {} doesn't match the value {}", self.field, self.value)
    }
}

impl std::error::Error for Unmet {}

impl Condition {
    /// The field that it is about.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Equal { field, .. } | Self::StartsWith { field, .. } => Some(field),
            Self::ContentLengthRange { .. } => None,
        }
    }

    /// Whether a form for that bucket meets it. A field that is not in the form does not, whatever is demanded of it. The
    /// length of the file is not known yet.
    pub(super) fn check(&self, bucket: &Bucket, fields: &FormFields) -> Result<(), Unmet> {
        let (field, value) = match self {
            Self::Equal { field, value } => (field, value),
            Self::StartsWith { field, prefix } => (field, prefix),
            Self::ContentLengthRange { .. } => return Ok(()),
        };
        let found = if field.eq_ignore_ascii_case("bucket") {
            Some(bucket.as_str().as_bytes())
        } else {
            fields.value(in_form(field))
        };
        let is_met = found.is_some_and(|found| match self {
            Self::Equal { .. } => found == value.as_bytes(),
            _ => found.starts_with(value.as_bytes()),
        });
        match is_met {
            true => Ok(()),
            false => Err(Unmet { field: field.clone(), value: value.clone() }),
        }
    }

    /// Whether a field can be compared by its beginning (436/14690, the table of fields that can be conditioned). Fields
    /// that the table does not have can.
    pub(super) fn allows_prefix(field: &str) -> bool {
        let field = field.to_ascii_lowercase();
        let is_header = field.starts_with("x-cos-") && !field.starts_with("x-cos-meta-");
        let is_exact = matches!(field.as_str(), "bucket" | "success_action_status");
        !is_header && !is_exact && !field.starts_with("q-")
    }
}

/// The field of the form that a condition is about: what a policy calls the sign time is the key time there.
fn in_form(field: &str) -> &str {
    if field.eq_ignore_ascii_case("q-sign-time") { "q-key-time" } else { field }
}
