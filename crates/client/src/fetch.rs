//! Bytes of an object, from wherever they come, with a body that may break off and is gone on with where it did.

use std::future::Future;

use bytes::Bytes;
use cospass_protocol::ByteRange;
use http_body_util::BodyExt;

use crate::answer::{Answer, ObjectHead};
use crate::checksum::RunningCrc;
use crate::client::random;
use crate::error::{Error, Mismatch};
use crate::gauge::Gauge;
use crate::retry::{Attempt, Decision, Outcome, Repeat, RetryPolicy};

/// Which bytes are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slice {
    /// All of them, without a range.
    All,
    /// As a caller asks for them.
    Range(ByteRange),
    /// From the first to before the second.
    Span(u64, u64),
}

impl Slice {
    pub(crate) fn range(self) -> Option<ByteRange> {
        match self {
            Self::All => None,
            Self::Range(range) => Some(range),
            Self::Span(start, end) => Some(ByteRange::FromTo(start, end.saturating_sub(1))),
        }
    }
}

/// Something that the bytes of one object come from.
pub(crate) trait Fetch: Send + Sync + 'static {
    /// Asks for bytes; of the object with this entity tag, if one is given. `done` is how far the transfer is.
    fn fetch(
        &self,
        slice: Slice,
        etag: Option<&str>,
        done: u64,
    ) -> impl Future<Output = Result<Fetched, Error>> + Send;
}

/// The head of an answer to [`Fetch::fetch`], and the body that is still to come.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) answer: Answer,
    /// The bytes that come, from the first to before the second.
    pub(crate) span: (u64, u64),
    /// All of the object, in bytes; unknown where the server does not tell.
    pub(crate) size: Option<u64>,
    /// Whether the server answered with the range that was asked for.
    pub(crate) is_partial: bool,
}

impl Fetched {
    /// Reads the head of an answer. A condition that does not hold means that the object is another one.
    pub(crate) fn of(
        answer: Result<Answer, Error>,
        slice: Slice,
        is_conditional: bool,
    ) -> Result<Self, Error> {
        let answer = match answer {
            Err(error) if is_conditional && error.is_status(412) => {
                return Err(Error::ObjectChanged);
            }
            answer => answer?,
        };
        // Another success would be the body of something else.
        if answer.status != 206 && answer.status != 200 {
            return Err(Error::Status { status: answer.status });
        }
        if answer.status == 200 {
            let size = answer.length();
            let span = (0, size.unwrap_or(u64::MAX));
            return Ok(Self { answer, span, size, is_partial: false });
        }
        let bad = || Error::Header { name: "Content-Range" };
        let (span, size) = answer.text("content-range").and_then(content_range).ok_or_else(bad)?;
        let asked_elsewhere =
            matches!(slice, Slice::Span(start, end) if span.0 != start || span.1 > end);
        if asked_elsewhere || slice == Slice::All {
            return Err(bad());
        }
        Ok(Self { answer, span, size: Some(size), is_partial: true })
    }

    /// What is known of the object.
    pub(crate) fn head(&self) -> Result<ObjectHead, Error> {
        let size = self.size.ok_or(Error::Header { name: "Content-Length" })?;
        Ok(ObjectHead::of(&self.answer.headers, size))
    }
}

/// Reads `bytes 2-4/13`: the first byte, the one after the last, all.
fn content_range(text: &str) -> Option<((u64, u64), u64)> {
    let (range, size) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, size) = (first.parse().ok()?, last.parse::<u64>().ok()?, size.parse().ok()?);
    let end = last.checked_add(1)?;
    (first < end && end <= size).then_some(((first, end), size))
}

/// How often a body may break off without a byte in between.
const BREAKS: u32 = 5;

/// A body that is read to its end, in several answers if it must be.
pub(crate) struct Reading<S> {
    source: S,
    fetched: Fetched,
    /// Where the next byte stands in the object.
    at: u64,
    end: u64,
    etag: Option<String>,
    gauge: Gauge,
    retry: RetryPolicy,
    crc: RunningCrc,
    /// How often it broke off since the last byte.
    breaks: u32,
}

impl<S: Fetch> Reading<S> {
    pub(crate) fn new(source: S, fetched: Fetched, gauge: Gauge, retry: RetryPolicy) -> Self {
        let (at, end) = fetched.span;
        let etag = fetched.answer.text("etag").filter(|etag| !etag.starts_with("W/"));
        let etag = etag.map(str::to_owned);
        let crc = RunningCrc::new();
        Self { source, fetched, at, end, etag, gauge, retry, crc, breaks: 0 }
    }

    /// The next bytes; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if self.at >= self.end {
                return Ok(None);
            }
            let cause = match self.fetched.answer.body.frame().await {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(piece) if piece.is_empty() => continue,
                    Ok(piece) => return self.took(piece).await.map(Some),
                    Err(_) => continue,
                },
                // Without a length the end is where the body ends.
                None if self.end == u64::MAX => {
                    self.end = self.at;
                    continue;
                }
                None => "it ended too early".to_owned(),
                Some(Err(error)) => error.to_string(),
            };
            self.go_on(cause).await?;
        }
    }

    async fn took(&mut self, piece: Bytes) -> Result<Bytes, Error> {
        let length = piece.len() as u64;
        let left = self.end - self.at;
        if length > left {
            return Err(Mismatch::Length { expected: left, found: length }.into());
        }
        self.breaks = 0;
        self.at += length;
        self.crc.update(&piece);
        self.gauge.advance(length);
        self.gauge.wait(length).await;
        Ok(piece)
    }

    /// Asks for the rest, of the same object, where that can be proved.
    async fn go_on(&mut self, cause: String) -> Result<(), Error> {
        self.breaks += 1;
        let attempt = Attempt {
            number: self.breaks,
            repeat: Repeat::Safe,
            clock_was_set: true,
            can_switch_domain: false,
        };
        let policy = RetryPolicy { attempts: BREAKS.min(self.retry.attempts), ..self.retry };
        let decision = policy.decide(attempt, Outcome::Interrupted, random());
        let proof = self.etag.clone().filter(|_| self.end != u64::MAX);
        let (Decision::Again { after, .. }, Some(etag)) = (decision, proof) else {
            return Err(Error::BodyBroken { at: self.at, cause });
        };
        tracing::debug!(at = self.at, cause, "a body broke off");
        tokio::time::sleep(after).await;
        let slice = Slice::Span(self.at, self.end);
        let fetched = self.source.fetch(slice, Some(&etag), self.gauge.done()).await?;
        if !fetched.is_partial {
            return Err(Error::BodyBroken { at: self.at, cause });
        }
        self.fetched = fetched;
        Ok(())
    }

    /// Compares the CRC64 of what was read.
    pub(crate) fn check(&self, there: Option<u64>) -> Result<(), Error> {
        let here = self.crc.value();
        match there {
            Some(there) if there != here => Err(Mismatch::Crc64 { here, there }.into()),
            _ => Ok(()),
        }
    }

    pub(crate) fn crc64(&self) -> u64 {
        self.crc.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read() {
        assert_eq!(content_range("bytes 2-4/13"), Some(((2, 5), 13)));
        for text in
            ["", "bytes 2-4/*", "bytes 4-2/13", "bytes 2-13/13", "items 2-4/13", "bytes */13"]
        {
            assert_eq!(content_range(text), None, "{text}");
        }
        let max = format!("bytes 0-{}/{}", u64::MAX, u64::MAX);
        assert_eq!(content_range(&max), None);
    }
}
