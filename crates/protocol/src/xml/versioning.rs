//! Whether former versions of objects are kept: `?versioning` (436/19889).

use super::read::XmlError;
use super::schema::{Content, Schema, one};
use super::write::Writer;

const SCHEMA: Schema = Schema {
    root: "VersioningConfiguration",
    rules: &[one("Status", Content::OneOf(&["Enabled", "Suspended"]))],
};

/// The document `VersioningConfiguration` of a bucket in which versions were enabled once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersioningConfiguration {
    /// Each upload makes a version.
    Enabled,
    /// Uploads replace the version `null`; the others stay.
    Suspended,
}

impl VersioningConfiguration {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = SCHEMA.read(body)?;
        Ok(if root.text_of("Status") == "Enabled" { Self::Enabled } else { Self::Suspended })
    }

    /// The body, `Content-Type: application/xml`.
    pub fn write(self) -> String {
        let mut writer = Writer::default();
        writer.open(SCHEMA.root);
        writer.leaf("Status", if self == Self::Enabled { "Enabled" } else { "Suspended" });
        writer.close();
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_and_read_are_inverse() {
        for versioning in [VersioningConfiguration::Enabled, VersioningConfiguration::Suspended] {
            let text = versioning.write();
            assert_eq!(VersioningConfiguration::read(text.as_bytes()), Ok(versioning));
        }
    }

    #[test]
    fn another_document_is_refused() {
        for inner in ["", "<Status/>", "<Status>enabled</Status>"] {
            let body = format!("<VersioningConfiguration>{inner}</VersioningConfiguration>");
            assert!(VersioningConfiguration::read(body.as_bytes()).is_err(), "{inner}");
        }
    }
}
