//! Why a signature does not hold: one variant a cause, with its words.

use std::fmt;

use crate::convention::Convention;

/// Why a signature does not hold: one cause each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The verifier knows no such SecretId.
    UnknownSecretId,
    /// The credentials are temporary, and the request carries no token.
    TokenMissing,
    /// The credentials are temporary, and the request carries another token.
    TokenDiffers,
    /// `now` lies after the end of a time range.
    Expired {
        /// `q-sign-time` or `q-key-time`.
        field: &'static str,
        /// Its end, Unix seconds.
        end: i64,
        /// The verifier's time, Unix seconds.
        now: i64,
    },
    /// A time range starts more than [`CLOCK_SKEW_SECONDS`](crate::CLOCK_SKEW_SECONDS) after `now`.
    NotYetValid {
        /// `q-sign-time` or `q-key-time`.
        field: &'static str,
        /// Its start, Unix seconds.
        start: i64,
        /// The verifier's time, Unix seconds.
        now: i64,
    },
    /// A header that the signature lists was not sent.
    HeaderMissing {
        /// Its name as listed.
        name: String,
    },
    /// A parameter that the signature lists was not sent.
    ParamMissing {
        /// Its name as listed.
        name: String,
    },
    /// The signature is that of other text or of another SecretKey.
    SignatureMismatch,
    /// The signature holds by a deviation, and only the canonical rule is accepted.
    NotCanonical {
        /// The deviations it needs.
        convention: Convention,
    },
}

impl Refusal {
    /// The stable name of the cause.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::UnknownSecretId => "unknown-secret-id",
            Self::TokenMissing => "token-missing",
            Self::TokenDiffers => "token-differs",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::HeaderMissing { .. } => "signed-header-missing",
            Self::ParamMissing { .. } => "signed-param-missing",
            Self::SignatureMismatch => "signature-mismatch",
            Self::NotCanonical { .. } => "not-canonical",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSecretId => f.write_str("the SecretId (q-ak) is not a known one"),
            Self::TokenMissing => {
                f.write_str("the credentials are temporary, and the request carries no token")
            }
            Self::TokenDiffers => {
                f.write_str("the request carries another token than that of the credentials")
            }
            Self::Expired { field, end, now } => {
                let ago = now.saturating_sub(*end);
                write!(f, "{field} ended at {end}, {ago} s before now ({now})")
            }
            Self::NotYetValid { field, start, now } => {
                let ahead = start.saturating_sub(*now);
                write!(f, "{field} starts at {start}, {ahead} s after now ({now})")
            }
            Self::HeaderMissing { name } => {
                write!(f, "the signature lists the header {name:?}, which was not sent")
            }
            Self::ParamMissing { name } => {
                write!(f, "the signature lists the parameter {name:?}, which was not sent")
            }
            Self::SignatureMismatch => {
                f.write_str("the signature is not that of this request under this SecretKey")
            }
            Self::NotCanonical { convention } => write!(
                f,
                "the signature holds only by a convention that is not accepted: {convention}"
            ),
        }
    }
}

impl std::error::Error for Refusal {}
