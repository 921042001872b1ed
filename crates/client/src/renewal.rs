//! Requests with something that ends, a URL or a bundle of them, and goes on with a fresh one.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::answer::Answer;
use crate::error::Error;
use crate::payload::Payload;
use crate::presigned::{Sender, SignedUrl};
use crate::retry::{Repeat, RetryPolicy};
use crate::source::UrlSource;
use crate::transport::{HyperTransport, Transport};

/// What ends is renewed so many seconds before, so that nothing is sent that ends on the way.
const MARGIN_SECONDS: i64 = 10;

/// How often in a row a fresh one may be refused as ended, too.
const RENEWALS: u32 = 3;

/// Something signed that holds until it ends.
pub(crate) trait Ends: Sized {
    /// Its name in messages.
    const NAME: &'static str;

    /// The last second at which it holds, Unix time; none where it is not signed.
    fn end(&self) -> Option<i64>;

    /// Reads what takes its place.
    fn fresh(&self, text: &str) -> Result<Self, Error>;
}

/// A transfer without credentials, with a pre-signed URL ([`UrlTransfer`](crate::UrlTransfer)) or a bundle of them
/// ([`BundleTransfer`](crate::BundleTransfer)).
#[must_use]
pub struct Transfer<W> {
    pub(crate) with: W,
    pub(crate) means: Means,
}

impl<W> Transfer<W> {
    /// Where something fresh comes from when the URL, or the bundle, ends: a URL that makes the same request, or a bundle of
    /// the same upload.
    pub fn renewed_by(mut self, source: impl UrlSource + 'static) -> Self {
        self.means.source = Some(Arc::new(source));
        self
    }

    /// How requests reach the server.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.means.transport = Some(transport);
        self
    }

    /// How often and how fast requests are repeated.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.means.retry = retry;
        self
    }
}

/// How a transfer without credentials is made: where what is fresh comes from, over which transport, how often.
#[derive(Default)]
pub(crate) struct Means {
    pub(crate) source: Option<Arc<dyn UrlSource>>,
    pub(crate) transport: Option<Arc<dyn Transport>>,
    pub(crate) retry: RetryPolicy,
}

impl Means {
    /// Requests with what holds at first.
    pub(crate) fn with<T: Ends>(self, first: T) -> Renewed<T> {
        let transport = self.transport.unwrap_or_else(|| Arc::new(HyperTransport::new()));
        Renewed {
            sender: Sender::new(transport, self.retry),
            source: self.source,
            current: Mutex::new(Generation { number: 0, holds: Arc::new(first) }),
        }
    }
}

/// What holds at present, and how many were before it.
struct Generation<T> {
    number: u64,
    holds: Arc<T>,
}

// Derived, it would ask the same of `T`.
impl<T> Clone for Generation<T> {
    fn clone(&self) -> Self {
        Self { number: self.number, holds: Arc::clone(&self.holds) }
    }
}

/// Something that is renewed when it ends.
pub(crate) struct Renewed<T> {
    sender: Sender,
    source: Option<Arc<dyn UrlSource>>,
    current: Mutex<Generation<T>>,
}

/// A request but for its URL.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) payload: &'a Payload,
    pub(crate) repeat: Repeat,
    /// How many bytes the transfer has moved, to be told when it cannot go on.
    pub(crate) done: u64,
}

impl<T: Ends> Renewed<T> {
    /// What holds at present.
    pub(crate) async fn current(&self) -> Arc<T> {
        Arc::clone(&self.current.lock().await.holds)
    }

    /// How often a request is sent at most.
    pub(crate) fn attempts(&self) -> u32 {
        self.sender.retry.attempts
    }

    /// Makes a request with a URL of what holds, or of what is fresh if that has ended or is about to.
    pub(crate) async fn request(
        &self,
        url_of: impl Fn(&T) -> Result<SignedUrl, Error>,
        asked: Asked<'_>,
    ) -> Result<Answer, Error> {
        let Asked { method, headers, payload, repeat, done } = asked;
        let mut current = self.current.lock().await.clone();
        let left = current.holds.end().map(|end| end.saturating_sub(self.sender.clock.now()));
        if left.is_some_and(|left| left < MARGIN_SECONDS) && self.source.is_some() {
            current = self.renew(current.number, done).await?;
        }
        let mut renewals = 0;
        loop {
            let url = url_of(&current.holds)?;
            let sent = self.sender.send(method, &url, headers, payload, repeat).await;
            let refusal = sent.as_ref().err().and_then(Error::service);
            if !refusal.is_some_and(|refusal| refusal.is_expired()) {
                return sent;
            }
            renewals += 1;
            if renewals > RENEWALS {
                let cause = format!("each fresh {} has ended, too", T::NAME);
                return Err(Error::Renewal { cause });
            }
            current = self.renew(current.number, done).await?;
        }
    }

    /// The one after that generation: what another job has got meanwhile, if there is.
    async fn renew(&self, number: u64, done: u64) -> Result<Generation<T>, Error> {
        let Some(source) = &self.source else { return Err(Error::UrlExpired { done }) };
        let mut current = self.current.lock().await;
        if current.number == number {
            tracing::info!(done, "the {} ends; a fresh one is asked for", T::NAME);
            let text = source.fresh().await?;
            let fresh = current.holds.fresh(&text);
            let fresh = fresh.map_err(|error| Error::Renewal { cause: error.to_string() })?;
            *current = Generation { number: number + 1, holds: Arc::new(fresh) };
        }
        Ok(current.clone())
    }
}
