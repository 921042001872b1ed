//! The answer to GET Service: the account's buckets.

use super::account_id;
use super::read::{Element, XmlError};
use super::write::Writer;

/// The document `ListAllMyBucketsResult`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAllMyBuckets {
    /// The account's number.
    pub owner_uin: String,
    /// The name after which the list was asked to begin.
    pub marker: String,
    /// The name after which the next page begins; empty on the last page.
    pub next_marker: String,
    /// Whether there is a next page.
    pub is_truncated: bool,
    /// The buckets, in byte order.
    pub buckets: Vec<BucketEntry>,
}

/// One bucket of a [`ListAllMyBuckets`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketEntry {
    /// `NAME-APPID`.
    pub name: String,
    /// The region's name.
    pub location: String,
    /// When it was made, `2019-05-24T11:49:50Z`.
    pub creation_date: String,
}

impl ListAllMyBuckets {
    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open("ListAllMyBucketsResult");
        writer.open("Owner");
        writer.leaf("ID", &account_id(&self.owner_uin));
        writer.leaf("DisplayName", &self.owner_uin);
        writer.close();
        writer.leaf("Marker", &self.marker);
        writer.leaf("NextMarker", &self.next_marker);
        writer.leaf("IsTruncated", if self.is_truncated { "true" } else { "false" });
        if self.buckets.is_empty() {
            // Python indexes a string if white space stands in an empty container.
            writer.empty("Buckets");
        } else {
            writer.open("Buckets");
            for bucket in &self.buckets {
                writer.open("Bucket");
                writer.leaf("Name", &bucket.name);
                writer.leaf("Location", &bucket.location);
                writer.leaf("CreationDate", &bucket.creation_date);
                writer.leaf("BucketType", "cos");
                writer.close();
            }
            writer.close();
        }
        writer.close();
        writer.finish()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::read_list(body, "ListAllMyBucketsResult")?;
        let owner = root.child("Owner").map(|owner| owner.text_of("DisplayName").to_owned());
        let entry = |bucket: &Element| BucketEntry {
            name: bucket.text_of("Name").to_owned(),
            location: bucket.text_of("Location").to_owned(),
            creation_date: bucket.text_of("CreationDate").to_owned(),
        };
        let buckets = root.child("Buckets").map(|list| list.all("Bucket").map(entry).collect());
        Ok(Self {
            owner_uin: owner.unwrap_or_default(),
            marker: root.text_of("Marker").to_owned(),
            next_marker: root.text_of("NextMarker").to_owned(),
            is_truncated: root.text_of("IsTruncated").trim() == "true",
            buckets: buckets.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_the_documented_one() {
        let entry = BucketEntry {
            name: "b-1".into(),
            location: "ap-guangzhou".into(),
            creation_date: "2019-05-24T11:49:50Z".into(),
        };
        let mut list = ListAllMyBuckets {
            owner_uin: "1".into(),
            marker: String::new(),
            next_marker: String::new(),
            is_truncated: false,
            buckets: vec![entry],
        };
        let head = "<ListAllMyBucketsResult>\n\t<Owner>\n\t\t<ID>qcs::cam::uin/1:uin/1</ID>\n\t\t<DisplayName>1</DisplayName>\n\t</Owner>\n\t<Marker/>\n\t<NextMarker/>\n\t<IsTruncated>false</IsTruncated>\n";
        assert_eq!(
            list.write(),
            format!(
                "{head}\t<Buckets>\n\t\t<Bucket>\n\t\t\t<Name>b-1</Name>\n\t\t\t<Location>ap-guangzhou</Location>\n\t\t\t<CreationDate>2019-05-24T11:49:50Z</CreationDate>\n\t\t\t<BucketType>cos</BucketType>\n\t\t</Bucket>\n\t</Buckets>\n</ListAllMyBucketsResult>"
            )
        );
        assert_eq!(ListAllMyBuckets::read(list.write().as_bytes()).as_ref(), Ok(&list));
        list.buckets.clear();
        assert_eq!(ListAllMyBuckets::read(list.write().as_bytes()).as_ref(), Ok(&list));
        assert!(ListAllMyBuckets::read(b"<Error/>").is_err());
        assert_eq!(list.write(), format!("{head}\t<Buckets/>\n</ListAllMyBucketsResult>"));
    }
}
