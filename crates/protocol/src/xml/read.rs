//! Reading a small document into a tree, within limits.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

/// The deepest nesting that a document may have; the service's own have at most seven levels.
const DEPTH_MAX: usize = 16;

/// The most elements that a document may have.
const ELEMENTS_MAX: usize = 4096;

/// The most elements of a document that lists objects or parts: 10,000 parts of three elements, and what SDKs add.
const LIST_ELEMENTS_MAX: usize = 65_536;

/// Why a text is not a document that is understood here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum XmlError {
    /// It is not well-formed.
    Malformed,
    /// It has a document type; none of the service's documents does, and entities are an attack.
    DocumentType,
    /// It is nested deeper, or has more elements, than any of the service's documents.
    TooLarge,
    /// It is well-formed, but not the document that stands here; the text names what is missing or wrong.
    Shape(&'static str),
    /// It has the right elements, but one of them holds a value that may not stand there.
    Value(&'static str),
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the XML is not well-formed"),
            Self::DocumentType => f.write_str("the XML has a document type; remove it"),
            Self::TooLarge => f.write_str("the XML is nested too deep or has too many elements"),
            Self::Shape(what) => write!(f, "the XML is not of the right shape: {what}"),
            Self::Value(what) => write!(f, "the XML holds {what}"),
        }
    }
}

impl Error for XmlError {}

/// An element: its name without prefix, its text, its children in order. Attributes are not kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// Reads a document and checks the name of its root.
    pub(super) fn read(document: &[u8], root: &'static str) -> Result<Self, XmlError> {
        check_characters(document)?;
        Self::read_within(ELEMENTS_MAX, document, root)
    }

    /// Reads a document that may be long, because it lists objects or parts. Keys may have characters that no document may
    /// have, and are named all the same.
    pub(super) fn read_list(document: &[u8], root: &'static str) -> Result<Self, XmlError> {
        Self::read_within(LIST_ELEMENTS_MAX, document, root)
    }

    fn read_within(most: usize, document: &[u8], root: &str) -> Result<Self, XmlError> {
        let text = std::str::from_utf8(document).map_err(|_| XmlError::Malformed)?;
        let element = tree(text, most)?;
        if element.name == root { Ok(element) } else { Err(XmlError::Shape("another root")) }
    }

    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of a name, in their order.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Element> + Clone {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The number that a child must hold.
    pub(super) fn needed<T: FromStr>(&self, name: &str) -> Result<T, XmlError> {
        self.text_of(name).trim().parse().map_err(|_| XmlError::Shape("a number that is none"))
    }

    /// The texts of the children of a name.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.all(name).map(|child| child.text.clone()).collect()
    }

    /// The text of a child, if there is such a child.
    pub(super) fn optional(&self, name: &str) -> Option<String> {
        self.child(name).map(|child| child.text.clone())
    }

    /// The number in a child, if there is one.
    pub(super) fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        self.child(name)?.text.parse().ok()
    }

    /// The text of a child, empty if there is no such child.
    pub(super) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| &child.text)
    }
}

/// Refuses what no document may have (XML 1.0 §2.2, `Char`).
pub(super) fn check_characters(document: &[u8]) -> Result<(), XmlError> {
    let text = std::str::from_utf8(document).map_err(|_| XmlError::Malformed)?;
    let is_none = |character| matches!(character, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    if text.contains(is_none) { Err(XmlError::Malformed) } else { Ok(()) }
}

fn tree(text: &str, most: usize) -> Result<Element, XmlError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut stack = vec![Element::default()];
    let mut elements = 0;
    loop {
        match reader.read_event().map_err(|_| XmlError::Malformed)? {
            Event::Start(start) => {
                elements += 1;
                if elements > most || stack.len() > DEPTH_MAX {
                    return Err(XmlError::TooLarge);
                }
                let name = start.local_name().as_ref().to_owned();
                stack.push(Element { name, ..Element::default() });
            }
            Event::End(_) => {
                let done = stack.pop().ok_or(XmlError::Malformed)?;
                stack.last_mut().ok_or(XmlError::Malformed)?.children.push(finished(done));
            }
            Event::Text(piece) => append(&mut stack, &piece)?,
            Event::CData(piece) => append(&mut stack, &piece)?,
            Event::GeneralRef(reference) => append(&mut stack, &resolve(&reference)?)?,
            Event::DocType(_) => return Err(XmlError::DocumentType),
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::Empty(_) => {}
        }
    }
    // What is left is the nameless element around the root.
    match (stack.pop(), stack.is_empty()) {
        (Some(mut around), true) if around.children.len() == 1 && around.text.trim().is_empty() => {
            around.children.pop().ok_or(XmlError::Malformed)
        }
        _ => Err(XmlError::Malformed),
    }
}

fn append(stack: &mut [Element], piece: &str) -> Result<(), XmlError> {
    stack.last_mut().ok_or(XmlError::Malformed)?.text.push_str(piece);
    Ok(())
}

/// White space between elements is layout, not text.
fn finished(mut element: Element) -> Element {
    if !element.children.is_empty() {
        element.text.clear();
    }
    element
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| XmlError::Malformed)? {
        return Ok(character.to_string());
    }
    resolve_predefined_entity(reference).map(str::to_owned).ok_or(XmlError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declaration_namespace_prefix_and_layout_do_not_matter() {
        let text = b"<?xml version='1.0' encoding='utf-8' ?>\n<!-- c --><x:A xmlns:x=\"u\">\n\t<x:B>a &amp; &#98;<![CDATA[<c>]]></x:B><C/>\n</x:A>\n\n";
        let element = Element::read(text, "A").unwrap();
        assert_eq!((element.text_of("B"), element.text_of("C")), ("a & b<c>", ""));
        assert!(element.child("C").is_some() && element.child("D").is_none());
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in ["", "A", "<A>", "<A></B>", "<A/><B/>", "</A>", "<A>&none;</A>", "<A/>x"] {
            assert_eq!(Element::read(text.as_bytes(), "A"), Err(XmlError::Malformed), "{text}");
        }
        assert_eq!(Element::read(b"<A>\xff</A>", "A"), Err(XmlError::Malformed));
    }

    #[test]
    fn characters_that_no_document_has_are_refused_where_no_keys_are_named() {
        for character in ["\0", "\x01", "\x0b", "\x1f", "\u{fffe}", "\u{ffff}"] {
            let text = format!("<A>a{character}b</A>");
            assert_eq!(Element::read(text.as_bytes(), "A"), Err(XmlError::Malformed), "{text:?}");
            assert_eq!(
                Element::read_list(text.as_bytes(), "A").unwrap().text.len(),
                text.len() - 7
            );
        }
        assert_eq!(
            Element::read("<A>\t\r\n\u{7f}\u{fffd}😀</A>".as_bytes(), "A").unwrap().text.len(),
            11
        );
    }

    #[test]
    fn a_document_type_is_refused() {
        let text = b"<!DOCTYPE a [<!ENTITY e 'e'>]><A>&e;</A>";
        assert_eq!(Element::read(text, "A"), Err(XmlError::DocumentType));
    }

    #[test]
    fn a_document_too_deep_or_too_long_is_refused() {
        for text in ["<A>".repeat(100_000), format!("<A>{}</A>", "<B/>".repeat(ELEMENTS_MAX))] {
            assert_eq!(Element::read(text.as_bytes(), "A"), Err(XmlError::TooLarge));
        }
    }

    #[test]
    fn a_list_may_be_longer() {
        let of = |count: usize| format!("<A>{}</A>", "<B/>".repeat(count));
        assert!(Element::read_list(of(LIST_ELEMENTS_MAX - 1).as_bytes(), "A").is_ok());
        let long = Element::read_list(of(LIST_ELEMENTS_MAX).as_bytes(), "A");
        assert_eq!(long, Err(XmlError::TooLarge));
    }

    #[test]
    fn another_root_is_refused() {
        assert_eq!(Element::read(b"<B/>", "A"), Err(XmlError::Shape("another root")));
    }
}
