//! The answer to an upload out of a form.

use super::write::{DECLARATION, Writer};

/// The document `PostResponse`, which answers an upload whose form asked for the status 201.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostResponse {
    /// The URL of the object.
    pub location: String,
    /// The bucket, `NAME-APPID`.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The entity tag in quotes.
    pub etag: String,
}

impl PostResponse {
    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open("PostResponse");
        writer.leaf("Location", &self.location);
        writer.leaf("Bucket", &self.bucket);
        writer.leaf("Key", &self.key);
        writer.leaf("ETag", &self.etag);
        writer.close();
        format!("{DECLARATION}{}", writer.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_what_was_uploaded() {
        let response = PostResponse {
            location: "http://b-1.cos.ap-guangzhou.myqcloud.com/a%26b".to_owned(),
            bucket: "b-1".to_owned(),
            key: "a&b".to_owned(),
            etag: "\"e\"".to_owned(),
        };
        assert!(response.write().ends_with(
            "<PostResponse>\n\t<Location>http://b-1.cos.ap-guangzhou.myqcloud.com/a%26b</Location>\n\t<Bucket>b-1</Bucket>\n\t<Key>a&amp;b</Key>\n\t<ETag>&quot;e&quot;</ETag>\n</PostResponse>"
        ));
    }
}
