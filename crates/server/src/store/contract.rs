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

use super::backend::{Backend, BlobId, Job, Row, Rows, Span, Table, Verdict};
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
            let store = Store::with_few(Arc::clone(&backend), few).unwrap();
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
    rows.scan(Table::Objects, span, most).unwrap().into_iter().map(|(key, _): Row| key).collect()
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

#[test]
fn rows_are_there_when_their_transaction_is() {
    on_every_backend(|backend| {
        assert_eq!(value(&*backend, b"a"), None);
        let put = |tables: &mut Transaction<'_>| {
            tables.put(Table::Objects, b"a".to_vec(), b"1".to_vec());
            tables.put(Table::Objects, b"b".to_vec(), vec![7; 300_000]);
            tables.put(Table::Uploads, b"a".to_vec(), b"of another table".to_vec());
            assert_eq!(value(tables, b"a"), Some(b"1".to_vec()), "it sees itself");
            Verdict::Commit
        };
        backend.write(&mut { put }).unwrap();
        assert_eq!(value(&*backend, b"a"), Some(b"1".to_vec()));
        assert_eq!(value(&*backend, b"b"), Some(vec![7; 300_000]));
        assert_eq!(keys(&*backend, ALL, 9), [b"a", b"b"]);
        put_row(&*backend, b"", b"");
        assert_eq!(value(&*backend, b""), Some(Vec::new()), "neither key nor value need be long");
    });
}

#[test]
fn nothing_stays_of_what_is_aborted() {
    on_every_backend(|backend| {
        put_row(&*backend, b"a", b"1");
        let change = |tables: &mut Transaction<'_>| {
            tables.put(Table::Objects, b"a".to_vec(), b"2".to_vec());
            tables.put(Table::Objects, b"b".to_vec(), b"2".to_vec());
            tables.remove(Table::Objects, b"a".to_vec());
            assert_eq!(keys(tables, ALL, 9), [b"b"]);
            Verdict::Abort
        };
        backend.write(&mut { change }).unwrap();
        assert_eq!(value(&*backend, b"a"), Some(b"1".to_vec()));
        assert_eq!(keys(&*backend, ALL, 9), [b"a"]);
    });
}

#[test]
fn a_writer_that_panics_takes_nobody_along() {
    on_every_backend(|backend| {
        let panics = |tables: &mut Transaction<'_>| -> Verdict {
            tables.put(Table::Objects, b"a".to_vec(), b"1".to_vec());
            panic!("as it should")
        };
        std::thread::scope(|scope| {
            let panicked = scope.spawn(|| backend.write(&mut { panics })).join();
            assert!(panicked.is_err());
            scope.spawn(|| put_row(&*backend, b"b", b"2"));
        });
        assert_eq!(keys(&*backend, ALL, 9), [b"b"]);
    });
}

#[test]
fn a_transaction_is_alone() {
    on_every_backend(|backend| {
        std::thread::scope(|scope| {
            for racer in 0..RACERS {
                let backend = &*backend;
                scope.spawn(move || {
                    let count = |tables: &mut Transaction<'_>| {
                        let count = value(tables, b"count").map_or(0, |count| count[0]);
                        tables.put(Table::Objects, b"count".to_vec(), vec![count + 1]);
                        tables.put(Table::Objects, vec![racer], Vec::new());
                        if racer % 4 == 0 { Verdict::Abort } else { Verdict::Commit }
                    };
                    backend.write(&mut { count }).unwrap();
                    let is_there = value(backend, &[racer]).is_some();
                    assert_eq!(is_there, racer % 4 != 0, "acknowledged is readable");
                });
            }
        });
        assert_eq!(value(&*backend, b"count"), Some(vec![RACERS / 4 * 3]));
    });
}

#[test]
fn what_is_submitted_is_alone_too_and_told() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _within = runtime.enter();
    on_every_backend(|backend| {
        let (told, outcomes) = mpsc::channel();
        for racer in 0..RACERS {
            let run = move |tables: &mut Transaction<'_>| {
                let count = value(tables, b"count").map_or(0, |count| count[0]);
                tables.put(Table::Objects, b"count".to_vec(), vec![count + 1]);
                tables.put(Table::Objects, vec![racer], Vec::new());
                match racer % 4 {
                    0 => Verdict::Abort,
                    1 => panic!("as it should"),
                    _ => Verdict::Commit,
                }
            };
            let (told, reader) = (told.clone(), Arc::clone(&backend));
            let ended = move |written: io::Result<()>| {
                let is_there = value(&*reader, &[racer]).is_some();
                told.send((racer, written.is_ok(), is_there)).unwrap();
            };
            backend.submit(Job { run: Box::new(run), ended: Box::new(ended) });
            if racer % 8 == 0 {
                put_row(&*backend, b"beside", &[racer]);
            }
        }
        drop(told);
        let mut outcomes: Vec<_> = outcomes.into_iter().collect();
        outcomes.sort_unstable();
        let expected = (0..RACERS).filter(|racer| racer % 4 != 1);
        let expected = expected.map(|racer| (racer, true, racer % 4 != 0));
        assert_eq!(outcomes, expected.collect::<Vec<_>>(), "acknowledged is readable");
        assert_eq!(value(&*backend, b"count"), Some(vec![RACERS / 2]));
    });
}

#[test]
fn few_bytes_are_committed_without_a_thread() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    on_every_backend(|backend| {
        let store = Store::over(Arc::clone(&backend)).unwrap();
        store.create_bucket(&bucket(), bucket_record()).unwrap();
        let commit = |store: &Store, bytes: &[u8], is_wanted: bool| {
            let check = move |there: Option<&ObjectRecord>| match there {
                Some(_) if !is_wanted => Err(StoreError::BucketExists),
                _ => Ok(()),
            };
            let upload = upload(store, bytes);
            runtime.block_on(store.commit_few(upload, bucket(), key("a"), draft(), check))
        };
        assert!(store.are_few(BESIDE) && !store.are_few(BESIDE + 1));
        let record = commit(&store, &[1; BESIDE], true).unwrap();
        assert_eq!(store.object(&bucket(), &key("a")).unwrap(), record);
        assert_eq!((kept(&store), read(&store, "a")), (1, vec![1; BESIDE]));
        assert!(matches!(commit(&store, b"2", false), Err(StoreError::BucketExists)));
        assert!(matches!(commit(&store, &[2; BESIDE + 1], true), Err(StoreError::Io(_))));
        put(&store, "a", &[3; BESIDE + 1]);
        commit(&store, b"4", true).unwrap();
        assert_eq!((kept(&store), read(&store, "a")), (1, b"4".to_vec()), "the blob went");
        let elsewhere = store.within(&bucket(), None);
        assert!(matches!(commit(&elsewhere, b"5", true), Err(StoreError::NoSuchBucket)));
        assert_eq!((kept(&store), read(&store, "a")), (1, b"4".to_vec()));
    });
}

#[test]
fn scans_are_in_byte_order_and_go_on_where_they_ended() {
    on_every_backend(|backend| {
        let mut sorted: Vec<Vec<u8>> = [
            &b""[..],
            b"\0",
            b"\0\0",
            b"\0\x01",
            b"\0\xff",
            b"\x01",
            b" ",
            b"%",
            b"/",
            b"//",
            b"a",
            b"a\0",
            b"a\0b",
            b"a/b",
            b"aa",
            b"b",
            b"\x7f",
            b"\xc3\xa9",
            b"\xff",
            b"\xff\xff",
        ]
        .map(<[u8]>::to_vec)
        .into();
        for key in sorted.iter().rev() {
            put_row(&*backend, key, b"");
        }
        sorted.sort();
        assert_eq!(keys(&*backend, ALL, 99), sorted);
        let mut paged = keys(&*backend, ALL, 3);
        while let Some(last) = paged.last().cloned() {
            let page = keys(&*backend, (Bound::Excluded(&last), Bound::Unbounded), 3);
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, sorted);
        let span: Span<'_> = (Bound::Included(b"a"), Bound::Excluded(b"b"));
        assert_eq!(keys(&*backend, span, 99), [&b"a"[..], b"a\0", b"a\0b", b"a/b", b"aa"]);
        let span: Span<'_> = (Bound::Excluded(b"a"), Bound::Included(b"a\0b"));
        assert_eq!(keys(&*backend, span, 99), [&b"a\0"[..], b"a\0b"]);
        assert_eq!(keys(&*backend, (Bound::Included(b"b"), Bound::Excluded(b"a")), 9).len(), 0);
        assert_eq!(keys(&*backend, (Bound::Excluded(b"b"), Bound::Excluded(b"b")), 9).len(), 0);
    });
}

#[test]
fn a_transaction_scans_what_it_changed() {
    on_every_backend(|backend| {
        for key in [b"a", b"c", b"e", b"g"] {
            put_row(&*backend, key, b"");
        }
        let change = |tables: &mut Transaction<'_>| {
            tables.remove(Table::Objects, b"a".to_vec());
            tables.remove(Table::Objects, b"e".to_vec());
            tables.put(Table::Objects, b"b".to_vec(), Vec::new());
            tables.put(Table::Objects, b"x".to_vec(), Vec::new());
            tables.put(Table::Manifests, b"d".to_vec(), Vec::new());
            assert_eq!(keys(tables, ALL, 99), [b"b", b"c", b"g", b"x"]);
            assert_eq!(keys(tables, ALL, 2), [b"b", b"c"]);
            let span: Span<'_> = (Bound::Excluded(b"b"), Bound::Excluded(b"x"));
            assert_eq!(keys(tables, span, 99), [b"c", b"g"]);
            Verdict::Commit
        };
        backend.write(&mut { change }).unwrap();
        assert_eq!(keys(&*backend, ALL, 99), [b"b", b"c", b"g", b"x"]);
    });
}

#[test]
fn a_blob_is_there_when_it_is_finished() {
    on_every_backend(|backend| {
        let (one, two) = (BlobId([1; 16]), BlobId([2; 16]));
        let mut writer = backend.begin(one).unwrap();
        writer.append(b"by").unwrap();
        writer.append(b"tes").unwrap();
        let absent = read_blob(&*backend, one, 1).unwrap_err();
        assert_eq!(absent.kind(), io::ErrorKind::NotFound);
        assert_eq!(all_blobs(&*backend), []);
        writer.finish().unwrap();
        assert_eq!(read_blob(&*backend, one, 5).unwrap(), b"bytes");
        let mut middle = [0; 3];
        backend.open(one, 5).unwrap().read_exact_at(1, &mut middle).unwrap();
        assert_eq!(&middle, b"yte");
        let short = read_blob(&*backend, one, 6).unwrap_err();
        assert_eq!(short.kind(), io::ErrorKind::UnexpectedEof);
        drop(backend.begin(two).unwrap());
        assert_eq!(all_blobs(&*backend), [one], "what is dropped leaves nothing");
        backend.begin(two).unwrap().finish().unwrap();
        assert_eq!(read_blob(&*backend, two, 0).unwrap(), b"", "a blob may be empty");
    });
}

#[test]
fn what_is_at_hand_is_the_blob() {
    on_every_backend(|backend| {
        let blob = BlobId([1; 16]);
        assert_eq!(backend.at_hand(blob, 5), None);
        drop(backend.begin(blob).unwrap());
        assert_eq!(backend.at_hand(blob, 5), None, "it was never finished");
        put_blob(&*backend, blob, b"bytes");
        // It need not be: the disk may have to be waited for.
        let at_hand = backend.at_hand(blob, 5);
        assert!(at_hand.as_deref().is_none_or(|bytes| bytes == b"bytes"));
        backend.remove(blob).unwrap();
        assert_eq!(backend.at_hand(blob, 5), None);
        assert!(at_hand.is_none_or(|bytes| *bytes == *b"bytes"), "it stays as it was");
    });
}

#[test]
fn a_content_is_the_row_of_its_name() {
    on_every_backend(|backend| {
        let (name, other) = ([1; 16], [2; 16]);
        assert_eq!(backend.content(name).unwrap(), None);
        let change = |row: Option<&'static [u8]>| {
            let write = move |tables: &mut Transaction<'_>| {
                match row {
                    Some(bytes) => tables.put(Table::Contents, name.to_vec(), bytes.to_vec()),
                    None => tables.remove(Table::Contents, name.to_vec()),
                }
                Verdict::Commit
            };
            backend.write(&mut { write }).unwrap();
        };
        change(Some(b"bytes"));
        let found = backend.content(name).unwrap().unwrap();
        assert_eq!((&found[..], backend.content(other).unwrap()), (&b"bytes"[..], None));
        assert_eq!(backend.content(name).unwrap().unwrap(), found, "asked for again");
        change(None);
        assert_eq!(&found[..], b"bytes", "it stays as it was");
        assert_eq!(backend.get(Table::Contents, &name).unwrap(), None);
        backend.check_room().unwrap();
    });
}

#[test]
fn what_is_at_hand_of_an_open_blob_is_a_part_of_it() {
    on_every_backend(|backend| {
        let blob = BlobId([1; 16]);
        put_blob(&*backend, blob, b"bytes");
        let mut open = backend.open(blob, 5).unwrap();
        for offset in 0..5 {
            for most in [1, 2, 5, 1000] {
                let Some(found) = open.at_hand(offset, most) else { continue };
                assert!((1..=most).contains(&found.len()));
                assert!(b"bytes"[offset as usize..].starts_with(&found));
            }
        }
        assert_eq!((open.at_hand(5, 1), open.at_hand(u64::MAX, 1)), (None, None));
    });
}

#[test]
fn an_open_blob_stays_readable() {
    on_every_backend(|backend| {
        let blob = BlobId([1; 16]);
        put_blob(&*backend, blob, b"bytes");
        let mut open = backend.open(blob, 5).unwrap();
        backend.remove(blob).unwrap();
        let mut bytes = [0; 5];
        open.read_exact_at(0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"bytes");
        assert!(backend.open(blob, 5).is_err());
        backend.remove(blob).unwrap();
    });
}

#[test]
fn a_link_outlives_its_blob() {
    on_every_backend(|backend| {
        let (blob, link, absent) = (BlobId([1; 16]), BlobId([2; 16]), BlobId([3; 16]));
        put_blob(&*backend, blob, b"bytes");
        backend.link(blob, link).unwrap();
        backend.remove(blob).unwrap();
        assert_eq!(read_blob(&*backend, link, 5).unwrap(), b"bytes");
        let nothing = backend.link(absent, BlobId([4; 16])).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::NotFound);
        assert_eq!(all_blobs(&*backend), [link]);
    });
}

#[test]
fn blobs_are_listed_in_the_order_of_their_ids() {
    on_every_backend(|backend| {
        let id = |first, last| BlobId([first, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
        let mut ids =
            vec![id(0, 0), id(0, 1), id(7, 0), id(7, 1), id(7, 2), id(255, 0), id(255, 255)];
        for blob in ids.iter().rev() {
            put_blob(&*backend, *blob, b"");
        }
        assert_eq!(all_blobs(&*backend), ids);
        backend.remove(ids.remove(3)).unwrap();
        assert_eq!(all_blobs(&*backend), ids);
    });
}

#[test]
fn of_many_writers_that_want_no_object_there_one_wins() {
    on_every_store(|store, _| {
        let won = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for racer in 0..RACERS {
                let won = &won;
                scope.spawn(move || {
                    let upload = upload(store, &[racer; 100]);
                    let none = |there: Option<&ObjectRecord>| match there {
                        Some(_) => Err(StoreError::BucketExists),
                        None => Ok(()),
                    };
                    match store.commit(upload, &bucket(), &key("a"), draft(), none) {
                        Ok(_) => _ = won.fetch_add(1, Ordering::SeqCst),
                        Err(StoreError::BucketExists) => {}
                        Err(error) => panic!("{error}"),
                    }
                    assert_eq!(read(store, "a").len(), 100, "won or lost, it is there");
                });
            }
        });
        assert_eq!(won.load(Ordering::SeqCst), 1);
        assert!(read(store, "a").windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(kept(store), 1, "the losers left nothing");
    });
}

#[test]
fn what_is_acknowledged_is_read_and_listed() {
    on_every_store(|store, _| {
        std::thread::scope(|scope| {
            for writer in 0..8 {
                scope.spawn(move || {
                    for number in 0..4 {
                        let name = format!("{writer}/{number}");
                        put(store, &name, name.as_bytes());
                        assert_eq!(read(store, &name), name.as_bytes());
                        assert!(listed(store).contains(&name));
                        delete(store, &[&name]);
                        assert!(store.find_object(&bucket(), &key(&name)).unwrap().is_none());
                        assert!(!listed(store).contains(&name));
                    }
                });
            }
        });
    });
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

#[test]
fn a_bucket_that_was_made_anew_is_not_the_one_that_was_let_into() {
    on_every_store(|store, _| {
        let id = store.bucket(&bucket()).unwrap().id;
        let former = store.within(&bucket(), Some(id));
        put(&former, "a", b"1");
        assert_eq!(read(store, "a"), b"1", "as long as it is there, it is written to");
        delete(&former, &["a"]);
        let named = former.begin_parts(&bucket(), &key("a"), draft()).unwrap();
        former.abort_parts(&named).unwrap();
        for is_there in [false, true] {
            let (bytes, appended) = (upload(&former, b"2"), upload(&former, b"2"));
            store.delete_bucket(&bucket()).unwrap();
            if is_there {
                store.create_bucket(&bucket(), bucket_record()).unwrap();
                put(store, "a", b"another's");
            }
            assert!(store.bucket(&bucket()).is_none_or(|there| there.id != id));
            for (what, refused) in writes(&former, bytes, appended) {
                assert!(matches!(refused, Err(StoreError::NoSuchBucket)), "{what}: {refused:?}");
            }
            if !is_there {
                store.create_bucket(&bucket(), bucket_record()).unwrap();
            }
        }
        assert_eq!(
            (listed(store), read(store, "a")),
            (vec!["a".to_owned()], b"another's".to_vec())
        );
        assert_eq!(store.object(&bucket(), &key("a")).unwrap().acl, draft().acl);
        assert!(store.bucket(&bucket()).unwrap().configurations.tags().is_empty());
        let unborn = store.within(&bucket(), None);
        let refused = unborn.delete_objects(&bucket(), &[(key("a"), None)], 7);
        assert!(matches!(refused, Err(StoreError::NoSuchBucket)), "it was let into none");
    });
}

/// What came of everything that can be written to a bucket.
fn writes(
    store: &Store,
    bytes: Upload,
    appended: Upload,
) -> [(&'static str, Result<(), StoreError>); 13] {
    let (bucket, key, at) = (&bucket(), &key("a"), 7);
    let any = |_: Option<&ObjectRecord>| Ok::<_, StoreError>(());
    let acl = draft().acl;
    let appendable = &Draft { kind: Kind::Appendable, ..draft() };
    let appended = Appended::Upload(Box::new(appended));
    let few = Appended::Few(b"2".to_vec(), None);
    let due = Due { key: key.clone(), former: None };
    let goes = |_: &Due, _: &ObjectRecord| Fate::Goes;
    let tags = TagSet::default();
    let configure = |there: &Configurations| Ok::<_, StoreError>(there.clone());
    [
        ("commit", store.commit(bytes, bucket, key, draft(), any).map(drop)),
        ("append", store.append(appended, bucket, key, appendable, any).map(drop)),
        ("append few", store.append(few, bucket, key, appendable, any).map(drop)),
        ("begin", store.begin_parts(bucket, key, draft()).map(drop)),
        ("delete", store.delete_objects(bucket, &[(key.clone(), None)], at).map(drop)),
        ("acl", store.set_object_acl(bucket, key, None, &acl, |_| Ok(()))),
        ("tags", store.set_object_tags(bucket, key, None, &tags)),
        ("update", store.update_object(bucket, key, None, |_| Ok(()))),
        ("retain", store.retain(bucket, key, None, at + 1, at)),
        ("settle", store.settle(bucket, &[due], at, goes).map(drop)),
        ("configure", store.change_configurations(bucket, configure)),
        ("bucket acl", store.set_bucket_acl(bucket, AclRecord::canned(CannedAcl::PublicRead))),
        ("delete bucket", store.delete_bucket(bucket)),
    ]
}

#[test]
fn a_long_listing_leaves_nothing_out() {
    on_every_store(|store, backend| {
        let names: Vec<_> = (0..1300).map(|number| format!("{number:05}\0/{number}")).collect();
        // By rows alone: thousands of uploads would take their time.
        put(store, "model", b"x");
        let row = metadata::object_key(bucket().as_str(), "model");
        let record = backend.get(Table::Objects, row.as_bytes()).unwrap().unwrap();
        let fill = |tables: &mut Transaction<'_>| {
            for name in &names {
                let row = metadata::object_key(bucket().as_str(), name);
                tables.put(Table::Objects, row.into_bytes(), record.clone());
            }
            tables.remove(Table::Objects, row.clone().into_bytes());
            Verdict::Commit
        };
        backend.write(&mut { fill }).unwrap();
        assert_eq!(listed(store), names);
    });
}

#[test]
fn scans_are_in_byte_order_over_nasty_keys() {
    on_every_store(|store, _| {
        let mut names = vec![
            "a",
            "a\0",
            "a\0\0",
            "a\0\u{1}",
            "a\u{1}",
            "a b",
            "a%20b",
            "a+b",
            "a/",
            "a//b",
            "a/../b",
            "aa",
            "\"'",
            "\n",
            "\u{7f}",
            "é",
            "中",
            "\u{d7ff}",
            "\u{e000}",
            "\u{ffff}",
            "\u{10000}",
            "\u{10ffff}",
            "🦀",
        ];
        let longest = "é".repeat(425);
        names.push(&longest);
        names.iter().for_each(|name| _ = put(store, name, name.as_bytes()));
        names.sort_unstable_by_key(|name| name.as_bytes());
        assert_eq!(listed(store), names);
        for name in &names {
            assert_eq!(read(store, name), name.as_bytes());
        }
    });
}

#[test]
fn few_bytes_are_kept_in_a_row_and_more_in_a_blob() {
    on_every_backend(|backend| {
        let store = Store::over(Arc::clone(&backend)).unwrap();
        store.create_bucket(&bucket(), bucket_record()).unwrap();
        for (length, blobs) in [(0, 0), (1, 0), (BESIDE, 0), (BESIDE + 1, 1), (3 * BESIDE, 1)] {
            for pieces in [1000, BESIDE, BESIDE + 1] {
                let bytes: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
                let mut upload = store.upload().unwrap();
                bytes.chunks(pieces).for_each(|piece| upload.write(piece).unwrap());
                let whole = Md5::digest(&bytes);
                assert_eq!((upload.size(), upload.md5()), (length as u64, whole));
                let any = |_: Option<&ObjectRecord>| Ok::<_, StoreError>(());
                let record = store.commit(upload, &bucket(), &key("a"), draft(), any).unwrap();
                assert_eq!((record.size, record.md5), (length as u64, whole));
                assert_eq!(record.crc64, checksum(CrcAlgorithm::Crc64Xz, &bytes));
                assert_eq!((all_blobs(&*backend).len(), kept(&store)), (blobs, 1), "{length}");
                assert_eq!(read(&store, "a"), bytes);
                copy(&store, "a", "b").unwrap();
                assert_eq!((kept(&store), read(&store, "b")), (2, bytes));
                delete(&store, &["b"]);
            }
        }
        // What is encrypted begins its key stream at the id of a blob, however short it is.
        let secret = CustomerKey::new([1; 32], [0; 16]);
        let mut upload = store.encrypted_upload(Some(&secret)).unwrap();
        upload.write(b"secret").unwrap();
        let any = |_: Option<&ObjectRecord>| Ok::<_, StoreError>(());
        let record = store.commit(upload, &bucket(), &key("a"), draft(), any).unwrap();
        assert_eq!(all_blobs(&*backend).len(), 1);
        assert_ne!(read(&store, "a"), b"secret");
        let (_, reader) = store.open_object(&bucket(), &key("a"), None).unwrap();
        assert_eq!(read_all(reader.decrypted(Some(secret)), &record), b"secret");
    });
}

#[test]
fn an_upload_in_parts_becomes_an_object_without_moving_bytes() {
    on_every_store(|store, backend| {
        let name = begin(store, "a");
        for (number, bytes) in [(3, &b"three"[..]), (1, b"one"), (2, b"two")] {
            put_part(store, &name, number, bytes);
        }
        let before = all_blobs(backend);
        complete(store, &name).unwrap();
        assert_eq!(all_blobs(backend), before);
        assert_eq!(read(store, "a"), b"onetwothree");
        put(store, "a", b"x");
        assert_eq!(kept(store), 1);
    });
}

#[test]
fn what_is_opened_is_read_whole_whatever_happens() {
    on_every_store(|store, _| {
        put(store, "whole", b"whole");
        let name = begin(store, "parts");
        put_part(store, &name, 1, b"par");
        put_part(store, &name, 2, b"ts");
        complete(store, &name).unwrap();
        let open = |name: &str| store.open_object(&bucket(), &key(name), None).unwrap();
        let (whole, parts) = (open("whole"), open("parts"));
        let (whole_again, parts_again) = (open("whole"), open("parts"));
        put(store, "whole", b"other");
        put(store, "parts", b"other");
        assert_eq!(read_all(whole.1, &whole.0), b"whole");
        assert_eq!(read_all(parts.1, &parts.0), b"parts");
        delete(store, &["whole", "parts"]);
        sweep(store);
        assert_eq!(read_all(whole_again.1, &whole_again.0), b"whole");
        assert_eq!(read_all(parts_again.1, &parts_again.0), b"parts");
        assert_eq!(kept(store), 0);
    });
}

#[test]
fn a_sweep_removes_what_nothing_names_and_nothing_else() {
    on_every_store(|store, backend| {
        put(store, "whole", b"whole");
        let name = begin(store, "parts");
        put_part(store, &name, 1, b"parts");
        complete(store, &name).unwrap();
        put_part(store, &begin(store, "under way"), 1, b"part");
        let needed = all_blobs(backend);
        for orphan in 0..3 {
            put_blob(backend, BlobId([orphan * 120; 16]), b"orphan");
        }
        let held = upload(store, b"held").finish_blob().unwrap();
        sweep(store);
        let mut left = all_blobs(backend);
        left.retain(|blob| *blob != held.blob);
        assert_eq!(left, needed);
        assert!(backend.open(held.blob, 4).is_ok(), "it is about to be named");
        drop(held);
        sweep(store);
        assert_eq!(all_blobs(backend), needed);
    });
}

#[test]
fn sweeps_do_no_harm_to_those_who_work() {
    on_every_store(|store, backend| {
        let working = AtomicUsize::new(4);
        std::thread::scope(|scope| {
            for worker in 0..4_u8 {
                let working = &working;
                scope.spawn(move || {
                    for round in 0..12_u8 {
                        let name = format!("{}", round % 3);
                        put(store, &name, &[worker; 500]);
                        let parts = begin(store, &name);
                        put_part(store, &parts, 1, &[worker; 250]);
                        put_part(store, &parts, 2, &[worker; 250]);
                        complete(store, &parts).unwrap();
                        let _ = copy(store, &name, "copy");
                        let bytes = read(store, &name);
                        assert!(
                            bytes.len() == 500 && bytes.windows(2).all(|pair| pair[0] == pair[1])
                        );
                    }
                    working.fetch_sub(1, Ordering::SeqCst);
                });
            }
            while working.load(Ordering::SeqCst) > 0 {
                sweep(store);
            }
        });
        sweep(store);
        for name in listed(store) {
            assert_eq!(read(store, &name).len(), 500, "{name}");
        }
        // Each of the four keys has one blob, or the two of its parts.
        assert!((4..=8).contains(&all_blobs(backend).len()), "{}", all_blobs(backend).len());
    });
}
