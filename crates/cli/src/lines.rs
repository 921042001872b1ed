//! Batches: one JSON object a line in, one a line out, in order, in constant memory.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};

use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::whole_lines::WholeLines;

/// The longest line that is read, in bytes.
const LINE_MAX: usize = 1024 * 1024;

/// The place in the input of an error line.
#[derive(Serialize)]
struct ErrorLine<'a> {
    error: ErrorMembers<'a>,
}

#[derive(Serialize)]
struct ErrorMembers<'a> {
    code: &'a str,
    message: &'a str,
}

/// Answers every line of a file, or of standard input for `-`. `answer` writes its line and says how the line ended; the
/// message of a failure is written in its place, and the rest goes on.
///
/// The result is [`Exit::Failed`] if a line failed, otherwise the worst that `answer` said.
pub(crate) fn answer_each(
    from: &str,
    to: Option<&str>,
    mut answer: impl FnMut(&[u8], &mut Output) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let mut input = BufReader::with_capacity(64 * 1024, open("--from", from, to)?);
    let output = WholeLines::to(to)?;
    let mut line = Vec::new();
    let mut worst = Exit::Done;
    loop {
        if input.buffer().is_empty() {
            // The next read may wait for a peer that waits for our answers.
            output.lines().flush()?;
        }
        let read = read_line(&mut input, &mut line);
        let mut output = output.lines();
        let outcome = match read {
            Ok(Line::End) => break,
            Ok(Line::Read) => answer(&line, &mut output),
            Ok(Line::TooLong) => Err(Failure::usage(
                "line-too-long",
                format_args!("the line is longer than {LINE_MAX} bytes"),
            )),
            Err(error) => return Err(Failure::io(format_args!("cannot read {from:?}"), &error)),
        };
        let exit = match outcome {
            Ok(exit) => exit,
            Err(Failure::PipeClosed) => return Err(Failure::PipeClosed),
            Err(Failure::Told { code, message, .. }) => {
                output.json(&ErrorLine { error: ErrorMembers { code, message: &message } })?;
                Exit::Failed
            }
        };
        worst = worse(worst, exit);
    }
    output.lines().flush()?;
    Ok(worst)
}

/// Opens the file of an option, or standard input for `-`. It must not be the file that the answers go to.
pub(crate) fn open(option: &str, from: &str, to: Option<&str>) -> Result<Box<dyn Read>, Failure> {
    if from == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let opened = File::open(from).map_err(|error| {
        Failure::io(format_args!("cannot read {from:?} ({option}); name a file, or -"), &error)
    })?;
    // Of two that cannot be told apart, one is not there, or is no file.
    let real = |path: &str| fs::canonicalize(path).ok();
    match to.and_then(real) {
        Some(to)
            if real(from).as_ref() == Some(&to)
                && opened.metadata().is_ok_and(|it| it.is_file()) =>
        {
            let message = format_args!(
                "{from:?} is read ({option}) and would be emptied (--output); name another file"
            );
            Err(Failure::usage("output-is-input", message))
        }
        _ => Ok(Box::new(opened)),
    }
}

/// A failed line outweighs a refused signature, and that one an expired one.
fn worse(a: Exit, b: Exit) -> Exit {
    let weight = |exit| match exit {
        Exit::Done => 0,
        Exit::Time => 1,
        Exit::Mismatch => 2,
        _ => 3,
    };
    if weight(b) > weight(a) { b } else { a }
}

enum Line {
    Read,
    TooLong,
    End,
}

/// Reads one line without its end; a longer one is skipped whole.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    let read = input.by_ref().take(LINE_MAX as u64 + 1).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(Line::End);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(Line::Read);
    }
    if line.len() <= LINE_MAX {
        return Ok(Line::Read);
    }
    line.clear();
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (length, done) = match end {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(length);
        if done {
            return Ok(Line::TooLong);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut input = BufReader::with_capacity(7, input);
        let mut line = Vec::new();
        let mut lines = Vec::new();
        loop {
            match read_line(&mut input, &mut line).unwrap() {
                Line::Read => lines.push(Some(line.clone())),
                Line::TooLong => lines.push(None),
                Line::End => return lines,
            }
        }
    }

    #[test]
    fn lines_are_split_and_the_last_needs_no_end() {
        let some = |text: &[u8]| Some(text.to_vec());
        assert_eq!(lines(b"a\n\nb"), [some(b"a"), some(b""), some(b"b")]);
        assert_eq!(lines(b"a\n"), [some(b"a")]);
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_line_over_the_limit_is_skipped_whole() {
        let longest = vec![b'x'; LINE_MAX];
        let longer = vec![b'y'; LINE_MAX + 1];
        let input = [&longest[..], b"\n", &longer, b"\nz\n", &longer].concat();
        assert_eq!(lines(&input), [Some(longest), None, Some(b"z".to_vec()), None]);
    }

    #[test]
    fn the_worst_outcome_counts() {
        assert_eq!(worse(Exit::Done, Exit::Time), Exit::Time);
        assert_eq!(worse(Exit::Mismatch, Exit::Time), Exit::Mismatch);
        assert_eq!(worse(Exit::Mismatch, Exit::Failed), Exit::Failed);
    }
}
