//! INI files as Python's `configparser` writes them: `[section]`, `name = value`, whole lines of comment.

use std::path::Path;

use super::CredentialsError;

/// The entries of a file, in their order.
pub(super) struct Ini<'t>(Vec<Entry<'t>>);

struct Entry<'t> {
    section: &'t str,
    name: &'t str,
    value: &'t str,
    line: usize,
}

impl<'t> Ini<'t> {
    pub(super) fn read(path: &Path, text: &'t str) -> Result<Self, CredentialsError> {
        let mut section = "";
        let mut entries = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let bad = |problem: &str| malformed(path, number, problem);
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                let name = rest.strip_suffix(']');
                section =
                    name.ok_or_else(|| bad("the section has no end; write it as [name]"))?.trim();
                continue;
            }
            let (name, value) = line.split_once(['=', ':']).ok_or_else(|| {
                bad("it is neither a [section] nor name = value; mend or remove it")
            })?;
            entries.push(Entry { section, name: name.trim(), value: value.trim(), line: number });
        }
        Ok(Self(entries))
    }

    /// The value of a name, in any case of its letters, and its line; that of an empty value is none.
    pub(super) fn find(&self, section: &str, name: &str) -> Option<(&'t str, usize)> {
        let is_it =
            |entry: &&Entry<'_>| entry.section == section && entry.name.eq_ignore_ascii_case(name);
        let found = self.0.iter().rev().find(is_it)?;
        Some((found.value, found.line)).filter(|(value, _)| !value.is_empty())
    }

    /// The line at which a section begins to have entries.
    pub(super) fn line_of(&self, section: &str) -> Option<usize> {
        self.0.iter().find(|entry| entry.section == section).map(|entry| entry.line)
    }
}

pub(super) fn malformed(path: &Path, line: usize, problem: &str) -> CredentialsError {
    CredentialsError::Malformed { path: path.to_owned(), line, problem: problem.to_owned() }
}

/// A pair of which both are there or none; half of it is an error.
pub(super) fn pair<'t>(
    path: &Path,
    id: Option<(&'t str, usize)>,
    key: Option<(&'t str, usize)>,
    names: [&str; 2],
) -> Result<Option<(&'t str, &'t str)>, CredentialsError> {
    let [id_name, key_name] = names;
    match (id, key) {
        (Some((id, _)), Some((key, _))) => Ok(Some((id, key))),
        (None, None) => Ok(None),
        (Some((_, line)), None) => {
            Err(malformed(path, line, &format!("{id_name} has no {key_name} with it; add it")))
        }
        (None, Some((_, line))) => {
            Err(malformed(path, line, &format!("{key_name} has no {id_name} with it; add it")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_names_and_comments_are_read() {
        let text = "; a\n[common]\nSecret_ID = i \nkey=\n# b\n[other]\nx: y\n";
        let ini = Ini::read(Path::new("f"), text).unwrap();
        assert_eq!(ini.find("common", "secret_id"), Some(("i", 3)));
        assert_eq!((ini.find("common", "key"), ini.find("other", "secret_id")), (None, None));
        assert_eq!((ini.find("other", "x"), ini.line_of("other")), (Some(("y", 7)), Some(7)));
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for (text, line) in [("[a\n", 1), ("[a]\nb = c\nnothing\n", 3)] {
            let refused = Ini::read(Path::new("f"), text).err().unwrap();
            assert!(refused.to_string().starts_with(&format!("f, line {line}: ")), "{refused}");
        }
    }
}
