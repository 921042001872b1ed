//! `cospass serve`: the endpoint, until it is told to stop.

mod welcome;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use cospass::{Bucket, Credentials, Region, Scheme};
use cospass_server::{
    AccessLogTarget, Clock, ClockSetting, ClockSettingError, KeptCredentials, Running, Server,
    StartError,
};

use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::{Output, note};
use crate::runtime::{ReloadSignal, StopSignal, block_on};
use welcome::Welcome;

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// The address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9000", value_parser = parse_address)]
    listen: SocketAddr,

    /// The folder that everything is kept in; made if it is not there
    #[arg(long, value_name = "DIR", required_unless_present = "in_memory")]
    data: Option<PathBuf>,

    /// Keep everything in memory, until the endpoint stops
    #[arg(long, conflicts_with_all = ["data", "no_sync"])]
    in_memory: bool,

    /// Acknowledge uploads before they are on the disk: a power loss or a crash of the system may lose all data
    #[arg(long)]
    no_sync: bool,

    /// A bucket that is to be there; may be given again
    #[arg(long = "bucket", value_name = "NAME-APPID", value_parser = parse_bucket)]
    buckets: Vec<Bucket>,

    /// A host that stands for a bucket, such as img.example.com=photos-1250000000; may be given again
    #[arg(long = "map", value_name = "HOST=BUCKET", value_parser = parse_mapping)]
    mappings: Vec<(String, Bucket)>,

    /// The bucket of hosts that name none, such as 127.0.0.1
    #[arg(long, value_name = "NAME-APPID", value_parser = parse_bucket)]
    default_bucket: Option<Bucket>,

    /// The region that the buckets are in
    #[arg(long, default_value = "ap-guangzhou", value_parser = parse_region)]
    region: Region,

    /// The time by which signatures are judged: system, fixed:UNIX, or offset:±DURATION such as offset:+15m
    #[arg(long, value_name = "CLOCK", default_value = "system", value_parser = parse_clock)]
    clock: ClockSetting,

    /// Speak TLS, with the certificate in this PEM file, and those that lead from it to a root; SIGHUP reads it again
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The private key of the certificate, in a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Where to open the control listener, such as 127.0.0.1:9001: it moves the clock, lists recent requests with what
    /// was wrong with their signatures, tells metrics and health. Off if not given
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_address)]
    control: Option<SocketAddr>,

    /// Let the control listener lie where other machines reach it; whoever reaches it may use it
    #[arg(long, requires = "control")]
    control_off_loopback: bool,

    /// A name by which the control listener may be called, beside localhost and addresses; may be given again
    #[arg(long = "control-host", value_name = "NAME", requires = "control")]
    control_hosts: Vec<String>,

    /// Append a line of JSON for each request to a file, or to standard output for -; SIGHUP opens the file again
    #[arg(long, value_name = "FILE", value_parser = parse_access_log)]
    access_log: Option<AccessLogTarget>,
}

impl ServeArgs {
    fn scheme(&self) -> Scheme {
        if self.tls_cert.is_some() { Scheme::Https } else { Scheme::Http }
    }

    /// Every bucket that the command line names, all of which are to be there.
    fn named_buckets(&self) -> impl Iterator<Item = &Bucket> {
        let mapped = self.mappings.iter().map(|(_, bucket)| bucket);
        self.buckets.iter().chain(&self.default_bucket).chain(mapped)
    }
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "it is not an address and a port; write 127.0.0.1:9000, or [::1]:9000".to_owned()
    })
}

fn parse_bucket(text: &str) -> Result<Bucket, String> {
    Bucket::new(text).map_err(|error| error.to_string())
}

fn parse_region(text: &str) -> Result<Region, String> {
    Region::new(text).map_err(|error| error.to_string())
}

fn parse_clock(text: &str) -> Result<ClockSetting, String> {
    text.parse().map_err(|error: ClockSettingError| error.to_string())
}

#[allow(clippy::unnecessary_wraps, reason = "the form of a parser of arguments")]
fn parse_access_log(text: &str) -> Result<AccessLogTarget, Infallible> {
    Ok(match text {
        "-" => AccessLogTarget::Stdout,
        path => AccessLogTarget::File(path.into()),
    })
}

fn parse_mapping(text: &str) -> Result<(String, Bucket), String> {
    match text.split_once('=') {
        Some((host, bucket)) if !host.is_empty() => Ok((host.to_owned(), parse_bucket(bucket)?)),
        _ => Err("it is not a mapping; write HOST=NAME-APPID".to_owned()),
    }
}

/// Serves until Ctrl-C or SIGTERM, then lets open requests end.
pub(crate) fn run(args: ServeArgs) -> Result<Exit, Failure> {
    let (credentials, source) = credentials(&args)?;
    block_on(async {
        let mut stop = StopSignal::listen()?;
        let mut reload = ReloadSignal::listen()?;
        cospass_server::raise_file_limit();
        let running = start(&args, credentials.clone()).await?;
        let welcome = Welcome { args: &args, address: running.local_addr(), source, credentials };
        announce(&running, args.scheme())?;
        welcome.tell();
        loop {
            tokio::select! {
                () = stop.received() => break,
                () = reload.received() => {
                    if let Err(error) = tokio::task::block_in_place(|| running.reload()) {
                        note(format_args!("the certificate stays as it was: {error}"));
                    }
                }
            }
        }
        note("stopping: open requests may end; press Ctrl-C again to cut them off");
        tokio::select! {
            () = running.shutdown() => {}
            () = stop.received() => {}
        }
        Ok(Exit::Done)
    })
}

/// Tells the address on standard output, and lets go of it: the access log may go there.
fn announce(running: &Running, scheme: Scheme) -> Result<(), Failure> {
    let mut output = Output::stdout();
    let address = running.local_addr();
    let mut announced = output.line(format_args!("listening on {scheme}://{address}"));
    if let Some(control) = running.control_addr() {
        announced =
            announced.and_then(|()| output.line(format_args!("control on http://{control}")));
    }
    match announced.and_then(|()| output.flush()) {
        // Whoever started the endpoint may not want to read more of it.
        Ok(()) | Err(Failure::PipeClosed) => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Where the credentials of the endpoint come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Environment,
    MadeNow,
    Kept,
    /// Made now, and kept nowhere.
    Unkept,
}

fn credentials(args: &ServeArgs) -> Result<(Credentials, Source), Failure> {
    if let Some(credentials) = environment::credentials_if_set()? {
        return Ok((credentials, Source::Environment));
    }
    let kept = args.data.as_deref().map_or_else(KeptCredentials::unkept, KeptCredentials::of);
    let kept = kept.map_err(|error| Failure::new(Exit::Credentials, "credentials-kept", error))?;
    let source = match (&args.data, kept.is_new) {
        (None, _) => Source::Unkept,
        (Some(_), true) => Source::MadeNow,
        (Some(_), false) => Source::Kept,
    };
    Ok((kept.credentials, source))
}

async fn start(args: &ServeArgs, credentials: Credentials) -> Result<Running, Failure> {
    let builder = match &args.data {
        Some(folder) => Server::builder().data_dir(folder).no_sync(args.no_sync),
        None => Server::builder().in_memory(),
    };
    let mut builder = builder
        .listen(args.listen)
        .credentials(credentials)
        .region(args.region.name())
        .clock(Clock::new(args.clock));
    for bucket in args.named_buckets() {
        builder = builder.bucket(bucket.as_str());
    }
    for (host, bucket) in &args.mappings {
        builder = builder.map(host, bucket.as_str());
    }
    if let Some(bucket) = &args.default_bucket {
        builder = builder.default_bucket(bucket.as_str());
    }
    if let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) {
        builder = builder.tls(certificate, key);
    }
    if let Some(control) = args.control {
        builder = builder.control(control);
    }
    if args.control_off_loopback {
        builder = builder.control_off_loopback();
    }
    for name in &args.control_hosts {
        builder = builder.control_host(name);
    }
    if let Some(target) = &args.access_log {
        builder = builder.access_log(target.clone());
    }
    builder.start().await.map_err(|error| not_started(&error, args.data.as_deref()))
}

/// Why an endpoint did not start.
pub(crate) fn not_started(error: &StartError, data: Option<&Path>) -> Failure {
    let exit = match error {
        StartError::Listen { .. } => Exit::Network,
        StartError::Bucket(_) | StartError::Region(_) | StartError::ControlOffLoopback { .. } => {
            Exit::Usage
        }
        _ => Exit::Failed,
    };
    let place = data.map_or_else(|| "in memory".to_owned(), |data| format!("on {data:?}"));
    Failure::new(exit, "start", format_args!("the endpoint {place} does not start: {error}"))
}
