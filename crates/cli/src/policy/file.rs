//! The files of policies.

use std::fs::File;
use std::io::{self, Read};

use cospass_protocol::policy::{POLICY_MAX, Policy, PolicyError, PolicyKind, PolicyProblem};

use crate::exit::{Exit, Failure};

/// A policy, and whose it is.
pub(crate) struct PolicyFile {
    pub(crate) policy: Policy,
    pub(super) kind: PolicyKind,
    text: Vec<u8>,
}

impl PolicyFile {
    /// Reads a file, or standard input for `-`. A policy that names principals is a bucket's.
    pub(super) fn read(path: &str) -> Result<Self, Failure> {
        let text = bytes_of(path, POLICY_MAX as u64 + 1)?;
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

/// What a file holds, or standard input for `-`, up to so many bytes.
pub(super) fn bytes_of(path: &str, most: u64) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| {
        Failure::io(format_args!("cannot read {path:?}; name a file, or -"), &error)
    };
    let mut bytes = Vec::new();
    match path {
        "-" => io::stdin().lock().take(most).read_to_end(&mut bytes),
        path => File::open(path).map_err(failed)?.take(most).read_to_end(&mut bytes),
    }
    .map_err(failed)?;
    Ok(bytes)
}
