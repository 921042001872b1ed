//! `download` and `upload`: with a URL, or a bundle, and no credentials.

use std::io::{IsTerminal, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use cospass::{
    Bundle, BundleTransfer, Error, HyperTransport, RenewCommand, RenewEndpoint, TransferOptions,
    Transport, UrlTransfer,
};
use cospass_protocol::UrlParts;
use tokio::io::AsyncWriteExt;

use super::MoveArgs;
use super::each::{Task, each};
use super::failure::told;
use super::local::last_name;
use super::reporter::Moved;
use crate::exit::{Exit, Failure};
use crate::pairs::{Pair, parse_header};
use crate::runtime::block_on;
use crate::shell::words;

/// The longest bundle.
const BUNDLE_MAX: u64 = 32 * 1024 * 1024;

/// What a transfer with a URL alone can be told.
#[derive(Args, Clone)]
struct UrlArgs {
    /// A header to send; those that the URL is signed with must be given
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    headers: Vec<Pair>,

    /// A command whose standard output is a fresh URL, or bundle, when this one ends. No shell reads it
    #[arg(long, value_name = "COMMAND", conflicts_with = "renew_url")]
    renew_command: Option<String>,

    /// A URL whose answer is a fresh URL, or bundle, when this one ends
    #[arg(long, value_name = "URL")]
    renew_url: Option<String>,

    /// Connect to this address whatever host is named, as curl --connect-to does
    #[arg(long, value_name = "IP:PORT")]
    connect_to: Option<SocketAddr>,
}

impl UrlArgs {
    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(match self.connect_to {
            Some(address) => HyperTransport::to_address(address),
            None => HyperTransport::new(),
        })
    }

    fn command(&self) -> Result<Option<RenewCommand>, Failure> {
        let Some(command) = &self.renew_command else { return Ok(None) };
        let words = words(command).map_err(|error| Failure::usage("renew-command", error))?;
        let mut words = words.into_iter();
        let program = words.next();
        let program =
            program.ok_or_else(|| Failure::usage("renew-command", "it names no command"))?;
        Ok(Some(RenewCommand::new(program, words)))
    }

    fn endpoint(&self) -> Result<Option<RenewEndpoint>, Failure> {
        let asked = self.renew_url.as_ref().map(|url| {
            // It is no request of the service's: the address is not taken for it.
            RenewEndpoint::new(url, Arc::new(HyperTransport::new()))
        });
        asked.transpose().map_err(|error| told(&error))
    }

    fn transfer(&self, url: &str) -> Result<UrlTransfer, Failure> {
        let transfer = UrlTransfer::new(url).map_err(|error| told(&error))?;
        let mut transfer = transfer.transport(self.transport());
        for (name, value) in &self.headers {
            transfer = transfer.header(name, value);
        }
        if let Some(command) = self.command()? {
            transfer = transfer.renewed_by(command);
        }
        if let Some(endpoint) = self.endpoint()? {
            transfer = transfer.renewed_by(endpoint);
        }
        Ok(transfer)
    }
}

#[derive(Args)]
pub(crate) struct DownloadArgs {
    /// A URL that is pre-signed for GET, or - for one on standard input
    url: String,

    /// The file, a folder, or - for standard output. Without it the name in the URL, here
    to: Option<PathBuf>,

    #[command(flatten)]
    with: UrlArgs,

    #[command(flatten)]
    moving: MoveArgs,
}

pub(crate) fn download(args: DownloadArgs) -> Result<Exit, Failure> {
    if args.moving.json && args.to.as_deref() == Some(Path::new("-")) {
        return Err(Failure::usage("arguments", "--json and the object both want standard output"));
    }
    let url = one_url(&args.url)?;
    let name = || {
        let text = "the URL gives no name for a file; name one";
        name_in(&url).ok_or_else(|| Failure::usage("target", text))
    };
    let to = match &args.to {
        None => name()?,
        Some(to) if to.is_dir() => to.join(name()?),
        Some(to) => to.clone(),
    };
    let transfer = args.with.transfer(&url)?;
    let go_on =
        format!("cospass download FRESH-URL {}", crate::shell::quote(&to.display().to_string()));
    let task = Task {
        from: host_and_path(&url),
        to: to.display().to_string(),
        size: None,
        what: (transfer, to),
    };
    block_on(each(vec![task], &args.moving, &go_on, |(transfer, to), options| {
        receive(transfer, to, options)
    }))
}

async fn receive(
    transfer: UrlTransfer,
    to: PathBuf,
    options: TransferOptions,
) -> Result<Moved, Error> {
    if to != Path::new("-") {
        let saved = transfer.download(&to, &options).await?;
        return Ok(Moved {
            bytes: saved.head.size,
            crc64: Some(saved.crc64),
            etag: saved.head.etag,
        });
    }
    // What goes to standard output cannot be taken back, so that it is proved first.
    let stdout = |error| Error::File { path: PathBuf::from("-"), error };
    let folder = tempfile::tempdir().map_err(stdout)?;
    let file = folder.path().join("download");
    let saved = transfer.download(&file, &options).await?;
    let mut file = tokio::fs::File::open(&file).await.map_err(stdout)?;
    let mut output = tokio::io::stdout();
    tokio::io::copy(&mut file, &mut output).await.map_err(stdout)?;
    output.flush().await.map_err(stdout)?;
    Ok(Moved { bytes: saved.head.size, crc64: Some(saved.crc64), etag: saved.head.etag })
}

#[derive(Args)]
pub(crate) struct UploadArgs {
    /// A URL that is pre-signed for PUT, or the file of a bundle
    url: String,

    /// The file, or - for standard input
    from: PathBuf,

    #[command(flatten)]
    with: UrlArgs,

    #[command(flatten)]
    moving: MoveArgs,
}

/// What an upload goes with.
enum Way {
    Url(UrlTransfer),
    Bundle(BundleTransfer),
}

pub(crate) fn upload(args: UploadArgs) -> Result<Exit, Failure> {
    let is_url = args.url.starts_with("http://") || args.url.starts_with("https://");
    let (way, to, go_on) = match is_url {
        true => {
            let way = Way::Url(args.with.transfer(&args.url)?);
            (way, host_and_path(&args.url), "cospass upload FRESH-URL".to_owned())
        }
        false => {
            let bundle = read_bundle(Path::new(&args.url))?;
            let to = format!("cos://{}/{}", bundle.bucket, bundle.key);
            let go_on = format!("cospass upload {}", crate::shell::quote(&args.url));
            (Way::Bundle(with_bundle(bundle, &args.with)?), to, go_on)
        }
    };
    let from = args.from.display().to_string();
    let go_on = format!("{go_on} {}", crate::shell::quote(&from));
    let size = std::fs::metadata(&args.from).map(|metadata| metadata.len()).ok();
    let task = Task { from, to, size, what: (way, args.from) };
    block_on(each(vec![task], &args.moving, &go_on, |(way, from), options| {
        send(way, from, options)
    }))
}

fn with_bundle(bundle: Bundle, with: &UrlArgs) -> Result<BundleTransfer, Failure> {
    if !with.headers.is_empty() {
        return Err(Failure::usage("header", "the requests of a bundle take no header (-H)"));
    }
    let mut transfer = BundleTransfer::new(bundle).transport(with.transport());
    if let Some(command) = with.command()? {
        transfer = transfer.renewed_by(command);
    }
    if let Some(endpoint) = with.endpoint()? {
        transfer = transfer.renewed_by(endpoint);
    }
    Ok(transfer)
}

async fn send(way: Way, from: PathBuf, options: TransferOptions) -> Result<Moved, Error> {
    let spooled;
    let from = match from == Path::new("-") {
        // A URL takes one body of a length that is known before.
        true => {
            spooled = spool().await?;
            spooled.path().join("upload")
        }
        false => from,
    };
    let answer = match way {
        Way::Url(transfer) => transfer.upload(&from, &options).await?,
        Way::Bundle(transfer) => transfer.upload(&from, &options).await?,
    };
    Ok(Moved { bytes: answer.size, crc64: Some(answer.crc64), etag: answer.etag })
}

/// Standard input in a file, which goes with its folder.
async fn spool() -> Result<tempfile::TempDir, Error> {
    let folder = tempfile::tempdir().map_err(Error::Input)?;
    let file = tokio::fs::File::create(folder.path().join("upload")).await;
    let mut file = file.map_err(Error::Input)?;
    tokio::io::copy(&mut tokio::io::stdin(), &mut file).await.map_err(Error::Input)?;
    file.flush().await.map_err(Error::Input)?;
    Ok(folder)
}

pub(super) fn read_bundle(path: &Path) -> Result<Bundle, Failure> {
    let cannot =
        |error| Failure::io(format_args!("cannot read the bundle {}", path.display()), &error);
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(cannot)?;
    file.take(BUNDLE_MAX).read_to_string(&mut text).map_err(cannot)?;
    Bundle::read(&text).map_err(|error| told(&error))
}

/// The URL, or the one on standard input, where other users of the machine do not see it.
fn one_url(given: &str) -> Result<String, Failure> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let cannot = |error| Failure::io("cannot read a URL from standard input", &error);
    if std::io::stdin().is_terminal() {
        crate::output::note("cospass: the URL:");
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(cannot)?;
    Ok(line.trim().to_owned())
}

/// The URL without what it is signed with.
fn host_and_path(url: &str) -> String {
    match UrlParts::read(url) {
        Ok(parts) => format!("{}://{}{}", parts.scheme(), parts.host(), parts.path()),
        Err(_) => "the URL".to_owned(),
    }
}

fn name_in(url: &str) -> Option<PathBuf> {
    let parts = UrlParts::read(url).ok()?;
    let path = cospass_sign::percent::decode(parts.path().as_bytes()).into_owned();
    last_name(&String::from_utf8(path).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_and_shows_no_signature() {
        let url = "https://b-1.cos.x.y/a/%E9%A1%B5%20b.txt?q-signature=s";
        assert_eq!(name_in(url), Some(PathBuf::from("页 b.txt")));
        assert_eq!(host_and_path(url), "https://b-1.cos.x.y/a/%E9%A1%B5%20b.txt");
        for url in ["https://h/", "https://h", "https://h/a%2F..", "https://h/%2e%2e"] {
            assert_eq!(name_in(url), None, "{url}");
        }
    }
}
