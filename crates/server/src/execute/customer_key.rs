//! Keys that requests bring along, SSE-C: whether one is what it says, and the one that an object is encrypted with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cospass_protocol::operation::{CustomerKey, ServerSideEncryption};
use http::header::{HeaderName, HeaderValue};
use md5_stream::Md5;

use crate::refusal::{Cause, Refusal};
use crate::reply::Reply;
use crate::store::Encryption;

const ALGORITHM: HeaderName =
    HeaderName::from_static("x-cos-server-side-encryption-customer-algorithm");
const KEY_MD5: HeaderName =
    HeaderName::from_static("x-cos-server-side-encryption-customer-key-md5");

/// Refuses a key whose MD5 is not the one that came along: it was changed on its way.
pub(super) fn check(key: Option<&CustomerKey>) -> Result<(), Refusal> {
    match key {
        Some(key) if key.md5() != Md5::digest(key.expose()) => Err(Cause::CustomerKeyMd5.into()),
        _ => Ok(()),
    }
}

/// Refuses whoever does not have the key of what is encrypted with one, or has one for what is not. The codes are those
/// of S3, where the service's own are not known.
pub(super) fn unlock(encryption: Encryption, key: Option<&CustomerKey>) -> Result<(), Refusal> {
    check(key)?;
    match (encryption, key) {
        (Encryption::Customer(check), Some(key)) if check.matches(key) => Ok(()),
        (Encryption::Customer(_), Some(_)) => Err(Cause::WrongCustomerKey.into()),
        (Encryption::Customer(_), None) => Err(Cause::CustomerKeyMissing.into()),
        (Encryption::None | Encryption::Cos, Some(_)) => Err(Cause::CustomerKeyUnused.into()),
        (Encryption::None | Encryption::Cos, None) => Ok(()),
    }
}

/// Adds that an object is encrypted with a key of the customer, where the request does not bring it along: cos-python-sdk-v5
/// `ut/test.py` (`test_sse_c_file`) wants it of the end of an upload in parts.
pub(super) fn with_algorithm(reply: Reply, encryption: Encryption) -> Reply {
    match encryption {
        Encryption::Customer(_) => {
            reply.header(ALGORITHM, HeaderValue::from_static(ServerSideEncryption::ALGORITHM))
        }
        Encryption::None | Encryption::Cos => reply,
    }
}

/// Adds which key an object is encrypted with.
pub(super) fn with_key(mut reply: Reply, key: Option<&CustomerKey>) -> Reply {
    if let Some(key) = key {
        let algorithm = HeaderValue::from_static(ServerSideEncryption::ALGORITHM);
        reply = reply.header(ALGORITHM, algorithm).header(KEY_MD5, STANDARD.encode(key.md5()));
    }
    reply
}
