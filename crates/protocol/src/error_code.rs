//! The error codes of the service and the HTTP status that each one comes with.
//!
//! Sources: the error table of the documentation (436/7730) and the list that Tencent compiled for its own client
//! (flare `cos_status.cc`). A code is the text of `<Code>` in an error body; SDKs branch on it.

use std::fmt;
use std::str::FromStr;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $code:ident = $status:literal,)*) => {
        /// An error code, such as `NoSuchKey`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $code,)*
        }

        impl ErrorCode {
            /// Every code that this crate knows.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$code,)*];

            /// The text of `<Code>`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(ErrorCode::$code => stringify!($code),)*
                }
            }

            /// The HTTP status that comes with it.
            pub const fn status(self) -> u16 {
                match self {
                    $(ErrorCode::$code => $status,)*
                }
            }
        }
    };
}

error_codes! {
    /// The caller may not do this; also an expired signature, and a malformed one.
    AccessDenied = 403,
    /// A CORS preflight that no rule allows.
    AccessForbidden = 403,
    /// What is appended does not begin where the object ends.
    AppendPositionErr = 409,
    /// The body's MD5 is not the one of `Content-MD5`.
    BadDigest = 400,
    /// Another account owns a bucket of this name.
    BucketAlreadyExists = 409,
    /// The caller owns a bucket of this name.
    BucketAlreadyOwnedByYou = 409,
    /// A bucket that still has objects cannot be deleted.
    BucketNotEmpty = 409,
    /// No domain leads to the bucket.
    DomainConfigNotFoundError = 404,
    /// There is a report of that id.
    DuplicateInventoryId = 409,
    /// The object is larger than one request may upload.
    EntityTooLarge = 400,
    /// A part that is not the last is smaller than 1 MB.
    EntityTooSmall = 400,
    /// The token of temporary credentials has expired.
    ExpiredToken = 400,
    /// An object would be replaced, which `x-cos-forbid-overwrite` forbids.
    FileAlreadyExists = 409,
    /// The body ended before `Content-Length` bytes.
    IncompleteBody = 400,
    /// A form has more than one file.
    IncorrectNumberOfFilesInPostRequest = 400,
    /// There is no rule of intelligent tiering of that id.
    IntelligentTieringConfigurationNotFoundError = 404,
    /// The service failed.
    InternalError = 500,
    /// The SecretId is unknown, or the token is not the one it came with.
    InvalidAccessKeyId = 403,
    /// A parameter or header has a value that is not allowed.
    InvalidArgument = 400,
    /// The bucket's name breaks the naming rules.
    InvalidBucketName = 400,
    /// Versions must be kept for this, or may not be.
    InvalidBucketState = 409,
    /// `x-cos-copy-source` does not name an object.
    InvalidCopySource = 400,
    /// `Content-MD5` is not 16 bytes of base64.
    InvalidDigest = 400,
    /// The object's storage class must be restored first.
    InvalidObjectState = 403,
    /// A part that is named was not uploaded, or is another one.
    InvalidPart = 400,
    /// The parts are not named in ascending order.
    InvalidPartOrder = 400,
    /// The policy of a form is none.
    InvalidPolicyDocument = 400,
    /// The range lies outside the object.
    InvalidRange = 416,
    /// The request contradicts itself or lacks something.
    InvalidRequest = 400,
    /// A tag breaks a rule, or there are too many.
    InvalidTag = 400,
    /// The path cannot be a key.
    InvalidURI = 400,
    /// The key is longer than 850 bytes, or the user metadata longer than 2 KB.
    KeyTooLong = 400,
    /// Two lifecycle rules have one id.
    LifeCycleIdNotUnique = 400,
    /// Two lifecycle rules say different things of the same objects.
    LifeCycleRuleConflicted = 400,
    /// The body is not a form.
    MalformedPOSTRequest = 400,
    /// The policy is none.
    MalformedPolicy = 400,
    /// The XML body is not well-formed or not of the right shape.
    MalformedXML = 400,
    /// The method does not go with the resource.
    MethodNotAllowed = 405,
    /// Neither a length nor chunked transfer.
    MissingContentLength = 411,
    /// The operation needs a body.
    MissingRequestBodyError = 400,
    /// Replication leads to one bucket.
    MultiBucketNotSupport = 400,
    /// There is no such bucket.
    NoSuchBucket = 404,
    /// The bucket has no policy.
    NoSuchBucketPolicy = 404,
    /// There is no rule of that id.
    NoSuchConfiguration = 404,
    /// There is no such object to copy.
    NoSuchCopySource = 404,
    /// No rules say which pages may read answers.
    NoSuchCORSConfiguration = 404,
    /// No encryption is configured.
    NoSuchEncryptionConfiguration = 404,
    /// There is no such object.
    NoSuchKey = 404,
    /// The bucket has no lifecycle rules.
    NoSuchLifecycleConfiguration = 404,
    /// The object was never locked.
    NoSuchObjectLockConfiguration = 404,
    /// The bucket has no rules of origin.
    NoSuchOriginConfiguration = 404,
    /// The bucket has no tags.
    NoSuchTagSet = 404,
    /// There is no such upload in parts.
    NoSuchUpload = 404,
    /// There is no such version of the object.
    NoSuchVersion = 404,
    /// The bucket is no website.
    NoSuchWebsiteConfiguration = 404,
    /// An operation or option that this endpoint does not serve.
    NotImplemented = 501,
    /// Objects cannot change to that class.
    NotSupportedStorageClass = 400,
    /// Objects of the bucket cannot be locked.
    ObjectLockConfigurationNotFoundError = 404,
    /// The object was not begun by appending.
    ObjectNotAppendable = 409,
    /// The policy is too large.
    PolicyFull = 400,
    /// An `If-…` header does not hold.
    PreconditionFailed = 412,
    /// The domain leads to another bucket.
    RecordAlreadyExist = 409,
    /// The bucket is not replicated.
    ReplicationConfigurationNotFoundError = 404,
    /// Nothing of the body arrived for too long.
    RequestTimeout = 400,
    /// The signature starts in the future, beyond the tolerated skew.
    RequestTimeTooSkewed = 403,
    /// The request line is longer than the endpoint accepts.
    RequestURITooLong = 414,
    /// The object is being restored already.
    RestoreAlreadyInProgress = 409,
    /// The object is not archived.
    RestoreNonArchiveObject = 405,
    /// The signature is not that of the request.
    SignatureDoesNotMatch = 403,
    /// The service is busy.
    SlowDown = 503,
    /// The bucket has as many rules of this kind as it may have.
    TooManyConfigurations = 400,
    /// The body arrives slower than the service accepts.
    UserNetworkTooSlow = 400,
    /// The XML body is too large.
    XMLSizeLimit = 400,
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not a code that this crate knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownErrorCode;

impl fmt::Display for UnknownErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an error code that is known here")
    }
}

impl std::error::Error for UnknownErrorCode {}

impl FromStr for ErrorCode {
    type Err = UnknownErrorCode;

    fn from_str(text: &str) -> Result<Self, UnknownErrorCode> {
        let found = Self::ALL.iter().find(|code| code.as_str() == text);
        found.copied().ok_or(UnknownErrorCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_and_parse_are_inverse() {
        for &code in ErrorCode::ALL {
            assert_eq!(code.to_string().parse(), Ok(code));
        }
    }

    #[test]
    fn an_unknown_code_is_refused() {
        assert_eq!("NoSuchThing".parse::<ErrorCode>(), Err(UnknownErrorCode));
    }

    #[test]
    fn statuses_are_those_of_errors() {
        for &code in ErrorCode::ALL {
            assert!((400..600).contains(&code.status()), "{code}");
        }
        assert_eq!(ErrorCode::InvalidRange.status(), 416);
    }
}
