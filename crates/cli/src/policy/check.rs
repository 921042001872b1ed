//! `cospass policy check`: what a policy says of one request. Nothing is sent.

use clap::Args;
use cospass_protocol::Warning;

use super::asker::AskerArgs;
use super::file::PolicyFile;
use super::request::RequestArgs;
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::place::RegionArgs;
use crate::warnings::WarningArgs;

/// What `--help` says of the answer.
pub(crate) const MORE_HELP: &str = r#"The first word on standard output is `allowed` (exit code 0) or `denied` (5); then comes the statement that decides,
or the action and the resource that nothing allows. POST to a key without parameters is a form that uploads it; -H gives
its fields. A policy that names principals is a bucket's, and is asked for an unsigned request, or for --as.

Examples:
  cospass policy check policy.json PUT cos://photos-1250000000/u/42/a.jpg -H 'Content-Type: image/png' --region ap-guangzhou
  cospass policy check policy.json GET cos://photos-1250000000/ -q prefix=u/42/ --from-ip 192.0.2.1 --region ap-guangzhou"#;

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// A file, or - for standard input
    policy: String,

    #[command(flatten)]
    request: RequestArgs,

    #[command(flatten)]
    region: RegionArgs,

    /// When it is sent, in Unix seconds, instead of now
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    now: Option<i64>,

    #[command(flatten)]
    asker: AskerArgs,

    #[command(flatten)]
    warnings: WarningArgs,
}

/// Asks.
pub(crate) fn run(args: CheckArgs) -> Result<Exit, Failure> {
    let file = PolicyFile::read(&args.policy)?;
    args.warnings.tell(&Warning::of_policy(&file.policy))?;
    let region = args.region.region()?;
    let now = args.now.unwrap_or_else(environment::now);
    let question = args.request.question(region.name(), now);
    let answer = args.asker.asker(&args.policy, &file)?.ask(&file, &question)?;
    let mut output = Output::stdout();
    output.line(&answer)?;
    output.flush()?;
    Ok(if answer.is_allowed { Exit::Done } else { Exit::Mismatch })
}
