//! `cospass`: sign, hand out, use, check and explain pre-signed access to Tencent Cloud COS.

mod curl;
mod demo;
mod duration;
mod environment;
mod exit;
mod explain;
mod health;
mod json;
mod lines;
mod logging;
mod output;
mod pairs;
mod runtime;
mod sent;
mod serve;
mod shell;
mod sign;
mod target;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use demo::DemoArgs;
use exit::{Exit, Failure};
use explain::ExplainArgs;
use health::HealthArgs;
use logging::LogArgs;
use serve::ServeArgs;
use sign::{Product, SignArgs};
use verify::VerifyArgs;

/// Pre-signed access to Tencent Cloud COS: sign it, hand it out, use it, check it, and explain why it was refused.
///
/// Credentials come from the environment: COS_SECRET_ID, COS_SECRET_KEY and, for temporary ones, COS_SESSION_TOKEN.
/// Data goes to standard output, everything else to standard error.
#[derive(Parser)]
#[command(name = "cospass", version, after_help = exit::EXIT_CODES, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    log: LogArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Pre-sign a URL
    #[command(after_help = sign::MORE_HELP)]
    Presign(SignArgs),
    /// Make the value of an Authorization header
    #[command(after_help = sign::MORE_HELP)]
    Auth(SignArgs),
    /// Check a signature: "accepted …" or "refused: CAUSE …"
    #[command(after_help = verify::MORE_HELP)]
    Verify(VerifyArgs),
    /// Find out why a signature does not hold, stage by stage, and what to do
    #[command(after_help = explain::MORE_HELP)]
    Explain(ExplainArgs),
    /// Run an endpoint that honours valid signatures and refuses every other request
    Serve(ServeArgs),
    /// Ask the control listener of an endpoint whether it is ready: exit code 0 if it is, else 6
    Health(HealthArgs),
    /// See a file go up and come down through pre-signed URLs, and three refusals
    Demo(DemoArgs),
}

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => exit::report(run(cli)),
        Err(told) => {
            // Help that nobody reads any more is no failure.
            let _ = told.print();
            if told.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
        }
    }
}

fn run(cli: Cli) -> Result<Exit, Failure> {
    logging::start(&cli.log)?;
    match cli.command {
        Command::Presign(args) => sign::run(args, Product::Url),
        Command::Auth(args) => sign::run(args, Product::Authorization),
        Command::Verify(args) => verify::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Health(args) => health::run(&args),
        Command::Demo(args) => demo::run(args),
    }
}
