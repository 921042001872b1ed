//! Blobs, and contents that are rows.

use super::*;

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
