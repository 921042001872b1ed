//! `cospass policy prove`: a policy is tried. A private endpoint of this process, in memory, has it, and each request is really sent.
//!
//! The policy of temporary keys is proved with temporary keys: the account asks the endpoint's own STS for them with that
//! policy, so that what is proved is what will be handed out, and nothing but the policy narrows what the account may do. A
//! user's policy is proved by a user of the account, a bucket's by whom `--as` names. A request that gets past the policy is
//! answered by whatever its operation says, 404 for an object that is not there; one that does not, by 403 `AccessDenied`.

mod form;
mod private;
mod send;

use std::collections::BTreeSet;
use std::fmt;

use clap::Args;
use cospass::Region;
use cospass_protocol::Warning;
use cospass_protocol::policy::Question;

use super::asker::{Asker, AskerArgs};
use super::file::{PolicyFile, check_read_once, text_of};
use super::request::read_line;
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::place::{DEFAULT_REGION, RegionArgs};
use crate::runtime::block_on;
use crate::shell::quote;
use crate::warnings::WarningArgs;
use private::{Private, Subject};

/// What `--help` says of the files.
pub(crate) const MORE_HELP: &str = r#"A file of requests has one a line, in the words of `cospass policy check`: a method, a target, and -H, -q as needed;
lines that begin with # are comments. A body is as long as its Content-Length says, and made of zeros.

  # allow.txt
  PUT cos://photos-1250000000/u/42/a.png -H 'Content-Type: image/png' -H 'Content-Length: 1000'
  # deny.txt
  PUT cos://photos-1250000000/u/43/a.png -H 'Content-Type: image/png' -H 'Content-Length: 1000'
  GET cos://photos-1250000000/u/42/a.png

Each is sent to an endpoint in this process, in the region that the policy names if none is given, with temporary keys that
its STS gave out for the policy, and asked about offline as well. With --user a user has the policy instead. A policy that
names principals is a bucket's: each bucket has it, and requests are unsigned, or of the user whom --as names.

A line on standard output is `ok` or `FAIL`, what happened, and the request. The exit code is 5 if one failed. Requests
come over plain HTTP from 127.0.0.1, so --from-ip and --tls cannot be proved: ask for them with `cospass policy check`.

Example:
  cospass policy prove policy.json --allow allow.txt --deny deny.txt"#;

#[derive(Args)]
pub(crate) struct ProveArgs {
    /// The policy: a file, or - for standard input
    policy: String,

    /// A file of requests that the policy is to permit
    #[arg(long, value_name = "FILE", required_unless_present = "deny")]
    allow: Option<String>,

    /// A file of requests that the policy is not to permit
    #[arg(long, value_name = "FILE")]
    deny: Option<String>,

    /// The policy is a user's, rather than one of temporary keys
    #[arg(long, conflicts_with = "identity")]
    user: bool,

    #[command(flatten)]
    asker: AskerArgs,

    #[command(flatten)]
    region: RegionArgs,

    #[command(flatten)]
    warnings: WarningArgs,
}

/// A request, and what the policy is to say of it.
struct Case {
    is_to_be_allowed: bool,
    question: Question,
}

/// Proves.
pub(crate) fn run(args: ProveArgs) -> Result<Exit, Failure> {
    let files = [Some(&args.policy), args.allow.as_ref(), args.deny.as_ref()];
    check_read_once(files.into_iter().flatten().map(String::as_str))?;
    let policy = PolicyFile::read(&args.policy)?;
    let asker = args.asker.asker(&args.policy, &policy)?;
    if args.user && !matches!(asker, Asker::Holder) {
        let message = format_args!(
            "{} names principals, so it is a bucket's; leave --user out, or the principals",
            args.policy
        );
        return Err(Failure::usage("policy-of-bucket", message));
    }
    args.warnings.tell(&Warning::of_policy(&policy.policy))?;
    let region = match args.region.region()? {
        Some(region) => region,
        None => region_of(&args.policy, &policy)?,
    };
    let now = environment::now();
    let mut cases = Vec::new();
    for (file, is_to_be_allowed) in [(&args.allow, true), (&args.deny, false)] {
        let Some(file) = file else { continue };
        let questions = questions(file, &region, now)?;
        cases.extend(questions.into_iter().map(|question| Case { is_to_be_allowed, question }));
    }
    let buckets: BTreeSet<_> =
        cases.iter().filter_map(|case| case.question.resource.bucket()).collect();
    let subject =
        Subject { policy: &policy, asker: &asker, is_of_user: args.user, buckets, region: &region };
    let failed = block_on(subject.prove(&cases))?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Mismatch })
}

/// The region in which the private endpoint has the buckets, by the policy's own words.
fn region_of(path: &str, file: &PolicyFile) -> Result<Region, Failure> {
    let regions = file.policy.regions();
    let name = match (regions.len(), regions.first()) {
        (0, _) | (_, None) => DEFAULT_REGION,
        (1, Some(name)) => name,
        _ => {
            let names = regions.into_iter().collect::<Vec<_>>().join(", ");
            let message = format_args!(
                "{path} names several regions ({names}) and a request is made in one; give --region, or set COS_REGION"
            );
            return Err(Failure::usage("region-missing", message));
        }
    };
    Region::new(name)
        .map_err(|error| Failure::usage(error.cause(), format_args!("{path}: {error}")))
}

/// The requests of a file.
fn questions(file: &str, region: &Region, now: i64) -> Result<Vec<Question>, Failure> {
    let bytes = text_of(file, 16 << 20)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut questions = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let bad = |what: &dyn fmt::Display| {
            let message = format_args!("{file}, line {}: {what}", number + 1);
            Failure::usage("requests", message)
        };
        let Some(request) = read_line(line).map_err(|error| bad(&error))? else { continue };
        if request.from_ip.is_some() {
            return Err(bad(
                &"a private endpoint sees 127.0.0.1 alone; leave --from-ip out, or ask with cospass policy check",
            ));
        }
        if request.tls.as_deref().is_some_and(|version| version != "none") {
            return Err(bad(
                &"requests come over plain HTTP; leave --tls out, or ask with cospass policy check",
            ));
        }
        let mut question = request.question(region.name(), now);
        // As the endpoint will see it.
        (question.ip, question.tls) = (Some([127, 0, 0, 1].into()), None);
        question.needs().map_err(|error| bad(&error))?;
        send::check(&question).map_err(|error| bad(&error))?;
        questions.push(question);
    }
    if questions.is_empty() {
        let message = format_args!("{file} has no request; write one a line");
        return Err(Failure::usage("requests", message));
    }
    Ok(questions)
}

impl Subject<'_> {
    /// Sends each request, and tells what came; returns how many were not as they were to be.
    async fn prove(&self, cases: &[Case]) -> Result<usize, Failure> {
        let mut output = Output::stdout();
        let mut failed = 0_usize;
        let mut private = Private::start(self).await?;
        for case in cases {
            let proved = self.prove_one(case, &private).await?;
            failed += usize::from(!proved.is_ok);
            output.line(proved.line)?;
            output.flush()?;
            // What it changed, a bucket that is gone for instance, must not decide what comes after it.
            if proved.may_have_changed {
                private.stop().await;
                private = Private::start(self).await?;
            }
        }
        private.stop().await;
        Ok(failed)
    }

    /// Sends a request, and compares what came with what was to come and with what the policy says offline.
    async fn prove_one(&self, case: &Case, private: &Private) -> Result<Proved, Failure> {
        let question = &case.question;
        let offline = self.asker.ask(self.policy, question)?;
        // Offline knows no accounts: a policy of one gives nothing of another's buckets.
        let bucket = question.resource.bucket();
        let is_foreign = matches!(self.asker, Asker::Holder)
            && bucket.is_some_and(|bucket| Some(bucket.appid()) != self.appid());
        let outcome = private.sender.send(question).await?;
        let was_allowed = !outcome.is_denied();
        let is_ok = was_allowed == case.is_to_be_allowed
            && was_allowed == (offline.is_allowed && !is_foreign);
        // As the file has it: where it comes from is the endpoint's own affair.
        let plain = Question { ip: None, tls: Some("1.2".to_owned()), ..question.clone() };
        let words: Vec<_> = plain.words().iter().map(|word| quote(word)).collect();
        let mark = if is_ok { "ok  " } else { "FAIL" };
        let verdict = if was_allowed { "allowed" } else { "denied " };
        let mut line = format!("{mark} {verdict} {} {}", outcome.status, words.join(" "));
        if !is_ok && is_foreign {
            line += "\n     the bucket is of another account than the policy";
        } else if !is_ok {
            line += &format!("\n     offline: {offline}");
        }
        let reads = matches!(question.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        Ok(Proved { is_ok, line, may_have_changed: was_allowed && !reads })
    }
}

/// What came of a request.
struct Proved {
    is_ok: bool,
    line: String,
    /// Whether the endpoint may be another than it was.
    may_have_changed: bool,
}
