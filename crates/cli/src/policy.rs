//! `cospass policy`: policies of the least privilege, written, asked and compared. Offline, but for `prove`.

mod asker;
mod check;
mod diff;
mod file;
mod from_log;
mod intent;
mod prove;
mod request;

use clap::{Args, Subcommand};

pub(crate) use file::PolicyFile;

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
    /// Say what one policy permits that another does not, with a request that shows it
    #[command(after_help = diff::MORE_HELP)]
    Diff(diff::DiffArgs),
    /// Run requests against a private endpoint with a policy: what is to be allowed, and what denied
    #[command(after_help = prove::MORE_HELP)]
    Prove(prove::ProveArgs),
    /// Learn a policy from the access log of an endpoint
    #[command(after_help = from_log::MORE_HELP)]
    FromLog(from_log::FromLogArgs),
}

pub(crate) fn run(args: PolicyArgs) -> Result<Exit, Failure> {
    match args.command {
        PolicyCommand::Check(args) => check::run(args),
        PolicyCommand::For(args) => intent::run(args),
        PolicyCommand::Diff(args) => diff::run(&args),
        PolicyCommand::Prove(args) => prove::run(args),
        PolicyCommand::FromLog(args) => from_log::run(&args),
    }
}
