mod comparing;
mod conditions;
mod conditions_slowly;
mod decisions;
mod intents;
mod reading;
mod slowly;

use cospass_sign::RequestHead;

use super::*;
use crate::Bucket;
use crate::operation::{Grant, Grantee, Need, Permission};

const BUCKET: &str = "examplebucket-1250000000";
const REGION: &str = "ap-guangzhou";

/// A policy of statements, which are written without the braces around them.
fn policy(kind: PolicyKind, statements: &[String]) -> Result<Policy, PolicyError> {
    let statements: Vec<_> = statements.iter().map(|inner| format!("{{{inner}}}")).collect();
    let text = format!(r#"{{"version":"2.0","statement":[{}]}}"#, statements.join(","));
    Policy::parse(text.as_bytes(), kind)
}

fn object(key: &str) -> String {
    format!("qcs::cos:{REGION}:uid/1250000000:{BUCKET}/{key}")
}

fn refused(text: &str, kind: PolicyKind) -> String {
    Policy::parse(text.as_bytes(), kind).unwrap_err().to_string()
}
