//! `cospass doctor`: what is wrong with a bucket, a domain, the clock or the credentials, and what to do.

use clap::Args;
use cospass::doctor::{Diagnosis, Doctor, Health};
use cospass::{HyperTransport, Scheme};
use serde::Serialize;

use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::place::{self, PlaceArgs};
use crate::runtime::block_on;
use crate::target::{Target, parse_target};

/// What `--help` says of the findings.
pub(crate) const MORE_HELP: &str = r#"A line on standard output is `ok`, `?` (not found out), `warn` or `bad`, what was looked at, what was found, and what to do.
Nothing is changed: only requests that read, or that cannot have an effect, are sent. --write tries to upload what the server
has to refuse, to begin an upload in parts and abort it, and to delete the key if nothing is there. What is not COS (a
CDN that answers by itself, another server) is told so, and is sent nothing signed.

The exit code is that of the first line that is `bad`: 6 if no COS is reached, 3 if the credentials are refused, 4 if the
clock is off, else 1.

Examples:
  cospass doctor cos://photos-1250000000/ --region ap-guangzhou --origin https://app.example.com
  cospass doctor cos://photos-1250000000/new.jpg --write --domain 127.0.0.1:9000 --scheme http"#;

#[derive(Args)]
pub(crate) struct DoctorArgs {
    /// cos://BUCKET/, or cos://BUCKET/KEY to look at an object, too
    #[arg(value_parser = parse_target)]
    target: Target,

    #[command(flatten)]
    place: PlaceArgs,

    /// http or https
    #[arg(long, default_value = "https")]
    scheme: Scheme,

    /// Connect to this address whatever host is named, as curl --connect-to does
    #[arg(long, value_name = "IP:PORT")]
    connect_to: Option<std::net::SocketAddr>,

    /// Find out by trying whether the object may be uploaded and deleted; what is there stays
    #[arg(long)]
    write: bool,

    /// The origin of a web page that is to use the bucket: https://app.example.com
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,

    /// Write one JSON object a line: check, health, text, remedy
    #[arg(long)]
    json: bool,
}

/// One line of JSON. Scripts rely on its members.
#[derive(Serialize)]
struct Line<'a> {
    check: &'a str,
    health: &'a str,
    text: &'a str,
    remedy: Option<&'a str>,
}

/// Examines.
pub(crate) fn run(args: &DoctorArgs) -> Result<Exit, Failure> {
    let endpoint = args.place.endpoint()?.ok_or_else(place::missing)?;
    let key = Some(&args.target.key).filter(|key| !key.is_bucket());
    if args.write && key.is_none() {
        let message = format_args!(
            "--write tries one object, and cos://{bucket}/ names none; give cos://{bucket}/KEY",
            bucket = args.target.bucket.as_str()
        );
        return Err(Failure::usage("key-missing", message));
    }
    let credentials = environment::credentials()?;
    let found = block_on(async {
        let transport = match args.connect_to {
            Some(address) => HyperTransport::to_address(address),
            None => HyperTransport::new(),
        };
        let doctor = Doctor {
            credentials: &credentials,
            endpoint: &endpoint,
            scheme: args.scheme,
            bucket: &args.target.bucket,
            key,
            write: args.write,
            origin: args.origin.as_deref(),
            now: environment::now(),
            transport: &transport,
        };
        Ok(doctor.examine().await)
    })?;
    let mut output = Output::stdout();
    for one in &found {
        match args.json {
            true => output.json(&line(one))?,
            false => output.line(one)?,
        }
    }
    output.flush()?;
    let bad = |one: &&Diagnosis| one.health == Health::Bad;
    Ok(found.iter().find(bad).map_or(Exit::Done, exit_of))
}

/// The exit code for something that is bad.
fn exit_of(one: &Diagnosis) -> Exit {
    match one.check {
        "reach" | "server" => Exit::Network,
        "credentials" => Exit::Credentials,
        "clock" => Exit::Time,
        _ => Exit::Failed,
    }
}

fn line(one: &Diagnosis) -> Line<'_> {
    Line {
        check: one.check,
        health: one.health.as_str(),
        text: &one.text,
        remedy: one.remedy.as_deref(),
    }
}
