//! Every limit of the endpoint, by name; each has its test in `tests/limits.rs` or beside what it is about. How deep a document
//! may be nested and how many elements it may have is a matter of reading it (`cospass_protocol`, `xml/read.rs`), how many files may
//! be open one of the system ([`file_limit`](crate::file_limit)).

use std::time::Duration;

/// The longest bytes of one read from a blob, and of one write to it: large enough that a transfer is bound by the
/// hashes, small enough that many fit into memory.
pub(crate) const CHUNK: usize = 256 * 1024;

/// How many chunks of an upload may wait at most. A multiple of all that [`intake`] returns.
pub(crate) const MOST_WAITING: usize = 12;

/// The longest bytes of one write, and how many of them may wait, for an upload beside which there are so many others: each
/// upload holds some chunks in memory (`execute/intake.rs`). Of those that wait, one or two uploads have enough for what
/// hashes them to go on while something else has the processors.
pub(crate) fn intake(others: usize) -> (usize, usize) {
    match others {
        0..2 => (CHUNK, MOST_WAITING),
        2..16 => (CHUNK / 2, 4),
        16..64 => (64 * 1024, 2),
        _ => (32 * 1024, 1),
    }
}

/// The longest bytes of one read from a connection beside which there are so many others. Each read of a large body has the
/// system tell the client that there is room again, which costs more than a small read brings; but what is read at a time
/// stays in memory as long as the connection is there.
pub(crate) fn read(others: usize) -> usize {
    if others < 16 { CHUNK } else { 32 * 1024 }
}

/// An object of at most so many bytes is kept beside its metadata, in a row of the tables, so that both are durable by the
/// same wait for the disk. More would be copied too often on its way there, and make rows that fill pages badly.
pub(crate) const BESIDE: usize = 16 * 1024;

/// An object of at most so many bytes is read and sent in one piece.
pub(crate) const SMALL_OBJECT: u64 = 64 * 1024;

/// The longest piece of a paced transfer: a tenth of a second at the slowest limit, so that it flows evenly.
pub(crate) const PACED_CHUNK: usize = 10 * 1024;

/// The most lines that wait for the access log to be written; more are lost, and counted.
pub(crate) const LOG_LINES: usize = 16 * 1024;

/// The most recent requests that the control listener lists. A refused head is kept with them, so that the most memory
/// is this times the longest head and what is shown of it.
pub(crate) const RECENT_REQUESTS: usize = 256;

/// What the endpoint accepts of one client. The defaults are those of a public endpoint; tests make them smaller.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The largest object that one request may upload, in bytes: 5 GiB (436/7749).
    pub object_size: u64,
    /// The smallest part of an object that is not the last one, in bytes: 1 MiB (436/7750).
    pub part_size: u64,
    /// The largest XML body, in bytes.
    pub document_size: usize,
    /// The largest XML body that lists objects or parts, in bytes: 1000 keys of 850 bytes fit in.
    pub list_document_size: usize,
    /// The most fields of an upload form.
    pub form_fields: usize,
    /// The longest field of an upload form, its head included, in bytes.
    pub form_field_size: usize,
    /// The most bytes of an upload form before its file, and again behind it.
    pub form_size: usize,
    /// How long the fields of an upload form, or a call of STS, may take to arrive.
    pub form_time: Duration,
    /// The longest body of a call of STS, in bytes: a policy and a web identity fit in, percent-encoded.
    pub call_size: usize,
    /// The longest request line's target, in bytes; longer ones are `RequestURITooLong`.
    pub target_length: usize,
    /// The longest head, in bytes; a longer one is `InvalidRequest`, and the connection is closed. At least 8 KiB.
    pub head_size: usize,
    /// The most headers of a request; more are `InvalidRequest`, and the connection is closed.
    pub headers: usize,
    /// The most connections that are served at a time, and never more than half the files that the process may open; a few
    /// more are told `SlowDown` and closed, the others wait.
    pub connections: usize,
    /// How long a connection over the limit may take to say what it wants and to read `SlowDown`; then it is closed.
    pub refusal_time: Duration,
    /// How long a TLS handshake may take; then the connection is closed.
    pub handshake_time: Duration,
    /// How long a head may take to arrive, and how long a kept connection may lie idle before it; then the connection is
    /// closed.
    pub head_time: Duration,
    /// How long a body may pause; then `RequestTimeout`.
    pub body_pause: Duration,
    /// How many bytes of a body must arrive a second, on average over [`body_rate_window`](Self::body_rate_window), while
    /// the endpoint waits for them; fewer are `UserNetworkTooSlow`. Not for uploads with `x-cos-traffic-limit`.
    pub body_rate: u64,
    /// How long the average is taken over.
    pub body_rate_window: Duration,
    /// How long a client may take nothing of an answer; then the connection is closed.
    pub answer_pause: Duration,
    /// How many bytes of a refused body are thrown away, so that the client gets to read the refusal.
    pub discard_size: u64,
    /// How long bytes of a refused body are thrown away.
    pub discard_time: Duration,
    /// How long open requests may take when the endpoint stops.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            object_size: 5 << 30,
            part_size: 1 << 20,
            document_size: 64 * 1024,
            list_document_size: 2 << 20,
            form_fields: 128,
            form_field_size: 32 * 1024,
            form_size: 64 * 1024,
            form_time: Duration::from_secs(30),
            call_size: 256 * 1024,
            target_length: 16 * 1024,
            head_size: 32 * 1024,
            headers: 128,
            connections: 1024,
            refusal_time: Duration::from_secs(5),
            head_time: Duration::from_secs(10),
            handshake_time: Duration::from_secs(10),
            body_pause: Duration::from_secs(30),
            body_rate: 1024,
            body_rate_window: Duration::from_secs(30),
            answer_pause: Duration::from_secs(60),
            discard_size: 64 << 20,
            discard_time: Duration::from_secs(5),
            drain_time: Duration::from_secs(30),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_uploads_there_are_the_less_each_holds() {
        let mut before = usize::MAX;
        for others in 0..1024 {
            let (chunk, waiting) = intake(others);
            assert_eq!(MOST_WAITING % waiting, 0, "{others}");
            // One is gathered meanwhile.
            let held = chunk * (waiting + 1);
            let all = (others + 1) * held;
            assert!(held <= before && all <= 16 << 20 || others >= 256, "{others}: {all}");
            before = held;
        }
    }
}
