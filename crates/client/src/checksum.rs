//! The two checksums of the service: MD5, which it checks when a body arrives, and CRC-64/XZ, which it calls crc64ecma and
//! tells of every object (436/40334).

use base16ct::lower;
use cospass_protocol::operation::ContentMd5;
use crc_fast::{CrcAlgorithm, Digest as Crc, checksum, checksum_combine};
use md5_stream::Md5;

const CRC64: CrcAlgorithm = CrcAlgorithm::Crc64Xz;

/// The CRC64 of bytes.
pub(crate) fn crc64(bytes: &[u8]) -> u64 {
    checksum(CRC64, bytes)
}

/// The CRC64 of bytes that come behind those of another CRC64, which are not needed.
pub(crate) fn continued(before: u64, bytes: &[u8]) -> u64 {
    // A sum is told with all of its bits turned (CRC-64/XZ), the first one of nothing as 0.
    let mut crc = Crc::new_with_init_state(CRC64, !before);
    crc.update(bytes);
    crc.finalize()
}

/// The CRC64 of two pieces, one after the other, from those of each; the bytes are not needed.
pub(crate) fn joined(first: u64, second: u64, second_length: u64) -> u64 {
    // A sum of 0, that of nothing for one, stays 0 however far it is shifted; to shift another takes microseconds.
    if first == 0 {
        return second;
    }
    checksum_combine(CRC64, first, second, second_length)
}

/// The MD5 of bytes.
pub(crate) fn md5(bytes: &[u8]) -> ContentMd5 {
    ContentMd5(Md5::digest(bytes))
}

/// The MD5 as the service writes it into an entity tag, without quotes.
pub(crate) fn md5_text(md5: ContentMd5) -> String {
    lower::encode_string(&md5.0)
}

/// A CRC64 in the making.
pub(crate) struct RunningCrc(Crc);

impl RunningCrc {
    pub(crate) fn new() -> Self {
        Self(Crc::new(CRC64))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the documentation (436/7749).
    #[test]
    fn the_sums_are_those_of_the_documentation() {
        let body = b"[Object Content]";
        assert_eq!(crc64(body), 16_749_565_679_157_681_890);
        assert_eq!(md5(body).to_string(), "7o3pGNBWQBRbGPcPTDqmAg==");
        assert_eq!(md5_text(md5(body)), "ee8de918d05640145b18f70f4c3aa602");
    }

    #[test]
    fn sums_of_pieces_are_those_of_the_whole() {
        let body: Vec<u8> = (0..100_000_u32).map(|index| (index % 251) as u8).collect();
        let mut running = RunningCrc::new();
        for length in [0, 1, 4096, 99_999, 100_000] {
            let (first, second) = body.split_at(length);
            assert_eq!(joined(crc64(first), crc64(second), second.len() as u64), crc64(&body));
            assert_eq!(continued(crc64(first), second), crc64(&body));
        }
        body.chunks(777).for_each(|piece| running.update(piece));
        assert_eq!(running.value(), crc64(&body));
    }
}
