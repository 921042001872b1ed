//! What the metadata says of buckets and objects.
//!
//! A record is written as postcard, whose layout is the order and the types of the fields: a change of either is a new
//! [format](super::metadata::FORMAT).

use cospass_protocol::operation::{CannedAcl, Grant, Grantee, Permission, StorageClass};
use serde::{Deserialize, Serialize};

use super::blob::{BlobId, Written};

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketRecord {
    /// When it was made, Unix seconds.
    pub(crate) created: i64,
    pub(crate) acl: AclRecord,
}

/// An object without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ObjectRecord {
    pub(super) blob: BlobId,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) crc64: u64,
    /// When it was uploaded, Unix seconds.
    pub(crate) modified: i64,
    /// Headers to send with each download, spelled as they are sent: content headers and user metadata.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    storage_class: String,
    pub(crate) acl: AclRecord,
}

impl ObjectRecord {
    /// The entity tag: the MD5 in hex, in quotes.
    pub(crate) fn etag(&self) -> String {
        let digits: String = self.md5.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("\"{digits}\"")
    }

    pub(crate) fn storage_class(&self) -> StorageClass {
        self.storage_class.parse().unwrap_or_default()
    }
}

/// What an upload says of its object before its bytes are counted.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) modified: i64,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) storage_class: StorageClass,
    pub(crate) acl: AclRecord,
}

impl Draft {
    pub(super) fn record(self, written: &Written) -> ObjectRecord {
        ObjectRecord {
            blob: written.blob,
            size: written.size,
            md5: written.md5,
            crc64: written.crc64,
            modified: self.modified,
            headers: self.headers,
            storage_class: self.storage_class.as_str().to_owned(),
            acl: self.acl,
        }
    }

    /// The same bytes as another object, under a name of their own.
    pub(super) fn copy(self, source: &ObjectRecord, blob: BlobId) -> ObjectRecord {
        let &ObjectRecord { size, md5, crc64, .. } = source;
        self.record(&Written { blob, size, md5, crc64 })
    }
}

/// Access control, by the names of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AclRecord {
    Canned(String),
    /// Of each grant: account or group, its name, the permission.
    Grants(Vec<(GranteeKind, String, String)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum GranteeKind {
    Account,
    Group,
}

impl AclRecord {
    pub(crate) fn canned(canned: CannedAcl) -> Self {
        Self::Canned(canned.as_str().to_owned())
    }

    pub(crate) fn grants(grants: &[Grant]) -> Self {
        let record = |grant: &Grant| {
            let (kind, name) = match &grant.grantee {
                Grantee::Account(id) => (GranteeKind::Account, id),
                Grantee::Group(uri) => (GranteeKind::Group, uri),
            };
            (kind, name.clone(), grant.permission.as_str().to_owned())
        };
        Self::Grants(grants.iter().map(record).collect())
    }

    /// The name of a canned list.
    pub(crate) fn as_canned(&self) -> Option<CannedAcl> {
        match self {
            Self::Canned(name) => CannedAcl::from_name(name),
            Self::Grants(_) => None,
        }
    }

    /// The grants, where the owner is the account of that number.
    pub(crate) fn to_grants(&self, owner_uin: &str) -> Vec<Grant> {
        let grant = |(kind, name, permission): &(GranteeKind, String, String)| {
            let grantee = match kind {
                GranteeKind::Account => Grantee::Account(name.clone()),
                GranteeKind::Group => Grantee::Group(name.clone()),
            };
            Some(Grant { grantee, permission: Permission::from_name(permission)? })
        };
        match self {
            Self::Canned(name) => {
                CannedAcl::from_name(name).map(|acl| acl.grants(owner_uin)).unwrap_or_default()
            }
            Self::Grants(grants) => grants.iter().filter_map(grant).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_come_back_as_they_were() {
        let grants = CannedAcl::PublicRead.grants("1");
        assert_eq!(AclRecord::grants(&grants).to_grants("2"), grants);
        let canned = AclRecord::canned(CannedAcl::PublicRead);
        assert_eq!(canned.to_grants("1"), grants);
        assert_eq!(canned.as_canned(), Some(CannedAcl::PublicRead));
    }
}
