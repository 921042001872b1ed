//! What a request says of an object that is to be.

use cospass_protocol::ObjectKey;
use cospass_protocol::operation::{
    AclHeaders, CannedAcl, ContentHeaders, ServerSideEncryption, StorageClass,
};

use super::{acl_record, content_type};
use crate::store::{AclRecord, Draft, Encryption, KeyCheck, Kind, StoreError};

/// The headers to keep with an object: content headers and user metadata. One without a value is as one that is not
/// there: the Node SDK sends an empty `Cache-Control` and asserts that none comes back.
pub(super) fn headers(
    key: &ObjectKey,
    content: &ContentHeaders,
    metadata: &[(String, Vec<u8>)],
) -> Vec<(String, Vec<u8>)> {
    let told = content.iter().filter(|(_, value)| !value.is_empty());
    let mut headers: Vec<_> = told.map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
    if content.content_type.as_ref().is_none_or(Vec::is_empty) {
        headers.push(("Content-Type".to_owned(), content_type::of(key.as_str()).into()));
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
    /// Unix seconds.
    pub(super) retain_until: Option<i64>,
}

impl Wanted<'_> {
    /// The draft of an object that is made then, Unix seconds.
    pub(super) fn at(self, now: i64) -> Result<Draft, StoreError> {
        let default = || AclRecord::canned(CannedAcl::Default);
        let encryption = match &self.encryption {
            None => Encryption::None,
            Some(ServerSideEncryption::Aes256) => Encryption::Cos,
            Some(ServerSideEncryption::Customer(key)) => Encryption::Customer(KeyCheck::new(key)?),
        };
        Ok(Draft {
            modified: now,
            headers: self.headers,
            storage_class: self.storage_class,
            acl: self.acl.map_or_else(default, acl_record),
            tags: self.tags,
            kind: self.kind,
            encryption,
            retained: self.retain_until,
        })
    }
}
