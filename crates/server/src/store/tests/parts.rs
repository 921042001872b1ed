//! Objects that are uploaded in parts.

use super::*;

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
