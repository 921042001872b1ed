//! How the metadata writes words of the protocol: what most objects have takes a byte or two, since how long a row is tells how
//! many of them are read at once. The numbers are those of the format (`metadata.rs`), whatever order the protocol has.

use std::fmt;

use cospass_protocol::operation::{CannedAcl, StorageClass};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A module for `#[serde(with)]` that writes a word as one byte.
macro_rules! as_byte {
    ($module:ident, $word:ident, { $($number:literal: $variant:ident),+ $(,)? }) => {
        pub(super) mod $module {
            use super::*;

            pub(in crate::store) fn serialize<S: Serializer>(
                word: &$word,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.serialize_u8(match word {
                    $($word::$variant => $number),+
                })
            }

            pub(in crate::store) fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<$word, D::Error> {
                match u8::deserialize(deserializer)? {
                    $($number => Ok($word::$variant),)+
                    other => {
                        let word = stringify!($word);
                        Err(D::Error::custom(format_args!("{other} stands for no {word}")))
                    }
                }
            }
        }
    };
}

as_byte!(class, StorageClass, {
    0: Standard,
    1: StandardIa,
    2: IntelligentTiering,
    3: Cold,
    4: Archive,
    5: DeepArchive,
    6: MazStandard,
    7: MazStandardIa,
    8: MazIntelligentTiering,
    9: MazCold,
    10: MazArchive,
    11: MazDeepArchive,
});

as_byte!(canned, CannedAcl, {
    0: Default,
    1: Private,
    2: PublicRead,
    3: PublicReadWrite,
    4: AuthenticatedRead,
    5: BucketOwnerRead,
    6: BucketOwnerFullControl,
});

/// Headers, names and values, for `#[serde(with)]`.
pub(super) mod headers {
    use super::*;

    pub(in crate::store) fn serialize<S: Serializer>(
        headers: &[(String, Vec<u8>)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(headers.iter().map(|(name, value)| Header::of(name, value)))
    }

    pub(in crate::store) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, Vec<u8>)>, D::Error> {
        deserializer.deserialize_seq(Headers)
    }
}

/// One header: the names that objects have as a rule stand for themselves.
#[derive(Serialize, Deserialize)]
enum Header<'a> {
    Other(&'a str, &'a [u8]),
    /// What an object has whose type nothing tells.
    OctetStream,
    ContentType(&'a [u8]),
    CacheControl(&'a [u8]),
    ContentDisposition(&'a [u8]),
    ContentEncoding(&'a [u8]),
    ContentLanguage(&'a [u8]),
    Expires(&'a [u8]),
    /// The name without [`METADATA`].
    Metadata(&'a str, &'a [u8]),
}

const METADATA: &str = "x-cos-meta-";
const OCTET_STREAM: &[u8] = b"application/octet-stream";

impl<'a> Header<'a> {
    fn of(name: &'a str, value: &'a [u8]) -> Self {
        match (name, name.strip_prefix(METADATA)) {
            ("Content-Type", _) if value == OCTET_STREAM => Self::OctetStream,
            ("Content-Type", _) => Self::ContentType(value),
            ("Cache-Control", _) => Self::CacheControl(value),
            ("Content-Disposition", _) => Self::ContentDisposition(value),
            ("Content-Encoding", _) => Self::ContentEncoding(value),
            ("Content-Language", _) => Self::ContentLanguage(value),
            ("Expires", _) => Self::Expires(value),
            (_, Some(name)) => Self::Metadata(name, value),
            (name, None) => Self::Other(name, value),
        }
    }

    fn pair(self) -> (String, Vec<u8>) {
        let (name, value) = match self {
            Self::Other(name, value) => (name, value),
            Self::OctetStream => ("Content-Type", OCTET_STREAM),
            Self::ContentType(value) => ("Content-Type", value),
            Self::CacheControl(value) => ("Cache-Control", value),
            Self::ContentDisposition(value) => ("Content-Disposition", value),
            Self::ContentEncoding(value) => ("Content-Encoding", value),
            Self::ContentLanguage(value) => ("Content-Language", value),
            Self::Expires(value) => ("Expires", value),
            Self::Metadata(name, value) => return ([METADATA, name].concat(), value.to_vec()),
        };
        (name.to_owned(), value.to_vec())
    }
}

struct Headers;

impl<'de> Visitor<'de> for Headers {
    type Value = Vec<(String, Vec<u8>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<Self::Value, A::Error> {
        let mut headers = Vec::new();
        while let Some(header) = records.next_element::<Header<'de>>()? {
            headers.push(header.pair());
        }
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Class(#[serde(with = "class")] StorageClass);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Canned(#[serde(with = "canned")] CannedAcl);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Pairs(#[serde(with = "headers")] Vec<(String, Vec<u8>)>);

    #[test]
    fn every_class_is_the_byte_that_it_was() {
        for (number, class) in (0..).zip(StorageClass::ALL) {
            assert_eq!(postcard::to_stdvec(&Class(class)), Ok(vec![number]));
            assert_eq!(postcard::from_bytes(&[number]), Ok(Class(class)));
        }
        assert!(postcard::from_bytes::<Class>(&[StorageClass::ALL.len() as u8]).is_err());
    }

    #[test]
    fn every_canned_list_is_the_byte_that_it_was() {
        let names = [
            "default",
            "private",
            "public-read",
            "public-read-write",
            "authenticated-read",
            "bucket-owner-read",
            "bucket-owner-full-control",
        ];
        for (number, name) in (0..).zip(names) {
            let canned = Canned(CannedAcl::from_name(name).unwrap());
            assert_eq!(postcard::to_stdvec(&canned), Ok(vec![number]));
            assert_eq!(postcard::from_bytes(&[number]), Ok(canned));
        }
        assert!(postcard::from_bytes::<Canned>(&[names.len() as u8]).is_err());
    }

    #[test]
    fn headers_come_back_as_they_were_spelled() {
        let pairs = [
            ("Content-Type", "application/octet-stream"),
            ("Content-Type", "image/png"),
            ("Cache-Control", "no-cache"),
            ("Content-Disposition", "inline"),
            ("Content-Encoding", "gzip"),
            ("Content-Language", "zh"),
            ("Expires", "0"),
            ("x-cos-meta-", ""),
            ("x-cos-meta-color", "red"),
            ("X-Cos-Meta-Color", "red"),
            ("content-type", "application/octet-stream"),
            ("Website", "\u{9875}"),
        ];
        let headers = Pairs(pairs.map(|(name, value)| (name.to_owned(), value.into())).to_vec());
        let stored = postcard::to_stdvec(&headers).unwrap();
        assert_eq!(postcard::from_bytes(&stored), Ok(headers));
        for cut in 0..stored.len() {
            assert!(postcard::from_bytes::<Pairs>(&stored[..cut]).is_err(), "{cut}");
        }
        assert!(postcard::from_bytes::<Pairs>(&[1, 9]).is_err(), "there is no such header");
    }

    #[test]
    fn what_most_objects_have_is_short() {
        let usual = Pairs(vec![("Content-Type".to_owned(), OCTET_STREAM.to_vec())]);
        assert_eq!(postcard::to_stdvec(&usual), Ok(vec![1, 1]));
    }
}
