//! Why a source that is set up has no credentials. Files and variables are named, and never what is in them.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use cospass_protocol::sts::AnswerError;

use super::{EnvironmentError, Tried};
use crate::transport::TransportError;

/// Why there are no credentials.
#[derive(Debug)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The environment holds some that cannot be used.
    Environment(EnvironmentError),
    /// A file is there and cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A file is there and is not what it should be.
    Malformed {
        /// Which.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A variable holds something that it should not.
    Variable {
        /// Which.
        name: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A server that gives credentials could not be asked.
    Unreachable {
        /// Which.
        address: String,
        /// Why.
        error: TransportError,
    },
    /// STS did not grant what it was asked for.
    Sts {
        /// Where it was asked.
        address: String,
        /// What it answered.
        error: AnswerError,
    },
    /// The metadata of the machine are not what they should be.
    Metadata {
        /// Where they were asked for.
        address: String,
        /// What is wrong.
        problem: String,
    },
    /// A source gave credentials that have ended already.
    Ended {
        /// Which.
        source: String,
        /// From when on they are refused, Unix seconds.
        at: i64,
    },
    /// No source has any.
    NotFound {
        /// Those that were asked, and what each said.
        tried: Vec<Tried>,
    },
    /// They come from a source that must be asked first, and was not: any call of the client does.
    NotAskedYet,
}

impl CredentialsError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Environment(error) => error.cause(),
            Self::Unreadable { .. } => "credentials-unreadable",
            Self::Malformed { .. } => "credentials-malformed",
            Self::Variable { .. } => "credentials-variable",
            Self::Unreachable { .. } => "credentials-unreachable",
            Self::Sts { .. } => "credentials-sts",
            Self::Metadata { .. } => "credentials-metadata",
            Self::Ended { .. } => "credentials-ended",
            Self::NotFound { .. } => "credentials-not-found",
            Self::NotAskedYet => "credentials-not-asked",
        }
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(error) => error.fmt(f),
            Self::Unreadable { path, error } => {
                write!(f, "{}: {error}; make it readable, or remove it", path.display())
            }
            Self::Malformed { path, line, problem } => {
                write!(f, "{}, line {line}: {problem}", path.display())
            }
            Self::Variable { name, problem } => write!(f, "{name}: {problem}"),
            Self::Unreachable { address, error } => write!(f, "{address}: {error}"),
            Self::Sts { address, error } => write!(f, "{address}: {error}"),
            Self::Metadata { address, problem } => write!(f, "{address}: {problem}"),
            Self::Ended { source, at } => {
                write!(f, "the credentials of {source} ended at {at} (Unix time); get fresh ones")
            }
            Self::NotFound { tried } => {
                // The environment's own words tell which variables to set.
                write!(f, "{}", EnvironmentError::NotFound)?;
                for tried in tried.iter().filter(|tried| !tried.is_environment()) {
                    write!(f, "\n  {}: {}", tried.source, tried.fate)?;
                }
                Ok(())
            }
            Self::NotAskedYet => {
                f.write_str("the source of the credentials was not asked yet; send a request first")
            }
        }
    }
}

impl Error for CredentialsError {}
