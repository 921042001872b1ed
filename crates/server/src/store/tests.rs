use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cospass_protocol::ObjectKey;
use cospass_protocol::operation::{CannedAcl, StorageClass};
use redb::StorageBackend;
use redb::backends::FileBackend;
use tempfile::TempDir;

use super::*;

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

#[test]
fn the_hashes_are_those_of_the_documentation() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let record = put(&store, "a", b"[Object Content]");
    assert_eq!(record.etag(), "\"ee8de918d05640145b18f70f4c3aa602\"");
    assert_eq!(record.crc64, 16_749_565_679_157_681_890);
}

#[test]
fn what_was_committed_survives_reopening() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let record = put(&store, "a/../b", b"bytes");
    drop(store);
    let store = open(folder.path()).unwrap();
    assert_eq!(store.bucket(&bucket()).unwrap().created, bucket_record().created);
    assert_eq!(store.object(&bucket(), &key("a/../b")).unwrap(), record);
    assert_eq!(record.storage_class(), StorageClass::StandardIa);
    assert_eq!(read(&store, "a/../b"), b"bytes");
}

#[test]
fn what_a_crash_leaves_is_swept() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    put(&store, "a", b"kept");
    // A crash while bytes arrive, and one between the rename and the metadata.
    fs::write(folder.path().join("incoming").join("00".repeat(16)), "half").unwrap();
    drop(upload(&store, b"orphan").finish_blob().unwrap());
    assert_eq!((kept(&store), files(&folder.path().join("blobs")).len()), (2, 1));
    assert_eq!(files(&folder.path().join("incoming")).len(), 1);
    drop(store);
    let store = open(folder.path()).unwrap();
    sweep(&store);
    assert_eq!(kept(&store), 1);
    assert_eq!(files(&folder.path().join("incoming")).len(), 0);
    assert_eq!(read(&store, "a"), b"kept");
}

#[test]
fn a_file_of_somebody_else_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    put(&store, "a", &[7; BESIDE + 1]);
    let blob = files(&folder.path().join("blobs")).remove(0);
    let above = blob.ancestors().skip(1).take(2).map(|folder| folder.join(".DS_Store"));
    let strange: Vec<_> = above.collect();
    strange.iter().for_each(|path| fs::write(path, "").unwrap());
    drop(store);
    let store = open(folder.path()).unwrap();
    sweep(&store);
    assert_eq!(read(&store, "a"), [7; BESIDE + 1]);
    assert!(strange.iter().all(|path| path.exists()));
}

#[test]
fn an_upload_that_is_given_up_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    drop(upload(&store, b"half"));
    let refuse = |_: Option<&ObjectRecord>| Err(StoreError::NoSuchKey);
    let refused = store.commit(upload(&store, b"x"), &bucket(), &key("a"), draft(), refuse);
    assert!(matches!(refused, Err(StoreError::NoSuchKey)));
    assert_eq!(kept(&store), 0);
    assert_eq!(files(&folder.path().join("incoming")), [] as [PathBuf; 0]);
}

#[test]
fn replacing_and_deleting_remove_the_old_bytes() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    put(&store, "a", b"first");
    let (first, open) = store.open_object(&bucket(), &key("a"), None).unwrap();
    put(&store, "a", b"second");
    assert_eq!(kept(&store), 1);
    assert_eq!(read_all(open, &first), b"first", "a reader keeps what it opened");
    delete(&store, &["a"]);
    delete(&store, &["a"]);
    assert!(matches!(store.object(&bucket(), &key("a")), Err(StoreError::NoSuchKey)));
    assert_eq!(kept(&store), 0);
}

pub(super) fn copy(store: &Store, from: &str, to: &str) -> Result<ObjectRecord, StoreError> {
    let (bucket, from, to) = (bucket(), key(from), key(to));
    store.copy((&bucket, &from, None), (&bucket, &to), |_| Ok(draft()), |_| Ok(()))
}

#[test]
fn a_copy_outlives_its_source() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let source = put(&store, "a", b"bytes");
    let record = copy(&store, "a", "b").unwrap();
    assert_eq!((record.md5, record.crc64), (source.md5, source.crc64));
    assert_eq!(copy(&store, "b", "b").unwrap().size, 5, "onto itself");
    assert_eq!(kept(&store), 2);
    put(&store, "a", b"other");
    assert_eq!(read(&store, "b"), b"bytes");
    delete(&store, &["a"]);
    drop(store);
    let store = open(folder.path()).unwrap();
    assert_eq!(read(&store, "b"), b"bytes");
    assert_eq!(kept(&store), 1);
}

#[test]
fn a_copy_that_is_refused_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    assert!(matches!(copy(&store, "a", "b"), Err(StoreError::NoSuchKey)));
    put(&store, "a", b"bytes");
    let (bucket, from, to) = (bucket(), key("a"), key("b"));
    let refuse = |_: Option<&ObjectRecord>| Err(StoreError::BucketExists);
    let refused = store.copy((&bucket, &from, None), (&bucket, &to), |_| Ok(draft()), refuse);
    assert!(matches!(refused, Err(StoreError::BucketExists)));
    assert_eq!(kept(&store), 1);
}

#[test]
fn keys_are_no_paths() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let names = ["a", "a/b", "A", "../../x", "a\0b", "//", "\n", &"é".repeat(425)];
    for name in names {
        put(&store, name, name.as_bytes());
    }
    for name in names {
        assert_eq!(read(&store, name), name.as_bytes());
    }
    for path in files(&folder.path().join("blobs")) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}

#[test]
fn a_bucket_is_made_once_and_deleted_when_empty() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let twice = store.create_bucket(&bucket(), bucket_record());
    assert!(matches!(twice, Err(StoreError::BucketExists)));
    put(&store, "a", b"");
    assert!(matches!(store.delete_bucket(&bucket()), Err(StoreError::BucketNotEmpty)));
    delete(&store, &["a"]);
    // Its neighbours in byte order do not count.
    let next = Bucket::new("examplebucket-12500000001").unwrap();
    store.create_bucket(&next, bucket_record()).unwrap();
    let upload = upload(&store, b"x");
    store.commit(upload, &next, &key("a"), draft(), |_| Ok::<_, StoreError>(())).unwrap();
    store.delete_bucket(&bucket()).unwrap();
    assert_eq!(store.bucket(&bucket()), None);
    assert_eq!(store.buckets().len(), 1);
    assert!(matches!(store.delete_bucket(&bucket()), Err(StoreError::NoSuchBucket)));
}

#[test]
fn a_scan_goes_where_it_is_steered() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let next = Bucket::new("examplebucket-12500000001").unwrap();
    store.create_bucket(&next, bucket_record()).unwrap();
    let upload = upload(&store, b"x");
    store.commit(upload, &next, &key("a"), draft(), |_| Ok::<_, StoreError>(())).unwrap();
    for name in ["a/1", "a/2", "b", "中", "\u{10ffff}", "\u{10ffff}x"] {
        put(&store, name, b"");
    }
    let scan = |from, mut visit: Box<dyn FnMut(&str) -> Step>| {
        let mut seen = Vec::new();
        let visit = |key: &str, _: ObjectRecord| {
            seen.push(key.to_owned());
            visit(key)
        };
        store.scan_objects(&bucket(), from, visit).unwrap();
        seen
    };
    let all = ["a/1", "a/2", "b", "中", "\u{10ffff}", "\u{10ffff}x"];
    assert_eq!(scan(start("", ""), Box::new(|_| Step::Next)), all);
    assert_eq!(scan(start("", "a/2"), Box::new(|_| Step::Next)), all[2..]);
    assert_eq!(scan(start("", ""), Box::new(|_| Step::Stop)), all[..1]);
    let first = |key: &str| Step::Past(key.chars().take(1).collect());
    assert_eq!(scan(start("", ""), Box::new(first)), ["a/1", "b", "中", "\u{10ffff}"]);
}

#[test]
fn an_object_needs_its_bucket() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).unwrap();
    let upload = upload(&store, b"x");
    let refused = store.commit(upload, &bucket(), &key("a"), draft(), |_| Ok::<_, StoreError>(()));
    assert!(matches!(refused, Err(StoreError::NoSuchBucket)));
}

#[test]
fn access_control_is_replaced() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let acl = AclRecord::grants(&CannedAcl::PublicRead.grants("1"));
    let any = |_: &ObjectRecord| Ok::<_, StoreError>(());
    let absent = store.set_object_acl(&bucket(), &key("a"), None, &acl, any);
    assert!(matches!(absent, Err(StoreError::NoSuchKey)));
    put(&store, "a", b"x");
    let none = |_: &ObjectRecord| Err(StoreError::NoSuchVersion);
    let refused = store.set_object_acl(&bucket(), &key("a"), None, &acl, none);
    assert!(matches!(refused, Err(StoreError::NoSuchVersion)));
    assert_ne!(store.object(&bucket(), &key("a")).unwrap().acl, acl);
    store.set_object_acl(&bucket(), &key("a"), None, &acl, any).unwrap();
    assert_eq!(store.object(&bucket(), &key("a")).unwrap().acl, acl);

    store.set_bucket_acl(&bucket(), acl.clone()).unwrap();
    let absent = Bucket::new("absent-1").unwrap();
    let refused = store.set_bucket_acl(&absent, acl.clone());
    assert!(matches!(refused, Err(StoreError::NoSuchBucket)));
    assert_eq!(store.bucket(&bucket()).unwrap().acl, acl);
    drop(store);
    let store = open(folder.path()).unwrap();
    let there = store.bucket(&bucket()).unwrap();
    assert_eq!(*there, BucketRecord { acl, id: there.id, ..bucket_record() });
}

#[test]
fn one_store_a_folder() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).unwrap();
    assert!(matches!(open(folder.path()), Err(StoreError::Locked { .. })));
    drop(store);
    assert!(open(folder.path()).is_ok());
}

/// The file of the tables on a disk that is full as soon as it is told so, and that takes its time.
#[derive(Debug)]
struct Watched {
    file: FileBackend,
    full: Arc<AtomicBool>,
    syncs: Arc<AtomicUsize>,
}

impl StorageBackend for Watched {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write(offset, data)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(5));
        match self.full.load(Ordering::SeqCst) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }
}

/// A store with a bucket and an object `a` that is on such a disk, which is full when the first switch is set, and counts
/// in the second how often it was waited for.
fn watched(folder: &Path) -> (Store, Arc<AtomicBool>, Arc<AtomicUsize>) {
    put(&store_with_bucket(folder), "a", b"kept");
    let disk = Disk::open(folder, Syncing::Always).unwrap();
    let (full, syncs) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let file = File::options().read(true).write(true).open(folder.join("metadata.redb")).unwrap();
    *disk.tables.database.write().unwrap() = None;
    let file = FileBackend::new(file).unwrap();
    let watched = Watched { file, full: Arc::clone(&full), syncs: Arc::clone(&syncs) };
    let database = redb::Builder::new().create_with_backend(watched).unwrap();
    *disk.tables.database.write().unwrap() = Some(database);
    (Store::over(Arc::new(disk)).unwrap(), full, syncs)
}

#[test]
fn a_disk_that_was_full_is_used_again() {
    let folder = TempDir::new().unwrap();
    let (store, full, _) = watched(folder.path());
    full.store(true, Ordering::SeqCst);
    let other = Bucket::new("other-1250000000").unwrap();
    let refused = store.create_bucket(&other, bucket_record());
    assert!(matches!(refused, Err(StoreError::Io(_))), "{refused:?}");
    full.store(false, Ordering::SeqCst);
    // The disk has room again. What failed may have happened, as far as it is known; but everybody sees the same.
    let made = store.create_bucket(&other, bucket_record());
    assert!(matches!(made, Ok(()) | Err(StoreError::BucketExists)), "{made:?}");
    assert!(store.bucket(&other).is_some());
    assert_eq!(read(&store, "a"), b"kept");
    put(&store, "a", b"again");
    assert_eq!(read(&store, "a"), b"again");
}

/// Lets many write rows at once, and returns what they were told.
fn write_at_once(store: &Store) -> Vec<Result<(), StoreError>> {
    let barrier = std::sync::Barrier::new(WRITERS);
    std::thread::scope(|scope| {
        let write = |number: usize| {
            barrier.wait();
            let acl = AclRecord::canned(CannedAcl::PublicRead);
            match number % 2 {
                0 => store.set_object_acl(&bucket(), &key("a"), None, &acl, |_| Ok(())),
                _ => store.set_bucket_acl(&bucket(), acl),
            }
        };
        let writers: Vec<_> =
            (0..WRITERS).map(|number| scope.spawn(move || write(number))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    })
}

const WRITERS: usize = 32;

#[test]
fn writers_that_come_together_wait_for_the_disk_together() {
    let folder = TempDir::new().unwrap();
    let (store, full, syncs) = watched(folder.path());
    syncs.store(0, Ordering::SeqCst);
    assert!(write_at_once(&store).iter().all(Result::is_ok));
    let syncs = syncs.load(Ordering::SeqCst);
    assert!(syncs < WRITERS, "{syncs} for {WRITERS}");
    // Those who share a commit share its failure.
    full.store(true, Ordering::SeqCst);
    assert!(write_at_once(&store).iter().any(Result::is_err));
    full.store(false, Ordering::SeqCst);
    put(&store, "a", b"again");
    assert_eq!(read(&store, "a"), b"again");
}

#[test]
fn an_unknown_format_is_refused() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::open(folder.path(), Syncing::Always).unwrap();
    let put = |tables: &mut Transaction<'_>| {
        tables.put(Table::About, RowKey::new().text("format").into_bytes(), vec![99]);
        backend::Verdict::Commit
    };
    disk.write(&mut { put }).unwrap();
    drop(disk);
    assert!(matches!(open(folder.path()), Err(StoreError::UnknownFormat { found: 99 })));
}

#[test]
#[cfg(unix)]
fn only_the_owner_may_look_in() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let store = store_with_bucket(&data);
    put(&store, "a", b"x");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("blobs")), 0o700);
    for file in files(&data) {
        assert_eq!(mode(&file), 0o600);
    }
}

#[test]
fn readers_and_writers_of_one_key_see_whole_objects() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    put(&store, "a", &[0; 1000]);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for byte in 1..4 {
            let (store, stop) = (&store, &stop);
            scope.spawn(move || {
                for _ in 0..20 {
                    put(store, "a", &[byte; 1000]);
                }
                stop.store(true, Ordering::SeqCst);
            });
        }
        while !stop.load(Ordering::SeqCst) {
            let bytes = read(&store, "a");
            assert!(bytes.len() == 1000 && bytes.windows(2).all(|pair| pair[0] == pair[1]));
        }
    });
    assert_eq!(kept(&store), 1);
}

pub(super) fn begin(store: &Store, name: &str) -> UploadName {
    store.begin_parts(&bucket(), &key(name), draft()).unwrap()
}

pub(super) fn put_part(store: &Store, name: &UploadName, number: u16, bytes: &[u8]) -> PartRecord {
    store.commit_part(upload(store, bytes), name, number, 7).unwrap()
}

pub(super) fn complete(store: &Store, name: &UploadName) -> Result<ObjectRecord, StoreError> {
    let all =
        |there: &[(u16, PartRecord)]| Ok(there.iter().map(|(_, part)| part.clone()).collect());
    store.complete_parts(name, 9, all, |_| Ok(()))
}

#[test]
fn parts_become_an_object() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let name = begin(&store, "a");
    assert_eq!((name.id.len(), &name.id[..10]), (74, "0000000007"));
    put_part(&store, &name, 7, b"Content]");
    put_part(&store, &name, 2, b"replaced");
    put_part(&store, &name, 2, b"[Object ");
    drop(store);
    let store = open(folder.path()).unwrap();
    let (record, parts) = store.parts(&name, 0, 1000).unwrap();
    assert_eq!((record.initiated, parts.len(), parts[0].0), (7, 2, 2));
    assert_eq!(store.parts(&name, 2, 1000).unwrap().1.len(), 1);
    assert_eq!(store.parts(&name, 0, 1).unwrap().1.len(), 1);
    assert_eq!(store.parts(&name, 99_999, 1).unwrap().1, []);
    assert!(matches!(store.object(&bucket(), &key("a")), Err(StoreError::NoSuchKey)));

    let record = complete(&store, &name).unwrap();
    assert_eq!(read(&store, "a"), b"[Object Content]");
    assert_eq!(record.crc64, 16_749_565_679_157_681_890, "combined, not read again");
    assert!(record.etag().ends_with("-2\""), "{}", record.etag());
    assert_eq!((record.modified, record.storage_class()), (9, StorageClass::StandardIa));
    assert!(matches!(complete(&store, &name), Err(StoreError::NoSuchUpload)));
    drop(store);
    let store = open(folder.path()).unwrap();
    assert_eq!(read(&store, "a"), b"[Object Content]");
    assert_eq!(kept(&store), 2);
    put(&store, "a", b"x");
    assert_eq!(kept(&store), 1);
}

#[test]
fn parts_that_are_not_chosen_are_removed() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let name = begin(&store, "a");
    put_part(&store, &name, 1, b"left");
    put_part(&store, &name, 2, b"chosen");
    let second = |there: &[(u16, PartRecord)]| Ok::<_, StoreError>(vec![there[1].1.clone()]);
    store.complete_parts(&name, 9, second, |_| Ok(())).unwrap();
    assert_eq!(read(&store, "a"), b"chosen");
    assert_eq!(kept(&store), 1);
}

#[test]
fn an_upload_that_is_refused_stays_and_one_that_is_given_up_does_not() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let name = begin(&store, "a");
    put_part(&store, &name, 1, b"x");
    let none = |_: &[(u16, PartRecord)]| Err(StoreError::BucketExists);
    assert!(store.complete_parts(&name, 9, none, |_| Ok(())).is_err());
    assert_eq!(store.parts(&name, 0, 1000).unwrap().1.len(), 1);
    assert!(matches!(store.delete_bucket(&bucket()), Err(StoreError::BucketNotEmpty)));
    store.abort_parts(&name).unwrap();
    assert!(matches!(store.abort_parts(&name), Err(StoreError::NoSuchUpload)));
    let late = store.commit_part(upload(&store, b"late"), &name, 2, 7);
    assert!(matches!(late, Err(StoreError::NoSuchUpload)));
    assert_eq!(kept(&store), 0);
    store.delete_bucket(&bucket()).unwrap();
}

#[test]
fn copies_of_parts_share_them_until_the_last_is_gone() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let name = begin(&store, "a");
    put_part(&store, &name, 1, b"one");
    put_part(&store, &name, 2, b"two");
    let source = complete(&store, &name).unwrap();
    assert_eq!(copy(&store, "a", "b").unwrap().etag(), source.etag());
    copy(&store, "b", "b").unwrap();
    assert_eq!(kept(&store), 2);
    delete(&store, &["a"]);
    assert_eq!(read(&store, "b"), b"onetwo");
    delete(&store, &["b"]);
    assert_eq!(kept(&store), 0);
}

#[test]
fn a_reader_keeps_the_parts_of_what_it_opened() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let name = begin(&store, "a");
    put_part(&store, &name, 1, b"one");
    put_part(&store, &name, 2, b"two");
    complete(&store, &name).unwrap();
    let (record, first) = store.open_object(&bucket(), &key("a"), None).unwrap();
    let (_, second) = store.open_object(&bucket(), &key("a"), None).unwrap();
    put(&store, "a", b"other");
    drop(first);
    assert_eq!(read_all(second, &record), b"onetwo");
    assert_eq!(kept(&store), 1);
    assert_eq!(read(&store, "a"), b"other");
}

#[test]
fn uploads_are_listed_by_key_and_id() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let names: Vec<_> = ["b", "a/1", "b", "c"].map(|name| begin(&store, name)).into();
    let (first, second) = (
        names[0].id.clone().min(names[2].id.clone()),
        names[0].id.clone().max(names[2].id.clone()),
    );
    let scan = |from, after_id: &str| {
        let mut seen = Vec::new();
        store
            .scan_uploads(&bucket(), from, after_id, |key, id, _| {
                seen.push((key.to_owned(), id.to_owned()));
                Step::Next
            })
            .unwrap();
        seen
    };
    let all = scan(start("", ""), "");
    assert_eq!(all.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["a/1", "b", "b", "c"]);
    assert_eq!((&all[1].1, &all[2].1), (&first, &second));
    assert_eq!(scan(start("", "b"), ""), all[3..]);
    assert_eq!(scan(start("", "b"), &first), all[2..]);
}
