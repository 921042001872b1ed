//! The parameters of a call: names and values, however they are sent.
//!
//! A list is written `Tags.0.Key` in a form or a query; in JSON it is a list. Both are read into the same names.

use cospass_sign::percent::{self, Plus};

use super::{StsError, StsErrorCode};
use crate::json::Json;

/// The most parameters of a call; each tag is two.
const PARAMS_MAX: usize = 256;

/// Names and values in the order sent, none twice. A value that is empty counts as none: the Go client sends
/// `ExternalId=`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads `name=value&name=value`, percent-encoded, `+` for a space.
    pub(super) fn of_form(encoded: &[u8]) -> Result<Self, StsError> {
        let mut params = Self::none();
        for piece in encoded.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()) {
            let mut halves = piece.splitn(2, |byte| *byte == b'=');
            let mut half = || {
                let half = halves.next().unwrap_or_default();
                let decoded = percent::decode_query(half, Plus::Space).into_owned();
                String::from_utf8(decoded).map_err(|_| not_text())
            };
            let (name, value) = (half()?, half()?);
            params.push(name, value)?;
        }
        Ok(params)
    }

    /// Reads an object of JSON, whose lists and objects become names with dots.
    pub(super) fn of_json(body: &[u8]) -> Result<Self, StsError> {
        let bad = |message| StsError::told(StsErrorCode::InvalidParameter, message);
        let Ok(Json::Object(members)) = Json::read(body) else {
            return Err(bad("The request body is not a JSON object."));
        };
        let mut params = Self::none();
        for (name, value) in members {
            params.flatten(name, value)?;
        }
        Ok(params)
    }

    fn flatten(&mut self, name: String, value: Json) -> Result<(), StsError> {
        match value {
            Json::Null => Ok(()),
            Json::Bool(truth) => self.push(name, truth.to_string()),
            Json::Number(text) | Json::Text(text) => self.push(name, text),
            Json::List(items) => {
                let mut numbered = items.into_iter().enumerate();
                numbered.try_for_each(|(i, item)| self.flatten(format!("{name}.{i}"), item))
            }
            Json::Object(members) => {
                let mut members = members.into_iter();
                members.try_for_each(|(inner, item)| self.flatten(format!("{name}.{inner}"), item))
            }
        }
    }

    fn push(&mut self, name: String, value: String) -> Result<(), StsError> {
        if self.0.iter().any(|(known, _)| *known == name) {
            let message = format!("The parameter `{name}` is there twice.");
            return Err(StsError::told(StsErrorCode::InvalidParameter, message));
        }
        if self.0.len() == PARAMS_MAX {
            return Err(StsError::told(StsErrorCode::OverLimit, "There are too many parameters."));
        }
        self.0.push((name, value));
        Ok(())
    }

    pub(super) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// The value of a name, if it is not empty.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Takes the value of a name out, if it is not empty.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(index).1).filter(|value| !value.is_empty())
    }

    /// The name of any that has a value.
    pub(super) fn left_over(&self) -> Option<&str> {
        let left = self.0.iter().find(|(_, value)| !value.is_empty());
        left.map(|(name, _)| name.as_str())
    }

    /// As they were sent, in that order.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// With names that begin with a capital: the former interface has `durationSeconds`.
    pub(super) fn capitalized(self) -> Result<Self, StsError> {
        let mut params = Self::none();
        for (name, value) in self.0 {
            let mut name = name;
            if let Some(first) = name.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            params.push(name, value)?;
        }
        Ok(params)
    }

    /// Writes `name=value&name=value`, percent-encoded: the inverse of [`of_form`](Self::of_form).
    #[cfg(test)]
    pub(super) fn to_form(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.pairs() {
            if !text.is_empty() {
                text.push('&');
            }
            percent::push_encoded_str(&mut text, name);
            text.push('=');
            percent::push_encoded_str(&mut text, value);
        }
        text
    }
}

/// Values are secrets at times: a token, a signature.
impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

fn not_text() -> StsError {
    StsError::told(StsErrorCode::InvalidParameter, "A parameter is not UTF-8 text.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_form_are_read_into_the_same_names() {
        let json = r#"{"Name": "a b", "DurationSeconds": 1800, "Tags": [{"Key": "k", "Value": "页"}], "No": null}"#;
        let form = "Name=a+b&DurationSeconds=1800&Tags.0.Key=k&Tags.0.Value=%E9%A1%B5";
        let params = Params::of_json(json.as_bytes()).unwrap();
        assert_eq!(params, Params::of_form(form.as_bytes()).unwrap());
        assert_eq!(Params::of_form(params.to_form().as_bytes()), Ok(params));
    }

    #[test]
    fn names_given_twice_and_what_is_no_text_are_refused() {
        let code = |result: Result<Params, StsError>| result.unwrap_err().code;
        for form in ["a=1&a=2", "a=%FF"] {
            assert_eq!(code(Params::of_form(form.as_bytes())), StsErrorCode::InvalidParameter);
        }
        for json in ["[]", "", r#"{"a":1,"a":1}"#, r#"{"a":[1],"a.0":1}"#] {
            assert_eq!(code(Params::of_json(json.as_bytes())), StsErrorCode::InvalidParameter);
        }
        let many: Vec<_> = (0..=PARAMS_MAX).map(|i| format!("p{i}=1")).collect();
        assert_eq!(code(Params::of_form(many.join("&").as_bytes())), StsErrorCode::OverLimit);
    }

    #[test]
    fn the_former_interface_has_small_first_letters() {
        let params = Params::of_form(b"durationSeconds=1&Name=b").unwrap().capitalized().unwrap();
        assert_eq!((params.value("DurationSeconds"), params.value("Name")), (Some("1"), Some("b")));
        assert!(Params::of_form(b"name=1&Name=b").unwrap().capitalized().is_err());
    }
}
