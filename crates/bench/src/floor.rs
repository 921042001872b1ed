//! The floor: the SHA-1 compressions that one signature cannot do without, one after the other, and nothing else.

use std::hint::black_box;

use cospass_sign::Canonical;
use sha1_lanes::State;

use crate::workload::Workload;

/// `SHA1(FormatString)` and the HMAC of a `StringToSign`, the key's two states at hand: for a text
/// of `n` bytes `(n + 9) / 64`, rounded up, compressions, and three.
pub(crate) struct Floor {
    /// A message of as many blocks, so that hashing it is as many compressions, each waiting for the one before.
    same_key: Vec<u8>,
    /// A new key time needs four more: two to derive the key from the SecretKey's states, two for its own.
    new_key: Vec<u8>,
}

const BLOCK: usize = 64;
/// What is behind a message at least: a one, and its length.
const PADDING: usize = 9;

impl Floor {
    pub(crate) fn new(workload: &Workload, host: &str) -> Option<Self> {
        let key = workload.keys.first()?;
        let mut params = workload.params.clone();
        params.extend(workload.token.as_deref().map(|token| ("x-cos-security-token", token)));
        let mut headers = workload.headers.clone();
        headers.push(("host", host));
        let mut canonical = Canonical::new();
        canonical.write(workload.method, format!("/{key}").as_bytes(), &params, &headers);
        let blocks = (canonical.http_string().len() + PADDING).div_ceil(BLOCK) + 3;
        let message = |blocks: usize| vec![b'x'; blocks * BLOCK - PADDING];
        Some(Self { same_key: message(blocks), new_key: message(blocks + 4) })
    }

    /// The compressions of one signature.
    pub(crate) fn hash(&self) {
        black_box(State::INITIAL.hash(black_box(&self.same_key)));
    }

    /// Those of one signature at a key time that is new.
    pub(crate) fn hash_with_new_key(&self) {
        black_box(State::INITIAL.hash(black_box(&self.new_key)));
    }
}
