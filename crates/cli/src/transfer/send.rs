//! `put` and `share`: files and standard input into objects.

use std::path::{Path, PathBuf};

use clap::Args;
use cospass::operation::InitiateMultipartUpload;
use cospass::{Client, Error, Expires, PutAnswer, Signer, TransferOptions};
use cospass_protocol::ObjectKey;

use super::each::{Task, each, same_command};
use super::failure::told;
use super::local::files;
use super::pattern::SelectArgs;
use super::reporter::Moved;
use super::{ClientArgs, MoveArgs};
use crate::duration::parse_expires;
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::pairs::{Pair, parse_header};
use crate::place;
use crate::runtime::block_on;
use crate::target::{Target, parse_target};
use crate::warnings::WarningArgs;

#[derive(Args)]
pub(crate) struct PutArgs {
    /// Files, folders with --recursive, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    from: Vec<PathBuf>,

    /// cos://BUCKET/KEY; a KEY that ends in a slash is a folder, to which the names are added
    #[arg(value_parser = parse_target, value_name = "COS")]
    to: Target,

    #[command(flatten)]
    select: SelectArgs,

    #[command(flatten)]
    about: AboutArgs,

    #[command(flatten)]
    client: ClientArgs,

    #[command(flatten)]
    moving: MoveArgs,
}

/// What an object is to be besides its bytes.
#[derive(Args, Clone)]
pub(crate) struct AboutArgs {
    /// A header that is kept with the object: Content-Type, Cache-Control, …, x-cos-meta-NAME, x-cos-storage-class
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    headers: Vec<Pair>,
}

impl AboutArgs {
    fn describe(&self, object: &mut InitiateMultipartUpload) -> Result<(), Failure> {
        for (name, value) in &self.headers {
            let lower = name.to_ascii_lowercase();
            let content = &mut object.content;
            let field = match lower.as_str() {
                "cache-control" => &mut content.cache_control,
                "content-disposition" => &mut content.content_disposition,
                "content-encoding" => &mut content.content_encoding,
                "content-language" => &mut content.content_language,
                "content-type" => &mut content.content_type,
                "expires" => &mut content.expires,
                "x-cos-storage-class" => {
                    let class = value.parse();
                    object.storage_class = class.map_err(|error| {
                        Failure::usage("storage-class", format_args!("{value}: {error}"))
                    })?;
                    continue;
                }
                _ => match lower.strip_prefix("x-cos-meta-") {
                    Some(meta) if !meta.is_empty() => {
                        object.metadata.push((meta.to_owned(), value.clone().into_bytes()));
                        continue;
                    }
                    _ => {
                        let text = format_args!("{name} is no header that an object keeps");
                        return Err(Failure::usage("header", text));
                    }
                },
            };
            *field = Some(value.clone().into_bytes());
        }
        Ok(())
    }
}

/// One upload.
struct Upload {
    object: InitiateMultipartUpload,
    /// None for standard input.
    path: Option<PathBuf>,
}

pub(crate) fn put(args: PutArgs) -> Result<Exit, Failure> {
    let client = args.client.client()?;
    let tasks = tasks(&args.from, &args.to, &args.select, &args.about)?;
    let work = |upload, options| send(client.clone(), upload, options);
    block_on(each(tasks, &args.moving, &same_command(), work))
}

fn tasks(
    from: &[PathBuf],
    to: &Target,
    select: &SelectArgs,
    about: &AboutArgs,
) -> Result<Vec<Task<Upload>>, Failure> {
    let mut tasks = Vec::new();
    let into = to.key.is_bucket() || to.key.as_str().ends_with('/');
    if from.len() > 1 && !into {
        let text = "several files need a folder to go to; end the key with a slash";
        return Err(Failure::usage("target", text));
    }
    for path in from {
        if path == Path::new("-") {
            if into {
                let text = "standard input has no name; give the whole key";
                return Err(Failure::usage("target", text));
            }
            tasks.push(task(to, to.key.as_str(), None, None, about)?);
            continue;
        }
        let is_folder = path.is_dir();
        for file in files(path, select)? {
            let key = match into || is_folder {
                true => joined(to.key.as_str(), &file.name),
                false => to.key.as_str().to_owned(),
            };
            tasks.push(task(to, &key, Some(file.path), Some(file.size), about)?);
        }
    }
    Ok(tasks)
}

fn task(
    to: &Target,
    key: &str,
    path: Option<PathBuf>,
    size: Option<u64>,
    about: &AboutArgs,
) -> Result<Task<Upload>, Failure> {
    let from = path.as_ref().map_or("-".to_owned(), |path| path.display().to_string());
    let key = ObjectKey::new(format!("/{key}"));
    let key =
        key.map_err(|error| Failure::usage(error.cause(), format_args!("{from}: {error}")))?;
    let mut object = InitiateMultipartUpload::new(to.bucket.clone(), key);
    about.describe(&mut object)?;
    let to = format!("cos://{}/{}", object.bucket.as_str(), object.key.as_str());
    Ok(Task { from, to, size, what: Upload { object, path } })
}

/// A name below a folder of keys.
fn joined(folder: &str, name: &str) -> String {
    match folder.is_empty() || folder.ends_with('/') {
        true => format!("{folder}{name}"),
        false => format!("{folder}/{name}"),
    }
}

async fn send(client: Client, upload: Upload, options: TransferOptions) -> Result<Moved, Error> {
    if !options.overwrite {
        let head = client.head(&upload.object.bucket, &upload.object.key).await;
        if head.is_ok() {
            let path = PathBuf::from(upload.object.key.as_str());
            return Err(Error::FileExists { path });
        }
    }
    let answer: PutAnswer = match &upload.path {
        Some(path) => client.put_file_as(upload.object, path, &options).await?,
        None => client.put_stream(upload.object, tokio::io::stdin(), None, &options).await?,
    };
    Ok(Moved { bytes: answer.size, crc64: Some(answer.crc64), etag: answer.etag })
}

#[derive(Args)]
pub(crate) struct ShareArgs {
    /// The file
    from: PathBuf,

    /// cos://BUCKET/KEY; a KEY that ends in a slash is a folder, to which the name is added
    #[arg(value_parser = parse_target)]
    to: Target,

    /// For how long the URL holds: 300, 300s, 15m, 2h, 7d
    #[arg(long, default_value = "1h", value_parser = parse_expires)]
    expires: Expires,

    #[command(flatten)]
    about: AboutArgs,

    #[command(flatten)]
    client: ClientArgs,

    #[command(flatten)]
    moving: MoveArgs,

    #[command(flatten)]
    warnings: WarningArgs,
}

/// Uploads a file and prints a URL that downloads it.
pub(crate) fn share(args: ShareArgs) -> Result<Exit, Failure> {
    let client = args.client.client()?;
    let select = SelectArgs::default();
    let tasks = tasks(&[args.from], &args.to, &select, &args.about)?;
    let Some(key) = tasks.first().map(|task| task.what.object.key.clone()) else {
        return Ok(Exit::Done);
    };
    let endpoint = args.client.place.endpoint()?.ok_or_else(place::missing)?;
    let credentials = block_on(async { client.credentials().await.map_err(|error| told(&error)) })?;
    let signer = Signer::new(credentials, endpoint);
    let sign = |now| {
        let signing = signer.presigned_download_url(&args.to.bucket, &key);
        let signed = signing.scheme(args.client.scheme).expires(args.expires).now(now).sign();
        signed.map_err(|error| Failure::usage(error.cause(), &error))
    };
    // Nothing is uploaded for a URL that is refused.
    args.warnings.tell(&sign(environment::now())?.warnings())?;
    let work = |upload, options| send(client.clone(), upload, options);
    let exit = block_on(each(tasks, &args.moving, &same_command(), work))?;
    if exit != Exit::Done || args.moving.dry_run {
        return Ok(exit);
    }
    // By the clock of the service, where the upload has shown that this one is off.
    let signed = sign(environment::now().saturating_add(client.clock_offset()))?;
    let mut output = Output::stdout();
    output.line(signed.url())?;
    output.flush()?;
    Ok(Exit::Done)
}
