//! What a store makes of rows and blobs: objects that are read, listed and replaced whole.

use super::*;

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

#[test]
fn a_bucket_that_was_made_anew_is_not_the_one_that_was_let_into() {
    on_every_store(|store, _| {
        let id = store.bucket(&bucket()).unwrap().id;
        let former = store.within(&bucket(), Some(id));
        put(&former, "a", b"1");
        assert_eq!(read(store, "a"), b"1", "as long as it is there, it is written to");
        delete(&former, &["a"]);
        let named = former.begin_parts(&bucket(), &key("a"), draft(), String::new()).unwrap();
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
        ("begin", store.begin_parts(bucket, key, draft(), String::new()).map(drop)),
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
