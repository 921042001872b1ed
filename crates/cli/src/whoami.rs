//! `cospass whoami`: which credentials are used, where they come from, and why not from elsewhere. No secret is shown.

use clap::Args;
use cospass::Credentials;
use cospass::credentials::{Chain, Fate, Sts, Surroundings, Tried};
use cospass_protocol::sts::{Answer, Request};
use serde::Serialize;

use crate::environment::{alone, refused, sources};
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// What `--help` says of the sources.
pub(crate) const MORE_HELP: &str = "\
The sources are asked in this order, and the first that has credentials is used:
  environment variables      COS_SECRET_ID, COS_SECRET_KEY, COS_SESSION_TOKEN; COS_SECRETID, COS_SECRETKEY;
                             TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY, TENCENTCLOUD_TOKEN, with
                             TENCENTCLOUD_ROLE_ARN to take on a role; COS_KEY, COS_SECRET; SECRET_ID, SECRET_KEY
  ~/.cos.yaml                of coscli
  ~/.cos.conf                of coscmd
  ~/.tccli/default.credential  of tccli; TCCLI_PROFILE names another profile
  ~/.tencentcloud/credentials, /etc/tencentcloud/credentials
  TKE_ROLE_ARN, TKE_PROVIDER_ID, TKE_WEB_IDENTITY_TOKEN_FILE: the identity of a pod
  the role of a CVM
COSPASS_STS_ENDPOINT and COSPASS_METADATA_ENDPOINT (http://HOST:PORT) name other servers than those of the cloud; the latter,
set to nothing, says that the machine has no role.";

#[derive(Args)]
pub(crate) struct WhoamiArgs {
    /// Ask no server: neither for the identity of a pod nor for the role of a machine
    #[arg(long, conflicts_with = "ask")]
    offline: bool,

    /// Ask STS whose they are, too
    #[arg(long)]
    ask: bool,

    /// Write one JSON object: secret_id, source, temporary, ends_at, arn, tried
    #[arg(long)]
    json: bool,
}

/// What is told. Scripts rely on its members.
#[derive(Serialize)]
struct Told<'a> {
    secret_id: Option<&'a str>,
    source: Option<&'a str>,
    temporary: Option<bool>,
    /// From when on they are refused, Unix seconds.
    ends_at: Option<i64>,
    arn: Option<&'a str>,
    tried: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    source: &'a str,
    /// `used`, `absent`, `failed` or `not-asked`.
    fate: &'static str,
    why: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn of(tried: &'a Tried) -> Self {
        let (fate, why) = match &tried.fate {
            Fate::Won => ("used", None),
            Fate::Absent(why) => ("absent", Some(why.as_str())),
            Fate::Failed(why) => ("failed", Some(why.as_str())),
            Fate::NotAsked => ("not-asked", None),
        };
        Self { source: &tried.source, fate, why }
    }
}

pub(crate) fn run(args: &WhoamiArgs) -> Result<Exit, Failure> {
    let chain = match args.offline {
        true => Chain::of_machine(Surroundings::of_process()),
        false => sources(),
    };
    let (won, tried) = alone(async { Ok(chain.walk().await) }).map_err(|error| refused(&error))?;
    let (credentials, failure) = match won {
        Some(Ok(credentials)) => (Some(credentials), None),
        Some(Err(error)) => (None, Some(refused(&error))),
        None => {
            let text =
                "no source has credentials; set COS_SECRET_ID and COS_SECRET_KEY, or see --help";
            (None, Some(Failure::new(Exit::Credentials, "credentials-not-found", text)))
        }
    };
    let arn = match (&credentials, args.ask) {
        (Some(credentials), true) => Some(ask(credentials)?),
        _ => None,
    };
    tell(args, credentials.as_ref(), arn.as_deref(), &tried)?;
    failure.map_or(Ok(Exit::Done), Err)
}

/// Whose the credentials are, as STS says.
fn ask(credentials: &Credentials) -> Result<String, Failure> {
    let sts = Sts::new(Surroundings::of_process());
    let answer = alone(sts.ask(&Request::GetCallerIdentity, Some(credentials)));
    match answer.map_err(|error| refused(&error))? {
        Answer::Caller(caller) => Ok(caller.arn),
        Answer::Issued(_) => {
            let text = "STS answered with keys, and was asked whose these are";
            Err(Failure::new(Exit::Network, "sts-answer", text))
        }
    }
}

fn tell(
    args: &WhoamiArgs,
    credentials: Option<&Credentials>,
    arn: Option<&str>,
    tried: &[Tried],
) -> Result<(), Failure> {
    let winner = tried.iter().find(|tried| tried.fate == Fate::Won);
    let told = Told {
        secret_id: credentials.map(|credentials| credentials.secret_id().as_str()),
        source: winner.map(|tried| tried.source.as_str()),
        temporary: credentials.map(|credentials| credentials.token().is_some()),
        ends_at: credentials.and_then(Credentials::ends_at),
        arn,
        tried: tried.iter().map(Line::of).collect(),
    };
    let mut output = Output::stdout();
    if args.json {
        output.json(&told)?;
        return output.flush();
    }
    if let (Some(secret_id), Some(source), Some(temporary)) =
        (told.secret_id, told.source, told.temporary)
    {
        output.line(format!("SecretId  {secret_id}"))?;
        output.line(format!("from      {source}"))?;
        let kind = match (temporary, told.ends_at) {
            (true, None) => "temporary, with an end that the source does not tell".to_owned(),
            (_, Some(at)) => format!("temporary, until {at} (Unix time)"),
            (false, None) => "permanent".to_owned(),
        };
        output.line(format!("kind      {kind}"))?;
    }
    if let Some(arn) = arn {
        output.line(format!("as        {arn}"))?;
    }
    for tried in tried.iter().filter(|tried| tried.fate != Fate::Won) {
        output.line(format!("not from  {}: {}", tried.source, tried.fate))?;
    }
    output.flush()
}
