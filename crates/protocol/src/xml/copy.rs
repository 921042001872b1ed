//! The answer to a copy.

use super::write::{DECLARATION, Writer};

/// What came of a copy: `CopyObjectResult` for an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyResult {
    /// The entity tag in quotes.
    pub etag: String,
    /// The checksum, `crc64ecma`.
    pub crc64: u64,
    /// When the copy was made, `2019-05-24T11:49:50Z`.
    pub last_modified: String,
}

impl CopyResult {
    /// The body for the copy of an object, `Content-Type: application/xml`.
    pub fn write_object(&self) -> String {
        self.write("CopyObjectResult")
    }

    fn write(&self, root: &'static str) -> String {
        let mut writer = Writer::default();
        writer.open(root);
        writer.leaf("ETag", &self.etag);
        writer.leaf("CRC64", &self.crc64.to_string());
        writer.leaf("LastModified", &self.last_modified);
        writer.close();
        format!("{DECLARATION}{}", writer.finish())
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
        };
        assert_eq!(
            result.write_object(),
            "<?xml version='1.0' encoding='utf-8' ?>\n<CopyObjectResult>\n\t<ETag>&quot;ee8d&quot;</ETag>\n\t<CRC64>7</CRC64>\n\t<LastModified>2019-05-24T11:49:50Z</LastModified>\n</CopyObjectResult>"
        );
    }
}
