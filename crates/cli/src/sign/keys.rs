//! `--keys`: one key a line in, one URL a line out, in order, in constant memory, at the speed of a batch.
//!
//! A line is a key as it is, appended to the prefix; there is nothing to quote or to escape, so that a name with a line feed has
//! no line: `--from` takes it. A line for which there is no URL is answered by an empty line, so that line N of the one is line N
//! of the other, and told by its number and its text.

use std::io::{IsTerminal, Read};

use cospass_protocol::{Batch, Urls};
use indicatif::{ProgressBar, ProgressStyle};

use super::request::{Request, Signer};
use super::{Product, Told, tell_headers, tell_risks};
use crate::exit::{Exit, Failure};
use crate::lines;
use crate::output::note;
use crate::whole_lines::WholeLines;

/// So many bytes of lines are read at once, and no longer line is. Keys have 850 bytes at most.
const READ: usize = 256 * 1024;

/// Of a bad line so many bytes are shown.
const SHOWN: usize = 100;

/// Pre-signs the request for each key of a file; the key of the request is their prefix.
pub(super) fn presign(
    from: &str,
    to: Option<&str>,
    request: &Request<'_>,
    signer: &mut Signer,
    told: Told,
) -> Result<Exit, Failure> {
    if signer.product() == Product::Authorization {
        let message =
            "--keys makes URLs: use presign; auth signs one JSON object a line with --from";
        return Err(Failure::usage("keys-of-auth", message));
    }
    let (batch, presigned) = signer.batch(request)?;
    let warnings = told.of(&presigned)?;
    let input = lines::open("--keys", from, to)?;
    let output = WholeLines::to(to)?;
    tell_headers(&presigned);
    tell_risks(request, &warnings);
    let mut keys = Keys {
        prefix: request.key.as_str(),
        batch,
        output: &output,
        progress: Progress::new(to.is_some()),
        text: String::new(),
        ends: Vec::new(),
        urls: Urls::ending_in("\n"),
        answered: 0,
        failed: 0,
    };
    let read = keys.read_all(input, from);
    keys.progress.finish();
    read?;
    Ok(if keys.failed == 0 { Exit::Done } else { Exit::Failed })
}

/// Keys on their way to their URLs.
struct Keys<'a> {
    prefix: &'a str,
    batch: Batch,
    output: &'a WholeLines,
    progress: Progress,
    /// Those that are to be signed next, one behind the other, and where each ends.
    text: String,
    ends: Vec<usize>,
    urls: Urls,
    /// Lines.
    answered: u64,
    failed: u64,
}

impl Keys<'_> {
    fn read_all(&mut self, mut input: impl Read, name: &str) -> Result<(), Failure> {
        let mut buffer = vec![0; READ];
        let mut filled = 0;
        // Of a line that is longer than the buffer only the beginning is kept.
        let mut is_cut = false;
        loop {
            let room = buffer.get_mut(filled..).unwrap_or_default();
            let count = match input.read(room) {
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(Failure::io(format_args!("cannot read {name:?}"), &error));
                }
            };
            let read = buffer.get(..filled + count).unwrap_or_default();
            let whole = match read.iter().rposition(|&byte| byte == b'\n') {
                Some(last) => last + 1,
                None if count == 0 => read.len(),
                None => 0,
            };
            let (lines, rest) = read.split_at(whole);
            let mut lines = lines;
            if is_cut && !lines.is_empty() {
                // What is behind the beginning that was kept counts for nothing.
                let end =
                    lines.iter().position(|&byte| byte == b'\n').map_or(lines.len(), |at| at + 1);
                let (cut, others) = lines.split_at(end);
                self.refuse(cut, "the line is too long for a key")?;
                lines = others;
                is_cut = false;
            }
            self.answer(lines)?;
            if count == 0 {
                return Ok(());
            }
            let (from, kept) = (whole, rest.len());
            if kept == READ {
                is_cut = true;
                filled = SHOWN;
            } else {
                buffer.copy_within(from..from + kept, 0);
                filled = kept;
            }
        }
    }

    /// Answers lines, of which each but the last has an end.
    fn answer(&mut self, lines: &[u8]) -> Result<(), Failure> {
        let text = std::str::from_utf8(lines).ok();
        let mut begin = 0;
        while begin < lines.len() {
            let rest = lines.get(begin..).unwrap_or_default();
            let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            let line = without_return(rest.get(..length).unwrap_or_default());
            let key = match text {
                Some(text) => text.get(begin..begin + line.len()),
                None => std::str::from_utf8(line).ok(),
            };
            match key {
                Some("") => self.refuse(b"", "the line is empty; give a key")?,
                Some(key) => {
                    self.text.push_str(self.prefix);
                    self.text.push_str(key);
                    self.ends.push(self.text.len());
                }
                None => self.refuse(line, "the line is not UTF-8")?,
            }
            begin += length + 1;
        }
        self.sign()?;
        self.output.lines().flush()?;
        self.progress.at(self.answered);
        Ok(())
    }

    /// Answers a line that has no URL, behind those that were to be signed before it.
    fn refuse(&mut self, line: &[u8], why: &str) -> Result<(), Failure> {
        self.sign()?;
        self.tell(line, why)
    }

    fn tell(&mut self, line: &[u8], why: &str) -> Result<(), Failure> {
        self.answered += 1;
        self.failed += 1;
        let line = without_return(line.strip_suffix(b"\n").unwrap_or(line));
        let shown = line.get(..SHOWN).unwrap_or(line).escape_ascii();
        let number = self.answered;
        self.progress.pause(|| note(format_args!("cospass: line {number}: {why}: \"{shown}\"")));
        self.output.lines().lines("\n")
    }

    /// Signs what was gathered.
    fn sign(&mut self) -> Result<(), Failure> {
        let (text, ends) = (std::mem::take(&mut self.text), std::mem::take(&mut self.ends));
        let mut first = 0;
        loop {
            self.urls.clear();
            let left = ends.get(first..).unwrap_or_default();
            let error = self.batch.presign(keys(&text, &ends, first), &mut self.urls).err();
            let signed = error.as_ref().map_or(left.len(), |error| error.position);
            if error.is_some() {
                let before = keys(&text, &ends, first).take(signed);
                self.batch
                    .presign(before, &mut self.urls)
                    .map_err(|error| Failure::usage(error.cause(), error))?;
            }
            self.output.lines().lines(self.urls.text())?;
            self.answered += signed as u64;
            let Some(error) = error else { break };
            let key = keys(&text, &ends, first + signed).next().unwrap_or_default();
            let line = key.strip_prefix(self.prefix).unwrap_or_default().as_bytes();
            self.tell(line, &error.reason.to_string())?;
            first += signed + 1;
        }
        (self.text, self.ends) = (text, ends);
        self.text.clear();
        self.ends.clear();
        Ok(())
    }
}

/// The keys of a text from one on.
fn keys<'t>(text: &'t str, ends: &[usize], first: usize) -> impl Iterator<Item = &'t str> {
    let begin = first.checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or_default();
    ends.get(first..)
        .unwrap_or_default()
        .iter()
        .scan(begin, |begin, &end| text.get(std::mem::replace(begin, end)..end))
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// How many lines were answered, on a terminal that nothing else is written to.
struct Progress(Option<ProgressBar>);

impl Progress {
    fn new(to_file: bool) -> Self {
        let is_seen =
            std::io::stderr().is_terminal() && (to_file || !std::io::stdout().is_terminal());
        let bar = is_seen.then(ProgressBar::no_length);
        let style = ProgressStyle::with_template("   {human_pos} URLs, {per_sec}");
        if let (Some(bar), Ok(style)) = (&bar, style) {
            bar.set_style(style);
        }
        Progress(bar)
    }

    fn at(&self, lines: u64) {
        self.0.iter().for_each(|bar| bar.set_position(lines));
    }

    /// Takes the line away while something else is told.
    fn pause(&self, tell: impl FnOnce()) {
        match &self.0 {
            Some(bar) => bar.suspend(tell),
            None => tell(),
        }
    }

    fn finish(&self) {
        self.0.iter().for_each(ProgressBar::finish_and_clear);
    }
}
