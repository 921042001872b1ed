//! Encryption by the service with keys of its own, SSE-COS (436/18145).

use super::parts::{Headers, Pair, pair};
use super::{DecodeError, Unserved, invalid};

const ALGORITHM: &str = "x-cos-server-side-encryption";

/// The one algorithm.
pub(super) const AES256: &str = "AES256";

/// How the service is asked to encrypt an object with a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServerSideEncryption {
    /// `AES256`
    Aes256,
}

impl ServerSideEncryption {
    /// Its value in headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aes256 => AES256,
        }
    }

    /// Reads it. Keys of the key management service (`cos/kms`) are refused by name: there is no such service here.
    pub(super) fn decode(headers: Headers<'_, '_>) -> Result<Option<Self>, DecodeError> {
        match headers.text(ALGORITHM)?.as_deref() {
            None => Ok(None),
            Some(AES256) => Ok(Some(Self::Aes256)),
            Some("cos/kms") => {
                Err(DecodeError::Unserved(Unserved::Header(format!("{ALGORITHM}: cos/kms"))))
            }
            Some(other) => Err(invalid(ALGORITHM, other)),
        }
    }

    pub(super) fn header(self) -> Pair<'static> {
        pair(ALGORITHM, self.as_str())
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
}
