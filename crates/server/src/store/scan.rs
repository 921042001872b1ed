//! Looking through keys in byte order, from any of them on, without reading what lies between two that matter.

use std::ops::Bound;

use super::metadata::Walk;
use super::row::RowKey;

/// What a scan does after a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Looks at the next row.
    Next,
    /// Goes to the first key that does not begin so.
    Past(String),
    /// Ends.
    Stop,
}

/// From where on keys that begin with `prefix` are looked at, if those up to `marker` are known.
pub(crate) fn start(prefix: &str, marker: &str) -> Bound<String> {
    if marker < prefix {
        Bound::Included(prefix.to_owned())
    } else {
        Bound::Excluded(marker.to_owned())
    }
}

/// The lowest bound above every text that begins with `prefix`; `None` if there is none.
pub(crate) fn past(prefix: &str) -> Option<Bound<String>> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // The order of UTF-8 bytes is that of characters. Between those before and after lie the surrogates, which are
        // no characters.
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            _ => char::from_u32(u32::from(last).saturating_add(1)),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(Bound::Included(text));
        }
    }
    None
}

/// Where the step of a scan leads a walk through the rows of a bucket.
pub(super) fn go_on(bucket: &RowKey, step: Step) -> Walk {
    match step {
        Step::Next => Walk::Next,
        Step::Stop => Walk::End,
        Step::Past(prefix) => match past(&prefix) {
            Some(Bound::Included(key)) => Walk::From(bucket.clone().text(&key).first()),
            _ => Walk::End,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_past_a_prefix_is_exact() {
        for (prefix, next) in [
            ("a", "b"),
            ("a/", "a0"),
            ("a\u{10ffff}", "b"),
            ("\u{d7ff}", "\u{e000}"),
            ("页", "顶"),
            ("\u{7f}", "\u{80}"),
        ] {
            assert_eq!(past(prefix), Some(Bound::Included(next.to_owned())), "{prefix:?}");
            assert!(format!("{prefix}\u{10ffff}\u{10ffff}").as_str() < next);
        }
        assert_eq!(past("\u{10ffff}"), None);
        assert_eq!(past(""), None);
    }

    #[test]
    fn a_scan_starts_at_the_prefix_or_after_the_marker() {
        assert_eq!(start("b", "a"), Bound::Included("b".to_owned()));
        assert_eq!(start("b", "b"), Bound::Excluded("b".to_owned()));
        assert_eq!(start("", "a"), Bound::Excluded("a".to_owned()));
        assert_eq!(start("", ""), Bound::Excluded(String::new()));
    }
}
