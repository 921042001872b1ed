//! `bundle`: an upload in parts is begun, and its pre-signed URLs are written.

use std::path::PathBuf;

use clap::Args;
use cospass::operation::InitiateMultipartUpload;
use cospass::{Bucket, Bundle, BundleTransfer, Client, Error, Expires, ObjectKey};

use super::ClientArgs;
use super::failure::told;
use super::url::read_bundle;
use crate::duration::parse_expires;
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::{Output, note};
use crate::runtime::block_on;
use crate::size::parse_size;
use crate::target::{Target, parse_target};
use crate::warnings::WarningArgs;

#[derive(Args)]
pub(crate) struct BundleArgs {
    /// cos://BUCKET/KEY
    #[arg(value_parser = parse_target, required_unless_present_any = ["renew", "abort"], requires = "size")]
    target: Option<Target>,

    /// The size of the file: 20GiB
    #[arg(long, value_parser = parse_size)]
    size: Option<u64>,

    /// The size of a part: 8M, at least 1M
    #[arg(long, value_parser = parse_size, default_value = "8M", value_name = "SIZE")]
    part_size: u64,

    /// For how long the URLs hold: 300, 300s, 15m, 2h, 7d
    #[arg(long, default_value = "1h", value_parser = parse_expires)]
    expires: Expires,

    /// Write a fresh bundle of the same upload
    #[arg(long, value_name = "BUNDLE", conflicts_with_all = ["target", "size", "abort"])]
    renew: Option<PathBuf>,

    /// Give the upload up, with all its parts
    #[arg(long, value_name = "BUNDLE", conflicts_with_all = ["target", "size"])]
    abort: Option<PathBuf>,

    #[command(flatten)]
    client: ClientArgs,

    #[command(flatten)]
    warnings: WarningArgs,
}

/// The service is asked first: it says what time it is. Of an upload that is gone the fresh bundle still says whether it was
/// completed.
async fn renew(client: &Client, bundle: &Bundle, seconds: i64) -> Result<Bundle, Error> {
    match client.parts(&bundle.upload()?).await {
        Err(error) if error.cause() == "NoSuchUpload" => {
            note("cospass: the upload is gone: it was completed or given up");
        }
        asked => drop(asked?),
    }
    client.renew_bundle(bundle, seconds)
}

pub(crate) fn bundle(args: BundleArgs) -> Result<Exit, Failure> {
    if let Some(path) = &args.abort {
        let transfer = BundleTransfer::new(read_bundle(path)?);
        let transport = args.client.client()?.transport().clone();
        block_on(async {
            transfer.transport(transport).abort().await.map_err(|error| told(&error))
        })?;
        return Ok(Exit::Done);
    }
    let client = args.client.client()?;
    let now = environment::now();
    let key_time = args.expires.key_time(now);
    let key_time = key_time.map_err(|error| Failure::usage(error.cause(), &error))?;
    let seconds = key_time.end().saturating_sub(now);
    let warn = async |bucket: &Bucket, key: &ObjectKey| {
        let warnings = client.bundle_warnings(bucket, key, seconds).await;
        args.warnings.tell(&warnings.map_err(|error| told(&error))?)
    };
    let bundle = match (&args.renew, &args.target, args.size) {
        (Some(path), ..) => {
            let bundle = read_bundle(path)?;
            let of = bundle.upload().map_err(|error| told(&error))?;
            block_on(async {
                warn(&of.bucket, &of.key).await?;
                Ok(renew(&client, &bundle, seconds).await)
            })?
        }
        (None, Some(target), Some(size)) => {
            let object = InitiateMultipartUpload::new(target.bucket.clone(), target.key.clone());
            block_on(async {
                // Nothing is begun that is refused.
                warn(&object.bucket, &object.key).await?;
                Ok(client.bundle(&object, size, args.part_size, seconds).await)
            })?
        }
        _ => {
            let text = "name cos://BUCKET/KEY and --size, or --renew or --abort with a bundle";
            return Err(Failure::usage("arguments", text));
        }
    };
    let mut output = Output::stdout();
    let bundle = bundle.map_err(|error| told(&error))?;
    output.line(bundle.write().trim_end())?;
    output.flush()?;
    Ok(Exit::Done)
}
