//! A bucket policy as it is kept: the JSON that was sent, its member `statement` written with a capital letter.

use cospass_protocol::policy::{Policy, PolicyKind};
use serde_json::{Map, Value};

use crate::refusal::{Cause, Refusal};

/// The policy as GET answers it. The service gives `statement` back as `Statement`, and what is in it as it was sent
/// (cos-nodejs-sdk-v5 `test/test.js` reads `Statement[0].resource`).
pub(super) fn plain(document: &[u8]) -> Result<String, Refusal> {
    Policy::parse(document, PolicyKind::Bucket).map_err(|error| Refusal::policy(&error))?;
    let read = serde_json::from_slice::<Map<String, Value>>(document);
    let mut policy = Map::new();
    for (name, value) in read.map_err(|_| Cause::MalformedPolicy)? {
        let name =
            if name.eq_ignore_ascii_case("statement") { "Statement".to_owned() } else { name };
        policy.insert(name, value);
    }
    Ok(Value::Object(policy).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statements_are_given_back_as_they_were() {
        let sent = br#"{"version": "2.0", "statement": [{"effect": "allow", "Action": ["name/cos:GetObject"], "principal": "*", "resource": "*"}]}"#;
        let kept = r#"{"version":"2.0","Statement":[{"effect":"allow","Action":["name/cos:GetObject"],"principal":"*","resource":"*"}]}"#;
        assert_eq!(plain(sent).unwrap(), kept);
        assert_eq!(plain(kept.as_bytes()).unwrap(), kept);
    }

    #[test]
    fn what_is_no_policy_is_refused_with_the_place_of_it() {
        for (text, message) in [
            ("<Policy/>", "it is not JSON from line 1, column 1 on"),
            (r#"{"version":"2.0"}"#, "statement is missing"),
            (r#"{"version":"2.0","statement":[{}]}"#, "statement[0]: effect is missing"),
        ] {
            let refused = plain(text.as_bytes()).unwrap_err();
            assert_eq!(refused.cause, Cause::MalformedPolicy, "{text}");
            assert!(refused.message().ends_with(message), "{}", refused.message());
        }
        let long = " ".repeat(20 * 1024 + 1);
        assert_eq!(plain(long.as_bytes()).unwrap_err().cause, Cause::PolicyFull);
    }
}
