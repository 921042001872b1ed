//! `cospass verify`: does the signature of a request hold? Offline, with the secret at hand.

use clap::Args;
use cospass::Credentials;
use cospass_sign::{Acceptance, Claim, ClaimError, Convention, Refusal};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::{Output, note};
use crate::pairs::{Pair, borrowed, parse_header};
use crate::sent::{self, SentRequest};
use crate::{environment, lines};

/// What `--help` says of batches.
pub(crate) const MORE_HELP: &str = r#"A line of --from has url, and may have method (GET), headers (an object, or an array of pairs) and now. It is answered by
{"verdict":"accepted","convention"}, {"verdict":"refused","cause","message"} or {"error":{"code","message"}}. The exit code
is 1 if a line could not be read, else 5 or 4 if a signature was refused.

Examples:
  cospass verify GET "$URL"
  cospass verify PUT "$URL" -H 'Content-Type: image/png' --strict
  cospass verify --from requests.jsonl"#;

#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// The HTTP method of the request
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    method: Option<String>,

    /// The URL of the request, as it is sent
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    url: Option<String>,

    #[command(flatten)]
    judging: JudgingArgs,

    /// Write one JSON object: verdict, and convention or cause and message
    #[arg(long)]
    json: bool,

    /// Verify one JSON object a line, from a file or - for standard input
    #[arg(long, value_name = "FILE")]
    from: Option<String>,
}

/// What `verify` and `explain` have in common.
#[derive(Args)]
pub(crate) struct JudgingArgs {
    /// A header that is sent, Authorization and Host among them; without a Host it is that of the URL
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    pub(crate) headers: Vec<Pair>,

    /// The time to judge at, in Unix seconds, instead of the clock's
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    now: Option<i64>,

    /// Accept the canonical rule alone, and none of the conventions of the official SDKs
    #[arg(long)]
    pub(crate) strict: bool,
}

impl JudgingArgs {
    /// The time to judge a request at.
    pub(crate) fn time(&self, of_line: Option<i64>) -> i64 {
        of_line.or(self.now).unwrap_or_else(environment::now)
    }
}

/// Verifies what the command line, or each line of its file, says.
pub(crate) fn run(args: VerifyArgs) -> Result<Exit, Failure> {
    let credentials = environment::credentials_offline()?;
    let judging = args.judging;
    match (&args.from, args.method, args.url) {
        (Some(from), ..) => lines::answer_each(from, None, |line, output| {
            let (request, now) = sent::read_line(line, &judging.headers)?;
            let verdict = judge(&request, &credentials, judging.time(now), judging.strict);
            output.json(&verdict.as_json())?;
            Ok(verdict.exit())
        }),
        (None, Some(method), Some(url)) => {
            let request = SentRequest::new(method, &url, borrowed(&judging.headers))?;
            if request.has_fragment() {
                note(format_args!("note: {}", sent::FRAGMENT));
            }
            let verdict = judge(&request, &credentials, judging.time(None), judging.strict);
            let mut output = Output::stdout();
            match args.json {
                true => output.json(&verdict.as_json())?,
                false => output.line(verdict.as_text())?,
            }
            output.flush()?;
            Ok(verdict.exit())
        }
        _ => Err(Failure::usage("arguments", "name a METHOD and a URL, or --from FILE")),
    }
}

/// Whether the signature of a request holds, and what is said of it.
pub(crate) fn check(
    request: &SentRequest<'_>,
    credentials: &Credentials,
    now: i64,
) -> (bool, String) {
    let verdict = judge(request, credentials, now, true);
    (verdict.exit() == Exit::Done, verdict.as_text())
}

/// What is said of a request.
enum Verdict {
    Accepted(Convention),
    Unreadable(ClaimError),
    Refused(Refusal),
}

fn judge(request: &SentRequest<'_>, credentials: &Credentials, now: i64, strict: bool) -> Verdict {
    let headers = request.headers();
    let head = request.head(&headers);
    let claim = match Claim::read(&head) {
        Ok(claim) => claim,
        Err(error) => return Verdict::Unreadable(error),
    };
    tracing::debug!(secret_id = claim.secret_id(), carrier = %claim.carrier(), now, "judging");
    let is_ours = claim.secret_id() == credentials.secret_id().as_str();
    let token = credentials.token().filter(|_| is_ours);
    let secret_key = is_ours.then(|| credentials.secret_key());
    let acceptance = if strict { Acceptance::Strict } else { Acceptance::Sdk };
    // The service looks for the SecretId and its token before it looks at the time.
    let verified = token
        .map_or(Ok(()), |token| claim.check_token(token))
        .and_then(|()| claim.verify(&head, secret_key, now, acceptance));
    match verified {
        Ok(verified) => Verdict::Accepted(verified.convention()),
        Err(refusal) => Verdict::Refused(refusal),
    }
}

/// One line of JSON. Scripts rely on its members; `--help` tells them.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
enum VerdictLine {
    Accepted { convention: String },
    Refused { cause: &'static str, message: String },
}

impl Verdict {
    fn exit(&self) -> Exit {
        match self {
            Verdict::Accepted(_) => Exit::Done,
            Verdict::Refused(Refusal::Expired { .. } | Refusal::NotYetValid { .. }) => Exit::Time,
            _ => Exit::Mismatch,
        }
    }

    fn as_json(&self) -> VerdictLine {
        let (cause, message) = match self {
            Verdict::Accepted(convention) => {
                return VerdictLine::Accepted { convention: convention.to_string() };
            }
            Verdict::Unreadable(error) => (error.cause(), error.to_string()),
            Verdict::Refused(refusal) => (refusal.cause(), refusal.to_string()),
        };
        VerdictLine::Refused { cause, message }
    }

    fn as_text(&self) -> String {
        match self.as_json() {
            VerdictLine::Accepted { convention } if convention == "canonical" => {
                "accepted canonical".to_owned()
            }
            VerdictLine::Accepted { convention } => format!("accepted by convention: {convention}"),
            VerdictLine::Refused { cause, message } => format!("refused: {cause} {message}"),
        }
    }
}
