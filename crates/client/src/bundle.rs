//! Upload bundles: one JSON document with which someone without credentials uploads one large object in parts, and goes
//! on with it after whatever happened. `docs/bundle.md` describes the format, `docs/bundle.schema.json` is its schema.

mod sign;
mod transfer;

use cospass_protocol::{Bucket, ObjectKey};
use serde::{Deserialize, Serialize};

pub use transfer::BundleTransfer;

use crate::client::Upload;
use crate::error::Error;
use crate::plan::Plan;

const FORMAT: &str = "cospass-upload-bundle";
const VERSION: u32 = 1;

/// The pre-signed URLs of one upload in parts. Whoever has it can make that object, and nothing else, until it ends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    format: String,
    version: u32,
    /// The bucket, `NAME-APPID`.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Which upload of that key.
    pub upload_id: String,
    /// The size that the object is to have, in bytes.
    pub size: u64,
    /// The size of each part but the last, in bytes.
    pub part_size: u64,
    /// The last second at which the URLs hold, Unix time: their own, or that of the credentials where it is earlier.
    pub expires_at: i64,
    /// PUT: part 1 first.
    pub parts: Vec<String>,
    /// GET: the parts that are there, 1000 numbers a page.
    pub list: Vec<String>,
    /// POST: makes the object of the parts.
    pub complete: String,
    /// DELETE: gives the upload up.
    pub abort: String,
    /// HEAD: the object, once it is made.
    pub head: String,
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bundle")
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .field("size", &self.size)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl Bundle {
    /// The size of each part but the last of an upload of so many bytes, in bytes. The wish gives way to what the service allows:
    /// 1 MiB to 5 GiB (436/7750), and 10,000 parts (436/7742).
    ///
    /// # Errors
    /// [`Error::TooLarge`]: more bytes than that many parts have.
    pub fn size_of_parts(size: u64, wish: u64) -> Result<u64, Error> {
        Ok(Plan::of(size, wish)?.part_size)
    }

    /// The document.
    pub fn write(&self) -> String {
        // Numbers and texts: there is nothing that JSON could not hold.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`Error::Bundle`].
    pub fn read(text: &str) -> Result<Self, Error> {
        let bad = |cause: &str| Error::Bundle { cause: cause.to_owned() };
        let bundle: Self = serde_json::from_str(text)
            .map_err(|error| bad(&format!("line {}: it is no bundle", error.line())))?;
        if bundle.format != FORMAT || bundle.version != VERSION {
            return Err(bad("it is of another kind or version"));
        }
        let plan = Plan::of(bundle.size, bundle.part_size)?;
        if plan.part_size != bundle.part_size || plan.count() != bundle.parts.len() as u64 {
            return Err(bad("the number of its parts does not go with its sizes"));
        }
        Ok(bundle)
    }

    /// The upload that it is of.
    ///
    /// # Errors
    /// [`Error::Bundle`] when its bucket or its key is none.
    pub fn upload(&self) -> Result<Upload, Error> {
        let bad = |cause: &dyn std::fmt::Display| Error::Bundle { cause: cause.to_string() };
        Ok(Upload {
            bucket: Bucket::new(&self.bucket).map_err(|error| bad(&error))?,
            key: ObjectKey::new(format!("/{}", self.key)).map_err(|error| bad(&error))?,
            upload_id: self.upload_id.clone(),
        })
    }

    /// Whether it is of the same upload.
    fn is_of(&self, other: &Self) -> bool {
        let what = |bundle: &Self| {
            (
                bundle.bucket.clone(),
                bundle.key.clone(),
                bundle.upload_id.clone(),
                bundle.size,
                bundle.part_size,
            )
        };
        what(self) == what(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;

    fn client() -> Client {
        let region = cospass_protocol::Region::new("ap-guangzhou").unwrap();
        let credentials = cospass_sign::Credentials::new("AKIDEXAMPLE", "hush");
        Client::new(credentials, cospass_protocol::Endpoint::default_domain(region))
    }

    fn upload() -> Upload {
        let bucket = Bucket::new("examplebucket-1250000000").unwrap();
        let key = ObjectKey::new("/ü b/c").unwrap();
        Upload { bucket, key, upload_id: "1700".to_owned() }
    }

    #[test]
    fn write_and_read_are_inverse() {
        let bundle = client().bundle_of(&upload(), 20_000_000_000, 1, 900).unwrap();
        assert_eq!((bundle.parts.len(), bundle.list.len()), (9537, 10));
        assert!(bundle.parts[9536].contains("partNumber=9537&uploadId=1700"));
        assert!(bundle.list[9].contains("part-number-marker=9000"));
        assert_eq!(Bundle::read(&bundle.write()).unwrap(), bundle);
        assert!(!bundle.write().contains("hush") && !format!("{bundle:?}").contains("q-sign"));
        let later = client().renew_bundle(&bundle, 9000).unwrap();
        assert!(later.is_of(&bundle) && later.expires_at > bundle.expires_at);
    }

    #[test]
    fn another_document_is_refused() {
        let bundle = client().bundle_of(&upload(), 5_000_000, 1, 900).unwrap();
        for text in [
            "{}".to_owned(),
            String::new(),
            bundle.write().replace("\"version\": 1", "\"version\": 2"),
            bundle.write().replace("5000000", "50000000"),
            bundle.write().replace("\"part_size\": 1048576", "\"part_size\": 5"),
        ] {
            assert!(matches!(Bundle::read(&text), Err(Error::Bundle { .. })), "{text}");
        }
    }
}
