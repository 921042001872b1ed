//! An explanation as a person reads it.

use cospass_sign::explain::{Cause, Explanation, Verdict};

use crate::exit::{Exit, Failure};
use crate::output::Output;

/// With which code the command ends.
pub(super) fn exit(cause: &Cause) -> Exit {
    match cause {
        Cause::Accepted { .. } => Exit::Done,
        cause if cause.is_time() => Exit::Time,
        Cause::Unverified => Exit::Credentials,
        _ => Exit::Mismatch,
    }
}

/// Writes the stages, one over the other where they part, then the cause and what to do.
pub(super) fn write(explanation: &Explanation, output: &mut Output) -> Result<(), Failure> {
    let stages = explanation.stages();
    let width = stages.iter().map(|stage| stage.name.chars().count()).max();
    let width = width.unwrap_or_default();
    for stage in stages {
        let (name, here) = (&stage.name, printable(&stage.here));
        let verdict = match stage.verdict {
            Verdict::Same => "same",
            Verdict::Differs => "differs",
            Verdict::Unknown => "unknown",
        };
        match stage.there.as_deref().filter(|_| stage.verdict == Verdict::Differs) {
            None => output.line(format_args!("{verdict:<8} {name:<width$}  {here}"))?,
            Some(there) => {
                let there = printable(there);
                output.line(format_args!("{verdict:<8} {name:<width$}  here   {here}"))?;
                output.line(format_args!("{:8} {:width$}  there  {there}", "", ""))?;
            }
        }
    }
    if stages.iter().any(|stage| stage.verdict == Verdict::Differs) {
        output.line("(here: as it is sent; there: as it was signed, or as the server saw it)")?;
    }
    let cause = explanation.cause();
    output.line(format_args!("cause:   {}: {}", cause.id(), printable(&cause.to_string())))?;
    output.line(format_args!("remedy:  {}", cause.remedy()))
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
