//! Bytes of an object into a file: several ranges at the same time, a file of another name until all is there and
//! proved, and beside it what is needed to go on.
//!
//! What was received is never read again: each segment's CRC64 is kept with how far it is, and that of the whole is
//! combined from them. The data is on disk before the checkpoint that speaks of it.

mod checkpoint;
mod disk;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::answer::ObjectHead;
use crate::checksum;
use crate::error::{Error, Mismatch};
use crate::fetch::{Fetch, Fetched, Reading, Slice};
use crate::gauge::Gauge;
use crate::options::TransferOptions;
use crate::parts::unless_stopped;
use crate::plan::Plan;
use crate::retry::RetryPolicy;
use checkpoint::{Checkpoint, Segment};
use disk::{Paths, Writer};

/// How often what is needed to go on is written down.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// An object of so few bytes is taken whole, and written at once.
const SMALL: u64 = 64 * 1024;

/// What was downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// What the server tells of the object.
    pub head: ObjectHead,
    /// The CRC64 of the bytes in the file; where the service tells one, it is the same.
    pub crc64: u64,
    /// How many bytes came in this transfer; fewer than the object has where an earlier one was gone on with.
    pub received: u64,
}

/// Downloads from a source into a file.
pub(crate) async fn save<S: Fetch>(
    source: S,
    to: &Path,
    options: &TransferOptions,
    gauge: Gauge,
    retry: RetryPolicy,
) -> Result<Saved, Error> {
    let mut paths = Paths::of(to, options);
    let kept = paths.load(options).await?;
    let transfer = Transfer { source: Arc::new(source), paths, options, gauge, retry };
    let kept = kept.map(|kept| (kept.plan(), kept));
    match kept {
        None => transfer.begin().await,
        Some((plan, kept)) => transfer.resume(plan?, kept).await,
    }
}

struct Transfer<'o, S> {
    source: Arc<S>,
    paths: Paths,
    options: &'o TransferOptions,
    gauge: Gauge,
    retry: RetryPolicy,
}

impl<S: Fetch> Transfer<'_, S> {
    /// The first answer tells how large the object is and whether there are ranges.
    async fn begin(self) -> Result<Saved, Error> {
        let part_size = Plan::of(0, self.options.part_size)?.part_size;
        let asking = self.source.fetch(Slice::Span(0, part_size), None, 0);
        let fetched = match unless_stopped(&self.gauge, asking).await {
            // An object without a byte has no range.
            Err(error) if error.is_status(416) => {
                unless_stopped(&self.gauge, self.source.fetch(Slice::All, None, 0)).await?
            }
            fetched => fetched?,
        };
        self.gauge.set_total(fetched.size);
        if !fetched.is_partial {
            return self.save_in_one(fetched).await;
        }
        let head = fetched.head()?;
        if head.size <= SMALL && fetched.span == (0, head.size) {
            return self.save_small(fetched, head).await;
        }
        // The first segment has the size that was asked for, whatever the plan makes of the others.
        let plan = Plan::of(head.size, part_size)?;
        let kept = Checkpoint::new(&head, plan);
        self.save_segments(plan, kept, head, Some(fetched)).await
    }

    /// An earlier transfer is gone on with, if the object is the same.
    async fn resume(self, plan: Plan, kept: Checkpoint) -> Result<Saved, Error> {
        self.gauge.set_total(Some(kept.size));
        self.gauge.advance(kept.segments.iter().map(|segment| segment.done).sum());
        let unfinished = kept.segments.iter().find(|segment| !segment.is_done(plan));
        let (start, end) = unfinished.map_or((0, plan.size), |segment| segment.missing(plan));
        let asking =
            self.source.fetch(Slice::Span(start, end), Some(&kept.etag), self.gauge.done());
        let fetched = unless_stopped(&self.gauge, asking).await?;
        let head = fetched.head()?;
        let is_same = head.etag == kept.etag && head.size == kept.size && head.crc64 == kept.crc64;
        if !is_same || !fetched.is_partial {
            return Err(Error::ObjectChanged);
        }
        self.save_segments(plan, kept, head, Some(fetched)).await
    }

    /// Few bytes: none of them is written before all are there and proved.
    async fn save_small(self, fetched: Fetched, head: ObjectHead) -> Result<Saved, Error> {
        let mut reading =
            Reading::new(Arc::clone(&self.source), fetched, self.gauge.clone(), self.retry);
        let collected = async {
            let mut bytes = Vec::new();
            while let Some(piece) = reading.next().await? {
                bytes.extend_from_slice(&piece);
            }
            Ok(bytes)
        };
        let bytes = unless_stopped(&self.gauge, collected).await?;
        reading.check(head.crc64)?;
        self.paths.write(bytes).await?;
        Ok(Saved { crc64: reading.crc64(), received: head.size, head })
    }

    /// Without ranges: one body, from its beginning to its end.
    async fn save_in_one(self, fetched: Fetched) -> Result<Saved, Error> {
        let known = fetched.size;
        let mut head = ObjectHead::of(&fetched.answer.headers, known.unwrap_or_default());
        let mut writer = self.paths.create(None).await?;
        let mut reading =
            Reading::new(Arc::clone(&self.source), fetched, self.gauge.clone(), self.retry);
        let copied = async {
            while let Some(piece) = reading.next().await? {
                writer.take(&piece).await?;
            }
            writer.flush().await
        };
        let copied = unless_stopped(&self.gauge, copied).await;
        head.size = self.gauge.done();
        let checked = copied.and_then(|()| reading.check(head.crc64));
        if checked.is_err() {
            self.paths.forget().await;
        }
        checked?;
        self.paths.finish(writer).await?;
        Ok(Saved { crc64: reading.crc64(), received: head.size, head })
    }

    async fn save_segments(
        self,
        plan: Plan,
        kept: Checkpoint,
        head: ObjectHead,
        first: Option<Fetched>,
    ) -> Result<Saved, Error> {
        let before: u64 = kept.segments.iter().map(|segment| segment.done).sum();
        let writer = self.paths.create(Some((head.size, before > 0))).await?;
        let missing = kept.segments.iter().filter(|segment| !segment.is_done(plan)).copied();
        let shared =
            Arc::new(Segments { missing: Mutex::new(missing.collect()), state: Mutex::new(kept) });
        let received = self.receive(plan, &shared, first).await;
        let last = shared.state();
        match received {
            // What nobody goes on with is not left behind.
            Err(error) if !self.options.resume => {
                self.paths.forget().await;
                return Err(error);
            }
            Err(error) => {
                self.paths.keep(&last).await?;
                return Err(error);
            }
            Ok(()) => {}
        }
        let crc64 = last.crc64_of_segments(plan);
        match head.crc64 {
            Some(there) if there != crc64 => {
                self.paths.forget().await;
                return Err(Mismatch::Crc64 { here: crc64, there }.into());
            }
            _ => self.paths.finish(writer).await?,
        }
        Ok(Saved { crc64, received: head.size.saturating_sub(before), head })
    }

    /// Runs the jobs to the end of the last, and writes down how far they are meanwhile.
    async fn receive(
        &self,
        plan: Plan,
        shared: &Arc<Segments>,
        first: Option<Fetched>,
    ) -> Result<(), Error> {
        let mut running = JoinSet::new();
        // The answer that is there already is that of the first segment that is missing.
        let mut first = first.and_then(|fetched| Some((shared.take()?, fetched)));
        let waiting = shared.count() + usize::from(first.is_some());
        for _ in 0..self.options.jobs.max(1).min(waiting) {
            let job = Job {
                source: Arc::clone(&self.source),
                shared: Arc::clone(shared),
                plan,
                gauge: self.gauge.clone(),
                retry: self.retry,
                writer: self.paths.open().await?,
            };
            running.spawn(job.run(first.take()));
        }
        let mut ticks = interval(CHECKPOINT_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            tokio::select! {
                biased;
                () = self.gauge.stopped() => {
                    return Err(Error::Stopped { done: self.gauge.done() });
                }
                ended = running.join_next() => match ended {
                    None => return Ok(()),
                    Some(Ok(result)) => result?,
                    Some(Err(_)) => return Err(Error::Task),
                },
                _ = ticks.tick(), if self.options.resume => self.paths.keep(&shared.state()).await?,
            }
        }
    }
}

/// The segments of one download, those that nobody has taken yet and how far all are.
struct Segments {
    missing: Mutex<VecDeque<Segment>>,
    state: Mutex<Checkpoint>,
}

impl Segments {
    fn count(&self) -> usize {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self) -> Option<Segment> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn state(&self) -> Checkpoint {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn etag(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.can_be_proved().then(|| state.etag.clone())
    }

    /// Whether an answer is of the same object.
    fn is_same(&self, fetched: &Fetched) -> bool {
        let text = |name| fetched.answer.text(name).unwrap_or_default();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = fetched.size == Some(state.size) && text("etag") == state.etag;
        is_same && (state.can_be_proved() || text("last-modified") == state.last_modified)
    }

    fn note(&self, segment: Segment) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = state.segments.get_mut(usize::from(segment.number).saturating_sub(1)) {
            *kept = segment;
        }
    }
}

/// One of the jobs: takes segments until there are none.
struct Job<S> {
    source: Arc<S>,
    shared: Arc<Segments>,
    plan: Plan,
    gauge: Gauge,
    retry: RetryPolicy,
    writer: Writer,
}

impl<S: Fetch> Job<S> {
    async fn run(mut self, first: Option<(Segment, Fetched)>) -> Result<(), Error> {
        let etag = self.shared.etag();
        if let Some((segment, fetched)) = first {
            let (_, end) = segment.missing(self.plan);
            self.receive(segment, fetched, end).await?;
        }
        while let Some(segment) = self.shared.take() {
            let (start, end) = segment.missing(self.plan);
            let slice = Slice::Span(start, end);
            let fetched = self.source.fetch(slice, etag.as_deref(), self.gauge.done()).await?;
            if !fetched.is_partial || !self.shared.is_same(&fetched) {
                return Err(Error::ObjectChanged);
            }
            self.receive(segment, fetched, end).await?;
        }
        Ok(())
    }

    async fn receive(
        &mut self,
        mut segment: Segment,
        fetched: Fetched,
        end: u64,
    ) -> Result<(), Error> {
        let (mut at, answered_end) = fetched.span;
        let mut reading =
            Reading::new(Arc::clone(&self.source), fetched, self.gauge.clone(), self.retry);
        self.writer.seek(at);
        while let Some(piece) = reading.next().await? {
            segment.take(&piece);
            at += piece.len() as u64;
            if self.writer.take(&piece).await? {
                self.shared.note(segment);
            }
        }
        self.writer.flush().await?;
        self.shared.note(segment);
        // A server may send less than it was asked for; the rest is another request.
        if answered_end < end && at == answered_end {
            let missing = Slice::Span(at, end);
            let etag = self.shared.etag();
            let next = self.source.fetch(missing, etag.as_deref(), self.gauge.done()).await?;
            if !next.is_partial || !self.shared.is_same(&next) {
                return Err(Error::ObjectChanged);
            }
            return Box::pin(self.receive(segment, next, end)).await;
        }
        Ok(())
    }
}

impl<S: Fetch> Fetch for Arc<S> {
    fn fetch(
        &self,
        slice: Slice,
        etag: Option<&str>,
        done: u64,
    ) -> impl Future<Output = Result<Fetched, Error>> + Send {
        S::fetch(self, slice, etag, done)
    }
}

/// The CRC64 of segments, one after the other.
fn joined(crcs: impl Iterator<Item = (u64, u64)>) -> u64 {
    crcs.fold(0, |crc, (next, length)| checksum::joined(crc, next, length))
}
