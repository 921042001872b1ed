//! How a failure of the client ends the command.

use cospass::Error;

use crate::exit::{Exit, Failure};

/// With which code a failure ends the command.
pub(super) fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Credentials(_) => Exit::Credentials,
        Error::UrlExpired { .. } => Exit::Time,
        Error::Service(refusal) if refusal.is_expired() => Exit::Time,
        Error::Service(refusal) if refusal.code == "SignatureDoesNotMatch" => Exit::Mismatch,
        Error::Integrity(_) | Error::ObjectChanged => Exit::Mismatch,
        Error::Sign(_)
        | Error::NotText { .. }
        | Error::TooLarge { .. }
        | Error::Url(_)
        | Error::UrlFragment
        | Error::SignedHeaderMissing { .. }
        | Error::RangeIsSigned
        | Error::Bundle { .. } => Exit::Usage,
        Error::Transport(_)
        | Error::Service(_)
        | Error::Document(_)
        | Error::Header { .. }
        | Error::AnswerTooLong
        | Error::Status { .. }
        | Error::BodyBroken { .. }
        | Error::Renewal { .. } => Exit::Network,
        _ => Exit::Failed,
    }
}

/// A failure of the client, told.
pub(super) fn told(error: &Error) -> Failure {
    Failure::new(exit_of(error), "transfer", format_args!("{}: {error}", error.cause()))
}

/// A failure of the client with what it was about.
pub(super) fn told_of(what: &str, error: &Error) -> Failure {
    let text = format_args!("{}: {}: {error}", printable(what), error.cause());
    Failure::new(exit_of(error), "transfer", text)
}

/// A name as a terminal may show it.
pub(super) fn printable(name: &str) -> String {
    match name.chars().any(char::is_control) {
        true => crate::shell::quote(name),
        false => name.to_owned(),
    }
}
