//! `cospass policy check`: what a policy says of one request. Nothing is sent.

use std::net::IpAddr;

use clap::Args;
use cospass_protocol::operation::Resource;
use cospass_protocol::policy::{Identity, PolicyKind, Question};

use super::file::PolicyFile;
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::pairs::{Pair, parse_header, parse_param};
use crate::place::RegionArgs;
use crate::target::{Target, parse_target};

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

    /// The HTTP method: GET, PUT, HEAD, DELETE, POST
    method: String,

    /// cos://BUCKET/KEY, or cos://BUCKET/ for the bucket
    #[arg(value_parser = parse_target)]
    target: Target,

    #[command(flatten)]
    region: RegionArgs,

    /// A header of the request
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    headers: Vec<Pair>,

    /// A query parameter, raw
    #[arg(short = 'q', long = "param", value_name = "NAME[=VALUE]", value_parser = parse_param, allow_hyphen_values = true)]
    params: Vec<Pair>,

    /// The address that the request comes from
    #[arg(long, value_name = "IP")]
    from_ip: Option<IpAddr>,

    /// When it is sent, in Unix seconds, instead of now
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    now: Option<i64>,

    /// The version of TLS, or none for plain HTTP
    #[arg(long, value_name = "VERSION", default_value = "1.2")]
    tls: String,

    /// Who asks, of a bucket's policy: qcs::cam::uin/OWNER:uin/USER
    #[arg(long = "as", value_name = "PRINCIPAL", value_parser = parse_identity)]
    identity: Option<Identity>,
}

fn parse_identity(text: &str) -> Result<Identity, String> {
    Identity::from_id(text).ok_or_else(|| {
        "it is no principal; write qcs::cam::uin/OWNER:uin/USER, or leave it out for an unsigned request".to_owned()
    })
}

/// Asks.
pub(crate) fn run(args: CheckArgs) -> Result<Exit, Failure> {
    let file = PolicyFile::read(&args.policy)?;
    let resource = Resource::new(args.target.bucket, args.target.key);
    let region = args.region.region()?;
    let now = args.now.unwrap_or_else(environment::now);
    let question = Question {
        params: args.params,
        headers: args.headers,
        ip: args.from_ip,
        tls: Some(args.tls).filter(|version| version != "none"),
        ..Question::new(&args.method, resource, region.name(), now)
    };
    let answer = match (file.kind, &args.identity) {
        (PolicyKind::Identity, Some(identity)) => {
            let message = format_args!(
                "{} names no principals and counts for whoever has it; leave --as {} out",
                args.policy,
                identity.id()
            );
            return Err(Failure::usage("principal", message));
        }
        (PolicyKind::Identity, None) => question.answer(&file.policy),
        (PolicyKind::Bucket, identity) => {
            question.answer_of_bucket(&file.policy, identity.as_ref())
        }
    };
    let answer = answer.map_err(|error| Failure::usage("request", error))?;
    let mut output = Output::stdout();
    output.line(&answer)?;
    output.flush()?;
    Ok(if answer.is_allowed { Exit::Done } else { Exit::Mismatch })
}
