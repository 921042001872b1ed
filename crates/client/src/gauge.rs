//! How far a transfer is, how fast it may be, and whether it is to stop.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are through. It goes back where bytes must be sent again.
    pub done: u64,
    /// Of so many, where it is known.
    pub total: Option<u64>,
}

type Callback = dyn Fn(Progress) + Send + Sync;

/// What a transfer is observed and ruled by; clones are the same.
#[derive(Clone, Default)]
pub struct Gauge {
    callback: Option<Arc<Callback>>,
    pace: Option<Pace>,
    stop: Option<Stop>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    done: AtomicU64,
    /// `u64::MAX - 1` and less; 0 if it is not known yet, otherwise one more.
    total: AtomicU64,
}

impl Gauge {
    /// Calls a function, on any thread, whenever bytes got through. It must not block.
    #[must_use]
    pub fn with_progress(self, callback: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self { callback: Some(Arc::new(callback)), ..self }
    }

    /// At most so fast, all transfers with this pace together.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace: Some(pace), ..self }
    }

    /// Until told to stop.
    #[must_use]
    pub fn with_stop(self, stop: Stop) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// The same pace, stop and callback, counted anew: every transfer has its own count.
    pub(crate) fn begin(&self, total: Option<u64>) -> Self {
        let gauge = Self { state: Arc::default(), ..self.clone() };
        gauge.set_total(total);
        gauge
    }

    pub(crate) fn set_total(&self, total: Option<u64>) {
        self.state.total.store(total.map_or(0, |total| total.saturating_add(1)), Ordering::Relaxed);
    }

    pub(crate) fn done(&self) -> u64 {
        self.state.done.load(Ordering::Relaxed)
    }

    pub(crate) fn advance(&self, bytes: u64) {
        let before = self.state.done.fetch_add(bytes, Ordering::Relaxed);
        self.tell(before.saturating_add(bytes));
    }

    /// So many bytes must be sent again.
    pub(crate) fn go_back(&self, bytes: u64) {
        if bytes > 0 {
            let before = self.state.done.fetch_sub(bytes, Ordering::Relaxed);
            self.tell(before.saturating_sub(bytes));
        }
    }

    fn tell(&self, done: u64) {
        if let Some(callback) = &self.callback {
            callback(Progress {
                done,
                total: self.state.total.load(Ordering::Relaxed).checked_sub(1),
            });
        }
    }

    /// How many bytes may go at once: those of a second, so that a slow transfer never looks like a dead one.
    pub(crate) fn at_once(&self, most: usize) -> usize {
        let second = self.pace.as_ref().map(|pace| usize::try_from(pace.bytes_per_second));
        second.map_or(most, |second| second.unwrap_or(most).clamp(1024.min(most), most))
    }

    /// When the next bytes may follow these; `None` for at once.
    pub(crate) fn next_due(&self, bytes: u64) -> Option<Instant> {
        self.pace.as_ref().map(|pace| pace.reserve(bytes))
    }

    /// Waits until these bytes may be followed by others.
    pub(crate) async fn wait(&self, bytes: u64) {
        if let Some(due) = self.next_due(bytes) {
            tokio::time::sleep_until(due).await;
        }
    }

    /// Ends when the transfer is told to stop.
    pub(crate) async fn stopped(&self) {
        match &self.stop {
            Some(stop) => stop.stopped().await,
            None => std::future::pending().await,
        }
    }
}

impl fmt::Debug for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gauge").field("done", &self.done()).finish_non_exhaustive()
    }
}

/// A limit on speed that transfers share.
#[derive(Clone, Debug)]
pub struct Pace {
    bytes_per_second: u64,
    /// When all bytes that were let through are paid for.
    due: Arc<Mutex<Instant>>,
}

impl Pace {
    /// So many bytes a second, at least one.
    pub fn new(bytes_per_second: u64) -> Self {
        Self {
            bytes_per_second: bytes_per_second.max(1),
            due: Arc::new(Mutex::new(Instant::now())),
        }
    }

    fn reserve(&self, bytes: u64) -> Instant {
        let cost = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        *due = (*due).max(Instant::now()) + cost;
        *due
    }
}

/// Stops the transfers that it was given to; clones are the same.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// One that has not been told yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Stops them. What is done is kept where it can be.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was told.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    async fn stopped(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives as long as `self`.
        let _ = receiver.wait_for(|stopped| *stopped).await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_and_taken_back() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&told);
        let gauge =
            Gauge::default().with_progress(move |progress| into.lock().unwrap().push(progress));
        let gauge = gauge.begin(Some(10));
        gauge.advance(7);
        gauge.go_back(3);
        let of = |done| Progress { done, total: Some(10) };
        assert_eq!(*told.lock().unwrap(), [of(7), of(4)]);
        assert_eq!(gauge.begin(None).done(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn transfers_share_a_pace() {
        let pace = Pace::new(1000);
        let (one, other) =
            (Gauge::default().with_pace(pace.clone()), Gauge::default().with_pace(pace));
        let start = Instant::now();
        one.wait(500).await;
        other.wait(1500).await;
        assert_eq!(start.elapsed().as_secs(), 2);
    }

    #[tokio::test]
    async fn who_is_told_stops() {
        let stop = Stop::new();
        let gauge = Gauge::default().with_stop(stop.clone());
        let waiting = tokio::spawn(async move { gauge.stopped().await });
        stop.stop();
        waiting.await.unwrap();
        assert!(stop.is_stopped());
    }
}
