//! What a configuration may hold, as data: names, how often each may stand, and what its text may be.
//!
//! A document is read against its schema into the shape in which it is kept and given back: the elements in their
//! documented order, unknown ones left out, numbers and flags in their plain form.

use super::read::{Element, XmlError, check_characters};
use super::time;
use super::write::Writer;

/// What an element holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    /// Elements, in the order in which they are written.
    Of(&'static [Rule]),
    /// Any text, perhaps none.
    Text,
    /// Some text, of at most so many bytes.
    Filled(usize),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// `true` or `false`; read in any case, for Python sends `True`.
    Flag,
    /// A number from the first to the second.
    Number(u64, u64),
    /// A time; kept as `2007-12-01T12:00:00.000Z`.
    Time,
    /// Whatever it is, with all that it holds.
    Anything,
}

/// What may stand in an element.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// An element of that name, from `least` to `most` times.
    Element { name: &'static str, least: usize, most: usize, content: Content },
    /// No two of these stand together.
    OneAtMost(&'static [&'static str]),
    /// Exactly one of these kinds of element stands there.
    Either(&'static [&'static str]),
}

/// An element that must be there.
pub(super) const fn one(name: &'static str, content: Content) -> Rule {
    Rule::Element { name, least: 1, most: 1, content }
}

/// An element that may be there.
pub(super) const fn maybe(name: &'static str, content: Content) -> Rule {
    Rule::Element { name, least: 0, most: 1, content }
}

/// Elements of one name, of which there may be none.
pub(super) const fn any(name: &'static str, most: usize, content: Content) -> Rule {
    Rule::Element { name, least: 0, most, content }
}

/// Elements of one name, at least one.
pub(super) const fn some(name: &'static str, most: usize, content: Content) -> Rule {
    Rule::Element { name, least: 1, most, content }
}

/// A document: the name of its root and what that holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schema {
    pub(super) root: &'static str,
    pub(super) rules: &'static [Rule],
}

impl Schema {
    /// Reads a document into its plain shape.
    pub(super) fn read(&self, document: &[u8]) -> Result<Element, XmlError> {
        check_characters(document)?;
        let root = Element::read_list(document, self.root)?;
        Content::Of(self.rules).read(root)
    }
}

impl Content {
    fn read(self, element: Element) -> Result<Element, XmlError> {
        let Element { name, text, children } = element;
        let plain = |text: String| Ok(Element { name: name.clone(), text, children: Vec::new() });
        let trimmed = text.trim();
        match self {
            Self::Of(rules) => {
                let mut kept = Vec::with_capacity(children.len());
                read_children(rules, children, &mut kept)?;
                Ok(Element { name, text: String::new(), children: kept })
            }
            Self::Anything if children.iter().all(is_plain) => Ok(Element { name, text, children }),
            Self::Anything => Err(XmlError::Shape("an element whose name is none")),
            _ if !children.is_empty() => Err(XmlError::Shape("elements where text stands")),
            Self::Text => plain(text),
            Self::Filled(most) if (1..=most).contains(&trimmed.len()) => plain(trimmed.to_owned()),
            Self::Filled(_) => Err(XmlError::Value("a text that is empty or too long")),
            Self::OneOf(texts) if texts.contains(&trimmed) => plain(trimmed.to_owned()),
            Self::OneOf(_) => Err(XmlError::Value("a text that is none of those that may stand")),
            Self::Flag => match trimmed.to_ascii_lowercase() {
                flag if flag == "true" || flag == "false" => plain(flag),
                _ => Err(XmlError::Value("a flag that is neither true nor false")),
            },
            Self::Number(least, most) => match number(trimmed) {
                Some(number) if (least..=most).contains(&number) => plain(number.to_string()),
                _ => Err(XmlError::Value("a number that is none, or out of bounds")),
            },
            Self::Time => match time::from_iso8601(trimmed) {
                Some(unix_seconds) => plain(time::iso8601_millis(unix_seconds)),
                None => Err(XmlError::Value("a time that is none")),
            },
        }
    }
}

/// Sorts elements into the order of their rules.
fn read_children(
    rules: &[Rule],
    mut children: Vec<Element>,
    kept: &mut Vec<Element>,
) -> Result<(), XmlError> {
    for rule in rules {
        match *rule {
            Rule::Element { name, least, most, content } => {
                let before = kept.len();
                for child in children.iter_mut().filter(|child| child.name == name) {
                    kept.push(content.read(std::mem::take(child))?);
                }
                let found = kept.len() - before;
                if found < least {
                    return Err(XmlError::Shape("an element is missing"));
                }
                if found > most {
                    return Err(XmlError::Shape("too many elements of one name"));
                }
            }
            Rule::OneAtMost(names) if kinds(names, kept) > 1 => {
                return Err(XmlError::Shape("elements that exclude each other"));
            }
            Rule::Either(names) if kinds(names, kept) != 1 => {
                return Err(XmlError::Shape("not exactly one of several elements"));
            }
            Rule::OneAtMost(_) | Rule::Either(_) => {}
        }
    }
    Ok(())
}

/// How many of the names there are.
fn kinds(names: &[&str], elements: &[Element]) -> usize {
    names.iter().filter(|name| elements.iter().any(|element| element.name == **name)).count()
}

/// Whether an element, and all in it, have names that can be written as they were read. The reader takes almost any.
fn is_plain(element: &Element) -> bool {
    let begins = element.name.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_plain_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    begins && element.name.bytes().all(is_plain_byte) && element.children.iter().all(is_plain)
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// Writes a tree.
pub(super) fn write(element: &Element) -> String {
    let mut writer = Writer::default();
    write_element(&mut writer, element);
    writer.finish()
}

/// Writes a tree into a document under construction.
pub(super) fn write_element<'a>(writer: &mut Writer<'a>, element: &'a Element) {
    if element.children.is_empty() {
        return writer.leaf(&element.name, &element.text);
    }
    writer.open(&element.name);
    for child in &element.children {
        write_element(writer, child);
    }
    writer.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: Schema = Schema {
        root: "A",
        rules: &[
            one("Kind", Content::OneOf(&["X", "Y"])),
            maybe("Flag", Content::Flag),
            any(
                "Rule",
                2,
                Content::Of(&[
                    maybe("Days", Content::Number(1, 9)),
                    maybe("Date", Content::Time),
                    Rule::Either(&["Days", "Date"]),
                ]),
            ),
            maybe("Name", Content::Filled(3)),
            maybe("Note", Content::Text),
            maybe("Rest", Content::Anything),
            Rule::OneAtMost(&["Note", "Rest"]),
        ],
    };

    fn read(inner: &str) -> Result<String, XmlError> {
        SCHEMA.read(format!("<A>{inner}</A>").as_bytes()).map(|element| write(&element))
    }

    #[test]
    fn elements_come_out_in_order_and_in_their_plain_form() {
        let text = read(
            "<Unknown/><Rule><Date>2007-12-01T12:00:00Z</Date></Rule><Flag>True</Flag>\
             <Rule><Days> 07 </Days></Rule><Rest><B/><C>c</C></Rest><Kind>Y</Kind>",
        );
        assert_eq!(
            text.unwrap(),
            "<A>\n\t<Kind>Y</Kind>\n\t<Flag>true</Flag>\n\t<Rule>\n\t\t<Date>2007-12-01T12:00:00.000Z</Date>\n\t</Rule>\n\t<Rule>\n\t\t<Days>7</Days>\n\t</Rule>\n\t<Rest>\n\t\t<B/>\n\t\t<C>c</C>\n\t</Rest>\n</A>"
        );
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let text = read("<Kind>X</Kind><Name>a&amp;b</Name><Note>  </Note>").unwrap();
        assert_eq!(SCHEMA.read(text.as_bytes()).map(|element| write(&element)), Ok(text));
    }

    #[test]
    fn another_shape_is_refused() {
        for inner in [
            "",
            "<Kind>X</Kind><Kind>X</Kind>",
            "<Kind>X</Kind><Rule/>",
            "<Kind>X</Kind><Rule><Days>1</Days><Date>2007-12-01T12:00:00Z</Date></Rule>",
            "<Kind>X</Kind><Note/><Rest/>",
            "<Kind><X/></Kind>",
            "<Kind>X</Kind><Rest><a&b/></Rest>",
            "<Kind>X</Kind><Rest><B><1/></B></Rest>",
        ] {
            assert!(matches!(read(inner), Err(XmlError::Shape(_))), "{inner}");
        }
        let rules = "<Rule><Days>1</Days></Rule>".repeat(3);
        assert!(matches!(read(&format!("<Kind>X</Kind>{rules}")), Err(XmlError::Shape(_))));
    }

    #[test]
    fn another_value_is_refused() {
        for inner in [
            "<Kind>x</Kind>",
            "<Kind/>",
            "<Kind>X</Kind><Flag>yes</Flag>",
            "<Kind>X</Kind><Rule><Days>0</Days></Rule>",
            "<Kind>X</Kind><Rule><Days>10</Days></Rule>",
            "<Kind>X</Kind><Rule><Days>+1</Days></Rule>",
            "<Kind>X</Kind><Rule><Date>today</Date></Rule>",
            "<Kind>X</Kind><Name/>",
            "<Kind>X</Kind><Name>four</Name>",
        ] {
            assert!(matches!(read(inner), Err(XmlError::Value(_))), "{inner}");
        }
    }
}
