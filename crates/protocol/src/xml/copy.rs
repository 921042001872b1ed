//! The answer to a copy.

use super::write::{DECLARATION, Writer};

/// What came of a copy: `CopyObjectResult` of an object, `CopyPartResult` of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyResult {
    /// The entity tag in quotes.
    pub etag: String,
    /// The checksum, `crc64ecma`.
    pub crc64: u64,
    /// When the copy was made, `2019-05-24T11:49:50Z`; of a part with `.000`.
    pub last_modified: String,
    /// The version that was made, if versions are kept.
    pub version_id: Option<String>,
}

impl CopyResult {
    /// The body for the copy of an object, `Content-Type: application/xml`.
    pub fn write_object(&self) -> String {
        let mut writer = Writer::default();
        writer.open("CopyObjectResult");
        writer.leaf("ETag", &self.etag);
        writer.leaf("CRC64", &self.crc64.to_string());
        writer.leaf("LastModified", &self.last_modified);
        if let Some(version) = &self.version_id {
            writer.leaf("VersionId", version);
        }
        writer.close();
        format!("{DECLARATION}{}", writer.finish())
    }

    /// The body for a part that was copied, `Content-Type: application/xml`.
    pub fn write_part(&self) -> String {
        let mut writer = Writer::default();
        writer.open("CopyPartResult");
        writer.leaf("ETag", &self.etag);
        writer.leaf("LastModified", &self.last_modified);
        writer.leaf("CRC64", &self.crc64.to_string());
        writer.close();
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_the_documented_one() {
        let result = CopyResult {
            etag: "\"ee8d\"".into(),
            crc64: 7,
            last_modified: "2019-05-24T11:49:50Z".into(),
            version_id: None,
        };
        assert_eq!(
            result.write_object(),
            "<?xml version='1.0' encoding='utf-8' ?>\n<CopyObjectResult>\n\t<ETag>&quot;ee8d&quot;</ETag>\n\t<CRC64>7</CRC64>\n\t<LastModified>2019-05-24T11:49:50Z</LastModified>\n</CopyObjectResult>"
        );
        assert_eq!(
            result.write_part(),
            "<CopyPartResult>\n\t<ETag>&quot;ee8d&quot;</ETag>\n\t<LastModified>2019-05-24T11:49:50Z</LastModified>\n\t<CRC64>7</CRC64>\n</CopyPartResult>"
        );
        let versioned = CopyResult { version_id: Some("MTg0".into()), ..result }.write_object();
        assert!(versioned.contains("Z</LastModified>\n\t<VersionId>MTg0</VersionId>\n</Copy"));
    }
}
