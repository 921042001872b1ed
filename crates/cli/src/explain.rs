//! `cospass explain`: where the text that was signed and the text that is sent part, and what to do about it.

mod hosts;
mod report;
mod server;

use clap::Args;
use cospass::Credentials;
use cospass_protocol::Host;
use cospass_sign::explain::{Evidence, Explanation, ServerView, explain};

use crate::curl::parse_curl;
use crate::exit::{Exit, Failure};
use crate::output::{Output, note};
use crate::pairs::{Pairs, borrowed};
use crate::sent::{self, SentRequest};
use crate::verify::JudgingArgs;
use crate::{environment, lines};

pub(crate) use report::printable;
pub(crate) use server::parse_answer;

/// What `--help` says of credentials and batches.
pub(crate) const MORE_HELP: &str = r#"Credentials are not needed; with them more is found. Where nothing can be said without them, the exit code is 3.
COS_REGION and COS_BUCKET tell which domains belong to the bucket.

A line of --from is as for `cospass verify`, and is answered by {"cause","message","remedy","stages":[{"name","verdict",
"here","there"}]} or {"error":{"code","message"}}. The exit code is 1 if a line could not be read, else 5 or 4 if a
signature does not hold.

Examples:
  cospass explain PUT "$URL" -H 'Content-Type: image/png' --error answer.xml
  cospass explain GET "$URL" --original "$SIGNED_URL"
  cospass explain --curl "curl -X PUT -H 'Content-Type: image/png' '$URL'""#;

#[derive(Args)]
pub(crate) struct ExplainArgs {
    /// The HTTP method of the request
    #[arg(required_unless_present_any = ["from", "curl"], conflicts_with_all = ["from", "curl"])]
    method: Option<String>,

    /// The URL of the request, as it is sent
    #[arg(required_unless_present_any = ["from", "curl"], conflicts_with_all = ["from", "curl"])]
    url: Option<String>,

    #[command(flatten)]
    judging: JudgingArgs,

    /// The request as a curl command, in quotes
    #[arg(long, value_name = "COMMAND", conflicts_with = "from")]
    curl: Option<String>,

    /// What the server answered: its XML error document, in a file or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    error: Option<String>,

    /// The URL as it was when it was signed
    #[arg(long, value_name = "URL", conflicts_with = "from")]
    original: Option<String>,

    /// Write one JSON object: cause, message, remedy and stages
    #[arg(long)]
    json: bool,

    /// Explain one JSON object a line, from a file or - for standard input
    #[arg(long, value_name = "FILE")]
    from: Option<String>,
}

/// Explains what the command line, or each line of its file, says.
pub(crate) fn run(args: ExplainArgs) -> Result<Exit, Failure> {
    let credentials = environment::credentials_offline_if_set()?;
    let judging = &args.judging;
    let case = |request: &SentRequest<'_>, now: Option<i64>| Case {
        hosts: hosts::of_same_bucket(request.host()),
        now: judging.time(now),
        strict: judging.strict,
        ..Case::new(credentials.as_ref())
    };
    if let Some(from) = &args.from {
        return lines::answer_each(from, None, |line, output| {
            let (request, now) = sent::read_line(line, &judging.headers)?;
            let explanation = case(&request, now).explain(&request);
            output.line(explanation.to_json())?;
            Ok(report::exit(explanation.cause()))
        });
    }
    let request = args.request()?;
    if request.has_fragment() {
        note(format_args!("note: {}", sent::FRAGMENT));
    }
    let original = args.original.as_ref().map(|url| {
        let headers = args.judging.headers.iter();
        let unless_host = headers.filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
        let headers: Pairs<'_> = unless_host.map(|(n, v)| (n.into(), v.into())).collect();
        SentRequest::new(request.method().to_owned(), url, headers)
    });
    let case = Case {
        server: args.error.as_deref().map(server::read_answer).transpose()?,
        original: original.transpose()?,
        ..case(&request, None)
    };
    let explanation = case.explain(&request);
    let mut output = Output::stdout();
    match args.json {
        true => output.line(explanation.to_json())?,
        false => report::write(&explanation, &mut output)?,
    }
    output.flush()?;
    Ok(report::exit(explanation.cause()))
}

impl ExplainArgs {
    /// The request of the command line, or of the curl command on it.
    fn request(&self) -> Result<SentRequest<'_>, Failure> {
        match (&self.curl, &self.method, &self.url) {
            (Some(command), ..) => {
                let curl =
                    parse_curl(command).map_err(|error| Failure::usage(error.cause(), error))?;
                let own = curl.headers.into_iter().map(|(n, v)| (n.into(), v.into()));
                let headers: Pairs<'_> = own.chain(borrowed(&self.judging.headers)).collect();
                SentRequest::new(curl.method, &curl.url, headers)
            }
            (None, Some(method), Some(url)) => {
                SentRequest::new(method, url, borrowed(&self.judging.headers))
            }
            _ => {
                let message = "name a METHOD and a URL, --curl 'curl …', or --from FILE";
                Err(Failure::usage("arguments", message))
            }
        }
    }
}

/// What is known beside the request.
pub(crate) struct Case<'a> {
    pub(crate) credentials: Option<&'a Credentials>,
    pub(crate) server: Option<ServerView>,
    pub(crate) original: Option<SentRequest<'a>>,
    pub(crate) hosts: Vec<String>,
    pub(crate) now: i64,
    pub(crate) strict: bool,
}

impl<'a> Case<'a> {
    /// Nothing but the credentials, if there are any.
    pub(crate) fn new(credentials: Option<&'a Credentials>) -> Self {
        Case { credentials, server: None, original: None, hosts: Vec::new(), now: 0, strict: false }
    }

    /// The finding on a request.
    pub(crate) fn explain(&self, request: &SentRequest<'_>) -> Explanation {
        let headers = request.headers();
        let original_headers = self.original.as_ref().map(SentRequest::headers);
        let original = self.original.as_ref().zip(original_headers.as_ref());
        let explanation = explain(&Evidence {
            credentials: self.credentials,
            server: self.server.as_ref(),
            original: original.map(|(original, headers)| original.head(headers)),
            now: Some(self.now),
            other_hosts: &self.hosts,
            is_cdn: Host::is_of_cdn(request.host()),
            ..Evidence::new(request.head(&headers))
        });
        tracing::debug!(cause = explanation.cause().id(), now = self.now, "explained");
        if self.strict { explanation.strictly() } else { explanation }
    }
}
