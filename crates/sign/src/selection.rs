//! From the names that a signature lists to the names and values that it covers.

use std::borrow::Cow;

use crate::convention::Deviation;
use crate::head::Parameter;
use crate::percent;

/// What a signature covers of a name that is listed or sent several times (D10, D18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duplicates {
    /// Listed once: the last one sent. Listed several times: all, in the order sent.
    AsListed,
    /// Listed several times: all, sorted by value.
    Sorted,
    /// All, however often it is listed.
    Every,
    /// The first one sent.
    First,
    /// The last one sent, as often as it is listed or sent.
    Repeated,
}

impl Duplicates {
    pub(crate) const DEVIATING: [Self; 4] =
        [Self::Sorted, Self::Every, Self::First, Self::Repeated];

    pub(crate) const fn deviation(self) -> Option<Deviation> {
        match self {
            Self::AsListed => None,
            Self::Sorted => Some(Deviation::DuplicatesSorted),
            Self::Every => Some(Deviation::EveryDuplicate),
            Self::First => Some(Deviation::FirstDuplicate),
            Self::Repeated => Some(Deviation::RepeatedName),
        }
    }
}

/// The names and values that one list selects.
pub(crate) struct Selection<'a> {
    chosen: Vec<Chosen<'a>>,
    missing: Option<String>,
    by_decoded_entry: bool,
}

/// One distinct list entry with what it selects, in the order sent.
struct Chosen<'a> {
    listed: usize,
    sent: Vec<Parameter<'a>>,
}

impl<'a> Selection<'a> {
    /// Selects from `sent` (decoded) what `listed` (lower case) names. Takes the time of sorting
    /// both, whatever a sender repeats; `sent` is not looked at where nothing is listed.
    pub(crate) fn of(
        sent: impl Iterator<Item = Parameter<'a>>,
        mut listed: Vec<Cow<'_, [u8]>>,
    ) -> Self {
        let mut selection = Self { chosen: Vec::new(), missing: None, by_decoded_entry: false };
        if listed.is_empty() {
            return selection;
        }
        let sent: Vec<_> = sent.collect();
        let canonical = Index::new(&sent, percent::encode_lower);
        let mut decoded = None;
        listed.sort_unstable();
        for run in listed.chunk_by(|a, b| a == b) {
            let [name, ..] = run else { continue };
            let mut positions = canonical.find(name);
            if positions.is_empty() {
                let decoded = decoded.get_or_insert_with(|| Index::new(&sent, lower_case));
                positions = decoded.find(name);
                selection.by_decoded_entry |= !positions.is_empty();
            }
            if positions.is_empty() && selection.missing.is_none() {
                selection.missing = Some(String::from_utf8_lossy(name).into_owned());
            }
            let sent = positions.iter().filter_map(|(_, p)| sent.get(*p).cloned()).collect();
            selection.chosen.push(Chosen { listed: run.len(), sent });
        }
        selection
    }

    /// The first listed name that was not sent.
    pub(crate) fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Whether an entry matched the decoded name instead of the encoded one (D3).
    pub(crate) fn by_decoded_entry(&self) -> bool {
        self.by_decoded_entry
    }

    /// What is covered, duplicates read in one way.
    pub(crate) fn pairs(&self, duplicates: Duplicates) -> Vec<Parameter<'a>> {
        let mut pairs = Vec::with_capacity(self.chosen.len());
        for Chosen { listed, sent } in &self.chosen {
            let (first, last) = (sent.first().into_iter(), sent.last().into_iter());
            match duplicates {
                Duplicates::Every => pairs.extend(sent.iter().cloned()),
                Duplicates::First => pairs.extend(first.cloned()),
                Duplicates::Repeated => {
                    let times = sent.len().max(*listed);
                    pairs.extend(last.flat_map(|pair| std::iter::repeat_n(pair.clone(), times)));
                }
                Duplicates::AsListed | Duplicates::Sorted if *listed == 1 => {
                    pairs.extend(last.cloned());
                }
                Duplicates::AsListed => pairs.extend(sent.iter().cloned()),
                Duplicates::Sorted => {
                    let mut sorted = sent.clone();
                    sorted.sort_by(|(_, a), (_, b)| a.cmp(b));
                    pairs.extend(sorted);
                }
            }
        }
        pairs
    }

    /// Whether a name is listed or sent several times.
    pub(crate) fn has_duplicates(&self) -> bool {
        self.chosen.iter().any(|chosen| chosen.listed > 1 || chosen.sent.len() > 1)
    }

    /// Whether a selected name holds a byte that percent-encoding changes.
    pub(crate) fn has_reserved_name(&self) -> bool {
        self.all().any(|(name, _)| !name.iter().all(|&b| percent::is_unreserved(b)))
    }

    /// Whether a selected value has white space around it.
    pub(crate) fn has_padded_value(&self) -> bool {
        self.all().any(|(_, value)| value.trim_ascii().len() < value.len())
    }

    /// The last selected value of that lower-case name.
    pub(crate) fn value_of(&self, name: &[u8]) -> Option<&[u8]> {
        self.all().filter(|(n, _)| n.eq_ignore_ascii_case(name)).last().map(|(_, v)| &**v)
    }

    fn all(&self) -> impl Iterator<Item = &Parameter<'a>> {
        self.chosen.iter().flat_map(|chosen| &chosen.sent)
    }
}

/// Positions of what was sent, sorted by a form of the name, those of equal names in the order sent.
struct Index<'s>(Vec<(Cow<'s, [u8]>, usize)>);

impl<'s> Index<'s> {
    fn new(sent: &'s [Parameter<'_>], form: impl Fn(&'s [u8]) -> Cow<'s, [u8]>) -> Self {
        let mut positions: Vec<_> =
            sent.iter().enumerate().map(|(position, (name, _))| (form(name), position)).collect();
        positions.sort_unstable();
        Self(positions)
    }

    fn find(&self, name: &[u8]) -> &[(Cow<'s, [u8]>, usize)] {
        let start = self.0.partition_point(|(n, _)| **n < *name);
        let tail = self.0.get(start..).unwrap_or_default();
        let length = tail.partition_point(|(n, _)| **n <= *name);
        tail.get(..length).unwrap_or_default()
    }
}

/// `name` in lower case: borrowed where it is already.
pub(crate) fn lower_case(name: &[u8]) -> Cow<'_, [u8]> {
    if name.iter().any(u8::is_ascii_uppercase) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(sent: &[(&'static str, &'static str)], listed: &[&str]) -> Selection<'static> {
        let sent =
            sent.iter().map(|&(n, v)| (Cow::Borrowed(n.as_bytes()), Cow::Borrowed(v.as_bytes())));
        Selection::of(sent, listed.iter().map(|name| Cow::Borrowed(name.as_bytes())).collect())
    }

    fn values(selection: &Selection<'_>, duplicates: Duplicates) -> String {
        let pairs = selection.pairs(duplicates);
        pairs.iter().map(|(_, value)| String::from_utf8_lossy(value)).collect()
    }

    #[test]
    fn only_what_is_listed_is_selected() {
        let selection = select(&[("A", "1"), ("b", "2")], &["a"]);
        assert_eq!(values(&selection, Duplicates::AsListed), "1");
        assert_eq!(selection.missing(), None);
    }

    #[test]
    fn an_absent_name_is_missing() {
        let selection = select(&[("a", "1")], &["a", "c"]);
        assert_eq!(selection.missing(), Some("c"));
    }

    #[test]
    fn a_decoded_entry_is_found_and_noted() {
        assert!(!select(&[("a/B", "1")], &["a%2fb"]).by_decoded_entry());
        let decoded = select(&[("a/B", "1")], &["a/b"]);
        assert!(decoded.by_decoded_entry() && decoded.missing().is_none());
    }

    #[test]
    fn duplicates_are_read_in_five_ways() {
        let sent = [("foo", "2"), ("Foo", "1"), ("foo", "3")];
        let (once, often) = (select(&sent, &["foo"]), select(&sent, &["foo", "foo", "foo"]));
        let read = |duplicates| (values(&once, duplicates), values(&often, duplicates));
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(read(Duplicates::AsListed), pair("3", "213"));
        assert_eq!(read(Duplicates::Sorted), pair("3", "123"));
        assert_eq!(read(Duplicates::Every), pair("213", "213"));
        assert_eq!(read(Duplicates::First), pair("2", "2"));
        assert_eq!(read(Duplicates::Repeated), pair("333", "333"));
    }
}
