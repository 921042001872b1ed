//! A bucket policy as it is kept: the JSON that was sent, its member `statement` written with a capital letter.

use cospass_protocol::policy::{Policy, PolicyKind};
use serde_json::{Map, Value};

use crate::refusal::{Cause, Refusal};

/// The policy as GET answers it. The service gives `statement` back as `Statement`, and what is in it as it was sent
/// (cos-nodejs-sdk-v5 `test/test.js` reads `Statement[0].resource`).
pub(super) fn plain(document: &[u8]) -> Result<String, Refusal> {
    // Repeated members are refused by it, so that none is dropped below.
    Policy::parse(document, PolicyKind::Bucket)?;
    let read = serde_json::from_slice::<Map<String, Value>>(document);
    let mut policy = Map::new();
    for (name, value) in read.map_err(|_| Cause::MalformedPolicy)? {
        let is_statement = name.eq_ignore_ascii_case("statement");
        policy.insert(if is_statement { "Statement".to_owned() } else { name }, value);
    }
    Ok(Value::Object(policy).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENT: &str = r#"{"effect": "allow", "Principal": "*", "action": ["name/cos:GetObject"], "resource": "*"}"#;

    #[test]
    fn the_statements_are_given_back_as_they_were() {
        let sent = format!(r#"{{"version": "2.0", "statement": [{STATEMENT}]}}"#);
        let kept = r#"{"version":"2.0","Statement":[{"effect":"allow","Principal":"*","action":["name/cos:GetObject"],"resource":"*"}]}"#;
        assert_eq!(plain(sent.as_bytes()).unwrap(), kept);
        assert_eq!(plain(kept.as_bytes()).unwrap(), kept);
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for text in [
            String::new(),
            "<Policy/>".to_owned(),
            "{}".to_owned(),
            format!(r#"{{"version":"1.0","statement":[{STATEMENT}]}}"#),
            format!(r#"{{"version":"2.0","statement":[{STATEMENT}],"Statement":[{STATEMENT}]}}"#),
            r#"{"version":"2.0","statement":[{}]}"#.to_owned(),
        ] {
            assert_eq!(plain(text.as_bytes()).unwrap_err().cause, Cause::MalformedPolicy, "{text}");
        }
        let long =
            format!(r#"{{"version":"2.0","statement":[{STATEMENT}]{}}}"#, " ".repeat(20 << 10));
        assert_eq!(plain(long.as_bytes()).unwrap_err().cause, Cause::PolicyFull);
    }
}
