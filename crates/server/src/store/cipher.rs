//! Encryption with a key that is never kept, SSE-C: blobs are encrypted with AES-256 in counter mode.
//!
//! The counter of a blob begins at its id, which is random and stands for this blob alone, so that no two blobs have the
//! same key stream, and a part of one is read without what is before it. That a blob was not changed is not for the cipher
//! to find, but for the check sums of the disk. What is kept of a key tells whether another one is the same: a salted HMAC
//! of it, as the service says that it does (436/18145).

use std::io;

use aes::Aes256;
use cospass_protocol::operation::CustomerKey;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::backend::BlobId;

/// Encrypts, or decrypts, the bytes of a blob from an offset on.
pub(super) fn apply(
    key: &CustomerKey,
    BlobId(counter): BlobId,
    offset: u64,
    bytes: &mut [u8],
) -> io::Result<()> {
    let mut cipher = Ctr128BE::<Aes256>::new(key.expose().into(), &counter.into());
    cipher.try_seek(offset).map_err(io::Error::other)?;
    cipher.try_apply_keystream(bytes).map_err(io::Error::other)
}

/// What tells whether a key is the one that something is encrypted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyCheck {
    salt: [u8; 16],
    hmac: [u8; 32],
}

impl KeyCheck {
    pub(crate) fn new(key: &CustomerKey) -> io::Result<Self> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        Ok(Self { salt, hmac: hmac(key, salt)? })
    }

    /// Takes the same time whatever the key.
    pub(crate) fn matches(&self, key: &CustomerKey) -> bool {
        hmac(key, self.salt).is_ok_and(|hmac| hmac.ct_eq(&self.hmac).into())
    }
}

fn hmac(key: &CustomerKey, salt: [u8; 16]) -> io::Result<[u8; 32]> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key.expose()).map_err(io::Error::other)?;
    hmac.update(b"cospass SSE-C key check");
    hmac.update(&salt);
    Ok(hmac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> CustomerKey {
        CustomerKey::new([byte; 32], [0; 16])
    }

    #[test]
    fn every_part_of_a_blob_is_decrypted_by_itself() {
        let blob = BlobId([0xff; 16]);
        let plain: Vec<u8> = (0..100).collect();
        let mut whole = plain.clone();
        apply(&key(1), blob, 0, &mut whole).unwrap();
        assert_ne!(whole, plain);
        for start in 0..plain.len() {
            let mut part = whole[start..].to_vec();
            apply(&key(1), blob, start as u64, &mut part).unwrap();
            assert_eq!(part, plain[start..]);
        }
        for (other_key, other_blob) in [(2, blob), (1, BlobId([0xfe; 16]))] {
            let mut other = plain.clone();
            apply(&key(other_key), other_blob, 0, &mut other).unwrap();
            assert_ne!(other, whole);
        }
    }

    /// NIST SP 800-38A, F.5.5.
    #[test]
    fn the_cipher_is_the_published_one() {
        let hex = |text: &str| -> Vec<u8> {
            let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
            (0..text.len()).step_by(2).map(digits).collect()
        };
        let key = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        let counter = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
        let mut block = hex("6bc1bee22e409f96e93d7e117393172a");
        let key = CustomerKey::new(key.try_into().unwrap(), [0; 16]);
        apply(&key, BlobId(counter.try_into().unwrap()), 0, &mut block).unwrap();
        assert_eq!(block, hex("601ec313775789a5b7a7f504bbf3d228"));
    }

    #[test]
    fn a_check_tells_keys_apart_and_says_nothing_of_them() {
        let check = KeyCheck::new(&key(1)).unwrap();
        assert!(check.matches(&key(1)) && !check.matches(&key(2)));
        assert_ne!(KeyCheck::new(&key(1)).unwrap(), check, "salted");
    }
}
