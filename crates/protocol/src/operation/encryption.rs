//! Encryption by the service: with a key of its own, SSE-COS, or with one that each request brings along, SSE-C
//! (436/18145, 436/7728).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::parts::{Headers, Pair, pair};
use super::{DecodeError, Unserved, invalid};

const ALGORITHM: &str = "x-cos-server-side-encryption";

/// The one algorithm.
const AES256: &str = "AES256";

/// How the service is asked to encrypt an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerSideEncryption {
    /// SSE-COS: `AES256` with a key of the service.
    Aes256,
    /// SSE-C: with this key.
    Customer(CustomerKey),
}

impl ServerSideEncryption {
    /// The value of `x-cos-server-side-encryption` for SSE-COS, and of the algorithm for SSE-C.
    pub const ALGORITHM: &str = AES256;

    /// Reads it. Keys of the key management service (`cos/kms`) are refused by name: there is no such service here.
    pub(super) fn decode(headers: Headers<'_, '_>) -> Result<Option<Self>, DecodeError> {
        let by_service = match headers.text(ALGORITHM)?.as_deref() {
            None => None,
            Some(AES256) => Some(Self::Aes256),
            Some("cos/kms") => {
                return Err(DecodeError::Unserved(Unserved::Header(format!(
                    "{ALGORITHM}: cos/kms"
                ))));
            }
            Some(other) => return Err(invalid(ALGORITHM, other)),
        };
        match (by_service, CustomerKey::decode(headers)?) {
            (Some(_), Some(_)) => Err(invalid(ALGORITHM, "beside a key of the customer")),
            (by_service, key) => Ok(by_service.or(key.map(Self::Customer))),
        }
    }

    pub(super) fn headers(&self) -> Vec<Pair<'static>> {
        match self {
            Self::Aes256 => vec![pair(ALGORITHM, AES256)],
            Self::Customer(key) => key.headers(),
        }
    }

    /// The key of the customer, if it is to be used.
    pub fn customer_key(&self) -> Option<&CustomerKey> {
        match self {
            Self::Aes256 => None,
            Self::Customer(key) => Some(key),
        }
    }
}

/// The headers of a key: algorithm, key, MD5 of the key.
type Names = [&'static str; 3];

const OF_OBJECT: Names = [
    "x-cos-server-side-encryption-customer-algorithm",
    "x-cos-server-side-encryption-customer-key",
    "x-cos-server-side-encryption-customer-key-MD5",
];

const OF_SOURCE: Names = [
    "x-cos-copy-source-server-side-encryption-customer-algorithm",
    "x-cos-copy-source-server-side-encryption-customer-key",
    "x-cos-copy-source-server-side-encryption-customer-key-MD5",
];

/// A key of the customer, 256 bits, and its MD5 as it was sent. Wiped when dropped; cannot be printed.
#[derive(Clone)]
pub struct CustomerKey {
    key: Zeroizing<[u8; 32]>,
    md5: [u8; 16],
}

impl CustomerKey {
    /// A key, and what its MD5 is said to be.
    pub fn new(key: [u8; 32], md5: [u8; 16]) -> Self {
        Self { key: Zeroizing::new(key), md5 }
    }

    /// The bytes, for those who encrypt.
    pub fn expose(&self) -> &[u8; 32] {
        &self.key
    }

    /// What its MD5 is said to be. That it is one must be checked.
    pub fn md5(&self) -> [u8; 16] {
        self.md5
    }

    /// Reads the key of an object: all three headers or none.
    pub(super) fn decode(headers: Headers<'_, '_>) -> Result<Option<Self>, DecodeError> {
        Self::decode_as(OF_OBJECT, headers)
    }

    /// Reads the key of what is copied.
    pub(super) fn decode_of_source(headers: Headers<'_, '_>) -> Result<Option<Self>, DecodeError> {
        Self::decode_as(OF_SOURCE, headers)
    }

    /// No value is shown in a refusal: any of them may be the key.
    fn decode_as(names: Names, headers: Headers<'_, '_>) -> Result<Option<Self>, DecodeError> {
        let [algorithm_name, key_name, md5_name] = names;
        let [algorithm, key, md5] = names.map(|name| headers.once(name).map_err(|_| hidden(name)));
        let (algorithm, key, md5) = (algorithm?, key?, md5?);
        if algorithm.is_none() && key.is_none() && md5.is_none() {
            return Ok(None);
        }
        if algorithm != Some(AES256.as_bytes()) {
            return Err(hidden(algorithm_name));
        }
        let decoded = Zeroizing::new(STANDARD.decode(key.unwrap_or_default()).unwrap_or_default());
        let key = <[u8; 32]>::try_from(decoded.as_slice()).map_err(|_| hidden(key_name))?;
        let md5 = STANDARD.decode(md5.unwrap_or_default()).unwrap_or_default();
        let md5 = md5.try_into().map_err(|_| hidden(md5_name))?;
        Ok(Some(Self::new(key, md5)))
    }

    pub(super) fn headers(&self) -> Vec<Pair<'static>> {
        self.headers_as(OF_OBJECT)
    }

    pub(super) fn headers_of_source(&self) -> Vec<Pair<'static>> {
        self.headers_as(OF_SOURCE)
    }

    fn headers_as(&self, [algorithm, key, md5]: Names) -> Vec<Pair<'static>> {
        vec![
            pair(algorithm, AES256),
            pair(key, STANDARD.encode(self.expose())),
            pair(md5, STANDARD.encode(self.md5)),
        ]
    }
}

fn hidden(name: &'static str) -> DecodeError {
    invalid(name, "…")
}

impl PartialEq for CustomerKey {
    fn eq(&self, other: &Self) -> bool {
        let same = self.key.ct_eq(&*other.key) & self.md5.ct_eq(&other.md5);
        same.into()
    }
}

impl Eq for CustomerKey {}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_algorithm_is_served() {
        let read =
            |value: &'static str| ServerSideEncryption::decode(Headers(&[pair(ALGORITHM, value)]));
        assert_eq!(read("AES256"), Ok(Some(ServerSideEncryption::Aes256)));
        assert!(matches!(read("cos/kms"), Err(DecodeError::Unserved(_))));
        for value in ["aes256", "", "AES128"] {
            assert_eq!(read(value), Err(invalid(ALGORITHM, value)));
        }
    }

    #[test]
    fn a_key_is_read_and_cannot_be_printed() {
        let key = CustomerKey::new([7; 32], [8; 16]);
        for (headers, read) in [
            (key.headers(), CustomerKey::decode as fn(Headers<'_, '_>) -> _),
            (key.headers_of_source(), CustomerKey::decode_of_source),
        ] {
            assert_eq!(read(Headers(&headers)), Ok(Some(key.clone())));
        }
        assert_eq!(
            format!("{:?}", ServerSideEncryption::Customer(key)),
            "Customer(CustomerKey(..))"
        );
        assert_ne!(CustomerKey::new([7; 32], [8; 16]), CustomerKey::new([6; 32], [8; 16]));
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        let key = CustomerKey::new([7; 32], [8; 16]).headers();
        for changed in 0..3 {
            for value in ["", "c2hvcnQ=", "not base64"] {
                let mut headers = key.clone();
                headers[changed].1 = value.as_bytes().into();
                assert_eq!(CustomerKey::decode(Headers(&headers)), Err(hidden(OF_OBJECT[changed])));
            }
            let mut headers = key.clone();
            headers.remove(changed);
            assert_eq!(CustomerKey::decode(Headers(&headers)), Err(hidden(OF_OBJECT[changed])));
        }
        let both = [key, vec![pair(ALGORITHM, AES256)]].concat();
        assert!(ServerSideEncryption::decode(Headers(&both)).is_err());
    }
}
