//! How far a transfer is: a bar on a terminal, plain lines elsewhere. Both on standard error.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::note;

/// The progress of one transfer.
pub(super) struct Progress {
    verb: &'static str,
    total: u64,
    done: u64,
    /// `None` where nobody looks at a terminal.
    bar: Option<ProgressBar>,
    /// The quarters that were told.
    quarters: u64,
}

impl Progress {
    /// A transfer of `total` bytes.
    pub(super) fn new(verb: &'static str, total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| ProgressBar::new(total));
        let style = ProgressStyle::with_template(
            "   {msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}",
        );
        if let (Some(bar), Ok(style)) = (&bar, style) {
            bar.set_style(style);
            bar.set_message(verb);
        }
        Progress { verb, total, done: 0, bar, quarters: 0 }
    }

    /// So many bytes more are through.
    pub(super) fn advance(&mut self, bytes: u64) {
        self.done += bytes;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
            return;
        }
        let quarters = (self.done * 4).checked_div(self.total).unwrap_or(4);
        if quarters > self.quarters {
            self.quarters = quarters;
            note(format_args!("   {}: {} of {} bytes", self.verb, self.done, self.total));
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
