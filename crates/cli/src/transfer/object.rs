//! `rm`, `cp`, `stat`, `cat`: objects where they are.

use clap::Args;
use cospass::{Bucket, Client, Error, ObjectHead, ObjectKey, TransferOptions};
use serde::Serialize;

use super::each::{Task, each, same_command};
use super::failure::{printable, told, told_of};
use super::pattern::SelectArgs;
use super::receive::to_stdout;
use super::reporter::Moved;
use super::{ClientArgs, MoveArgs};
use crate::exit::{Exit, Failure};
use crate::output::{Output, note};
use crate::runtime::block_on;
use crate::target::{Target, parse_target};

/// The most keys that one request deletes (436/8289).
const DELETED_AT_ONCE: usize = 1000;

#[derive(Args)]
pub(crate) struct RemoveArgs {
    /// cos://BUCKET/KEY; with --recursive the prefix of many keys
    #[arg(value_parser = parse_target, required = true, value_name = "COS")]
    targets: Vec<Target>,

    #[command(flatten)]
    select: SelectArgs,

    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,

    /// Tell nothing but failures
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    client: ClientArgs,
}

pub(crate) fn remove(args: RemoveArgs) -> Result<Exit, Failure> {
    let client = args.client.client()?;
    block_on(async {
        let mut exit = Exit::Done;
        for target in &args.targets {
            let keys = keys(&client, target, &args.select).await?;
            for keys in keys.chunks(DELETED_AT_ONCE) {
                if !delete(&client, &target.bucket, keys, &args).await? {
                    exit = Exit::Failed;
                }
            }
        }
        Ok(exit)
    })
}

/// The key, or all below the prefix that are meant.
async fn keys(
    client: &Client,
    target: &Target,
    select: &SelectArgs,
) -> Result<Vec<ObjectKey>, Failure> {
    if !select.recursive {
        if target.key.is_bucket() {
            let text = "it names no object; give a key, or --recursive for all of the bucket";
            return Err(Failure::usage("target", text));
        }
        return Ok(vec![target.key.clone()]);
    }
    let prefix = target.key.as_str();
    let base = prefix.rfind('/').map_or(0, |slash| slash + 1);
    let mut listed = client.list(&target.bucket, prefix, "");
    let mut keys = Vec::new();
    while let Some(object) = listed.next().await.map_err(|error| told(&error))? {
        if select.takes(object.key.get(base..).unwrap_or_default()) {
            let key = ObjectKey::new(format!("/{}", object.key));
            keys.push(key.map_err(|error| Failure::usage(error.cause(), error))?);
        }
    }
    Ok(keys)
}

async fn delete(
    client: &Client,
    bucket: &Bucket,
    keys: &[ObjectKey],
    args: &RemoveArgs,
) -> Result<bool, Failure> {
    let name = |key: &str| printable(&format!("cos://{}/{key}", bucket.as_str()));
    if args.dry_run {
        keys.iter().for_each(|key| note(format_args!("would remove {}", name(key.as_str()))));
        return Ok(true);
    }
    let deleted = client.delete_many(bucket, keys).await.map_err(|error| told(&error))?;
    for object in deleted.deleted.iter().filter(|_| !args.quiet) {
        note(format_args!("removed {}", name(&object.object.key)));
    }
    for (object, code, message) in &deleted.errors {
        note(format_args!("cospass: {}: {code}: {message}", name(&object.key)));
    }
    Ok(deleted.errors.is_empty())
}

#[derive(Args)]
pub(crate) struct CopyArgs {
    /// cos://BUCKET/KEY; with --recursive the prefix of many keys
    #[arg(value_parser = parse_target)]
    from: Target,

    /// cos://BUCKET/KEY; a KEY that ends in a slash is a folder, to which the names are added
    #[arg(value_parser = parse_target)]
    to: Target,

    #[command(flatten)]
    select: SelectArgs,

    #[command(flatten)]
    client: ClientArgs,

    #[command(flatten)]
    moving: MoveArgs,
}

/// One copy.
struct Copy {
    from: (Bucket, ObjectKey),
    to: (Bucket, ObjectKey),
}

pub(crate) fn copy(args: CopyArgs) -> Result<Exit, Failure> {
    let client = args.client.client()?;
    block_on(async {
        let keys = keys(&client, &args.from, &args.select).await?;
        let prefix = args.from.key.as_str();
        let base = prefix.rfind('/').map_or(0, |slash| slash + 1);
        let into = args.to.key.is_bucket() || args.to.key.as_str().ends_with('/');
        if args.select.recursive && !into {
            let text = "several objects need a folder to go to; end the key with a slash";
            return Err(Failure::usage("target", text));
        }
        let tasks: Result<Vec<_>, Failure> = keys
            .into_iter()
            .map(|key| {
                let name = key.as_str().get(base..).unwrap_or_default();
                let to = if into {
                    format!("{}{name}", args.to.key.as_str())
                } else {
                    args.to.key.as_str().to_owned()
                };
                let to = ObjectKey::new(format!("/{to}"));
                let to = to.map_err(|error| Failure::usage(error.cause(), error))?;
                let what = Copy {
                    from: (args.from.bucket.clone(), key),
                    to: (args.to.bucket.clone(), to),
                };
                let name = |(bucket, key): &(Bucket, ObjectKey)| {
                    format!("cos://{}/{}", bucket.as_str(), key.as_str())
                };
                Ok(Task { from: name(&what.from), to: name(&what.to), size: None, what })
            })
            .collect();
        let work = |copy, options| copy_one(client.clone(), copy, options);
        each(tasks?, &args.moving, &same_command(), work).await
    })
}

async fn copy_one(client: Client, copy: Copy, options: TransferOptions) -> Result<Moved, Error> {
    let (from, to) = ((&copy.from.0, &copy.from.1), (&copy.to.0, &copy.to.1));
    if !options.overwrite && client.head(to.0, to.1).await.is_ok() {
        return Err(Error::FileExists { path: to.1.as_str().into() });
    }
    let copied = client.copy(from, to).await?;
    Ok(Moved { bytes: copied.size, crc64: Some(copied.crc64), etag: copied.etag })
}

#[derive(Args)]
pub(crate) struct StatArgs {
    /// cos://BUCKET/KEY
    #[arg(value_parser = parse_target)]
    target: Target,

    /// One JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Serialize)]
struct Stat {
    size: u64,
    etag: String,
    crc64: Option<String>,
    last_modified: String,
    storage_class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
    headers: Vec<(String, String)>,
    metadata: Vec<(String, String)>,
}

impl Stat {
    fn of(head: ObjectHead) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = head.content.iter().map(|(name, value)| (name.to_owned(), text(value)));
        let metadata = head.metadata.iter().map(|(name, value)| (name.clone(), text(value)));
        Self {
            headers: headers.collect(),
            metadata: metadata.collect(),
            size: head.size,
            etag: head.etag,
            crc64: head.crc64.map(|crc64| crc64.to_string()),
            last_modified: head.last_modified,
            storage_class: head.storage_class,
            version_id: head.version_id,
        }
    }
}

pub(crate) fn stat(args: StatArgs) -> Result<Exit, Failure> {
    let client = args.client.client()?;
    let Target { bucket, key } = &args.target;
    let head = block_on(async {
        client.head(bucket, key).await.map_err(|error| told_of(key.as_str(), &error))
    })?;
    let stat = Stat::of(head);
    let mut output = Output::stdout();
    if args.json {
        output.json(&stat)?;
    } else {
        write_stat(&stat, &mut output)?;
    }
    output.flush()?;
    Ok(Exit::Done)
}

fn write_stat(stat: &Stat, output: &mut Output) -> Result<(), Failure> {
    output.line(format_args!("size: {}", stat.size))?;
    output.line(format_args!("etag: {}", stat.etag))?;
    if let Some(crc64) = &stat.crc64 {
        output.line(format_args!("crc64: {crc64}"))?;
    }
    output.line(format_args!("last-modified: {}", stat.last_modified))?;
    output.line(format_args!("storage-class: {}", stat.storage_class))?;
    if let Some(version_id) = &stat.version_id {
        output.line(format_args!("version-id: {version_id}"))?;
    }
    for (name, value) in &stat.headers {
        output.line(format_args!("{}: {}", name.to_lowercase(), printable(value)))?;
    }
    for (name, value) in &stat.metadata {
        output.line(format_args!("x-cos-meta-{name}: {}", printable(value)))?;
    }
    Ok(())
}

#[derive(Args)]
pub(crate) struct CatArgs {
    /// cos://BUCKET/KEY
    #[arg(value_parser = parse_target, required = true, value_name = "COS")]
    targets: Vec<Target>,

    #[command(flatten)]
    client: ClientArgs,
}

pub(crate) fn cat(args: CatArgs) -> Result<Exit, Failure> {
    let client = args.client.client()?;
    block_on(async {
        for Target { bucket, key } in &args.targets {
            let written = to_stdout(&client, bucket, key).await;
            written.map_err(|error| told_of(key.as_str(), &error))?;
        }
        Ok(Exit::Done)
    })
}
