//! Sweeps: what nothing names goes, and nothing else.

use super::*;

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
