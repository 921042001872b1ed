//! Random operations, with failures and crashes in the middle of them, compared with a model of what has to come out.
//!
//! A crash is simulated beneath [`Store`]: from some call on, the backend does nothing any more, and the store is opened anew
//! over what it did until then. An operation that was interrupted happened or not, and nothing else; what was acknowledged
//! before is there; and a sweep leaves exactly the blobs that are needed. (Processes that are really killed are in
//! `tests/faults`.)
//!
//! `COSPASS_MODEL_CASES` says how many cases are tried, `COSPASS_MODEL_SEED` where they begin: a failure tells its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use bytes::Bytes;
use cospass_protocol::Bucket;

use super::backend::{Backend, BlobId, BlobReader, BlobWriter, Row, Rows, Span, Table, Verdict};
use super::disk::{Disk, Syncing};
use super::memory::Memory;
use super::tests::{bucket_record, draft, key, read_all, sweep};
use super::transaction::Transaction;
use super::{ObjectRecord, PartRecord, Step, Store, StoreError, UploadName, start};

const BUCKETS: [&str; 2] = ["one-1250000000", "two-1250000000"];
const KEYS: [&str; 4] = ["a", "a\0", "a/b", "b"];
const STEPS: usize = 40;

/// A number of steps is enough for everything to happen; a case is as good as a hundred steps.
const CASES: u64 = 60;

/// SplitMix64: the same numbers from the same seed, everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = [0, 1, 100, 100, 70_000][self.below(5)];
        let first = self.below(256);
        (0..length).map(|index| (first + index * 7 + index / 256) as u8).collect()
    }
}

/// A backend that fails when it is told so.
struct Failing {
    inner: Arc<dyn Backend>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// How many more calls are done; negative when one has failed.
    calls_left: AtomicI64,
    is_armed: AtomicBool,
    /// Whether all calls fail after the first that does.
    is_crash: AtomicBool,
    /// Whether the first call that fails is done all the same.
    is_done: AtomicBool,
}

enum Fate {
    Done,
    DoneAndFailed,
    Failed,
}

impl State {
    fn arm(&self, calls: usize, is_crash: bool, is_done: bool) {
        self.calls_left.store(calls as i64, Ordering::SeqCst);
        self.is_crash.store(is_crash, Ordering::SeqCst);
        self.is_done.store(is_done, Ordering::SeqCst);
        self.is_armed.store(true, Ordering::SeqCst);
    }

    fn has_failed(&self) -> bool {
        self.is_armed.load(Ordering::SeqCst) && self.calls_left.load(Ordering::SeqCst) < 0
    }

    fn fate(&self) -> Fate {
        if !self.is_armed.load(Ordering::SeqCst) {
            return Fate::Done;
        }
        match self.calls_left.fetch_sub(1, Ordering::SeqCst) {
            1.. => Fate::Done,
            0 if self.is_done.load(Ordering::SeqCst) => Fate::DoneAndFailed,
            0 => Fate::Failed,
            _ if self.is_crash.load(Ordering::SeqCst) => Fate::Failed,
            _ => Fate::Done,
        }
    }

    fn call<T>(&self, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.fate() {
            Fate::Done => call(),
            Fate::DoneAndFailed => call().and(Err(failed())),
            Fate::Failed => Err(failed()),
        }
    }
}

fn failed() -> io::Error {
    io::Error::other("made to fail")
}

impl Rows for Failing {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        self.state.call(|| self.inner.get(table, key))
    }

    fn scan(&self, table: Table, span: Span<'_>, most: usize) -> io::Result<Vec<Row>> {
        self.state.call(|| self.inner.scan(table, span, most))
    }
}

impl Backend for Failing {
    fn write(&self, run: &mut dyn FnMut(&mut Transaction<'_>) -> Verdict) -> io::Result<()> {
        self.state.call(|| self.inner.write(run))
    }

    fn begin(&self, blob: BlobId) -> io::Result<Box<dyn BlobWriter>> {
        let inner = self.state.call(|| self.inner.begin(blob))?;
        Ok(Box::new(FailingWriter { inner: Some(inner), state: Arc::clone(&self.state) }))
    }

    fn open(&self, blob: BlobId, size: u64) -> io::Result<Box<dyn BlobReader>> {
        self.state.call(|| self.inner.open(blob, size))
    }

    /// It promises nothing, so that nothing of it can fail.
    fn at_hand(&self, blob: BlobId, size: u64) -> Option<Bytes> {
        self.inner.at_hand(blob, size)
    }

    fn link(&self, blob: BlobId, link: BlobId) -> io::Result<()> {
        self.state.call(|| self.inner.link(blob, link))
    }

    fn remove(&self, blob: BlobId) -> io::Result<()> {
        self.state.call(|| self.inner.remove(blob))
    }

    fn blobs(&self, after: Option<BlobId>, most: usize) -> io::Result<Vec<BlobId>> {
        self.state.call(|| self.inner.blobs(after, most))
    }
}

struct FailingWriter {
    inner: Option<Box<dyn BlobWriter>>,
    state: Arc<State>,
}

impl BlobWriter for FailingWriter {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let inner = self.inner.as_mut().unwrap();
        self.state.call(|| inner.append(bytes))
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let inner = self.inner.take().unwrap();
        self.state.call(|| inner.finish())
    }
}

/// What has to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Model {
    buckets: BTreeSet<String>,
    objects: BTreeMap<(String, String), Vec<u8>>,
    uploads: BTreeMap<(String, String, String), BTreeMap<u16, Vec<u8>>>,
}

impl Model {
    /// What a store shows of itself. Parts are told by their size and MD5, as they are listed.
    fn seen(store: &Store) -> (Self, Listed) {
        let (mut seen, mut parts) = (Self::default(), BTreeMap::new());
        for (name, _) in store.buckets() {
            let bucket = Bucket::new(&name).unwrap();
            let (mut keys, mut uploads) = (Vec::new(), Vec::new());
            let visit = |key: &str, _: ObjectRecord| {
                keys.push(key.to_owned());
                Step::Next
            };
            store.scan_objects(&bucket, start("", ""), visit).unwrap();
            for name_of_key in keys {
                let (record, reader) =
                    store.open_object(&bucket, &key(&name_of_key), None).unwrap();
                let bytes = read_all(reader, &record);
                let at_hand = store.object_at_hand(&bucket, &key(&name_of_key), None).unwrap();
                assert!(at_hand.is_none_or(|(record, reader)| read_all(reader, &record) == bytes));
                seen.objects.insert((name.clone(), name_of_key), bytes);
            }
            let visit = |key: &str, id: &str, _| {
                uploads.push((name.clone(), key.to_owned(), id.to_owned()));
                Step::Next
            };
            store.scan_uploads(&bucket, start("", ""), "", visit).unwrap();
            for upload in uploads {
                let there = store.parts(&upload_name(&upload), 0, 100).unwrap().1;
                let tell = |(number, part): (u16, PartRecord)| (number, part.size, part.md5_hex());
                parts.insert(upload.2.clone(), there.into_iter().map(tell).collect());
                seen.uploads.insert(upload, BTreeMap::new());
            }
            seen.buckets.insert(name);
        }
        (seen, parts)
    }

    /// Whether a store shows this. An upload whose beginning was interrupted has an id that nobody was told.
    fn is_seen(&self, store: &Store) -> bool {
        let (seen, parts) = Self::seen(store);
        let tell = |(number, bytes): (&u16, &Vec<u8>)| {
            use md5::{Digest, Md5};
            let md5: String = Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            (*number, bytes.len() as u64, md5)
        };
        let uploads = self
            .uploads
            .iter()
            .map(|(upload, parts)| (upload.2.clone(), parts.iter().map(tell).collect::<Vec<_>>()));
        seen.buckets == self.buckets
            && seen.objects == self.objects
            && parts == uploads.collect::<BTreeMap<_, _>>()
    }
}

/// The parts of each upload, by its id: number, size and MD5.
type Listed = BTreeMap<String, Vec<(u16, u64, String)>>;

fn upload_name((bucket, name, id): &(String, String, String)) -> UploadName {
    UploadName { bucket: Bucket::new(bucket).unwrap(), key: key(name), id: id.clone() }
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Put,
    PutIfAbsent,
    Delete,
    Copy,
    Begin,
    Part,
    Complete,
    Abort,
    CreateBucket,
    DeleteBucket,
}

const OPERATIONS: [Operation; 16] = [
    Operation::Put,
    Operation::Put,
    Operation::Put,
    Operation::PutIfAbsent,
    Operation::Delete,
    Operation::Copy,
    Operation::Copy,
    Operation::Begin,
    Operation::Begin,
    Operation::Part,
    Operation::Part,
    Operation::Part,
    Operation::Complete,
    Operation::Abort,
    Operation::CreateBucket,
    Operation::DeleteBucket,
];

/// One case: a store, and what has to be in it.
struct Case<'a> {
    chance: Chance,
    open: &'a dyn Fn() -> Arc<dyn Backend>,
    state: Arc<State>,
    store: Option<Store>,
    model: Model,
    /// Objects that are being read, with the bytes that have to come out.
    reading: Vec<(ObjectRecord, super::Reader, Vec<u8>)>,
}

impl Case<'_> {
    fn run(&mut self) {
        self.reopen();
        self.model = Model::default();
        for name in BUCKETS {
            self.store().create_bucket(&Bucket::new(name).unwrap(), bucket_record()).unwrap();
            self.model.buckets.insert(name.to_owned());
        }
        for _ in 0..STEPS {
            match self.chance.below(8) {
                0 => self.step_that_fails(),
                1 => self.read(),
                2 => self.list(),
                _ => self.step_that_succeeds(),
            }
        }
        assert!(self.model.is_seen(self.store()), "in the end: {:?}", self.model.buckets);
        self.finish_reading();
        self.check_blobs();
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn reopen(&mut self) {
        self.finish_reading();
        self.store = None;
        self.state = Arc::default();
        let failing = Failing { inner: (self.open)(), state: Arc::clone(&self.state) };
        self.store = Some(Store::over(Arc::new(failing)).unwrap());
    }

    fn step_that_succeeds(&mut self) {
        let mut after = self.model.clone();
        let operation = self.chance.of(&OPERATIONS);
        self.attempt(operation, &mut after)
            .unwrap_or_else(|error| panic!("{operation:?}: {error}"));
        self.model = after;
    }

    fn step_that_fails(&mut self) {
        let (is_crash, is_done) = (self.chance.below(2) == 0, self.chance.below(2) == 0);
        self.state.arm(self.chance.below(6), is_crash, is_done);
        let mut after = self.model.clone();
        let operation = self.chance.of(&OPERATIONS);
        let attempted = self.attempt(operation, &mut after);
        let has_failed = self.state.has_failed();
        self.state.is_armed.store(false, Ordering::SeqCst);
        let is_acknowledged = attempted.is_ok();
        if is_acknowledged || !has_failed {
            self.model = after.clone();
        }
        if has_failed && is_crash {
            self.reopen();
        }
        if !is_acknowledged && matches!(operation, Operation::Begin) {
            self.adopt_uploads();
        }
        if after.is_seen(self.store()) {
            self.model = after;
        } else {
            let is_seen = self.model.is_seen(self.store());
            assert!(is_seen, "{operation:?} was half done, or what was there before is lost");
        }
    }

    /// An upload may have begun without anybody having been told its id.
    fn adopt_uploads(&mut self) {
        let (seen, _) = Model::seen(self.store());
        for (upload, parts) in seen.uploads {
            self.model.uploads.entry(upload).or_insert(parts);
        }
    }

    /// Does something, and makes of the model what it has to become.
    fn attempt(&mut self, operation: Operation, after: &mut Model) -> Result<(), StoreError> {
        let (bucket_name, key_name) = (self.chance.of(&BUCKETS), self.chance.of(&KEYS));
        let place = (bucket_name.to_owned(), key_name.to_owned());
        let (bucket, name) = (Bucket::new(bucket_name).unwrap(), key(key_name));
        let has_bucket = after.buckets.contains(bucket_name);
        let store = self.store.clone().unwrap();
        match operation {
            Operation::Put | Operation::PutIfAbsent => {
                let bytes = self.chance.bytes();
                let wants_none = matches!(operation, Operation::PutIfAbsent);
                let is_there = after.objects.contains_key(&place);
                let mut upload = store.upload()?;
                upload.write(&bytes)?;
                let check = |there: Option<&ObjectRecord>| match there {
                    Some(_) if wants_none => Err(StoreError::BucketExists),
                    _ => Ok(()),
                };
                match store.commit(upload, &bucket, &name, draft(), check) {
                    Err(StoreError::NoSuchBucket) => assert!(!has_bucket),
                    Err(StoreError::BucketExists) => assert!(wants_none && is_there),
                    other => {
                        if has_bucket && !(wants_none && is_there) {
                            after.objects.insert(place, bytes);
                        }
                        other?;
                    }
                }
            }
            Operation::Delete => {
                after.objects.remove(&place);
                match store.delete_objects(&bucket, &[(name, None)], 7) {
                    Err(StoreError::NoSuchBucket) => assert!(!has_bucket),
                    deleted => _ = deleted?,
                }
            }
            Operation::Copy => {
                let source = (self.chance.of(&BUCKETS), self.chance.of(&KEYS));
                let bytes = after.objects.get(&(source.0.to_owned(), source.1.to_owned())).cloned();
                let (of, from) = (Bucket::new(source.0).unwrap(), key(source.1));
                let plan = |_: &ObjectRecord| Ok(draft());
                match store.copy((&of, &from, None), (&bucket, &name), plan, |_| Ok(())) {
                    Err(StoreError::NoSuchKey) => assert!(bytes.is_none()),
                    Err(StoreError::NoSuchBucket) => assert!(!has_bucket),
                    other => {
                        if let Some(bytes) = bytes.filter(|_| has_bucket) {
                            after.objects.insert(place, bytes);
                        }
                        other?;
                    }
                }
            }
            Operation::Begin => match store.begin_parts(&bucket, &name, draft()) {
                Err(StoreError::NoSuchBucket) => assert!(!has_bucket),
                begun => _ = after.uploads.insert((place.0, place.1, begun?.id), BTreeMap::new()),
            },
            Operation::Part => {
                let Some(upload) = self.upload(after) else { return Ok(()) };
                let (bytes, number) = (self.chance.bytes(), self.chance.below(3) as u16 + 1);
                after.uploads.get_mut(&upload).unwrap().insert(number, bytes.clone());
                let mut part = store.upload()?;
                part.write(&bytes)?;
                store.commit_part(part, &upload_name(&upload), number, 7)?;
            }
            Operation::Complete => {
                let Some(upload) = self.upload(after) else { return Ok(()) };
                let parts = after.uploads.remove(&upload).unwrap();
                // All but one of them, at times.
                let leave = self.chance.below(6) as u16;
                let chosen = parts.iter().filter(|(number, _)| **number != leave);
                let bytes: Vec<u8> = chosen.flat_map(|(_, bytes)| bytes.clone()).collect();
                let is_empty = parts.keys().all(|number| *number == leave);
                if is_empty {
                    after.uploads.insert(upload.clone(), parts);
                } else {
                    after.objects.insert((upload.0.clone(), upload.1.clone()), bytes);
                }
                let choose = |there: &[(u16, PartRecord)]| {
                    let chosen = there.iter().filter(|(number, _)| *number != leave);
                    match is_empty {
                        true => Err(StoreError::BucketExists),
                        false => Ok(chosen.map(|(_, part)| part.clone()).collect()),
                    }
                };
                match store.complete_parts(&upload_name(&upload), 9, choose, |_| Ok(())) {
                    Err(StoreError::BucketExists) => assert!(is_empty),
                    other => _ = other?,
                }
            }
            Operation::Abort => {
                let Some(upload) = self.upload(after) else { return Ok(()) };
                after.uploads.remove(&upload);
                store.abort_parts(&upload_name(&upload))?;
            }
            Operation::CreateBucket => match store.create_bucket(&bucket, bucket_record()) {
                Err(StoreError::BucketExists) => assert!(has_bucket),
                other => {
                    after.buckets.insert(place.0);
                    other?;
                }
            },
            Operation::DeleteBucket => {
                let is_empty = after.objects.keys().all(|(of, _)| *of != place.0)
                    && after.uploads.keys().all(|(of, ..)| *of != place.0);
                match store.delete_bucket(&bucket) {
                    Err(StoreError::NoSuchBucket) => assert!(!has_bucket && is_empty),
                    Err(StoreError::BucketNotEmpty) => assert!(!is_empty),
                    other => {
                        if is_empty {
                            after.buckets.remove(&place.0);
                        }
                        other?;
                    }
                }
            }
        }
        Ok(())
    }

    fn upload(&mut self, model: &Model) -> Option<(String, String, String)> {
        let all: Vec<_> = model.uploads.keys().cloned().collect();
        (!all.is_empty()).then(|| self.chance.of(&all))
    }

    /// Opens an object, and reads it some time.
    fn read(&mut self) {
        let (bucket, name) = (self.chance.of(&BUCKETS), self.chance.of(&KEYS));
        let expected = self.model.objects.get(&(bucket.to_owned(), name.to_owned())).cloned();
        let (store, bucket, key) = (self.store(), Bucket::new(bucket).unwrap(), key(name));
        let opened = match store.object_at_hand(&bucket, &key, None).transpose() {
            Some(at_hand) => at_hand,
            None => store.open_object(&bucket, &key, None),
        };
        match opened {
            Ok((record, reader)) => self.reading.push((record, reader, expected.unwrap())),
            Err(StoreError::NoSuchKey) => assert_eq!(expected, None),
            Err(error) => panic!("{error}"),
        }
        if self.chance.below(3) == 0 {
            self.finish_reading();
        }
    }

    fn finish_reading(&mut self) {
        for (record, reader, expected) in self.reading.drain(..) {
            assert_eq!(read_all(reader, &record), expected, "it was changed while it was read");
        }
    }

    fn list(&mut self) {
        let (bucket, marker) = (self.chance.of(&BUCKETS), self.chance.of(&["", "a", "a\0", "b"]));
        let mut keys = Vec::new();
        let visit = |key: &str, _: ObjectRecord| {
            keys.push(key.to_owned());
            Step::Next
        };
        let from = Bound::Excluded(marker.to_owned());
        self.store().scan_objects(&Bucket::new(bucket).unwrap(), from, visit).unwrap();
        let all =
            self.model.objects.keys().filter(|(of, key)| *of == bucket && key.as_str() > marker);
        assert_eq!(keys, all.map(|(_, key)| key.clone()).collect::<Vec<_>>());
    }

    /// After a sweep, there are as many blobs as the tables name, and all of them can be read.
    fn check_blobs(&mut self) {
        sweep(self.store());
        let backend = (self.store().0.backend).as_ref();
        let all = (Bound::Unbounded, Bound::Unbounded);
        let named = backend.scan(Table::Blobs, all, usize::MAX).unwrap().len();
        let mut there = Vec::new();
        loop {
            let page = backend.blobs(there.last().copied(), 1000).unwrap();
            if page.is_empty() {
                break;
            }
            there.extend(page);
        }
        assert_eq!(there.len(), named, "blobs are left, or lost");
        let (objects, parts): (usize, usize) =
            (self.model.objects.len(), self.model.uploads.values().map(BTreeMap::len).sum());
        assert!(named >= parts, "{named} blobs for {objects} objects and {parts} parts");
    }
}

fn number_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

fn cases(number: u64, open: impl Fn(&Path, &Arc<Memory>) -> Arc<dyn Backend>) {
    let first =
        number_of("COSPASS_MODEL_SEED").unwrap_or_else(|| u64::from(std::process::id()) << 20);
    for seed in first..first + number {
        let folder = tempfile::tempdir().unwrap();
        let memory = Arc::new(Memory::default());
        let run = || {
            let open = || open(folder.path(), &memory);
            let mut case = Case {
                chance: Chance(seed),
                open: &open,
                state: Arc::default(),
                store: None,
                model: Model::default(),
                reading: Vec::new(),
            };
            case.run();
        };
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
            panic!("run it again with COSPASS_MODEL_SEED={seed} COSPASS_MODEL_CASES=1");
        }
    }
}

#[test]
fn the_model_holds_in_memory() {
    let number = number_of("COSPASS_MODEL_CASES").unwrap_or(CASES);
    cases(number, |_, memory| Arc::clone(memory) as Arc<dyn Backend>);
}

#[test]
fn the_model_holds_on_disk() {
    let number = number_of("COSPASS_MODEL_CASES").map_or(CASES / 20, |cases| cases.div_ceil(10));
    cases(number, |folder, _| Arc::new(Disk::open(folder, Syncing::Never).unwrap()));
}
