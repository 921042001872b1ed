//! Writing elements in the service's layout.

use std::borrow::Cow;
use std::fmt::Write;

use cospass_sign::percent;

/// The declaration that error bodies and bucket listings begin with.
pub(super) const DECLARATION: &str = "<?xml version='1.0' encoding='utf-8' ?>\n";

/// A document under construction.
#[derive(Default)]
pub(super) struct Writer<'a> {
    out: String,
    open: Vec<&'a str>,
}

impl<'a> Writer<'a> {
    /// A document that begins with the [`DECLARATION`], with room for so many bytes more, so that it is not moved while it
    /// grows.
    pub(super) fn declared(room: usize) -> Self {
        let mut out = String::with_capacity(DECLARATION.len() + room);
        out.push_str(DECLARATION);
        Self { out, open: Vec::new() }
    }

    pub(super) fn open(&mut self, name: &'a str) {
        self.open_with(name, "");
    }

    /// Opens an element with attributes, which are written as they stand.
    pub(super) fn open_with(&mut self, name: &'a str, attributes: &str) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        if !attributes.is_empty() {
            self.out.push(' ');
            self.out.push_str(attributes);
        }
        self.out.push_str(">\n");
        self.open.push(name);
    }

    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.end_tag(name);
        }
    }

    /// An element that holds text; self-closed when there is none.
    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        if text.is_empty() {
            return self.empty(name);
        }
        self.open_leaf(name);
        escape_into(&mut self.out, text);
        self.end_tag(name);
    }

    /// An element that holds a number.
    pub(super) fn number(&mut self, name: &str, number: u64) {
        self.open_leaf(name);
        // Writing to a `String` cannot fail.
        let _ = write!(self.out, "{number}");
        self.end_tag(name);
    }

    /// A [`leaf`](Self::leaf) in which double quotes stand as they are, as XML allows.
    pub(super) fn quoted(&mut self, name: &str, text: &str) {
        self.open_leaf(name);
        for (index, between) in text.split('"').enumerate() {
            if index > 0 {
                self.out.push('"');
            }
            escape_into(&mut self.out, between);
        }
        self.end_tag(name);
    }

    fn open_leaf(&mut self, name: &str) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    /// An element that holds text, if there is any to hold.
    pub(super) fn optional(&mut self, name: &str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.leaf(name, text.as_ref());
        }
    }

    /// An element for each text.
    pub(super) fn leaves(&mut self, name: &str, texts: &[String]) {
        for text in texts {
            self.leaf(name, text);
        }
    }

    pub(super) fn empty(&mut self, name: &str) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str("/>\n");
    }

    /// The document, without white space at its end.
    pub(super) fn finish(mut self) -> String {
        self.out.truncate(self.out.trim_end().len());
        self.out
    }

    fn indent(&mut self) {
        for _ in &self.open {
            self.out.push('\t');
        }
    }

    fn end_tag(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }
}

/// A name in a listing, as `encoding-type` asks for it.
pub(super) fn named(name: &str, url_encoded: bool) -> Cow<'_, str> {
    if url_encoded { Cow::Owned(self::url_encoded(name)) } else { Cow::Borrowed(name) }
}

/// A key as `encoding-type=url` asks for it: percent-encoded, but for its slashes. A space is `%20` and `+` is `%2B`, so
/// that those who decode as in a path and those who decode as in a form read the same.
pub(super) fn url_encoded(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for (index, segment) in key.split('/').enumerate() {
        if index > 0 {
            out.push('/');
        }
        percent::push_encoded(&mut out, segment.as_bytes());
    }
    out
}

/// Escapes text. What XML 1.0 cannot hold becomes U+FFFD, so that every parser can read the document.
fn escape_into(out: &mut String, text: &str) {
    // ASCII that stands for itself, up to the first character that may not.
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !b"&<>\"'".contains(byte);
    let plain = text.bytes().take_while(is_plain).count();
    let (plain, rest) = text.split_at_checked(plain).unwrap_or(("", text));
    out.push_str(plain);
    for character in rest.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_tabs_and_line_ends() {
        let mut writer = Writer::default();
        writer.open("A");
        writer.leaf("B", "x");
        writer.leaf("C", "");
        writer.close();
        assert_eq!(writer.finish(), "<A>\n\t<B>x</B>\n\t<C/>\n</A>");
    }

    #[test]
    fn text_is_escaped() {
        let mut out = String::new();
        escape_into(&mut out, "&<>\"'\r\n\u{1}页");
        assert_eq!(out, "&amp;&lt;&gt;&quot;&apos;&#13;\n\u{fffd}页");
        for (plain, written) in [("a b~", "a b~"), ("a/页&", "a/页&amp;"), ("a\u{7f}", "a\u{7f}")]
        {
            out.clear();
            escape_into(&mut out, plain);
            assert_eq!(out, written);
        }
    }
}
