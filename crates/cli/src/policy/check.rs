//! `cospass policy check`: what a policy says of one request. Nothing is sent.

use clap::Args;
use cospass_protocol::Warning;
use cospass_protocol::policy::{Answer, Question};

use super::asker::{Asker, AskerArgs};
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
its fields. A policy that names principals is a bucket's, and is asked for an unsigned request, or for --as. Without a
region the bucket is taken to be in that which the policy names; one that names several has to say the same in each.

Examples:
  cospass policy check policy.json PUT cos://photos-1250000000/u/42/a.jpg -H 'Content-Type: image/png'
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
    let now = args.now.unwrap_or_else(environment::now);
    let question = args.request.question("", now);
    let asker = args.asker.asker(&args.policy, &file)?;
    let answer = match args.region.region()? {
        Some(region) => asker.ask(&file, &question.within(region.name()))?,
        None => anywhere(&args.policy, &file, &asker, &question)?,
    };
    let mut output = Output::stdout();
    output.line(&answer)?;
    output.flush()?;
    Ok(if answer.is_allowed { Exit::Done } else { Exit::Mismatch })
}

/// What the policy says wherever the bucket may be, by its own words; an error if that differs.
fn anywhere(
    path: &str,
    file: &PolicyFile,
    asker: &Asker,
    question: &Question,
) -> Result<Answer, Failure> {
    let mut regions = file.policy.regions().into_iter();
    let Some(first) = regions.next() else { return asker.ask(file, question) };
    let answer = asker.ask(file, &question.within(first))?;
    for region in regions {
        let other = asker.ask(file, &question.within(region))?;
        if other.is_allowed != answer.is_allowed {
            let message = format_args!(
                "the region decides, give --region, or set COS_REGION: {path} says {answer}; but {other}"
            );
            return Err(Failure::usage("region-missing", message));
        }
    }
    Ok(answer)
}
