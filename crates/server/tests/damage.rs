//! What becomes of an object whose bytes changed on the disk.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use support::*;

/// A small object that has a blob of its own, in bytes.
const SMALL: usize = 20_000;

/// The one blob there is.
fn blob(endpoint: &Endpoint) -> PathBuf {
    fn find(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => find(&entry.path(), found),
                false => found.push(entry.path()),
            }
        }
    }
    let mut found = Vec::new();
    find(&endpoint.folder.path().join("blobs"), &mut found);
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn flip(path: &Path, position: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[position] ^= 4;
    fs::write(path, bytes).unwrap();
}

/// What comes of a download: the status, the length that is told, and the bytes until the connection ends.
fn download(endpoint: &Endpoint, request: &Request) -> (u16, usize, Vec<u8>) {
    let mut stream = endpoint.connect().stream;
    stream.write_all(&request.clone().header("Connection", "close").sign().bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let body = answer.split_off(end + 4);
    let head = String::from_utf8(answer).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    (head[9..12].parse().unwrap(), length.parse().unwrap(), body)
}

#[test]
fn a_large_object_that_is_damaged_ends_early() {
    let content: Vec<u8> = (0..3_000_000).map(|index| (index % 251) as u8).collect();
    for position in [0, 65_536, 70_000, 1_500_000, 2_999_999, 3_000_000, 3_000_300] {
        let endpoint = Endpoint::start();
        endpoint.put("/a", &content);
        let request = get("/a");
        assert_eq!(download(&endpoint, &request), (200, content.len(), content.clone()));
        flip(&blob(&endpoint), position);
        let (status, length, body) = download(&endpoint, &request);
        if status == 200 {
            assert_eq!(length, content.len(), "{position}");
            assert!(body.len() < length, "a whole answer, {position}");
            assert!(content.starts_with(&body), "{position}");
        } else {
            assert_eq!(status, 500, "{position}");
        }
    }
}

#[test]
fn a_small_blob_that_is_damaged_is_refused() {
    for position in [0, 50, SMALL - 1, SMALL, SMALL + 7] {
        let endpoint = Endpoint::start();
        endpoint.put("/a", &[7; SMALL]);
        flip(&blob(&endpoint), position);
        let answer = endpoint.send(&get("/a").sign());
        assert_eq!(
            (answer.status, answer.error().code.as_str()),
            (500, "InternalError"),
            "{position}"
        );
        assert_eq!(endpoint.send(&get("/a").header("Range", "bytes=3-5").sign()).status, 500);
        // The endpoint goes on.
        endpoint.put("/a", &[8; SMALL]);
        assert_eq!(endpoint.send(&get("/a").sign()).body, [8; SMALL]);
    }
}

#[test]
fn a_small_blob_that_is_damaged_after_it_was_read_is_right_or_refused() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", &[7; SMALL]);
    assert_eq!(endpoint.send(&get("/a").sign()).body, [7; SMALL]);
    flip(&blob(&endpoint), 50);
    let answer = endpoint.send(&get("/a").sign());
    assert!(answer.status == 500 || answer.body == [7; SMALL], "{answer:?}");
    // What is in memory of an object is not what another one has.
    endpoint.put("/a", &[8; SMALL]);
    assert_eq!(endpoint.send(&get("/a").sign()).body, [8; SMALL]);
    let part = endpoint.send(&get("/a").header("Range", "bytes=3-5").sign());
    assert_eq!((part.status, part.body), (206, vec![8; 3]));
}

/// Flips a bit in every copy of some bytes that the file of the metadata has, those of pages that were given up included.
fn flip_in_metadata(folder: &Path, content: &[u8], position: usize) {
    let path = folder.join("metadata.redb");
    let mut bytes = fs::read(&path).unwrap();
    let found = |bytes: &[u8], from: usize| {
        let rest = bytes[from..].windows(content.len());
        rest.into_iter().position(|window| window == content).map(|at| at + from)
    };
    let mut copies = 0;
    let mut from = 0;
    while let Some(at) = found(&bytes, from) {
        bytes[at + position] ^= 4;
        (copies, from) = (copies + 1, at + content.len());
    }
    assert!(copies > 0);
    fs::write(path, bytes).unwrap();
}

#[test]
fn an_object_in_a_row_that_is_damaged_is_refused() {
    let content: Vec<u8> = (0..1000_u32).flat_map(|index| (index * 7).to_be_bytes()).collect();
    for position in [0, 50, 3999] {
        let endpoint = Endpoint::start();
        endpoint.put("/a", &content);
        endpoint.put("/b", b"undamaged");
        assert_eq!(endpoint.files("blobs"), 0);
        let folder = endpoint.shutdown();
        flip_in_metadata(folder.path(), &content, position);
        let endpoint = Endpoint::start_in(folder, |builder| builder);
        let answer = endpoint.send(&get("/a").sign());
        assert_eq!((answer.status, &*answer.error().code), (500, "InternalError"), "{position}");
        assert_eq!(endpoint.send(&get("/a").header("Range", "bytes=3-5").sign()).status, 500);
        let copy = put("/c", b"").header("x-cos-copy-source", format!("{HOST}/a"));
        assert_eq!(endpoint.send(&copy.sign()).status, 500, "nobody copies it either");
        // The endpoint goes on.
        assert_eq!(endpoint.send(&get("/b").sign()).body, b"undamaged");
        endpoint.put("/a", b"again");
        assert_eq!(endpoint.send(&get("/a").sign()).body, b"again");
    }
}

#[test]
fn a_range_is_whole_if_its_blocks_are() {
    let endpoint = Endpoint::start();
    let content: Vec<u8> = (0..300_000).map(|index| (index % 251) as u8).collect();
    endpoint.put("/a", &content);
    flip(&blob(&endpoint), 100_000);
    let range = |range: &str| download(&endpoint, &get("/a").header("Range", range));
    assert_eq!(range("bytes=0-65535"), (206, 65_536, content[..65_536].to_vec()));
    assert_eq!(range("bytes=131072-"), (206, 168_928, content[131_072..].to_vec()));
    for damaged in ["bytes=65536-65540", "bytes=131000-131071", "bytes=100000-100000"] {
        assert_eq!(range(damaged).0, 500, "{damaged}");
    }
    // Nobody copies it either.
    let copy = put("/b", b"").header("x-cos-copy-source", format!("{HOST}/a"));
    assert_eq!(endpoint.send(&copy.sign()).status, 200, "no byte is moved");
    let (status, length, body) = download(&endpoint, &get("/b"));
    assert!(status == 500 || body.len() < length);
}

#[test]
fn a_blob_that_was_cut_or_lost_is_no_object() {
    let endpoint = Endpoint::start();
    endpoint.put("/a", &[7; SMALL]);
    let path = blob(&endpoint);
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(SMALL as u64).unwrap();
    assert_eq!(endpoint.send(&get("/a").sign()).status, 500);
    fs::remove_file(&path).unwrap();
    assert_eq!(endpoint.send(&get("/a").sign()).status, 500);
}
