//! Why a text is not `HOST[:PORT]`, and what to give instead.

use std::error::Error;
use std::fmt;

use super::host::{LABEL_MAX, NAME_MAX};

/// Why a text is not `HOST[:PORT]`. Each variant carries the text as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostError {
    /// The host is empty.
    Empty,
    /// A scheme stands before the host.
    HasScheme {
        /// The text as given.
        value: String,
    },
    /// A slash or a path stands after the host.
    HasPath {
        /// The text as given.
        value: String,
    },
    /// A space, tab or line end stands in or around the host.
    WhiteSpace {
        /// The text as given.
        value: String,
    },
    /// A letter outside ASCII; such names are written in punycode on the wire.
    NotAscii {
        /// The text as given.
        value: String,
    },
    /// Another character that no host has.
    Character {
        /// The text as given.
        value: String,
        /// The first such character.
        found: char,
    },
    /// The host begins or ends with a dot, or two dots stand together.
    EmptyLabel {
        /// The text as given.
        value: String,
    },
    /// A part between dots is longer than a DNS label, 63 bytes.
    LabelTooLong {
        /// The text as given.
        value: String,
        /// The length of that part, in bytes.
        length: usize,
    },
    /// The whole name is longer than a DNS name, 253 bytes.
    TooLong {
        /// The text as given.
        value: String,
        /// Its length, in bytes.
        length: usize,
    },
    /// What stands after the colon is not a number from 1 to 65535.
    Port {
        /// The text as given.
        value: String,
    },
    /// The host reads as an IP address and is none: `1.2.3`, `1.2.3.04`, `[::g]`.
    Address {
        /// The text as given.
        value: String,
    },
    /// A bucket would stand before an IP address.
    AddressTakesNoBucket {
        /// The text as given.
        value: String,
    },
    /// A domain of the CDN, which does not accept COS signatures.
    Cdn {
        /// The text as given.
        value: String,
    },
}

impl HostError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Empty => "host-empty",
            Self::HasScheme { .. } => "host-has-scheme",
            Self::HasPath { .. } => "host-has-path",
            Self::WhiteSpace { .. } => "host-white-space",
            Self::NotAscii { .. } => "host-not-ascii",
            Self::Character { .. } => "host-character",
            Self::EmptyLabel { .. } => "host-empty-label",
            Self::LabelTooLong { .. } => "host-label-too-long",
            Self::TooLong { .. } => "host-too-long",
            Self::Port { .. } => "host-port",
            Self::Address { .. } => "host-address",
            Self::AddressTakesNoBucket { .. } => "host-address-takes-no-bucket",
            Self::Cdn { .. } => "host-cdn",
        }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the host is empty; give HOST or HOST:PORT"),
            Self::HasScheme { value } => write!(
                f,
                "host {value:?} has a scheme; give HOST or HOST:PORT and choose the scheme apart"
            ),
            Self::HasPath { value } => write!(
                f,
                "host {value:?} has a slash or a path; give HOST or HOST:PORT alone, the key is given apart"
            ),
            Self::WhiteSpace { value } => {
                write!(f, "host {value:?} has white space in or around it; remove it")
            }
            Self::NotAscii { value } => write!(
                f,
                "host {value:?} has letters outside ASCII; write it in punycode (xn--…), as it is sent"
            ),
            Self::Character { value, found } => {
                write!(f, "host {value:?} has the character {found:?}, which no host has")
            }
            Self::EmptyLabel { value } => {
                write!(f, "host {value:?} has a dot at its beginning or end, or two together")
            }
            Self::LabelTooLong { value, length } => write!(
                f,
                "host {value:?} has a part of {length} bytes; a host name label has at most {LABEL_MAX}"
            ),
            Self::TooLong { value, length } => write!(
                f,
                "host {value:?} is {length} bytes long; a host name has at most {NAME_MAX}"
            ),
            Self::Port { value } => {
                write!(f, "host {value:?} has no port from 1 to 65535 after its colon")
            }
            Self::Address { value } => write!(
                f,
                "host {value:?} ends like an IP address and is none; write 127.0.0.1 or [::1] in full"
            ),
            Self::AddressTakesNoBucket { value } => write!(
                f,
                "no bucket can stand before the address {value:?}; give a name such as cos.localhost, or use the address as a custom domain, without the bucket"
            ),
            Self::Cdn { value } => write!(
                f,
                "{value:?} is a CDN domain, which does not accept COS signatures; sign for the bucket's own domain or a custom origin domain, or make a URL with the CDN's own authentication: cospass cdn-url"
            ),
        }
    }
}

impl Error for HostError {}
