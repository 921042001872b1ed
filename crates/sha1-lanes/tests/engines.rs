//! Every engine that this processor can run gives what the `sha1` crate gives, and what NIST publishes.

use proptest::collection::vec;
use proptest::prelude::*;
use sha1::{Digest, Sha1};
use sha1_lanes::{Alike, Blocks, Engine, State};

/// One of so many cases is tried under Miri, which takes a thousand times as long for each.
const fn one_of(cases: usize) -> usize {
    if cfg!(miri) { cases } else { 1 }
}

fn check(messages: &[Vec<u8>], prefix: Option<[u8; 64]>) {
    let start = prefix.map_or(State::INITIAL, |block| State::INITIAL.after(&block));
    let expected = messages.iter().map(|message| {
        let hash = Sha1::new().chain_update(prefix.as_ref().map_or(&[][..], |block| &block[..]));
        <[u8; 20]>::from(hash.chain_update(message).finalize())
    });
    let expected: Vec<_> = expected.collect();
    let mut blocks = Blocks::new(&start);
    for message in messages {
        blocks.push(|out| out.extend_from_slice(message));
    }
    let mut digests = vec![[7; 20]; 3];
    for engine in Engine::available() {
        engine.hash(&blocks, &mut digests);
        assert_eq!(digests, expected, "{engine:?} of {} messages", messages.len());
    }
}

/// FIPS 180-4 examples and the short messages of NIST's CAVP.
#[test]
fn published_digests() {
    let long = vec![b'a'; 1_000_000];
    let published: [(&[u8], &str); 6] = [
        (b"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
        ),
        (&[0x36], "c1dfd96eea8cc2b62785275bca38ac261256e278"),
        (&[0x19, 0x5a], "0a1c2d555bbe431ad6288af5a54f93e0449c9232"),
        (&long, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ];
    // The long one has fifteen thousand blocks, with which Miri would be busy for a quarter of an hour.
    let published = if cfg!(miri) { &published[..5] } else { &published };
    for engine in Engine::available() {
        let mut blocks = Blocks::new(&State::INITIAL);
        for (message, _) in published {
            blocks.push(|out| out.extend_from_slice(message));
        }
        let mut digests = Vec::new();
        engine.hash(&blocks, &mut digests);
        for (digest, &(_, expected)) in digests.iter().zip(published) {
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, expected, "{engine:?}");
        }
    }
}

#[test]
fn every_length_around_the_blocks() {
    let lengths = (0..=260).step_by(one_of(11));
    let messages: Vec<_> = lengths.map(|length| vec![b'x'; length]).collect();
    check(&messages, None);
    check(&messages, Some([0x36; 64]));
}

#[test]
fn every_number_of_messages_around_the_lanes() {
    for count in (0..=40).step_by(one_of(5)) {
        check(&vec![b"the same".to_vec(); count], None);
    }
}

/// More of them, fewer, more again, and longer than a block.
#[test]
fn messages_that_are_alike() {
    for length in [20, 119, 64].into_iter().step_by(one_of(2)) {
        let text = |content: [u8; 5]| [&vec![b'x'; length - 7][..], &content, b"zz"].concat();
        let mut alike = Alike::new(&State::INITIAL, &text([0; 5]), length - 7);
        for count in [0, 40, 3, 33, 1, 41].into_iter().step_by(one_of(2)) {
            let contents: Vec<[u8; 5]> = (0..count).map(|n| [n, 1, 2, 3, count]).collect();
            alike.fill(contents.iter().copied());
            let expected: Vec<_> =
                contents.iter().map(|content| State::INITIAL.hash(&text(*content))).collect();
            for engine in Engine::available() {
                let mut digests = Vec::new();
                engine.hash(alike.messages(), &mut digests);
                assert_eq!(digests, expected, "{engine:?} of {count}");
            }
        }
    }
}

#[test]
fn what_was_cleared_is_forgotten() {
    let mut blocks = Blocks::new(&State::INITIAL);
    blocks.push(|out| out.extend_from_slice(b"old"));
    blocks.clear();
    assert!(blocks.is_empty());
    blocks.push(|out| out.extend_from_slice(b"abc"));
    let mut digests = Vec::new();
    Engine::portable().hash(&blocks, &mut digests);
    assert_eq!((blocks.len(), digests.len(), digests[0][0]), (1, 1, 0xa9));
}

#[test]
fn a_long_key_of_hmac_is_the_callers_to_hash() {
    assert!(State::hmac(&[1; 64]).is_some());
    assert!(State::hmac(&[1; 65]).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 256 }))]

    #[test]
    fn messages_of_any_lengths(
        messages in vec(vec(any::<u8>(), 0..1000), 0..50),
        prefix in any::<Option<[u8; 32]>>(),
    ) {
        check(&messages, prefix.map(|half| [half, half].concat().try_into().unwrap()));
    }
}
