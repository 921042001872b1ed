//! What is told of transfers: bars on a terminal, plain lines elsewhere, JSON lines on standard output when asked for,
//! nothing but failures with `-q`.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cospass::{Error, Progress};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;

use super::MoveArgs;
use super::failure::printable;
use crate::output::{Output, note};

/// How often progress is told where nobody sees a bar.
const EVERY: Duration = Duration::from_secs(5);

const BAR: &str = "{msg:30!} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";

/// Tells of all transfers of a command.
#[derive(Clone)]
pub(super) struct Reporter {
    form: Form,
    /// The bytes of all files, where there are several.
    total: Option<ProgressBar>,
}

#[derive(Clone)]
enum Form {
    Quiet,
    Plain,
    Json,
    Bars(MultiProgress),
}

#[derive(Serialize)]
struct Event<'a> {
    event: &'a str,
    from: &'a str,
    to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crc64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Told<'a>>,
}

#[derive(Serialize)]
struct Told<'a> {
    code: &'a str,
    message: String,
}

/// What came of one transfer.
pub(super) struct Moved {
    pub(super) bytes: u64,
    pub(super) crc64: Option<u64>,
    pub(super) etag: String,
}

impl Reporter {
    /// For so many files of so many bytes.
    pub(super) fn new(args: &MoveArgs, files: usize, bytes: u64) -> Self {
        let form = match (args.json, args.quiet) {
            (true, _) => Form::Json,
            (_, true) => Form::Quiet,
            _ if std::io::stderr().is_terminal() => Form::Bars(MultiProgress::new()),
            _ => Form::Plain,
        };
        let total = match &form {
            Form::Bars(bars) if files > 1 => Some(bars.add(bar("all", bytes))),
            _ => None,
        };
        Self { form, total }
    }

    pub(super) fn begin(&self, from: &str, to: &str, size: Option<u64>) -> Report {
        let own = match &self.form {
            Form::Bars(bars) => Some(bars.add(bar(&printable(from), size.unwrap_or_default()))),
            _ => None,
        };
        let report = Report {
            form: self.form.clone(),
            from: from.to_owned(),
            to: to.to_owned(),
            bar: own,
            total: self.total.clone(),
            last: Arc::new(Mutex::new((Instant::now(), 0))),
        };
        report.event("start", |event| event.bytes = size);
        report
    }

    /// What would be done.
    pub(super) fn would(&self, from: &str, to: &str, size: Option<u64>) {
        let report = self.begin_silently(from, to);
        report.event("would", |event| event.bytes = size);
        if !matches!(self.form, Form::Json) {
            note(format_args!("would: {} -> {}", printable(from), printable(to)));
        }
    }

    fn begin_silently(&self, from: &str, to: &str) -> Report {
        Report {
            form: self.form.clone(),
            from: from.to_owned(),
            to: to.to_owned(),
            bar: None,
            total: None,
            last: Arc::new(Mutex::new((Instant::now(), 0))),
        }
    }

    pub(super) fn end(&self) {
        self.total.iter().for_each(ProgressBar::finish_and_clear);
    }
}

fn bar(name: &str, bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    if let Ok(style) = ProgressStyle::with_template(BAR) {
        bar.set_style(style);
    }
    bar.set_message(name.to_owned());
    bar
}

/// Tells of one transfer.
#[derive(Clone)]
pub(super) struct Report {
    form: Form,
    from: String,
    to: String,
    bar: Option<ProgressBar>,
    total: Option<ProgressBar>,
    /// When progress was last told, and how far it was.
    last: Arc<Mutex<(Instant, u64)>>,
}

impl Report {
    pub(super) fn progress(&self, progress: Progress) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(total) = &self.total {
            match progress.done.checked_sub(last.1) {
                Some(more) => total.inc(more),
                None => total.dec(last.1 - progress.done),
            }
            last.1 = progress.done;
        }
        if let Some(bar) = &self.bar {
            progress.total.iter().for_each(|total| bar.set_length(*total));
            bar.set_position(progress.done);
            return;
        }
        if last.0.elapsed() < EVERY {
            return;
        }
        last.0 = Instant::now();
        drop(last);
        self.event("progress", |event| {
            event.done = Some(progress.done);
            event.bytes = progress.total;
        });
        if matches!(self.form, Form::Plain) {
            let total = progress.total.map(|total| format!(" of {total}")).unwrap_or_default();
            note(format_args!("{}: {}{total} bytes", printable(&self.from), progress.done));
        }
    }

    pub(super) fn done(&self, moved: &Moved) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
        self.event("done", |event| {
            event.bytes = Some(moved.bytes);
            event.crc64 = moved.crc64.map(|crc64| crc64.to_string());
            event.etag = Some(moved.etag.as_str()).filter(|etag| !etag.is_empty());
        });
        let (from, to) = (printable(&self.from), printable(&self.to));
        let line = format!("{from} -> {to} ({} bytes)", moved.bytes);
        match &self.form {
            Form::Plain => note(line),
            Form::Bars(bars) => drop(bars.println(line)),
            Form::Quiet | Form::Json => {}
        }
    }

    pub(super) fn failed(&self, error: &Error) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
        let told = || Told { code: error.cause(), message: error.to_string() };
        self.event("failed", |event| event.error = Some(told()));
    }

    fn event<'a>(&'a self, name: &'a str, fill: impl FnOnce(&mut Event<'a>)) {
        if !matches!(self.form, Form::Json) {
            return;
        }
        let mut event = Event {
            event: name,
            from: &self.from,
            to: &self.to,
            done: None,
            bytes: None,
            crc64: None,
            etag: None,
            error: None,
        };
        fill(&mut event);
        let mut output = Output::stdout();
        // A reader that goes away does not end the transfer.
        let _ = output.json(&event).and_then(|()| output.flush());
    }
}
