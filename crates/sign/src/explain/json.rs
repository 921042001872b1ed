//! An explanation as JSON (RFC 8259): one shape, whoever writes it.

use std::fmt::Write;

use crate::explain::{Explanation, Verdict};

impl Explanation {
    /// One line: `{"cause","message","remedy","stages":[{"name","verdict","here","there"}]}`.
    ///
    /// `verdict` is `same`, `differs` or `unknown`; `there` is `null` where nothing is known.
    ///
    /// ```
    /// use cospass_sign::RequestHead;
    /// use cospass_sign::explain::{Evidence, explain};
    ///
    /// let explanation = explain(&Evidence::new(RequestHead::new("GET", b"/", None, &[])));
    /// assert!(explanation.to_json().starts_with(r#"{"cause":"unsigned","message":"#));
    /// ```
    pub fn to_json(&self) -> String {
        let mut json = String::from("{");
        member(&mut json, "cause", Some(self.cause.id()));
        json.push(',');
        member(&mut json, "message", Some(&self.cause.to_string()));
        json.push(',');
        member(&mut json, "remedy", Some(self.cause.remedy()));
        json.push_str(",\"stages\":[");
        for (index, stage) in self.stages.iter().enumerate() {
            json.push_str(if index == 0 { "{" } else { ",{" });
            let verdict = match stage.verdict {
                Verdict::Same => "same",
                Verdict::Differs => "differs",
                Verdict::Unknown => "unknown",
            };
            member(&mut json, "name", Some(&stage.name));
            json.push(',');
            member(&mut json, "verdict", Some(verdict));
            json.push(',');
            member(&mut json, "here", Some(&stage.here));
            json.push(',');
            member(&mut json, "there", stage.there.as_deref());
            json.push('}');
        }
        json.push_str("]}");
        json
    }
}

fn member(json: &mut String, name: &str, value: Option<&str>) {
    text(json, name);
    json.push(':');
    match value {
        Some(value) => text(json, value),
        None => json.push_str("null"),
    }
}

fn text(json: &mut String, text: &str) {
    json.push('"');
    for char in text.chars() {
        match char {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            char if char < ' ' => {
                // Writing to a string cannot fail.
                let _ = write!(json, "\\u{:04x}", u32::from(char));
            }
            char => json.push(char),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::explain::{Cause, Stage};

    #[test]
    fn a_reader_of_json_reads_it_back() {
        let nasty = "a\"b\\c\n\t\u{0}\u{1f}\u{7f}/中\u{1f600}\u{2028}";
        let stage = |there: Option<&str>, verdict| Stage {
            name: nasty.into(),
            here: String::new(),
            there: there.map(str::to_owned),
            verdict,
        };
        let cause = Cause::ParamNotSent { name: nasty.into() };
        let explanation = Explanation {
            stages: vec![
                stage(Some(nasty), Verdict::Differs),
                stage(None, Verdict::Unknown),
                stage(Some(""), Verdict::Same),
            ],
            cause: cause.clone(),
        };
        let read: Value = serde_json::from_str(&explanation.to_json()).unwrap();
        assert_eq!(
            read,
            json!({
                "cause": "param-not-sent",
                "message": cause.to_string(),
                "remedy": cause.remedy(),
                "stages": [
                    {"name": nasty, "verdict": "differs", "here": "", "there": nasty},
                    {"name": nasty, "verdict": "unknown", "here": "", "there": null},
                    {"name": nasty, "verdict": "same", "here": "", "there": ""},
                ],
            })
        );
        let members: Vec<_> = read.as_object().unwrap().keys().collect();
        assert_eq!(members, ["cause", "message", "remedy", "stages"]);
    }
}
