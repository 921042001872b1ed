//! Every error code of STS that is documented, and its words.
//!
//! Codes are those of `errorcodes.py` of tencentcloud-sdk-python-sts and of the common codes of API 3.0 (1278/46719). The
//! words are the service's where they were seen (`"[QC_STS] resource error"`, the signature's, a missing parameter's), and this
//! project's elsewhere.

use std::borrow::Cow;
use std::fmt;

use crate::policy::{PolicyError, PolicyProblem};

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $text:literal $former:literal $message:literal,)*) => {
        /// An error code, such as `AuthFailure.SignatureFailure`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum StsErrorCode {
            $($(#[$doc])* $code,)*
        }

        impl StsErrorCode {
            /// Every code that this crate knows.
            pub const ALL: &[StsErrorCode] = &[$(StsErrorCode::$code,)*];

            /// The text of `Code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(StsErrorCode::$code => $text,)* }
            }

            /// The number that the former interface has for it.
            pub const fn former(self) -> u16 {
                match self { $(StsErrorCode::$code => $former,)* }
            }

            /// What is said where nothing more is known.
            pub const fn message(self) -> &'static str {
                match self { $(StsErrorCode::$code => $message,)* }
            }
        }
    };
}

codes! {
    // Who asks.

    /// The SecretId is of another kind than this needs.
    AccessKeyIllegal = "AuthFailure.AccessKeyIllegal" 4100 "The access key is illegal.",
    /// The `Authorization` header cannot be read.
    InvalidAuthorization = "AuthFailure.InvalidAuthorization" 4100 "The Authorization header in the request is invalid.",
    /// The SecretId has no SecretId's form.
    InvalidSecretId = "AuthFailure.InvalidSecretId" 4100 "The SecretId is not found, please ensure that your SecretId is correct.",
    /// The MFA code is wrong.
    MfaFailure = "AuthFailure.MFAFailure" 4106 "The MFA code is wrong.",
    /// Nobody has that SecretId.
    SecretIdNotFound = "AuthFailure.SecretIdNotFound" 4104 "The SecretId is not found, please ensure that your SecretId is correct.",
    /// The time of the call is more than five minutes from the server's.
    SignatureExpire = "AuthFailure.SignatureExpire" 4100 "The provided credentials could not be validated because of exceeding request time limit, please check the difference between your time and the server's is within 5 minutes.",
    /// The signature does not hold.
    SignatureFailure = "AuthFailure.SignatureFailure" 4100 "The provided credentials could not be validated. Please check your signature is correct.",
    /// The token is not that of the temporary key, or it has ended.
    TokenFailure = "AuthFailure.TokenFailure" 4105 "The token is invalid or has expired.",
    /// No policy lets the caller do this.
    AuthFailureUnauthorizedOperation = "AuthFailure.UnauthorizedOperation" 4101 "You are not authorized to perform this operation. Check your CAM policies, and ensure that you are using the correct access keys.",

    // What STS itself refuses.

    /// The MFA code was not found to be right.
    CheckMfaError = "FailedOperation.CheckMFAError" 4106 "The MFA code could not be checked.",
    /// There is no such kind of MFA.
    MfaTypeNotSupported = "FailedOperation.MFATypeNotSupported" 4106 "MFA is not supported here.",
    /// Temporary keys ask for temporary keys, where only permanent ones may.
    TempKeyNotAllowed = "FailedOperation.TempKeyNotAllowed" 4100 "Temporary keys cannot ask for a federation token.",

    /// The service failed.
    DbError = "InternalError.DbError" 6000 "The database failed.",
    /// The service failed.
    EncryptError = "InternalError.EncryptError" 6000 "The token could not be encrypted.",
    /// The service failed.
    GetAppIdError = "InternalError.GetAppIdError" 6000 "The APPID could not be read.",
    /// The service failed.
    GetRoleError = "InternalError.GetRoleError" 6000 "The role could not be read.",
    /// The service failed.
    GetSeedTokenError = "InternalError.GetSeedTokenError" 6000 "The token could not be made.",
    /// The role is of no use.
    IllegalRole = "InternalError.IllegalRole" 6000 "The role is illegal.",
    /// The service failed.
    PbSerializeError = "InternalError.PbSerializeError" 6000 "The token could not be written.",
    /// The service failed.
    SystemError = "InternalError.SystemError" 6000 "The service failed. Please try again.",
    /// The service failed.
    UnknownError = "InternalError.UnknownError" 6000 "The service failed. Please try again.",
    /// The service failed.
    InternalError = "InternalError" 6000 "The service failed. Please try again.",

    // What is asked.

    /// There is no such action.
    InvalidAction = "InvalidAction" 4000 "The action is not recognized.",
    /// A parameter is wrong.
    InvalidParameter = "InvalidParameter" 4000 "A parameter is not valid.",
    /// The SecretId is of a kind that is not served.
    AccessKeyNotSupport = "InvalidParameter.AccessKeyNotSupport" 4000 "The access key is not supported.",
    /// There is no such account; the spelling is the service's.
    AccountNotAvailable = "InvalidParameter.AccountNotAvaliable" 4000 "The account is not available.",
    /// The policy is too large for a token.
    ExtendStrategyOverSize = "InvalidParameter.ExtendStrategyOverSize" 4000 "[QC_STS] the policy is too long for a token",
    /// The policy is about what is not the caller's.
    GrantOtherResource = "InvalidParameter.GrantOtherResource" 4000 "[QC_STS] cant grant other resource",
    /// Too many of something.
    OverLimit = "InvalidParameter.OverLimit" 4000 "There are too many of them.",
    /// The keys would live too long.
    OverTimeError = "InvalidParameter.OverTimeError" 4000 "DurationSeconds is longer than is allowed.",
    /// A parameter has another form than it must have.
    ParamError = "InvalidParameter.ParamError" 4000 "A parameter is not valid.",
    /// The policy is too long.
    PolicyTooLong = "InvalidParameter.PolicyTooLong" 4000 "The policy is too long.",
    /// A resource in the policy is none; the spelling is the service's.
    ResourceError = "InvalidParameter.ResouceError" 4000 "[QC_STS] resource error",
    /// The policy is no JSON.
    StrategyFormatError = "InvalidParameter.StrategyFormatError" 4000 "[QC_STS] the policy is not JSON",
    /// The policy is JSON, and no policy.
    StrategyInvalid = "InvalidParameter.StrategyInvalid" 4000 "[QC_STS] the policy is not valid",
    /// The temporary code is not available; the spelling is the service's.
    TempCodeNotAvailable = "InvalidParameter.TempCodeNotAvaliable" 4000 "The temporary code is not available.",
    /// The token of the identity provider does not hold.
    WebIdentityTokenError = "InvalidParameter.WebIdentityTokenError" 4000 "The WebIdentityToken is not valid.",
    /// A parameter has a value that is not allowed.
    InvalidParameterValue = "InvalidParameterValue" 4000 "A parameter has a value that is not allowed.",
    /// A parameter is missing.
    MissingParameter = "MissingParameter" 4000 "The request is missing a required parameter.",
    /// There is no such interface.
    NoSuchProduct = "NoSuchProduct" 4000 "The product is not recognized.",
    /// There is no such version of the interface.
    NoSuchVersion = "NoSuchVersion" 4000 "The version is not recognized.",
    /// A parameter is not known.
    UnknownParameter = "UnknownParameter" 4000 "A parameter is not recognized.",
    /// The request is larger than is read.
    RequestSizeLimitExceeded = "RequestSizeLimitExceeded" 4000 "The request is too large.",

    /// Too many calls a second.
    RequestLimitExceeded = "RequestLimitExceeded" 4400 "The number of requests exceeds the limit.",
    /// There is no such role.
    RoleNotFound = "ResourceNotFound.RoleNotFound" 5000 "The role does not exist.",
    /// The role does not let the caller take it on.
    UnauthorizedOperation = "UnauthorizedOperation" 4101 "You are not authorized to perform this operation.",
    /// Neither GET nor POST.
    UnsupportedProtocol = "UnsupportedProtocol" 4600 "Only GET and POST are supported.",
    /// What is asked for is not done.
    UnsupportedOperation = "UnsupportedOperation" 4000 "The operation is not supported.",
}

impl StsErrorCode {
    /// The code of that text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for StsErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a call is refused: a code, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StsError {
    /// The code, on which clients branch.
    pub code: StsErrorCode,
    /// The words.
    pub message: Cow<'static, str>,
}

impl StsError {
    /// A code with words of its own.
    pub fn told(code: StsErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }

    /// A required parameter that is missing. The words are the service's.
    pub fn missing(name: &str) -> Self {
        let message = format!("The request is missing a required parameter `{name}`.");
        Self::told(StsErrorCode::MissingParameter, message)
    }

    /// An action or a resource that no policy gives the caller. The words are the service's.
    pub fn unauthorized(request_id: &str, action: &str, resource: &str) -> Self {
        let code = StsErrorCode::AuthFailureUnauthorizedOperation;
        let message = format!(
            "{} [request id:{request_id}]you are not authorized to perform operation ({action})\nresource ({resource}) has no permission\n",
            code.message()
        );
        Self::told(code, message)
    }

    /// A parameter of another form than it must have.
    pub(super) fn parameter(name: &str, must: &str) -> Self {
        Self::told(StsErrorCode::ParamError, format!("{name} must be {must}"))
    }
}

impl From<StsErrorCode> for StsError {
    fn from(code: StsErrorCode) -> Self {
        Self::told(code, code.message())
    }
}

impl From<PolicyError> for StsError {
    fn from(error: PolicyError) -> Self {
        let code = match error.problem {
            PolicyProblem::NotJson { .. } => StsErrorCode::StrategyFormatError,
            PolicyProblem::Resource { .. } => StsErrorCode::ResourceError,
            PolicyProblem::TooLong { .. } | PolicyProblem::StatementTooLong { .. } => {
                StsErrorCode::PolicyTooLong
            }
            _ => StsErrorCode::StrategyInvalid,
        };
        Self::told(code, format!("{}: {error}", code.message()))
    }
}

impl fmt::Display for StsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for StsError {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::{Policy, PolicyKind};

    #[test]
    fn codes_are_unique_and_read_back() {
        let texts: BTreeSet<_> = StsErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), StsErrorCode::ALL.len());
        for code in StsErrorCode::ALL {
            assert_eq!(StsErrorCode::from_text(code.as_str()), Some(*code));
            assert!(!code.message().is_empty());
        }
        assert_eq!(StsErrorCode::from_text("InvalidParameter.ResourceError"), None);
    }

    #[test]
    fn a_bad_policy_has_the_code_of_what_is_wrong_with_it() {
        let code = |text: &str| {
            let refused = Policy::parse(text.as_bytes(), PolicyKind::Identity).unwrap_err();
            StsError::from(refused).code
        };
        assert_eq!(code("{"), StsErrorCode::StrategyFormatError);
        assert_eq!(code(r#"{"version":"1.0","statement":[]}"#), StsErrorCode::StrategyInvalid);
        let resource =
            r#"{"version":"2.0","statement":[{"effect":"allow","action":"*","resource":"b/*"}]}"#;
        assert_eq!(code(resource), StsErrorCode::ResourceError);
        assert_eq!(code(&" ".repeat(crate::policy::POLICY_MAX + 1)), StsErrorCode::PolicyTooLong);
    }
}
