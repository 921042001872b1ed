//! `get`: objects into files or to standard output.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use cospass::{Bucket, Client, Error, ObjectKey, TransferOptions};
use tokio::io::AsyncWriteExt;

use super::each::{Task, each, same_command};
use super::failure::{printable, told};
use super::local::{below, last_name};
use super::pattern::SelectArgs;
use super::reporter::Moved;
use super::{ClientArgs, MoveArgs};
use crate::exit::{Exit, Failure};
use crate::output::note;
use crate::runtime::block_on;
use crate::target::{Target, parse_target};

#[derive(Args)]
pub(crate) struct GetArgs {
    /// cos://BUCKET/KEY; with --recursive the prefix of many keys
    #[arg(value_parser = parse_target)]
    from: Target,

    /// The file, a folder, or - for standard output. Without it the name of the object, here
    to: Option<PathBuf>,

    #[command(flatten)]
    select: SelectArgs,

    #[command(flatten)]
    client: ClientArgs,

    #[command(flatten)]
    moving: MoveArgs,
}

/// One download.
struct Download {
    bucket: Bucket,
    key: ObjectKey,
    to: PathBuf,
}

pub(crate) fn get(args: GetArgs) -> Result<Exit, Failure> {
    if args.moving.json && args.to.as_deref() == Some(Path::new("-")) {
        return Err(Failure::usage("arguments", "--json and the object both want standard output"));
    }
    let client = args.client.client()?;
    block_on(async {
        let (tasks, refused) = match args.select.recursive {
            true => many(&client, &args).await?,
            false => (vec![one(&args)?], 0),
        };
        let folders = Folders::default();
        let work = |download, options| receive(client.clone(), folders.clone(), download, options);
        let exit = each(tasks, &args.moving, &same_command(), work).await?;
        Ok(if refused > 0 && exit == Exit::Done { Exit::Failed } else { exit })
    })
}

fn one(args: &GetArgs) -> Result<Task<Download>, Failure> {
    let key = &args.from.key;
    if key.is_bucket() || key.as_str().ends_with('/') && args.to.is_none() {
        let text = "it names no object; give a key, or --recursive for all below it";
        return Err(Failure::usage("target", text));
    }
    let name = || {
        let text = "the key gives no name for a file; name one";
        last_name(key.as_str()).ok_or_else(|| Failure::usage("target", text))
    };
    let to = match &args.to {
        None => name()?,
        Some(to) if to.is_dir() => to.join(name()?),
        Some(to) => to.clone(),
    };
    Ok(task(&args.from.bucket, key.clone(), to, None))
}

fn task(bucket: &Bucket, key: ObjectKey, to: PathBuf, size: Option<u64>) -> Task<Download> {
    let from = format!("cos://{}/{}", bucket.as_str(), key.as_str());
    let what = Download { bucket: bucket.clone(), key, to };
    Task { from, to: what.to.display().to_string(), size, what }
}

/// All objects below a prefix, and how many have a key that is no path here.
async fn many(client: &Client, args: &GetArgs) -> Result<(Vec<Task<Download>>, usize), Failure> {
    let folder = args.to.clone().unwrap_or_else(|| PathBuf::from("."));
    let prefix = args.from.key.as_str();
    // What stands behind the last slash of the prefix is part of the names.
    let base = prefix.rfind('/').map_or(0, |slash| slash + 1);
    let mut keys = client.list(&args.from.bucket, prefix, "");
    let (mut tasks, mut refused) = (Vec::new(), 0);
    while let Some(object) = keys.next().await.map_err(|error| told(&error))? {
        let name = object.key.get(base..).unwrap_or_default();
        // Consoles make folders as objects of no byte whose keys end in a slash.
        if name.is_empty() || (name.ends_with('/') && object.size == 0) || !args.select.takes(name)
        {
            continue;
        }
        let key = ObjectKey::new(format!("/{}", object.key));
        match (below(&folder, name), key) {
            (Some(to), Ok(key)) => {
                tasks.push(task(&args.from.bucket, key, to, Some(object.size)));
            }
            _ => {
                note(format_args!(
                    "cospass: unsafe-key: {} would not stay in the folder; get it by itself",
                    printable(&object.key)
                ));
                refused += 1;
            }
        }
    }
    Ok((tasks, refused))
}

/// The folders that are there. Each is made once: many files in one folder would wait for the one above it at every file.
#[derive(Clone, Default)]
struct Folders(Arc<Mutex<HashSet<PathBuf>>>);

impl Folders {
    async fn make(&self, folder: &Path) -> Result<(), Error> {
        let made = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if made().contains(folder) {
            return Ok(());
        }
        let making = tokio::fs::create_dir_all(folder).await;
        making.map_err(|error| Error::File { path: folder.to_owned(), error })?;
        made().insert(folder.to_owned());
        Ok(())
    }
}

async fn receive(
    client: Client,
    folders: Folders,
    download: Download,
    options: TransferOptions,
) -> Result<Moved, Error> {
    let Download { bucket, key, to } = download;
    if to == Path::new("-") {
        return to_stdout(&client, &bucket, &key).await;
    }
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        folders.make(folder).await?;
    }
    let saved = client.get_file(&bucket, &key, &to, &options).await?;
    Ok(Moved { bytes: saved.head.size, crc64: Some(saved.crc64), etag: saved.head.etag })
}

/// Writes an object to standard output as it comes. What was written cannot be taken back: a failure is told by the exit
/// code alone.
pub(super) async fn to_stdout(
    client: &Client,
    bucket: &Bucket,
    key: &ObjectKey,
) -> Result<Moved, Error> {
    let stdout = |error| Error::File { path: PathBuf::from("-"), error };
    let mut download = client.get(bucket, key).await?;
    let mut output = tokio::io::stdout();
    while let Some(piece) = download.next().await? {
        output.write_all(&piece).await.map_err(stdout)?;
    }
    output.flush().await.map_err(stdout)?;
    let head = download.head();
    Ok(Moved { bytes: head.size, crc64: head.crc64, etag: head.etag.clone() })
}
