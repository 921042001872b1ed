//! `cospass presign` and `cospass auth`: a URL, or the value of an `Authorization` header.

mod answer;
mod keys;
mod line;
mod request;

use clap::Args;
use cospass_protocol::{Endpoint, Expires, Longest, Presigned, Scheme, Warning};
use cospass_sign::is_official_header;

use crate::duration::parse_expires;
use crate::exit::{Exit, Failure};
use crate::output::{Output, note};
use crate::pairs::{Pair, parse_header, parse_param};
use crate::place::PlaceArgs;
use crate::target::{Target, parse_target};
use crate::warnings::{self, WarningArgs};
use crate::{environment, lines};
use answer::Answer;
use request::{Request, Signer};

/// What `--help` says of examples and batches.
pub(crate) const MORE_HELP: &str = r#"Examples:
  curl -T a.jpg "$(cospass presign PUT cos://photos-1250000000/2024/a.jpg --region ap-guangzhou)"
  cospass presign GET cos://photos-1250000000/a.jpg --expires 2h -q response-content-disposition=attachment
  cospass auth PUT 'cos://photos-1250000000/?acl' --region ap-guangzhou    signs the key "?acl"; for the bucket's ACL:
  cospass auth PUT cos://photos-1250000000/ -q acl --region ap-guangzhou
  cospass presign GET cos://photos-1250000000/2024/ --keys names.txt --output urls.txt --expires 7d

A line of --from has key, and may have method (GET), bucket, region or endpoint or domain, scheme, params and headers
(an object, or an array of pairs), expires (seconds), now, sign_host and token; null is as good as absent. It is answered
by {"url","authorization","headers","key_time","expires_at","effective_end"}, with "warnings" if there are any, or by
{"error":{"code","message"}}. The exit code is 1 if a line failed; the others are signed all the same.

A line of --keys is a key as it is, UTF-8, without quotes or escapes; a line end is a line feed, or a carriage return and one,
and the last line needs none. All URLs hold from the second at which the command began. A line without a URL (empty, not UTF-8,
too long) is told on standard error with its number, and an empty line stands in its place; the exit code is 1 then."#;

/// What is made of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// A pre-signed URL.
    Url,
    /// The value of an `Authorization` header.
    Authorization,
}

#[derive(Args)]
pub(crate) struct SignArgs {
    /// The HTTP method: GET, PUT, HEAD, DELETE, …
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    method: Option<String>,

    /// cos://BUCKET/KEY. KEY is raw text, everything after the first slash; cos://BUCKET/ is the bucket
    #[arg(required_unless_present = "from", conflicts_with = "from", value_parser = parse_target)]
    target: Option<Target>,

    #[command(flatten)]
    place: PlaceArgs,

    /// http or https
    #[arg(long, default_value = "https")]
    scheme: Scheme,

    /// For how long the signature holds from now: 300, 300s, 15m, 2h, 7d
    #[arg(long, default_value = "300", value_parser = parse_expires, allow_hyphen_values = true)]
    expires: Expires,

    /// The time to sign at, in Unix seconds, instead of the clock's
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    now: Option<i64>,

    /// A header that will be sent; signed if the service's list has it. A Host is signed instead of the endpoint's
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    headers: Vec<Pair>,

    /// A query parameter, raw, signed
    #[arg(short = 'q', long = "param", value_name = "NAME[=VALUE]", value_parser = parse_param, allow_hyphen_values = true)]
    params: Vec<Pair>,

    /// Leave the host out of the signature
    #[arg(long)]
    no_sign_host: bool,

    /// Write one JSON object: url, authorization, headers, key_time, expires_at, effective_end, warnings
    #[arg(long)]
    json: bool,

    /// The longest validity without a warning: 15m, 2h, 7d; without it 7d to read, 1d to write
    #[arg(long, value_name = "DURATION", value_parser = parse_longest)]
    longest: Option<i64>,

    #[command(flatten)]
    warnings: WarningArgs,

    /// Sign one JSON object a line, from a file or - for standard input; the other options are its defaults
    #[arg(long, value_name = "FILE")]
    from: Option<String>,

    /// Pre-sign each key of a file, or - for standard input, one a line, appended to KEY; one URL a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "json"])]
    keys: Option<String>,

    /// Write to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<String>,
}

/// What a request has where it does not say otherwise itself.
struct Defaults {
    endpoint: Option<Endpoint>,
    scheme: Scheme,
    expires: Expires,
    now: Option<i64>,
    headers: Vec<Pair>,
    params: Vec<Pair>,
    sign_host: bool,
}

/// What is told beside a signature, and what is too much of a risk to sign.
#[derive(Clone, Copy)]
struct Told {
    longest: Longest,
    warnings: WarningArgs,
}

impl Told {
    /// What is to be told of a signature; refuses where that is too much of a risk.
    fn of(self, presigned: &Presigned) -> Result<Vec<Warning>, Failure> {
        let warnings = presigned.warnings_beyond(self.longest);
        self.warnings.check(&warnings)?;
        Ok(warnings)
    }
}

fn parse_longest(text: &str) -> Result<i64, String> {
    let key_time = parse_expires(text)?.key_time(0).map_err(|error| error.to_string())?;
    Ok(key_time.end())
}

/// Signs what the command line, or each line of its file, says.
pub(crate) fn run(args: SignArgs, product: Product) -> Result<Exit, Failure> {
    let told = Told {
        longest: args
            .longest
            .map_or_else(Longest::default, |seconds| Longest { reads: seconds, writes: seconds }),
        warnings: args.warnings,
    };
    let defaults = Defaults {
        endpoint: args.place.endpoint()?,
        scheme: args.scheme,
        expires: args.expires,
        now: args.now,
        headers: args.headers,
        params: args.params,
        sign_host: !args.no_sign_host,
    };
    let to = args.output.as_deref();
    match (args.from, args.method, args.target) {
        (None, Some(method), Some(target)) => {
            let request = Request::of(method.into(), target, &defaults)?;
            let mut signer = Signer::new(environment::credentials()?, product);
            match args.keys {
                Some(keys) => keys::presign(&keys, to, &request, &mut signer, told),
                None => one(&request, &mut signer, args.json, to, told),
            }
        }
        (Some(from), ..) => {
            let mut signer = Signer::new(environment::credentials()?, product);
            let mut text = String::new();
            lines::answer_each(&from, to, |line, output| {
                let request = line::read(line, &defaults)?;
                let presigned = signer.sign(&request)?;
                let warnings = told.of(&presigned)?;
                text.clear();
                Answer::in_batch(&presigned, product, &warnings).write(&mut text);
                output.lines(&text)?;
                Ok(Exit::Done)
            })
        }
        _ => {
            Err(Failure::usage("arguments", "name a METHOD and a cos://BUCKET/KEY, or --from FILE"))
        }
    }
}

fn one(
    request: &Request<'_>,
    signer: &mut Signer,
    json: bool,
    to: Option<&str>,
    told: Told,
) -> Result<Exit, Failure> {
    let presigned = signer.sign(request)?;
    let product = signer.product();
    let warnings = told.of(&presigned)?;
    let mut output = Output::to(to)?;
    match (json, product) {
        (true, _) => {
            let mut text = String::new();
            Answer::alone(&presigned, product, &warnings).write(&mut text);
            output.lines(&text)?;
        }
        (false, Product::Url) => output.line(presigned.url())?,
        (false, Product::Authorization) => output.line(presigned.authorization())?,
    }
    output.flush()?;
    if !json {
        tell_headers(&presigned);
    }
    tell_risks(request, &warnings);
    Ok(Exit::Done)
}

/// Tells which headers are not signed, and what is valid and yet a risk.
fn tell_risks(request: &Request<'_>, warnings: &[Warning]) {
    for (name, _) in request.headers.iter().filter(|(name, _)| !is_official_header(name)) {
        note(format_args!(
            "note: the header {name} is not signed, since the service's list of signed headers does not have it"
        ));
    }
    warnings::tell(warnings);
}

/// Tells which headers the request must carry. The token is in the environment and is not shown.
fn tell_headers(presigned: &Presigned) {
    for (name, value) in presigned.headers() {
        let is_token = name.eq_ignore_ascii_case(cospass_sign::TOKEN_NAME);
        let value = if is_token { "(the token of the credentials)" } else { value };
        note(format_args!("send the header: {name}: {value}"));
    }
}
