//! Objects and buckets.

use super::*;

#[test]
fn the_hashes_are_those_of_the_documentation() {
    let folder = TempDir::new().unwrap();
    let store = store_with_bucket(folder.path());
    let record = put(&store, "a", b"[Object Content]");
    assert_eq!(record.etag(), "\"ee8de918d05640145b18f70f4c3aa602\"");
    assert_eq!(record.crc64, 16_749_565_679_157_681_890);
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
