//! Rows: transactions and scans.

use std::thread;
use std::time::Duration;

use super::*;

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
        // Its room is given back behind the answer.
        let is_gone = || {
            thread::sleep(Duration::from_millis(10));
            kept(&store) == 1
        };
        assert!(kept(&store) == 1 || (0..500).any(|_| is_gone()), "the blob went");
        assert_eq!(read(&store, "a"), b"4");
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
