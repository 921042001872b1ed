//! A second evaluator of conditions: tables of small worlds, in which what an operator means is looked up.

use proptest::prelude::*;

use super::slowly::slow_glob;
use super::*;

/// The start of the tests' time: 2016-06-01T00:01:00Z.
const BEGIN: i64 = 1_464_739_260;

/// What is compared in a world, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
enum World {
    Text,
    Number,
    Time,
    Truth,
    Address,
}

impl World {
    fn key(self) -> &'static str {
        match self {
            Self::Text => "qcs:request_tag",
            Self::Number => "cos:content-length",
            Self::Time => "qcs:current_time",
            Self::Truth => "cos:secure-transport",
            Self::Address => "qcs:ip",
        }
    }

    /// Operators without their negation.
    fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["string_equal", "string_equal_ignore_case", "string_like"],
            Self::Number => &[
                "numeric_equal",
                "numeric_less_than",
                "numeric_less_than_equal",
                "numeric_greater_than",
                "numeric_greater_than_equal",
            ],
            Self::Time => &[
                "date_equal",
                "date_less_than",
                "date_less_than_equal",
                "date_greater_than",
                "date_greater_than_equal",
            ],
            Self::Truth => &["bool_equal"],
            Self::Address => &["ip_equal"],
        }
    }

    fn negated(operator: &str) -> Option<&'static str> {
        Some(match operator {
            "string_equal" => "string_not_equal",
            "string_equal_ignore_case" => "string_not_equal_ignore_case",
            "string_like" => "string_not_like",
            "numeric_equal" => "numeric_not_equal",
            "date_equal" => "date_not_equal",
            "ip_equal" => "ip_not_equal",
            _ => return None,
        })
    }

    fn given(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["a&x", "A&y", "ab&z", "K&b"],
            Self::Number => &["1", "2", "10"],
            Self::Time => &["0", "1", "2"],
            Self::Truth => &["false", "true"],
            Self::Address => &["10.0.0.1", "10.0.1.1", "2001:db8::1"],
        }
    }

    fn wanted(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["a&x", "A&X", "a*", "*b", "k&B"],
            Self::Number => &["1", "2.0", "10"],
            Self::Time => {
                &["2016-06-01T00:01:00Z", "2016-06-01 00:01:01", "2016-06-01T08:01:02+08:00"]
            }
            Self::Truth => &["false", "true"],
            Self::Address => &["10.0.0.0/24", "10.0.1.1", "0.0.0.0/0", "::/0"],
        }
    }

    /// What an operator says of a given and a wanted value, both by their places.
    fn says(self, operator: &str, given: usize, wanted: usize) -> bool {
        let (given_text, wanted_text) = (self.given()[given], self.wanted()[wanted]);
        match (self, operator) {
            (Self::Text, "string_equal") => given_text == wanted_text,
            (Self::Text, "string_equal_ignore_case") => {
                given_text.to_lowercase() == wanted_text.to_lowercase()
            }
            (Self::Text, _) => slow_glob(wanted_text, given_text),
            (Self::Truth, _) => given == wanted,
            (Self::Address, _) => [
                [true, false, true, false],
                [false, true, true, false],
                [false, false, false, true],
            ][given][wanted],
            // Both stand in their order.
            _ if operator.ends_with("less_than") => given < wanted,
            _ if operator.ends_with("less_than_equal") => given <= wanted,
            _ if operator.ends_with("greater_than") => given > wanted,
            _ if operator.ends_with("greater_than_equal") => given >= wanted,
            _ => given == wanted,
        }
    }

    /// Whether a request may have no such value, and whether it may have several.
    fn may_have(self) -> (bool, bool) {
        (!matches!(self, Self::Time | Self::Truth), self == Self::Text)
    }
}

#[derive(Clone, Debug)]
struct Drawn {
    world: World,
    operator: &'static str,
    negated: bool,
    if_exist: bool,
    qualifier: &'static str,
    given: Vec<usize>,
    wanted: Vec<usize>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let worlds = [World::Text, World::Number, World::Time, World::Truth, World::Address];
    let places = |most: usize, least: usize, several: usize| {
        proptest::sample::subsequence((0..most).collect::<Vec<_>>(), least..=several)
    };
    proptest::sample::select(worlds.to_vec()).prop_flat_map(move |world| {
        let (may_be_absent, may_be_several) = world.may_have();
        let given = world.given().len();
        let several = if may_be_several { given } else { 1 };
        let wanted = world.wanted().len();
        (
            proptest::sample::select(world.operators()),
            any::<(bool, bool)>(),
            proptest::sample::select(vec!["", "for_any_value:", "for_all_value:"]),
            places(given, usize::from(!may_be_absent), several),
            places(wanted, 1, wanted),
        )
            .prop_map(move |(operator, (negated, if_exist), qualifier, given, wanted)| {
                Drawn {
                    world,
                    operator,
                    negated: negated && World::negated(operator).is_some(),
                    if_exist,
                    qualifier,
                    given,
                    wanted,
                }
            })
    })
}

impl Drawn {
    fn text(&self) -> String {
        let operator = match self.negated {
            true => World::negated(self.operator).unwrap(),
            false => self.operator,
        };
        let suffix = if self.if_exist { "_if_exist" } else { "" };
        let wanted: Vec<_> =
            self.wanted.iter().map(|&place| format!("{:?}", self.world.wanted()[place])).collect();
        format!(
            r#"{{"{}{operator}{suffix}":{{"{}":[{}]}}}}"#,
            self.qualifier,
            self.world.key(),
            wanted.join(",")
        )
    }

    fn holds_slowly(&self) -> bool {
        if self.given.is_empty() {
            return self.if_exist;
        }
        let mut passed = Vec::new();
        for &given in &self.given {
            let mut any = false;
            for &wanted in &self.wanted {
                any |= self.world.says(self.operator, given, wanted);
            }
            passed.push(any != self.negated);
        }
        match self.qualifier {
            "for_all_value:" => !passed.contains(&false),
            _ => passed.contains(&true),
        }
    }

    fn holds(&self) -> bool {
        let statement =
            format!(r#""effect":"allow","action":"*","resource":"*","condition":{}"#, self.text());
        let policy = policy(PolicyKind::Identity, &[statement]).unwrap();
        let bucket = Bucket::new(BUCKET).unwrap();
        let mut question = Question::new("PUT", (&bucket).into(), REGION, BEGIN);
        let given: Vec<_> = self.given.iter().map(|&place| self.world.given()[place]).collect();
        match (self.world, given.as_slice()) {
            (World::Text, given) => {
                let tags: Vec<_> = given.iter().map(|tag| tag.replace('&', "=")).collect();
                question.headers.push(("x-cos-tagging".into(), tags.join("&")));
            }
            (World::Number, [length]) => {
                question.headers.push(("Content-Length".into(), (*length).into()));
            }
            (World::Time, [second]) => question.now += second.parse::<i64>().unwrap(),
            (World::Truth, [secure]) => {
                question.tls = (*secure == "true").then(|| "1.2".to_owned());
            }
            (World::Address, [address]) => question.ip = Some(address.parse().unwrap()),
            _ => {}
        }
        question.answer(&policy).unwrap().is_allowed
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_slow_evaluator_of_conditions_decides_alike(drawn in drawn()) {
        prop_assert_eq!(drawn.holds(), drawn.holds_slowly(), "{}", drawn.text());
    }
}
