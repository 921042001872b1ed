//! HMAC-SHA1 of one message, and of one that a hash stands in.
//!
//! A single signature is a chain in which each compression waits for the one before. What can be saved is what lies between
//! them: nothing is buffered, and where the processor has instructions for SHA-1, the hash goes into the message, and the
//! inner digest into the outer block, without leaving the registers.

use crate::State;
use crate::single;
use crate::state::{BLOCK, Digest};

/// HMAC-SHA1 (RFC 2104) with one key, kept as the two states in which its hashes begin.
///
/// Wiped when dropped, and not printed by `Debug`.
///
/// ```
/// use sha1_lanes::Hmac;
///
/// // RFC 2202, test case 2.
/// let digest = Hmac::new(b"Jefe").digest(b"what do ya want for nothing?");
/// assert_eq!(digest[..4], [0xef, 0xfc, 0xdf, 0x6a]);
/// ```
#[derive(Clone, Debug)]
pub struct Hmac {
    inner: State,
    outer: State,
}

impl Hmac {
    /// With a key of any length; one of more than 64 bytes is hashed first, as RFC 2104 has it.
    pub fn new(key: &[u8]) -> Self {
        let mut hashed = [0; 20];
        let [inner, outer] = State::hmac(key).unwrap_or_else(|| {
            hashed = State::INITIAL.hash(key);
            State::of_padded_key(&hashed)
        });
        zeroize::Zeroize::zeroize(&mut hashed);
        Self { inner, outer }
    }

    /// The states in which its two hashes begin, the inner one first: for messages that are hashed side by side.
    pub fn states(&self) -> [&State; 2] {
        [&self.inner, &self.outer]
    }

    /// The digest of a message.
    pub fn digest(&self, message: &[u8]) -> Digest {
        self.outer.hash(&self.inner.hash(message))
    }

    /// The lower-case hex digits of the digest of `before`, the SHA-1 of `hashed` in such digits, and a line end: the one of a
    /// `StringToSign`, without its text ever being written.
    #[inline]
    pub fn digits_of_hash(&self, before: &HexMessage, hashed: &[u8]) -> [u8; DIGITS] {
        single::mac_of_hash([self.inner.words(), self.outer.words()], hashed, before)
    }

    /// The HMAC whose key is the digest of a message in lower-case hex digits, as a signing key is that of a key time.
    ///
    /// ```
    /// use sha1_lanes::{Hmac, hex};
    ///
    /// let (secret, time) = (Hmac::new(b"secret"), b"0;300");
    /// let plainly = Hmac::new(&hex(&secret.digest(time)));
    /// assert_eq!(secret.keyed_by_digits(time).digest(b"text"), plainly.digest(b"text"));
    /// ```
    pub fn keyed_by_digits(&self, message: &[u8]) -> Self {
        match single::key_by_digits([self.inner.words(), self.outer.words()], message) {
            Some([inner, outer]) => {
                Self { inner: State::behind_one(inner), outer: State::behind_one(outer) }
            }
            None => {
                let mut digits = hex(&self.digest(message));
                let keyed = Self::new(&digits);
                zeroize::Zeroize::zeroize(&mut digits);
                keyed
            }
        }
    }

    /// [`keyed_by_digits`](Self::keyed_by_digits) of a message, and [`digits_of_hash`](Self::digits_of_hash) with what that
    /// gives: sooner than one after the other, since key and hash do not wait for each other.
    ///
    /// ```
    /// use sha1_lanes::{HexMessage, Hmac};
    ///
    /// let (secret, before) = (Hmac::new(b"secret"), HexMessage::new(b"sha1\n0;300\n").unwrap());
    /// let (key, digits) = secret.keyed_by_digits_with_hash(b"0;300", &before, b"get\n/k\n\n\n");
    /// assert_eq!(key.digits_of_hash(&before, b"get\n/k\n\n\n"), digits);
    /// ```
    pub fn keyed_by_digits_with_hash(
        &self,
        message: &[u8],
        before: &HexMessage,
        hashed: &[u8],
    ) -> (Self, [u8; DIGITS]) {
        let states = [self.inner.words(), self.outer.words()];
        match single::key_and_mac_of_hash(states, message, (hashed, before)) {
            Some(([inner, outer], digits)) => {
                (Self { inner: State::behind_one(inner), outer: State::behind_one(outer) }, digits)
            }
            None => {
                let keyed = self.keyed_by_digits(message);
                let digits = keyed.digits_of_hash(before, hashed);
                (keyed, digits)
            }
        }
    }
}

/// How many pieces of 16 bytes a [`HexMessage`] has.
pub(crate) const QUARTERS: usize = 8;
/// Hex digits of a digest.
pub(crate) const DIGITS: usize = 40;
/// Behind them: the line end, and what FIPS 180-4 §5.1.1 puts behind a message at least.
const BEHIND: usize = 1 + 1 + 8;

/// A message of HMAC, padded, in which 40 bytes are left for the hex digits of a digest; a line end follows them.
#[derive(Clone, Debug)]
pub struct HexMessage {
    bytes: [[u8; 16]; QUARTERS],
    hex_at: usize,
    blocks: usize,
}

impl HexMessage {
    /// How long the text before the digits can be, in bytes.
    pub const LONGEST: usize = QUARTERS * 16 - DIGITS - BEHIND;

    /// With that text before the digits; `None` if it is longer than [`LONGEST`](Self::LONGEST).
    pub fn new(before: &[u8]) -> Option<Self> {
        if before.len() > Self::LONGEST {
            return None;
        }
        let end = before.len() + DIGITS;
        let blocks = if end + BEHIND <= BLOCK { 1 } else { 2 };
        let mut message = Self { bytes: [[0; 16]; QUARTERS], hex_at: before.len(), blocks };
        let bytes = message.bytes.as_flattened_mut();
        bytes.get_mut(..before.len())?.copy_from_slice(before);
        bytes.get_mut(end..)?.first_chunk_mut().map(|place: &mut [u8; 2]| *place = *b"\n\x80")?;
        let bits = (BLOCK + end + 1) as u64 * 8;
        let length = bytes.get_mut(..blocks * BLOCK)?.last_chunk_mut()?;
        *length = bits.to_be_bytes();
        Some(message)
    }

    pub(crate) fn quarters(&self) -> &[[u8; 16]; QUARTERS] {
        &self.bytes
    }

    /// Which piece the digits begin in, and at which of its bytes.
    pub(crate) fn hex_at(&self) -> (usize, usize) {
        (self.hex_at / 16, self.hex_at % 16)
    }

    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// The padded message with the digits of a digest in their place.
    pub(crate) fn with(&self, digest: &Digest) -> [[u8; 16]; QUARTERS] {
        let mut bytes = self.bytes;
        if let Some(place) = bytes.as_flattened_mut().get_mut(self.hex_at..self.hex_at + DIGITS) {
            place.copy_from_slice(&hex(digest));
        }
        bytes
    }
}

/// The lower-case hex digits of a digest.
///
/// ```
/// assert_eq!(sha1_lanes::hex(&[0x0a; 20]), *b"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a");
/// ```
#[inline]
pub fn hex(digest: &Digest) -> [u8; DIGITS] {
    let mut hex = [0; DIGITS];
    for (digits, bytes) in hex.as_chunks_mut().0.iter_mut().zip(digest.as_chunks().0) {
        *digits = hex_of_four(*bytes);
    }
    hex
}

/// Eight digits at once: each nibble in a byte of its own, and 39 more added to those over nine, from `'0' + 10` to `'a'`.
fn hex_of_four(bytes: [u8; 4]) -> [u8; 8] {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let apart = u64::from(u32::from_be_bytes(bytes));
    let apart = (apart | apart << 16) & 0x0000_ffff_0000_ffff;
    let apart = (apart | apart << 8) & 0x00ff_00ff_00ff_00ff;
    let nibbles = (apart | apart << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let over_nine = ((nibbles + 6 * ONES) >> 4) & ONES;
    (nibbles + u64::from(b'0') * ONES + over_nine * 39).to_be_bytes()
}
