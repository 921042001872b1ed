//! What the endpoint counts, and how Prometheus reads it (text format 0.0.4).
//!
//! What is counted with every request is counted by each thread in a place of its own ([`Shard`]): counters that all threads
//! write to would travel from one core's cache to the other's, several times a request.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The upper bounds of the histogram's buckets, in milliseconds.
const BUCKETS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000, 30_000, 300_000];

/// Counters of one endpoint, from its start on.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    shards: [Shard; SHARDS],
    refusals: Family<&'static str>,
    unsigned_headers: Family<&'static str>,
    store_errors: AtomicU64,
    log_lines_lost: Arc<AtomicU64>,
    open_connections: AtomicI64,
    connections: AtomicU64,
    refused_connections: AtomicU64,
}

/// How many threads count without meeting another one.
const SHARDS: usize = 16;

/// The number of the next thread that counts.
static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Which shard this thread counts in.
    static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
}

/// What some of the threads counted; two lines of a cache are fetched at a time.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard {
    requests: Family<(&'static str, u16)>,
    durations: Histogram,
    received: AtomicU64,
    sent: AtomicU64,
}

impl Metrics {
    /// Where this thread counts.
    fn shard(&self) -> &Shard {
        let [first, ..] = &self.shards;
        // A thread that ends has no number any more.
        let number = NUMBER.try_with(|number| *number).unwrap_or(0);
        self.shards.get(number).unwrap_or(first)
    }

    /// An answer to a request: its operation, or `-` if none was reached, and its status.
    pub(crate) fn count_request(&self, operation: &'static str, status: u16) {
        self.shard().requests.count((operation, status));
    }

    pub(crate) fn count_refusal(&self, cause: &'static str) {
        self.refusals.count(cause);
    }

    /// A header that gives something away, accepted although the signature does not cover it.
    pub(crate) fn count_unsigned_header(&self, name: &'static str) {
        self.unsigned_headers.count(name);
    }

    /// A request that is over: the bytes of both bodies, and its time from head to last byte.
    pub(crate) fn count_end(&self, received: u64, sent: u64, took: Duration) {
        let shard = self.shard();
        shard.received.fetch_add(received, Ordering::Relaxed);
        shard.sent.fetch_add(sent, Ordering::Relaxed);
        shard.durations.count(took);
    }

    pub(crate) fn count_store_error(&self) {
        self.store_errors.fetch_add(1, Ordering::Relaxed);
    }

    /// Where the access log counts the lines that it loses.
    pub(crate) fn log_lines_lost(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.log_lines_lost)
    }

    /// A connection over the limit, which is told to slow down.
    pub(crate) fn count_refused_connection(&self) {
        self.refused_connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection as open until the guard is dropped.
    pub(crate) fn open_connection(&self) -> OpenConnection<'_> {
        self.connections.fetch_add(1, Ordering::Relaxed);
        let others = self.open_connections.fetch_add(1, Ordering::Relaxed);
        OpenConnection { metrics: self, others: usize::try_from(others).unwrap_or(0) }
    }

    /// Everything, as Prometheus reads it.
    pub(crate) fn write(&self) -> String {
        let mut page = Page(String::new());
        page.family("requests_total", "counter", "Requests answered, by operation and status.");
        let mut requests = BTreeMap::<_, u64>::new();
        for shard in &self.shards {
            shard.requests.each(|labels, count| *requests.entry(labels).or_default() += count);
        }
        for ((operation, status), count) in requests {
            let labels = format!("operation=\"{operation}\",status=\"{status}\"");
            page.sample("requests_total", &labels, count);
        }
        page.family("refusals_total", "counter", "Requests refused, by cause.");
        self.refusals.each(|cause, count| {
            page.sample("refusals_total", &format!("cause=\"{cause}\""), count);
        });
        let help = "Privileged headers accepted although the signature does not cover them.";
        page.family("unsigned_privileged_headers_total", "counter", help);
        self.unsigned_headers.each(|name, count| {
            let labels = format!("header=\"{name}\"");
            page.sample("unsigned_privileged_headers_total", &labels, count);
        });
        let durations = Histogram::default();
        self.shards.iter().for_each(|shard| durations.add(&shard.durations));
        durations.write(&mut page);
        let of_all = |counter: fn(&Shard) -> &AtomicU64| -> u64 {
            self.shards.iter().map(|shard| counter(shard).load(Ordering::Relaxed)).sum()
        };
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (received, sent) = (of_all(|shard| &shard.received), of_all(|shard| &shard.sent));
        let refused = of(&self.refused_connections);
        for (name, help, count) in [
            ("received_bytes_total", "Bytes of request bodies that were read.", received),
            ("sent_bytes_total", "Bytes of response bodies that were sent.", sent),
            ("store_errors_total", "Failures of disk or metadata.", of(&self.store_errors)),
            (
                "log_lines_lost_total",
                "Lines the access log could not take.",
                of(&self.log_lines_lost),
            ),
            ("connections_total", "Connections accepted.", of(&self.connections)),
            ("refused_connections_total", "Connections over the limit.", refused),
        ] {
            page.family(name, "counter", help);
            page.sample(name, "", count);
        }
        page.family("open_connections", "gauge", "Connections open now.");
        page.sample("open_connections", "", self.open_connections.load(Ordering::Relaxed));
        page.0
    }
}

/// A connection that is counted as open.
pub(crate) struct OpenConnection<'a> {
    metrics: &'a Metrics,
    /// How many were open when it came.
    pub(crate) others: usize,
}

impl Drop for OpenConnection<'_> {
    fn drop(&mut self) {
        self.metrics.open_connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A counter for each of a few keys, none of which a client chooses.
#[derive(Debug)]
struct Family<K>(RwLock<BTreeMap<K, AtomicU64>>);

impl<K> Default for Family<K> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Ord + Copy> Family<K> {
    fn count(&self, key: K) {
        let counters = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = counters.get(&key) {
            counter.fetch_add(1, Ordering::Relaxed);
            return;
        }
        drop(counters);
        let mut counters = self.0.write().unwrap_or_else(PoisonError::into_inner);
        counters.entry(key).or_default().fetch_add(1, Ordering::Relaxed);
    }

    fn each(&self, mut visit: impl FnMut(K, u64)) {
        let counters = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (key, counter) in counters.iter() {
            visit(*key, counter.load(Ordering::Relaxed));
        }
    }
}

#[derive(Debug, Default)]
struct Histogram {
    /// By the first bound that holds; those over the last bound are in `count` alone.
    buckets: [AtomicU64; BUCKETS.len()],
    micros: AtomicU64,
    count: AtomicU64,
}

impl Histogram {
    fn count(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BUCKETS.iter().position(|bound| micros <= bound * 1000);
        if let Some(bucket) = bucket.and_then(|bucket| self.buckets.get(bucket)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(micros, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what another one counted.
    fn add(&self, other: &Self) {
        let theirs = other.buckets.iter().chain([&other.micros, &other.count]);
        let ours = self.buckets.iter().chain([&self.micros, &self.count]);
        for (ours, theirs) in ours.zip(theirs) {
            ours.fetch_add(theirs.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    fn write(&self, page: &mut Page) {
        let name = "request_duration_seconds";
        page.family(name, "histogram", "Time from the head of a request to the end of its answer.");
        let mut below = 0;
        for (bound, bucket) in BUCKETS.iter().zip(&self.buckets) {
            below += bucket.load(Ordering::Relaxed);
            let labels = format!("le=\"{}\"", *bound as f64 / 1000.0);
            page.sample("request_duration_seconds_bucket", &labels, below);
        }
        let count = self.count.load(Ordering::Relaxed).max(below);
        page.sample("request_duration_seconds_bucket", "le=\"+Inf\"", count);
        let seconds = self.micros.load(Ordering::Relaxed) as f64 / 1e6;
        page.sample("request_duration_seconds_sum", "", seconds);
        page.sample("request_duration_seconds_count", "", count);
    }
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP cospass_{name} {help}\n# TYPE cospass_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = match labels {
            "" => writeln!(self.0, "cospass_{name} {value}"),
            labels => writeln!(self.0, "cospass_{name}{{{labels}}} {value}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_count_together() {
        let metrics = Metrics::default();
        std::thread::scope(|scope| {
            for thread in 0..2 * SHARDS as u64 {
                let metrics = &metrics;
                scope.spawn(move || {
                    metrics.count_request("GetObject", 200);
                    metrics.count_end(thread, 1, Duration::from_micros(1500));
                });
            }
        });
        let text = metrics.write();
        let received: u64 = (0..2 * SHARDS as u64).sum();
        for line in [
            "cospass_requests_total{operation=\"GetObject\",status=\"200\"} 32".to_owned(),
            format!("cospass_received_bytes_total {received}"),
            "cospass_sent_bytes_total 32".to_owned(),
            "cospass_request_duration_seconds_bucket{le=\"0.001\"} 0".to_owned(),
            "cospass_request_duration_seconds_bucket{le=\"0.002\"} 32".to_owned(),
            "cospass_request_duration_seconds_sum 0.048".to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn what_is_counted_is_written() {
        let metrics = Metrics::default();
        metrics.count_request("GetObject", 200);
        metrics.count_request("GetObject", 200);
        metrics.count_request("-", 403);
        metrics.count_refusal("expired");
        metrics.count_unsigned_header("x-cos-acl");
        metrics.count_end(3, 5, Duration::from_micros(1000));
        metrics.count_end(3, 5, Duration::from_micros(1001));
        metrics.count_end(0, 0, Duration::from_secs(301));
        let open = metrics.open_connection();
        let text = metrics.write();
        for line in [
            "cospass_requests_total{operation=\"GetObject\",status=\"200\"} 2",
            "cospass_requests_total{operation=\"-\",status=\"403\"} 1",
            "cospass_refusals_total{cause=\"expired\"} 1",
            "cospass_unsigned_privileged_headers_total{header=\"x-cos-acl\"} 1",
            "cospass_received_bytes_total 6",
            "cospass_sent_bytes_total 10",
            "cospass_request_duration_seconds_bucket{le=\"0.001\"} 1",
            "cospass_request_duration_seconds_bucket{le=\"0.002\"} 2",
            "cospass_request_duration_seconds_bucket{le=\"300\"} 2",
            "cospass_request_duration_seconds_bucket{le=\"+Inf\"} 3",
            "cospass_request_duration_seconds_count 3",
            "cospass_open_connections 1",
            "cospass_connections_total 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        drop(open);
        assert!(metrics.write().contains("\ncospass_open_connections 0\n"));
    }
}
