//! How objects are encrypted if an upload does not say: `?encryption` (436/40136).

use super::read::{Element, XmlError};
use super::schema::{Content, Rule, Schema, maybe, one};
use super::write::Writer;

/// The name that answers have, and the one that requests may have, too (cos-python-sdk-v5).
const BY_DEFAULT: [&str; 2] =
    ["ApplyServerSideEncryptionByDefault", "ApplySideEncryptionConfiguration"];

const ALGORITHM: Content = Content::Of(&[
    one("SSEAlgorithm", Content::OneOf(&["AES256", "KMS", "SM4"])),
    maybe("KMSMasterKeyID", Content::Text),
    maybe("KMSAlgorithm", Content::Text),
]);

const SCHEMA: Schema = Schema {
    root: "ServerSideEncryptionConfiguration",
    rules: &[one(
        "Rule",
        Content::Of(&[
            maybe(BY_DEFAULT[0], ALGORITHM),
            maybe(BY_DEFAULT[1], ALGORITHM),
            Rule::Either(&BY_DEFAULT),
            maybe("BucketKeyEnabled", Content::Flag),
        ]),
    )],
};

/// The document `ServerSideEncryptionConfiguration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSideEncryptionConfiguration {
    /// `AES256`, `KMS` or `SM4`.
    pub algorithm: String,
    /// Of `KMS`: which key.
    pub kms_master_key_id: Option<String>,
    /// Of `KMS`: by which algorithm.
    pub kms_algorithm: Option<String>,
    /// `BucketKeyEnabled`
    pub bucket_key_enabled: Option<bool>,
}

impl ServerSideEncryptionConfiguration {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = SCHEMA.read(body)?;
        let rule = root.child("Rule").ok_or(XmlError::Shape("no Rule"))?;
        let of = |name: &&str| -> Option<&Element> { rule.child(name) };
        let by_default = BY_DEFAULT.iter().find_map(of).ok_or(XmlError::Shape("no algorithm"))?;
        Ok(Self {
            algorithm: by_default.text_of("SSEAlgorithm").to_owned(),
            kms_master_key_id: by_default.optional("KMSMasterKeyID"),
            kms_algorithm: by_default.optional("KMSAlgorithm"),
            bucket_key_enabled: rule.number("BucketKeyEnabled"),
        })
    }

    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open(SCHEMA.root);
        writer.open("Rule");
        writer.open(BY_DEFAULT[0]);
        writer.leaf("SSEAlgorithm", &self.algorithm);
        writer.optional("KMSMasterKeyID", self.kms_master_key_id.as_ref());
        writer.optional("KMSAlgorithm", self.kms_algorithm.as_ref());
        writer.close();
        writer.optional("BucketKeyEnabled", self.bucket_key_enabled.map(|flag| flag.to_string()));
        writer.close();
        writer.close();
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_and_read_are_inverse() {
        for text in [None, Some("k".to_owned())] {
            let encryption = ServerSideEncryptionConfiguration {
                algorithm: "KMS".to_owned(),
                kms_master_key_id: text.clone(),
                kms_algorithm: text.clone(),
                bucket_key_enabled: text.map(|_| true),
            };
            let text = encryption.write();
            let read = ServerSideEncryptionConfiguration::read(text.as_bytes());
            assert_eq!(read, Ok(encryption), "{text}");
        }
    }

    #[test]
    fn the_second_spelling_is_read() {
        let body = b"<ServerSideEncryptionConfiguration><Rule><ApplySideEncryptionConfiguration><SSEAlgorithm>AES256</SSEAlgorithm></ApplySideEncryptionConfiguration></Rule></ServerSideEncryptionConfiguration>";
        let read = ServerSideEncryptionConfiguration::read(body).unwrap();
        assert_eq!(
            read.write(),
            "<ServerSideEncryptionConfiguration>\n\t<Rule>\n\t\t<ApplyServerSideEncryptionByDefault>\n\t\t\t<SSEAlgorithm>AES256</SSEAlgorithm>\n\t\t</ApplyServerSideEncryptionByDefault>\n\t</Rule>\n</ServerSideEncryptionConfiguration>"
        );
    }

    #[test]
    fn another_document_is_refused() {
        let of = |inner: &str| {
            let body = format!(
                "<ServerSideEncryptionConfiguration>{inner}</ServerSideEncryptionConfiguration>"
            );
            ServerSideEncryptionConfiguration::read(body.as_bytes())
        };
        let rule = |name: &str, algorithm: &str| {
            format!("<{name}><SSEAlgorithm>{algorithm}</SSEAlgorithm></{name}>")
        };
        let both: String = BY_DEFAULT.iter().map(|name| rule(name, "AES256")).collect();
        assert!(matches!(of(&format!("<Rule>{both}</Rule>")), Err(XmlError::Shape(_))));
        let other = format!("<Rule>{}</Rule>", rule(BY_DEFAULT[0], "aes256"));
        assert!(matches!(of(&other), Err(XmlError::Value(_))));
        assert!(of("").is_err() && of("<Rule/>").is_err());
    }
}
