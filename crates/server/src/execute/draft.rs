//! What a request says of an object that is to be.

use cospass_protocol::operation::{
    AclHeaders, CannedAcl, ContentHeaders, ServerSideEncryption, StorageClass,
};

use super::acl_record;
use crate::store::{AclRecord, Draft, Encryption, Kind};

/// What an object is if the upload does not say: the service sends this with it.
const DEFAULT_TYPE: &[u8] = b"application/octet-stream";

/// The headers to keep with an object: content headers and user metadata.
pub(super) fn headers(
    content: &ContentHeaders,
    metadata: &[(String, Vec<u8>)],
) -> Vec<(String, Vec<u8>)> {
    let kept = content.iter().map(|(name, value)| (name.to_owned(), value.to_vec()));
    let mut headers: Vec<_> = kept.collect();
    if content.content_type.is_none() {
        headers.push(("Content-Type".to_owned(), DEFAULT_TYPE.to_vec()));
    }
    let metadata = metadata.iter();
    headers.extend(metadata.map(|(name, value)| (format!("x-cos-meta-{name}"), value.clone())));
    headers
}

/// What is wanted of an object besides its bytes.
pub(super) struct Wanted<'a> {
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) storage_class: StorageClass,
    pub(super) acl: Option<&'a AclHeaders>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) kind: Kind,
    pub(super) encryption: Option<ServerSideEncryption>,
}

impl Wanted<'_> {
    /// The draft of an object that is made then, Unix seconds.
    pub(super) fn at(self, now: i64) -> Draft {
        let default = || AclRecord::canned(CannedAcl::Default);
        Draft {
            modified: now,
            headers: self.headers,
            storage_class: self.storage_class,
            acl: self.acl.map_or_else(default, acl_record),
            tags: self.tags,
            kind: self.kind,
            encryption: self.encryption.map_or(Encryption::None, |_| Encryption::Cos),
        }
    }
}
