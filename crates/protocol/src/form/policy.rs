//! The policy of a form: until when it may be sent, and what it may hold (436/14690).
//!
//! ```json
//! {
//!     "expiration": "2019-08-30T09:38:12.414Z",
//!     "conditions": [
//!         { "bucket": "examplebucket-1250000000" },
//!         ["starts-with", "$key", "folder/"],
//!         ["content-length-range", 1, 10485760],
//!         { "q-sign-algorithm": "sha1" },
//!         { "q-ak": "AKID…" },
//!         { "q-sign-time": "1567150692;1567157892" }
//!     ]
//! }
//! ```

use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Condition, FormFields, FormPolicyError, Unmet};
use crate::Bucket;
use crate::json::Json;
use crate::xml::{from_iso8601, iso8601_millis};

/// The conditions that every policy has: they tie it to the form's own signature.
const MANDATORY: [&str; 3] = ["q-sign-algorithm", "q-ak", "q-sign-time"];

const LENGTH_RANGE: &str = "content-length-range";

/// The policy of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPolicy {
    /// Until when it holds, Unix seconds.
    pub expiration: i64,
    /// What it demands.
    pub conditions: Vec<Condition>,
}

impl FormPolicy {
    /// The text of a policy out of the field in which it stands in base64: what the signature covers.
    ///
    /// # Errors
    /// [`FormPolicyError::NotBase64`].
    pub fn text(field: &[u8]) -> Result<Vec<u8>, FormPolicyError> {
        STANDARD.decode(field).map_err(|_| FormPolicyError::NotBase64)
    }

    /// The field in which a text stands.
    pub fn field(text: &str) -> String {
        STANDARD.encode(text)
    }

    /// Reads the text of a policy.
    ///
    /// # Errors
    /// One [`FormPolicyError`] for each reason.
    pub fn read(text: &[u8]) -> Result<Self, FormPolicyError> {
        let Ok(Json::Object(members)) = Json::read(text) else {
            return Err(FormPolicyError::NotJson);
        };
        let (mut expiration, mut conditions) = (None, None);
        for (name, value) in members {
            let slot = match name.as_str() {
                "expiration" => &mut expiration,
                "conditions" => &mut conditions,
                _ => return Err(FormPolicyError::UnknownMember(name)),
            };
            if slot.replace(value).is_some() {
                return Err(FormPolicyError::UnknownMember(name));
            }
        }
        let conditions = match conditions {
            Some(Json::List(conditions)) if !conditions.is_empty() => conditions_of(conditions)?,
            _ => return Err(FormPolicyError::NoConditions),
        };
        let expiration = match expiration {
            Some(Json::Text(text)) => from_iso8601(&text).ok_or(FormPolicyError::Expiration)?,
            _ => return Err(FormPolicyError::Expiration),
        };
        let policy = Self { expiration, conditions };
        match MANDATORY.into_iter().find(|name| policy.on(name).next().is_none()) {
            Some(name) => Err(FormPolicyError::Missing(name)),
            None => Ok(policy),
        }
    }

    /// The text, without needless space.
    pub fn write(&self) -> String {
        let conditions: Vec<_> = self.conditions.iter().map(written).collect();
        let expiration = string(&iso8601_millis(self.expiration));
        format!("{{\"expiration\":{expiration},\"conditions\":[{}]}}", conditions.join(","))
    }

    /// Whether the form bears the signature that the policy was made for: algorithm, SecretId and time.
    ///
    /// # Errors
    /// [`Unmet`] for the first condition that it does not meet.
    pub fn check_signer(&self, bucket: &Bucket, fields: &FormFields) -> Result<(), Unmet> {
        let mut of_signer = MANDATORY.into_iter().flat_map(|name| self.on(name));
        of_signer.try_for_each(|condition| condition.check(bucket, fields))
    }

    /// Whether the form for that bucket meets every condition that can be judged before its file.
    ///
    /// # Errors
    /// [`Unmet`] for the first condition that it does not meet.
    pub fn check(&self, bucket: &Bucket, fields: &FormFields) -> Result<(), Unmet> {
        self.conditions.iter().try_for_each(|condition| condition.check(bucket, fields))
    }

    /// How long the file may be, in bytes: as every range allows that the policy has.
    pub fn length_range(&self) -> RangeInclusive<u64> {
        let ranges = self.conditions.iter().filter_map(|condition| match condition {
            Condition::ContentLengthRange { min, max } => Some((*min, *max)),
            Condition::Equal { .. } | Condition::StartsWith { .. } => None,
        });
        let (min, max) =
            ranges.fold((0, u64::MAX), |all, range| (all.0.max(range.0), all.1.min(range.1)));
        min..=max
    }

    fn on(&self, name: &str) -> impl Iterator<Item = &Condition> {
        let is_on = move |field: &str| field.eq_ignore_ascii_case(name);
        self.conditions.iter().filter(move |condition| condition.field().is_some_and(is_on))
    }
}

fn conditions_of(list: Vec<Json>) -> Result<Vec<Condition>, FormPolicyError> {
    let mut conditions = Vec::new();
    for (index, condition) in list.into_iter().enumerate() {
        let wrong = FormPolicyError::Condition(index);
        match condition {
            Json::Object(members) if !members.is_empty() => {
                for (field, value) in members {
                    let value = text(value).ok_or(wrong.clone())?;
                    conditions.push(Condition::Equal { field, value });
                }
            }
            Json::List(items) => conditions.push(condition_of(items, wrong)?),
            _ => return Err(wrong),
        }
    }
    Ok(conditions)
}

/// A condition that is a list of three.
fn condition_of(items: Vec<Json>, wrong: FormPolicyError) -> Result<Condition, FormPolicyError> {
    let Ok([Json::Text(kind), second, third]) = <[Json; 3]>::try_from(items) else {
        return Err(wrong);
    };
    if kind == LENGTH_RANGE {
        let bound = |value| text(value)?.parse().ok();
        return match (bound(second), bound(third)) {
            (Some(min), Some(max)) => Ok(Condition::ContentLengthRange { min, max }),
            _ => Err(wrong),
        };
    }
    let field = match &second {
        Json::Text(field) => field.strip_prefix('$').map(str::to_owned),
        _ => None,
    };
    let (Some(field), Some(value)) = (field, text(third)) else { return Err(wrong) };
    match kind.as_str() {
        "eq" => Ok(Condition::Equal { field, value }),
        "starts-with" if !Condition::allows_prefix(&field) => {
            Err(FormPolicyError::ExactOnly(field))
        }
        "starts-with" => Ok(Condition::StartsWith { field, prefix: value }),
        _ => Err(wrong),
    }
}

/// A text, or a number as its text: `200` means what `"200"` does.
fn text(value: Json) -> Option<String> {
    match value {
        Json::Text(text) | Json::Number(text) => Some(text),
        _ => None,
    }
}

fn written(condition: &Condition) -> String {
    match condition {
        Condition::Equal { field, value } => format!("{{{}:{}}}", string(field), string(value)),
        Condition::StartsWith { field, prefix } => {
            format!("[\"starts-with\",{},{}]", string(&format!("${field}")), string(prefix))
        }
        Condition::ContentLengthRange { min, max } => format!("[\"{LENGTH_RANGE}\",{min},{max}]"),
    }
}

/// A text in JSON.
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
