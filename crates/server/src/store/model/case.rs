//! One case: a store, what has to be in it, and some steps.

use std::ops::Bound;
use std::sync::Arc;

use super::chance::Chance;
use super::expected::{At, Model, Seen, Version};
use super::failing::{Failing, State};
use super::operation::Operation;
use crate::store::backend::{Backend, Rows, Table};
use crate::store::tests::{bucket_record, read_all, sweep};
use crate::store::{Former, ObjectRecord, Reader, Step, Store, StoreError, Versioning, start};

const BUCKETS: [&str; 2] = ["one-1250000000", "two-1250000000"];
const KEYS: [&str; 4] = ["a", "a\0", "a/b", "b"];

/// Enough for everything to happen; a case is as good as a hundred steps.
const STEPS: usize = 40;

/// What a check says that refuses; the store itself does not say it of an object.
pub(super) fn refused() -> StoreError {
    StoreError::BucketExists
}

pub(super) struct Case<'a> {
    pub(super) chance: Chance,
    /// Unix seconds. It stands still, goes on, or back: the ids of versions tell the time, and must not come again.
    pub(super) now: i64,
    open: &'a dyn Fn() -> Arc<dyn Backend>,
    state: Arc<State>,
    store: Option<Store>,
    model: Model,
    /// Objects that are being read, with the bytes that have to come out.
    reading: Vec<(ObjectRecord, Reader, Vec<u8>)>,
}

impl<'a> Case<'a> {
    pub(super) fn new(seed: u64, open: &'a dyn Fn() -> Arc<dyn Backend>) -> Self {
        Self {
            chance: Chance(seed),
            now: 1000,
            open,
            state: Arc::default(),
            store: None,
            model: Model::default(),
            reading: Vec::new(),
        }
    }

    pub(super) fn run(&mut self) {
        self.reopen();
        for bucket in BUCKETS {
            let at = At { bucket: bucket.to_owned(), key: String::new() };
            self.store().create_bucket(&at.bucket(), bucket_record()).unwrap();
            self.model.buckets.insert(at.bucket.clone(), Versioning::Never);
            if self.chance.below(2) == 0 {
                let mut after = self.model.clone();
                self.keep(&at, &mut after).unwrap();
                self.model = after;
            }
        }
        for _ in 0..STEPS {
            self.now += self.chance.of(&[0, 0, 1, -1]);
            match self.chance.below(8) {
                0 => self.step_that_fails(),
                1 => self.read(),
                2 => self.list(),
                _ => self.step_that_succeeds(),
            }
        }
        self.check("in the end");
        self.finish_reading();
        self.check_blobs();
        self.delete_all();
        self.check_blobs();
        self.check_that_nothing_is_left();
    }

    pub(super) fn store(&self) -> Store {
        self.store.clone().unwrap()
    }

    fn reopen(&mut self) {
        self.finish_reading();
        self.store = None;
        self.state = Arc::default();
        let failing = Failing { inner: (self.open)(), state: Arc::clone(&self.state) };
        self.store = Some(Store::over(Arc::new(failing)).unwrap());
    }

    #[track_caller]
    fn check(&mut self, when: &str) {
        let seen = Seen::of(&self.store());
        assert!(
            self.model.is(&seen),
            "{when}: there are\n{seen:#?}\ninstead of\n{:#?}",
            self.model
        );
    }

    fn step_that_succeeds(&mut self) {
        let mut after = self.model.clone();
        let operation = self.operation();
        self.attempt(operation, &mut after)
            .unwrap_or_else(|error| panic!("{operation:?}: {error}"));
        self.model = after;
        if self.model.has_unnamed() {
            self.check(&format!("after {operation:?}"));
        }
    }

    fn step_that_fails(&mut self) {
        let (is_crash, is_done) = (self.chance.below(2) == 0, self.chance.below(2) == 0);
        self.state.arm(self.chance.below(6), is_crash, is_done);
        let mut after = self.model.clone();
        let operation = self.operation();
        let attempted = self.attempt(operation, &mut after);
        let has_failed = self.state.disarm();
        let is_acknowledged = attempted.is_ok();
        if is_acknowledged || !has_failed {
            self.model = after.clone();
        }
        if has_failed && is_crash {
            self.reopen();
        }
        if !is_acknowledged && operation == Operation::Begin {
            self.adopt_uploads();
        }
        let seen = Seen::of(&self.store());
        if after.is(&seen) {
            self.model = after;
        } else {
            let is_seen = self.model.is(&seen);
            assert!(
                is_seen,
                "{operation:?} was half done, or what was there before is lost: there are\n{seen:#?}\ninstead of\n{:#?}\n\
                 or\n{after:#?}",
                self.model
            );
        }
    }

    /// An upload may have begun without anybody having been told its id.
    fn adopt_uploads(&mut self) {
        for (upload, _) in Seen::of(&self.store()).uploads {
            self.model.uploads.entry(upload).or_default();
        }
    }

    pub(super) fn somewhere(&mut self) -> At {
        let bucket = self.chance.of(&BUCKETS);
        self.somewhere_in(bucket)
    }

    pub(super) fn somewhere_in(&mut self, bucket: &str) -> At {
        At { bucket: bucket.to_owned(), key: self.chance.of(&KEYS).to_owned() }
    }

    /// No id, that of a version, that of one which may not be there, or what is no id.
    pub(super) fn some_version(&mut self, at: &At, model: &Model) -> Option<String> {
        let mut ids: Vec<_> = model.versions(at).iter().map(|it| it.id.clone()).collect();
        ids.extend([None, None, None]);
        if self.chance.below(8) == 0 {
            ids = vec![Some("null".to_owned()), Some("?".to_owned())];
        }
        self.chance.of(&ids)
    }

    /// Opens an object or a version, and reads it some time.
    fn read(&mut self) {
        let at = self.somewhere();
        let asked = self.some_version(&at, &self.model.clone());
        let expected = self.model.find(&at, asked.as_deref()).map(|object| object.bytes.clone());
        let (store, bucket, key) = (self.store(), at.bucket(), at.key());
        let opened = match store.object_at_hand(&bucket, &key, asked.as_deref()).transpose() {
            Some(at_hand) => at_hand,
            None => store.open_object(&bucket, &key, asked.as_deref()),
        };
        match (opened, expected) {
            (Ok((record, reader)), Ok(bytes)) => self.reading.push((record, reader, bytes)),
            (Err(error), Err(expected)) => {
                assert_eq!(format!("{error:?}"), format!("{expected:?}"));
            }
            (opened, expected) => {
                panic!("{:?} instead of {:?}", opened.map(|_| "bytes"), expected.map(|_| "bytes"))
            }
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

    /// Lists the objects of a bucket from some key on, and its versions in pages.
    fn list(&mut self) {
        let (at, marker) = (self.somewhere(), self.chance.of(&["", "a", "a\0", "b"]));
        let mut keys = Vec::new();
        let visit = |key: &str, _: ObjectRecord| {
            keys.push(key.to_owned());
            Step::Next
        };
        let from = Bound::Excluded(marker.to_owned());
        self.store().scan_objects(&at.bucket(), from, visit).unwrap();
        let listed = self.model.listed(&at.bucket);
        let is_shown = |(key, version, is_latest): &&(String, Version, bool)| {
            *is_latest && version.object.is_some() && key.as_str() > marker
        };
        let expected: Vec<_> =
            listed.iter().filter(is_shown).map(|(key, ..)| key.clone()).collect();
        assert_eq!(keys, expected);

        let most = self.chance.below(3) + 1;
        let mut pages: Vec<(String, String, bool)> = Vec::new();
        loop {
            let (from, after) = match pages.last() {
                None => (start("", ""), String::new()),
                Some((key, id, _)) => (Bound::Excluded(key.clone()), id.clone()),
            };
            let before = pages.len();
            let visit = |key: &str, version: Former, is_latest: bool| {
                pages.push((key.to_owned(), version.version().id(), is_latest));
                if pages.len() - before < most { Step::Next } else { Step::Stop }
            };
            self.store().scan_versions(&at.bucket(), from, &after, visit).unwrap();
            if pages.len() == before {
                break;
            }
        }
        let told = listed
            .into_iter()
            .map(|(key, version, is_latest)| (key, version.id.unwrap_or_default(), is_latest));
        assert_eq!(pages, told.collect::<Vec<_>>());
    }

    /// After a sweep, there are as many blobs as the tables name.
    fn check_blobs(&mut self) {
        let store = self.store();
        sweep(&store);
        let backend = &*store.0.backend;
        let mut there = Vec::new();
        loop {
            let page = backend.blobs(there.last().copied(), 1000).unwrap();
            if page.is_empty() {
                break;
            }
            there.extend(page);
        }
        assert_eq!(there.len(), rows(backend, Table::Blobs), "blobs are left, or lost");
    }

    fn delete_all(&mut self) {
        let store = self.store();
        for (at, id) in self.model.uploads.keys() {
            store.abort_parts(&at.upload(id)).unwrap();
        }
        for bucket in self.model.buckets.keys() {
            for (key, version, _) in self.model.listed(bucket) {
                let at = At { bucket: bucket.clone(), key };
                store.delete_objects(&at.bucket(), &[(at.key(), version.id)], 7).unwrap();
            }
        }
    }

    fn check_that_nothing_is_left(&self) {
        let store = self.store();
        for table in
            Table::ALL.into_iter().filter(|it| !matches!(it, Table::About | Table::Buckets))
        {
            assert_eq!(rows(&*store.0.backend, table), 0, "{table:?}");
        }
    }
}

fn rows(backend: &dyn Rows, table: Table) -> usize {
    backend.scan(table, (Bound::Unbounded, Bound::Unbounded), usize::MAX).unwrap().len()
}
