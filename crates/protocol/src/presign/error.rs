//! Why a request is not signed: one cause each, refused rather than dropped or sent unprotected.

use std::error::Error;
use std::fmt;

use cospass_sign::TOKEN_NAME;

use crate::DotSegmentKey;

/// Why a request is not signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresignError {
    /// The method is not an HTTP token (RFC 9110 §9.1): empty, or with a character that no method has.
    Method {
        /// The method as given.
        method: String,
    },
    /// The key is `.` or `..`, which no URL can name.
    Key(DotSegmentKey),
    /// The endpoint's host names a bucket, and none is given.
    BucketMissing {
        /// The endpoint's host.
        host: String,
    },
    /// A bucket is given for the service's own domain, which holds none.
    BucketOnService,
    /// The explicit host begins with the bucket, which would stand in it twice.
    BucketTwice {
        /// The host that it would make.
        host: String,
    },
    /// The validity ends before it begins, or at once.
    KeyTime {
        /// Its start, Unix seconds.
        start: i64,
        /// Its end, Unix seconds.
        end: i64,
    },
    /// A parameter has no name.
    ParamNameEmpty,
    /// A parameter has the name of a field of the signature, and would be taken for it.
    ParamReserved {
        /// Its name.
        name: String,
    },
    /// A parameter is given twice. Names are compared in lower case, as the canonical text writes them.
    ParamTwice {
        /// Its name, as given the second time.
        name: String,
    },
    /// A parameter that is to be signed is not given.
    SignedParamMissing {
        /// Its name.
        name: String,
    },
    /// The name of a header is empty, or has a colon or control character, which would end it (RFC 9112 §5).
    HeaderName {
        /// Its name.
        name: String,
    },
    /// The value of a header has a control character, such as a line end.
    HeaderValue {
        /// The header's name.
        name: String,
    },
    /// The value of a header begins or ends with white space, which HTTP removes on the way (RFC 9110 §5.5).
    HeaderPadded {
        /// The header's name.
        name: String,
    },
    /// A signed header is given twice. Names are compared in lower case.
    HeaderTwice {
        /// Its name, as given the second time.
        name: String,
    },
    /// A header that is to be signed is not given.
    SignedHeaderMissing {
        /// Its name.
        name: String,
    },
    /// The credentials have a token, and `x-cos-security-token` is given beside it.
    TokenTwice,
}

impl PresignError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Method { .. } => "method",
            Self::Key(_) => "dot-segment-key",
            Self::BucketMissing { .. } => "bucket-missing",
            Self::BucketOnService => "bucket-on-service",
            Self::BucketTwice { .. } => "bucket-twice",
            Self::KeyTime { .. } => "key-time",
            Self::ParamNameEmpty => "param-name-empty",
            Self::ParamReserved { .. } => "param-reserved",
            Self::ParamTwice { .. } => "param-twice",
            Self::SignedParamMissing { .. } => "signed-param-missing",
            Self::HeaderName { .. } => "header-name",
            Self::HeaderValue { .. } => "header-value",
            Self::HeaderPadded { .. } => "header-padded",
            Self::HeaderTwice { .. } => "header-twice",
            Self::SignedHeaderMissing { .. } => "signed-header-missing",
            Self::TokenTwice => "token-twice",
        }
    }
}

impl fmt::Display for PresignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method { method } => write!(f, "{method:?} is not an HTTP method such as GET or PUT"),
            Self::Key(refusal) => refusal.fmt(f),
            Self::BucketMissing { host } => {
                write!(f, "a bucket stands before {host} and none is given; give NAME-APPID")
            }
            Self::BucketOnService => f.write_str(
                "the service's own domain holds no bucket; leave the bucket out, or give a region's endpoint",
            ),
            Self::BucketTwice { host } => write!(
                f,
                "the bucket would stand twice in {host}; leave it out of the endpoint, or give that as a custom domain"
            ),
            Self::KeyTime { start, end } => {
                write!(f, "the validity {start};{end} ends before it begins; give its start first")
            }
            Self::ParamNameEmpty => f.write_str("a parameter has no name; name it or leave it out"),
            Self::ParamReserved { name } => write!(
                f,
                "parameter {name:?} has the name of a field of the signature and would be taken for it; leave it out"
            ),
            Self::ParamTwice { name } => write!(
                f,
                "parameter {name:?} is given twice (upper and lower case are one name); only one of the two would be protected, so give it once"
            ),
            Self::SignedParamMissing { name } => write!(
                f,
                "parameter {name:?} is to be signed and is not given; give it or take it off the list"
            ),
            Self::HeaderName { name } => write!(f, "header {name:?} has a name that HTTP cannot carry"),
            Self::HeaderValue { name } => write!(
                f,
                "header {name:?} has a control character in its value, which HTTP cannot carry"
            ),
            Self::HeaderPadded { name } => write!(
                f,
                "header {name:?} has white space around its value, which is lost on the way, so the signature would not match; remove it"
            ),
            Self::HeaderTwice { name } => write!(
                f,
                "header {name:?} is given twice (upper and lower case are one name); only one of the two would be protected, so give it once"
            ),
            Self::SignedHeaderMissing { name } => write!(
                f,
                "header {name:?} is to be signed and is not given; give it or take it off the list"
            ),
            Self::TokenTwice => write!(
                f,
                "the credentials have a token, which is sent as {TOKEN_NAME} by itself; leave your own {TOKEN_NAME} out"
            ),
        }
    }
}

impl Error for PresignError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Key(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl From<DotSegmentKey> for PresignError {
    fn from(refusal: DotSegmentKey) -> Self {
        Self::Key(refusal)
    }
}
