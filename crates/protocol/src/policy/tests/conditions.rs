//! What conditions see of a request.

use super::*;

/// A decision of a request with headers and a query, beside a bucket's policy of one statement for everyone.
fn allows(condition: &str, action: &'static str, query: &str, headers: &[(&str, &str)]) -> bool {
    let statement = format!(
        r#""effect":"allow","principal":"*","action":"*","resource":"*","condition":{condition}"#
    );
    let policy = policy(PolicyKind::Bucket, &[statement]).unwrap();
    let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
    let request = RequestHead::new("GET", b"/a", Some(query.as_bytes()), &headers);
    let mut circumstances = Circumstances::new(request, 1_464_739_260);
    circumstances.ip = Some("10.0.0.9".parse().unwrap());
    circumstances.tls_version = Some("1.2");
    let tags = [("env".to_owned(), "test".to_owned())];
    circumstances.resource_tags = &tags;
    let need = Need::new(action, Target::prefix(&Bucket::new(BUCKET).unwrap(), "a"));
    let ask = Ask { need: &need, region: REGION, circumstances: &circumstances };
    let rules = Rules { owner_uin: "1", policy: Some(&policy), grants: &[] };
    judge(&Caller::default(), &ask, &rules).is_allowed()
}

#[test]
fn conditions_ask_for_what_the_request_has() {
    let get = |condition: &str| {
        allows(condition, "GetObject", "response-content-type=image%2Fpng&versionId=x", &[])
    };
    for (condition, holds) in [
        (r#"{"ip_equal":{"qcs:ip":"10.0.0.0/24"}}"#, true),
        (r#"{"ip_equal":{"qcs:ip":"10.0.1.0/24"}}"#, false),
        (r#"{"date_greater_than":{"qcs:current_time":"2016-06-01T00:00:59Z"}}"#, true),
        (r#"{"date_greater_than":{"qcs:current_time":"2016-06-01T00:01:00Z"}}"#, false),
        (r#"{"bool_equal":{"cos:secure-transport":false}}"#, true),
        (r#"{"bool_equal":{"cos:secure-transport":"true"}}"#, false),
        (r#"{"numeric_greater_than_equal":{"cos:tls-version":1.2}}"#, true),
        (r#"{"numeric_less_than":{"cos:tls-version":"1.2"}}"#, false),
        // A parameter as it is percent-encoded, 436/71306.
        (r#"{"string_equal":{"cos:response-content-type":"image%2Fpng"}}"#, true),
        (r#"{"string_equal":{"cos:response-content-type":"image/png"}}"#, false),
        (r#"{"string_equal":{"cos:versionid":"x"}}"#, true),
        // A key that goes with another action is not there.
        (r#"{"string_equal":{"cos:prefix":"a"}}"#, false),
        (r#"{"for_any_value:string_equal":{"qcs:resource_tag":["env&test","x&y"]}}"#, true),
        (r#"{"for_any_value:string_equal":{"qcs:resource_tag":"env&prod"}}"#, false),
        (r#"{"string_equal":{"vpc:requester_vpc":"vpc-x"}}"#, false),
        // All operators and all keys must hold.
        (
            r#"{"ip_equal":{"qcs:ip":"10.0.0.9"},"bool_equal":{"cos:secure-transport":"true"}}"#,
            false,
        ),
        (r#"{"string_equal":{"cos:versionid":"x","cos:response-content-type":"x"}}"#, false),
        ("{}", true),
    ] {
        assert_eq!(get(condition), holds, "{condition}");
    }
    let list = |condition: &str| allows(condition, "GetBucket", "prefix=folder1%2F", &[]);
    assert!(list(r#"{"string_equal":{"cos:prefix":"folder1%2F"}}"#));
    assert!(!list(r#"{"string_equal":{"cos:prefix":"folder1/"}}"#));
    let headers =
        [("Content-Type", "image/png"), ("content-length", "9"), ("x-cos-acl", "private")];
    let put = |condition: &str| allows(condition, "PutObject", "", &headers);
    for (condition, holds) in [
        (r#"{"string_like":{"cos:content-type":"image/*"}}"#, true),
        (r#"{"string_equal":{"cos:content-type":"image%2Fpng"}}"#, false),
        (r#"{"numeric_less_than_equal":{"cos:content-length":9}}"#, true),
        (r#"{"numeric_less_than":{"cos:content_length":9}}"#, false),
        (r#"{"string_equal":{"cos:x-cos-acl":["default","private"]}}"#, true),
        (r#"{"string_not_equal":{"cos:x-cos-acl":["default","private"]}}"#, false),
        (r#"{"string_equal":{"cos:x-cos-storage-class":"STANDARD"}}"#, false),
    ] {
        assert_eq!(put(condition), holds, "{condition}");
    }
    let tagged = |condition: &str| {
        allows(condition, "PutBucket", "", &[("x-cos-tagging", "a=1&b=%E9%A1%B5")])
    };
    assert!(tagged(r#"{"for_all_value:string_equal":{"qcs:request_tag":["a&1","b&页"]}}"#));
    assert!(!tagged(r#"{"for_all_value:string_equal":{"qcs:request_tag":["a&1"]}}"#));
    assert!(tagged(r#"{"for_any_value:string_equal":{"qcs:request_tag":["a&1"]}}"#));
}

#[test]
fn a_key_that_is_absent_fails_every_operator_but_two() {
    let put = |condition: String| allows(&condition, "PutObject", "", &[]);
    for (operator, value) in [
        ("string_equal", "x"),
        ("string_not_equal", "x"),
        ("string_equal_ignore_case", "x"),
        ("string_not_equal_ignore_case", "x"),
        ("string_like", "*"),
        ("string_not_like", "x"),
        ("numeric_not_equal", "1"),
        ("numeric_less_than", "1"),
        ("date_not_equal", "2016-06-01T00:01:00Z"),
        ("bool_equal", "true"),
        ("binary_equal", "YQ=="),
        ("ip_not_equal", "1.2.3.4"),
    ] {
        for qualifier in ["", "for_any_value:", "for_all_value:"] {
            let condition = |suffix| {
                format!(r#"{{"{qualifier}{operator}{suffix}":{{"cos:x-cos-acl":"{value}"}}}}"#)
            };
            assert!(!put(condition("")), "{operator}");
            assert!(put(condition("_if_exist")), "{operator}");
        }
    }
    assert!(put(r#"{"null_equal":{"cos:x-cos-acl":"true"}}"#.to_owned()));
    assert!(!put(r#"{"null_equal":{"cos:x-cos-acl":"false"}}"#.to_owned()));
    assert!(put(r#"{"null_equal":{"qcs:ip":"false"}}"#.to_owned()));
    assert!(!put(r#"{"null_equal":{"qcs:ip":"true"}}"#.to_owned()));
}
