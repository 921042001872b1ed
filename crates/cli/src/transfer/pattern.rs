//! `--include` and `--exclude`: `*` is anything within a folder, `**` anything at all, `?` one character. A pattern without
//! a `/` is that of a name in any folder.

use clap::Args;

#[derive(Args, Clone, Default)]
pub(crate) struct SelectArgs {
    /// Everything below a folder or a prefix
    #[arg(short, long)]
    pub(super) recursive: bool,

    /// Only what matches: '*.jpg', 'photos/**'. May be given again
    #[arg(long, value_name = "PATTERN")]
    pub(super) include: Vec<String>,

    /// Not what matches, even if it is included. May be given again
    #[arg(long, value_name = "PATTERN")]
    pub(super) exclude: Vec<String>,
}

impl SelectArgs {
    /// Whether a path, relative to where it was looked for, is meant.
    pub(super) fn takes(&self, path: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, path));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let path = if pattern.contains('/') { path } else { path.rsplit('/').next().unwrap_or(path) };
    let (pattern, path): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), path.chars().collect());
    is_match(&pattern, &path)
}

/// Row by row, so that no pattern takes more than its length times that of the path.
fn is_match(pattern: &[char], path: &[char]) -> bool {
    // Whether the pattern so far matches the first characters of the path, by their number.
    let mut row: Vec<bool> = std::iter::once(true).chain(path.iter().map(|_| false)).collect();
    let mut rest = pattern;
    while let Some((&first, after)) = rest.split_first() {
        let is_deep = first == '*' && after.first() == Some(&'*');
        rest = if is_deep { after.get(1..).unwrap_or_default() } else { after };
        row = match first {
            '*' => starred(&row, path, is_deep),
            _ => one(&row, path, first),
        };
    }
    row.last().copied().unwrap_or_default()
}

fn starred(row: &[bool], path: &[char], is_deep: bool) -> Vec<bool> {
    let mut held = false;
    let passed = std::iter::once(None).chain(path.iter().map(Some));
    let step = |(&before, passed): (&bool, Option<&char>)| {
        held = before || (held && (is_deep || passed != Some(&'/')));
        held
    };
    row.iter().zip(passed).map(step).collect()
}

fn one(row: &[bool], path: &[char], wanted: char) -> Vec<bool> {
    let fits = |char: &char| (wanted == '?' && *char != '/') || *char == wanted;
    let next = row.iter().zip(path).map(|(&before, char)| before && fits(char));
    std::iter::once(false).chain(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_and_paths() {
        for (pattern, path) in [
            ("*.jpg", "a/b/c.jpg"),
            ("*.jpg", ".jpg"),
            ("a/*.jpg", "a/b.jpg"),
            ("a/**", "a/b/c"),
            ("**/c", "a/b/c"),
            ("a?c", "x/abc"),
            ("页*", "页面"),
            ("**", ""),
            ("a*b*c", "aXbYc"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("*.jpg", "a.jpg.txt"),
            ("a/*.jpg", "a/b/c.jpg"),
            ("a?c", "a/c"),
            ("a", "b/ab"),
            ("a/?", "a/"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
        let long = "a".repeat(10_000);
        assert!(!matches(&"*a".repeat(500), &format!("{long}b")));
    }

    #[test]
    fn what_is_excluded_is_not_taken() {
        let select = SelectArgs {
            include: vec!["*.jpg".to_owned()],
            exclude: vec!["b/**".to_owned()],
            ..SelectArgs::default()
        };
        assert!(select.takes("a/x.jpg") && !select.takes("b/x.jpg") && !select.takes("a/x.png"));
        assert!(SelectArgs::default().takes("anything"));
    }
}
