//! `ls`: what a bucket holds, or which buckets there are.

use clap::Args;
use cospass::operation::GetService;
use cospass::{Client, Page};
use serde::Serialize;

use super::ClientArgs;
use super::failure::{printable, told};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::runtime::block_on;
use crate::target::{Target, parse_target};

#[derive(Args)]
pub(crate) struct ListArgs {
    /// cos://BUCKET/PREFIX; without it the buckets
    #[arg(value_parser = parse_target)]
    target: Option<Target>,

    /// Everything below the prefix, and not only up to the next slash
    #[arg(short, long)]
    recursive: bool,

    /// One JSON object a line
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Serialize)]
struct Object<'a> {
    key: &'a str,
    size: u64,
    last_modified: &'a str,
    etag: &'a str,
    storage_class: &'a str,
}

#[derive(Serialize)]
struct Prefix<'a> {
    prefix: &'a str,
}

#[derive(Serialize)]
struct Bucket<'a> {
    bucket: &'a str,
    region: &'a str,
    created: &'a str,
}

pub(crate) fn list(args: ListArgs) -> Result<Exit, Failure> {
    let client = args.client.client()?;
    let mut output = Output::stdout();
    block_on(async {
        match &args.target {
            Some(target) => objects(&client, target, &args, &mut output).await?,
            None => buckets(&client, args.json, &mut output).await?,
        }
        output.flush()
    })?;
    Ok(Exit::Done)
}

async fn objects(
    client: &Client,
    target: &Target,
    args: &ListArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let delimiter = if args.recursive { "" } else { "/" };
    let mut keys = client.list(&target.bucket, target.key.as_str(), delimiter);
    while let Some(page) = keys.next_page().await.map_err(|error| told(&error))? {
        write_page(&page, args.json, output)?;
    }
    Ok(())
}

fn write_page(page: &Page, json: bool, output: &mut Output) -> Result<(), Failure> {
    for prefix in &page.common_prefixes {
        match json {
            true => output.json(&Prefix { prefix })?,
            false => output.line(format_args!("{:>14} {:24} {}", "-", "", printable(prefix)))?,
        }
    }
    for object in &page.contents {
        let line = Object {
            key: &object.key,
            size: object.size,
            last_modified: &object.last_modified,
            etag: &object.etag,
            storage_class: object.storage_class,
        };
        match json {
            true => output.json(&line)?,
            false => output.line(format_args!(
                "{:>14} {:24} {}",
                line.size,
                line.last_modified,
                printable(line.key)
            ))?,
        }
    }
    Ok(())
}

async fn buckets(client: &Client, json: bool, output: &mut Output) -> Result<(), Failure> {
    let mut operation = GetService::default();
    loop {
        let page = client.buckets(&operation).await.map_err(|error| told(&error))?;
        for bucket in &page.buckets {
            let line = Bucket {
                bucket: &bucket.name,
                region: &bucket.location,
                created: &bucket.creation_date,
            };
            match json {
                true => output.json(&line)?,
                false => {
                    output.line(format_args!("{} {} {}", line.created, line.region, line.bucket))?
                }
            }
        }
        if !page.is_truncated || page.next_marker.is_empty() {
            return Ok(());
        }
        operation.marker = Some(page.next_marker);
    }
}
