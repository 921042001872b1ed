//! JSON as it was written: members in their order and repeated ones kept, so that nothing is dropped before it is looked at.

use std::fmt;

use serde_core::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value. A number keeps the text that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Where the text stops being JSON: line and column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotJson {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A step from a value to one within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathStep {
    /// To the member of an object; to the first one of that name.
    Member(String),
    /// To the item of a list, from 0.
    Item(usize),
}

/// The line, from 1, on which a value begins in a text that is JSON. Where the path leads nowhere, that of the last value
/// that it leads to: it is told to people, and nothing depends on it.
pub(crate) fn line_of(text: &[u8], path: &[PathStep]) -> usize {
    let mut cursor = Cursor { text, at: 0 };
    cursor.skip_space();
    for step in path {
        let Some(within) = cursor.step(step) else { break };
        cursor.at = within;
    }
    1 + text.iter().take(cursor.at).filter(|&&byte| byte == b'\n').count()
}

/// A place in a text that is known to be JSON.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.byte().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Passes a punctuation mark with the space around it.
    fn pass(&mut self, mark: u8) -> Option<()> {
        self.skip_space();
        (self.byte()? == mark).then_some(())?;
        self.at += 1;
        self.skip_space();
        Some(())
    }

    /// Passes a text in quotes, and shows it with them.
    fn pass_text(&mut self) -> Option<&'a [u8]> {
        let begin = self.at;
        self.pass_quote()?;
        loop {
            match self.byte()? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(begin..self.at)
    }

    fn pass_quote(&mut self) -> Option<()> {
        (self.byte()? == b'"').then_some(())?;
        self.at += 1;
        Some(())
    }

    /// Passes a value with all that lies in it.
    fn pass_value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.byte()? {
                b'"' => {
                    self.pass_text()?;
                }
                b'[' | b'{' => (self.at, depth) = (self.at + 1, depth + 1),
                b']' | b'}' => (self.at, depth) = (self.at + 1, depth.checked_sub(1)?),
                _ => self.at += 1,
            }
            let is_over = self.byte().is_none_or(|byte| b",]} \t\r\n".contains(&byte));
            if depth == 0 && is_over {
                return Some(());
            }
        }
    }

    /// Where a value within this one begins.
    fn step(mut self, step: &PathStep) -> Option<usize> {
        match step {
            PathStep::Member(name) => {
                self.pass(b'{')?;
                loop {
                    let found: String = serde_json::from_slice(self.pass_text()?).ok()?;
                    self.pass(b':')?;
                    if found == *name {
                        return Some(self.at);
                    }
                    self.pass_value()?;
                    self.pass(b',')?;
                }
            }
            PathStep::Item(index) => {
                self.pass(b'[')?;
                for _ in 0..*index {
                    self.pass_value()?;
                    self.pass(b',')?;
                }
                Some(self.at)
            }
        }
    }
}

impl Json {
    /// Reads one value. Values lie at most 128 deep in each other: serde_json refuses more.
    pub(crate) fn read(text: &[u8]) -> Result<Self, NotJson> {
        serde_json::from_slice(text)
            .map_err(|error| NotJson { line: error.line(), column: error.column() })
    }

    /// How many bytes it takes when it is written without spaces.
    pub(crate) fn length(&self) -> usize {
        let quoted = |text: &str| {
            text.chars().fold(2, |length: usize, c| match c {
                '"' | '\\' | '\n' | '\r' | '\t' => length + 2,
                c if c.is_ascii_control() => length + 6,
                c => length + c.len_utf8(),
            })
        };
        let commas = |items: usize| items.saturating_sub(1);
        match self {
            Self::Null | Self::Bool(true) => 4,
            Self::Bool(false) => 5,
            Self::Number(text) => text.len(),
            Self::Text(text) => quoted(text),
            Self::List(items) => {
                2 + commas(items.len()) + items.iter().map(Json::length).sum::<usize>()
            }
            Self::Object(members) => {
                let member = |(name, value): &(String, Json)| quoted(name) + 1 + value.length();
                2 + commas(members.len()) + members.iter().map(member).sum::<usize>()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_are_kept_twice() {
        let text = r#"{"b":[null,true,false,-1,18446744073709551615,1.5,"x\"\n页"],"a":{},"b":[]}"#;
        let json = Json::read(text.as_bytes()).unwrap();
        let Json::Object(members) = &json else { panic!("{json:?}") };
        let names: Vec<_> = members.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "a", "b"]);
        assert_eq!(json.length(), text.len());
    }

    #[test]
    fn the_line_of_a_value_is_found() {
        let text = "\n{\"a\\\"\": [1,\n {\"b\": \"}]\"},\n\n[]], \"\\u0061\"\n:\n\n{\"b\":\n-1.5 ,\"c\":[ ]}}\n";
        assert!(Json::read(text.as_bytes()).is_ok());
        let member = |name: &str| PathStep::Member(name.to_owned());
        let item = PathStep::Item;
        for (path, line) in [
            (vec![], 2),
            (vec![member("a\"")], 2),
            (vec![member("a\""), item(0)], 2),
            (vec![member("a\""), item(1), member("b")], 3),
            (vec![member("a\""), item(2)], 5),
            (vec![member("a")], 8),
            (vec![member("a"), member("b")], 9),
            (vec![member("a"), member("c")], 9),
            (vec![member("a"), member("x")], 8),
            (vec![item(0)], 2),
        ] {
            assert_eq!(line_of(text.as_bytes(), &path), line, "{path:?}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        assert_eq!(Json::read(b"{\n,}"), Err(NotJson { line: 2, column: 1 }));
        assert!(Json::read(b"").is_err() && Json::read(b"{} x").is_err());
        let deep = ["[".repeat(200), "]".repeat(200)].concat();
        assert!(Json::read(deep.as_bytes()).is_err());
        assert!(Json::read(b"\"\xff\"").is_err());
    }
}
