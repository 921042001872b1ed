//! `cospass policy`: policies of the least privilege, written, asked and compared. Offline, but for `prove`.

mod check;
mod file;
mod intent;

use clap::{Args, Subcommand};

use crate::exit::{Exit, Failure};

#[derive(Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Ask a policy whether a request may be made: "allowed …" or "denied …"
    #[command(after_help = check::MORE_HELP)]
    Check(check::CheckArgs),
    /// Write the smallest policy that permits what is named
    #[command(after_help = intent::MORE_HELP)]
    For(intent::ForArgs),
}

pub(crate) fn run(args: PolicyArgs) -> Result<Exit, Failure> {
    match args.command {
        PolicyCommand::Check(args) => check::run(args),
        PolicyCommand::For(args) => intent::run(args),
    }
}
