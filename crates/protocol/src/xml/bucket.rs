//! The body of PUT Bucket.

use super::read::{Element, XmlError};

/// The document `CreateBucketConfiguration`: what kind of bucket is wanted. Absent or empty means the plain kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateBucketConfiguration {
    /// `BucketAZConfig`, such as `MAZ`.
    pub az_config: Option<String>,
    /// `BucketArchConfig`, such as `OFS`.
    pub arch_config: Option<String>,
    /// `BucketStorageClass`.
    pub storage_class: Option<String>,
}

impl CreateBucketConfiguration {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::read(body, "CreateBucketConfiguration")?;
        let text = |name| Some(root.text_of(name).trim()).filter(|text| !text.is_empty());
        Ok(Self {
            az_config: text("BucketAZConfig").map(str::to_owned),
            arch_config: text("BucketArchConfig").map(str::to_owned),
            storage_class: text("BucketStorageClass").map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_read() {
        let read = |inner: &str| {
            let body = format!("<CreateBucketConfiguration>{inner}</CreateBucketConfiguration>");
            CreateBucketConfiguration::read(body.as_bytes()).unwrap()
        };
        let maz = read("<BucketAZConfig>MAZ</BucketAZConfig>");
        assert_eq!(maz.az_config.as_deref(), Some("MAZ"));
        assert_eq!(read("<BucketAZConfig/>"), CreateBucketConfiguration::default());
    }

    #[test]
    fn another_document_is_refused() {
        assert!(CreateBucketConfiguration::read(b"<Other/>").is_err());
    }
}
