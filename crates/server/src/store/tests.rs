//! A store on a disk; what every store promises is asked in `contract`. Here is what both make their objects of.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cospass_protocol::ObjectKey;
use cospass_protocol::operation::{CannedAcl, StorageClass};
use redb::StorageBackend;
use redb::backends::FileBackend;
use tempfile::TempDir;

use super::*;

mod disk;
mod folder;
mod objects;
mod parts;

pub(super) fn bucket() -> Bucket {
    Bucket::new("examplebucket-1250000000").unwrap()
}

pub(super) fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).unwrap()
}

pub(super) fn bucket_record() -> BucketRecord {
    BucketRecord::new(5, AclRecord::canned(CannedAcl::Private))
}

pub(super) fn draft() -> Draft {
    Draft {
        modified: 7,
        headers: vec![("x-cos-meta-a".to_owned(), b"\xff".to_vec())],
        storage_class: StorageClass::StandardIa,
        acl: AclRecord::canned(CannedAcl::Default),
        tags: vec![],
        kind: Kind::Normal,
        encryption: Encryption::None,
        retained: None,
    }
}

fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::open(folder, Syncing::Always)
}

pub(super) fn sweep(store: &Store) {
    let mut after = None;
    while let Some(last) = store.sweep(after).unwrap() {
        after = Some(last);
    }
}

fn store_with_bucket(folder: &Path) -> Store {
    let store = open(folder).unwrap();
    store.create_bucket(&bucket(), bucket_record()).unwrap();
    store
}

/// How many contents there are: blobs, and rows with a few bytes.
pub(super) fn kept(store: &Store) -> usize {
    let backend = &*store.0.backend;
    let all = (Bound::Unbounded, Bound::Unbounded);
    let rows = backend.scan(Table::Contents, all, usize::MAX).unwrap().len();
    let (mut blobs, mut after) = (0, None);
    loop {
        let page = backend.blobs(after, 2).unwrap();
        let Some(last) = page.last() else { return rows + blobs };
        after = Some(*last);
        blobs += page.len();
    }
}

pub(super) fn upload(store: &Store, bytes: &[u8]) -> Upload {
    let mut upload = store.upload().unwrap();
    upload.write(bytes).unwrap();
    upload
}

pub(super) fn delete(store: &Store, names: &[&str]) {
    let objects: Vec<_> = names.iter().map(|name| (key(name), None)).collect();
    store.delete_objects(&bucket(), &objects, 7).unwrap();
}

pub(super) fn put(store: &Store, name: &str, bytes: &[u8]) -> ObjectRecord {
    let upload = upload(store, bytes);
    store.commit(upload, &bucket(), &key(name), draft(), |_| Ok::<_, StoreError>(())).unwrap()
}

pub(super) fn read(store: &Store, name: &str) -> Vec<u8> {
    let (record, reader) = store.open_object(&bucket(), &key(name), None).unwrap();
    read_all(reader, &record)
}

pub(super) fn read_all(mut reader: Reader, record: &ObjectRecord) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(record.size).unwrap()];
    reader.read_exact(&mut bytes).unwrap();
    bytes
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

pub(super) fn copy(store: &Store, from: &str, to: &str) -> Result<ObjectRecord, StoreError> {
    let (bucket, from, to) = (bucket(), key(from), key(to));
    store.copy((&bucket, &from, None), (&bucket, &to), |_| Ok(draft()), |_| Ok(()))
}

pub(super) fn begin(store: &Store, name: &str) -> UploadName {
    store.begin_parts(&bucket(), &key(name), draft(), String::new()).unwrap()
}

pub(super) fn put_part(store: &Store, name: &UploadName, number: u16, bytes: &[u8]) -> PartRecord {
    store.commit_part(upload(store, bytes), name, number, 7).unwrap()
}

pub(super) fn complete(store: &Store, name: &UploadName) -> Result<ObjectRecord, StoreError> {
    let all =
        |there: &[(u16, PartRecord)]| Ok(there.iter().map(|(_, part)| part.clone()).collect());
    store.complete_parts(name, 9, all, |_| Ok(()))
}
