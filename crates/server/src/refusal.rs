//! Every way in which the endpoint refuses: cause, Code, Message; the Code brings its status along.
//!
//! One row a cause, in one table. The tag in a row's line tells where Code and Message come from: **C** captured from the
//! service, **T** asserted by an official SDK's test against it, **D** documented, **K** general knowledge, **I** inferred,
//! **!** a decision of this project where nothing is known. A row with two tags has them for Code and Message.

use std::fmt::Display;

use cospass_protocol::operation::{DecodeError, StorageClass};
use cospass_protocol::policy::{PolicyError, PolicyProblem};
use cospass_protocol::xml::{Evidence, XmlError, iso8601};
use cospass_protocol::{ErrorCode, TagError};
use cospass_sign::{CanonicalView, ClaimError, FieldError};
use http::header::{CONTENT_RANGE, HeaderName, HeaderValue};

use crate::authorize::Denied;
use crate::configurations::DocumentError;
use crate::file_limit;
use crate::redact;
use crate::store::StoreError;

macro_rules! causes {
    ($($(#[$doc:meta])* $cause:ident $name:literal => $code:ident $message:literal,)*) => {
        /// Why a request is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Cause {
            $($(#[$doc])* $cause,)*
        }

        impl Cause {
            #[cfg(test)]
            const ALL: &[Cause] = &[$(Cause::$cause,)*];

            /// Its stable name, for logs.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Cause::$cause => $name,)* }
            }

            pub(crate) const fn code(self) -> ErrorCode {
                match self { $(Cause::$cause => ErrorCode::$code,)* }
            }

            const fn message(self) -> &'static str {
                match self { $(Cause::$cause => $message,)* }
            }
        }
    };
}

causes! {
    // What is no request.

    /// **!** The head is not HTTP/1.1, or has bytes in its target that must be percent-encoded.
    MalformedHead "malformed-head" => InvalidRequest "The request is not valid HTTP/1.1.",
    /// **!** The head is longer, or has more headers, than the endpoint's limit.
    HeadTooLong "head-too-long" => InvalidRequest "The head of the request is too long, or has too many headers.",

    // Where the request is for.

    /// **!** A header of the head is not text that can be acted on, or the target is neither a path nor a URL.
    BadTarget "bad-target" => InvalidURI "The request target is neither a path nor an absolute URL.",
    /// **!** RFC 9112 §3.2: exactly one Host.
    HostMissing "host-missing" => InvalidRequest "Exactly one Host header is required.",
    /// **!** RFC 9112 §3.2.2 lets the request line win; the signature names the header, so neither may.
    HostDisagrees "host-disagrees" => InvalidRequest "The host of the request line is not that of the Host header.",
    /// **C** python-v4#30.
    BucketMissing "bucket-missing" => InvalidRequest "Missing required header for this request: Appid",
    /// **T !**
    BadBucketName "bad-bucket-name" => InvalidBucketName "The specified bucket is not valid.",
    /// **K !** The key is not UTF-8.
    KeyNotText "key-not-text" => InvalidURI "The key is not valid UTF-8.",
    /// **K !** The key is longer than 850 bytes.
    KeyTooLong "key-too-long" => KeyTooLong "Your key is too long.",
    /// **!** The request line is longer than the endpoint's limit.
    TargetTooLong "target-too-long" => RequestURITooLong "The request line is too long.",
    /// **D C** #549451897; the spelling is the service's.
    PreflightRefused "preflight-refused" => AccessForbidden "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec",
    /// **T !** cos-nodejs-sdk-v5 expects an error that is not 403 of a preflight without `Origin`.
    PreflightIncomplete "preflight-incomplete" => InvalidRequest "A preflight request needs the headers Origin and Access-Control-Request-Method.",
    /// **T K**
    NoSuchBucket "no-such-bucket" => NoSuchBucket "The specified bucket does not exist.",

    // Who asks.

    /// **D** #12903243
    DeniedByReferer "denied-by-referer" => AccessDenied "You are denied by bucket referer rule",
    /// **C** wx#30: no signature, where one is needed.
    Anonymous "anonymous" => AccessDenied "Access Denied.",
    /// **I** A signature that lacks a field, has one twice, or one that cannot be read. **T** (the C++ SDK's `async_op_test`) Or a
    /// space in its SecretId.
    MalformedSignature "malformed-signature" => AccessDenied "Access Denied.",
    /// **!** Several signatures, of which one would have to be believed.
    SeveralSignatures "several-signatures" => InvalidRequest "Only one signature is allowed, in the Authorization header or in the query.",
    /// **C** coscmd#280.
    SecretIdFormat "secret-id-format" => InvalidAccessKeyId "The access key Id format you provided is invalid.",
    /// **C** php#57.
    UnknownSecretId "unknown-secret-id" => InvalidAccessKeyId "The Access Key Id you provided does not exist in our records",
    /// **C** go#318: a token that is absent or another one is reported like an unknown SecretId.
    WrongToken "wrong-token" => InvalidAccessKeyId "The Access Key Id you provided does not exist in our records",
    /// **C** go#318: "does not exist, or the temporary key has expired".
    ExpiredToken "expired-token" => InvalidAccessKeyId "The Access Key Id you provided does not exist in our records",
    /// **C** php#153, with ServerTime; also an end that is no number.
    Expired "expired" => AccessDenied "Request has expired",
    /// **D !** The signature starts more than 15 minutes from now.
    NotYetValid "not-yet-valid" => RequestTimeTooSkewed "The difference between the request time and the server's time is too large.",
    /// **C** PicGo#638, with StringToSign and FormatString.
    SignatureMismatch "signature-mismatch" => SignatureDoesNotMatch "The Signature you specified is invalid.",

    /// **! !** A signature of the former interface is for GET and HEAD of the one object that it names.
    OutOfV4 "out-of-v4" => AccessDenied "Access Denied. A signature of this form is for downloading the object that it names.",

    /// **! !** The strict mode wants a header or a parameter signed; the message tells which.
    NotSigned "not-signed" => AccessDenied "Access Denied.",
    /// **C** wx#25: neither policies nor access control allow it, or a policy denies it.
    Denied "denied" => AccessDenied "Access Denied.",

    // What is asked.

    /// **!** The service serves it; this endpoint does not yet.
    Unserved "unserved" => NotImplemented "A parameter or header you provided implies functionality that is not implemented.",
    /// **D K**
    MethodNotAllowed "method-not-allowed" => MethodNotAllowed "The specified method is not allowed against this resource.",
    /// **T !** The message tells name and value.
    InvalidArgument "invalid-argument" => InvalidArgument "Invalid Argument.",
    /// **D !** `response-…` in a request without a signature (436/7753).
    UnsignedOverride "unsigned-override" => InvalidRequest "A request with response-* parameters must be signed.",
    /// **! T** cos-java-sdk-v5 `SSECustomerTest`: 400 and these words; the code is not known.
    UnknownKmsKey "unknown-kms-key" => InvalidArgument "The kms key you provided can not be found in kms",
    /// **D K** `Content-MD5` is not 16 bytes of base64.
    InvalidDigest "invalid-digest" => InvalidDigest "The Content-MD5 you specified is not valid.",
    /// **K !**
    InvalidCopySource "invalid-copy-source" => InvalidCopySource "Copy Source must mention the source bucket and key: BUCKET.DOMAIN/KEY, the key percent-encoded.",
    /// **T !** PHP testPutObjectMeta2K: yes, that code.
    MetadataTooLong "metadata-too-long" => KeyTooLong "Your user metadata is longer than 2 KB.",
    /// **! !** The message tells which rule is broken.
    InvalidTag "invalid-tag" => InvalidTag "The tags you provided are not valid.",

    /// **! !** SSE-C: the key was changed on its way.
    CustomerKeyMd5 "customer-key-md5" => InvalidArgument "The calculated MD5 hash of the key did not match the hash that was provided.",
    /// **K K** S3's code and words.
    CustomerKeyMissing "customer-key-missing" => InvalidRequest "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
    /// **K K** S3's code and words.
    WrongCustomerKey "wrong-customer-key" => AccessDenied "Access Denied.",
    /// **K K** S3's code and words.
    CustomerKeyUnused "customer-key-unused" => InvalidRequest "The encryption parameters are not applicable to this object.",

    // The body.

    /// **!** RFC 9112 §6.1: a length and chunks contradict each other.
    AmbiguousLength "ambiguous-length" => InvalidRequest "Content-Length and Transfer-Encoding exclude each other.",
    /// **!** RFC 9112 §6.1: 501. A body is told by chunks and is in no other coding.
    TransferCoding "transfer-coding" => NotImplemented "Transfer-Encoding must be chunked, once: a body in another coding is not read.",
    /// **D** #170009879.
    MissingLength "missing-length" => MissingContentLength "You must provide the Content-Length HTTP header",
    /// **D K**
    EntityTooLarge "entity-too-large" => EntityTooLarge "Your proposed upload exceeds the maximum allowed object size.",
    /// **D K** The connection ended, or a chunk was none, before the body did.
    IncompleteBody "incomplete-body" => IncompleteBody "You did not provide the number of bytes specified by the Content-Length HTTP header",
    /// **D K**
    BodyTimeout "body-timeout" => RequestTimeout "Your socket connection to the server was not read from or written to within the timeout period.",
    /// **D !** Less than the endpoint's least rate arrived for too long.
    BodyTooSlow "body-too-slow" => UserNetworkTooSlow "The request body arrives too slowly.",
    /// **D K**
    BadDigest "bad-digest" => BadDigest "The Content-MD5 you specified did not match what we received.",
    /// **D !**
    MissingBody "missing-body" => MissingRequestBodyError "Request body is empty.",
    /// **C** node#29.
    MalformedXml "malformed-xml" => MalformedXML "The XML you provided was not well-formed or did not validate against our published schema.",

    // A form.

    /// **D** 436/14690, "Error message" pages of POST Object.
    MalformedForm "malformed-form" => MalformedPOSTRequest "The body of your POST request is not well-formed multipart/form-data.",
    /// **! K** What stands before the file is longer than the endpoint's limit.
    FormTooLarge "form-too-large" => EntityTooLarge "Your POST request fields preceding the upload file were too large.",
    /// **D K** No file, or several.
    NumberOfFiles "number-of-files" => IncorrectNumberOfFilesInPostRequest "POST requires exactly one file upload per request.",
    /// **D** The policy is not base64, not JSON, or has no conditions.
    PolicyWithoutConditions "policy-without-conditions" => InvalidPolicyDocument "You must provide condition if you specify a policy in post object request.",
    /// **D !** Anything else that is wrong with a policy; the message tells what.
    InvalidPolicy "invalid-policy" => InvalidPolicyDocument "The policy of the form is not valid.",
    /// **D** The message tells field and value.
    ConditionUnmet "condition-unmet" => AccessDenied "Condition key doesn't match the value",
    /// **D** The message tells both times.
    PolicyExpired "policy-expired" => AccessDenied "You post object request has been expired",

    // A bucket's configurations.

    /// **D !** Longer than a document may be.
    XmlSizeLimit "xml-size-limit" => XMLSizeLimit "Your XML was larger than it may be.",
    /// **! !** The code of a policy that is none is not known.
    MalformedPolicy "malformed-policy" => MalformedPolicy "The policy is not a valid policy of version 2.0.",
    /// **C** php#69.
    PolicyFull "policy-full" => PolicyFull "your policy or acl has reached the limit",
    /// **D K**
    NoSuchCors "no-such-cors" => NoSuchCORSConfiguration "The CORS configuration does not exist.",
    /// **T K** cos-java-sdk-v5 throws on any other code.
    NoSuchPolicy "no-such-policy" => NoSuchBucketPolicy "The bucket policy does not exist.",
    /// **D K**
    NoSuchTagSet "no-such-tag-set" => NoSuchTagSet "The TagSet does not exist.",
    /// **D K**
    NoSuchLifecycle "no-such-lifecycle" => NoSuchLifecycleConfiguration "The lifecycle configuration does not exist.",
    /// **T K**
    NoSuchWebsite "no-such-website" => NoSuchWebsiteConfiguration "The specified bucket does not have a website configuration.",
    /// **T K** cos-python-sdk-v5.
    NoSuchDomain "no-such-domain" => DomainConfigNotFoundError "The domain configuration does not exist.",
    /// **! !** That it is an error is asserted; its code is not known.
    NoSuchOrigin "no-such-origin" => NoSuchOriginConfiguration "The origin configuration does not exist.",
    /// **T K** cos-nodejs-sdk-v5.
    NoSuchEncryption "no-such-encryption" => NoSuchEncryptionConfiguration "The server side encryption configuration was not found.",
    /// **T K** With a capital N: cos-nodejs-sdk-v5 takes the one with a small n for an unset configuration.
    NoSuchReplication "no-such-replication" => ReplicationConfigurationNotFoundError "The replication configuration was not found.",
    /// **! !** That it is 404 is inferred from cos-java-sdk-v5.
    NoSuchObjectLock "no-such-object-lock" => ObjectLockConfigurationNotFoundError "Object Lock configuration does not exist for this bucket.",
    /// **D** 436/38315: a rule of intelligent tiering.
    NoSuchTieringRule "no-such-tiering-rule" => IntelligentTieringConfigurationNotFoundError "The Intelligenttiering configuration was not found.",
    /// **! !** An inventory: that it is 404 is asserted, or inferred.
    NoSuchConfiguration "no-such-configuration" => NoSuchConfiguration "The specified configuration does not exist.",
    /// **K !** More than 1000 of a kind.
    TooManyConfigurations "too-many-configurations" => TooManyConfigurations "You are attempting to create a new configuration but have already reached the limit.",
    /// **T !** Its status is a decision.
    DuplicateInventory "duplicate-inventory" => DuplicateInventoryId "There is an inventory of that id.",
    /// **T !** Its status is a decision.
    DomainBound "domain-bound" => RecordAlreadyExist "The domain name is bound to another bucket.",
    /// **! C** cos-python-sdk-v5 compares the message; the code is not known.
    TieringStays "tiering-stays" => InvalidRequest "Not support modify intelligent tiering configuration",
    /// **! C** As the one before.
    DefaultRule "default-rule" => InvalidRequest "The default rule cannot be modified",
    /// **D !** Replication without versions, or versions that are to end while there is replication.
    NotInThatState "not-in-that-state" => InvalidBucketState "The request is not valid with the current state of the bucket.",
    /// **D !**
    MultipleBuckets "multiple-buckets" => MultiBucketNotSupport "Replication to more than one bucket is not supported.",
    /// **D !**
    LifecycleIdTwice "lifecycle-id-twice" => LifeCycleIdNotUnique "The ID of a lifecycle rule must be unique.",
    /// **D !**
    LifecycleConflict "lifecycle-conflict" => LifeCycleRuleConflicted "Two lifecycle rules say different things of the same objects.",
    /// **D !**
    UnsupportedClass "unsupported-class" => NotSupportedStorageClass "There is no such storage class to change to.",


    // What is there.

    /// **C** #32171282306.
    NoSuchKey "no-such-key" => NoSuchKey "The specified key does not exist.",
    /// **T K** Also a version whose id none can have.
    NoSuchVersion "no-such-version" => NoSuchVersion "The specified version does not exist.",
    /// **D !** The version that is asked for is a delete marker: 404 (436/7753, 436/7745; S3 says 405), with `x-cos-delete-marker`.
    DeleteMarker "delete-marker" => NoSuchKey "The specified version is a delete marker.",
    /// **D K** A version to copy is a delete marker: 400.
    SourceDeleteMarker "source-delete-marker" => InvalidRequest "The source of a copy request may not specifically refer to a delete marker by version id.",
    /// **K !** Neither the source's key nor its bucket may be missing.
    NoSuchCopySource "no-such-copy-source" => NoSuchCopySource "The specified copy source does not exist.",
    /// **T K** C sdk.
    NoSuchUpload "no-such-upload" => NoSuchUpload "The specified multipart upload does not exist.",
    /// **D K** A part that is not there, or another one than was named.
    InvalidPart "invalid-part" => InvalidPart "One or more of the specified parts could not be found, or its entity tag is another one.",
    /// **D K**
    InvalidPartOrder "invalid-part-order" => InvalidPartOrder "The list of parts was not in ascending order.",
    /// **D C** cloudreve#806.
    EntityTooSmall "entity-too-small" => EntityTooSmall "Your proposed upload is smaller than the minimum allowed object size.",
    /// **T K**
    BucketOwned "bucket-owned" => BucketAlreadyOwnedByYou "Your previous request to create the named bucket succeeded and you already own it.",
    /// **T K**
    BucketNotEmpty "bucket-not-empty" => BucketNotEmpty "The bucket you tried to delete is not empty.",
    /// **D K** With `Content-Range`.
    InvalidRange "invalid-range" => InvalidRange "The requested range is not satisfiable",
    /// **D K** `x-cos-forbid-overwrite`, and there is an object.
    FileAlreadyExists "file-already-exists" => FileAlreadyExists "File already exists.",
    /// **T K**
    PreconditionFailed "precondition-failed" => PreconditionFailed "At least one of the pre-conditions you specified did not hold.",
    /// **! C** The words stand in the tests of candys3, made against the service. Of the code only the refusal is known.
    Retained "retained" => AccessDenied "The object is locked, you are not allowd to put/delete object or modify the metadata via copy object.",
    /// **D !** A lock can last longer than was said, not shorter (436/40137).
    RetentionShortened "retention-shortened" => AccessDenied "The retention period of an object can be extended, not shortened.",
    /// **! !** Only where the bucket's object lock is enabled can an object be locked (436/40137).
    NotLockable "not-lockable" => InvalidRequest "Object Lock is not enabled for this bucket.",
    /// **K K** S3's code and words.
    NoSuchRetention "no-such-retention" => NoSuchObjectLockConfiguration "The specified object does not have a ObjectLock configuration.",
    /// **C** #3641109820, with `x-cos-storage-class`.
    NotRestored "not-restored" => InvalidObjectState "The operation is not valid for the object storage class.",

    /// **C** #20698865043.
    RestoreRunning "restore-running" => RestoreAlreadyInProgress "Object restore is already in progress.",
    /// **D !**
    NotArchived "not-archived" => RestoreNonArchiveObject "Restore is not allowed, since the object's storage class is not an archive.",
    /// **D K** The position is not the length of the object.
    AppendPosition "append-position" => AppendPositionErr "The append position is not the length of the object.",
    /// **D** #170009879.
    NotAppendable "not-appendable" => ObjectNotAppendable "The operation is not valid for the current state of the object",
    /// **D !** Not with intelligent tiering; **!** nor with an archive.
    ClassNotAppendable "class-not-appendable" => InvalidArgument "x-cos-storage-class: an object of this class cannot be appended to.",
    /// **D !** Not in a bucket that lies in several zones (436/7741).
    BucketNotAppendable "bucket-not-appendable" => InvalidRequest "A bucket that lies in several zones takes no APPEND Object.",
    /// **D !**
    SourceAppendable "source-appendable" => InvalidRequest "An object that was made by appending cannot be copied.",
    /// **! !** A link is asked for, and there is an object that is none.
    NotSymlink "not-symlink" => InvalidRequest "The object is not a symbolic link.",
    /// **! !** What the link stands for is not there, or is itself a link.
    SymlinkTargetMissing "symlink-target-missing" => NoSuchKey "The target of the symbolic link does not exist, or is a symbolic link itself.",

    // The endpoint itself.

    /// **D K** More connections, or open files, than the endpoint can have.
    SlowDown "slow-down" => SlowDown "Please reduce your request rate.",
    /// **K !** The disk or the metadata failed; the log tells more.
    Failure "failure" => InternalError "We encountered an internal error. Please try again.",
}

impl Cause {
    /// Whether the signature, or the lack of one, is why: what `explain` can say more of.
    pub(crate) const fn is_of_signature(self) -> bool {
        matches!(
            self,
            Self::Anonymous
                | Self::MalformedSignature
                | Self::SeveralSignatures
                | Self::SecretIdFormat
                | Self::UnknownSecretId
                | Self::WrongToken
                | Self::Expired
                | Self::NotYetValid
                | Self::SignatureMismatch
        )
    }
}

/// A refused request: the cause, and what the answer says beside it.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) cause: Cause,
    detail: Option<Box<Detail>>,
}

/// What the answers to some refusals have and others do not.
#[derive(Clone, Debug, Default)]
struct Detail {
    /// Instead of the cause's own.
    message: Option<String>,
    evidence: Option<Evidence>,
    /// What would have to be allowed; for the operator alone.
    denied: Option<Denied>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl From<Cause> for Refusal {
    fn from(cause: Cause) -> Self {
        Self { cause, detail: None }
    }
}

impl Refusal {
    fn new(cause: Cause, detail: Detail) -> Self {
        Self { cause, detail: Some(Box::new(detail)) }
    }

    pub(crate) fn message(&self) -> &str {
        let told = self.detail.as_ref().and_then(|detail| detail.message.as_deref());
        told.unwrap_or_else(|| self.cause.message())
    }

    pub(crate) fn evidence(&self) -> Option<&Evidence> {
        self.detail.as_ref()?.evidence.as_ref()
    }

    pub(crate) fn denial(&self) -> Option<&Denied> {
        self.detail.as_ref()?.denied.as_ref()
    }

    pub(crate) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        self.detail.as_ref().map_or(&[], |detail| &detail.headers)
    }

    /// Neither policies nor access control allow it.
    pub(crate) fn denied(denied: Denied) -> Self {
        Self::new(Cause::Denied, Detail { denied: Some(denied), ..Detail::default() })
    }

    /// Expired at the server's time, Unix seconds.
    pub(crate) fn expired(now: i64) -> Self {
        let evidence = Some(Evidence::ServerTime(iso8601(now)));
        Self::new(Cause::Expired, Detail { evidence, ..Detail::default() })
    }

    /// With a message of its own.
    pub(crate) fn told(cause: Cause, what: &dyn Display) -> Self {
        Self::new(cause, Detail { message: Some(what.to_string()), ..Detail::default() })
    }

    /// The policy of a form expired then, at the server's time, both Unix seconds. The words are the service's.
    pub(crate) fn policy_expired(expiration: i64, now: i64) -> Self {
        let message = format!(
            "You post object request has been expired, expiration time: {expiration} but the time now : {now}"
        );
        Self::told(Cause::PolicyExpired, &message)
    }

    pub(crate) fn mismatch(view: &CanonicalView) -> Self {
        let evidence = Some(Evidence::Signed {
            string_to_sign: view.string_to_sign().to_owned(),
            format_string: redact::format_string(view.format_string()),
        });
        Self::new(Cause::SignatureMismatch, Detail { evidence, ..Detail::default() })
    }

    pub(crate) fn range(size: u64) -> Self {
        let value = HeaderValue::from_str(&format!("bytes */{size}")).ok();
        let headers = value.map(|value| (CONTENT_RANGE, value)).into_iter().collect();
        Self::new(Cause::InvalidRange, Detail { headers, ..Detail::default() })
    }

    /// A parameter, header or element whose value is not allowed, and why.
    pub(crate) fn argument(name: &'static str, why: &str) -> Self {
        let message = Some(format!("{name}: {why}"));
        Self::new(Cause::InvalidArgument, Detail { message, ..Detail::default() })
    }

    /// A signed request of which the strict mode wants something more signed.
    pub(crate) fn not_signed(kind: &str, name: &str) -> Self {
        let message = format!(
            "Access Denied. The {kind} {name} must be signed: the signature is judged strictly here."
        );
        let message = Some(message);
        Self::new(Cause::NotSigned, Detail { message, ..Detail::default() })
    }

    pub(crate) fn not_restored(class: StorageClass) -> Self {
        let name = HeaderName::from_static("x-cos-storage-class");
        let headers = vec![(name, HeaderValue::from_static(class.as_str()))];
        Self::new(Cause::NotRestored, Detail { headers, ..Detail::default() })
    }

    /// What a delete marker answers: that the object is not there, or that the marker has no bytes.
    fn delete_marker(version: &str, is_asked: bool) -> Self {
        let cause = if is_asked { Cause::DeleteMarker } else { Cause::NoSuchKey };
        let marker = HeaderName::from_static("x-cos-delete-marker");
        let mut headers = vec![(marker, HeaderValue::from_static("true"))];
        let version = HeaderValue::from_str(version).ok();
        headers.extend(version.map(|id| (HeaderName::from_static("x-cos-version-id"), id)));
        Self::new(cause, Detail { headers, ..Detail::default() })
    }

    /// A document whose elements are right, but not what one of them holds: the message tells.
    pub(crate) fn document_value(error: &XmlError) -> Self {
        let message = Some(error.to_string());
        Self::new(Cause::InvalidArgument, Detail { message, ..Detail::default() })
    }

    /// What an unreadable claim is refused with; a request without any is anonymous and not refused here.
    pub(crate) fn claim(error: &ClaimError, now: i64) -> Self {
        match error {
            ClaimError::Unsigned => Cause::Anonymous.into(),
            ClaimError::SeveralSignatures { .. } => Cause::SeveralSignatures.into(),
            ClaimError::Field(FieldError::Time { .. }) => Self::expired(now),
            _ => Cause::MalformedSignature.into(),
        }
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        let cause = match error {
            DecodeError::Unserved(_) => Cause::Unserved,
            DecodeError::MethodNotAllowed { .. } => Cause::MethodNotAllowed,
            DecodeError::InvalidArgument { .. } => Cause::InvalidArgument,
            DecodeError::UnknownKmsKey => Cause::UnknownKmsKey,
            DecodeError::InvalidDigest => Cause::InvalidDigest,
            DecodeError::InvalidCopySource => Cause::InvalidCopySource,
            DecodeError::InvalidTag(_) => Cause::InvalidTag,
            DecodeError::NotAForm => Cause::MalformedForm,
            DecodeError::MissingField { .. } => Cause::InvalidArgument,
            DecodeError::KeyNotText => Cause::KeyNotText,
            DecodeError::KeyTooLong { .. } => Cause::KeyTooLong,
            DecodeError::MetadataName { .. } => Cause::InvalidArgument,
            DecodeError::MetadataTooLong { .. } => Cause::MetadataTooLong,
        };
        match error {
            // Where the service's own words are not known, these tell what to change.
            DecodeError::Unserved(_)
            | DecodeError::InvalidArgument { .. }
            | DecodeError::MissingField { .. }
            | DecodeError::MetadataName { .. }
            | DecodeError::InvalidTag(_) => {
                Self::new(cause, Detail { message: Some(error.to_string()), ..Detail::default() })
            }
            _ => cause.into(),
        }
    }
}

impl From<TagError> for Refusal {
    fn from(error: TagError) -> Self {
        DecodeError::InvalidTag(error).into()
    }
}

impl From<PolicyError> for Refusal {
    fn from(error: PolicyError) -> Self {
        match error.problem {
            PolicyProblem::TooLong { .. } | PolicyProblem::StatementTooLong { .. } => {
                Cause::PolicyFull.into()
            }
            // The service's own words are not known; these tell what to change.
            _ => {
                let message = Some(format!("The policy is not valid: {error}"));
                Self::new(Cause::MalformedPolicy, Detail { message, ..Detail::default() })
            }
        }
    }
}

impl From<DocumentError> for Refusal {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Xml(error) => error.into(),
            DocumentError::Policy(error) => error.into(),
        }
    }
}

impl From<XmlError> for Refusal {
    fn from(_: XmlError) -> Self {
        Cause::MalformedXml.into()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let cause = match error {
            StoreError::NoSuchBucket => Cause::NoSuchBucket,
            StoreError::BucketExists => Cause::BucketOwned,
            StoreError::BucketNotEmpty => Cause::BucketNotEmpty,
            StoreError::NoSuchKey => Cause::NoSuchKey,
            StoreError::NoSuchVersion => Cause::NoSuchVersion,
            StoreError::DeleteMarker { version, is_asked } => {
                return Self::delete_marker(&version, is_asked);
            }
            StoreError::Retained => Cause::Retained,
            StoreError::RetentionShortened => Cause::RetentionShortened,
            StoreError::NotLockable => Cause::NotLockable,
            StoreError::NoSuchUpload => Cause::NoSuchUpload,
            StoreError::Io(ref error) if file_limit::is_reached(error) => {
                tracing::warn!(%error, "no more files can be opened");
                Cause::SlowDown
            }
            StoreError::Locked { .. }
            | StoreError::UnknownFormat { .. }
            | StoreError::Record(_)
            | StoreError::Key
            | StoreError::Io(_) => {
                tracing::error!(%error, "the store failed");
                Cause::Failure
            }
        };
        cause.into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_messages_are_there() {
        let names: HashSet<_> = Cause::ALL.iter().map(|cause| cause.name()).collect();
        assert_eq!(names.len(), Cause::ALL.len());
        for cause in Cause::ALL {
            assert!(!cause.message().is_empty(), "{cause:?}");
        }
    }

    /// The answer to each cause is asserted over a socket; this asserts that none is forgotten there.
    #[test]
    fn every_cause_has_a_test_of_the_whole_server() {
        let tests = concat!(
            include_str!("../tests/refusals/authenticate.rs"),
            include_str!("../tests/refusals/body.rs"),
            include_str!("../tests/refusals/configuration.rs"),
            include_str!("../tests/refusals/operation.rs"),
            include_str!("../tests/refusals/route.rs"),
            include_str!("../tests/refusals/store.rs"),
            include_str!("../tests/refusals_of_forms.rs"),
            include_str!("../tests/v4.rs")
        );
        // Only a failing disk, or a client that stands still, would show these; other tests reach them.
        let elsewhere = [Cause::Failure];
        for cause in Cause::ALL.iter().filter(|cause| !elsewhere.contains(cause)) {
            let name = format!("{:?}", cause.name());
            assert!(tests.contains(&name), "no test of the refusals names {name}");
        }
    }
}
