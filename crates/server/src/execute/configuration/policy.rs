//! A bucket policy as it is kept: the JSON that was sent, its member `statement` written with a capital letter.

use serde_json::{Map, Value};

use crate::refusal::{Cause, Refusal};

/// The largest policy, in bytes (436/18031).
const SIZE_MAX: usize = 20 << 10;

/// The policy as GET answers it. The service gives `statement` back as `Statement`, and what is in it as it was sent
/// (cos-nodejs-sdk-v5 `test/test.js` reads `Statement[0].resource`).
pub(super) fn plain(document: &[u8]) -> Result<String, Refusal> {
    if document.len() > SIZE_MAX {
        return Err(Cause::PolicyFull.into());
    }
    let read = serde_json::from_slice::<Map<String, Value>>(document);
    let mut policy = Map::new();
    for (name, value) in read.map_err(|_| Cause::MalformedPolicy)? {
        let name =
            if name.eq_ignore_ascii_case("statement") { "Statement".to_owned() } else { name };
        policy.insert(name, value);
    }
    let version = policy.get("version").or_else(|| policy.get("Version"));
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    };
    let is_policy = version.and_then(Value::as_str) == Some("2.0")
        && !statements.is_empty()
        && statements.iter().all(Value::is_object);
    if is_policy {
        Ok(Value::Object(policy).to_string())
    } else {
        Err(Cause::MalformedPolicy.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statements_are_given_back_as_they_were() {
        let sent = br#"{"version": "2.0", "statement": [{"effect": "allow", "Action": ["name/cos:GetObject"]}], "x": 1}"#;
        let kept = r#"{"version":"2.0","Statement":[{"effect":"allow","Action":["name/cos:GetObject"]}],"x":1}"#;
        assert_eq!(plain(sent).unwrap(), kept);
        assert_eq!(plain(kept.as_bytes()).unwrap(), kept);
        assert!(plain(br#"{"version":"2.0","statement":{}}"#).is_ok());
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for text in [
            "",
            "<Policy/>",
            "[]",
            "{}",
            r#"{"version":"2.0"}"#,
            r#"{"version":"2.0","statement":[]}"#,
            r#"{"version":"2.0","statement":["x"]}"#,
            r#"{"version":"1.0","statement":[{}]}"#,
            r#"{"statement":[{}]}"#,
        ] {
            assert_eq!(plain(text.as_bytes()).unwrap_err().cause, Cause::MalformedPolicy, "{text}");
        }
        let long = format!(r#"{{"version":"2.0","statement":[{{}}]{}}}"#, " ".repeat(SIZE_MAX));
        assert_eq!(plain(long.as_bytes()).unwrap_err().cause, Cause::PolicyFull);
    }
}
