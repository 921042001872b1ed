//! How the command ends: its exit codes, and the message of a failure.

use std::fmt;

/// The exit code of the command. Scripts rely on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything asked for was done; a verified signature holds.
    Done = 0,
    /// It could not be done: a file, a line of a batch, a step of the demo.
    Failed = 1,
    /// The command line or a value on it is wrong.
    Usage = 2,
    /// Credentials are missing, incomplete, or refused.
    Credentials = 3,
    /// The signature is expired or not yet valid, or the clock is off.
    Time = 4,
    /// The signature does not hold, for any other cause, or a policy does not permit what was asked.
    Mismatch = 5,
    /// The network or a server failed.
    Network = 6,
}

/// What `--help` says of the exit codes.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done; a verified signature holds
  1  failed: a file, a line of a batch, a step of the demo, one of several transfers; stopped
  2  usage: the command line or a value on it is wrong
  3  credentials are missing, incomplete, or refused
  4  the signature is expired or not yet valid, or the clock is off
  5  the signature does not hold, for any other cause; the bytes are not those that were sent; a policy denies
     what was asked, or permits something else
  6  the network or a server failed";

/// Why the command, or one line of a batch, could not go on.
#[derive(Debug)]
pub(crate) enum Failure {
    /// With a message for the user.
    Told {
        exit: Exit,
        /// A stable name of the cause.
        code: &'static str,
        /// What was wrong, with which value, and what to do.
        message: String,
    },
    /// Nobody reads standard output any more, so there is nothing left to do.
    PipeClosed,
}

impl Failure {
    pub(crate) fn new(exit: Exit, code: &'static str, message: impl fmt::Display) -> Self {
        Failure::Told { exit, code, message: message.to_string() }
    }

    /// A value on the command line, or in a line of a batch, is wrong.
    pub(crate) fn usage(code: &'static str, message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, code, message)
    }

    /// A file or a stream could not be read or written.
    pub(crate) fn io(what: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::new(Exit::Failed, "io", format_args!("{what}: {error}"))
    }

    /// What the user is told.
    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        match self {
            Failure::Told { message, .. } => message,
            Failure::PipeClosed => "standard output is closed",
        }
    }
}

/// Tells a failure on standard error and says how the command ends.
pub(crate) fn report(outcome: Result<Exit, Failure>) -> Exit {
    match outcome {
        Ok(exit) => exit,
        Err(Failure::PipeClosed) => Exit::Done,
        Err(Failure::Told { exit, message, .. }) => {
            crate::output::note(format_args!("cospass: {message}"));
            exit
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_tells_every_code() {
        for exit in [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Credentials,
            Exit::Time,
            Exit::Mismatch,
            Exit::Network,
        ] {
            assert!(EXIT_CODES.contains(&format!("\n  {}  ", exit as u8)), "{exit:?}");
        }
    }
}
