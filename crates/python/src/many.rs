//! The URLs of many keys: hashed side by side, on several threads, while Python goes on with something else.
//!
//! Each URL is the one that `get_presigned_url` makes.

use std::thread;

use cospass_sign::{Batch, Signature};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::desk::Desk;
use crate::log;
use crate::outline::{Carrier, Outline};
use crate::prepared::Prepared;
use crate::refusal::Refusal;
use crate::settings::key_of;
use crate::site::are_plain_keys;
use crate::text::{text_in, type_name};

/// So many keys go through each stage together: enough for the lanes of any engine, few enough to stay in the nearest
/// cache.
const TOGETHER: usize = 128;

/// So many keys are one thread's at a time; their URLs are handed to Python before the next are made, so that they are
/// still in the cache and no second copy of all is kept.
const PIECE: usize = 1024;

/// The same where there are several threads: starting and awaiting them should not count.
const SHARED_PIECE: usize = 32 * PIECE;

/// Texts one behind the other.
#[derive(Default)]
struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    fn push(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push(self.text.len());
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// In the order in which they came.
    fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).filter_map(|(start, &end)| self.text.get(start..end))
    }
}

/// What one thread signs with.
pub(crate) struct Pen {
    batch: Batch,
    signatures: Vec<Signature>,
}

/// What one thread works on.
struct Worker {
    pen: Pen,
    keys: Texts,
    urls: Texts,
}

/// Pre-signs many keys.
pub(crate) struct Many {
    batch: Batch,
    outline: Outline,
}

impl Many {
    /// For one request, whatever its key.
    pub(crate) fn new(py: Python<'_>, prepared: &Prepared<'_>) -> Result<Self, Refusal> {
        let lists = prepared.lists()?;
        let method = prepared.route.lower_method()?;
        log::signed(py, || lists.shown(method, "{key}"))?;
        let mut desk = Desk::default();
        let outline = desk.lay_out(&lists.request(method), Carrier::Query);
        outline.of_url(&prepared.route.origin, |end| lists.push_query(end));
        let key_time = prepared.validity.key_time();
        Ok(Self {
            batch: Batch::new(&prepared.keys.key, &key_time, cospass::fastest_engine()),
            outline: desk.outline(&prepared.keys, &prepared.validity),
        })
    }

    /// The URLs in the order of the keys, which are any iterable but text: that is one key and not many.
    pub(crate) fn list<'py>(
        &self,
        keys: &Bound<'py, PyAny>,
        threads: usize,
    ) -> Result<Bound<'py, PyList>, Refusal> {
        let not_keys = || Refusal::NotKeys { found: type_name(keys) };
        if keys.is_instance_of::<PyString>() || keys.is_instance_of::<PyBytes>() {
            return Err(not_keys());
        }
        let py = keys.py();
        let mut keys = keys.try_iter().map_err(|_| not_keys())?.enumerate().peekable();
        let piece = if threads > 1 { SHARED_PIECE } else { PIECE };
        let list = PyList::empty(py);
        let mut workers = Vec::new();
        while keys.peek().is_some() {
            let mut busy = 0;
            while busy < threads && keys.peek().is_some() {
                if workers.len() == busy {
                    workers.push(self.worker());
                }
                if let Some(worker) = workers.get_mut(busy) {
                    fill(&mut worker.keys, &mut keys, piece)?;
                }
                busy += 1;
            }
            let workers = workers.get_mut(..busy).unwrap_or_default();
            py.detach(|| self.work(workers));
            for url in workers.iter().flat_map(|worker| worker.urls.iter()) {
                list.append(PyString::new(py, url))?;
            }
        }
        Ok(list)
    }

    fn worker(&self) -> Worker {
        Worker { pen: self.pen(), keys: Texts::default(), urls: Texts::default() }
    }

    /// One for each thread.
    pub(crate) fn pen(&self) -> Pen {
        Pen { batch: self.batch.clone(), signatures: Vec::new() }
    }

    /// Each in a thread of its own, the first in this one, as are those that the system has no thread for.
    fn work(&self, workers: &mut [Worker]) {
        let Some((first, others)) = workers.split_first_mut() else { return };
        thread::scope(|scope| {
            for worker in others {
                worker.urls.clear();
                // A thread that does not start drops the work, which then is found undone.
                let work = || self.piece(&mut *worker);
                drop(thread::Builder::new().spawn_scoped(scope, work));
            }
            self.piece(first);
        });
        for worker in workers.iter_mut().filter(|worker| worker.urls.ends.is_empty()) {
            self.piece(worker);
        }
    }

    fn piece(&self, worker: &mut Worker) {
        let Worker { pen, keys, urls } = worker;
        urls.clear();
        let plain = are_plain_keys(&keys.text);
        self.each(keys.iter(), pen, |key, signature| {
            urls.push(|out| self.push_url(out, key, plain, signature));
        });
    }

    /// Signs keys, some together, and calls `take` for each in its order.
    pub(crate) fn each<'k>(
        &self,
        mut keys: impl Iterator<Item = &'k str>,
        Pen { batch, signatures }: &mut Pen,
        mut take: impl FnMut(&'k str, &Signature),
    ) {
        loop {
            let mut together = [""; TOGETHER];
            let mut count = 0;
            for (slot, key) in together.iter_mut().zip(&mut keys) {
                *slot = key;
                count += 1;
            }
            let together = together.get(..count).unwrap_or_default();
            if together.is_empty() {
                return;
            }
            self.sign(together, batch, signatures);
            for (key, signature) in together.iter().zip(signatures.iter()) {
                take(key, signature);
            }
        }
    }

    /// Appends the URL of a key; `plain` is whether it stands in it as it is.
    pub(crate) fn push_url(&self, out: &mut String, key: &str, plain: bool, signature: &Signature) {
        if plain {
            self.outline.push_plain(out, key, signature);
        } else {
            self.outline.push(out, key, "", signature);
        }
    }

    /// How long a URL is without its key, in bytes.
    pub(crate) fn shortest_url(&self) -> usize {
        self.outline.length()
    }

    fn sign(&self, keys: &[&str], batch: &mut Batch, signatures: &mut Vec<Signature>) {
        for key in keys {
            batch.push(|http_string| self.outline.push_http_string(http_string, key));
        }
        batch.sign(signatures);
    }
}

/// Takes the next keys, each as `get_presigned_url` takes it.
fn fill<'py>(
    texts: &mut Texts,
    keys: &mut impl Iterator<Item = (usize, PyResult<Bound<'py, PyAny>>)>,
    piece: usize,
) -> Result<(), Refusal> {
    texts.clear();
    for (position, key) in keys.take(piece) {
        let of_keys = |reason| Refusal::OfKeys { position, reason: Box::new(reason) };
        let key = key_of(&key?).map_err(of_keys)?;
        let text = text_in(&key).map_err(of_keys)?;
        texts.push(|out| out.push_str(text));
    }
    Ok(())
}
