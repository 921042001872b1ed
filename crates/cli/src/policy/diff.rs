//! `cospass policy diff`: what one policy permits that another does not. Offline.

use clap::Args;
use cospass_protocol::policy::{Difference, additions};

use super::file::{PolicyFile, check_read_once};
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::shell::quote;

/// What `--help` says of the lines.
pub(crate) const MORE_HELP: &str = r#"A line on standard output is `+` (B permits, A does not) or `-` (A permits, B does not), the action, the statement that
permits it, and a request that shows it, in the words of `cospass policy check`. The exit code is 5 if there is a `+`.

Each line is real. Both policies are asked about requests at the edges of what they say; where a policy has so many
conditions that their combinations cannot all be tried, a difference may stay unfound."#;

#[derive(Args)]
pub(crate) struct DiffArgs {
    /// The policy as it was: a file, or - for standard input
    #[arg(value_name = "A")]
    from: String,

    /// The policy as it is to be
    #[arg(value_name = "B")]
    to: String,

    /// When the requests are sent, in Unix seconds, instead of now
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    now: Option<i64>,
}

/// Compares.
pub(crate) fn run(args: &DiffArgs) -> Result<Exit, Failure> {
    check_read_once([args.from.as_str(), &args.to])?;
    let from = PolicyFile::read_own(&args.from)?.policy;
    let to = PolicyFile::read_own(&args.to)?.policy;
    let now = args.now.unwrap_or_else(environment::now);
    let added = additions(&from, &to, now);
    let removed = additions(&to, &from, now);
    let mut output = Output::stdout();
    for (mark, differences) in [('+', &added), ('-', &removed)] {
        for difference in differences {
            output.line(line(mark, difference))?;
        }
    }
    output.flush()?;
    Ok(if added.is_empty() { Exit::Done } else { Exit::Mismatch })
}

fn line(mark: char, difference: &Difference) -> String {
    let words = difference.example.words();
    let words: Vec<_> = words.iter().map(|word| quote(word)).collect();
    format!("{mark} {difference}: {}", words.join(" "))
}
