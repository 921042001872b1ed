//! The XML documents of the service, written in its layout and read leniently.
//!
//! Written: a TAB for each level, `\n`, no white space at the end, an element without content self-closed. Read: with or
//! without declaration and namespace, elements in any order, unknown ones ignored; a document type is refused.

mod acl;
mod bucket;
mod configuration;
mod copy;
mod cors;
mod delete;
mod encryption;
mod error;
mod lifecycle;
mod list;
mod multipart;
mod object_lock;
mod post;
mod read;
mod referer;
mod restore;
mod retention;
mod schema;
mod service;
mod tagging;
mod time;
mod versioning;
mod versions;
mod website;
mod write;

pub use acl::AccessControlPolicy;
pub use bucket::CreateBucketConfiguration;
pub use configuration::{
    ConfigurationDocument, ConfigurationList, certificate_domains, default_tiering_rule,
    domain_certificate,
};
pub use copy::CopyResult;
pub use cors::{CorsConfiguration, CorsRule};
pub use delete::{Delete, DeleteResult, DeletedObject, ObjectToDelete};
pub use encryption::ServerSideEncryptionConfiguration;
pub use error::{ErrorDocument, Evidence};
pub use lifecycle::{
    Expiration, LifecycleConfiguration, LifecycleFilter, LifecycleRule, Transition, When,
};
pub use list::{ListBucket, ObjectEntry, location_constraint, read_location_constraint};
pub use multipart::{
    Completed, PartEntry, PartList, UploadEntry, UploadList, initiated, read_initiated, read_parts,
    write_parts,
};
pub use object_lock::{DefaultRetention, ObjectLockConfiguration};
pub use post::PostResponse;
pub use read::XmlError;
pub use referer::RefererConfiguration;
pub use restore::{RestoreRequest, RestoreTier};
pub use retention::Retention;
pub use service::{BucketEntry, ListAllMyBuckets};
pub use tagging::{read_tagging, write_tagging};
pub use time::{from_iso8601, iso8601, iso8601_millis};
pub use versioning::VersioningConfiguration;
pub use versions::{ListVersions, VersionEntry, VersionObject};
pub use website::{ErrorPage, Replacement, RoutingCondition, RoutingRule, WebsiteConfiguration};

/// How the service writes an account, `qcs::cam::uin/OWNER:uin/SUB`, for the account itself.
pub fn account_id(uin: &str) -> String {
    format!("qcs::cam::uin/{uin}:uin/{uin}")
}
