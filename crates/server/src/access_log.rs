//! The access log: a line of JSON a request, written by a thread of its own.
//!
//! Nothing that happens to the log stops the service: a line that cannot be taken or written is lost, and counted.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use crate::exchange::Line;
use crate::limits::LOG_LINES;

/// How long the endpoint waits at its end for lines to be written.
const FAREWELL: Duration = Duration::from_secs(5);

/// Where the access log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessLogTarget {
    /// To standard output.
    Stdout,
    /// To the end of a file, which is made, mode 0600, if it is not there.
    File(PathBuf),
}

/// Hands lines to the thread that writes them.
pub(crate) struct AccessLog {
    messages: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

enum Message {
    Line(Vec<u8>),
    Reopen,
    End(Sender<()>),
}

impl AccessLog {
    /// Opens the log; `lost` counts the lines that do not get into it.
    pub(crate) fn open(target: AccessLogTarget, lost: Arc<AtomicU64>) -> io::Result<Self> {
        let sink = Sink::open(target, Arc::clone(&lost))?;
        let (messages, receiver) = sync_channel(LOG_LINES);
        thread::Builder::new().name("access-log".into()).spawn(move || sink.run(&receiver))?;
        Ok(Self { messages, lost })
    }

    /// Writes a line, some time soon.
    pub(crate) fn write(&self, line: &Line<'_>) {
        let taken = serde_json::to_vec(line).ok().and_then(|mut bytes| {
            bytes.push(b'\n');
            self.messages.try_send(Message::Line(bytes)).ok()
        });
        if taken.is_none() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Opens the file again: whoever rotates logs has moved it.
    pub(crate) fn reopen(&self) {
        let _ = self.messages.try_send(Message::Reopen);
    }

    /// Waits, for a while, until everything so far is written. Blocks.
    pub(crate) fn finish(&self) {
        let (done, wait) = channel();
        if self.messages.try_send(Message::End(done)).is_ok() {
            let _ = wait.recv_timeout(FAREWELL);
        }
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLog")
    }
}

struct Sink {
    target: AccessLogTarget,
    output: Box<dyn Write + Send>,
    /// Whether the last line did not get out whole.
    is_torn: bool,
    lost: Arc<AtomicU64>,
}

impl Sink {
    fn open(target: AccessLogTarget, lost: Arc<AtomicU64>) -> io::Result<Self> {
        let output: Box<dyn Write + Send> = match &target {
            AccessLogTarget::Stdout => Box::new(io::stdout()),
            AccessLogTarget::File(path) => Box::new(open_file(path)?),
        };
        Ok(Self { target, output, is_torn: false, lost })
    }

    fn run(mut self, messages: &Receiver<Message>) {
        while let Ok(message) = messages.recv() {
            match message {
                Message::Line(line) => self.write(&line),
                Message::Reopen => self.reopen(),
                Message::End(done) => {
                    let _ = done.send(());
                }
            }
        }
    }

    fn write(&mut self, line: &[u8]) {
        // What is left of a torn line must not run into this one.
        let end = if self.is_torn { &b"\n"[..] } else { b"" };
        let written = self.output.write_all(&[end, line].concat());
        match written.and_then(|()| self.output.flush()) {
            Ok(()) => self.is_torn = false,
            Err(error) => {
                self.lost.fetch_add(1, Ordering::Relaxed);
                // Told once, not with every request.
                if !self.is_torn {
                    tracing::warn!(%error, "the access log cannot be written; lines are lost");
                }
                self.is_torn = true;
            }
        }
    }

    fn reopen(&mut self) {
        if let AccessLogTarget::File(path) = &self.target {
            match open_file(path) {
                Ok(file) => (self.output, self.is_torn) = (Box::new(file), false),
                Err(error) => tracing::warn!(%error, "the access log cannot be opened again"),
            }
        }
    }
}

fn open_file(path: &PathBuf) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
