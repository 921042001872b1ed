//! Versions of objects: which one of a key is the current one, and what becomes of the others.
//!
//! The table of objects holds the current version of each key and nothing else, so that a listing costs what it shows.
//! Former versions lie in a table of their own, the newest of a key first, and so do delete markers, also one that is the
//! newest version: then its key has no row among the objects. Of each key at most one version is the `null` one, which was
//! written when versions were not kept; another row tells which former version that is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cospass_protocol::xml::VersioningConfiguration;
use cospass_protocol::{Bucket, ObjectKey};
use serde::{Deserialize, Serialize};

use super::backend::{BlobId, Rows, Table};
use super::metadata::{
    Walk, bucket_record, decode, find, find_object, object_key, put, put_object, release, walk,
};
use super::row::RowKey;
use super::transaction::Transaction;
use super::{BucketRecord, ObjectRecord, StoreError};

/// What becomes of the current version of an object when there is to be another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versioning {
    /// It goes: versions were never kept.
    Never,
    /// It is kept.
    Enabled,
    /// It is kept unless it is the `null` one.
    Suspended,
}

impl BucketRecord {
    pub(crate) fn versioning(&self) -> Versioning {
        match self.configurations.versioning() {
            None => Versioning::Never,
            Some(VersioningConfiguration::Enabled) => Versioning::Enabled,
            Some(VersioningConfiguration::Suspended) => Versioning::Suspended,
        }
    }
}

/// Which version of its key one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    /// 2^64 less the microseconds since 1970: the newest comes first. Of two of one key, the later written has the lower.
    #[serde(with = "postcard::fixint::le")]
    pub(super) number: u64,
    /// Whether it was written when versions were not kept.
    pub(super) is_null: bool,
}

impl Version {
    /// As the service tells it: `null`, or the number in decimal digits in base64url without padding, as the ids of the
    /// documentation read.
    pub(crate) fn id(self) -> String {
        match self.is_null {
            true => NULL.to_owned(),
            false => URL_SAFE_NO_PAD.encode(self.number.to_string()),
        }
    }

    fn is(self, asked: Asked) -> bool {
        match asked {
            Asked::Null => self.is_null,
            Asked::Number(number) => !self.is_null && self.number == number,
        }
    }
}

const NULL: &str = "null";

/// A version by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Null,
    Number(u64),
}

impl Asked {
    /// Reads an id; `None` if no version can have it.
    pub(crate) fn read(id: &str) -> Option<Self> {
        if id == NULL {
            return Some(Self::Null);
        }
        let digits = String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
        let number = digits.parse::<u64>().ok()?;
        (number.to_string() == digits).then_some(Self::Number(number))
    }
}

/// A version that is not the current one, or a delete marker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Former {
    Object(Box<ObjectRecord>),
    Marker(Marker),
}

/// The version that says that an object was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marker {
    pub(crate) version: Version,
    /// When it was made, Unix seconds.
    pub(crate) modified: i64,
}

impl Former {
    pub(crate) fn version(&self) -> Version {
        match self {
            Self::Object(record) => record.version,
            Self::Marker(marker) => marker.version,
        }
    }
}

/// An object's name.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
}

impl<'a> Name<'a> {
    pub(super) fn of(bucket: &'a Bucket, key: &'a ObjectKey) -> Self {
        Self { bucket: bucket.as_str(), key: key.as_str() }
    }

    fn row(self) -> RowKey {
        object_key(self.bucket, self.key)
    }

    fn version_row(self, version: Version) -> RowKey {
        self.row().long(version.number)
    }
}

/// What was deleted, or what was made to say so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    /// The version that was asked for.
    pub(crate) version: Option<String>,
    /// The delete marker that was made, or that was the version asked for.
    pub(crate) marker: Option<String>,
}

/// What becomes of versions in a bucket, which must be there.
pub(super) fn versioning(rows: &dyn Rows, bucket: &str) -> Result<Versioning, StoreError> {
    bucket_record(rows, bucket).map(|record| record.versioning())
}

/// The version of an object that is asked for, or the current one.
pub(super) fn find_version(
    rows: &dyn Rows,
    name: Name<'_>,
    asked: Option<&str>,
) -> Result<ObjectRecord, StoreError> {
    let current = find_object(rows, name.bucket, name.key)?;
    let Some(asked) = asked else {
        return match current {
            Some(record) => Ok(record),
            None => Err(newest(rows, name)?.map_or(StoreError::NoSuchKey, |marker| {
                StoreError::DeleteMarker { version: marker.version().id(), is_asked: false }
            })),
        };
    };
    let asked = Asked::read(asked).ok_or(StoreError::NoSuchVersion)?;
    if let Some(record) = current.filter(|record| record.version.is(asked)) {
        return Ok(record);
    }
    match find_former(rows, name, asked)? {
        Some(Former::Object(record)) => Ok(*record),
        Some(Former::Marker(marker)) => {
            Err(StoreError::DeleteMarker { version: marker.version.id(), is_asked: true })
        }
        None => Err(StoreError::NoSuchVersion),
    }
}

/// Which version of a key has an id.
pub(super) fn find_version_of(
    rows: &dyn Rows,
    name: Name<'_>,
    asked: Asked,
) -> Result<Option<Version>, StoreError> {
    if let Asked::Number(number) = asked {
        return Ok(Some(Version { number, is_null: false }));
    }
    let current = find_object(rows, name.bucket, name.key)?.map(|record| record.version);
    match current.filter(|version| version.is(asked)) {
        Some(version) => Ok(Some(version)),
        None => Ok(find_former(rows, name, asked)?.map(|former| former.version())),
    }
}

fn find_former(
    rows: &dyn Rows,
    name: Name<'_>,
    asked: Asked,
) -> Result<Option<Former>, StoreError> {
    let number = match asked {
        Asked::Number(number) => Some(number),
        Asked::Null => find(rows, Table::NullVersions, &name.row())?,
    };
    let Some(number) = number else {
        return Ok(None);
    };
    let found = find::<Former>(rows, Table::Versions, &name.row().long(number))?;
    Ok(found.filter(|former| former.version().is(asked)))
}

/// The newest version of a key that is not among the objects.
fn newest(rows: &dyn Rows, name: Name<'_>) -> Result<Option<Former>, StoreError> {
    let mut newest = None;
    let span = (name.row().first(), name.row().last());
    walk(rows, Table::Versions, span, |_, former| {
        newest = Some(decode(former)?);
        Ok(Walk::End)
    })?;
    Ok(newest)
}

/// Makes an object the current version of its key and returns the blobs that nothing names any more. `number` is what it
/// has at most: it is to be the newest. What is retained when it is made stays, and then the object is refused.
pub(super) fn put_current(
    tables: &mut Transaction<'_>,
    name: Name<'_>,
    record: &mut ObjectRecord,
    number: u64,
    versioning: Versioning,
) -> Result<Vec<BlobId>, StoreError> {
    record.version = next(tables, name, number, versioning)?;
    let current = find_object(tables, name.bucket, name.key)?;
    // Before what is there goes: it may have the same bytes.
    put_object(tables, name.bucket, name.key, record)?;
    make_way(tables, name, current, versioning, record.modified)
}

/// The version of an object that is begun by appending: a `null` one, since such objects have no versions (436/7741).
pub(super) fn begin_null(
    tables: &mut Transaction<'_>,
    name: Name<'_>,
    (number, now): (u64, i64),
) -> Result<(Version, Vec<BlobId>), StoreError> {
    let version = next(tables, name, number, Versioning::Suspended)?;
    Ok((version, make_way(tables, name, None, Versioning::Suspended, now)?))
}

/// The version that comes before all others of a key. No id is given twice, even if the clock goes back: who deletes a
/// version once more would delete another.
fn next(
    tables: &mut Transaction<'_>,
    name: Name<'_>,
    number: u64,
    versioning: Versioning,
) -> Result<Version, StoreError> {
    let is_null = versioning != Versioning::Enabled;
    if versioning == Versioning::Never {
        return Ok(Version { number, is_null });
    }
    let newest_there = match find_object(tables, name.bucket, name.key)? {
        Some(current) => Some(current.version),
        None => newest(tables, name)?.map(|former| former.version()),
    };
    let row = RowKey::new().text("last-version");
    let last = find::<u64>(tables, Table::About, &row)?;
    let others = newest_there.map(|newest| newest.number).into_iter().chain(last);
    let number = others.map(|other| other.saturating_sub(1)).fold(number, u64::min);
    put(tables, Table::About, row, &number)?;
    Ok(Version { number, is_null })
}

/// Keeps what was the current version, or lets it go, and with it a former one where it was the `null` one.
fn make_way(
    tables: &mut Transaction<'_>,
    name: Name<'_>,
    current: Option<ObjectRecord>,
    versioning: Versioning,
    now: i64,
) -> Result<Vec<BlobId>, StoreError> {
    check_way(tables, name, current.as_ref(), versioning, now)?;
    let mut orphans = Vec::new();
    if versioning == Versioning::Suspended
        && let Some(former) = find_former(tables, name, Asked::Null)?
    {
        orphans.extend(remove_former(tables, name, &former)?);
    }
    let Some(current) = current else {
        return Ok(orphans);
    };
    match versioning {
        Versioning::Suspended if !current.version.is_null => put_former(tables, name, current)?,
        Versioning::Enabled => put_former(tables, name, current)?,
        Versioning::Never | Versioning::Suspended => orphans.extend(release(tables, &current)?),
    }
    Ok(orphans)
}

/// Refuses to make way where something would have to go that is retained at a time, Unix seconds. Changes nothing.
fn check_way(
    rows: &dyn Rows,
    name: Name<'_>,
    current: Option<&ObjectRecord>,
    versioning: Versioning,
    now: i64,
) -> Result<(), StoreError> {
    if versioning == Versioning::Suspended
        && let Some(former) = find_former(rows, name, Asked::Null)?
    {
        former.check_retention(now)?;
    }
    let goes = |current: &&ObjectRecord| match versioning {
        Versioning::Never => true,
        Versioning::Suspended => current.version.is_null,
        Versioning::Enabled => false,
    };
    current.filter(goes).map_or(Ok(()), |current| current.check_retention(now))
}

fn put_former(
    tables: &mut Transaction<'_>,
    name: Name<'_>,
    former: impl Into<Former>,
) -> Result<(), StoreError> {
    let former = former.into();
    let version = former.version();
    if version.is_null {
        put(tables, Table::NullVersions, name.row(), &version.number)?;
    }
    put(tables, Table::Versions, name.version_row(version), &former)
}

impl From<ObjectRecord> for Former {
    fn from(record: ObjectRecord) -> Self {
        Self::Object(Box::new(record))
    }
}

fn remove_former(
    tables: &mut Transaction<'_>,
    name: Name<'_>,
    former: &Former,
) -> Result<Vec<BlobId>, StoreError> {
    unlist_former(tables, name, former.version());
    match former {
        Former::Object(record) => release(tables, record),
        Former::Marker(_) => Ok(Vec::new()),
    }
}

fn unlist_former(tables: &mut Transaction<'_>, name: Name<'_>, version: Version) {
    tables.remove(Table::Versions, name.version_row(version).into_bytes());
    if version.is_null {
        tables.remove(Table::NullVersions, name.row().into_bytes());
    }
}

/// Deletes an object: the version that is asked for, or the current one, whose place a delete marker takes where versions
/// are kept. What is not there is as good as deleted. What is retained is refused, and nothing was changed then.
pub(super) fn delete(
    tables: &mut Transaction<'_>,
    name: Name<'_>,
    asked: Option<&str>,
    (number, now): (u64, i64),
    versioning: Versioning,
) -> Result<(Deleted, Vec<BlobId>), StoreError> {
    let Some(id) = asked else {
        let version = next(tables, name, number, versioning)?;
        let current = find_object(tables, name.bucket, name.key)?;
        check_way(tables, name, current.as_ref(), versioning, now)?;
        tables.remove(Table::Objects, name.row().into_bytes());
        let orphans = make_way(tables, name, current, versioning, now)?;
        if versioning == Versioning::Never {
            return Ok((Deleted::default(), orphans));
        }
        put_former(tables, name, Former::Marker(Marker { version, modified: now }))?;
        return Ok((Deleted { version: None, marker: Some(version.id()) }, orphans));
    };
    let mut deleted = Deleted { version: Some(id.to_owned()), marker: None };
    let Some(asked) = Asked::read(id) else {
        return Ok((deleted, Vec::new()));
    };
    let current = find_object(tables, name.bucket, name.key)?;
    let mut orphans = Vec::new();
    if let Some(current) = current.filter(|current| current.version.is(asked)) {
        current.check_retention(now)?;
        tables.remove(Table::Objects, name.row().into_bytes());
        orphans.extend(release(tables, &current)?);
    } else if let Some(former) = find_former(tables, name, asked)? {
        former.check_retention(now)?;
        orphans.extend(remove_former(tables, name, &former)?);
        if let Former::Marker(_) = former {
            deleted.marker = Some(id.to_owned());
        }
    }
    promote(tables, name)?;
    Ok((deleted, orphans))
}

/// Makes the newest version the current one, if it is an object and no other is.
fn promote(tables: &mut Transaction<'_>, name: Name<'_>) -> Result<(), StoreError> {
    if find_object(tables, name.bucket, name.key)?.is_some() {
        return Ok(());
    }
    match newest(tables, name)? {
        Some(Former::Object(record)) => {
            unlist_former(tables, name, record.version);
            put(tables, Table::Objects, name.row(), &record)
        }
        Some(Former::Marker(_)) | None => Ok(()),
    }
}

/// Puts a changed record in the place of the version that it is.
pub(super) fn put_changed(
    tables: &mut Transaction<'_>,
    name: Name<'_>,
    record: &ObjectRecord,
) -> Result<(), StoreError> {
    let current = find_object(tables, name.bucket, name.key)?;
    match current.is_some_and(|current| current.version == record.version) {
        true => put(tables, Table::Objects, name.row(), record),
        false => put(
            tables,
            Table::Versions,
            name.version_row(record.version),
            &Former::from(record.clone()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_documentation() {
        // 436/19883 shows this one; it stands for 2020-04-10T09:36:35Z.
        let version = Version { number: 18_445_157_562_314_500_088, is_null: false };
        assert_eq!(version.id(), "MTg0NDUxNTc1NjIzMTQ1MDAwODg");
        assert_eq!(Asked::read(&version.id()), Some(Asked::Number(version.number)));
        let null = Version { is_null: true, ..version };
        assert_eq!((null.id().as_str(), Asked::read("null")), ("null", Some(Asked::Null)));
        for id in ["", "MDE", "MQ==", "x", "LTE", "MTg0NDY3NDQwNzM3MDk1NTE2MTY"] {
            assert_eq!(Asked::read(id), None, "{id}");
        }
    }
}
