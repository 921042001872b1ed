//! The decisions of `vectors/policy`, each written by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::PathBuf;

use cospass_protocol::operation::Resource;
use cospass_protocol::policy::{Policy, PolicyKind, Question};
use cospass_protocol::{Bucket, ObjectKey};
use serde_json::Value;

fn question(json: &Value) -> Question {
    let text = |name: &str| json[name].as_str().unwrap();
    let (bucket, key) = text("target").strip_prefix("cos://").unwrap().split_once('/').unwrap();
    let bucket = Bucket::new(bucket).unwrap();
    let key = if key.is_empty() { ObjectKey::bucket() } else { ObjectKey::new(key).unwrap() };
    let pairs = |name: &str| {
        let pairs = json[name].as_object().into_iter().flatten();
        pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
    };
    let now = json["now"].as_i64().unwrap_or(0);
    let mut question =
        Question::new(text("method"), Resource::new(bucket, key), text("region"), now);
    question.params = pairs("params");
    question.headers = pairs("headers");
    question.ip = json["from_ip"].as_str().map(|ip| ip.parse().unwrap());
    match json.get("tls") {
        None => {}
        Some(version) => question.tls = version.as_str().map(str::to_owned),
    }
    question
}

fn decided(policy: &[u8], request: &Value) -> String {
    let policy = match Policy::parse(policy, PolicyKind::Identity) {
        Ok(policy) => policy,
        Err(error) if error.path.is_empty() => return format!("malformed line {}", error.line),
        Err(error) => return format!("malformed line {}: {}", error.line, error.path),
    };
    let answer = question(request).answer(&policy).unwrap();
    let verdict = if answer.is_allowed { "allowed" } else { "denied" };
    // What is said of it begins with the same words.
    assert!(answer.to_string().starts_with(verdict), "{answer}");
    match answer.statement {
        Some((index, _)) => format!("{verdict} statement[{index}]"),
        None => verdict.to_owned(),
    }
}

#[test]
fn each_case_is_decided_as_it_is_written() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors/policy");
    let mut count = [0; 3];
    for case in std::fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        if !case.is_dir() {
            continue;
        }
        let read = |name: &str| std::fs::read(case.join(name)).unwrap();
        let request = serde_json::from_slice(&read("request.json")).unwrap();
        let expected = String::from_utf8(read("decision")).unwrap();
        let expected = expected.trim_end();
        assert_eq!(decided(&read("policy.json"), &request), expected, "{}", case.display());
        let kinds = ["allowed", "denied", "malformed"];
        let kind = kinds.iter().position(|kind| expected.starts_with(kind));
        count[kind.unwrap()] += 1;
    }
    // None of the three kinds got lost.
    assert!(count.iter().all(|&count| count >= 10), "{count:?}");
}

#[test]
fn the_table_of_decisions_names_cases_that_are_there() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/policy.md")).unwrap();
    let (_, table) = page.split_once("| question | decision | cases |").unwrap();
    let rows = table.lines().take_while(|line| line.is_empty() || line.starts_with('|'));
    let cases = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    let names = cases.flat_map(|cases| cases.split('`').skip(1).step_by(2)).collect::<Vec<_>>();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        assert!(root.join("vectors/policy").join(name).is_dir(), "{name}");
    }
}
