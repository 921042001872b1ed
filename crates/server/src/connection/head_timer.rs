//! The time that a head may take to arrive, as hyper asks for it: a sleep for each request, which is given up when the head is
//! there. To begin and to give up a sleep of the runtime walks a list of those of all connections, whose neighbours are in no
//! cache when there are hundreds of them. So a connection has one such sleep, which is left as it is, and when it ends it is
//! begun anew for as long as the last request still has.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use tokio::time::{Sleep as RuntimeSleep, sleep_until};

/// The timer of one connection.
#[derive(Default)]
pub(super) struct HeadTimer(Arc<Mutex<Kept>>);

/// The sleep of the runtime, none before the first is asked for, and when it ends.
#[derive(Default)]
struct Kept(Option<(Pin<Box<RuntimeSleep>>, Instant)>);

/// One that hyper was given.
struct HeadSleep {
    deadline: Instant,
    kept: Arc<Mutex<Kept>>,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(HeadSleep { deadline, kept: Arc::clone(&self.0) })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

impl Future for HeadSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self { deadline, kept } = self.get_mut();
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = tokio::time::Instant::now().into_std();
        if now >= *deadline {
            return Poll::Ready(());
        }
        // Until the kept one ends, and wakes this connection, there is nothing to ask it.
        if kept.0.as_ref().is_none_or(|(_, end)| now >= *end) {
            kept.begin(*deadline, context);
        }
        Poll::Pending
    }
}

impl Sleep for HeadSleep {}

impl Kept {
    /// Has the connection woken then.
    fn begin(&mut self, deadline: Instant, context: &mut Context<'_>) {
        let until = tokio::time::Instant::from_std(deadline);
        match &mut self.0 {
            Some((sleep, end)) => {
                sleep.as_mut().reset(until);
                *end = deadline;
            }
            none => *none = Some((Box::pin(sleep_until(until)), deadline)),
        }
        // It is not over yet, so that this does nothing but leave the waker there.
        if let Some((sleep, _)) = &mut self.0
            && sleep.as_mut().poll(context).is_ready()
        {
            context.waker().wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, timeout};

    use super::*;

    const HEAD: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time() {
        let timer = HeadTimer::default();
        let started = timer.now();
        timer.sleep(HEAD).await;
        assert!((HEAD..HEAD + Duration::from_millis(10)).contains(&(timer.now() - started)));
    }

    #[tokio::test(start_paused = true)]
    async fn each_head_has_time_of_its_own() {
        let timer = HeadTimer::default();
        // Heads that arrive in time, each after six of its ten seconds.
        for _ in 0..5 {
            let sleep = timer.sleep(HEAD);
            assert!(timeout(Duration::from_secs(6), sleep).await.is_err(), "it is not over yet");
        }
        let started = timer.now();
        timer.sleep(HEAD).await;
        assert!((HEAD..HEAD + Duration::from_millis(10)).contains(&(timer.now() - started)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_polled_late_is_over() {
        let sleep = HeadTimer::default().sleep(HEAD);
        advance(2 * HEAD).await;
        assert!(timeout(Duration::ZERO, sleep).await.is_ok());
    }
}
