//! A file sent in parts: those that are not there yet, several at the same time.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use cospass_protocol::xml::PartEntry;
use tokio::task::{JoinSet, spawn_blocking};

use crate::answer::Answer;
use crate::checksum;
use crate::client::{Part, compare};
use crate::error::{Error, Mismatch};
use crate::gauge::Gauge;
use crate::options::TransferOptions;
use crate::plan::{Plan, next_finished};

/// Something that parts are sent to.
pub(crate) trait PartSink: Send + Sync + 'static {
    /// Sends a part once and compares what arrived, see [`prove`].
    fn send(
        &self,
        number: u16,
        bytes: Bytes,
        gauge: &Gauge,
    ) -> impl Future<Output = Result<Part, Error>> + Send;

    /// How often a part is sent at most that arrives damaged.
    fn attempts(&self) -> u32;

    /// Sends a part, again if it was damaged on the way: no object is made of it before all are proved, and the next one
    /// of its number takes its place.
    fn send_whole(
        &self,
        number: u16,
        bytes: Bytes,
        gauge: &Gauge,
    ) -> impl Future<Output = Result<Part, Error>> + Send {
        async move {
            let mut attempts = 1;
            loop {
                match self.send(number, bytes.clone(), gauge).await {
                    Err(Error::Integrity(mismatch)) if attempts < self.attempts() => {
                        tracing::debug!(number, %mismatch, "a part arrived damaged");
                        gauge.go_back(bytes.len() as u64);
                        attempts += 1;
                    }
                    sent => return sent,
                }
            }
        }
    }
}

/// Compares what arrived of a part: by its CRC64, which the service tells of each (436/7750); where something between
/// leaves it out, by the MD5 that the entity tag is.
///
/// A part is sent without its MD5, unlike an object: hashing it takes longer than all else that is done with it here, and
/// what it would prevent, an object of damaged bytes, cannot come about before the parts are compared.
pub(crate) fn prove(answer: &Answer, number: u16, bytes: &[u8], here: u64) -> Result<(), Error> {
    if let Some(there) = answer.crc64() {
        return compare(Some(there), here);
    }
    let etag = answer.etag()?;
    let tag = etag.trim_matches('"');
    let is_md5 = tag.len() == 32 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_md5 && tag.eq_ignore_ascii_case(&checksum::md5_text(checksum::md5(bytes))) {
        true => Ok(()),
        false => Err(Mismatch::Part { number }.into()),
    }
}

/// A file, as it was when the transfer began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    modified: Option<SystemTime>,
}

impl Source {
    pub(crate) async fn open(path: &Path) -> Result<Self, Error> {
        let path = path.to_owned();
        in_thread(move || Self::look(path)).await
    }

    /// As [`open`](Self::open), with all bytes of a file that has at most so many: few are read before a second thread
    /// would have been asked to.
    pub(crate) async fn open_with(path: &Path, most: u64) -> Result<(Self, Option<Bytes>), Error> {
        let path = path.to_owned();
        in_thread(move || {
            let source = Self::look(path)?;
            let is_small = source.size <= most;
            let bytes = is_small.then(|| source.bytes(BytesMut::new(), 0, source.size));
            Ok((source, bytes.transpose()?))
        })
        .await
    }

    fn look(path: PathBuf) -> Result<Self, Error> {
        let metadata = std::fs::metadata(&path).map_err(Error::file(&path))?;
        if metadata.is_dir() {
            let error = std::io::ErrorKind::IsADirectory.into();
            return Err(Error::File { path, error });
        }
        Ok(Self { size: metadata.len(), modified: metadata.modified().ok(), path })
    }

    /// Whether it is still what it was.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        let now = Self::open(&self.path).await?;
        if now == *self { Ok(()) } else { Err(Error::FileChanged { path: self.path.clone() }) }
    }

    /// Some of its bytes.
    pub(crate) async fn read(&self, start: u64, end: u64) -> Result<Bytes, Error> {
        self.read_into(BytesMut::new(), start, end).await
    }

    /// Some of its bytes, in place of what a buffer has.
    async fn read_into(&self, buffer: BytesMut, start: u64, end: u64) -> Result<Bytes, Error> {
        let source = self.clone();
        in_thread(move || source.bytes(buffer, start, end)).await
    }

    fn bytes(&self, mut buffer: BytesMut, start: u64, end: u64) -> Result<Bytes, Error> {
        let path = &self.path;
        let length = usize::try_from(end.saturating_sub(start));
        buffer.resize(length.map_err(|_| Error::TooLarge { size: end })?, 0);
        let mut file = std::fs::File::open(path).map_err(Error::file(path))?;
        file.seek(SeekFrom::Start(start)).map_err(Error::file(path))?;
        match file.read_exact(&mut buffer) {
            Ok(()) => Ok(buffer.freeze()),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(Error::FileChanged { path: path.clone() })
            }
            Err(error) => Err(Error::File { path: path.clone(), error }),
        }
    }
}

/// Buffers of parts that were sent, for parts to come: freed and allocated again and again, they would stay with the
/// allocator, twice as many as are under way.
#[derive(Clone, Default)]
struct Buffers(Arc<Mutex<Vec<BytesMut>>>);

impl Buffers {
    fn take(&self) -> BytesMut {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give_back(&self, bytes: Bytes) {
        // If nobody else has them.
        if let Ok(buffer) = bytes.try_into_mut() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        }
    }
}

/// Runs what may block on a thread of its own.
pub(crate) async fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(work).await.map_err(|_| Error::Task)?
}

/// Sends the parts of a file that are not there yet and returns all, in their order.
///
/// A part that is there is not sent again if it has the size and the MD5 of the file's; otherwise it is replaced.
pub(crate) async fn send_parts<S: PartSink>(
    sink: &Arc<S>,
    source: &Source,
    plan: Plan,
    present: Vec<PartEntry>,
    options: &TransferOptions,
    gauge: &Gauge,
) -> Result<Vec<Part>, Error> {
    let present: BTreeMap<u16, PartEntry> =
        present.into_iter().map(|part| (part.number, part)).collect();
    let buffers = Buffers::default();
    let mut running = JoinSet::new();
    let mut parts = Vec::new();
    for (number, start, end) in plan.parts() {
        if running.len() >= options.jobs.max(1) {
            parts.extend(unless_stopped(gauge, next_finished(&mut running)).await?);
        }
        let there = present.get(&number).filter(|part| part.size == end - start).cloned();
        let (sink, source, gauge) = (Arc::clone(sink), source.clone(), gauge.clone());
        let buffers = buffers.clone();
        running.spawn(async move {
            let bytes = source.read_into(buffers.take(), start, end).await?;
            let part = match there.and_then(|there| is_same(&there, &bytes)) {
                Some(part) => {
                    gauge.advance(part.size);
                    part
                }
                None => sink.send_whole(number, bytes.clone(), &gauge).await?,
            };
            buffers.give_back(bytes);
            Ok(part)
        });
    }
    while let Some(part) = unless_stopped(gauge, next_finished(&mut running)).await? {
        parts.push(part);
    }
    source.check().await?;
    parts.sort_by_key(|part| part.number);
    Ok(parts)
}

/// What a future brings, unless the transfer is told to stop first.
pub(crate) async fn unless_stopped<T>(
    gauge: &Gauge,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::select! {
        biased;
        () = gauge.stopped() => Err(Error::Stopped { done: gauge.done() }),
        result = work => result,
    }
}

/// The part that is there, if it is of these bytes.
fn is_same(there: &PartEntry, bytes: &Bytes) -> Option<Part> {
    let here = checksum::md5_text(checksum::md5(bytes));
    (there.etag.trim_matches('"') == here).then(|| Part {
        number: there.number,
        etag: there.etag.clone(),
        crc64: checksum::crc64(bytes),
        size: there.size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;

    /// Keeps the numbers of what was sent.
    #[derive(Default)]
    struct Kept(Mutex<Vec<u16>>);

    impl PartSink for Kept {
        async fn send(&self, number: u16, bytes: Bytes, gauge: &Gauge) -> Result<Part, Error> {
            self.0.lock().unwrap().push(number);
            gauge.advance(bytes.len() as u64);
            let etag = format!("\"{}\"", checksum::md5_text(checksum::md5(&bytes)));
            Ok(Part { number, etag, crc64: checksum::crc64(&bytes), size: bytes.len() as u64 })
        }

        fn attempts(&self) -> u32 {
            1
        }
    }

    fn answered(headers: &[(&str, &str)]) -> Answer {
        let mut response = http::Response::builder();
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        Answer::of(response.body(Payload::default().body()).unwrap())
    }

    #[test]
    fn a_part_is_proved_by_its_crc64_or_else_by_its_entity_tag() {
        // The worked example of the documentation (436/7749).
        let (bytes, crc64) = (b"[Object Content]", 16_749_565_679_157_681_890);
        let (crc, tag) = ("x-cos-hash-crc64ecma", "\"ee8de918d05640145b18f70f4c3aa602\"");
        for headers in [
            &[(crc, "16749565679157681890"), ("etag", "\"of an encrypted part\"")][..],
            &[("etag", tag)],
        ] {
            prove(&answered(headers), 1, bytes, crc64).unwrap();
        }
        for headers in [
            &[(crc, "16749565679157681891"), ("etag", tag)][..],
            &[("etag", "\"ee8de918d05640145b18f70f4c3aa603\"")],
            &[("etag", "\"no sum\"")],
        ] {
            let refused = prove(&answered(headers), 1, bytes, crc64);
            assert!(matches!(refused, Err(Error::Integrity(_))), "{headers:?}");
        }
    }

    fn entry(part: &Part) -> PartEntry {
        let (number, etag, size) = (part.number, part.etag.clone(), part.size);
        PartEntry { number, last_modified: String::new(), etag, size }
    }

    #[tokio::test]
    async fn what_is_there_is_not_sent_again_unless_it_is_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let bytes: Vec<u8> = (0..5_000_000_u32).map(|index| (index % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let source = Source::open(&path).await.unwrap();
        let plan = Plan::of(source.size, 1).unwrap();
        let options = TransferOptions::default();
        let sink = Arc::new(Kept::default());
        let gauge = Gauge::default().begin(None);
        let all = send_parts(&sink, &source, plan, vec![], &options, &gauge).await.unwrap();
        assert_eq!(crate::client::combined(&all), checksum::crc64(&bytes));
        assert_eq!((all.len(), gauge.done()), (5, 5_000_000));

        sink.0.lock().unwrap().clear();
        let mut other = entry(&all[3]);
        other.etag = "\"00\"".to_owned();
        let present = vec![entry(&all[0]), entry(&all[2]), other];
        let again = send_parts(&sink, &source, plan, present, &options, &gauge).await.unwrap();
        assert_eq!(again, all);
        let mut sent = sink.0.lock().unwrap().clone();
        sent.sort_unstable();
        assert_eq!(sent, [2, 4, 5]);
    }

    #[tokio::test]
    async fn a_file_that_changes_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"abc").unwrap();
        let source = Source::open(&path).await.unwrap();
        std::fs::write(&path, b"ab").unwrap();
        assert!(matches!(source.read(0, 3).await, Err(Error::FileChanged { .. })));
        assert!(matches!(source.check().await, Err(Error::FileChanged { .. })));
        assert!(matches!(Source::open(folder.path()).await, Err(Error::File { .. })));
    }
}
