//! The files of policies.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use cospass_protocol::policy::{Policy, PolicyError, PolicyKind, PolicyProblem};

use crate::exit::{Exit, Failure};

/// The longest file that is read for a policy, in bytes: what a policy may have is far less, and told with what it has.
const LONGEST: u64 = 16 << 20;

/// A policy, and whose it is.
pub(crate) struct PolicyFile {
    pub(crate) policy: Policy,
    pub(super) kind: PolicyKind,
    text: Vec<u8>,
}

impl PolicyFile {
    /// Reads a file, or standard input for `-`. A policy that names principals is a bucket's.
    pub(super) fn read(path: &str) -> Result<Self, Failure> {
        let text = text_of(path, LONGEST)?;
        let told = |error: PolicyError| {
            Failure::new(Exit::Usage, "policy", format_args!("{path}: {error}"))
        };
        match Policy::parse(&text, PolicyKind::Identity) {
            Ok(policy) => Ok(Self { policy, kind: PolicyKind::Identity, text }),
            Err(error) if error.problem == PolicyProblem::PrincipalForbidden => {
                let policy = Policy::parse(&text, PolicyKind::Bucket).map_err(told)?;
                Ok(Self { policy, kind: PolicyKind::Bucket, text })
            }
            Err(error) => Err(told(error)),
        }
    }

    /// Reads the policy of whoever has it; a bucket's is refused.
    pub(crate) fn read_own(path: &str) -> Result<Self, Failure> {
        let file = Self::read(path)?;
        match file.kind {
            PolicyKind::Identity => Ok(file),
            PolicyKind::Bucket => Err(Failure::usage(
                "policy-of-bucket",
                format_args!(
                    "{path} names principals, so it is a bucket's; give the policy of temporary keys or of a user"
                ),
            )),
        }
    }
}

impl PolicyFile {
    /// The policy as it was written.
    pub(crate) fn text(&self) -> String {
        // It was read as JSON, which is UTF-8.
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

/// What a file holds, or standard input for `-`, up to so many bytes and one, without the mark that some editors put before a
/// text in UTF-8.
pub(super) fn text_of(path: &str, most: u64) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| {
        Failure::io(format_args!("cannot read {path:?}; name a file, or -"), &error)
    };
    let mut bytes = Vec::new();
    match path {
        "-" => io::stdin().lock().take(most + 1).read_to_end(&mut bytes),
        path => File::open(path).map_err(failed)?.take(most + 1).read_to_end(&mut bytes),
    }
    .map_err(failed)?;
    let wrong =
        |what: fmt::Arguments<'_>| Err(Failure::usage("text", format_args!("{path}: {what}")));
    if bytes.len() as u64 > most {
        return wrong(format_args!(
            "it is longer than {most} bytes; is it the file that is meant?"
        ));
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    match std::str::from_utf8(&bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => wrong(format_args!(
            "byte {} and those behind it are not UTF-8; save it as UTF-8",
            error.valid_up_to() + 1
        )),
    }
}

/// That standard input is named for one file at most, since it can be read once.
pub(super) fn check_read_once<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
    match paths.into_iter().filter(|path| *path == "-").count() {
        0 | 1 => Ok(()),
        _ => {
            let message = "standard input can be read once, and is named twice; name a file";
            Err(Failure::usage("standard-input", message))
        }
    }
}
