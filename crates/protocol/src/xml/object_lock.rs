//! How long new objects cannot be changed: `?object-lock` (436/55290).

use super::read::XmlError;
use super::schema::{Content, Schema, maybe, one};
use super::write::Writer;
use crate::operation::RETENTION_MODE;

const RETENTION: Content = Content::Of(&[
    maybe("Mode", Content::OneOf(&[RETENTION_MODE])),
    one("Days", Content::Number(1, 36_500)),
]);

const SCHEMA: Schema = Schema {
    root: "ObjectLockConfiguration",
    rules: &[
        one("ObjectLockEnabled", Content::OneOf(&["Enabled"])),
        maybe("Rule", Content::Of(&[one("DefaultRetention", RETENTION)])),
    ],
};

/// The document `ObjectLockConfiguration`. There is none that disables the lock: once enabled, it stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectLockConfiguration {
    /// How long an object cannot be changed whose upload does not say.
    pub default_retention: Option<DefaultRetention>,
}

/// How long an object cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultRetention {
    /// [`RETENTION_MODE`], if it was given: there is no other.
    pub mode: Option<String>,
    /// 1 to 36500.
    pub days: u32,
}

impl ObjectLockConfiguration {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = SCHEMA.read(body)?;
        let retention = root.child("Rule").and_then(|rule| rule.child("DefaultRetention"));
        let default_retention = retention.map(|retention| DefaultRetention {
            mode: retention.optional("Mode"),
            days: retention.number("Days").unwrap_or(0),
        });
        Ok(Self { default_retention })
    }

    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open(SCHEMA.root);
        writer.leaf("ObjectLockEnabled", "Enabled");
        if let Some(retention) = &self.default_retention {
            writer.open("Rule");
            writer.open("DefaultRetention");
            writer.optional("Mode", retention.mode.as_ref());
            writer.leaf("Days", &retention.days.to_string());
            writer.close();
            writer.close();
        }
        writer.close();
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_and_read_are_inverse() {
        let of = |mode, days| Some(DefaultRetention { mode, days });
        for default_retention in [None, of(None, 36_500), of(Some("COMPLIANCE".to_owned()), 1)] {
            let lock = ObjectLockConfiguration { default_retention };
            let text = lock.write();
            assert_eq!(ObjectLockConfiguration::read(text.as_bytes()), Ok(lock), "{text}");
        }
    }

    #[test]
    fn another_document_is_refused() {
        for inner in [
            "",
            "<ObjectLockEnabled>Disabled</ObjectLockEnabled>",
            "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule/>",
            "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>",
            "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Years>1</Years></DefaultRetention></Rule>",
            "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Days>0</Days></DefaultRetention></Rule>",
            "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Days>36501</Days></DefaultRetention></Rule>",
        ] {
            let body = format!("<ObjectLockConfiguration>{inner}</ObjectLockConfiguration>");
            assert!(ObjectLockConfiguration::read(body.as_bytes()).is_err(), "{inner}");
        }
    }
}
