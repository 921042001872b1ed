//! Operators of conditions, by family, and the values that they compare with (598/10608).

use std::borrow::Cow;
use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::PolicyProblem;
use super::compare::samples;
use super::glob::Glob;
use super::ip::Network;
use crate::xml::from_iso8601;

/// An operator with its qualifier and suffix: `for_any_value:string_equal_if_exist`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) qualifier: Option<Qualifier>,
    pub(super) test: Test,
    /// Whether it holds, too, when the request does not have the key.
    pub(super) if_exist: bool,
}

/// How the values of a key are meant that a request has several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Qualifier {
    /// `for_any_value`
    Any,
    /// `for_all_value`
    All,
}

macro_rules! tests {
    ($($test:ident $name:literal $alias:literal,)*) => {
        /// What is compared, and how.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Test {
            $(#[doc = concat!("`", $name, "`")] $test,)*
        }

        impl Test {
            pub(super) const ALL: &[(Test, &str)] = &[$((Test::$test, $name),)*];

            fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name | $alias => Some(Self::$test),)*
                    _ => None,
                }
            }
        }
    };
}

// The second name is the one that the console writes beside `Condition` (inferred from its size-limit example).
tests! {
    StringEqual "string_equal" "StringEquals",
    StringNotEqual "string_not_equal" "StringNotEquals",
    StringEqualIgnoreCase "string_equal_ignore_case" "StringEqualsIgnoreCase",
    StringNotEqualIgnoreCase "string_not_equal_ignore_case" "StringNotEqualsIgnoreCase",
    StringLike "string_like" "StringLike",
    StringNotLike "string_not_like" "StringNotLike",
    NumericEqual "numeric_equal" "NumericEquals",
    NumericNotEqual "numeric_not_equal" "NumericNotEquals",
    NumericLess "numeric_less_than" "NumericLessThan",
    NumericLessEqual "numeric_less_than_equal" "NumericLessThanEquals",
    NumericGreater "numeric_greater_than" "NumericGreaterThan",
    NumericGreaterEqual "numeric_greater_than_equal" "NumericGreaterThanEquals",
    DateEqual "date_equal" "DateEquals",
    DateNotEqual "date_not_equal" "DateNotEquals",
    DateLess "date_less_than" "DateLessThan",
    DateLessEqual "date_less_than_equal" "DateLessThanEquals",
    DateGreater "date_greater_than" "DateGreaterThan",
    DateGreaterEqual "date_greater_than_equal" "DateGreaterThanEquals",
    BoolEqual "bool_equal" "Bool",
    BinaryEqual "binary_equal" "BinaryEquals",
    IpEqual "ip_equal" "IpAddress",
    IpNotEqual "ip_not_equal" "NotIpAddress",
    Null "null_equal" "Null",
}

impl Operator {
    pub(super) fn parse(text: &str) -> Result<Self, PolicyProblem> {
        let bad = || PolicyProblem::Operator { value: text.to_owned() };
        let (qualifier, rest) = match text.split_once(':') {
            Some(("for_any_value" | "ForAnyValue" | "ForAnyValues", rest)) => {
                (Some(Qualifier::Any), rest)
            }
            Some(("for_all_value" | "ForAllValue" | "ForAllValues", rest)) => {
                (Some(Qualifier::All), rest)
            }
            Some(_) => return Err(bad()),
            None => (None, text),
        };
        let suffix = rest.strip_suffix("_if_exist").or_else(|| rest.strip_suffix("IfExists"));
        let test = Test::from_name(suffix.unwrap_or(rest)).ok_or_else(bad)?;
        // Whether a key is there is what null_equal itself asks.
        if test == Test::Null && (suffix.is_some() || qualifier.is_some()) {
            return Err(bad());
        }
        Ok(Self { qualifier, test, if_exist: suffix.is_some() })
    }
}

impl Test {
    /// Whether it asks that no value of the policy matches.
    fn is_negated(self) -> bool {
        matches!(
            self,
            Self::StringNotEqual
                | Self::StringNotEqualIgnoreCase
                | Self::StringNotLike
                | Self::NumericNotEqual
                | Self::DateNotEqual
                | Self::IpNotEqual
        )
    }

    /// Whether a request's value passes, beside the values of the policy: any of them must match, or none if the test is
    /// negated (inferred). A value of another type passes no test, not even a negated one: that is a decision.
    pub(super) fn passes(self, given: &str, wanted: &[Wanted]) -> bool {
        let matched = wanted.iter().map(|wanted| self.matches(given, wanted));
        let matched: Option<Vec<bool>> = matched.collect();
        matched.is_some_and(|matched| matched.contains(&true) != self.is_negated())
    }

    /// Whether a value matches, the negation aside; `None` if it is of another type.
    fn matches(self, given: &str, wanted: &Wanted) -> Option<bool> {
        Some(match wanted {
            Wanted::Text(text) => match self {
                Self::StringEqualIgnoreCase | Self::StringNotEqualIgnoreCase => {
                    given.to_lowercase() == text.to_lowercase()
                }
                _ => given == text,
            },
            Wanted::Like(glob) => glob.matches(given),
            Wanted::Number(number) => self.holds(parse_number(given)?.partial_cmp(number)?),
            Wanted::Date(date) => self.holds(parse_date(given)?.cmp(date)),
            Wanted::Bool(truth) => parse_bool(given)? == *truth,
            Wanted::Binary(bytes) => given.as_bytes() == bytes.as_slice(),
            Wanted::Network(network) => network.contains(given.parse().ok()?),
        })
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::NumericLess | Self::DateLess => ordering.is_lt(),
            Self::NumericLessEqual | Self::DateLessEqual => ordering.is_le(),
            Self::NumericGreater | Self::DateGreater => ordering.is_gt(),
            Self::NumericGreaterEqual | Self::DateGreaterEqual => ordering.is_ge(),
            _ => ordering.is_eq(),
        }
    }
}

/// A value of a condition, of its operator's type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wanted {
    Text(String),
    Like(Glob),
    Number(f64),
    /// Unix seconds.
    Date(i64),
    Bool(bool),
    /// In base64 in the policy, as it is in the request: a decision, since no document says more than the name.
    Binary(Vec<u8>),
    Network(Network),
}

impl Wanted {
    /// Reads a value for a test. `null_equal` wants a truth, too.
    pub(super) fn parse(test: Test, text: &str) -> Result<Self, PolicyProblem> {
        use Test as T;
        let (wanted, expected) = match test {
            T::StringEqual
            | T::StringNotEqual
            | T::StringEqualIgnoreCase
            | T::StringNotEqualIgnoreCase => (Some(Self::Text(text.to_owned())), "a text"),
            T::StringLike | T::StringNotLike => (Some(Self::Like(Glob::new(text))), "a text"),
            T::NumericEqual
            | T::NumericNotEqual
            | T::NumericLess
            | T::NumericLessEqual
            | T::NumericGreater
            | T::NumericGreaterEqual => (parse_number(text).map(Self::Number), "a number"),
            T::DateEqual
            | T::DateNotEqual
            | T::DateLess
            | T::DateLessEqual
            | T::DateGreater
            | T::DateGreaterEqual => {
                (parse_date(text).map(Self::Date), "a time such as 2016-06-01T00:01:00Z")
            }
            T::BoolEqual | T::Null => (parse_bool(text).map(Self::Bool), "true or false"),
            T::BinaryEqual => (STANDARD.decode(text).ok().map(Self::Binary), "base64"),
            T::IpEqual | T::IpNotEqual => {
                (Network::parse(text).map(Self::Network), "an address or a network")
            }
        };
        wanted.ok_or_else(|| PolicyProblem::Value { expected, value: text.to_owned() })
    }
}

impl Wanted {
    /// Values of a request at and beside it; times as Unix seconds.
    pub(super) fn edges(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone(), format!("{text}x")],
            Self::Like(glob) => {
                let mut edges = samples(glob.text());
                edges.push("x".to_owned());
                edges
            }
            Self::Number(number) => {
                [number - 1.0, *number, number + 1.0].iter().map(f64::to_string).collect()
            }
            Self::Date(date) => [date.saturating_sub(1), *date, date.saturating_add(1)]
                .map(|at| at.to_string())
                .into(),
            Self::Bool(_) => vec!["true".to_owned(), "false".to_owned()],
            Self::Binary(bytes) => vec![String::from_utf8_lossy(bytes).into_owned()],
            Self::Network(network) => network.edges(),
        }
    }
}

/// A number in plain decimal, with a sign or a fraction.
fn parse_number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    text.parse().ok().filter(|number: &f64| is_plain && number.is_finite())
}

/// ISO 8601, or the form with a space and without a zone that examples have; that is UTC by decision.
fn parse_date(text: &str) -> Option<i64> {
    let text = match text.split_once(' ') {
        Some((day, time)) => Cow::Owned(format!("{day}T{time}Z")),
        None => Cow::Borrowed(text),
    };
    from_iso8601(&text)
}

fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(operator: &str, given: &str, wanted: &[&str]) -> bool {
        let test = Operator::parse(operator).unwrap().test;
        let wanted: Vec<_> = wanted.iter().map(|text| Wanted::parse(test, text).unwrap()).collect();
        test.passes(given, &wanted)
    }

    #[test]
    fn each_operator_passes_one_value_and_refuses_another() {
        let later = "2016-06-01T00:01:00Z";
        let earlier = "2016-06-01T00:00:59Z";
        let cases: &[(&str, &[&str], &str, &str)] = &[
            ("string_equal", &["a", "b"], "b", "B"),
            ("string_not_equal", &["a", "b"], "c", "b"),
            ("string_equal_ignore_case", &["Aä"], "aÄ", "b"),
            ("string_not_equal_ignore_case", &["A"], "b", "a"),
            ("string_like", &["image/*", "text/*"], "image/png", "Image/png"),
            ("string_not_like", &["image/*"], "text/plain", "image/png"),
            ("numeric_equal", &["1.2"], "1.2", "1.1"),
            ("numeric_not_equal", &["5"], "6", "5.0"),
            ("numeric_less_than", &["10"], "9", "10"),
            ("numeric_less_than_equal", &["10"], "10", "11"),
            ("numeric_greater_than", &["10"], "11", "10"),
            ("numeric_greater_than_equal", &["10"], "10", "9"),
            ("date_equal", &[later], later, earlier),
            ("date_not_equal", &[later], earlier, "2016-06-01T08:01:00+08:00"),
            ("date_less_than", &[later], earlier, later),
            ("date_less_than_equal", &[later], later, "2016-06-01T00:01:01Z"),
            ("date_greater_than", &[earlier], later, earlier),
            ("date_greater_than_equal", &["2016-06-01 00:01:00"], later, earlier),
            ("bool_equal", &["true"], "true", "false"),
            ("binary_equal", &["YWI="], "ab", "YWI="),
            ("ip_equal", &["10.0.0.0/24", "1.2.3.4"], "1.2.3.4", "10.0.1.1"),
            ("ip_not_equal", &["10.0.0.0/24", "1.2.3.4"], "10.0.1.1", "1.2.3.4"),
        ];
        for (operator, wanted, passed, refused) in cases {
            assert!(passes(operator, passed, wanted), "{operator} {passed}");
            assert!(!passes(operator, refused, wanted), "{operator} {refused}");
        }
        // null_equal compares no values.
        assert_eq!(cases.len() + 1, Test::ALL.len());
    }

    #[test]
    fn a_value_of_another_type_passes_nothing() {
        for operator in ["numeric_equal", "numeric_not_equal"] {
            assert!(!passes(operator, "x", &["5"]), "{operator}");
        }
        assert!(!passes("ip_not_equal", "x", &["1.2.3.4"]));
    }

    #[test]
    fn operators_have_qualifiers_suffixes_and_names_of_the_console() {
        for (test, name) in Test::ALL {
            assert_eq!(Operator::parse(name).unwrap().test, *test);
        }
        let operator = Operator::parse("for_any_value:string_like_if_exist").unwrap();
        assert_eq!(
            operator,
            Operator { qualifier: Some(Qualifier::Any), test: Test::StringLike, if_exist: true }
        );
        let aliased = Operator::parse("ForAllValues:NumericLessThanEqualsIfExists").unwrap();
        assert_eq!(
            aliased,
            Operator {
                qualifier: Some(Qualifier::All),
                test: Test::NumericLessEqual,
                if_exist: true
            }
        );
    }

    #[test]
    fn an_unknown_operator_or_value_is_refused() {
        for text in [
            "",
            "equal",
            "String_equal",
            "for_some:string_equal",
            "null_equal_if_exist",
            "for_any_value:null_equal",
        ] {
            let refused = Operator::parse(text);
            assert_eq!(refused, Err(PolicyProblem::Operator { value: text.into() }), "{text}");
        }
        for (test, text) in [
            (Test::NumericLess, "1e9"),
            (Test::NumericLess, "many"),
            (Test::NumericLess, ""),
            (Test::DateLess, "tomorrow"),
            (Test::BoolEqual, "TRUE"),
            (Test::BinaryEqual, "%"),
            (Test::IpEqual, "localhost"),
            (Test::Null, "1"),
        ] {
            let refused = Wanted::parse(test, text);
            assert!(matches!(refused, Err(PolicyProblem::Value { .. })), "{test:?} {text}");
        }
    }
}
