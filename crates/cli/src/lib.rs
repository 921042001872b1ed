//! `cospass`: sign, hand out, use, check and explain pre-signed access to Tencent Cloud COS.
//!
//! The command as a function: the program `cospass` is one caller of it, the Python package another, whose wheel brings the
//! command without a second copy of everything.

mod cdn_url;
mod curl;
mod demo;
mod doctor;
mod duration;
mod environment;
mod exit;
mod explain;
mod health;
mod json;
mod lines;
mod logging;
mod manual;
mod output;
mod pairs;
mod place;
mod policy;
mod post_form;
mod runtime;
mod sent;
mod serve;
mod shell;
mod sign;
mod size;
mod target;
mod token;
mod transfer;
mod verify;
mod warnings;
mod whoami;
mod whole_lines;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use cdn_url::CdnUrlArgs;
use demo::DemoArgs;
use doctor::DoctorArgs;
use exit::{Exit, Failure};
use explain::ExplainArgs;
use health::HealthArgs;
use logging::LogArgs;
use manual::{CompletionsArgs, ManArgs};
use policy::PolicyArgs;
use post_form::PostFormArgs;
use serve::ServeArgs;
use sign::{Product, SignArgs};
use token::TokenArgs;
use verify::VerifyArgs;
use whoami::WhoamiArgs;

/// Pre-signed access to Tencent Cloud COS: sign it, hand it out, use it, check it, and explain why it was refused.
///
/// Credentials come from the environment (COS_SECRET_ID, COS_SECRET_KEY and, for temporary ones, COS_SESSION_TOKEN), from the
/// files of coscli, coscmd, tccli and the SDKs, from the pod or from the machine: `cospass whoami` tells from where.
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
    /// Sign an upload form: HTML that uploads without credentials, within what is named
    #[command(after_help = post_form::MORE_HELP)]
    PostForm(PostFormArgs),
    /// Make a URL that a CDN lets in, by the CDN's own authentication
    #[command(after_help = cdn_url::MORE_HELP)]
    CdnUrl(CdnUrlArgs),
    /// Check a signature: "accepted …" or "refused: CAUSE …"
    #[command(after_help = verify::MORE_HELP)]
    Verify(VerifyArgs),
    /// Find out why a signature does not hold, stage by stage, and what to do
    #[command(after_help = explain::MORE_HELP)]
    Explain(ExplainArgs),
    /// Write policies of the least privilege, ask them, and compare them
    Policy(PolicyArgs),
    /// Get temporary keys from STS, which may do what a policy says
    #[command(after_help = token::MORE_HELP)]
    Token(TokenArgs),
    /// Run an endpoint that honours valid signatures and refuses every other request
    Serve(ServeArgs),
    /// Upload files, folders or standard input
    #[command(after_help = transfer::PUT_EXAMPLES)]
    Put(transfer::PutArgs),
    /// Download objects
    #[command(after_help = transfer::GET_EXAMPLES)]
    Get(transfer::GetArgs),
    /// List what a bucket holds, or the buckets
    Ls(transfer::ListArgs),
    /// Remove objects
    Rm(transfer::RemoveArgs),
    /// Copy objects within the service
    Cp(transfer::CopyArgs),
    /// Tell what an object is
    Stat(transfer::StatArgs),
    /// Write objects to standard output
    Cat(transfer::CatArgs),
    /// Make a bucket
    Mb(transfer::MakeArgs),
    /// Remove a bucket
    Rb(transfer::RemoveBucketArgs),
    /// Upload a file and print a URL that downloads it
    #[command(after_help = transfer::SHARE_EXAMPLES)]
    Share(transfer::ShareArgs),
    /// Upload with a pre-signed URL or a bundle, without credentials
    #[command(after_help = transfer::UPLOAD_EXAMPLES)]
    Upload(transfer::UploadArgs),
    /// Download with a pre-signed URL, without credentials
    #[command(after_help = transfer::DOWNLOAD_EXAMPLES)]
    Download(transfer::DownloadArgs),
    /// Make a bundle: pre-signed URLs for an upload in parts
    #[command(after_help = transfer::BUNDLE_EXAMPLES)]
    Bundle(transfer::BundleArgs),
    /// Tell which credentials are used, where they come from, and why not from elsewhere
    #[command(after_help = whoami::MORE_HELP)]
    Whoami(WhoamiArgs),
    /// Find out what is wrong with a bucket, a domain, the clock or the credentials, and what to do
    #[command(after_help = doctor::MORE_HELP)]
    Doctor(DoctorArgs),
    /// Ask the control listener of an endpoint whether it is ready: exit code 0 if it is, else 6
    Health(HealthArgs),
    /// See a file go up and come down through pre-signed URLs, and three refusals
    Demo(DemoArgs),
    /// Print the completions of a shell
    #[command(after_help = manual::MORE_HELP)]
    Completions(CompletionsArgs),
    /// Write the manual pages into a folder
    Man(ManArgs),
}

/// Runs the command with its arguments, of which the first is its own name, and returns the exit code. Data goes to standard
/// output, everything else to standard error; Ctrl-C and SIGTERM are listened for while something can be ended in order.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let exit = match Cli::try_parse_from(arguments) {
        Ok(cli) => exit::report(perform(cli)),
        Err(told) => {
            // Help that nobody reads any more is no failure.
            let _ = told.print();
            if told.use_stderr() { Exit::Usage } else { Exit::Done }
        }
    };
    exit as u8
}

fn perform(cli: Cli) -> Result<Exit, Failure> {
    // What the endpoint logs, its file may say.
    if !matches!(cli.command, Command::Serve(_)) {
        cli.log.start(None)?;
    }
    match cli.command {
        Command::Presign(args) => sign::run(args, Product::Url),
        Command::Auth(args) => sign::run(args, Product::Authorization),
        Command::PostForm(args) => post_form::run(args),
        Command::CdnUrl(args) => cdn_url::run(&args),
        Command::Verify(args) => verify::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Policy(args) => policy::run(args),
        Command::Token(args) => token::run(&args),
        Command::Serve(args) => serve::run(args, &cli.log),
        Command::Put(args) => transfer::put(args),
        Command::Get(args) => transfer::get(args),
        Command::Ls(args) => transfer::list(args),
        Command::Rm(args) => transfer::remove(args),
        Command::Cp(args) => transfer::copy(args),
        Command::Stat(args) => transfer::stat(args),
        Command::Cat(args) => transfer::cat(args),
        Command::Mb(args) => transfer::make(args),
        Command::Rb(args) => transfer::remove_bucket(args),
        Command::Share(args) => transfer::share(args),
        Command::Upload(args) => transfer::upload(args),
        Command::Download(args) => transfer::download(args),
        Command::Bundle(args) => transfer::bundle(args),
        Command::Whoami(args) => whoami::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Health(args) => health::run(&args),
        Command::Demo(args) => demo::run(args),
        Command::Completions(args) => manual::completions(&args, Cli::command()),
        Command::Man(args) => manual::man(&args, Cli::command()),
    }
}
