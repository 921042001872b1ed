//! Why no signature could be read from a request: one variant a cause, with its words.

use std::fmt;

use super::Carrier;
use crate::authorization::FieldError;

/// Why no signature could be read from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimError {
    /// There is no signature: the request is anonymous.
    Unsigned,
    /// There are two signatures, and only one can be meant.
    SeveralSignatures {
        /// Where one is.
        first: Carrier,
        /// Where the other is.
        second: Carrier,
    },
    /// The signature's bytes are not UTF-8.
    NotUtf8,
    /// The parameter `sign` holds no V5 signature (the V4 form is base64).
    NotV5,
    /// A field of the signature is wrong.
    Field(FieldError),
}

impl ClaimError {
    /// The stable name of the cause.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::SeveralSignatures { .. } => "several-signatures",
            Self::NotUtf8 => "not-utf8",
            Self::NotV5 => "not-v5",
            Self::Field(field) => field.cause(),
        }
    }
}

impl From<FieldError> for ClaimError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => f.write_str(
                "the request carries no signature, neither an Authorization header nor q-… parameters",
            ),
            Self::SeveralSignatures { first, second } => {
                write!(f, "the request carries two signatures, in {first} and in {second}; send one")
            }
            Self::NotUtf8 => f.write_str("the signature is not UTF-8 text"),
            Self::NotV5 => f.write_str(
                "the parameter sign holds no V5 signature: it does not begin with q-sign-algorithm",
            ),
            Self::Field(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ClaimError {}
