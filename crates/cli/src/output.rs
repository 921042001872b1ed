//! The two streams: data on standard output, everything else on standard error.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};

use serde::Serialize;

use crate::exit::Failure;

/// Standard output, or a file in its place, buffered. A reader that goes away ends the command quietly.
pub(crate) struct Output {
    writer: BufWriter<Box<dyn Write + Send>>,
    /// What is written to, for messages.
    name: String,
}

impl Output {
    pub(crate) fn stdout() -> Self {
        Self::new(Box::new(io::stdout()), "standard output".to_owned())
    }

    /// A file, made or emptied; standard output if none is named.
    pub(crate) fn to(file: Option<&str>) -> Result<Self, Failure> {
        let Some(path) = file else { return Ok(Self::stdout()) };
        let opened = File::create(path).map_err(|error| {
            Failure::io(format_args!("cannot write {path:?} (--output); name a file"), &error)
        })?;
        Ok(Self::new(Box::new(opened), format!("{path:?}")))
    }

    fn new(writer: Box<dyn Write + Send>, name: String) -> Self {
        Output { writer: BufWriter::with_capacity(64 * 1024, writer), name }
    }

    /// Writes one line of text.
    pub(crate) fn line(&mut self, text: impl fmt::Display) -> Result<(), Failure> {
        let result = writeln!(self.writer, "{text}");
        self.check(result)
    }

    /// Writes lines that have their ends.
    pub(crate) fn lines(&mut self, text: &str) -> Result<(), Failure> {
        let result = self.writer.write_all(text.as_bytes());
        self.check(result)
    }

    /// Writes one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let result = serde_json::to_writer(&mut self.writer, value).map_err(io::Error::from);
        self.check(result)?;
        self.lines("\n")
    }

    /// Hands everything written on to the reader.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let result = self.writer.flush();
        self.check(result)
    }

    fn check(&self, result: io::Result<()>) -> Result<(), Failure> {
        result.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::PipeClosed,
            _ => Failure::io(format_args!("cannot write to {}", self.name), &error),
        })
    }
}

/// Tells the user something on standard error. A reader that goes away is no failure.
pub(crate) fn note(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
