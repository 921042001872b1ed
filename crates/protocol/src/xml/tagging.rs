//! The tags of an object or bucket.

use super::read::{Element, XmlError};
use super::write::Writer;
use crate::tag::Tag;

/// Reads the document `Tagging`. Whether those tags may be kept is told by [`TagSet::new`](crate::TagSet::new).
///
/// # Errors
/// [`XmlError`] when it is not such a document.
pub fn read_tagging(body: &[u8]) -> Result<Vec<Tag>, XmlError> {
    let root = Element::read(body, "Tagging")?;
    let set = root.child("TagSet").ok_or(XmlError::Shape("no TagSet"))?;
    let tags = set.children.iter().filter(|child| child.name == "Tag");
    tags.map(|tag| match (tag.child("Key"), tag.child("Value")) {
        (Some(key), Some(value)) => Ok(Tag { key: key.text.clone(), value: value.text.clone() }),
        _ => Err(XmlError::Shape("a Tag without Key or Value")),
    })
    .collect()
}

/// Writes the document `Tagging`, `Content-Type: application/xml`.
pub fn write_tagging(tags: &[Tag]) -> String {
    let mut writer = Writer::default();
    writer.open("Tagging");
    if tags.is_empty() {
        writer.empty("TagSet");
    } else {
        writer.open("TagSet");
        for tag in tags {
            writer.open("Tag");
            writer.leaf("Key", &tag.key);
            writer.leaf("Value", &tag.value);
            writer.close();
        }
        writer.close();
    }
    writer.close();
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags() -> Vec<Tag> {
        let tag = |key: &str, value: &str| Tag { key: key.to_owned(), value: value.to_owned() };
        vec![tag("age", "18"), tag("a b", "")]
    }

    #[test]
    fn read_and_write_are_inverse() {
        for tags in [tags(), vec![]] {
            assert_eq!(read_tagging(write_tagging(&tags).as_bytes()), Ok(tags));
        }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        assert_eq!(
            write_tagging(&tags()),
            "<Tagging>\n\t<TagSet>\n\t\t<Tag>\n\t\t\t<Key>age</Key>\n\t\t\t<Value>18</Value>\n\t\t</Tag>\n\t\t<Tag>\n\t\t\t<Key>a b</Key>\n\t\t\t<Value/>\n\t\t</Tag>\n\t</TagSet>\n</Tagging>"
        );
        assert_eq!(write_tagging(&[]), "<Tagging>\n\t<TagSet/>\n</Tagging>");
    }

    #[test]
    fn another_shape_is_refused() {
        for body in [
            "<Tagging/>",
            "<Tagging><TagSet><Tag/></TagSet></Tagging>",
            "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
        ] {
            assert!(matches!(read_tagging(body.as_bytes()), Err(XmlError::Shape(_))), "{body}");
        }
    }
}
