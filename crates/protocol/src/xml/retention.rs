//! Until when an object cannot be changed: `?retention` (436/95768, 436/55292).

use super::read::XmlError;
use super::schema::{Content, Schema, maybe, one};
use super::time::{from_iso8601, iso8601_millis};
use super::write::Writer;
use crate::operation::RETENTION_MODE;

const SCHEMA: Schema = Schema {
    root: "Retention",
    rules: &[
        maybe("Mode", Content::OneOf(&[RETENTION_MODE])),
        one("RetainUntilDate", Content::Time),
    ],
};

/// The document `Retention`. Its mode is always [`RETENTION_MODE`], the only one there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Unix seconds.
    pub until: i64,
}

impl Retention {
    /// Reads a body. The mode may be absent (cos-go-sdk-v5 leaves out an empty one).
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = SCHEMA.read(body)?;
        let until = from_iso8601(root.text_of("RetainUntilDate"));
        Ok(Self { until: until.ok_or(XmlError::Shape("no RetainUntilDate"))? })
    }

    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open(SCHEMA.root);
        writer.leaf("Mode", RETENTION_MODE);
        writer.leaf("RetainUntilDate", &iso8601_millis(self.until));
        writer.close();
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_and_read_are_inverse() {
        for until in [0, 1_670_661_288, 253_402_300_799] {
            let retention = Retention { until };
            assert_eq!(Retention::read(retention.write().as_bytes()), Ok(retention));
        }
        let date = "<RetainUntilDate>2022-12-10T16:34:48+08:00</RetainUntilDate>";
        let body = format!("<Retention>{date}</Retention>");
        assert_eq!(Retention::read(body.as_bytes()), Ok(Retention { until: 1_670_661_288 }));
    }

    #[test]
    fn another_document_is_refused() {
        let date = "<RetainUntilDate>2022-12-10T08:34:48.000Z</RetainUntilDate>";
        for inner in [
            "",
            "<Mode>COMPLIANCE</Mode>",
            "<RetainUntilDate>soon</RetainUntilDate>",
            "<RetainUntilDate>1670661288</RetainUntilDate>",
            &format!("<Mode>GOVERNANCE</Mode>{date}"),
            &format!("<Mode>compliance</Mode>{date}"),
        ] {
            let body = format!("<Retention>{inner}</Retention>");
            assert!(Retention::read(body.as_bytes()).is_err(), "{inner}");
        }
    }
}
