//! JSON as it was written: members in their order, repeated ones kept, so that nothing is dropped before it is looked at.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::exit::Failure;
use crate::pairs::Pairs;

/// A JSON value. Texts are borrowed from the line wherever they hold no escape.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Whole(i128),
    /// A number with a fraction or an exponent, which has no one spelling.
    Fraction,
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// Appends a text as JSON has it. One without anything to escape is found at once and copied.
pub(crate) fn write_text(out: &mut String, text: &str) {
    let is_escaped = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if text.bytes().fold(false, |found, byte| found | is_escaped(byte)) {
        out.push_str(&serde_json::Value::from(text).to_string());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

impl<'a> Json<'a> {
    /// Reads the one object that a line of a batch holds.
    pub(crate) fn object(line: &'a [u8]) -> Result<Vec<(Cow<'a, str>, Json<'a>)>, Failure> {
        if line.trim_ascii().is_empty() {
            return Err(Failure::usage("empty-line", "the line is empty; write one JSON object"));
        }
        // What is text as a whole needs not be looked at again, text by text.
        let read = match std::str::from_utf8(line) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(line),
        };
        match read {
            Ok(Json::Object(members)) => Ok(members),
            Ok(_) => Err(Failure::usage(
                "not-an-object",
                "the line is JSON and no object; write one object, {…}",
            )),
            Err(error) => {
                // The text of the error has no value in it, but `line 1`, which is always so.
                let column = error.column();
                let what = if error.is_eof() { "ends too early" } else { "is not JSON" };
                Err(Failure::usage("json", format_args!("the line {what}, at byte {column}")))
            }
        }
    }

    /// The text of a field that holds text.
    pub(crate) fn text(self, field: &str) -> Result<Cow<'a, str>, Failure> {
        match self {
            Json::Text(text) => Ok(text),
            other => Err(other.mistyped(field, "a text")),
        }
    }

    /// The number of a field that holds a whole number.
    pub(crate) fn whole(self, field: &str) -> Result<i128, Failure> {
        match self {
            Json::Whole(number) => Ok(number),
            other => Err(other.mistyped(field, "a whole number")),
        }
    }

    /// The Unix time of a field that holds one.
    pub(crate) fn time(self, field: &str) -> Result<i64, Failure> {
        let seconds = self.whole(field)?;
        i64::try_from(seconds).map_err(|_| {
            let message = format_args!("{field} is {seconds}, which is no time in Unix seconds");
            Failure::usage("time", message)
        })
    }

    /// The truth of a field that holds `true` or `false`.
    pub(crate) fn truth(self, field: &str) -> Result<bool, Failure> {
        match self {
            Json::Bool(truth) => Ok(truth),
            other => Err(other.mistyped(field, "true or false")),
        }
    }

    /// The pairs of an object, or of an array of two-element arrays.
    pub(crate) fn pairs(self, field: &str) -> Result<Pairs<'a>, Failure> {
        match self {
            Json::Object(members) => {
                members.into_iter().map(|(name, value)| Ok((name, value.scalar(field)?))).collect()
            }
            Json::List(items) => items
                .into_iter()
                .map(|item| match item {
                    Json::List(pair) => match <[Json<'a>; 2]>::try_from(pair) {
                        Ok([name, value]) => Ok((name.text(field)?, value.scalar(field)?)),
                        Err(_) => Err(Json::Null.mistyped(field, "pairs of two")),
                    },
                    other => Err(other.mistyped(field, "pairs, [\"name\", \"value\"]")),
                })
                .collect(),
            other => Err(other.mistyped(field, "an object or an array of pairs")),
        }
    }

    /// The text of a parameter's or header's value.
    fn scalar(self, field: &str) -> Result<Cow<'a, str>, Failure> {
        Ok(match self {
            Json::Text(text) => text,
            Json::Whole(number) => number.to_string().into(),
            Json::Bool(truth) => if truth { "true" } else { "false" }.into(),
            Json::Null => "".into(),
            other => {
                let expected = "texts, whole numbers of 64 bits, true, false or null";
                return Err(other.mistyped(field, expected));
            }
        })
    }

    /// The refusal of a value of another kind. It never shows the value: it may be a token.
    fn mistyped(&self, field: &str, expected: &str) -> Failure {
        let found = match self {
            Json::Null => "something else",
            Json::Bool(_) => "true or false",
            Json::Whole(_) => "a number",
            Json::Fraction => "a number with a fraction, or beyond 64 bits",
            Json::Text(_) => "a text",
            Json::List(_) => "an array",
            Json::Object(_) => "an object",
        };
        Failure::usage("field-type", format_args!("{field} holds {found}; it takes {expected}"))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Whole(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Whole(number.into()))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json<'de>, E> {
        Ok(Json::Fraction)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json<'de>, A::Error> {
        let mut object = Vec::new();
        while let Some((Name(name), value)) = members.next_entry()? {
            object.push((name, value));
        }
        Ok(Json::Object(object))
    }
}

/// A member's name, borrowed where it can be.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(JsonVisitor)? {
            Json::Text(text) => Ok(Name(text)),
            _ => Err(D::Error::custom("a member without a name")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_as_serde_writes_it() {
        for character in (0..=0xff).filter_map(char::from_u32).chain(['腾', '\u{2028}', '😀']) {
            for text in [format!("{character}"), format!("{}{character}", "a".repeat(40))] {
                let mut out = String::new();
                write_text(&mut out, &text);
                assert_eq!(out, serde_json::to_string(&text).unwrap());
            }
        }
    }

    fn code(result: Result<impl fmt::Debug, Failure>) -> &'static str {
        match result {
            Err(Failure::Told { code, .. }) => code,
            other => panic!("{other:?}"),
        }
    }

    fn field(line: &str) -> Json<'_> {
        Json::object(line.as_bytes()).unwrap().remove(0).1
    }

    #[test]
    fn order_and_repetition_are_kept() {
        let members = Json::object(br#" {"b":1,"a":null,"b":"\u4e2d"} "#).unwrap();
        let names: Vec<_> = members.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["b", "a", "b"]);
        assert_eq!(members[2].1, Json::Text("中".into()));
    }

    #[test]
    fn pairs_come_as_object_or_as_array() {
        let expected = [("a", "1"), ("b", "true"), ("c", "")];
        for line in
            [r#"{"p":{"a":1,"b":true,"c":null}}"#, r#"{"p":[["a","1"],["b",true],["c",null]]}"#]
        {
            let pairs = field(line).pairs("p").unwrap();
            assert_eq!(pairs, expected.map(|(n, v)| (Cow::from(n), Cow::from(v))));
        }
    }

    #[test]
    fn values_of_another_kind_are_refused_without_being_shown() {
        for line in
            [r#"{"p":"hush"}"#, r#"{"p":[["a"]]}"#, r#"{"p":["hush"]}"#, r#"{"p":{"a":["hush"]}}"#]
        {
            let refusal = field(line).pairs("p").unwrap_err();
            assert!(!refusal.message().contains("hush"), "{}", refusal.message());
        }
        assert_eq!(code(field(r#"{"p":{"a":1.5}}"#).pairs("p")), "field-type");
        assert_eq!(code(field(r#"{"p":"1"}"#).whole("p")), "field-type");
        for line in [r#"{"p":300.0}"#, r#"{"p":99999999999999999999}"#] {
            let refusal = field(line).whole("p").unwrap_err();
            assert!(refusal.message().contains("beyond 64 bits"), "{}", refusal.message());
            assert!(!refusal.message().contains("as a text"), "a text is refused, too");
        }
        assert_eq!(code(field(r#"{"p":1}"#).text("p")), "field-type");
        assert_eq!(code(field(r#"{"p":0}"#).truth("p")), "field-type");
    }

    #[test]
    fn lines_that_are_no_object_are_refused() {
        assert_eq!(code(Json::object(b"  ")), "empty-line");
        assert_eq!(code(Json::object(b"[1]")), "not-an-object");
        assert_eq!(code(Json::object(b"{\"a\":1} {}")), "json");
        assert_eq!(code(Json::object(b"{\"a\":\"\xff\"}")), "json");
        assert_eq!(code(Json::object("[".repeat(500).as_bytes())), "json");
    }
}
