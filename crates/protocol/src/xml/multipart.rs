//! Uploads in parts: begun, listed, completed.

use super::list::{Names, known_class, write_common_prefixes};
use super::read::{Element, XmlError};
use super::write::{DECLARATION, Writer, named, url_encoded};

/// The most parts that an object may have (436/7742).
const PARTS_MAX: usize = 10_000;

/// The document `InitiateMultipartUploadResult`.
pub fn initiated(bucket: &str, key: &str, upload_id: &str) -> String {
    let mut writer = Writer::default();
    writer.open("InitiateMultipartUploadResult");
    writer.leaf("Bucket", bucket);
    writer.leaf("Key", key);
    writer.leaf("UploadId", upload_id);
    writer.close();
    writer.finish()
}

/// Reads the document `InitiateMultipartUploadResult`: the id of the upload.
///
/// # Errors
/// [`XmlError`] when it is not such a document, or names no upload.
pub fn read_initiated(body: &[u8]) -> Result<String, XmlError> {
    match Element::read(body, "InitiateMultipartUploadResult")?.text_of("UploadId").trim() {
        "" => Err(XmlError::Shape("no UploadId")),
        id => Ok(id.to_owned()),
    }
}

/// The document `ListPartsResult`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartList {
    /// The bucket, `NAME-APPID`.
    pub bucket: String,
    /// The bucket's APPID, which is told as the owner.
    pub appid: String,
    /// Who began the upload, `qcs::cam::uin/1:uin/2`.
    pub initiator: String,
    /// The key.
    pub key: String,
    /// Whether the key is written percent-encoded.
    pub url_encoded: bool,
    /// Which upload.
    pub upload_id: String,
    /// The storage class.
    pub storage_class: &'static str,
    /// The number after which the list was asked to begin.
    pub part_number_marker: u64,
    /// The last number of this page, if there is a next one.
    pub next_marker: Option<u16>,
    /// The most parts that were asked for.
    pub max_parts: u32,
    /// The parts by number.
    pub parts: Vec<PartEntry>,
}

/// One part of a [`PartList`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartEntry {
    /// Its number.
    pub number: u16,
    /// When it was uploaded, `2020-12-10T03:37:30.000Z`.
    pub last_modified: String,
    /// The entity tag in quotes.
    pub etag: String,
    /// In bytes.
    pub size: u64,
}

impl PartList {
    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let key = named(&self.key, self.url_encoded);
        let mut writer = Writer::default();
        writer.open("ListPartsResult");
        writer.leaf("Bucket", &self.bucket);
        writer.leaf("EncodingType", if self.url_encoded { "url" } else { "" });
        writer.leaf("Key", &key);
        writer.leaf("UploadId", &self.upload_id);
        write_party(&mut writer, "Owner", &self.appid, &self.appid);
        writer.leaf("PartNumberMarker", &self.part_number_marker.to_string());
        write_party(&mut writer, "Initiator", &self.initiator, last_name(&self.initiator));
        for part in &self.parts {
            writer.open("Part");
            writer.leaf("PartNumber", &part.number.to_string());
            writer.leaf("LastModified", &part.last_modified);
            writer.leaf("ETag", &part.etag);
            writer.leaf("Size", &part.size.to_string());
            writer.close();
        }
        if let Some(next) = self.next_marker {
            writer.leaf("NextPartNumberMarker", &next.to_string());
        }
        writer.leaf("StorageClass", self.storage_class);
        writer.leaf("MaxParts", &self.max_parts.to_string());
        writer.leaf("IsTruncated", if self.next_marker.is_some() { "true" } else { "false" });
        writer.close();
        writer.finish()
    }

    /// Reads a body; a storage class that is unknown here is empty.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::read_list(body, "ListPartsResult")?;
        let names = Names::of(&root);
        let is_truncated = root.text_of("IsTruncated").trim() == "true";
        let next = is_truncated.then(|| root.needed("NextPartNumberMarker"));
        Ok(Self {
            bucket: root.text_of("Bucket").to_owned(),
            appid: party(&root, "Owner", "DisplayName"),
            initiator: party(&root, "Initiator", "ID"),
            key: names.read(&root, "Key")?,
            url_encoded: names.url_encoded,
            upload_id: root.text_of("UploadId").to_owned(),
            storage_class: known_class(root.text_of("StorageClass")),
            part_number_marker: root.needed("PartNumberMarker")?,
            next_marker: next.transpose()?,
            max_parts: root.needed("MaxParts")?,
            parts: root.all("Part").map(read_listed_part).collect::<Result<_, _>>()?,
        })
    }
}

fn read_listed_part(part: &Element) -> Result<PartEntry, XmlError> {
    Ok(PartEntry {
        number: part.needed("PartNumber")?,
        last_modified: part.text_of("LastModified").to_owned(),
        etag: part.text_of("ETag").to_owned(),
        size: part.needed("Size")?,
    })
}

/// What a document says of an owner or initiator.
fn party(root: &Element, name: &str, leaf: &str) -> String {
    root.child(name).map(|party| party.text_of(leaf).to_owned()).unwrap_or_default()
}

/// The number or name that the id of an account, a user or a role ends in, by which it is shown.
fn last_name(id: &str) -> &str {
    id.rsplit(['/', ':']).next().unwrap_or(id)
}

/// The document `ListMultipartUploadsResult`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadList {
    /// The bucket, `NAME-APPID`.
    pub bucket: String,
    /// The bucket's APPID, which is told as the owner.
    pub appid: String,
    /// Whether keys are written percent-encoded.
    pub url_encoded: bool,
    /// What all keys begin with.
    pub prefix: String,
    /// What ends a common prefix; none if empty.
    pub delimiter: String,
    /// The key after which the list was asked to begin.
    pub key_marker: String,
    /// The upload of that key after which the list was asked to begin.
    pub upload_id_marker: String,
    /// The last key or common prefix of this page and the id of its upload, if there is a next page.
    pub next: Option<(String, String)>,
    /// The most entries that were asked for.
    pub max_uploads: u32,
    /// Prefixes that stand for all keys that begin so, in byte order.
    pub common_prefixes: Vec<String>,
    /// The uploads by key and id.
    pub uploads: Vec<UploadEntry>,
}

/// One upload of an [`UploadList`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadEntry {
    /// The key.
    pub key: String,
    /// Which upload.
    pub upload_id: String,
    /// The storage class.
    pub storage_class: &'static str,
    /// Who began it, `qcs::cam::uin/1:uin/2`.
    pub initiator: String,
    /// When it was begun, `2020-12-10T03:37:30.000Z`.
    pub initiated: String,
}

impl UploadList {
    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let name = |text| named(text, self.url_encoded);
        let mut writer = Writer::default();
        writer.open("ListMultipartUploadsResult");
        writer.leaf("Bucket", &self.bucket);
        if self.url_encoded {
            writer.leaf("EncodingType", "url");
        }
        writer.leaf("KeyMarker", &name(&self.key_marker));
        writer.leaf("UploadIdMarker", &self.upload_id_marker);
        if let Some((key, id)) = &self.next {
            writer.leaf("NextKeyMarker", &name(key));
            writer.leaf("NextUploadIdMarker", id);
        }
        writer.leaf("MaxUploads", &self.max_uploads.to_string());
        writer.leaf("Prefix", &name(&self.prefix));
        if !self.delimiter.is_empty() {
            writer.leaf("Delimiter", &name(&self.delimiter));
        }
        writer.leaf("IsTruncated", if self.next.is_some() { "true" } else { "false" });
        write_common_prefixes(&mut writer, &self.common_prefixes, self.url_encoded);
        for upload in &self.uploads {
            writer.open("Upload");
            writer.leaf("Key", &name(&upload.key));
            writer.leaf("UploadId", &upload.upload_id);
            let initiator = &upload.initiator;
            write_party(&mut writer, "Initiator", initiator, last_name(initiator));
            write_party(&mut writer, "Owner", &self.appid, &self.appid);
            writer.leaf("StorageClass", upload.storage_class);
            writer.leaf("Initiated", &upload.initiated);
            writer.close();
        }
        writer.close();
        format!("{DECLARATION}{}", writer.finish())
    }

    /// Reads a body; a storage class that is unknown here is empty, and so are the owners of a list without uploads.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::read_list(body, "ListMultipartUploadsResult")?;
        let names = Names::of(&root);
        let is_truncated = root.text_of("IsTruncated").trim() == "true";
        let next = is_truncated.then(|| names.read(&root, "NextKeyMarker")).transpose()?;
        let first = root.child("Upload");
        let uploads = root.all("Upload").map(|upload| read_upload(names, upload));
        Ok(Self {
            bucket: root.text_of("Bucket").to_owned(),
            appid: first.map(|upload| party(upload, "Owner", "DisplayName")).unwrap_or_default(),
            url_encoded: names.url_encoded,
            prefix: names.read(&root, "Prefix")?,
            delimiter: names.read(&root, "Delimiter")?,
            key_marker: names.read(&root, "KeyMarker")?,
            upload_id_marker: root.text_of("UploadIdMarker").to_owned(),
            next: next.map(|key| (key, root.text_of("NextUploadIdMarker").to_owned())),
            max_uploads: root.needed("MaxUploads")?,
            common_prefixes: names.read_common_prefixes(&root)?,
            uploads: uploads.collect::<Result<_, _>>()?,
        })
    }
}

fn read_upload(names: Names, upload: &Element) -> Result<UploadEntry, XmlError> {
    Ok(UploadEntry {
        key: names.read(upload, "Key")?,
        upload_id: upload.text_of("UploadId").to_owned(),
        storage_class: known_class(upload.text_of("StorageClass")),
        initiator: party(upload, "Initiator", "ID"),
        initiated: upload.text_of("Initiated").to_owned(),
    })
}

fn write_party(writer: &mut Writer, name: &'static str, id: &str, display_name: &str) {
    writer.open(name);
    writer.leaf("ID", id);
    writer.leaf("DisplayName", display_name);
    writer.close();
}

/// Reads the document `CompleteMultipartUpload`: numbers and entity tags, without quotes, in the order given.
///
/// # Errors
/// [`XmlError`] when it is not such a document, or names no part or over 10,000.
pub fn read_parts(body: &[u8]) -> Result<Vec<(u64, String)>, XmlError> {
    let root = Element::read_list(body, "CompleteMultipartUpload")?;
    let parts = root.children.iter().filter(|child| child.name == "Part");
    let parts: Vec<_> = parts.map(read_part).collect::<Result<_, _>>()?;
    match parts.len() {
        0 => Err(XmlError::Shape("no Part")),
        1..=PARTS_MAX => Ok(parts),
        _ => Err(XmlError::Shape("over 10000 Parts")),
    }
}

fn read_part(part: &Element) -> Result<(u64, String), XmlError> {
    let number = part.text_of("PartNumber").trim().parse();
    let number = number.map_err(|_| XmlError::Shape("a PartNumber that is no number"))?;
    // Python, Go and Node send the quotes, Java does not.
    match part.text_of("ETag").trim().trim_matches('"') {
        "" => Err(XmlError::Shape("a Part without ETag")),
        etag => Ok((number, etag.to_owned())),
    }
}

/// The document `CompleteMultipartUpload`: numbers and entity tags in ascending order.
pub fn write_parts<'a>(parts: impl IntoIterator<Item = (u16, &'a str)>) -> String {
    let mut writer = Writer::default();
    writer.open("CompleteMultipartUpload");
    for (number, etag) in parts {
        writer.open("Part");
        writer.leaf("PartNumber", &number.to_string());
        writer.leaf("ETag", etag);
        writer.close();
    }
    writer.close();
    writer.finish()
}

/// The document `CompleteMultipartUploadResult`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// The bucket, `NAME-APPID`.
    pub bucket: String,
    /// Where the request was sent to: `http://HOST` or `https://HOST`.
    pub origin: String,
    /// The key.
    pub key: String,
    /// The entity tag in quotes.
    pub etag: String,
}

impl Completed {
    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        // One of the namespaces that the Python SDK strips.
        let namespace = r#"xmlns="http://www.qcloud.com/document/product/436/7751""#;
        writer.open_with("CompleteMultipartUploadResult", namespace);
        writer.leaf("Location", &format!("{}/{}", self.origin, url_encoded(&self.key)));
        writer.leaf("Bucket", &self.bucket);
        writer.leaf("Key", &self.key);
        writer.leaf("ETag", &self.etag);
        writer.close();
        format!("{DECLARATION}{}", writer.finish())
    }

    /// Reads a body. The service may tell an error in it, behind the status 200 (436/7742): that is another document.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::read(body, "CompleteMultipartUploadResult")?;
        let location = root.text_of("Location").trim();
        // The host ends at the first slash behind those of the scheme.
        let start = location.find("://").map_or(0, |scheme| scheme + 3);
        let end = location.get(start..).and_then(|rest| rest.find('/'));
        let origin = end.and_then(|end| location.get(..start + end)).unwrap_or(location);
        Ok(Self {
            bucket: root.text_of("Bucket").to_owned(),
            origin: origin.to_owned(),
            key: root.text_of("Key").to_owned(),
            etag: root.text_of("ETag").trim().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_named() {
        assert_eq!(
            initiated("b-1", "a&b", "1700"),
            "<InitiateMultipartUploadResult>\n\t<Bucket>b-1</Bucket>\n\t<Key>a&amp;b</Key>\n\t<UploadId>1700</UploadId>\n</InitiateMultipartUploadResult>"
        );
        let read = |text: &str| read_initiated(text.as_bytes());
        assert_eq!(read(&initiated("b-1", "a&b", "1700")), Ok("1700".to_owned()));
        assert_eq!(read(&initiated("b-1", "a&b", "")), Err(XmlError::Shape("no UploadId")));
    }

    #[test]
    fn what_is_written_is_read() {
        let parts = PartList {
            bucket: "b-1".into(),
            appid: "1".into(),
            initiator: "qcs::cam::uin/2:uin/3".into(),
            key: "a b".into(),
            url_encoded: true,
            upload_id: "1700".into(),
            storage_class: "STANDARD",
            part_number_marker: 3,
            next_marker: Some(4),
            max_parts: 1,
            parts: vec![PartEntry {
                number: 4,
                last_modified: "2020-12-10T03:37:30.000Z".into(),
                etag: "\"ee8d\"".into(),
                size: 7,
            }],
        };
        let last =
            PartList { next_marker: None, parts: vec![], url_encoded: false, ..parts.clone() };
        for list in [parts, last] {
            assert_eq!(PartList::read(list.write().as_bytes()), Ok(list));
        }
        let uploads = UploadList {
            bucket: "b-1".into(),
            appid: "1".into(),
            url_encoded: true,
            prefix: "a".into(),
            delimiter: "/".into(),
            key_marker: "a b".into(),
            upload_id_marker: "1".into(),
            next: Some(("a+".into(), "1700".into())),
            max_uploads: 1,
            common_prefixes: vec!["a/".into()],
            uploads: vec![UploadEntry {
                key: "a+".into(),
                upload_id: "1700".into(),
                storage_class: "STANDARD",
                initiator: "qcs::cam::uin/2:uin/3".into(),
                initiated: "2020-12-10T03:37:30.000Z".into(),
            }],
        };
        assert_eq!(UploadList::read(uploads.write().as_bytes()), Ok(uploads));
        let named = write_parts([(1, "\"ee8d\""), (7, "ab")]);
        let read = read_parts(named.as_bytes()).unwrap();
        assert_eq!(read, [(1, "ee8d".to_owned()), (7, "ab".to_owned())]);
        let completed = Completed {
            bucket: "b-1".into(),
            origin: "http://h:9000".into(),
            key: "a b".into(),
            etag: "\"ee8d-2\"".into(),
        };
        assert_eq!(Completed::read(completed.write().as_bytes()), Ok(completed));
        assert!(Completed::read(b"<Error/>").is_err() && PartList::read(b"<Error/>").is_err());
        assert!(UploadList::read(b"<Error/>").is_err());
    }

    #[test]
    fn the_list_of_parts_has_the_documented_shape() {
        let list = PartList {
            bucket: "b-1".into(),
            appid: "1".into(),
            initiator: "qcs::cam::uin/2:uin/3".into(),
            key: "a b".into(),
            url_encoded: false,
            upload_id: "1700".into(),
            storage_class: "STANDARD",
            part_number_marker: 0,
            next_marker: Some(1),
            max_parts: 1,
            parts: vec![PartEntry {
                number: 1,
                last_modified: "2020-12-10T03:37:30.000Z".into(),
                etag: "\"ee8d\"".into(),
                size: 16,
            }],
        };
        assert_eq!(
            list.write(),
            "<ListPartsResult>\n\t<Bucket>b-1</Bucket>\n\t<EncodingType/>\n\t<Key>a b</Key>\n\t<UploadId>1700</UploadId>\n\t<Owner>\n\t\t<ID>1</ID>\n\t\t<DisplayName>1</DisplayName>\n\t</Owner>\n\t<PartNumberMarker>0</PartNumberMarker>\n\t<Initiator>\n\t\t<ID>qcs::cam::uin/2:uin/3</ID>\n\t\t<DisplayName>3</DisplayName>\n\t</Initiator>\n\t<Part>\n\t\t<PartNumber>1</PartNumber>\n\t\t<LastModified>2020-12-10T03:37:30.000Z</LastModified>\n\t\t<ETag>&quot;ee8d&quot;</ETag>\n\t\t<Size>16</Size>\n\t</Part>\n\t<NextPartNumberMarker>1</NextPartNumberMarker>\n\t<StorageClass>STANDARD</StorageClass>\n\t<MaxParts>1</MaxParts>\n\t<IsTruncated>true</IsTruncated>\n</ListPartsResult>"
        );
        let encoded = PartList { url_encoded: true, next_marker: None, ..list }.write();
        assert!(encoded.contains("<EncodingType>url</EncodingType>\n\t<Key>a%20b</Key>"));
        assert!(!encoded.contains("NextPartNumberMarker"));
    }

    #[test]
    fn the_list_of_uploads_has_the_documented_shape() {
        let list = UploadList {
            bucket: "b-1".into(),
            appid: "1".into(),
            url_encoded: true,
            prefix: "a".into(),
            delimiter: "/".into(),
            key_marker: String::new(),
            upload_id_marker: String::new(),
            next: Some(("a+".into(), "1700".into())),
            max_uploads: 1,
            common_prefixes: vec![],
            uploads: vec![UploadEntry {
                key: "a+".into(),
                upload_id: "1700".into(),
                storage_class: "STANDARD",
                initiator: "qcs::cam::uin/2:uin/3".into(),
                initiated: "2020-12-10T03:37:30.000Z".into(),
            }],
        };
        assert_eq!(
            list.write(),
            "<?xml version='1.0' encoding='utf-8' ?>\n<ListMultipartUploadsResult>\n\t<Bucket>b-1</Bucket>\n\t<EncodingType>url</EncodingType>\n\t<KeyMarker/>\n\t<UploadIdMarker/>\n\t<NextKeyMarker>a%2B</NextKeyMarker>\n\t<NextUploadIdMarker>1700</NextUploadIdMarker>\n\t<MaxUploads>1</MaxUploads>\n\t<Prefix>a</Prefix>\n\t<Delimiter>/</Delimiter>\n\t<IsTruncated>true</IsTruncated>\n\t<Upload>\n\t\t<Key>a%2B</Key>\n\t\t<UploadId>1700</UploadId>\n\t\t<Initiator>\n\t\t\t<ID>qcs::cam::uin/2:uin/3</ID>\n\t\t\t<DisplayName>3</DisplayName>\n\t\t</Initiator>\n\t\t<Owner>\n\t\t\t<ID>1</ID>\n\t\t\t<DisplayName>1</DisplayName>\n\t\t</Owner>\n\t\t<StorageClass>STANDARD</StorageClass>\n\t\t<Initiated>2020-12-10T03:37:30.000Z</Initiated>\n\t</Upload>\n</ListMultipartUploadsResult>"
        );
    }

    #[test]
    fn parts_are_read_with_and_without_quotes() {
        let part =
            |etag: &str| format!("<Part><ETag>{etag}</ETag>\n<PartNumber> 2 </PartNumber></Part>");
        for etag in ["ee8d", "\"ee8d\"", "&quot;ee8d&quot;"] {
            let body = format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", part(etag));
            assert_eq!(read_parts(body.as_bytes()), Ok(vec![(2, "ee8d".to_owned())]), "{etag}");
        }
        let list = |count| {
            let parts = part("a").repeat(count);
            read_parts(
                format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>").as_bytes(),
            )
        };
        assert_eq!(list(10_000).map(|parts| parts.len()), Ok(10_000));
        assert_eq!(list(10_001), Err(XmlError::Shape("over 10000 Parts")));
        assert_eq!(list(0), Err(XmlError::Shape("no Part")));
    }

    #[test]
    fn another_shape_of_parts_is_refused() {
        for part in [
            "",
            "<ETag>a</ETag>",
            "<PartNumber>1</PartNumber>",
            "<PartNumber>-1</PartNumber><ETag>a</ETag>",
        ] {
            let body =
                format!("<CompleteMultipartUpload><Part>{part}</Part></CompleteMultipartUpload>");
            assert!(matches!(read_parts(body.as_bytes()), Err(XmlError::Shape(_))), "{part}");
        }
    }

    #[test]
    fn what_was_completed_is_told() {
        let completed = Completed {
            bucket: "b-1".into(),
            origin: "http://b-1.cos.ap-guangzhou.myqcloud.com".into(),
            key: "a/b c".into(),
            etag: "\"ee8d-2\"".into(),
        };
        assert_eq!(
            completed.write(),
            "<?xml version='1.0' encoding='utf-8' ?>\n<CompleteMultipartUploadResult xmlns=\"http://www.qcloud.com/document/product/436/7751\">\n\t<Location>http://b-1.cos.ap-guangzhou.myqcloud.com/a/b%20c</Location>\n\t<Bucket>b-1</Bucket>\n\t<Key>a/b c</Key>\n\t<ETag>&quot;ee8d-2&quot;</ETag>\n</CompleteMultipartUploadResult>"
        );
    }
}
