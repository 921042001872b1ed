//! What is refused, in the words of the service: those of the endpoint (`cospass-server`), which a test compares.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use cospass_protocol::ErrorCode;
use cospass_protocol::xml::{ErrorDocument, Evidence, iso8601};
use cospass_sign::{Claim, ClaimError, FieldError, RequestHead, percent};
use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::Full;

/// Why a request does not get through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no signature, or one that cannot be read.
    Denied,
    SeveralSignatures,
    SecretIdFormat,
    /// No such SecretId, or a token that is not its own.
    UnknownSecretId,
    Expired {
        now: i64,
    },
    NotYetValid,
    Mismatch {
        string_to_sign: String,
        format_string: String,
    },
    LookupFailed,
}

impl Refusal {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Denied | Self::Expired { .. } => ErrorCode::AccessDenied,
            Self::SeveralSignatures => ErrorCode::InvalidRequest,
            Self::SecretIdFormat | Self::UnknownSecretId => ErrorCode::InvalidAccessKeyId,
            Self::NotYetValid => ErrorCode::RequestTimeTooSkewed,
            Self::Mismatch { .. } => ErrorCode::SignatureDoesNotMatch,
            Self::LookupFailed => ErrorCode::InternalError,
        }
    }

    fn message(&self) -> &'static str {
        match self {
            Self::Denied => "Access Denied.",
            Self::SeveralSignatures => {
                "Only one signature is allowed, in the Authorization header or in the query."
            }
            Self::SecretIdFormat => "The access key Id format you provided is invalid.",
            Self::UnknownSecretId => "The Access Key Id you provided does not exist in our records",
            Self::Expired { .. } => "Request has expired",
            Self::NotYetValid => {
                "The difference between the request time and the server's time is too large."
            }
            Self::Mismatch { .. } => "The Signature you specified is invalid.",
            Self::LookupFailed => "We encountered an internal error. Please try again.",
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        match self {
            Self::Expired { now } => Some(Evidence::ServerTime(iso8601(*now))),
            Self::Mismatch { string_to_sign, format_string } => Some(Evidence::Signed {
                string_to_sign: string_to_sign.clone(),
                format_string: format_string.clone(),
            }),
            _ => None,
        }
    }
}

pub(crate) fn of_claim(error: &ClaimError, now: i64) -> Refusal {
    match error {
        ClaimError::SeveralSignatures { .. } => Refusal::SeveralSignatures,
        ClaimError::Field(FieldError::Time { .. }) => Refusal::Expired { now },
        _ => Refusal::Denied,
    }
}

pub(crate) fn of_signature(
    error: &cospass_sign::Refusal,
    claim: &Claim<'_>,
    head: &RequestHead<'_>,
    now: i64,
) -> Refusal {
    use cospass_sign::Refusal as Why;
    match error {
        // As the C++ SDK's `async_op_test` has it.
        Why::UnknownSecretId if claim.secret_id().contains(' ') => Refusal::Denied,
        Why::UnknownSecretId if !is_secret_id(claim.secret_id()) => Refusal::SecretIdFormat,
        Why::UnknownSecretId | Why::TokenMissing | Why::TokenDiffers => Refusal::UnknownSecretId,
        Why::Expired { .. } => Refusal::Expired { now },
        Why::NotYetValid { .. } => Refusal::NotYetValid,
        Why::HeaderMissing { .. }
        | Why::ParamMissing { .. }
        | Why::SignatureMismatch
        | Why::NotCanonical { .. } => {
            let view = claim.canonical_view(head);
            Refusal::Mismatch {
                string_to_sign: view.string_to_sign().to_owned(),
                format_string: String::from_utf8_lossy(view.format_string()).into_owned(),
            }
        }
    }
}

/// Whether a text has the form of a SecretId; those of temporary keys have `-` and `_`, too.
fn is_secret_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The answer to a refused request: an error document, without body to a HEAD.
pub(crate) fn answer(refusal: &Refusal, parts: &Parts, now: i64) -> Response<Full<Bytes>> {
    let code = refusal.code();
    let id = request_id(now);
    let document = ErrorDocument {
        code: code.to_string(),
        message: refusal.message().to_owned(),
        evidence: refusal.evidence(),
        resource: shown_resource(parts),
        request_id: id.clone(),
        trace_id: id.clone(),
    };
    let body = if parts.method == Method::HEAD { String::new() } else { document.write() };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() =
        StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    for name in ["x-cos-request-id", "x-cos-trace-id"] {
        if let Ok(id) = HeaderValue::try_from(id.as_str()) {
            headers.insert(HeaderName::from_static(name), id);
        }
    }
    response
}

/// Tells this process's refusals apart: SDKs take an answer without an id for that of another server.
fn request_id(now: i64) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{now:x}_{:08x}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// `host/key` as errors show it, never empty.
fn shown_resource(parts: &Parts) -> String {
    let header = parts.headers.get(HOST).map(|host| host.as_bytes());
    let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
    let host = String::from_utf8_lossy(header.or(authority).unwrap_or_default());
    let path = percent::decode(parts.uri.path().as_bytes());
    let path = String::from_utf8_lossy(&path).replace(' ', "+");
    match (host.is_empty(), path.as_str()) {
        (false, "/") => host.into_owned(),
        (true, "") => "/".to_owned(),
        (_, path) => format!("{host}{path}"),
    }
}
