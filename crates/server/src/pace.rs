//! How fast a transfer may go: `x-cos-traffic-limit`.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use cospass_protocol::operation::TrafficLimit;
use tokio::time::{Instant, Sleep, sleep_until};

/// Lets bytes pass no faster than a limit, from the first of them on. There is no burst: what a pause leaves unused is
/// lost.
pub(crate) struct Pace(Option<Limited>);

struct Limited {
    bytes_per_second: u32,
    /// When all bytes that passed so far are due.
    due: Pin<Box<Sleep>>,
}

impl Pace {
    pub(crate) fn unlimited() -> Self {
        Self(None)
    }

    pub(crate) fn of(limit: Option<TrafficLimit>) -> Self {
        Self(limit.map(|limit| Limited {
            bytes_per_second: limit.bytes_per_second(),
            due: Box::pin(sleep_until(Instant::now())),
        }))
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.0.is_some()
    }

    /// Counts bytes as passed and waits until they are due.
    pub(crate) async fn take(&mut self, bytes: usize) {
        self.count(bytes);
        std::future::poll_fn(|context| self.poll_due(context)).await;
    }

    /// Counts bytes as passed.
    pub(crate) fn count(&mut self, bytes: usize) {
        if let Some(limited) = &mut self.0 {
            let time =
                Duration::from_secs(1).mul_f64(bytes as f64 / f64::from(limited.bytes_per_second));
            let due = limited.due.deadline().max(Instant::now()) + time;
            limited.due.as_mut().reset(due);
        }
    }

    /// Ready when all bytes that were counted are due.
    pub(crate) fn poll_due(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Some(limited) => limited.due.as_mut().poll(context),
            None => Poll::Ready(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn time_for(pace: &mut Pace, pieces: &[usize]) -> Duration {
        let start = Instant::now();
        for piece in pieces {
            pace.take(*piece).await;
        }
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_take_the_time_of_their_limit() {
        let mut pace = Pace::of(TrafficLimit::new(819_200));
        let time = time_for(&mut pace, &[51_200, 51_200, 102_400]).await;
        assert!((1990..=2100).contains(&time.as_millis()), "{time:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_allows_no_burst() {
        let mut pace = Pace::of(TrafficLimit::new(819_200));
        tokio::time::sleep(Duration::from_secs(10)).await;
        let time = time_for(&mut pace, &[102_400]).await;
        assert!(time >= Duration::from_millis(990), "{time:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn without_limit_there_is_no_wait() {
        assert_eq!(time_for(&mut Pace::of(None), &[1 << 30]).await, Duration::ZERO);
    }
}
