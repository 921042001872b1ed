//! The commands that move bytes. Those with credentials: `put`, `get`, `ls`, `rm`, `cp`, `stat`, `cat`, `mb`, `rb`,
//! `share`, `bundle`. Those with a URL or a bundle alone: `upload`, `download`.

mod account;
mod bundle;
mod each;
mod failure;
mod list;
mod local;
mod object;
mod pattern;
mod receive;
mod reporter;
mod send;
mod url;

use clap::Args;
use cospass::{Client, HyperTransport, Pace, TransferOptions};
use cospass_protocol::Scheme;
use std::net::SocketAddr;

use crate::environment;
use crate::exit::Failure;
use crate::place::{self, PlaceArgs};
use crate::size::parse_size;

pub(crate) use account::{MakeArgs, RemoveBucketArgs, make, remove_bucket};
pub(crate) use bundle::{BundleArgs, bundle};
pub(crate) use list::{ListArgs, list};
pub(crate) use object::{CatArgs, CopyArgs, RemoveArgs, StatArgs, cat, copy, remove, stat};
pub(crate) use receive::{GetArgs, get};
pub(crate) use send::{PutArgs, ShareArgs, put, share};
pub(crate) use url::{DownloadArgs, UploadArgs, download, upload};

/// What `--help` shows of `put`.
pub(crate) const PUT_EXAMPLES: &str = "\
Examples:
  cospass put a.jpg cos://photos-1250000000/2024/ --region ap-guangzhou
  cospass put -r photos cos://photos-1250000000/2024/ --include '*.jpg' -H 'Cache-Control: no-cache'
  tar c folder | cospass put - cos://photos-1250000000/folder.tar";

/// What `--help` shows of `get`.
pub(crate) const GET_EXAMPLES: &str = "\
Examples:
  cospass get cos://photos-1250000000/2024/a.jpg --region ap-guangzhou
  cospass get -r cos://photos-1250000000/2024/ here --exclude '*.tmp' --jobs 8";

/// What `--help` shows of `share`.
pub(crate) const SHARE_EXAMPLES: &str = "\
Example:
  cospass share report.pdf cos://photos-1250000000/out/ --expires 2h --region ap-guangzhou";

/// What `--help` shows of `upload`.
pub(crate) const UPLOAD_EXAMPLES: &str = "\
Examples:
  cospass upload \"$URL\" a.jpg -H 'Content-Type: image/jpeg'
  cospass upload bundle.json disk.img --renew-command 'ssh host cospass bundle --renew bundle.json'";

/// What `--help` shows of `download`.
pub(crate) const DOWNLOAD_EXAMPLES: &str = "\
Examples:
  cospass download \"$URL\"
  cospass download \"$URL\" big.bin --renew-url https://app.example.com/fresh-url";

/// What `--help` shows of `bundle`.
pub(crate) const BUNDLE_EXAMPLES: &str = "\
Whoever has a bundle can make that object and nothing else, until it ends; docs/bundle.md describes it.

Examples:
  cospass bundle cos://photos-1250000000/disk.img --size 20GiB --expires 15m --region ap-guangzhou > bundle.json
  cospass bundle --renew bundle.json > fresh.json
  cospass bundle --abort bundle.json";

/// Where requests go, and by what scheme.
#[derive(Args)]
pub(crate) struct ClientArgs {
    #[command(flatten)]
    place: PlaceArgs,

    /// http or https
    #[arg(long, default_value = "https")]
    scheme: Scheme,

    /// Connect to this address whatever host is named, as curl --connect-to does
    #[arg(long, value_name = "IP:PORT")]
    connect_to: Option<SocketAddr>,
}

impl ClientArgs {
    /// A client with the credentials of the first source that has some, which is asked at once: without any nothing is begun.
    fn client(&self) -> Result<Client, Failure> {
        let endpoint = self.place.endpoint()?.ok_or_else(place::missing)?;
        let source = environment::Continued::new(environment::credentials()?);
        let builder = Client::with_source(source, endpoint).scheme(self.scheme);
        Ok(match self.connect_to {
            Some(address) => builder.transport(HyperTransport::to_address(address)).build(),
            None => builder.build(),
        })
    }
}

/// How bytes are moved and what is told of it.
#[derive(Args, Clone)]
pub(crate) struct MoveArgs {
    /// How many parts, or files, are under way at the same time. Without it 4, and 16 files of at most 64 KiB
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,

    /// The size of a part: 8M, at least 1M
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    part_size: Option<u64>,

    /// At most so many bytes a second, all together: 500K, 10M
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    limit_rate: Option<u64>,

    /// Throw away what an earlier transfer kept, and begin anew
    #[arg(long)]
    restart: bool,

    /// Leave files that are there as they are
    #[arg(long)]
    no_clobber: bool,

    /// Give downloaded files their names when they are on the disk, safe from a power failure
    #[arg(long)]
    sync: bool,

    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Tell what happens as one JSON object a line on standard output
    #[arg(long)]
    json: bool,

    /// Tell nothing but failures
    #[arg(short, long)]
    quiet: bool,
}

/// How many parts, or files, are under way if nobody says otherwise.
const JOBS: u16 = 4;

/// So many small files: what takes time with them is waiting, for the network and from thread to thread.
const JOBS_OF_SMALL: u16 = 16;

/// A file of so many bytes is small.
const SMALL: u64 = 64 * 1024;

impl MoveArgs {
    /// How many files are under way at most when one of that size begins.
    fn files_at_once(&self, size: Option<u64>) -> usize {
        let is_small = size.is_some_and(|size| size <= SMALL);
        usize::from(self.jobs.unwrap_or(if is_small { JOBS_OF_SMALL } else { JOBS }))
    }

    fn options(&self) -> TransferOptions {
        let mut options = TransferOptions {
            jobs: usize::from(self.jobs.unwrap_or(JOBS)),
            restart: self.restart,
            overwrite: !self.no_clobber,
            sync: self.sync,
            ..TransferOptions::default()
        };
        if let Some(part_size) = self.part_size {
            options.part_size = part_size;
        }
        if let Some(rate) = self.limit_rate {
            options.gauge = options.gauge.with_pace(Pace::new(rate));
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        moving: MoveArgs,
    }

    #[test]
    fn more_small_files_go_at_once_unless_jobs_says_how_many() {
        let at_once = |arguments: &[&str], size| {
            let line = ["put"].iter().chain(arguments);
            Alone::try_parse_from(line).map(|alone| alone.moving.files_at_once(size))
        };
        assert_eq!(at_once(&[], Some(SMALL)).unwrap(), 16);
        assert_eq!(at_once(&[], Some(SMALL + 1)).unwrap(), 4);
        assert_eq!(at_once(&[], None).unwrap(), 4);
        for size in [None, Some(1)] {
            assert_eq!(at_once(&["--jobs", "1"], size).unwrap(), 1);
        }
        assert!(at_once(&["--jobs", "0"], None).is_err());
    }
}
