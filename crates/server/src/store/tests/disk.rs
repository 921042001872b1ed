//! A disk that is full, or that takes its time.

use super::*;

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
