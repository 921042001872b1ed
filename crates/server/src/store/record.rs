//! What the metadata says of buckets and objects.
//!
//! A record is written as postcard, whose layout is the order and the types of the fields: a change of either is a new
//! format (`metadata.rs`). How words of the protocol are written is told by [`stored`](super::stored).

use base16ct::lower;
use cospass_protocol::operation::{
    CannedAcl, Grant, Grantee, Permission, StorageClass, SymlinkTarget,
};
use cospass_protocol::policy::Policy;
use cospass_protocol::{ObjectKey, Tag, TagSet};
use crc_fast::CrcAlgorithm;
use md5_stream::Md5;
use serde::{Deserialize, Serialize};
use std::io;

use super::backend::BlobId;
use super::cipher::KeyCheck;
use super::stored;
use super::upload::Written;
use super::version::Version;
use crate::configurations::Configurations;

/// The random name of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct ManifestId(pub(super) [u8; 16]);

impl ManifestId {
    pub(super) fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// The name of a few bytes that are kept in a row, which never changes: no other ones ever have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct ContentId(pub(super) [u8; 16]);

impl ContentId {
    /// Behind those with a lower number, so that what is written together lies together; the rest is random.
    pub(super) fn at(number: u64) -> io::Result<Self> {
        let mut bytes = [0; 16];
        let (first, rest) = bytes.split_at_mut(8);
        first.copy_from_slice(&number.to_be_bytes());
        getrandom::fill(rest)?;
        Ok(Self(bytes))
    }
}

/// The bytes of objects that were uploaded in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// How many objects have these bytes: the one that was uploaded, and its copies.
    pub(super) objects: u64,
    /// In their order.
    pub(super) pieces: Vec<Piece>,
}

/// A blob of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    pub(super) blob: BlobId,
    /// In bytes.
    pub(super) size: u64,
}

/// Where the bytes of an object are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Place {
    /// In a blob of its own.
    Blob(BlobId),
    /// In the blobs of a manifest.
    Manifest(ManifestId),
    /// In a row of their own, since they are few.
    Row(ContentId),
}

/// Which bucket it is of those that had its name, one after the other: a random name that is its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketId([u8; 16]);

impl BucketId {
    pub(super) fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BucketRecord {
    /// Given when it is made.
    pub(crate) id: BucketId,
    /// When it was made, Unix seconds.
    pub(crate) created: i64,
    /// The name of the region that it was made in, if that is not the endpoint's own.
    pub(crate) region: Option<String>,
    pub(crate) acl: AclRecord,
    /// Whether it was asked to lie in several zones.
    pub(crate) is_multi_az: bool,
    pub(crate) configurations: Configurations,
}

impl BucketRecord {
    /// A bucket that is made then, Unix seconds, and configured to nothing.
    pub(crate) fn new(created: i64, acl: AclRecord) -> Self {
        let (id, configurations) = (BucketId::default(), Configurations::default());
        Self { id, created, region: None, acl, is_multi_az: false, configurations }
    }

    /// Who may do what, beside its access control.
    pub(crate) fn policy(&self) -> Option<&Policy> {
        self.configurations.policy()
    }
}

/// An object without its bytes. What a listing shows comes first, and is read by itself as a [`Listed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ObjectRecord {
    /// In bytes.
    pub(crate) size: u64,
    /// Of the bytes; of the MD5s of the parts if there are parts.
    pub(crate) md5: [u8; 16],
    /// Of how many parts it was made; 0 if it was uploaded whole.
    parts: u16,
    /// When it was uploaded, Unix seconds.
    pub(crate) modified: i64,
    #[serde(with = "stored::class")]
    storage_class: StorageClass,
    pub(super) place: Place,
    #[serde(with = "postcard::fixint::le")]
    pub(crate) crc64: u64,
    /// Headers to send with each download, spelled as they are sent: content headers and user metadata.
    #[serde(with = "stored::headers")]
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) acl: AclRecord,
    /// Keys and values.
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) kind: Kind,
    pub(crate) encryption: Encryption,
    pub(crate) restored: Option<Restored>,
    /// Until when it must stay as it is, Unix seconds; that may be long ago.
    pub(crate) retained: Option<i64>,
    pub(crate) version: Version,
}

/// What a listing shows of an object: what its record begins with, so that nothing else of it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Listed {
    /// As those of an [`ObjectRecord`].
    pub(crate) size: u64,
    md5: [u8; 16],
    parts: u16,
    pub(crate) modified: i64,
    #[serde(with = "stored::class")]
    pub(crate) storage_class: StorageClass,
}

impl Listed {
    /// Reads the beginning of an [`ObjectRecord`].
    pub(super) fn read(record: &[u8]) -> Result<Self, postcard::Error> {
        postcard::take_from_bytes(record).map(|(listed, _)| listed)
    }

    /// As that of an [`ObjectRecord`].
    pub(crate) fn etag(&self) -> String {
        etag(self.md5, self.parts)
    }
}

/// An MD5 in hex and in quotes, after a `-` the number of parts if there are any.
fn etag(md5: [u8; 16], parts: u16) -> String {
    let mut digits = [0; 32];
    let hex = lower::encode_str(&md5, &mut digits).unwrap_or_default();
    match parts {
        0 => ["\"", hex, "\""].concat(),
        parts => format!("\"{hex}-{parts}\""),
    }
}

/// What sort of object it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Normal,
    /// It was begun by appending, and can be appended to.
    Appendable,
    /// It stands for the object of this key, as it was written.
    Symlink(String),
}

/// How the service says that it encrypts an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Encryption {
    None,
    /// With a key of the service, which is said and not done.
    Cos,
    /// With a key of the customer, which is not kept.
    Customer(KeyCheck),
}

/// When an archived object can be read: from one time to another, Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restored {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl ObjectRecord {
    /// The key of the object that this one stands for, if it is a symbolic link.
    pub(crate) fn link(&self) -> Option<ObjectKey> {
        match &self.kind {
            Kind::Symlink(target) => {
                SymlinkTarget::parse(target.as_bytes()).map(|target| target.key().clone())
            }
            _ => None,
        }
    }

    /// What an upload in parts amounts to, completed then, Unix seconds. There is no more than 10,000 of them.
    pub(super) fn of_parts(
        upload: UploadRecord,
        parts: &[PartRecord],
        manifest: ManifestId,
        now: i64,
    ) -> Self {
        let Sums { size, md5, crc64 } = Sums::of_parts(parts);
        Self {
            place: Place::Manifest(manifest),
            size,
            md5,
            parts: u16::try_from(parts.len()).unwrap_or(u16::MAX),
            crc64,
            modified: now,
            headers: upload.headers,
            storage_class: upload.storage_class,
            acl: upload.acl,
            tags: upload.tags,
            kind: Kind::Normal,
            encryption: upload.encryption,
            restored: None,
            retained: upload.retained,
            version: Version::default(),
        }
    }

    /// What an append makes of an object, or what it begins.
    pub(super) fn appended(
        there: Option<&Self>,
        draft: &Draft,
        appended: Sums,
        manifest: ManifestId,
    ) -> Self {
        let Sums { size, md5, crc64 } = appended;
        let place = Place::Manifest(manifest);
        match there {
            None => {
                Self { size, md5: Md5::digest(md5), parts: 1, crc64, ..draft.clone().placed(place) }
            }
            Some(there) => Self {
                place,
                size: there.size.saturating_add(size),
                md5: Md5::digest_of([there.md5, md5]),
                parts: there.parts.saturating_add(1),
                crc64: crc_fast::checksum_combine(CrcAlgorithm::Crc64Xz, there.crc64, crc64, size),
                modified: draft.modified,
                ..there.clone()
            },
        }
    }

    /// The entity tag in quotes: the MD5 in hex, and after a `-` the number of parts if there are any.
    pub(crate) fn etag(&self) -> String {
        etag(self.md5, self.parts)
    }

    pub(crate) fn storage_class(&self) -> StorageClass {
        self.storage_class
    }

    /// Gives it another class; nothing is restored of it then.
    pub(super) fn change_class(&mut self, class: StorageClass) {
        self.storage_class = class;
        self.restored = None;
    }

    /// Whether its bytes may be read at a time, Unix seconds.
    pub(crate) fn is_readable(&self, now: i64) -> bool {
        let is_restored = |restored: Restored| restored.from <= now && now < restored.until;
        self.storage_class().is_readable() || self.restored.is_some_and(is_restored)
    }

    pub(crate) fn tags(&self) -> Vec<Tag> {
        let tag = |(key, value): &(String, String)| Tag { key: key.clone(), value: value.clone() };
        self.tags.iter().map(tag).collect()
    }
}

/// Tags as records have them.
pub(crate) fn tag_pairs(tags: &TagSet) -> Vec<(String, String)> {
    tags.as_slice().iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}

/// An upload in parts that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UploadRecord {
    /// Who began it, by the id that principals of policies have.
    pub(crate) initiator: String,
    /// When it was begun, Unix seconds.
    pub(crate) initiated: i64,
    /// As those of an object.
    #[serde(with = "stored::headers")]
    headers: Vec<(String, Vec<u8>)>,
    #[serde(with = "stored::class")]
    storage_class: StorageClass,
    acl: AclRecord,
    tags: Vec<(String, String)>,
    pub(crate) encryption: Encryption,
    /// As that of an object, if the upload says.
    retained: Option<i64>,
}

impl UploadRecord {
    pub(crate) fn storage_class(&self) -> StorageClass {
        self.storage_class
    }
}

/// What some bytes amount to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) crc64: u64,
}

impl Sums {
    pub(super) fn of(written: &Written) -> Self {
        let &Written { size, md5, crc64, .. } = written;
        Self { size, md5, crc64 }
    }

    /// Of parts, one behind the other, whose bytes nobody reads: the MD5 is that of theirs.
    fn of_parts(parts: &[PartRecord]) -> Self {
        let combine = |crc64, part: &PartRecord| {
            crc_fast::checksum_combine(CrcAlgorithm::Crc64Xz, crc64, part.crc64, part.size)
        };
        let first = parts.first().map_or(0, |part| part.crc64);
        Self {
            size: parts.iter().fold(0, |size, part| part.size.saturating_add(size)),
            md5: Md5::digest_of(parts.iter().map(|part| part.md5)),
            crc64: parts.iter().skip(1).fold(first, combine),
        }
    }
}

/// A part of an upload, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartRecord {
    pub(super) blob: BlobId,
    /// In bytes.
    pub(crate) size: u64,
    md5: [u8; 16],
    pub(crate) crc64: u64,
    /// When it was uploaded, Unix seconds.
    pub(crate) modified: i64,
}

impl PartRecord {
    pub(super) fn new(written: &Written, now: i64) -> Self {
        let &Written { blob, size, md5, crc64, .. } = written;
        Self { blob, size, md5, crc64, modified: now }
    }

    /// The MD5 in hex.
    pub(crate) fn md5_hex(&self) -> String {
        lower::encode_string(&self.md5)
    }

    /// The entity tag: the MD5 in hex, in quotes.
    pub(crate) fn etag(&self) -> String {
        format!("\"{}\"", self.md5_hex())
    }
}

/// What an upload says of its object before its bytes are counted.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) modified: i64,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) storage_class: StorageClass,
    pub(crate) acl: AclRecord,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) kind: Kind,
    pub(crate) encryption: Encryption,
    /// Until when it is to stay as it is, Unix seconds, if the upload says.
    pub(crate) retained: Option<i64>,
}

impl Draft {
    /// An object whose bytes are in that place, and amount to that.
    pub(super) fn record(self, place: Place, sums: Sums) -> ObjectRecord {
        let Sums { size, md5, crc64 } = sums;
        ObjectRecord { size, md5, crc64, ..self.placed(place) }
    }

    /// The same bytes as another object's, which are in that place, too.
    pub(super) fn copy(self, source: &ObjectRecord, place: Place) -> ObjectRecord {
        let &ObjectRecord { size, md5, parts, crc64, .. } = source;
        ObjectRecord { size, md5, parts, crc64, ..self.placed(place) }
    }

    /// An object whose bytes are in that place, and not counted yet.
    fn placed(self, place: Place) -> ObjectRecord {
        ObjectRecord {
            place,
            size: 0,
            md5: [0; 16],
            parts: 0,
            crc64: 0,
            modified: self.modified,
            headers: self.headers,
            storage_class: self.storage_class,
            acl: self.acl,
            tags: self.tags,
            kind: self.kind,
            encryption: self.encryption,
            restored: None,
            retained: self.retained,
            version: Version::default(),
        }
    }

    pub(super) fn upload(self, initiator: String) -> UploadRecord {
        UploadRecord {
            initiator,
            initiated: self.modified,
            headers: self.headers,
            storage_class: self.storage_class,
            acl: self.acl,
            tags: self.tags,
            encryption: self.encryption,
            retained: self.retained,
        }
    }
}

/// Access control, by the names of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AclRecord {
    Canned(#[serde(with = "stored::canned")] CannedAcl),
    Grants(Vec<GrantRecord>),
    /// What a canned list stands for, and grants besides.
    CannedAnd(#[serde(with = "stored::canned")] CannedAcl, Vec<GrantRecord>),
}

/// To whom something is granted: account or group, its name; and the permission.
type GrantRecord = (GranteeKind, String, String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum GranteeKind {
    Account,
    Group,
}

impl AclRecord {
    pub(crate) fn canned(canned: CannedAcl) -> Self {
        Self::Canned(canned)
    }

    pub(crate) fn grants(grants: &[Grant]) -> Self {
        Self::Grants(grants.iter().map(grant_record).collect())
    }

    pub(crate) fn canned_and(canned: CannedAcl, grants: &[Grant]) -> Self {
        Self::CannedAnd(canned, grants.iter().map(grant_record).collect())
    }

    /// The name of a canned list, if there is nothing besides.
    pub(crate) fn as_canned(&self) -> Option<CannedAcl> {
        match self {
            Self::Canned(canned) => Some(*canned),
            Self::Grants(_) | Self::CannedAnd(..) => None,
        }
    }

    /// The grants, where the owner is the account of that number.
    pub(crate) fn to_grants(&self, owner_uin: &str) -> Vec<Grant> {
        let (canned, grants) = match self {
            Self::Canned(canned) => (Some(canned), &[][..]),
            Self::Grants(grants) => (None, grants.as_slice()),
            Self::CannedAnd(canned, grants) => (Some(canned), grants.as_slice()),
        };
        let mut all = canned.map(|canned| canned.grants(owner_uin)).unwrap_or_default();
        let of_list = all.len();
        for grant in grants.iter().filter_map(grant) {
            // Grants stand as they were put; what a list says already need not be said again.
            if !all.iter().take(of_list).any(|there| *there == grant) {
                all.push(grant);
            }
        }
        all
    }
}

fn grant_record(grant: &Grant) -> GrantRecord {
    let (kind, name) = match &grant.grantee {
        Grantee::Account(id) => (GranteeKind::Account, id),
        Grantee::Group(uri) => (GranteeKind::Group, uri),
    };
    (kind, name.clone(), grant.permission.as_str().to_owned())
}

fn grant((kind, name, permission): &GrantRecord) -> Option<Grant> {
    let grantee = match kind {
        GranteeKind::Account => Grantee::Account(name.clone()),
        GranteeKind::Group => Grantee::Group(name.clone()),
    };
    Some(Grant { grantee, permission: Permission::from_name(permission)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(size: u64, crc64: u64) -> PartRecord {
        PartRecord { blob: BlobId([0; 16]), size, md5: [0; 16], crc64, modified: 0 }
    }

    /// 48.8 TB, 10 000 parts of 5 GiB (436/7742); here in 40 pieces, since each takes its time.
    #[test]
    fn the_largest_object_there_can_be_adds_up() {
        let parts: Vec<_> = (0..40).map(|number| part(250 * (5 << 30), number)).collect();
        let whole = Sums::of_parts(&parts);
        assert_eq!(whole.size, 53_687_091_200_000);
        // The same bytes in other pieces: those of the halves, larger than 2^44, put together.
        let (front, back) = parts.split_at(25);
        let half = |parts| {
            let Sums { size, crc64, .. } = Sums::of_parts(parts);
            part(size, crc64)
        };
        assert_eq!(Sums::of_parts(&[half(front), half(back)]).crc64, whole.crc64);
        assert_ne!(Sums::of_parts(&[half(back), half(front)]).crc64, whole.crc64);
    }

    #[test]
    fn parts_add_up_to_what_the_bytes_are() {
        let crc64 = |bytes: &[u8]| crc_fast::checksum(CrcAlgorithm::Crc64Xz, bytes);
        let zeros = vec![0; 3 << 20];
        let parts = [part(1, crc64(b"x")), part(zeros.len() as u64, crc64(&zeros))];
        let whole = Sums::of_parts(&parts);
        assert_eq!((whole.size, whole.crc64), ((3 << 20) + 1, crc64(&[b"x", &zeros[..]].concat())));
    }

    #[test]
    fn what_is_listed_is_what_a_record_begins_with() {
        let draft = Draft {
            modified: 1_700_000_000,
            headers: vec![("Content-Type".to_owned(), b"image/png".to_vec())],
            storage_class: StorageClass::Archive,
            acl: AclRecord::canned(CannedAcl::Private),
            tags: vec![("a".to_owned(), "b".to_owned())],
            kind: Kind::Normal,
            encryption: Encryption::None,
            retained: None,
        };
        let sums = Sums { size: 1 << 40, md5: [7; 16], crc64: u64::MAX };
        let record = draft.record(Place::Blob(BlobId([1; 16])), sums);
        for record in [ObjectRecord { parts: 10_000, ..record.clone() }, record] {
            let stored = postcard::to_stdvec(&record).unwrap();
            let listed = Listed::read(&stored).unwrap();
            let shown = (listed.size, listed.etag(), listed.modified, listed.storage_class);
            let of_record = (record.size, record.etag(), record.modified, record.storage_class());
            assert_eq!(shown, of_record);
            assert!(Listed::read(&stored[..20]).is_err(), "it is cut");
        }
    }

    #[test]
    fn grants_come_back_as_they_were() {
        let grants = CannedAcl::PublicRead.grants("1");
        assert_eq!(AclRecord::grants(&grants).to_grants("2"), grants);
        let canned = AclRecord::canned(CannedAcl::PublicRead);
        assert_eq!(canned.to_grants("1"), grants);
        assert_eq!(canned.as_canned(), Some(CannedAcl::PublicRead));
    }

    #[test]
    fn grants_besides_a_list_are_added_to_what_it_stands_for() {
        let read =
            |id| Grant { grantee: Grantee::from_id(id).unwrap(), permission: Permission::Read };
        let both = AclRecord::canned_and(CannedAcl::PublicRead, &[read("7"), read("8")]);
        let expected = [CannedAcl::PublicRead.grants("1"), vec![read("7"), read("8")]].concat();
        assert_eq!((both.to_grants("1"), both.as_canned()), (expected, None));
        // `default` stands for none.
        let default = AclRecord::canned_and(CannedAcl::Default, &[read("7")]);
        assert_eq!(default.to_grants("1"), [read("7")]);
        // What the list says already does not stand twice.
        let owner = CannedAcl::Private.grants("1");
        let twice = AclRecord::canned_and(CannedAcl::Private, &owner);
        assert_eq!(twice.to_grants("1"), owner);
    }
}
