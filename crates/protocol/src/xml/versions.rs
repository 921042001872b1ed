//! The answer to GET Bucket Object versions.

use super::list::{Names, known_class, write_class, write_common_prefixes};
use super::read::{Element, XmlError};
use super::write::{Writer, named};

/// The document `ListVersionsResult` (436/35521).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListVersions {
    /// The bucket, `NAME-APPID`.
    pub name: String,
    /// The owner of all objects, as the service tells it here: the APPID.
    pub appid: String,
    /// Whether keys are written percent-encoded.
    pub url_encoded: bool,
    /// What all keys begin with.
    pub prefix: String,
    /// The key after which, or in which, the list was asked to begin.
    pub key_marker: String,
    /// The version of that key after which it was.
    pub version_id_marker: String,
    /// The most entries that were asked for.
    pub max_keys: u32,
    /// What ends a common prefix; none if empty.
    pub delimiter: String,
    /// The last entry of this page, key and version, if there is a next one.
    pub next: Option<(String, String)>,
    /// Prefixes that stand for all keys that begin so, in byte order.
    pub common_prefixes: Vec<String>,
    /// Keys in byte order, of each the newest version first.
    pub versions: Vec<VersionEntry>,
}

/// One version of a [`ListVersions`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionEntry {
    /// The key.
    pub key: String,
    /// The version; empty if versions were never kept.
    pub version_id: String,
    /// Whether it is the newest of its key.
    pub is_latest: bool,
    /// When it was made, `2020-12-10T03:37:30.000Z`.
    pub last_modified: String,
    /// What it is beside a delete marker.
    pub object: Option<VersionObject>,
}

/// What a version is that is no delete marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionObject {
    /// The entity tag in quotes.
    pub etag: String,
    /// In bytes.
    pub size: u64,
    /// The storage class.
    pub storage_class: &'static str,
}

impl ListVersions {
    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let name = |text| named(text, self.url_encoded);
        let mut writer = Writer::default();
        writer.open("ListVersionsResult");
        if self.url_encoded {
            writer.leaf("EncodingType", "url");
        }
        writer.leaf("Name", &self.name);
        writer.leaf("Prefix", &name(&self.prefix));
        writer.leaf("KeyMarker", &name(&self.key_marker));
        writer.leaf("VersionIdMarker", &self.version_id_marker);
        writer.leaf("MaxKeys", &self.max_keys.to_string());
        writer.leaf("IsTruncated", if self.next.is_some() { "true" } else { "false" });
        if let Some((key, version)) = &self.next {
            writer.leaf("NextKeyMarker", &name(key));
            writer.leaf("NextVersionIdMarker", version);
        }
        if !self.delimiter.is_empty() {
            writer.leaf("Delimiter", &name(&self.delimiter));
        }
        write_common_prefixes(&mut writer, &self.common_prefixes, self.url_encoded);
        for version in &self.versions {
            self.write_version(&mut writer, version, &name(&version.key));
        }
        writer.close();
        writer.finish()
    }

    /// Reads a body. The owner of the first version is told as that of all, and a storage class that is unknown here is
    /// empty.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::read_list(body, "ListVersionsResult")?;
        let names = Names::of(&root);
        let is_truncated = root.text_of("IsTruncated").trim() == "true";
        let next = is_truncated.then(|| names.read(&root, "NextKeyMarker")).transpose()?;
        let is_version = |child: &&Element| matches!(&*child.name, "Version" | "DeleteMarker");
        let versions = root.children.iter().filter(is_version);
        let owner = versions.clone().find_map(|version| version.child("Owner"));
        Ok(Self {
            name: root.text_of("Name").to_owned(),
            appid: owner.map(|owner| owner.text_of("ID").to_owned()).unwrap_or_default(),
            url_encoded: names.url_encoded,
            prefix: names.read(&root, "Prefix")?,
            key_marker: names.read(&root, "KeyMarker")?,
            version_id_marker: root.text_of("VersionIdMarker").to_owned(),
            max_keys: root.needed("MaxKeys")?,
            delimiter: names.read(&root, "Delimiter")?,
            next: next.map(|key| (key, root.text_of("NextVersionIdMarker").to_owned())),
            common_prefixes: names.read_common_prefixes(&root)?,
            versions: versions.map(|entry| read_entry(names, entry)).collect::<Result<_, _>>()?,
        })
    }

    fn write_version(&self, writer: &mut Writer, version: &VersionEntry, key: &str) {
        writer.open(if version.object.is_some() { "Version" } else { "DeleteMarker" });
        writer.leaf("Key", key);
        writer.leaf("VersionId", &version.version_id);
        writer.leaf("IsLatest", if version.is_latest { "true" } else { "false" });
        writer.leaf("LastModified", &version.last_modified);
        if let Some(object) = &version.object {
            writer.leaf("ETag", &object.etag);
            writer.leaf("Size", &object.size.to_string());
            write_class(writer, object.storage_class);
        }
        writer.open("Owner");
        writer.leaf("ID", &self.appid);
        writer.leaf("DisplayName", &self.appid);
        writer.close();
        writer.close();
    }
}

fn read_entry(names: Names, entry: &Element) -> Result<VersionEntry, XmlError> {
    let object = (entry.name == "Version").then(|| {
        Ok(VersionObject {
            etag: entry.text_of("ETag").to_owned(),
            size: entry.needed("Size")?,
            storage_class: known_class(entry.text_of("StorageClass")),
        })
    });
    Ok(VersionEntry {
        key: names.read(entry, "Key")?,
        version_id: entry.text_of("VersionId").to_owned(),
        is_latest: entry.text_of("IsLatest").trim() == "true",
        last_modified: entry.text_of("LastModified").to_owned(),
        object: object.transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_the_documented_one() {
        let object = VersionObject { etag: "\"ee8d\"".into(), size: 16, storage_class: "STANDARD" };
        let entry = |is_latest, object| VersionEntry {
            key: "照片/a b".into(),
            version_id: "MTg0".into(),
            is_latest,
            last_modified: "2019-08-17T07:20:38.000Z".into(),
            object,
        };
        let list = ListVersions {
            name: "b-1".into(),
            appid: "1".into(),
            url_encoded: true,
            prefix: "照片/".into(),
            key_marker: String::new(),
            version_id_marker: String::new(),
            max_keys: 2,
            delimiter: "/".into(),
            next: Some(("照片/a b".into(), "MTg0".into())),
            common_prefixes: vec!["照片/a/".into()],
            versions: vec![entry(true, None), entry(false, Some(object))],
        };
        assert_eq!(
            list.write(),
            "<ListVersionsResult>\n\t<EncodingType>url</EncodingType>\n\t<Name>b-1</Name>\n\t<Prefix>%E7%85%A7%E7%89%87/</Prefix>\n\t<KeyMarker/>\n\t<VersionIdMarker/>\n\t<MaxKeys>2</MaxKeys>\n\t<IsTruncated>true</IsTruncated>\n\t<NextKeyMarker>%E7%85%A7%E7%89%87/a%20b</NextKeyMarker>\n\t<NextVersionIdMarker>MTg0</NextVersionIdMarker>\n\t<Delimiter>/</Delimiter>\n\t<CommonPrefixes>\n\t\t<Prefix>%E7%85%A7%E7%89%87/a/</Prefix>\n\t</CommonPrefixes>\n\t<DeleteMarker>\n\t\t<Key>%E7%85%A7%E7%89%87/a%20b</Key>\n\t\t<VersionId>MTg0</VersionId>\n\t\t<IsLatest>true</IsLatest>\n\t\t<LastModified>2019-08-17T07:20:38.000Z</LastModified>\n\t\t<Owner>\n\t\t\t<ID>1</ID>\n\t\t\t<DisplayName>1</DisplayName>\n\t\t</Owner>\n\t</DeleteMarker>\n\t<Version>\n\t\t<Key>%E7%85%A7%E7%89%87/a%20b</Key>\n\t\t<VersionId>MTg0</VersionId>\n\t\t<IsLatest>false</IsLatest>\n\t\t<LastModified>2019-08-17T07:20:38.000Z</LastModified>\n\t\t<ETag>&quot;ee8d&quot;</ETag>\n\t\t<Size>16</Size>\n\t\t<StorageClass>STANDARD</StorageClass>\n\t\t<Owner>\n\t\t\t<ID>1</ID>\n\t\t\t<DisplayName>1</DisplayName>\n\t\t</Owner>\n\t</Version>\n</ListVersionsResult>"
        );
        assert_eq!(ListVersions::read(list.write().as_bytes()).as_ref(), Ok(&list));
        let last = ListVersions { next: None, versions: vec![], ..list }.write();
        assert!(last.contains("<IsTruncated>false</IsTruncated>") && !last.contains("NextKey"));
    }
}
