//! A second evaluator, slow and obvious, that must decide alike.

use proptest::prelude::*;

use super::*;

/// A statement by what it is made of, and a second evaluator that knows nothing but that.
#[derive(Clone, Debug)]
struct Drawn {
    denies: bool,
    /// `None` for everyone.
    user: Option<&'static str>,
    actions: Vec<&'static str>,
    resources: Vec<&'static str>,
    types: Option<(&'static str, Vec<&'static str>)>,
}

impl Drawn {
    fn any() -> impl Strategy<Value = Self> {
        let some = |all: &'static [&'static str]| proptest::sample::subsequence(all, 1..=2);
        let user = prop_oneof![Just(None), Just(Some("1")), Just(Some("2")), Just(Some("*"))];
        let operators =
            &["string_equal", "string_not_equal", "string_like", "string_like_if_exist"];
        let types =
            (proptest::sample::select(&operators[..]), some(&["image/png", "image/*", "*"]));
        (
            any::<bool>(),
            user,
            some(&["*", "cos:*", "name/cos:GetObject", "cos:Get*", "cos:*Object", "ci:*"]),
            some(&["", "a", "a*", "*", "a/*", "*b", "a/*b*"]),
            proptest::option::of(types),
        )
            .prop_map(|(denies, user, actions, resources, types)| Self {
                denies,
                user,
                actions,
                resources,
                types,
            })
    }

    fn text(&self, with_principal: bool) -> String {
        let list = |texts: &[String]| format!("[{}]", texts.join(","));
        let quoted = |texts: &[&str]| {
            list(&texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>())
        };
        let resources: Vec<_> =
            self.resources.iter().map(|path| format!("{:?}", object(path))).collect();
        let mut text = format!(
            r#""effect":"{}","action":{},"resource":{}"#,
            if self.denies { "deny" } else { "allow" },
            quoted(&self.actions),
            list(&resources)
        );
        if with_principal {
            text += &match self.user {
                None => r#","principal":"*""#.to_owned(),
                Some(user) => format!(r#","principal":{{"qcs":"qcs::cam::uin/1:uin/{user}"}}"#),
            };
        }
        if let Some((operator, values)) = &self.types {
            text += &format!(
                r#","condition":{{"{operator}":{{"cos:content-type":{}}}}}"#,
                quoted(values)
            );
        }
        text
    }

    fn matches(&self, action: &str, path: &str, content_type: Option<&str>) -> bool {
        let mut of_action = false;
        for pattern in &self.actions {
            let pattern = pattern.trim_start_matches("name/");
            of_action |= slow_glob(pattern, &format!("cos:{action}"));
        }
        let mut of_resource = false;
        for pattern in &self.resources {
            of_resource |= slow_glob(pattern, path);
        }
        let holds = match (&self.types, content_type) {
            (None, _) => true,
            (Some((operator, _)), None) => operator.ends_with("_if_exist"),
            (Some((operator, values)), Some(given)) => {
                let mut found = false;
                for value in values {
                    found |= match operator.contains("like") {
                        true => slow_glob(value, given),
                        false => *value == given,
                    };
                }
                found != operator.contains("not")
            }
        };
        of_action && of_resource && holds
    }
}

pub(super) fn slow_glob(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).any(|at| slow_glob(&pattern[1..], &text[at..])),
        Some(first) => text.starts_with(first) && slow_glob(&pattern[1..], &text[1..]),
    }
}

/// Every statement is looked at, and what each says is written down, before anything is decided.
fn slowly_allowed(
    user: Option<&str>,
    identity: &[Drawn],
    session: Option<&[Drawn]>,
    bucket: &[Drawn],
    matches: impl Fn(&Drawn) -> bool,
) -> bool {
    let says = |statements: &[Drawn], is_for: &dyn Fn(&Drawn) -> bool| {
        let (mut allows, mut denies) = (false, false);
        for statement in statements {
            if matches(statement) && is_for(statement) {
                allows |= !statement.denies;
                denies |= statement.denies;
            }
        }
        (allows, denies)
    };
    let (allows, denies) = says(bucket, &|statement| statement.user.is_none());
    if allows && !denies {
        return true;
    }
    let Some(user) = user else { return false };
    if let Some(session) = session {
        let (allows, denies) = says(session, &|_| true);
        if denies || !allows {
            return false;
        }
    }
    let own = says(identity, &|_| true);
    let named =
        says(bucket, &|statement| statement.user == Some(user) || statement.user == Some("*"));
    !own.1 && !named.1 && (own.0 || named.0 || user == "1")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_slow_evaluator_decides_alike(
        user in prop_oneof![Just(None), Just(Some("1")), Just(Some("2"))],
        identity in proptest::collection::vec(Drawn::any(), 1..3),
        session in proptest::option::of(proptest::collection::vec(Drawn::any(), 1..3)),
        bucket in proptest::collection::vec(Drawn::any(), 1..4),
        action in prop_oneof![Just("GetObject"), Just("GetBucket"), Just("PutObject")],
        path in prop_oneof![Just(""), Just("a"), Just("a/b"), Just("ab")],
        content_type in prop_oneof![Just(None), Just(Some("image/png")), Just(Some("text/plain"))],
    ) {
        let parse = |kind, drawn: &[Drawn]| {
            let texts: Vec<_> =
                drawn.iter().map(|one| one.text(kind == PolicyKind::Bucket)).collect();
            policy(kind, &texts).unwrap()
        };
        let policies = [parse(PolicyKind::Identity, &identity)];
        let limit = session.as_deref().map(|drawn| parse(PolicyKind::Identity, drawn));
        let of_bucket = parse(PolicyKind::Bucket, &bucket);
        let header = content_type.map(|value| (&b"Content-Type"[..], value.as_bytes()));
        let headers: Vec<_> = header.into_iter().collect();
        let circumstances = Circumstances::new(RequestHead::new("GET", b"/", None, &headers), 0);
        let need = Need::new(action, Target::prefix(&Bucket::new(BUCKET).unwrap(), path));
        let ask = Ask { need: &need, region: REGION, circumstances: &circumstances };
        let rules = Rules { owner_uin: "1", policy: Some(&of_bucket), grants: &[] };
        let whom = user.map(|user| Identity::sub_user("1", user));
        let caller =
            Caller { identity: whom.as_ref(), policies: &policies, session: limit.as_ref() };
        let decision = judge(&caller, &ask, &rules);
        let slowly = slowly_allowed(user, &identity, session.as_deref(), &bucket, |one| {
            one.matches(action, path, content_type)
        });
        prop_assert_eq!(decision.is_allowed(), slowly, "{}", decision);
    }

    #[test]
    fn reading_never_panics(text in r#"[\[\]{}":,a-z0-9. ]{0,60}"#) {
        let _ = Policy::parse(text.as_bytes(), PolicyKind::Bucket);
    }
}
