//! The arguments of `serve`. What is not given may stand in the file of `--config`; defaults are those of [`Settings`].
//!
//! [`Settings`]: super::settings::Settings

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use cospass::{Bucket, Region};
use cospass_server::{AccessLogTarget, CannedAcl, ClockSetting, ClockSettingError, Coverage};

#[derive(Args, Debug, Default)]
pub(crate) struct ServeArgs {
    /// Take what is not given here from a TOML file: every option by its name, with _ for -
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// The address and port to listen on; port 0 takes a free one [default: 127.0.0.1:9000]
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_address)]
    pub(super) listen: Option<SocketAddr>,

    /// The folder that everything is kept in; made if it is not there
    #[arg(long, value_name = "DIR", required_unless_present_any = ["in_memory", "config"])]
    pub(super) data: Option<PathBuf>,

    /// Keep everything in memory, until the endpoint stops
    #[arg(long, conflicts_with_all = ["data", "no_sync"])]
    pub(super) in_memory: bool,

    /// Acknowledge uploads before they are on the disk: a power loss or a crash of the system may lose all data
    #[arg(long)]
    pub(super) no_sync: bool,

    /// A bucket that is to be there, made with an access control such as public-read, or private; may be given again
    #[arg(long = "bucket", value_name = "NAME-APPID[=ACL]", value_parser = parse_bucket_with_acl)]
    pub(super) buckets: Vec<(Bucket, CannedAcl)>,

    /// A host that stands for a bucket, such as img.example.com=photos-1250000000; may be given again
    #[arg(long = "map", value_name = "HOST=BUCKET", value_parser = parse_mapping)]
    pub(super) mappings: Vec<(String, Bucket)>,

    /// The bucket of hosts that name none, such as 127.0.0.1
    #[arg(long, value_name = "NAME-APPID", value_parser = parse_bucket)]
    pub(super) default_bucket: Option<Bucket>,

    /// The region of buckets, unless their host names another one when they are made [default: ap-guangzhou]
    #[arg(long, value_parser = parse_region)]
    pub(super) region: Option<Region>,

    /// How much signatures must cover: listed, or strict for everything that SDKs sign; of one bucket or of all others; may
    /// be given again
    #[arg(long = "signature", value_name = "[BUCKET=]COVERAGE", value_parser = parse_signature)]
    pub(super) signatures: Vec<Signatures>,

    /// The time by which signatures are judged: system, fixed:UNIX, or offset:±DURATION such as offset:+15m [default:
    /// system]
    #[arg(long, value_name = "CLOCK", value_parser = parse_clock)]
    pub(super) clock: Option<ClockSetting>,

    /// Speak TLS, with the certificate in this PEM file, and those that lead from it to a root; SIGHUP reads it again
    #[arg(long, value_name = "FILE")]
    pub(super) tls_cert: Option<PathBuf>,

    /// The private key of the certificate, in a PEM file
    #[arg(long, value_name = "FILE")]
    pub(super) tls_key: Option<PathBuf>,

    /// Where to open the control listener, such as 127.0.0.1:9001: it moves the clock, lists recent requests with what
    /// was wrong with their signatures, tells metrics and health. Off if not given
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_address)]
    pub(super) control: Option<SocketAddr>,

    /// Let the control listener lie where other machines reach it; whoever reaches it may use it
    #[arg(long)]
    pub(super) control_off_loopback: bool,

    /// A name by which the control listener may be called, beside localhost and addresses; may be given again
    #[arg(long = "control-host", value_name = "NAME")]
    pub(super) control_hosts: Vec<String>,

    /// Another address where all requests are calls of STS, such as 127.0.0.1:9002; hosts like sts.tencentcloudapi.com are STS
    /// in any case
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_address)]
    pub(super) sts_listen: Option<SocketAddr>,

    /// The keys that temporary keys are made with: 64 hex digits a line, the first one makes them, all check them; SIGHUP reads
    /// it again [default: one that is made and kept with the data]
    #[arg(long, value_name = "FILE")]
    pub(super) token_key: Option<PathBuf>,

    /// Append a line of JSON for each request to a file, or to standard output for -; SIGHUP opens the file again
    #[arg(long, value_name = "FILE", value_parser = parse_access_log)]
    pub(super) access_log: Option<AccessLogTarget>,
}

pub(crate) fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "it is not an address and a port; write 127.0.0.1:9000, or [::1]:9000".to_owned()
    })
}

pub(super) fn parse_bucket(text: &str) -> Result<Bucket, String> {
    Bucket::new(text).map_err(|error| error.to_string())
}

fn parse_bucket_with_acl(text: &str) -> Result<(Bucket, CannedAcl), String> {
    match text.split_once('=') {
        None => Ok((parse_bucket(text)?, CannedAcl::Private)),
        Some((bucket, acl)) => Ok((parse_bucket(bucket)?, parse_acl(acl)?)),
    }
}

pub(super) fn parse_acl(text: &str) -> Result<CannedAcl, String> {
    let acl = CannedAcl::from_name(text).filter(|acl| acl.is_for_bucket());
    acl.ok_or_else(|| {
        "it is no ACL of a bucket; write private, public-read, public-read-write or \
         authenticated-read"
            .to_owned()
    })
}

/// How much signatures must cover, of one bucket or of all others.
pub(super) type Signatures = (Option<Bucket>, Coverage);

pub(super) fn parse_signature(text: &str) -> Result<Signatures, String> {
    let (bucket, coverage) = match text.split_once('=') {
        None => (None, text),
        Some((bucket, coverage)) => (Some(parse_bucket(bucket)?), coverage),
    };
    let wrong = |_| "it is no coverage; write listed or strict, or BUCKET=strict".to_owned();
    Ok((bucket, parse_coverage(coverage).map_err(wrong)?))
}

pub(super) fn parse_coverage(text: &str) -> Result<Coverage, String> {
    match text {
        "listed" => Ok(Coverage::Listed),
        "strict" => Ok(Coverage::Strict),
        _ => Err("it is no coverage; write listed or strict".to_owned()),
    }
}

pub(super) fn parse_region(text: &str) -> Result<Region, String> {
    Region::new(text).map_err(|error| error.to_string())
}

pub(super) fn parse_clock(text: &str) -> Result<ClockSetting, String> {
    text.parse().map_err(|error: ClockSettingError| error.to_string())
}

#[allow(clippy::unnecessary_wraps, reason = "the form of a parser of arguments")]
pub(super) fn parse_access_log(text: &str) -> Result<AccessLogTarget, Infallible> {
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
