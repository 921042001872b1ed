//! One request for many keys, at one key time: what differs from URL to URL is the key and the signature.

use std::error::Error;
use std::fmt;

use cospass_sign::Signature;

use crate::key::{without_root, write_url_path};
use crate::{DotSegmentKey, KeyError};

/// So many keys go through each stage of signing together: enough for the lanes of any engine, few enough that they stay
/// in the nearest cache.
const TOGETHER: usize = 128;

/// Pre-signs many keys; made by [`Presigner::batch`](crate::Presigner::batch). Each URL is the one that
/// [`Presigner::presign`](crate::Presigner::presign) makes.
///
/// ```
/// use cospass_protocol::{Bucket, Endpoint, ObjectKey, PresignRequest, Presigner, Region, Urls};
/// use cospass_sign::{Credentials, KeyTime};
/// use sha1_lanes::Engine;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut presigner = Presigner::new(Credentials::new("AKIDEXAMPLE", "secret"));
/// let (bucket, any) = (Bucket::new("examplebucket-1250000000")?, ObjectKey::bucket());
/// let endpoint = Endpoint::default_domain(Region::new("ap-guangzhou")?);
/// let request = PresignRequest::new("GET", &bucket, &any, &endpoint);
/// let key_time = KeyTime::new(1_700_000_000, 1_700_000_300);
///
/// let mut urls = Urls::new();
/// presigner.batch(&request, key_time, Engine::portable())?.presign(["a.txt", "b.txt"], &mut urls)?;
/// assert_eq!(urls.len(), 2);
/// assert!(urls.get(1).unwrap().contains("/b.txt?q-sign-algorithm=sha1&"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Batch {
    signer: cospass_sign::Batch,
    around: Around,
    signatures: Vec<Signature>,
}

/// What is the same for all keys.
#[derive(Clone)]
pub(super) struct Around {
    /// The method's line of the `HttpString`, and all behind its path.
    pub(super) method: Vec<u8>,
    pub(super) rest: Vec<u8>,
    /// Of the URL: what is before the path, between path and signature, and behind it.
    pub(super) origin: String,
    pub(super) query: String,
    pub(super) params: String,
}

impl Around {
    /// Bytes of a URL whose key is no longer than most: so much is asked of the system at once, since memory that grows is moved,
    /// for which the threads of a process wait for each other.
    fn room(&self) -> usize {
        const ORDINARY_KEY: usize = 64;
        let Self { origin, query, params, .. } = self;
        let parts = [origin.len(), query.len(), Signature::LENGTH, params.len()];
        parts.into_iter().sum::<usize>() + ORDINARY_KEY
    }
}

/// The parameters of a URL may be secret.
impl fmt::Debug for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Around").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Batch {
    pub(super) fn new(signer: cospass_sign::Batch, around: Around) -> Self {
        Self { signer, around, signatures: Vec::new() }
    }

    /// Appends the URL of each key, in their order. A key is raw text, as for [`ObjectKey::new`](crate::ObjectKey::new).
    ///
    /// # Errors
    /// [`BatchError`] names the first key that no URL can be made for; `urls` is as it was then.
    pub fn presign<'k>(
        &mut self,
        keys: impl IntoIterator<Item = &'k str>,
        urls: &mut Urls,
    ) -> Result<(), BatchError> {
        let (before, keys) = (urls.len(), keys.into_iter());
        let count = keys.size_hint().0;
        urls.offsets.reserve(count);
        urls.text.reserve(count.saturating_mul(self.around.room() + urls.end.len()));
        let presigned = self.append(keys, urls, before);
        if presigned.is_err() {
            urls.truncate(before);
        }
        presigned
    }

    fn append<'k>(
        &mut self,
        mut keys: impl Iterator<Item = &'k str>,
        urls: &mut Urls,
        before: usize,
    ) -> Result<(), BatchError> {
        let mut together: [&str; TOGETHER] = [""; TOGETHER];
        loop {
            let mut count = 0;
            for (slot, given) in together.iter_mut().zip(&mut keys) {
                let position = urls.len().saturating_sub(before).saturating_add(count);
                *slot = without_root(given)
                    .map_err(|error| BatchError { position, reason: Unsignable::Key(error) })?;
                count += 1;
            }
            let together = together.get(..count).unwrap_or_default();
            if together.is_empty() {
                return Ok(());
            }
            self.sign(together);
            let signed = together.iter().zip(&self.signatures);
            for (key, signature) in signed {
                let position = urls.len().saturating_sub(before);
                let url = |out: &mut String| {
                    out.push_str(&self.around.origin);
                    write_url_path(key, out)?;
                    out.push_str(&self.around.query);
                    out.push_str(signature.as_str());
                    out.push_str(&self.around.params);
                    Ok(())
                };
                urls.push(url)
                    .map_err(|error| BatchError { position, reason: Unsignable::Dots(error) })?;
            }
        }
    }

    /// Makes the signatures of some keys.
    fn sign(&mut self, keys: &[&str]) {
        let Around { method, rest, .. } = &self.around;
        for key in keys {
            self.signer.push(|http_string| {
                http_string.extend_from_slice(method);
                http_string.push(b'/');
                http_string.extend_from_slice(key.as_bytes());
                http_string.extend_from_slice(rest);
            });
        }
        self.signer.sign(&mut self.signatures);
    }
}

/// URLs one after the other in one text, and where each of them ends: the two buffers of an Arrow array of large strings.
#[derive(Clone, PartialEq, Eq)]
pub struct Urls {
    text: String,
    offsets: Vec<i64>,
    end: &'static str,
}

impl Default for Urls {
    fn default() -> Self {
        Self::ending_in("")
    }
}

impl Urls {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// None yet; each of them is to be followed by that text, a line end for instance, which counts as part of it.
    pub fn ending_in(end: &'static str) -> Self {
        Self { text: String::new(), offsets: vec![0], end }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    pub fn get(&self, position: usize) -> Option<&str> {
        let end = *self.offsets.get(position.checked_add(1)?)?;
        self.text.get(offset(*self.offsets.get(position)?)..offset(end))
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|position| self.get(position))
    }

    /// All of them as one text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where each of them begins in the text, in bytes, and where the last one ends.
    pub fn offsets(&self) -> &[i64] {
        &self.offsets
    }

    /// The text and the offsets.
    pub fn into_parts(self) -> (String, Vec<i64>) {
        (self.text, self.offsets)
    }

    /// Forgets all of them, and keeps the memory.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    fn push<E>(&mut self, write: impl FnOnce(&mut String) -> Result<(), E>) -> Result<(), E> {
        write(&mut self.text)?;
        self.text.push_str(self.end);
        self.offsets.push(i64::try_from(self.text.len()).unwrap_or(i64::MAX));
        Ok(())
    }

    fn truncate(&mut self, length: usize) {
        self.offsets.truncate(length.saturating_add(1));
        self.text.truncate(self.offsets.last().copied().map_or(0, offset));
    }
}

fn offset(offset: i64) -> usize {
    usize::try_from(offset).unwrap_or_default()
}

/// Each URL lets whoever has it make a request.
impl fmt::Debug for Urls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Urls").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Why a batch was not pre-signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchError {
    /// Which key, the first one being 0.
    pub position: usize,
    /// What is wrong with it.
    pub reason: Unsignable,
}

/// Why no URL can be made for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsignable {
    /// It is no key.
    Key(KeyError),
    /// It is `.` or `..`.
    Dots(DotSegmentKey),
}

impl BatchError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match &self.reason {
            Unsignable::Key(error) => error.cause(),
            Unsignable::Dots(error) => crate::PresignError::Key(error.clone()).cause(),
        }
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {}: {}", self.position.saturating_add(1), self.reason)
    }
}

impl fmt::Display for Unsignable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => write!(f, "{error}"),
            Self::Dots(error) => write!(f, "{error}"),
        }
    }
}

impl Error for BatchError {}

#[cfg(test)]
mod tests {
    use cospass_sign::{Credentials, KeyTime};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use sha1_lanes::Engine;

    use super::*;
    use crate::{Bucket, Endpoint, ObjectKey, PresignRequest, Presigner, Region};

    const TIME: KeyTime = KeyTime::new(1_700_000_000, 1_700_000_300);

    fn with_batch<T>(
        engine: Engine,
        run: impl FnOnce(&mut Presigner, Batch, PresignRequest<'_>) -> T,
    ) -> T {
        let (bucket, any) = (Bucket::new("b-1").unwrap(), ObjectKey::bucket());
        let endpoint = Endpoint::default_domain(Region::new("ap-x").unwrap());
        let request = PresignRequest {
            params: &[("response-content-disposition", "attachment; filename=a b")],
            headers: &[("content-type", "image/jpeg")],
            ..PresignRequest::new("Put", &bucket, &any, &endpoint)
        };
        let mut presigner = Presigner::new(Credentials::new("AKID/X", "secret").with_token("t+/="));
        let batch = presigner.batch(&request, TIME, engine).unwrap();
        run(&mut presigner, batch, request)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn each_url_is_the_one_that_is_made_alone(
            keys in vec("\\PC{1,60}|[./]{3,12}|/|a/\\.\\./b", 0..300),
        ) {
            let has_url = |key: &&String| ObjectKey::new(key).unwrap().url_path().is_ok();
            let keys: Vec<_> = keys.iter().filter(has_url).collect();
            for engine in Engine::available() {
                with_batch(engine, |presigner, mut batch, request| {
                    let mut urls = Urls::new();
                    batch.presign(keys.iter().map(|key| key.as_str()), &mut urls).unwrap();
                    prop_assert_eq!(urls.len(), keys.len());
                    for (url, key) in urls.iter().zip(&keys) {
                        let key = ObjectKey::new(key).unwrap();
                        let request = PresignRequest { key: &key, ..request };
                        let alone = presigner.presign(&request, TIME).unwrap();
                        prop_assert_eq!(url, alone.url());
                    }
                    Ok(())
                })?;
            }
        }
    }

    #[test]
    fn a_key_without_url_is_named_and_nothing_is_appended() {
        with_batch(Engine::portable(), |_, mut batch, _| {
            let mut urls = Urls::ending_in("\n");
            batch.presign(["kept"], &mut urls).unwrap();
            let before = urls.clone();
            let many = std::iter::repeat_n("a", 2 * TOGETHER);
            for (bad, cause) in [("", "key-empty"), (".", "dot-segment-key")] {
                let error = batch.presign(many.clone().chain([bad, "b"]), &mut urls).unwrap_err();
                assert_eq!((error.position, error.cause()), (2 * TOGETHER, cause));
                assert!(error.to_string().starts_with("key 257: "), "{error}");
                assert_eq!(urls, before);
            }
            batch.presign(["next"], &mut urls).unwrap();
            assert!(urls.text().ends_with('\n') && urls.get(1).unwrap().contains("/next?"));
            assert_eq!(urls.get(2), None);
            urls.clear();
            assert!(urls.is_empty() && urls.text().is_empty());
        });
    }

    #[test]
    fn what_is_the_same_for_all_keys_is_checked_once() {
        let (bucket, any) = (Bucket::new("b-1").unwrap(), ObjectKey::bucket());
        let endpoint = Endpoint::accelerate();
        let request = PresignRequest::new("GET", &bucket, &any, &endpoint);
        let mut presigner = Presigner::new(Credentials::new("AKID", "secret"));
        assert!(presigner.batch(&request, KeyTime::new(5, 5), Engine::portable()).is_err());
    }

    #[test]
    fn neither_urls_nor_keys_show_in_debug() {
        with_batch(Engine::portable(), |_, mut batch, _| {
            let mut urls = Urls::new();
            batch.presign(["hush"], &mut urls).unwrap();
            assert_eq!(format!("{urls:?}"), "Urls { len: 1, .. }");
            assert!(!format!("{batch:?}").contains("t%2B"));
        });
    }
}
