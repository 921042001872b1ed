//! One page of a listing: rows that begin with a prefix, those with a common prefix taken together.

use std::ops::Bound;

use crate::store::{Step, past, start};

/// What is gathered of the rows of a scan.
pub(super) struct Page<T> {
    prefix: String,
    delimiter: String,
    most: usize,
    pub(super) entries: Vec<T>,
    pub(super) common_prefixes: Vec<String>,
    /// The last key or common prefix, if there is one.
    last: String,
    is_truncated: bool,
}

impl<T> Page<T> {
    pub(super) fn new(prefix: &str, delimiter: &str, most: u32) -> Self {
        Self {
            prefix: prefix.to_owned(),
            delimiter: delimiter.to_owned(),
            most: usize::try_from(most).unwrap_or(usize::MAX),
            entries: Vec::new(),
            common_prefixes: Vec::new(),
            last: String::new(),
            is_truncated: false,
        }
    }

    /// Where to begin after a marker; `None` if nothing can follow it. A marker that is itself a common prefix stands
    /// for every key below it (inferred: the service's `NextMarker` may be one).
    pub(super) fn start(&self, marker: &str) -> Option<Bound<String>> {
        match self.common_prefix(marker) {
            Some(common) if common == marker => past(marker),
            _ => Some(start(&self.prefix, marker)),
        }
    }

    /// How many rows are worth reading at once: all of the page and the one behind it, which tells whether there is a next
    /// page, if none is going to be jumped over.
    pub(super) fn rows_at_once(&self) -> usize {
        if self.delimiter.is_empty() { self.most.saturating_add(1) } else { 0 }
    }

    /// Takes a row in.
    pub(super) fn visit(&mut self, key: &str, entry: impl FnOnce() -> T) -> Step {
        if !key.starts_with(&self.prefix) {
            return Step::Stop;
        }
        if self.entries.len() + self.common_prefixes.len() >= self.most {
            self.is_truncated = true;
            return Step::Stop;
        }
        match self.common_prefix(key).map(str::to_owned) {
            Some(common) => {
                self.common_prefixes.push(common.clone());
                self.last.clone_from(&common);
                Step::Past(common)
            }
            None => {
                self.entries.push(entry());
                key.clone_into(&mut self.last);
                Step::Next
            }
        }
    }

    /// The last key or common prefix, if there is a next page. Behind a page of none there is no next one.
    pub(super) fn next_marker(&self) -> Option<String> {
        (self.is_truncated && !self.last.is_empty()).then(|| self.last.clone())
    }

    /// The prefix and what follows it, up to and with the delimiter.
    fn common_prefix<'a>(&self, key: &'a str) -> Option<&'a str> {
        if self.delimiter.is_empty() {
            return None;
        }
        let rest = key.strip_prefix(&self.prefix)?;
        let end = rest.find(&self.delimiter)?;
        key.get(..self.prefix.len() + end + self.delimiter.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scan over sorted keys, as the store does it: the keys that were looked at, and the page.
    fn scan(page: &mut Page<String>, marker: &str, keys: &[&str]) -> usize {
        let mut looked_at = 0;
        let mut from = page.start(marker);
        'scan: while let Some(bound) = from.take() {
            for key in keys {
                let is_in = match &bound {
                    Bound::Included(first) => *key >= first.as_str(),
                    Bound::Excluded(before) => *key > before.as_str(),
                    Bound::Unbounded => true,
                };
                if !is_in {
                    continue;
                }
                looked_at += 1;
                match page.visit(key, || (*key).to_owned()) {
                    Step::Next => {}
                    Step::Past(prefix) => {
                        from = past(&prefix);
                        continue 'scan;
                    }
                    Step::Stop => break,
                }
            }
        }
        looked_at
    }

    const KEYS: [&str; 7] = ["a/1", "a/2", "a/b/3", "b", "c/", "c/1", "d"];

    #[test]
    fn keys_below_a_delimiter_are_one_entry() {
        let mut page = Page::new("", "/", 1000);
        assert_eq!(scan(&mut page, "", &KEYS), 4, "nothing below a common prefix is looked at");
        assert_eq!(page.common_prefixes, ["a/", "c/"]);
        assert_eq!(page.entries, ["b", "d"]);
        assert_eq!(page.next_marker(), None);
        let mut page = Page::new("a/", "/", 1000);
        scan(&mut page, "", &KEYS);
        assert_eq!((page.common_prefixes, page.entries.len()), (vec!["a/b/".to_owned()], 2));
    }

    #[test]
    fn pages_join_up_at_every_size() {
        for (prefix, delimiter) in [("", "/"), ("", ""), ("a/", "/"), ("c", ""), ("x", "/")] {
            let mut whole = Page::new(prefix, delimiter, 1000);
            scan(&mut whole, "", &KEYS);
            for most in 1..8 {
                let (mut entries, mut common, mut marker) = (vec![], vec![], String::new());
                loop {
                    let mut page = Page::new(prefix, delimiter, most);
                    scan(&mut page, &marker, &KEYS);
                    let next = page.next_marker();
                    entries.extend(page.entries);
                    common.extend(page.common_prefixes);
                    match next {
                        Some(next) => marker = next,
                        None => break,
                    }
                }
                assert_eq!((&entries, &common), (&whole.entries, &whole.common_prefixes));
            }
        }
    }

    #[test]
    fn a_page_without_room_leads_nowhere() {
        let mut page = Page::new("", "", 0);
        scan(&mut page, "", &KEYS);
        assert_eq!((page.entries.len(), page.next_marker()), (0, None));
    }

    #[test]
    fn a_full_page_that_is_the_last_is_not_truncated() {
        let mut page = Page::new("c", "", 2);
        scan(&mut page, "", &KEYS);
        assert_eq!((page.entries.len(), page.next_marker()), (2, None));
    }
}
