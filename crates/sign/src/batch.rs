//! Many signatures at one key time, several hashes side by side.
//!
//! The same signature as [`SigningKey::sign`](crate::SigningKey::sign) makes, one by one: the hash of the `HttpString`,
//! and HMAC over the `StringToSign`. Each of the three hashes is made for all requests before the next is begun, so that
//! an [`Engine`] always has messages for its lanes.

use std::fmt;

use sha1_lanes::{Alike, Blocks, Digest, Engine, State, hex};

use crate::secret::SecretKey;
use crate::signing::{Signature, SigningKey};

/// Signs requests in batches, all at one key time. It keeps its buffers from one batch to the next.
///
/// ```
/// use cospass_sign::{Batch, Canonical, SecretKey, SigningKey};
/// use sha1_lanes::Engine;
///
/// let (secret, time) = (SecretKey::new("secret"), "1700000000;1700000300");
/// let mut batch = Batch::new(&secret, time, Engine::portable());
/// let mut signatures = Vec::new();
/// for path in ["/a", "/b"] {
///     batch.push(|http_string| {
///         http_string.extend_from_slice(format!("get\n{path}\n\n\n").as_bytes());
///     });
/// }
/// batch.sign(&mut signatures);
///
/// let mut canonical = Canonical::new();
/// canonical.write::<&str, &str, &str, &str>("GET", b"/b", &[], &[]);
/// assert_eq!(signatures[1], SigningKey::derive(&secret, time).sign(time, &canonical));
/// ```
#[derive(Clone)]
pub struct Batch {
    engine: Engine,
    http_strings: Blocks,
    /// Each `StringToSign`, in which the hash of its `HttpString` is missing.
    inner: Alike,
    outer: Alike,
    digests: Vec<Digest>,
}

impl Batch {
    /// For a key time, which is the sign time as well, given as the text of `q-key-time`.
    pub fn new(secret_key: &SecretKey, key_time: &str, engine: Engine) -> Self {
        let signing_key = SigningKey::derive(secret_key, key_time);
        let [inner, outer] = signing_key.states();
        let before = ["sha1\n", key_time, "\n"].concat();
        let string_to_sign = [before.as_bytes(), &[b'0'; Signature::LENGTH], b"\n"].concat();
        Self {
            engine,
            http_strings: Blocks::new(&State::INITIAL),
            inner: Alike::new(inner, &string_to_sign, before.len()),
            outer: Alike::new(outer, &Digest::default(), 0),
            digests: Vec::new(),
        }
    }

    /// Adds a request: the `HttpString` that `write` appends, as [`Canonical`](crate::Canonical) makes it.
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.http_strings.push(write);
    }

    /// How many requests were added.
    pub fn len(&self) -> usize {
        self.http_strings.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.http_strings.is_empty()
    }

    /// Signs the requests that were added, in their order; the signatures take the place of what `signatures` held. The
    /// next batch is empty.
    pub fn sign(&mut self, signatures: &mut Vec<Signature>) {
        self.engine.hash(&self.http_strings, &mut self.digests);
        self.http_strings.clear();
        self.inner.fill(self.digests.iter().map(hex));
        self.engine.hash(self.inner.messages(), &mut self.digests);
        self.outer.fill(self.digests.iter().copied());
        self.engine.hash(self.outer.messages(), &mut self.digests);
        signatures.clear();
        signatures.extend(self.digests.iter().map(|digest| Signature::of(hex(digest))));
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("engine", &self.engine).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::Canonical;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn each_signature_is_the_one_that_is_made_alone(
            paths in vec("/\\PC{0,300}", 0..40),
            secret in "\\PC{0,100}",
            time in "[0-9]{1,10};[0-9]{1,10}",
        ) {
            let secret = SecretKey::new(secret);
            let key = SigningKey::derive(&secret, &time);
            let mut canonical = Canonical::new();
            let alone: Vec<_> = paths
                .iter()
                .map(|path| {
                    canonical.write::<&str, &str, _, _>("PUT", path.as_bytes(), &[], &[("host", "h")]);
                    key.sign(&time, &canonical)
                })
                .collect();
            for engine in Engine::available() {
                let mut batch = Batch::new(&secret, &time, engine);
                let mut signatures = Vec::new();
                // Twice, so that nothing is left of the first time.
                for _ in 0..2 {
                    for path in &paths {
                        batch.push(|out| {
                            out.extend_from_slice(format!("put\n{path}\n\nhost=h\n").as_bytes());
                        });
                    }
                    batch.sign(&mut signatures);
                    prop_assert_eq!(&signatures, &alone);
                    prop_assert!(batch.is_empty());
                }
            }
        }
    }

    #[test]
    fn nothing_of_the_key_shows_in_debug() {
        let batch = Batch::new(&SecretKey::new("hush"), "1;2", Engine::portable());
        assert_eq!(format!("{batch:?}"), "Batch { engine: Engine(portable), .. }");
    }
}
