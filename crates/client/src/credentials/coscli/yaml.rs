//! As much YAML as coscli writes: mappings of one entry a line, and lists, which are passed over. Names in any case of their
//! letters, as coscli's own reader (viper) takes them.

use std::path::Path;

use super::super::CredentialsError;
use super::malformed;

/// The entries of `cos.base`.
pub(super) struct Base<'t> {
    entries: Vec<(&'t str, &'t str, usize)>,
    line: usize,
}

impl<'t> Base<'t> {
    pub(super) fn read(path: &Path, text: &'t str) -> Result<Self, CredentialsError> {
        let mut found = Self { entries: Vec::new(), line: 1 };
        // The mappings that the line stands in: how far each is indented, and its name.
        let mut within: Vec<(usize, &str)> = Vec::new();
        let mut list = None;
        for (number, whole) in (1..).zip(text.lines()) {
            let bad = |problem: &str| malformed(path, number, problem);
            let line = whole.trim();
            if line.is_empty() || line.starts_with('#') || line == "---" {
                continue;
            }
            let indent = whole.len() - whole.trim_start_matches(' ').len();
            if whole.starts_with('\t') || whole.trim_start_matches(' ').starts_with('\t') {
                return Err(bad("a tab indents it, which YAML does not allow; use spaces"));
            }
            if line.starts_with('-') {
                list = Some(indent);
                continue;
            }
            if list.is_some_and(|list| indent > list) {
                continue;
            }
            list = None;
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| bad("it is no entry, name: value; mend or remove it"))?;
            while within.last().is_some_and(|(outer, _)| *outer >= indent) {
                within.pop();
            }
            let path_is = |names: &[&str]| {
                let mut pairs = within.iter().map(|(_, name)| *name).zip(names);
                within.len() == names.len()
                    && pairs.all(|(name, expected)| name.eq_ignore_ascii_case(expected))
            };
            let value =
                scalar(value).ok_or_else(|| bad("the value has a quote at one end alone"))?;
            if path_is(&["cos", "base"]) {
                found.entries.push((name.trim(), value, number));
            } else if value.starts_with('{') && (within.is_empty() || path_is(&["cos"])) {
                return Err(bad("a mapping in braces is not read; write one entry a line"));
            } else if path_is(&["cos"]) && name.trim().eq_ignore_ascii_case("base") {
                found.line = number;
            }
            within.push((indent, name.trim()));
        }
        Ok(found)
    }

    /// A value that is not empty, and its line.
    pub(super) fn find(&self, name: &str) -> Option<(&'t str, usize)> {
        let entry = self.entries.iter().find(|(other, ..)| other.eq_ignore_ascii_case(name))?;
        Some((entry.1, entry.2)).filter(|(value, _)| !value.is_empty())
    }

    /// The line of `base`, or the first.
    pub(super) fn line(&self) -> usize {
        self.line
    }
}

/// A value without its quotes, and without a comment behind it.
fn scalar(text: &str) -> Option<&str> {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.split_once(quote).map(|(value, _)| value);
        }
    }
    Some(text.split_once(" #").map_or(text, |(value, _)| value.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# c\ncos:\n  base:\n    secretid: i # x\n    SecretKey: \"k #1\"\n    mode: ''\n  buckets:\n  \
        - name: b\n    secretid: other\n    region: r\n  more:\n    secretid: none\n";

    #[test]
    fn the_entries_of_the_base_are_read() {
        let base = Base::read(Path::new("f"), FILE).unwrap();
        assert_eq!(base.find("SecretID"), Some(("i", 4)));
        assert_eq!((base.find("secretkey"), base.find("mode")), (Some(("k #1", 5)), None));
        assert_eq!((base.entries.len(), base.line()), (3, 3));
    }

    #[test]
    fn what_is_not_read_is_refused_by_line() {
        for (text, line) in [
            ("cos:\n\tbase:\n", 2),
            ("cos:\n  base: {secretid: i}\n", 2),
            ("cos: {base: {}}\n", 1),
            ("cos:\n  base:\n    secretid\n", 3),
            ("cos:\n  base:\n    secretid: \"i\n", 3),
        ] {
            let refused = Base::read(Path::new("f"), text).err().unwrap();
            assert!(refused.to_string().starts_with(&format!("f, line {line}: ")), "{refused}");
        }
    }
}
