//! The bare hashing: the SHA-1 compressions that one signature cannot do without.

use std::hint::black_box;

use cospass_sign::Canonical;
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};

use crate::workload::Workload;

/// `SHA1(FormatString)` and the HMAC of a `StringToSign`, the key's two states at hand: for a text
/// of `n` bytes `(n + 9) / 64`, rounded up, compressions, and three.
pub(crate) struct Floor {
    format_string: Vec<u8>,
    string_to_sign: String,
    key: Hmac<Sha1>,
}

impl Floor {
    pub(crate) fn new(workload: &Workload, host: &str) -> Option<Self> {
        let key = workload.keys.first()?;
        let mut params = workload.params.clone();
        params.extend(workload.token.as_deref().map(|token| ("x-cos-security-token", token)));
        let mut headers = workload.headers.clone();
        headers.push(("host", host));
        let mut canonical = Canonical::new();
        canonical.write(workload.method, format!("/{key}").as_bytes(), &params, &headers);
        let mut string_to_sign = String::new();
        canonical.write_string_to_sign("1700000000;1700000360", &mut string_to_sign);
        Some(Self {
            format_string: canonical.http_string().to_vec(),
            string_to_sign,
            key: Hmac::new_from_slice(&[b'0'; 40]).ok()?,
        })
    }

    pub(crate) fn hash(&self) {
        black_box(Sha1::digest(black_box(&self.format_string)));
        let text = black_box(self.string_to_sign.as_bytes());
        black_box(self.key.clone().chain_update(text).finalize());
    }
}
