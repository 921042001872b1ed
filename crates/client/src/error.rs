//! Why a request or a transfer did not do what was asked.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use cospass_protocol::UrlError;
use cospass_protocol::xml::XmlError;

use crate::credentials::CredentialsError;
use crate::signer::SignError;
use crate::transport::TransportError;

/// Why a request or a transfer did not do what was asked; one variant a cause. No secret, signature or query is in it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The request cannot be signed: nothing was sent.
    Sign(SignError),
    /// There are no credentials to sign with: nothing was sent.
    Credentials(Box<CredentialsError>),
    /// A header or parameter is not UTF-8, which a signature needs it to be: nothing was sent.
    NotText {
        /// Its name.
        name: String,
    },
    /// There is no answer.
    Transport(TransportError),
    /// The service refused.
    Service(Box<ServiceError>),
    /// The service did it, and its answer is not the document that stands in the documentation.
    Document(XmlError),
    /// The answer lacks a header, or has one of another form.
    Header {
        /// Its name.
        name: &'static str,
    },
    /// The status of the answer is a success, and none that goes with the request.
    Status {
        /// The status.
        status: u16,
    },
    /// The answer to a short request is longer than any of the service's.
    AnswerTooLong,
    /// What arrived is not what was sent.
    Integrity(Mismatch),
    /// The object is another one than when the transfer began.
    ObjectChanged,
    /// The body broke off, again and again, at the same byte.
    BodyBroken {
        /// How many bytes had come.
        at: u64,
        /// What was seen.
        cause: String,
    },
    /// A file could not be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A stream that was to be sent could not be read.
    Input(io::Error),
    /// The file was cut or changed while it was sent.
    FileChanged {
        /// Which.
        path: PathBuf,
    },
    /// The object is larger than the service takes, or than the parts that were agreed on hold.
    TooLarge {
        /// In bytes.
        size: u64,
    },
    /// The URL cannot be requested.
    Url(UrlError),
    /// The URL is signed with a header that was not given.
    SignedHeaderMissing {
        /// Its name.
        name: String,
    },
    /// The URL is signed for a range, so that it serves that range alone.
    RangeIsSigned,
    /// The URL has ended, and there is nothing that gives a fresh one.
    UrlExpired {
        /// How far the transfer was, in bytes.
        done: u64,
    },
    /// What was to give a fresh URL did not.
    Renewal {
        /// Why.
        cause: String,
    },
    /// What is kept beside a file to go on with is not that of this transfer.
    Checkpoint {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        cause: &'static str,
    },
    /// The bundle is not one that is understood here.
    Bundle {
        /// What is wrong with it.
        cause: String,
    },
    /// Another transfer writes the same file.
    Busy {
        /// Which.
        path: PathBuf,
    },
    /// Something stands behind a `#` in the URL, which no client sends: most often a key that was not encoded.
    UrlFragment,
    /// The file is there, and was not to be replaced.
    FileExists {
        /// Where.
        path: PathBuf,
    },
    /// The transfer was told to stop; what was done is kept.
    Stopped {
        /// How far it was, in bytes.
        done: u64,
    },
    /// A task of the runtime did not end in order.
    Task,
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self::File { path: path.to_owned(), error }
    }

    /// The stable name of the cause. That of a refusal by the service is told by [`ServiceError::cause`].
    pub fn cause(&self) -> &str {
        match self {
            Self::Sign(refusal) => refusal.cause(),
            Self::Credentials(error) => error.cause(),
            Self::NotText { .. } => "not-text",
            Self::Transport(error) => error.cause(),
            Self::Service(refusal) => refusal.cause(),
            Self::Document(_) => "answer-document",
            Self::Header { .. } => "answer-header",
            Self::Status { .. } => "answer-status",
            Self::AnswerTooLong => "answer-too-long",
            Self::Integrity(_) => "integrity",
            Self::ObjectChanged => "object-changed",
            Self::BodyBroken { .. } => "body-broken",
            Self::File { error, .. } if error.kind() == io::ErrorKind::StorageFull => "no-space",
            Self::File { .. } => "file",
            Self::Input(_) => "input",
            Self::FileChanged { .. } => "file-changed",
            Self::TooLarge { .. } => "too-large",
            Self::Url(_) => "url",
            Self::SignedHeaderMissing { .. } => "signed-header-missing",
            Self::RangeIsSigned => "range-is-signed",
            Self::UrlExpired { .. } => "expired",
            Self::Renewal { .. } => "renewal",
            Self::Checkpoint { .. } => "checkpoint",
            Self::Bundle { .. } => "bundle",
            Self::Busy { .. } => "busy",
            Self::UrlFragment => "url-fragment",
            Self::FileExists { .. } => "file-exists",
            Self::Stopped { .. } => "stopped",
            Self::Task => "task",
        }
    }

    /// What the service said, if it refused.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the service refused with this status.
    pub(crate) fn is_status(&self, status: u16) -> bool {
        self.service().is_some_and(|refusal| refusal.status == status)
    }
}

impl From<CredentialsError> for Error {
    fn from(error: CredentialsError) -> Self {
        Self::Credentials(Box::new(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sign(refusal) => refusal.fmt(f),
            Self::Credentials(error) => error.fmt(f),
            Self::NotText { name } => write!(f, "{name} is not UTF-8 and cannot be signed"),
            Self::Transport(error) => error.fmt(f),
            Self::Service(refusal) => refusal.fmt(f),
            Self::Document(error) => write!(f, "the answer is not the documented one: {error}"),
            Self::Header { name } => {
                write!(f, "the answer has no header {name}, or one of another form")
            }
            Self::Status { status } => {
                write!(f, "the server answered {status}, which says nothing of this request")
            }
            Self::AnswerTooLong => f.write_str("the answer is longer than any of the service's"),
            Self::Integrity(mismatch) => mismatch.fmt(f),
            Self::ObjectChanged => f.write_str(
                "the object is another one than when the transfer began; what was kept of it does \
                 not fit any more: begin anew",
            ),
            Self::BodyBroken { at, cause } => {
                write!(f, "the body broke off again and again after {at} bytes: {cause}")
            }
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Input(error) => write!(f, "the input cannot be read: {error}"),
            Self::FileChanged { path } => {
                write!(f, "{}: it changed while it was sent", path.display())
            }
            Self::TooLarge { size } => write!(f, "{size} bytes are more than can be taken"),
            Self::Url(error) => write!(f, "this URL cannot be requested: {error}"),
            Self::SignedHeaderMissing { name } => {
                write!(f, "the URL is signed with the header {name}; give it")
            }
            Self::RangeIsSigned => f.write_str(
                "the URL is signed for a range and serves that range alone; ask for one without",
            ),
            Self::UrlExpired { done } => write!(
                f,
                "the URL has ended after {done} bytes; go on with a fresh one, what is there is kept"
            ),
            Self::Renewal { cause } => write!(f, "no fresh URL could be had: {cause}"),
            Self::Checkpoint { path, cause } => {
                write!(f, "{}: {cause}; remove it to begin anew", path.display())
            }
            Self::Bundle { cause } => write!(f, "the bundle cannot be used: {cause}"),
            Self::Busy { path } => {
                write!(f, "{}: another transfer writes it", path.display())
            }
            Self::UrlFragment => f.write_str(
                "something stands behind a # in the URL, which is never sent; encode it as %23",
            ),
            Self::FileExists { path } => {
                write!(f, "{}: it is there and was not to be replaced", path.display())
            }
            Self::Stopped { done } => {
                write!(f, "stopped after {done} bytes; what is there is kept")
            }
            Self::Task => f.write_str("a task did not end in order"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Sign(error) => Some(error),
            Self::Credentials(error) => Some(error),
            Self::Transport(error) => Some(error),
            Self::Service(error) => Some(error),
            Self::Document(error) => Some(error),
            Self::Integrity(error) => Some(error),
            Self::Url(error) => Some(error),
            Self::File { error, .. } | Self::Input(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SignError> for Error {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl From<XmlError> for Error {
    fn from(error: XmlError) -> Self {
        Self::Document(error)
    }
}

impl From<UrlError> for Error {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}

impl From<Mismatch> for Error {
    fn from(error: Mismatch) -> Self {
        Self::Integrity(error)
    }
}

/// What the service said when it refused (436/7730). Texts that it did not send are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// The HTTP status.
    pub status: u16,
    /// `Code`, such as `NoSuchKey`.
    pub code: String,
    /// `Message`, for a person.
    pub message: String,
    /// `RequestId`, by which the service's people find the request.
    pub request_id: String,
    /// `TraceId`, the same.
    pub trace_id: String,
    /// For a signature that does not hold: why, and what to do.
    pub finding: Option<Finding>,
    /// Whether a signature had ended by the server's clock.
    pub(crate) expired: bool,
}

/// Why a signature does not hold, as [`cospass_sign::explain`] found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The stable name of the cause, such as `header-changed`.
    pub cause: &'static str,
    /// What was found.
    pub text: String,
    /// What to do about it.
    pub remedy: String,
}

impl ServiceError {
    /// The stable name of the cause: what [`explain`](cospass_sign::explain) found, `expired`, or else `Code`.
    pub fn cause(&self) -> &str {
        match (&self.finding, self.expired, self.code.as_str()) {
            (_, true, _) => "expired",
            (Some(finding), ..) => finding.cause,
            (None, false, "") => "refused",
            (None, false, code) => code,
        }
    }

    /// Whether a signature, or the token with it, had ended.
    pub fn is_expired(&self) -> bool {
        self.expired
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.status)?;
        if !self.code.is_empty() {
            write!(f, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if let Some(finding) = &self.finding {
            write!(f, "; {}: {}; {}", finding.cause, finding.text, finding.remedy)?;
        }
        if !self.request_id.is_empty() {
            write!(f, " (RequestId {})", self.request_id)?;
        }
        Ok(())
    }
}

impl std::error::Error for ServiceError {}

/// What arrived is not what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The CRC64 of the bytes here is not the one that the service tells.
    Crc64 {
        /// Of the bytes here.
        here: u64,
        /// As the service tells it.
        there: u64,
    },
    /// Other bytes than were asked for.
    Length {
        /// How many were to come.
        expected: u64,
        /// How many came.
        found: u64,
    },
    /// A part that is there is not that of the file here.
    Part {
        /// Its number.
        number: u16,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crc64 { here, there } => {
                write!(f, "the bytes have the CRC64 {here} here and {there} at the service")
            }
            Self::Length { expected, found } => {
                write!(f, "{expected} bytes were to come, and {found} came")
            }
            Self::Part { number } => {
                write!(f, "part {number} at the service is not that of the file here")
            }
        }
    }
}

impl std::error::Error for Mismatch {}
