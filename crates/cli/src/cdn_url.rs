//! `cospass cdn-url`: a URL that a CDN lets in, where the bucket's signatures do not help.

use clap::{Args, ValueEnum};
use cospass::{CdnKey, CdnSigner, CdnType};

use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::{Output, note};

/// The variable with the key, which does not belong on a command line that others can read.
const KEY: &str = "COSPASS_CDN_KEY";

/// What `--help` says of types and validity.
pub(crate) const MORE_HELP: &str = r#"A CDN does not accept signatures of COS, and reads the bucket by itself. Its own authentication is configured in its console,
by domain: a type, a key, names of parameters, and for how long a URL holds from when it was made. The key comes from
COSPASS_CDN_KEY. Type C is not offered: the documents contradict each other on what is hashed.

Examples:
  COSPASS_CDN_KEY=… cospass cdn-url https://img.example.com/u/42/a.jpg --type A
  COSPASS_CDN_KEY=… cospass cdn-url https://img.example.com/u/42/a.jpg --type D --param auth --time-param t"#;

#[derive(Args)]
pub(crate) struct CdnUrlArgs {
    /// https://DOMAIN/KEY, percent-encoded, of the CDN
    url: String,

    /// The type of authentication that the domain is configured to
    #[arg(long = "type", value_enum, ignore_case = true)]
    kind: Kind,

    /// The parameter with the hash, of types A and D
    #[arg(long, value_name = "NAME", default_value = "sign")]
    param: String,

    /// The parameter with the time, of type D
    #[arg(long, value_name = "NAME", default_value = "t")]
    time_param: String,

    /// The random text of type A: letters and digits
    #[arg(long, value_name = "TEXT", default_value = "0")]
    random: String,

    /// When the URL is made, in Unix seconds, instead of now
    #[arg(long, value_name = "UNIX", value_parser = clap::value_parser!(i64).range(0..))]
    now: Option<i64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// ?sign=TIME-RANDOM-0-MD5
    #[value(name = "A")]
    A,
    /// /YYYYMMDDHHMM/MD5 before the path
    #[value(name = "B")]
    B,
    /// ?sign=MD5&t=TIME
    #[value(name = "D")]
    D,
}

/// Signs.
pub(crate) fn run(args: &CdnUrlArgs) -> Result<Exit, Failure> {
    let Some(key) = environment::variable(KEY) else {
        let message = format_args!(
            "no key is set; set {KEY} to that of the domain, as the CDN's console shows it"
        );
        return Err(Failure::new(Exit::Credentials, "cdn-key-missing", message));
    };
    let key = CdnKey::new(key).map_err(|error| {
        Failure::new(Exit::Credentials, error.cause(), format_args!("{KEY}: {error}"))
    })?;
    let kind = match args.kind {
        Kind::A => CdnType::A,
        Kind::B => CdnType::B,
        Kind::D => CdnType::D,
    };
    let now = args.now.unwrap_or_else(environment::now);
    let signed = CdnSigner::new(kind, key)
        .param(&args.param)
        .and_then(|signer| signer.time_param(&args.time_param))
        .and_then(|signer| signer.random(&args.random))
        .and_then(|signer| signer.url(&args.url, now));
    let url = signed.map_err(|error| Failure::usage(error.cause(), error))?;
    let mut output = Output::stdout();
    output.line(url)?;
    output.flush()?;
    note("how long it holds is configured at the CDN, and begins now");
    Ok(Exit::Done)
}
