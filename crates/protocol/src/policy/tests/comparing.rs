//! What one policy permits that another does not.

use super::*;

fn identity(statements: &[&str]) -> Policy {
    let statements: Vec<_> = statements.iter().map(|text| (*text).to_owned()).collect();
    policy(PolicyKind::Identity, &statements).unwrap()
}

fn allow(action: &str, key: &str, condition: &str) -> String {
    let condition = match condition {
        "" => String::new(),
        condition => format!(r#","condition":{condition}"#),
    };
    format!(
        r#""effect":"allow","action":"name/cos:{action}","resource":"{}"{condition}"#,
        object(key)
    )
}

/// The differences as words, with what they show checked by asking both.
fn added(from: &[&str], to: &[&str]) -> Vec<String> {
    let (from, to) = (identity(from), identity(to));
    let found = additions(&from, &to, 1_464_739_260);
    for one in &found {
        let mut words = one.example.words();
        assert_eq!(words.pop().as_deref(), Some(one.example.region.as_str()));
        if one.action.ends_with("Copy") {
            continue;
        }
        assert!(one.example.answer(&to).unwrap().is_allowed, "{words:?}");
        assert!(!one.example.answer(&from).unwrap().is_allowed, "{words:?}");
    }
    found.iter().map(|one| format!("{one}: {}", one.example.words().join(" "))).collect()
}

#[test]
fn a_policy_adds_nothing_to_itself_nor_to_a_wider_one() {
    let narrow = allow("PutObject", "u/42/*", r#"{"string_like":{"cos:content-type":"image/*"}}"#);
    let wide = allow("PutObject", "u/*", "");
    let all = r#""effect":"allow","action":"*","resource":"*""#;
    for (from, to) in [
        (&narrow, &narrow),
        (&wide, &wide),
        (&wide, &narrow),
        (&all.to_owned(), &wide),
        (&all.to_owned(), &all.to_owned()),
    ] {
        assert_eq!(added(&[from], &[to]), Vec::<String>::new());
    }
}

#[test]
fn another_action_key_and_condition_are_shown_by_a_request() {
    let from = allow("PutObject", "u/42/*", "");
    let to = [allow("PutObject", "u/4*", ""), allow("GetObject", "pub/a", "")];
    assert_eq!(
        added(&[&from], &[&to[0], &to[1]]),
        [
            "name/cos:PutObject by statement[0]: PUT cos://examplebucket-1250000000/u/4 --region ap-guangzhou",
            "name/cos:GetObject by statement[1]: GET cos://examplebucket-1250000000/pub/a --region ap-guangzhou",
        ]
    );
    let limited = |most: &str| {
        allow(
            "PutObject",
            "*",
            &format!(r#"{{"numeric_less_than_equal":{{"cos:content-length":{most}}}}}"#),
        )
    };
    assert_eq!(added(&[&limited("20")], &[&limited("10")]), Vec::<String>::new());
    let longer = added(&[&limited("10")], &[&limited("20")]);
    assert!(
        longer[0].contains("-H content-length: 11") || longer[0].contains("-H content-length: 19"),
        "{longer:?}"
    );
    let typed = |kind: &str| {
        allow("PutObject", "*", &format!(r#"{{"string_like":{{"cos:content-type":"{kind}"}}}}"#))
    };
    let html = added(&[&typed("image/*")], &[&typed("*")]);
    assert_eq!(html.len(), 1, "{html:?}");
    let from_there =
        |net: &str| allow("GetObject", "*", &format!(r#"{{"ip_equal":{{"qcs:ip":"{net}"}}}}"#));
    assert!(!added(&[&from_there("10.0.0.0/24")], &[&from_there("10.0.0.0/8")]).is_empty());
}

#[test]
fn what_is_not_denied_any_more_is_found() {
    let allowed = allow("PutObject", "*", "");
    let denied = allowed.replace("allow", "deny").replace("/*", "/secret/*");
    let found = added(&[&allowed, &denied], &[&allowed]);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("/secret/"), "{found:?}");
    assert_eq!(added(&[&allowed], &[&allowed, &denied]), Vec::<String>::new());
    let secure = allowed.clone() + r#","condition":{"bool_equal":{"cos:secure-transport":"true"}}"#;
    assert!(added(&[&secure], &[&allowed])[0].contains("--tls none"));
}

#[test]
fn a_bucket_and_the_account_are_asked_about_too() {
    let all = r#""effect":"allow","action":"name/cos:*","resource":"*""#;
    let objects = allow("*", "*", "");
    let found = added(&[&objects], &[all]);
    assert!(found.iter().any(|one| one.contains("GetService")), "{found:?}");
    assert!(found.iter().any(|one| one.contains("GetObject ")), "{found:?}");
    let listing = allow("GetBucket", "u/*", r#"{"string_like":{"cos:prefix":"u%2F*"}}"#);
    let found = added(&[&allow("PutObject", "*", "")], &[&listing]);
    assert!(found[0].contains("GET cos://examplebucket-1250000000/ -q prefix=u/"), "{found:?}");
}
