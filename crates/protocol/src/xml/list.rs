//! The answers to GET Bucket: what it holds, and where it is.

use super::read::{Element, XmlError};
use super::write::{DECLARATION, Writer, named};
use crate::operation::StorageClass;

/// How long an object is in the document, more or less, in bytes.
const LENGTH_OF_ENTRY: usize = 400;

/// The document `ListBucketResult`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListBucket {
    /// The bucket, `NAME-APPID`.
    pub name: String,
    /// The owner of all objects, as the service tells it here: the APPID.
    pub appid: String,
    /// Whether keys are written percent-encoded.
    pub url_encoded: bool,
    /// What all keys begin with.
    pub prefix: String,
    /// The key after which the list was asked to begin.
    pub marker: String,
    /// The most entries that were asked for.
    pub max_keys: u32,
    /// What ends a common prefix; none if empty.
    pub delimiter: String,
    /// The last entry of this page, if there is a next one.
    pub next_marker: Option<String>,
    /// Prefixes that stand for all keys that begin so, in byte order.
    pub common_prefixes: Vec<String>,
    /// The objects, in byte order.
    pub contents: Vec<ObjectEntry>,
}

/// One object of a [`ListBucket`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectEntry {
    /// The key.
    pub key: String,
    /// When it was uploaded, `2020-12-10T03:37:30.000Z`.
    pub last_modified: String,
    /// The entity tag in quotes.
    pub etag: String,
    /// In bytes.
    pub size: u64,
    /// The storage class.
    pub storage_class: &'static str,
}

impl ListBucket {
    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let name = |text| named(text, self.url_encoded);
        let mut writer = Writer::declared(self.contents.len() * LENGTH_OF_ENTRY);
        writer.open("ListBucketResult");
        writer.leaf("Name", &self.name);
        if self.url_encoded {
            writer.leaf("EncodingType", "url");
        }
        writer.leaf("Prefix", &name(&self.prefix));
        writer.leaf("Marker", &name(&self.marker));
        writer.leaf("MaxKeys", &self.max_keys.to_string());
        if !self.delimiter.is_empty() {
            writer.leaf("Delimiter", &name(&self.delimiter));
        }
        writer.leaf("IsTruncated", if self.next_marker.is_some() { "true" } else { "false" });
        if let Some(marker) = &self.next_marker {
            writer.leaf("NextMarker", &name(marker));
        }
        write_common_prefixes(&mut writer, &self.common_prefixes, self.url_encoded);
        for object in &self.contents {
            writer.open("Contents");
            writer.leaf("Key", &name(&object.key));
            writer.leaf("LastModified", &object.last_modified);
            writer.leaf("ETag", &object.etag);
            writer.number("Size", object.size);
            writer.open("Owner");
            writer.leaf("ID", &self.appid);
            writer.leaf("DisplayName", &self.appid);
            writer.close();
            write_class(&mut writer, object.storage_class);
            writer.close();
        }
        writer.close();
        writer.finish()
    }

    /// Reads a body. Keys that were written percent-encoded are decoded. The owner of the first object is told as that of
    /// all, and a storage class that is unknown here is empty.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::read_list(body, "ListBucketResult")?;
        let names = Names::of(&root);
        let is_truncated = root.text_of("IsTruncated").trim() == "true";
        let contents = root.all("Contents");
        let owner = contents.clone().find_map(|object| object.child("Owner"));
        Ok(Self {
            name: root.text_of("Name").to_owned(),
            appid: owner.map(|owner| owner.text_of("ID").to_owned()).unwrap_or_default(),
            url_encoded: names.url_encoded,
            prefix: names.read(&root, "Prefix")?,
            marker: names.read(&root, "Marker")?,
            max_keys: root.needed("MaxKeys")?,
            delimiter: names.read(&root, "Delimiter")?,
            next_marker: is_truncated.then(|| names.read(&root, "NextMarker")).transpose()?,
            common_prefixes: names.read_common_prefixes(&root)?,
            contents: contents.map(|object| names.read_object(object)).collect::<Result<_, _>>()?,
        })
    }
}

/// How the names of a listing are written.
#[derive(Clone, Copy)]
pub(super) struct Names {
    pub(super) url_encoded: bool,
}

impl Names {
    pub(super) fn of(root: &Element) -> Self {
        Self { url_encoded: root.text_of("EncodingType").trim() == "url" }
    }

    /// The name that a child holds; empty if there is no such child.
    pub(super) fn read(self, parent: &Element, child: &str) -> Result<String, XmlError> {
        let text = parent.text_of(child);
        if !self.url_encoded {
            return Ok(text.to_owned());
        }
        let decoded = cospass_sign::percent::decode(text.as_bytes()).into_owned();
        String::from_utf8(decoded).map_err(|_| XmlError::Shape("a name that is not UTF-8"))
    }

    pub(super) fn read_common_prefixes(self, root: &Element) -> Result<Vec<String>, XmlError> {
        root.all("CommonPrefixes").map(|prefix| self.read(prefix, "Prefix")).collect()
    }

    fn read_object(self, object: &Element) -> Result<ObjectEntry, XmlError> {
        Ok(ObjectEntry {
            key: self.read(object, "Key")?,
            last_modified: object.text_of("LastModified").to_owned(),
            etag: object.text_of("ETag").to_owned(),
            size: object.needed("Size")?,
            storage_class: known_class(object.text_of("StorageClass")),
        })
    }
}

/// The name of a storage class; empty if it is unknown here.
pub(super) fn known_class(text: &str) -> &'static str {
    text.trim().parse().map_or("", StorageClass::as_str)
}

/// The class of a listed object, and its tier if it is of one that has tiers.
pub(super) fn write_class(writer: &mut Writer, class: &str) {
    writer.leaf("StorageClass", class);
    if class == StorageClass::IntelligentTiering.as_str() {
        writer.optional("StorageTier", StorageClass::IntelligentTiering.tier());
    }
}

pub(super) fn write_common_prefixes(writer: &mut Writer, prefixes: &[String], url_encoded: bool) {
    for prefix in prefixes {
        writer.open("CommonPrefixes");
        writer.leaf("Prefix", &named(prefix, url_encoded));
        writer.close();
    }
}

/// The document `LocationConstraint`: the region's name.
pub fn location_constraint(region: &str) -> String {
    let mut writer = Writer::default();
    writer.leaf("LocationConstraint", region);
    format!("{DECLARATION}{}", writer.finish())
}

/// Reads the document `LocationConstraint`.
///
/// # Errors
/// [`XmlError`] when it is not such a document.
pub fn read_location_constraint(body: &[u8]) -> Result<String, XmlError> {
    Ok(Element::read(body, "LocationConstraint")?.text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> ListBucket {
        ListBucket {
            name: "b-1".into(),
            appid: "1".into(),
            url_encoded: false,
            prefix: "照片/".into(),
            marker: String::new(),
            max_keys: 2,
            delimiter: "/".into(),
            next_marker: Some("照片/b+c d".into()),
            common_prefixes: vec!["照片/a/".into()],
            contents: vec![ObjectEntry {
                key: "照片/b+c d".into(),
                last_modified: "2020-12-10T03:37:30.000Z".into(),
                etag: "\"ee8d\"".into(),
                size: 16,
                storage_class: "STANDARD",
            }],
        }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        assert_eq!(
            list().write(),
            "<?xml version='1.0' encoding='utf-8' ?>\n<ListBucketResult>\n\t<Name>b-1</Name>\n\t<Prefix>照片/</Prefix>\n\t<Marker/>\n\t<MaxKeys>2</MaxKeys>\n\t<Delimiter>/</Delimiter>\n\t<IsTruncated>true</IsTruncated>\n\t<NextMarker>照片/b+c d</NextMarker>\n\t<CommonPrefixes>\n\t\t<Prefix>照片/a/</Prefix>\n\t</CommonPrefixes>\n\t<Contents>\n\t\t<Key>照片/b+c d</Key>\n\t\t<LastModified>2020-12-10T03:37:30.000Z</LastModified>\n\t\t<ETag>&quot;ee8d&quot;</ETag>\n\t\t<Size>16</Size>\n\t\t<Owner>\n\t\t\t<ID>1</ID>\n\t\t\t<DisplayName>1</DisplayName>\n\t\t</Owner>\n\t\t<StorageClass>STANDARD</StorageClass>\n\t</Contents>\n</ListBucketResult>"
        );
        let last = ListBucket { next_marker: None, delimiter: String::new(), ..list() }.write();
        assert!(last.contains("<IsTruncated>false</IsTruncated>"));
        assert!(!last.contains("NextMarker") && !last.contains("Delimiter"));
    }

    #[test]
    fn keys_are_encoded_but_for_slashes() {
        let text = ListBucket { url_encoded: true, ..list() }.write();
        for line in [
            "<EncodingType>url</EncodingType>",
            "<Prefix>%E7%85%A7%E7%89%87/</Prefix>",
            "<Key>%E7%85%A7%E7%89%87/b%2Bc%20d</Key>",
            "<NextMarker>%E7%85%A7%E7%89%87/b%2Bc%20d</NextMarker>",
            "<Prefix>%E7%85%A7%E7%89%87/a/</Prefix>",
            "<Delimiter>/</Delimiter>",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }

    #[test]
    fn write_and_read_are_inverse() {
        let last = ListBucket { next_marker: None, delimiter: String::new(), ..list() };
        for list in [ListBucket { url_encoded: true, ..list() }, list(), last] {
            assert_eq!(ListBucket::read(list.write().as_bytes()), Ok(list));
        }
        let location = location_constraint("ap-guangzhou");
        assert_eq!(read_location_constraint(location.as_bytes()).unwrap(), "ap-guangzhou");
    }

    #[test]
    fn another_shape_is_refused() {
        let size = list().write().replace("<Size>16<", "<Size>many<");
        for text in [size.as_str(), "<ListPartsResult/>", "<ListBucketResult>"] {
            assert!(ListBucket::read(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_location_is_one_element() {
        assert_eq!(
            location_constraint("ap-guangzhou"),
            "<?xml version='1.0' encoding='utf-8' ?>\n<LocationConstraint>ap-guangzhou</LocationConstraint>"
        );
    }
}
