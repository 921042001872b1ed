//! The XML documents of the service, written in its layout and read leniently.
//!
//! Written: a TAB for each level, `\n`, no white space at the end, an element without content self-closed. Read: with or
//! without declaration and namespace, elements in any order, unknown ones ignored; a document type is refused.

mod acl;
mod bucket;
mod copy;
mod delete;
mod error;
mod list;
mod multipart;
mod read;
mod restore;
mod service;
mod tagging;
mod time;
mod write;

pub use acl::AccessControlPolicy;
pub use bucket::CreateBucketConfiguration;
pub use copy::CopyResult;
pub use delete::{Delete, DeleteResult, ObjectToDelete};
pub use error::{ErrorDocument, Evidence};
pub use list::{ListBucket, ObjectEntry, location_constraint, read_location_constraint};
pub use multipart::{
    Completed, PartEntry, PartList, UploadEntry, UploadList, initiated, read_initiated, read_parts,
    write_parts,
};
pub use read::XmlError;
pub use restore::{RestoreRequest, RestoreTier};
pub use service::{BucketEntry, ListAllMyBuckets};
pub use tagging::{read_tagging, write_tagging};
pub use time::{from_iso8601, iso8601, iso8601_millis};

/// How the service writes an account, `qcs::cam::uin/OWNER:uin/SUB`, for the account itself.
pub fn account_id(uin: &str) -> String {
    format!("qcs::cam::uin/{uin}:uin/{uin}")
}
