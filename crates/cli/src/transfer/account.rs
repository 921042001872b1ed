//! `mb` and `rb`: buckets are made and removed.

use clap::Args;

use super::ClientArgs;
use super::failure::told;
use crate::exit::{Exit, Failure};
use crate::runtime::block_on;
use crate::target::{Target, parse_target};

#[derive(Args)]
pub(crate) struct MakeArgs {
    /// cos://BUCKET/
    #[arg(value_parser = parse_target)]
    bucket: Target,

    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Args)]
pub(crate) struct RemoveBucketArgs {
    /// cos://BUCKET/, which must be empty
    #[arg(value_parser = parse_target)]
    bucket: Target,

    #[command(flatten)]
    client: ClientArgs,
}

fn must_be_bucket(target: &Target) -> Result<(), Failure> {
    match target.key.is_bucket() {
        true => Ok(()),
        false => Err(Failure::usage("target", "a key is named; give the bucket, cos://BUCKET/")),
    }
}

pub(crate) fn make(args: MakeArgs) -> Result<Exit, Failure> {
    must_be_bucket(&args.bucket)?;
    let client = args.client.client()?;
    let making = client.create_bucket(&args.bucket.bucket);
    block_on(async { making.await.map_err(|error| told(&error)) })?;
    Ok(Exit::Done)
}

pub(crate) fn remove_bucket(args: RemoveBucketArgs) -> Result<Exit, Failure> {
    must_be_bucket(&args.bucket)?;
    let client = args.client.client()?;
    let removing = client.delete_bucket(&args.bucket.bucket);
    block_on(async { removing.await.map_err(|error| told(&error)) })?;
    Ok(Exit::Done)
}
