//! What the demo prints, and whether all of it held.

use std::fmt;
use std::net::SocketAddr;

use cospass_sign::percent::encode;

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::shell::quote;

/// Tells the steps on standard output and keeps account of them.
pub(super) struct Guide {
    output: Output,
    step: usize,
    failed: usize,
    address: SocketAddr,
}

impl Guide {
    pub(super) fn new(address: SocketAddr) -> Self {
        Guide { output: Output::stdout(), step: 0, failed: 0, address }
    }

    /// A line of its own.
    pub(super) fn heading(&mut self, text: impl fmt::Display) -> Result<(), Failure> {
        self.output.line(text)?;
        self.output.flush()
    }

    /// The next step.
    pub(super) fn step(&mut self, text: impl fmt::Display) -> Result<(), Failure> {
        self.step += 1;
        let step = self.step;
        self.output.line(format_args!("\n{step}. {text}"))?;
        self.output.flush()
    }

    /// A command that does the same by hand.
    pub(super) fn command(&mut self, words: &[&str]) -> Result<(), Failure> {
        let words: Vec<_> = words.iter().map(|word| quote(word)).collect();
        self.output.line(format_args!("   $ {}", words.join(" ")))?;
        self.output.flush()
    }

    /// A `cospass` command that makes the URL of a step.
    pub(super) fn cospass(&mut self, words: &[&str]) -> Result<(), Failure> {
        let address = self.address.to_string();
        let head = ["cospass", words.first().copied().unwrap_or_default()];
        let tail = ["--scheme", "http", "--domain", &address, "--expires", "1h"];
        let rest = words.get(1..).unwrap_or_default();
        self.command(&[&head[..], rest, &tail].concat())
    }

    /// A URL, on a line of its own.
    pub(super) fn url(&mut self, url: &str) -> Result<(), Failure> {
        self.output.line(format_args!("   {url}"))
    }

    /// What was seen, and whether it is what should be.
    pub(super) fn check(&mut self, held: bool, seen: impl fmt::Display) -> Result<(), Failure> {
        if !held {
            self.failed += 1;
        }
        let mark = if held { "ok  " } else { "FAIL" };
        self.output.line(format_args!("   {mark} {seen}"))?;
        self.output.flush()
    }

    /// The last line.
    pub(super) fn conclude(&mut self) -> Result<(), Failure> {
        let line = match self.failed {
            0 => "\nAll of it held.".to_owned(),
            failed => format!("\n{failed} of it did not hold."),
        };
        self.heading(line)
    }

    pub(super) fn exit(&self) -> Exit {
        if self.failed == 0 { Exit::Done } else { Exit::Failed }
    }
}

/// The `Content-Disposition` that saves a file under a name, whatever is in it (RFC 6266 §4.3, RFC 8187).
pub(super) fn attachment(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.bytes().all(is_plain) {
        return format!("attachment; filename={name}");
    }
    format!("attachment; filename*=UTF-8''{}", encode(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_can_be_that_of_an_attachment() {
        assert_eq!(attachment("a-b.txt"), "attachment; filename=a-b.txt");
        assert_eq!(attachment("a\"中"), "attachment; filename*=UTF-8''a%22%E4%B8%AD");
    }
}
