//! Deleting many objects at once: what is asked, and what came of it.

use super::read::{Element, XmlError};
use super::write::Writer;

/// The most objects that one request may name (436/8289).
const OBJECTS_MAX: usize = 1000;

/// The document `Delete`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    /// Whether the answer names only what could not be deleted.
    pub quiet: bool,
    /// The objects, as they are asked for.
    pub objects: Vec<ObjectToDelete>,
}

/// One object of a [`Delete`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectToDelete {
    /// The key as it stands: a leading slash is part of it.
    pub key: String,
    /// Which version of it; empty if none is named.
    pub version_id: String,
}

impl Delete {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document, or names none or over 1000 objects.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::read_list(body, "Delete")?;
        let quiet = match root.text_of("Quiet").trim() {
            "" | "false" | "False" => false,
            "true" | "True" => true,
            _ => return Err(XmlError::Shape("Quiet is no boolean")),
        };
        let objects = root.children.iter().filter(|child| child.name == "Object");
        let objects: Vec<_> = objects.map(read_object).collect::<Result<_, _>>()?;
        match objects.len() {
            0 => Err(XmlError::Shape("no Object")),
            1..=OBJECTS_MAX => Ok(Self { quiet, objects }),
            _ => Err(XmlError::Shape("over 1000 Objects")),
        }
    }
}

fn read_object(object: &Element) -> Result<ObjectToDelete, XmlError> {
    match object.text_of("Key") {
        "" => Err(XmlError::Shape("an Object without Key")),
        key => Ok(ObjectToDelete {
            key: key.to_owned(),
            version_id: object.text_of("VersionId").trim().to_owned(),
        }),
    }
}

/// The document `DeleteResult`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteResult {
    /// What is gone.
    pub deleted: Vec<DeletedObject>,
    /// What is not: the object, the error code, what is wrong.
    pub errors: Vec<(ObjectToDelete, String, String)>,
}

/// One object of a [`DeleteResult`] that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedObject {
    /// What was asked for.
    pub object: ObjectToDelete,
    /// The delete marker that was made, or that was the version asked for.
    pub marker_version_id: Option<String>,
}

impl DeleteResult {
    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        if self.deleted.is_empty() && self.errors.is_empty() {
            writer.empty("DeleteResult");
            return writer.finish();
        }
        writer.open("DeleteResult");
        for DeletedObject { object, marker_version_id } in &self.deleted {
            writer.open("Deleted");
            writer.leaf("Key", &object.key);
            if let Some(marker) = marker_version_id {
                writer.leaf("DeleteMarker", "true");
                writer.leaf("DeleteMarkerVersionId", marker);
            }
            write_version(&mut writer, object);
            writer.close();
        }
        for (object, code, message) in &self.errors {
            writer.open("Error");
            writer.leaf("Key", &object.key);
            write_version(&mut writer, object);
            writer.leaf("Code", code);
            writer.leaf("Message", message);
            writer.close();
        }
        writer.close();
        writer.finish()
    }
}

fn write_version(writer: &mut Writer, object: &ObjectToDelete) {
    if !object.version_id.is_empty() {
        writer.leaf("VersionId", &object.version_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str) -> ObjectToDelete {
        ObjectToDelete { key: key.to_owned(), version_id: String::new() }
    }

    #[test]
    fn what_is_asked_is_read() {
        let body = b"<?xml version='1.0'?>\n<Delete xmlns='x'>\n <Quiet>true</Quiet>\n <Object><Key>/a &amp; b</Key></Object><Object>\n<VersionId> v </VersionId><Key> c </Key></Object></Delete>";
        let versioned = ObjectToDelete { version_id: "v".to_owned(), ..object(" c ") };
        let read = Delete::read(body).unwrap();
        assert_eq!(read, Delete { quiet: true, objects: vec![object("/a & b"), versioned] });
    }

    #[test]
    fn a_thousand_objects_are_read_and_no_more() {
        let body = |count| {
            format!(
                "<Delete>{}</Delete>",
                "<Object><Key>a</Key><VersionId/></Object>".repeat(count)
            )
        };
        assert_eq!(Delete::read(body(1000).as_bytes()).unwrap().objects.len(), 1000);
        assert_eq!(Delete::read(body(1001).as_bytes()), Err(XmlError::Shape("over 1000 Objects")));
    }

    #[test]
    fn another_shape_is_refused() {
        for inner in [
            "",
            "<Object/>",
            "<Object><Key/></Object>",
            "<Quiet>2</Quiet><Object><Key>a</Key></Object>",
        ] {
            let body = format!("<Delete>{inner}</Delete>");
            assert!(matches!(Delete::read(body.as_bytes()), Err(XmlError::Shape(_))), "{inner}");
        }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        assert_eq!(DeleteResult::default().write(), "<DeleteResult/>");
        let result = DeleteResult {
            deleted: vec![
                DeletedObject { object: object("a"), marker_version_id: None },
                DeletedObject {
                    object: ObjectToDelete { version_id: "MTg0".to_owned(), ..object("c") },
                    marker_version_id: Some("MTg0".to_owned()),
                },
            ],
            errors: vec![(object("b"), "PathConflict".to_owned(), "Path conflict.".to_owned())],
        };
        assert_eq!(
            result.write(),
            "<DeleteResult>\n\t<Deleted>\n\t\t<Key>a</Key>\n\t</Deleted>\n\t<Deleted>\n\t\t<Key>c</Key>\n\t\t<DeleteMarker>true</DeleteMarker>\n\t\t<DeleteMarkerVersionId>MTg0</DeleteMarkerVersionId>\n\t\t<VersionId>MTg0</VersionId>\n\t</Deleted>\n\t<Error>\n\t\t<Key>b</Key>\n\t\t<Code>PathConflict</Code>\n\t\t<Message>Path conflict.</Message>\n\t</Error>\n</DeleteResult>"
        );
    }
}
