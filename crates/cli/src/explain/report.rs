//! An explanation as a person, or a program, reads it.

use cospass_sign::explain::{Cause, Verdict};
use serde::Serialize;

use super::Finding;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// One line of JSON. Scripts rely on its members; `--help` tells them.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    cause: &'static str,
    message: String,
    remedy: &'static str,
    stages: Vec<StageLine<'a>>,
    #[serde(skip)]
    exit: Exit,
}

#[derive(Serialize)]
struct StageLine<'a> {
    name: &'a str,
    verdict: &'static str,
    here: &'a str,
    there: Option<&'a str>,
}

impl<'a> Report<'a> {
    pub(super) fn of(finding: &'a Finding) -> Self {
        let cause = finding.cause();
        let stages = finding.explanation.stages().iter().map(|stage| StageLine {
            name: &stage.name,
            verdict: match stage.verdict {
                Verdict::Same => "same",
                Verdict::Differs => "differs",
                Verdict::Unknown => "unknown",
            },
            here: &stage.here,
            there: stage.there.as_deref(),
        });
        Report {
            cause: cause.id(),
            message: cause.to_string(),
            remedy: cause.remedy(),
            stages: stages.collect(),
            exit: match cause {
                Cause::Accepted { .. } => Exit::Done,
                cause if cause.is_time() => Exit::Time,
                Cause::Unverified => Exit::Credentials,
                _ => Exit::Mismatch,
            },
        }
    }

    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    /// Writes the stages, one over the other where they part, then the cause and what to do.
    pub(super) fn write(&self, output: &mut Output) -> Result<(), Failure> {
        let width = self.stages.iter().map(|stage| stage.name.chars().count()).max();
        let width = width.unwrap_or_default();
        for stage in &self.stages {
            let StageLine { name, verdict, here, there } = stage;
            let here = printable(here);
            match there.filter(|_| *verdict == "differs") {
                None => output.line(format_args!("{verdict:<8} {name:<width$}  {here}"))?,
                Some(there) => {
                    let there = printable(there);
                    output.line(format_args!("{verdict:<8} {name:<width$}  here   {here}"))?;
                    output.line(format_args!("{:8} {:width$}  there  {there}", "", ""))?;
                }
            }
        }
        if self.stages.iter().any(|stage| stage.verdict == "differs") {
            output
                .line("(here: as it is sent; there: as it was signed, or as the server saw it)")?;
        }
        output.line(format_args!("cause:   {}: {}", self.cause, printable(&self.message)))?;
        output.line(format_args!("remedy:  {}", self.remedy))
    }
}

/// The text on one line, with nothing in it that a terminal would act on.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            char if char.is_control() => out.extend(char.escape_default()),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(printable("a\n中\x1b[31m\u{9b}"), "a\\n中\\u{1b}[31m\\u{9b}");
    }
}
