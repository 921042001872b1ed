//! The folder that a store lies in: what is there after it was opened again, and who may be in it.

use super::*;

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
fn one_store_a_folder() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).unwrap();
    assert!(matches!(open(folder.path()), Err(StoreError::Locked { .. })));
    drop(store);
    assert!(open(folder.path()).is_ok());
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

#[tokio::test]
async fn a_store_tells_when_its_folder_may_be_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let kept = store.clone();
    let mut closed = std::pin::pin!(store.closed());
    drop(store);
    let soon = tokio::time::timeout(std::time::Duration::from_millis(50), &mut closed);
    assert!(soon.await.is_err(), "somebody has it");
    let last = std::thread::spawn(move || drop(kept));
    closed.await;
    open(folder.path()).unwrap();
    last.join().unwrap();
}
