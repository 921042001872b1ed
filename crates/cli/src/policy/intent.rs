//! `cospass policy for`: the smallest policy that permits what is named.

use clap::Args;
use cospass_protocol::Warning;
use cospass_protocol::policy::{Access, Intent, IntentError, Policy, PolicyKind, UploadMode, Verb};

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::place::RegionArgs;
use crate::size::parse_size;
use crate::target::parse_target;
use crate::warnings::WarningArgs;

/// What `--help` says of the forms.
pub(crate) const MORE_HELP: &str = r#"An access is a verb and a target, in one word of the shell: 'GET cos://BUCKET/KEY'. A * at the end of KEY is every key that
begins so. Verbs: GET, HEAD, PUT, POST (a form), DELETE, LIST (the keys that begin so). GET does not imply HEAD, which
downloads in ranges begin with.

What a PUT needs goes by how clients upload: simple PutObject; form PostObject; multipart InitiateMultipartUpload,
UploadPart, CompleteMultipartUpload; resume those and ListMultipartUploads, ListParts, AbortMultipartUpload. The size of
a simple upload alone can be bounded by a policy.

Without a region the policy is for the buckets wherever they are: a bucket's name is taken in one region alone.

Example:
  cospass policy for 'PUT cos://photos-1250000000/u/42/*' 'GET cos://photos-1250000000/pub/*' \
    --max-size 20MiB --content-type 'image/*' --from-ip 203.0.113.0/24 --region ap-guangzhou > policy.json"#;

#[derive(Args)]
pub(crate) struct ForArgs {
    /// What is to be permitted, each in one word: 'PUT cos://BUCKET/KEY', 'GET cos://BUCKET/PREFIX*'
    #[arg(required = true, value_name = "ACCESS", value_parser = parse_access)]
    accesses: Vec<Access>,

    #[command(flatten)]
    region: RegionArgs,

    /// The longest upload: 1000, 64K, 20MiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    max_size: Option<u64>,

    /// The media type of uploads: image/png, image/*; may be given again
    #[arg(long = "content-type", value_name = "TYPE")]
    content_types: Vec<String>,

    /// Where requests may come from: 192.0.2.1, 10.0.0.0/24; may be given again
    #[arg(long = "from-ip", value_name = "CIDR")]
    from: Vec<String>,

    /// How uploads are made, with commas between: simple, form, multipart, resume
    #[arg(long = "upload", value_name = "MODES", value_delimiter = ',', default_value = "simple", value_parser = parse_mode)]
    uploads: Vec<UploadMode>,

    #[command(flatten)]
    warnings: WarningArgs,
}

fn parse_mode(text: &str) -> Result<UploadMode, String> {
    UploadMode::parse(text).map_err(|error| error.to_string())
}

/// Reads `VERB cos://BUCKET/KEY`.
fn parse_access(text: &str) -> Result<Access, String> {
    let form = "write a verb, a space and a target: 'PUT cos://BUCKET/u/42/*'";
    let (verb, target) = text.split_once(' ').ok_or_else(|| format!("it is no access; {form}"))?;
    let verb = Verb::parse(verb).map_err(|error| error.to_string())?;
    let target = parse_target(target.trim_start())?;
    let path = if target.key.is_bucket() { "" } else { target.key.as_str() };
    Ok(Access { verb, bucket: target.bucket, path: path.to_owned() })
}

/// Writes the policy.
pub(crate) fn run(args: ForArgs) -> Result<Exit, Failure> {
    let intent = Intent {
        uploads: args.uploads,
        max_size: args.max_size,
        content_types: args.content_types,
        from: args.from,
        ..Intent::new(args.accesses, args.region.region()?)
    };
    let draft =
        intent.draft().map_err(|error: IntentError| Failure::usage(error.cause(), error))?;
    let text = draft.write();
    // It is a policy unless the draft is broken, and then there is nothing to warn of.
    if let Ok(policy) = Policy::parse(text.as_bytes(), PolicyKind::Identity) {
        args.warnings.tell(&Warning::of_policy(&policy))?;
    }
    let mut output = Output::stdout();
    output.line(text)?;
    output.flush()?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_is_a_verb_and_a_target() {
        let access = parse_access("put cos://b-1/u/42/*").unwrap();
        assert_eq!((access.verb, access.path.as_str()), (Verb::Put, "u/42/*"));
        assert_eq!(parse_access("LIST cos://b-1/").unwrap().path, "");
        for text in ["", "PUT", "cos://b-1/a", "PATCH cos://b-1/a", "GET b-1/a"] {
            assert!(parse_access(text).is_err(), "{text}");
        }
    }
}
