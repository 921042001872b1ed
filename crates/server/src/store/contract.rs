//! What every backend promises, and what [`Store`] makes of it, asked of each of them.
//!
//! A new backend joins [`on_every_backend`] and has to pass.

use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use cospass_protocol::TagSet;
use cospass_protocol::operation::{CannedAcl, CustomerKey};
use crc_fast::{CrcAlgorithm, checksum};
use md5_stream::Md5;
use tokio::sync::watch;

use super::backend::{Backend, BlobId, Job, Rows, Span, Table, Verdict};
use super::disk::{Disk, Syncing};
use super::memory::Memory;
use super::tests::{
    begin, bucket, bucket_record, complete, copy, delete, draft, kept, key, put, put_part, read,
    read_all, sweep, upload,
};
use super::transaction::Transaction;
use super::{
    AclRecord, Appended, Draft, Due, Kind, ObjectRecord, Step, Store, StoreError, Upload, metadata,
    start,
};
use crate::configurations::Configurations;
use crate::lifecycle::Fate;
use crate::limits::BESIDE;

mod blobs;
mod objects;
mod rows;
mod sweeps;

/// How many writers race.
const RACERS: u8 = 64;

/// Runs a test on each backend.
fn on_every_backend(test: impl Fn(Arc<dyn Backend>)) {
    test(Arc::new(Memory::default()));
    for syncing in [Syncing::Always, Syncing::Never] {
        let folder = tempfile::tempdir().unwrap();
        test(Arc::new(Disk::open(folder.path(), syncing).unwrap()));
    }
}

/// Runs a test on a store over each backend, with a bucket: one that keeps few bytes in rows, and one that keeps all but none
/// in blobs.
fn on_every_store(test: impl Fn(&Store, &dyn Backend)) {
    for few in [BESIDE, 0] {
        on_every_backend(|backend| {
            let store =
                Store::with_few(Arc::clone(&backend), few, watch::Sender::default()).unwrap();
            store.create_bucket(&bucket(), bucket_record()).unwrap();
            test(&store, &*backend);
        });
    }
}

fn put_row(backend: &dyn Backend, key: &[u8], value: &[u8]) {
    let put = |tables: &mut Transaction<'_>| {
        tables.put(Table::Objects, key.to_vec(), value.to_vec());
        Verdict::Commit
    };
    backend.write(&mut { put }).unwrap();
}

fn value(rows: &dyn Rows, key: &[u8]) -> Option<Vec<u8>> {
    rows.get(Table::Objects, key).unwrap()
}

fn keys(rows: &dyn Rows, span: Span<'_>, most: usize) -> Vec<Vec<u8>> {
    let page = rows.scan(Table::Objects, span, most).unwrap();
    page.iter().map(|(key, _)| key.to_vec()).collect()
}

const ALL: Span<'_> = (Bound::Unbounded, Bound::Unbounded);

fn put_blob(backend: &dyn Backend, blob: BlobId, bytes: &[u8]) {
    let mut writer = backend.begin(blob).unwrap();
    writer.append(bytes).unwrap();
    writer.finish().unwrap();
}

fn read_blob(backend: &dyn Backend, blob: BlobId, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    backend.open(blob, length as u64)?.read_exact_at(0, &mut bytes)?;
    Ok(bytes)
}

fn all_blobs(backend: &dyn Backend) -> Vec<BlobId> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = backend.blobs(after, 2).unwrap();
        let Some(last) = page.last() else { return all };
        after = Some(*last);
        all.extend(page);
    }
}

fn listed(store: &Store) -> Vec<String> {
    let mut keys = Vec::new();
    let visit = |key: &str, _: ObjectRecord| {
        keys.push(key.to_owned());
        Step::Next
    };
    store.scan_objects(&bucket(), start("", ""), visit).unwrap();
    keys
}
