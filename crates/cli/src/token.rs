//! `cospass token`: temporary keys from STS, which may do what a policy says and end soon.

use clap::{Args, ValueEnum};
use cospass::credentials::{Sts, Surroundings};
use cospass::{Credentials, Expires};
use cospass_protocol::Warning;
use cospass_protocol::sts::{Answer, GetFederationToken, Issued, Request};
use cospass_protocol::xml::iso8601;
use serde::Serialize;

use crate::duration::parse_expires;
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::{Output, note};
use crate::policy::PolicyFile;
use crate::shell::quote;
use crate::warnings::WarningArgs;

/// What `--help` says of STS and the shapes.
pub(crate) const MORE_HELP: &str = r#"The keys may do what the policy allows and the credentials that ask may do, too; `cospass policy for` writes one. An
account's own keys may ask for up to 2 hours, a user's for up to 36. COSPASS_STS_ENDPOINT names another STS than the
service's: http://sts.localhost:9000 is that of a local endpoint.

env prints lines for a shell, json an object with secret_id, secret_key, token and expires_at, sdk what the official
SDKs for browsers, mini-programs and mobiles read.

Examples:
  eval "$(cospass token --policy policy.json --duration 30m)"
  cospass token --policy policy.json --format sdk"#;

#[derive(Args)]
pub(crate) struct TokenArgs {
    /// The policy of the keys: a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    policy: String,

    /// How long they live: 900, 15m, 2h
    #[arg(long, default_value = "30m", value_parser = parse_expires, allow_hyphen_values = true)]
    duration: Expires,

    /// Who will have them, in letters; shows in the service's logs
    #[arg(long, default_value = "cospass")]
    name: String,

    /// How they are written
    #[arg(long, value_enum, default_value = "env")]
    format: Format,

    #[command(flatten)]
    warnings: WarningArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Lines for a shell
    Env,
    /// One object
    Json,
    /// What the official web and mobile SDKs read
    Sdk,
}

/// What `--format json` writes. Scripts rely on its members.
#[derive(Serialize)]
struct Plain<'a> {
    secret_id: &'a str,
    secret_key: &'a str,
    token: &'a str,
    expires_at: i64,
}

/// What the official SDKs read: the answer of npm's qcloud-cos-sts, `getCredential`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfSdk<'a> {
    expired_time: i64,
    expiration: String,
    credentials: SdkCredentials<'a>,
    start_time: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SdkCredentials<'a> {
    session_token: &'a str,
    tmp_secret_id: &'a str,
    tmp_secret_key: &'a str,
}

/// Asks STS.
pub(crate) fn run(args: &TokenArgs) -> Result<Exit, Failure> {
    let policy = PolicyFile::read_own(&args.policy)?;
    args.warnings.tell(&Warning::of_policy(&policy.policy))?;
    // The time from 0 on is the duration.
    let duration = args.duration.key_time(0);
    let duration = duration.map_err(|error| Failure::usage(error.cause(), error))?.end();
    let seconds = u32::try_from(duration).map_err(|_| {
        let message =
            format_args!("{duration} s are too long for temporary keys; give 36h at most");
        Failure::usage("duration", message)
    })?;
    let request = Request::GetFederationToken(GetFederationToken {
        name: args.name.clone(),
        policy: policy.text(),
        duration: Some(seconds),
    });
    let own = environment::credentials()?;
    let sts = Sts::new(Surroundings::of_process());
    let answered = environment::alone(sts.ask(&request, Some(&own)));
    let answered = answered.map_err(|error| environment::refused(&error))?;
    let Answer::Issued(issued) = answered else {
        return Err(Failure::new(Exit::Failed, "sts", "STS answered something else than keys"));
    };
    tell(&issued, seconds, args.format)?;
    Ok(Exit::Done)
}

fn tell(issued: &Issued, seconds: u32, format: Format) -> Result<(), Failure> {
    let Issued { credentials, expires } = issued;
    let (secret_id, secret_key, token) = texts(credentials);
    let mut output = Output::stdout();
    match format {
        Format::Env => {
            for (name, value) in [
                ("COS_SECRET_ID", secret_id),
                ("COS_SECRET_KEY", secret_key),
                ("COS_SESSION_TOKEN", token),
            ] {
                output.line(format_args!("export {name}={}", quote(value)))?;
            }
            note(format_args!("the keys end at {}", iso8601(*expires)));
        }
        Format::Json => {
            output.json(&Plain { secret_id, secret_key, token, expires_at: *expires })?;
        }
        Format::Sdk => output.json(&OfSdk {
            expired_time: *expires,
            expiration: iso8601(*expires),
            credentials: SdkCredentials {
                session_token: token,
                tmp_secret_id: secret_id,
                tmp_secret_key: secret_key,
            },
            start_time: expires.saturating_sub(seconds.into()),
        })?,
    }
    output.flush()
}

fn texts(credentials: &Credentials) -> (&str, &str, &str) {
    let token = credentials.token().map(|token| token.expose()).unwrap_or_default();
    (credentials.secret_id().as_str(), credentials.secret_key().expose(), token)
}
