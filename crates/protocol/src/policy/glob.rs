//! Texts with wildcards: `*` stands for any run of characters, `/` among them (598/11090). `?` stands for itself: no
//! document says otherwise, which makes it a decision.

/// A text in which `*` stands for any run of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob(String);

impl Glob {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text with its stars.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether a text is meant. Takes at most time proportional to the product of both lengths.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0 == text;
        };
        let Some(mut left) = text.strip_prefix(first) else {
            return false;
        };
        let mut pieces = rest.split('*');
        let last = pieces.next_back().unwrap_or_default();
        for piece in pieces {
            // The earliest place leaves the most for what follows.
            match left.split_once(piece) {
                Some((_, after)) => left = after,
                None => return false,
            }
        }
        left.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run() {
        for (glob, text) in [
            ("", ""),
            ("a", "a"),
            ("*", ""),
            ("*", "a/b"),
            ("a*", "a"),
            ("a*", "a/b/c"),
            ("*c", "a/b/c"),
            ("a*c", "ac"),
            ("a*b*c", "a-b-b-c"),
            ("**", "x"),
            ("a*a", "aa"),
            ("页*", "页面"),
            ("a?", "a?"),
        ] {
            assert!(Glob::new(glob).matches(text), "{glob} {text}");
        }
    }

    #[test]
    fn what_is_not_meant_is_not_matched() {
        for (glob, text) in [
            ("", "a"),
            ("a", "A"),
            ("a*", "ba"),
            ("*c", "cb"),
            ("a*a", "a"),
            ("a*b*c", "acb"),
            ("a?", "ab"),
            ("*b*", "a"),
        ] {
            assert!(!Glob::new(glob).matches(text), "{glob} {text}");
        }
    }
}
