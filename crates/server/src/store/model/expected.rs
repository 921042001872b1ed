//! What has to be there, by the rules of the documentation rather than by tables, and what is there.

use std::collections::BTreeMap;
use std::fmt;

use base16ct::lower;
use cospass_protocol::operation::StorageClass;
use cospass_protocol::{Bucket, ObjectKey};
use md5::{Digest, Md5};

use crate::store::tests::{key, read_all};
use crate::store::{
    Former, Kind, ObjectRecord, PartRecord, Step, Store, StoreError, UploadName, Versioning, start,
};

/// An object's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) bucket: String,
    pub(super) key: String,
}

impl At {
    pub(super) fn bucket(&self) -> Bucket {
        Bucket::new(&self.bucket).unwrap()
    }

    pub(super) fn key(&self) -> ObjectKey {
        key(&self.key)
    }

    pub(super) fn upload(&self, id: &str) -> UploadName {
        UploadName { bucket: self.bucket(), key: self.key(), id: id.to_owned() }
    }
}

/// A version of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    /// `None` if nobody was told: what made it was interrupted.
    pub(super) id: Option<String>,
    /// `None` if it is a delete marker.
    pub(super) object: Option<Object>,
}

impl Version {
    fn is_null(&self) -> bool {
        self.id.as_deref() == Some("null")
    }
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) bytes: Vec<u8>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) class: StorageClass,
    pub(super) is_appendable: bool,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, tags, class, is_appendable } = self;
        let sum = md5_hex(bytes);
        write!(f, "{} bytes {sum} {tags:?} {class:?} appendable {is_appendable}", bytes.len())
    }
}

/// The parts of an upload, by number.
pub(super) type Parts = BTreeMap<u16, Vec<u8>>;

#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) buckets: BTreeMap<String, Versioning>,
    /// Of each key its versions, the newest first.
    versions: BTreeMap<At, Vec<Version>>,
    /// By key and id.
    pub(super) uploads: BTreeMap<(At, String), Parts>,
}

impl Model {
    pub(super) fn versions(&self, at: &At) -> &[Version] {
        self.versions.get(at).map_or(&[], Vec::as_slice)
    }

    /// All versions of a bucket in the order of a listing, each with whether it is the newest.
    pub(super) fn listed(&self, bucket: &str) -> Vec<(String, Version, bool)> {
        let mut listed = Vec::new();
        for (at, versions) in self.versions.iter().filter(|(at, _)| at.bucket == bucket) {
            let tell = |(number, version): (usize, &Version)| {
                (at.key.clone(), version.clone(), number == 0)
            };
            listed.extend(versions.iter().enumerate().map(tell));
        }
        listed
    }

    pub(super) fn current(&self, at: &At) -> Option<&Object> {
        self.versions(at).first().and_then(|version| version.object.as_ref())
    }

    /// The version that is asked for, or the current one, as [`Store::version`] finds it.
    pub(super) fn find(&self, at: &At, asked: Option<&str>) -> Result<&Object, StoreError> {
        let versions = self.versions(at);
        let Some(asked) = asked else {
            let newest = versions.first().ok_or(StoreError::NoSuchKey)?;
            return newest.object.as_ref().ok_or_else(|| is_marker(newest, false));
        };
        let found = versions.iter().find(|version| version.id.as_deref() == Some(asked));
        let found = found.ok_or(StoreError::NoSuchVersion)?;
        found.object.as_ref().ok_or_else(|| is_marker(found, true))
    }

    /// The version that is asked for, to be changed.
    pub(super) fn find_mut(&mut self, at: &At, asked: Option<&str>) -> Option<&mut Object> {
        let versions = self.versions.get_mut(at)?;
        let found = match asked {
            None => versions.first_mut(),
            Some(id) => versions.iter_mut().find(|version| version.id.as_deref() == Some(id)),
        };
        found?.object.as_mut()
    }

    pub(super) fn put(&mut self, at: &At, object: Object) {
        let versioning = self.buckets[&at.bucket];
        self.begin(at, versioning, Some(object));
    }

    /// An object that was begun by appending is a `null` version, always.
    pub(super) fn append(&mut self, at: &At, object: Object) {
        match self.find_mut(at, None) {
            Some(there) => there.bytes.extend(object.bytes),
            None => match self.buckets[&at.bucket] {
                Versioning::Never => self.begin(at, Versioning::Never, Some(object)),
                _ => self.begin(at, Versioning::Suspended, Some(object)),
            },
        }
    }

    pub(super) fn delete(&mut self, at: &At, asked: Option<&str>) {
        let versioning = self.buckets[&at.bucket];
        match asked {
            Some(id) => {
                let versions = self.versions.entry(at.clone()).or_default();
                versions.retain(|version| version.id.as_deref() != Some(id));
            }
            None if versioning == Versioning::Never => _ = self.versions.remove(at),
            None => self.begin(at, versioning, None),
        }
        self.versions.retain(|_, versions| !versions.is_empty());
    }

    fn begin(&mut self, at: &At, versioning: Versioning, object: Option<Object>) {
        let versions = self.versions.entry(at.clone()).or_default();
        let id = match versioning {
            Versioning::Enabled => None,
            Versioning::Never | Versioning::Suspended => {
                versions.retain(|version| !version.is_null());
                Some("null".to_owned())
            }
        };
        versions.insert(0, Version { id, object });
    }

    /// The id of the newest version was told.
    pub(super) fn name_newest(&mut self, at: &At, told: &str) {
        let newest = &mut self.versions.get_mut(at).unwrap()[0];
        assert!(newest.id.is_none() || newest.id.as_deref() == Some(told), "{told} is {newest:?}");
        newest.id = Some(told.to_owned());
    }

    /// Why nothing can be put there.
    pub(super) fn no_bucket(&self, bucket: &str) -> Option<StoreError> {
        (!self.buckets.contains_key(bucket)).then_some(StoreError::NoSuchBucket)
    }

    pub(super) fn has_unnamed(&self) -> bool {
        self.versions.values().flatten().any(|version| version.id.is_none())
    }

    pub(super) fn is_empty(&self, bucket: &str) -> bool {
        self.versions.keys().all(|at| at.bucket != bucket)
            && self.uploads.keys().all(|(at, _)| at.bucket != bucket)
    }

    /// Whether this is what is seen. Then the ids that nobody was told are those that are seen.
    pub(super) fn is(&mut self, seen: &Seen) -> bool {
        let fits = |a: &Version, b: &Version| {
            a.object == b.object && (a.id.is_none() && !b.is_null() || a.id == b.id)
        };
        let are_versions = self.versions.len() == seen.versions.len()
            && self.versions.iter().zip(&seen.versions).all(|((at, ours), (there, theirs))| {
                at == there
                    && ours.len() == theirs.len()
                    && ours.iter().zip(theirs).all(|(a, b)| fits(a, b))
            });
        let tell =
            |(number, bytes): (&u16, &Vec<u8>)| (*number, bytes.len() as u64, md5_hex(bytes));
        let uploads: BTreeMap<_, Vec<_>> = self
            .uploads
            .iter()
            .map(|(upload, parts)| (upload.clone(), parts.iter().map(tell).collect()))
            .collect();
        let is_seen = self.buckets == seen.buckets && are_versions && uploads == seen.uploads;
        if is_seen {
            self.versions.clone_from(&seen.versions);
        }
        is_seen
    }
}

fn md5_hex(bytes: &[u8]) -> String {
    lower::encode_string(&Md5::digest(bytes))
}

fn is_marker(version: &Version, is_asked: bool) -> StoreError {
    StoreError::DeleteMarker { version: version.id.clone().unwrap(), is_asked }
}

type SeenPart = (u16, u64, String);

/// What a store shows of itself.
#[derive(Debug, Default)]
pub(super) struct Seen {
    buckets: BTreeMap<String, Versioning>,
    versions: BTreeMap<At, Vec<Version>>,
    /// Parts are told by number, size and MD5, as they are listed.
    pub(super) uploads: BTreeMap<(At, String), Vec<SeenPart>>,
}

impl Seen {
    pub(super) fn of(store: &Store) -> Self {
        let mut seen = Self::default();
        for (name, record) in store.buckets() {
            seen.look_at_versions(store, &name);
            seen.look_at_uploads(store, &name);
            seen.buckets.insert(name, record.versioning());
        }
        seen
    }

    /// All versions of a bucket, each asked for by its id, and the current ones without.
    fn look_at_versions(&mut self, store: &Store, name: &str) {
        let bucket = Bucket::new(name).unwrap();
        let mut listed = Vec::new();
        let visit = |key: &str, version: Former, is_latest: bool| {
            listed.push((key.to_owned(), version, is_latest));
            Step::Next
        };
        store.scan_versions(&bucket, start("", ""), "", visit).unwrap();
        let mut current = Vec::new();
        for (of, version, is_latest) in listed {
            let (at, id) = (At { bucket: name.to_owned(), key: of }, version.version().id());
            let object = match &version {
                Former::Object(record) => Some(look_at(store, &at, Some(&id), record)),
                Former::Marker(_) => {
                    let found = store.version(&bucket, &at.key(), Some(&id));
                    assert!(matches!(found, Err(StoreError::DeleteMarker { is_asked: true, .. })));
                    None
                }
            };
            let versions = self.versions.entry(at.clone()).or_default();
            assert_eq!(is_latest, versions.is_empty(), "{at:?} {id}");
            if let (true, Former::Object(record)) = (is_latest, &version) {
                look_at(store, &at, None, record);
                current.push((at.key, (**record).clone()));
            }
            versions.push(Version { id: Some(id), object });
        }
        let mut objects = Vec::new();
        let visit = |key: &str, record: ObjectRecord| {
            objects.push((key.to_owned(), record));
            Step::Next
        };
        store.scan_objects(&bucket, start("", ""), visit).unwrap();
        assert_eq!(objects, current, "the objects, and the newest versions");
    }

    fn look_at_uploads(&mut self, store: &Store, name: &str) {
        let mut uploads = Vec::new();
        let visit = |key: &str, id: &str, _| {
            uploads.push((At { bucket: name.to_owned(), key: key.to_owned() }, id.to_owned()));
            Step::Next
        };
        store.scan_uploads(&Bucket::new(name).unwrap(), start("", ""), "", visit).unwrap();
        for (at, id) in uploads {
            let there = store.parts(&at.upload(&id), 0, 100).unwrap().1;
            let tell = |(number, part): (u16, PartRecord)| (number, part.size, part.md5_hex());
            self.uploads.insert((at, id), there.into_iter().map(tell).collect());
        }
    }
}

/// An object, read whole; it must be the one that is listed.
fn look_at(store: &Store, at: &At, id: Option<&str>, listed: &ObjectRecord) -> Object {
    let (record, reader) = store.open_object(&at.bucket(), &at.key(), id).unwrap();
    assert_eq!(&record, listed);
    let bytes = read_all(reader, &record);
    let at_hand = store.object_at_hand(&at.bucket(), &at.key(), id).unwrap();
    assert!(at_hand.is_none_or(|(record, reader)| read_all(reader, &record) == bytes));
    Object {
        bytes,
        tags: record.tags.clone(),
        class: record.storage_class(),
        is_appendable: record.kind == Kind::Appendable,
    }
}
