//! `cospass policy from-log`: the policy that permits what an endpoint was asked for.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use clap::Args;
use cospass_protocol::policy::{Done, Learner};
use serde::Deserialize;

use crate::exit::{Exit, Failure};
use crate::output::{Output, note};

/// What `--help` says of the log.
pub(crate) const MORE_HELP: &str = r#"The log is that of `cospass serve --access-log FILE`. Requests that were refused are left out, so run what is to be
permitted with a key that may do everything, then learn from the log. What is written permits each action on each
resource; where one was done to more than --folders objects of a folder, in the whole folder.

Example:
  cospass serve --data data --access-log access.log &
  cospass policy from-log access.log --secret-id AKID… > policy.json"#;

#[derive(Args)]
pub(crate) struct FromLogArgs {
    /// The access log, or - for standard input
    #[arg(value_name = "ACCESSLOG")]
    file: String,

    /// Learn from the requests of this SecretId alone
    #[arg(long, value_name = "ID")]
    secret_id: Option<String>,

    /// How many objects of one folder are named one by one
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    folders: usize,
}

/// What of a line of the log is learned from.
#[derive(Deserialize)]
struct Line {
    status: u16,
    secret_id: Option<String>,
    operation: String,
    #[serde(default)]
    needs: Vec<Needed>,
}

#[derive(Deserialize)]
struct Needed {
    actions: Vec<String>,
    resource: String,
}

/// Learns.
pub(crate) fn run(args: &FromLogArgs) -> Result<Exit, Failure> {
    let unread = |error: &io::Error| {
        Failure::io(format_args!("cannot read {:?}; name a file, or -", args.file), error)
    };
    let input: Box<dyn BufRead> = match args.file.as_str() {
        "-" => Box::new(io::stdin().lock()),
        path => Box::new(BufReader::new(File::open(path).map_err(|error| unread(&error))?)),
    };
    let (mut learner, mut without_keys) = (Learner::default(), 0_usize);
    for (number, line) in input.lines().enumerate() {
        let line = line.map_err(|error| unread(&error))?;
        let bad = |what: String| {
            let message = format_args!("{}, line {}: {what}", args.file, number + 1);
            Failure::usage("log", message)
        };
        let line: Line = serde_json::from_str(&line).map_err(|error| {
            // Where in the line it stands is of no use: people do not write them.
            let error = error.to_string();
            let what = error.split(" at line ").next().unwrap_or_default();
            bad(format!("it is no line of an access log ({what}); give the file of --access-log"))
        })?;
        let is_asked = args.secret_id.is_none() || args.secret_id == line.secret_id;
        // Who does not sign needs no policy.
        if line.status >= 400 || line.secret_id.is_none() || !is_asked {
            continue;
        }
        without_keys += usize::from(line.operation == "DELETE Multiple Objects");
        for needed in line.needs {
            let done = Done { actions: needed.actions, resource: needed.resource };
            learner.add(&done).map_err(|problem| bad(problem.to_string()))?;
        }
    }
    if without_keys > 0 {
        note(format_args!(
            "note: {without_keys} requests deleted objects that a document named, which the log does not have; add name/cos:DeleteObject on them"
        ));
    }
    let draft = learner.draft(args.folders);
    if draft.is_empty() {
        let message = "the log has no request that was signed, served and is to be learned from; see --secret-id";
        return Err(Failure::new(Exit::Failed, "log-empty", message));
    }
    let mut output = Output::stdout();
    output.line(draft.write())?;
    output.flush()?;
    Ok(Exit::Done)
}
