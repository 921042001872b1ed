//! One message at a time gives what the `sha1` and `hmac` crates give.

use hmac::{Hmac as Plain, KeyInit, Mac};
use proptest::collection::vec;
use proptest::prelude::*;
use sha1::{Digest, Sha1};
use sha1_lanes::{HexMessage, Hmac, State, hex};

/// One of so many cases is tried under Miri, which takes a thousand times as long for each.
const fn one_of(cases: usize) -> usize {
    if cfg!(miri) { cases } else { 1 }
}

fn plain(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mac = Plain::<Sha1>::new_from_slice(key);
    mac.map_or([0; 20], |mac| mac.chain_update(message).finalize().into_bytes().into())
}

fn plain_hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 2202.
#[test]
fn published_macs() {
    for (key, message, expected) in [
        (&[0x0b; 20][..], &b"Hi There"[..], "b617318655057264e28bc0b6fb378c8ef146be00"),
        (b"Jefe", b"what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (&[0xaa; 20], &[0xdd; 50], "125d7342b9ac11cd91a39af48aa17b4f63f175d3"),
        (
            &[0xaa; 80],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "aa4ae5e15272d00e95705637ce8a3b55ed402112",
        ),
    ] {
        assert_eq!(hex(&Hmac::new(key).digest(message)), *expected.as_bytes());
    }
}

#[test]
fn every_length_around_the_blocks() {
    for length in (0..=260).step_by(one_of(11)) {
        let message: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
        assert_eq!(State::INITIAL.hash(&message), <[u8; 20]>::from(Sha1::digest(&message)));
        assert_eq!(Hmac::new(&message).digest(&message), plain(&message, &message));
    }
}

/// Each place that the digits can have within their pieces, and both numbers of blocks.
#[test]
fn a_hash_in_a_message_of_any_length() {
    let hmac = Hmac::new(b"key");
    for length in (0..=HexMessage::LONGEST).step_by(one_of(13)) {
        let before = vec![b'x'; length];
        let message = HexMessage::new(&before).unwrap();
        for hashed in [0, 55, 56, 64, 300].map(|length| vec![b'y'; length]) {
            let digits = plain_hex(&Sha1::digest(&hashed));
            let text = [&before, digits.as_bytes(), b"\n"].concat();
            let mac = plain_hex(&plain(b"key", &text));
            assert_eq!(hmac.digits_of_hash(&message, &hashed), *mac.as_bytes(), "{length}");
        }
    }
    assert!(HexMessage::new(&[b'x'; HexMessage::LONGEST + 1]).is_none());
}

proptest! {
    #[test]
    fn any_message_under_any_key(key in vec(any::<u8>(), 0..200), message in vec(any::<u8>(), 0..1000)) {
        prop_assert_eq!(Hmac::new(&key).digest(&message), plain(&key, &message));
        let digest = State::INITIAL.hash(&message);
        prop_assert_eq!(digest, <[u8; 20]>::from(Sha1::digest(&message)));
        let digits = hex(&digest);
        let expected = plain_hex(&digest);
        prop_assert_eq!(std::str::from_utf8(&digits).unwrap(), expected.as_str());
        let before = &key[..key.len().min(HexMessage::LONGEST)];
        let text = [before, &digits, b"\n"].concat();
        let in_message = HexMessage::new(before).unwrap();
        let mac = plain_hex(&plain(&key, &text));
        let ours = Hmac::new(&key).digits_of_hash(&in_message, &message);
        prop_assert_eq!(std::str::from_utf8(&ours).unwrap(), mac.as_str());
    }
}

/// One block and more, as the crate `hmac` has it.
#[test]
fn a_key_of_the_digits_of_another_mac() {
    for length in (0..=130).step_by(one_of(13)) {
        let message: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
        let digits = plain_hex(&plain(b"key", &message));
        let keyed = Hmac::new(b"key").keyed_by_digits(&message);
        assert_eq!(keyed.digest(&message), plain(digits.as_bytes(), &message), "{length}");
    }
}

/// Key and hash have as many blocks, or one of them has more.
#[test]
fn a_key_of_digits_and_its_first_mac_at_once() {
    let (hmac, before) = (Hmac::new(b"key"), HexMessage::new(b"sha1\n1;2\n").unwrap());
    for time in [0, 21, 55, 56] {
        let time = vec![b'1'; time];
        let keyed = hmac.keyed_by_digits(&time);
        for length in (0..=330).step_by(one_of(29)) {
            let hashed: Vec<u8> = (1..=u8::MAX).cycle().take(length).collect();
            let (key, digits) = hmac.keyed_by_digits_with_hash(&time, &before, &hashed);
            assert_eq!(digits, keyed.digits_of_hash(&before, &hashed), "{length}");
            assert_eq!(key.digest(&hashed), keyed.digest(&hashed));
        }
    }
}

#[test]
fn a_text_of_any_length_that_is_hashed_in_a_message() {
    let (hmac, message) = (Hmac::new(b"key"), HexMessage::new(b"sha1\n1;2\n").unwrap());
    for length in (0..=200).step_by(one_of(17)) {
        let hashed: Vec<u8> = (1..=u8::MAX).cycle().take(length).collect();
        let text = [b"sha1\n1;2\n", plain_hex(&Sha1::digest(&hashed)).as_bytes(), b"\n"].concat();
        let mac = plain_hex(&plain(b"key", &text));
        assert_eq!(hmac.digits_of_hash(&message, &hashed), *mac.as_bytes(), "{length}");
    }
}

#[test]
fn nothing_of_the_key_shows_in_debug() {
    assert_eq!(
        format!("{:?}", Hmac::new(b"hush")),
        "Hmac { inner: State { blocks: 1, .. }, outer: State { blocks: 1, .. } }"
    );
}
