//! The two streams: data on standard output, everything else on standard error.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

use serde::Serialize;

use crate::exit::Failure;

/// Standard output, buffered. A reader that goes away ends the command quietly.
pub(crate) struct Output(BufWriter<StdoutLock<'static>>);

impl Output {
    pub(crate) fn stdout() -> Self {
        Output(BufWriter::with_capacity(64 * 1024, io::stdout().lock()))
    }

    /// Writes one line of text.
    pub(crate) fn line(&mut self, text: impl fmt::Display) -> Result<(), Failure> {
        check(writeln!(self.0, "{text}"))
    }

    /// Writes one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        check(serde_json::to_writer(&mut self.0, value).map_err(io::Error::from))?;
        check(self.0.write_all(b"\n"))
    }

    /// Hands everything written on to the reader.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        check(self.0.flush())
    }
}

fn check(result: io::Result<()>) -> Result<(), Failure> {
    result.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::PipeClosed,
        _ => Failure::io("cannot write to standard output", &error),
    })
}

/// Tells the user something on standard error. A reader that goes away is no failure.
pub(crate) fn note(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
