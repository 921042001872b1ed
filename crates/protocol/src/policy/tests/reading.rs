//! What is read, and where what is wrong stands.

use super::*;

#[test]
fn the_documented_policy_is_read() {
    // 436/8282, with the elements in both of their spellings, and 436/71307 with its principal beside the statements.
    for text in [
        r#"{"Statement":[{"Principal":{"qcs":["qcs::cam::uin/100000000001:uin/100000000011"]},"Effect":"allow","Action":["name/cos:GetBucket"],"Resource":["qcs::cos:ap-guangzhou:uid/1250000000:examplebucket-1250000000/*"]}],"version":"2.0"}"#,
        r#"{"version":"2.0","principal":{"qcs":["qcs::cam::uin/100000000001:uin/100000000002"]},"statement":[{"effect":"allow","action":["name/cos:PutObject"],"resource":["qcs::cos:ap-beijing:uid/1250000000:examplebucket-bj-1250000000/*"],"condition":{"ip_equal":{"qcs:ip":["192.168.1.0/24","101.226.100.185"]}}}]}"#,
        r#"{"version":"2.0","statement":{"sid":"all","effect":"Deny","principal":"*","action":"*","resource":"*"}}"#,
    ] {
        let policy = Policy::parse(text.as_bytes(), PolicyKind::Bucket).unwrap();
        assert_eq!(policy.statements().len(), 1, "{text}");
        assert_eq!(policy.statements()[0].principals.len(), 1, "{text}");
    }
}

#[test]
fn a_policy_of_temporary_keys_may_say_that_it_is_for_all() {
    let of = |principal: &str| {
        format!(
            r#"{{"version":"2.0","statement":[{{"effect":"allow","principal":{principal},"action":"*","resource":"*"}}]}}"#
        )
    };
    let read = Policy::parse(of(r#"{"qcs":"*"}"#).as_bytes(), PolicyKind::Identity).unwrap();
    assert_eq!(read.statements()[0].principals, []);
    assert_eq!(
        refused(&of(r#"{"qcs":["qcs::cam::uin/1:uin/1"]}"#), PolicyKind::Identity),
        "statement[0].principal: this policy counts for whoever has it and names no principal; leave it out"
    );
}

#[test]
fn the_path_of_what_is_wrong_is_told() {
    let whole = |statement: &str| {
        format!(
            r#"{{"version":"2.0","statement":[{{"effect":"allow","principal":"*","action":"*","resource":"*"}},{statement}]}}"#
        )
    };
    let with = |element: &str| {
        whole(&format!(
            r#"{{"effect":"allow","principal":"*","action":"*","resource":"*",{element}}}"#
        ))
    };
    for (text, message) in [
        (
            "".to_owned(),
            "nothing stands there; write {\"version\": \"2.0\", \"statement\": [{\"effect\": …, \"action\": …, \"resource\": …}]}",
        ),
        ("[]".to_owned(), "an object is expected here"),
        ("{}".to_owned(), "version is missing; add it"),
        (r#"{"version":"2.0"}"#.to_owned(), "statement is missing; add it"),
        (
            r#"{"version":"3.0","statement":[]}"#.to_owned(),
            "version: the version is \"3.0\"; write \"2.0\"",
        ),
        (
            r#"{"version":2.0,"statement":[]}"#.to_owned(),
            "version: the text \"2.0\" is expected here",
        ),
        (
            r#"{"version":"2.0","statement":[]}"#.to_owned(),
            "statement: the list is empty; name something in it",
        ),
        (
            r#"{"version":"2.0","statement":"x"}"#.to_owned(),
            "statement: an object is expected here",
        ),
        (
            r#"{"version":"2.0","Version":"2.0","statement":[]}"#.to_owned(),
            "\"Version\" is there twice; leave one",
        ),
        (
            r#"{"VERSION":"2.0","statement":[]}"#.to_owned(),
            "there is no element \"VERSION\"; write \"version\", if that is meant",
        ),
        (whole("{}"), "statement[1]: effect is missing; add it"),
        (whole(r#"{"effect":"allow"}"#), "statement[1]: action is missing; add it"),
        (whole(r#"{"effect":"allow","action":"*"}"#), "statement[1]: resource is missing; add it"),
        (
            whole(r#"{"effect":"allow","action":"*","resource":"*"}"#),
            "statement[1]: principal is missing; add it",
        ),
        (
            with(r#""NotAction":"x""#),
            "statement[1]: there is no element \"NotAction\"; say the same without it",
        ),
        (with(r#""Effect":"deny""#), "statement[1]: \"Effect\" is there twice; leave one"),
        (with(r#""sid":1"#), "statement[1].sid: a text is expected here"),
        (
            with(r#""condition":{"ip_equals":{}}"#),
            "statement[1].condition.ip_equals: there is no operator \"ip_equals\"; write \"ip_equal\", if that is meant",
        ),
        (
            with(r#""condition":{"ip_equal":{"ip":"1.2.3.4"}}"#),
            "statement[1].condition.ip_equal.ip: there is no condition key \"ip\"; 436/71306 names those that there are",
        ),
        (
            with(r#""condition":{"ip_equal":{"qcs:ip":["1.2.3.4","x"]}}"#),
            "statement[1].condition.ip_equal.qcs:ip[1]: \"x\" is not an address or a network",
        ),
        (
            with(r#""condition":{"ip_equal":{"qcs:ip":[]}}"#),
            "statement[1].condition.ip_equal.qcs:ip: the list is empty; name something in it",
        ),
        (
            with(r#""condition":{"ip_equal":{}}"#),
            "statement[1].condition.ip_equal: the list is empty; name something in it",
        ),
        (
            with(r#""condition":{"ip_equal":{"qcs:ip":null}}"#),
            "statement[1].condition.ip_equal.qcs:ip: a text, a number or a truth is expected here",
        ),
        (
            with(r#""condition":{"ip_equal":{},"ip_equal":{}}"#),
            "statement[1].condition: \"ip_equal\" is there twice; leave one",
        ),
        (
            whole(r#"{"effect":"permit","action":"*","resource":"*","principal":"*"}"#),
            "statement[1].effect: the effect is \"permit\"; write \"allow\" or \"deny\"",
        ),
        (
            whole(r#"{"effect":"allow","action":["*","Get"],"resource":"*","principal":"*"}"#),
            "statement[1].action[1]: \"Get\" is not an action; write \"name/cos:GetObject\" or \"*\"",
        ),
        (
            whole(r#"{"effect":"allow","action":"*","resource":"b/*","principal":"*"}"#),
            "statement[1].resource: \"b/*\" is not a resource; write \"qcs::cos:REGION:uid/APPID:BUCKET/KEY\" or \"*\"",
        ),
        (
            whole(r#"{"effect":"allow","action":"*","resource":"*","principal":{"qcs":["1"]}}"#),
            "statement[1].principal.qcs[0]: \"1\" is not a principal; write \"qcs::cam::uin/OWNER:uin/USER\" or \"qcs::cam::anyone:anyone\"",
        ),
        (
            whole(
                r#"{"effect":"allow","action":"*","resource":"*","principal":{"service":["x"]}}"#,
            ),
            "statement[1].principal: there is no element \"service\"; say the same without it",
        ),
        (
            whole(r#"{"effect":"allow","action":"*","resource":"*","principal":{}}"#),
            "statement[1].principal: qcs is missing; add it",
        ),
        (
            whole(r#"{"effect":"allow","action":"*","resource":"*","principal":"x"}"#),
            "statement[1].principal: \"x\" is not a principal; write \"qcs::cam::uin/OWNER:uin/USER\" or \"qcs::cam::anyone:anyone\"",
        ),
    ] {
        assert_eq!(refused(&text, PolicyKind::Bucket), message, "{text}");
    }
}

#[test]
fn a_policy_and_a_statement_have_a_longest_length() {
    let long = " ".repeat(POLICY_MAX + 1);
    let message = "the policy is 20481 bytes long; at most 20480 are allowed, so name folders in place of keys";
    assert_eq!(refused(&long, PolicyKind::Bucket), message);
    let of = |length: usize| {
        let fixed =
            r#""effect":"allow","principal":"*","action":"*","resource":"*","sid":"""#.len() + 2;
        let sid = "s".repeat(length - fixed);
        format!(r#""effect":"allow","principal":"*","action":"*","resource":"*","sid":"{sid}""#)
    };
    assert!(policy(PolicyKind::Bucket, &[of(STATEMENT_MAX)]).is_ok());
    let refused = policy(PolicyKind::Bucket, &[of(STATEMENT_MAX + 1)]).unwrap_err();
    assert_eq!(refused.problem, PolicyProblem::StatementTooLong { length: 4096 });
}
