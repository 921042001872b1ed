//! `cospass post-form`: an upload form, signed, as HTML or as its fields.

use clap::Args;
use cospass_protocol::{Expires, FileSize, FormKey, Scheme, SignedForm, UploadForm};
use serde::{Serialize, Serializer};

use crate::duration::parse_expires;
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::pairs::{Pair, parse_param};
use crate::place::{self, PlaceArgs};
use crate::size::parse_size;
use crate::target::{Target, parse_target};
use crate::warnings::WarningArgs;

/// What `--help` says of keys and output.
pub(crate) const MORE_HELP: &str = r#"A target that ends in / or * is a prefix: the key is that and the name of the file. Any other is the key itself.
The form is sent as multipart/form-data with the field `file` as its last. Where --content-type is a kind, image/*, the
field Content-Type is to be filled by whoever knows the file; in the HTML, a line of script does it.

Example:
  cospass post-form cos://photos-1250000000/u/42/ --max-size 20MiB --content-type 'image/*' --expires 10m \
    --region ap-guangzhou > form.html"#;

#[derive(Args)]
pub(crate) struct PostFormArgs {
    /// cos://BUCKET/PREFIX/ or cos://BUCKET/KEY
    #[arg(value_parser = parse_target)]
    target: Target,

    #[command(flatten)]
    place: PlaceArgs,

    /// http or https
    #[arg(long, default_value = "https")]
    scheme: Scheme,

    /// For how long the form can be sent from now: 300, 300s, 15m, 2h
    #[arg(long, default_value = "300", value_parser = parse_expires, allow_hyphen_values = true)]
    expires: Expires,

    /// The time to sign at, in Unix seconds, instead of the clock's
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    now: Option<i64>,

    /// The longest file: 1000, 64K, 20MiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    max_size: Option<u64>,

    /// The shortest file
    #[arg(long, value_name = "SIZE", value_parser = parse_size, requires = "max_size", default_value = "0")]
    min_size: u64,

    /// The media type that the file must have: image/png, image/*
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,

    /// Another field with the value that it must have, such as success_action_status=201 or x-cos-acl=private
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = parse_param)]
    fields: Vec<Pair>,

    /// Write one JSON object: url, fields, policy, key_time, expires_at, warnings
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    warnings: WarningArgs,
}

/// One JSON object. Scripts rely on its members; `--help` tells them.
#[derive(Serialize)]
struct Answer<'a> {
    url: &'a str,
    #[serde(serialize_with = "as_object")]
    fields: &'a [Pair],
    policy: &'a str,
    key_time: String,
    expires_at: i64,
    warnings: Vec<&'static str>,
}

/// Signs the form.
pub(crate) fn run(args: PostFormArgs) -> Result<Exit, Failure> {
    let endpoint = args.place.endpoint()?.ok_or_else(place::missing)?;
    let text = if args.target.key.is_bucket() { "" } else { args.target.key.as_str() };
    let key = match text.strip_suffix('*') {
        Some(prefix) => FormKey::Prefix(prefix),
        None if text.is_empty() || text.ends_with('/') => FormKey::Prefix(text),
        None => FormKey::Exact(text),
    };
    let fields: Vec<_> = args.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let form = UploadForm {
        scheme: args.scheme,
        size: args.max_size.map(|most| FileSize { least: args.min_size, most }),
        content_type: args.content_type.as_deref(),
        fields: &fields,
        ..UploadForm::new(&args.target.bucket, key, &endpoint)
    };
    let now = args.now.unwrap_or_else(environment::now);
    let key_time = args.expires.key_time(now);
    let key_time = key_time.map_err(|error| Failure::usage(error.cause(), error))?;
    let signed = form.sign(&environment::credentials()?, key_time);
    let signed = signed.map_err(|error| Failure::usage(error.cause(), error))?;
    let warnings = signed.warnings();
    match args.json {
        true => args.warnings.check(&warnings)?,
        false => args.warnings.tell(&warnings)?,
    }
    let mut output = Output::stdout();
    match args.json {
        true => output.json(&answer(&signed))?,
        false => output.line(signed.html())?,
    }
    output.flush()?;
    Ok(Exit::Done)
}

fn answer(signed: &SignedForm) -> Answer<'_> {
    Answer {
        url: signed.url(),
        fields: signed.fields(),
        policy: signed.policy(),
        key_time: signed.key_time().to_string(),
        expires_at: signed.key_time().end(),
        warnings: signed.warnings().into_iter().map(|warning| warning.id()).collect(),
    }
}

fn as_object<S: Serializer>(pairs: &&[Pair], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
