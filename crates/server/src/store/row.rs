//! The keys of rows: several fields in one row of bytes, whose order is that of the fields one after the other.
//!
//! A text is written as its bytes, a NUL as `00 FF`, and ends with `00 01`, which is below every continuation: a text
//! comes before those that it begins. A number is written in its full width, highest byte first.

use std::borrow::Cow;
use std::ops::Bound;

use memchr::memchr;

const NUL: u8 = 0;
const END: u8 = 1;
const ESCAPED: u8 = 0xff;

/// The key of a row, or what the keys of several begin with.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowKey(Vec<u8>);

impl RowKey {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn text(self, text: &str) -> Self {
        let mut key = self.text_begins(text);
        key.0.extend([NUL, END]);
        key
    }

    /// What the keys begin with whose next field is a text that begins so.
    pub(super) fn text_begins(mut self, text: &str) -> Self {
        for &byte in text.as_bytes() {
            self.0.push(byte);
            if byte == NUL {
                self.0.push(ESCAPED);
            }
        }
        self
    }

    pub(super) fn number(mut self, number: u16) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    pub(super) fn long(mut self, number: u64) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    pub(super) fn id(mut self, id: [u8; 16]) -> Self {
        self.0.extend(id);
        self
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// From the first row on whose key begins so.
    pub(super) fn first(self) -> Bound<Vec<u8>> {
        Bound::Included(self.0)
    }

    /// From behind the last row whose key begins so.
    pub(super) fn behind(self) -> Bound<Vec<u8>> {
        self.successor().map_or(Bound::Unbounded, Bound::Included)
    }

    /// Up to the last row whose key begins so.
    pub(super) fn last(self) -> Bound<Vec<u8>> {
        self.successor().map_or(Bound::Unbounded, Bound::Excluded)
    }

    /// The lowest key above all that begin so.
    fn successor(self) -> Option<Vec<u8>> {
        let mut key = self.0;
        while let Some(last) = key.pop() {
            if let Some(next) = last.checked_add(1) {
                key.push(next);
                return Some(key);
            }
        }
        None
    }
}

/// The fields of a key, to be read in their order. `None` where there is no such field.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn text(&mut self) -> Option<Cow<'a, str>> {
        let mut unescaped = Vec::new();
        loop {
            let (plain, mark) = self.0.split_at_checked(memchr(NUL, self.0)?)?;
            match mark {
                [NUL, END, rest @ ..] => {
                    self.0 = rest;
                    if unescaped.is_empty() {
                        return std::str::from_utf8(plain).ok().map(Cow::Borrowed);
                    }
                    unescaped.extend_from_slice(plain);
                    return String::from_utf8(unescaped).ok().map(Cow::Owned);
                }
                [NUL, ESCAPED, rest @ ..] => {
                    unescaped.extend_from_slice(plain);
                    unescaped.push(NUL);
                    self.0 = rest;
                }
                _ => return None,
            }
        }
    }

    pub(super) fn number(&mut self) -> Option<u16> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*number))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::RangeBounds;

    use proptest::prelude::*;

    use super::*;

    type Tuple = (String, String, u16, String);

    fn write((first, second, number, third): &Tuple) -> RowKey {
        RowKey::new().text(first).text(second).number(*number).text(third)
    }

    /// Texts that are often equal, begin each other, or hold the bytes of escapes.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[\u{0}\u{1}\u{2}a/\u{7f}\u{80}\u{ff}\u{7ff}\u{ffff}\u{10ffff}]{0,3}",
            1 => any::<String>(),
        ]
    }

    fn tuple() -> impl Strategy<Value = Tuple> {
        (text(), text(), prop_oneof![any::<u16>(), Just(0), Just(0xff00), Just(1)], text())
    }

    proptest! {
        #[test]
        fn keys_are_in_the_order_of_their_fields(a in tuple(), b in tuple()) {
            prop_assert_eq!(write(&a).cmp(&write(&b)), a.cmp(&b));
        }

        #[test]
        fn fields_are_read_as_they_were_written(tuple in tuple()) {
            let key = write(&tuple);
            let mut fields = Fields(key.as_bytes());
            let read = (fields.text(), fields.text(), fields.number(), fields.text());
            let (first, second, number, third) = tuple;
            let [first, second, third] = [first, second, third].map(|text| Some(text.into()));
            prop_assert_eq!(read, (first, second, Some(number), third));
            prop_assert!(fields.0.is_empty());
        }

        #[test]
        fn bounds_take_in_what_begins_so(a in tuple(), b in tuple()) {
            let begins = RowKey::new().text(&a.0).text(&a.1);
            let is_in = (&a.0, &a.1) == (&b.0, &b.1);
            let key = write(&b).into_bytes();
            let (from, to) = (begins.clone().first(), begins.clone().last());
            prop_assert_eq!((from, to).contains(&key), is_in);
            let is_behind = (&b.0, &b.1) > (&a.0, &a.1);
            prop_assert_eq!((begins.behind(), Bound::Unbounded).contains(&key), is_behind);
        }

        #[test]
        fn bounds_take_in_texts_that_begin_so(a in tuple(), b in tuple()) {
            let begins = RowKey::new().text(&a.0).text_begins(&a.1);
            let is_in = a.0 == b.0 && b.1.starts_with(&a.1);
            let key = write(&b).into_bytes();
            prop_assert_eq!((begins.clone().first(), begins.last()).contains(&key), is_in);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let mut fields = Fields(&bytes);
            while fields.text().is_some() {}
            let _ = fields.number();
        }
    }

    #[test]
    fn the_highest_bytes_have_no_successor() {
        assert_eq!(RowKey::new().number(u16::MAX).behind(), Bound::Unbounded);
        assert_eq!(RowKey::new().behind(), Bound::Unbounded);
        assert_eq!(RowKey::new().number(0x01ff).behind(), Bound::Included(vec![2]));
    }
}
