//! Values of headers and parameters that several operations share.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::parts::{Pair, pair};

/// A limit on the speed of one transfer, `x-cos-traffic-limit` (436/40140).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrafficLimit(u32);

impl TrafficLimit {
    /// The slowest limit that the service accepts, bits a second (100 KB/s).
    pub const MIN: u32 = 819_200;
    /// The fastest limit that the service accepts, bits a second (100 MB/s).
    pub const MAX: u32 = 838_860_800;

    /// A limit in bits a second; `None` outside [`MIN`](Self::MIN) to [`MAX`](Self::MAX).
    pub fn new(bits_per_second: u32) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&bits_per_second).then_some(Self(bits_per_second))
    }

    /// The limit in bits a second, as it stands in the header.
    pub const fn bits_per_second(self) -> u32 {
        self.0
    }

    /// The limit in bytes a second.
    pub const fn bytes_per_second(self) -> u32 {
        self.0 / 8
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().and_then(Self::new)
    }
}

/// The storage class of an object, `x-cos-storage-class` (436/33417).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StorageClass {
    /// `STANDARD`, if nothing else is said.
    #[default]
    Standard,
    /// `STANDARD_IA`
    StandardIa,
    /// `INTELLIGENT_TIERING`
    IntelligentTiering,
    /// `COLD`
    Cold,
    /// `ARCHIVE`; must be restored before it can be read.
    Archive,
    /// `DEEP_ARCHIVE`; must be restored before it can be read.
    DeepArchive,
    /// `MAZ_STANDARD`
    MazStandard,
    /// `MAZ_STANDARD_IA`
    MazStandardIa,
    /// `MAZ_INTELLIGENT_TIERING`
    MazIntelligentTiering,
    /// `MAZ_COLD`
    MazCold,
    /// `MAZ_ARCHIVE`; must be restored before it can be read.
    MazArchive,
    /// `MAZ_DEEP_ARCHIVE`, which the Java SDK knows; must be restored before it can be read.
    MazDeepArchive,
}

impl StorageClass {
    /// Every class.
    pub const ALL: [Self; 12] = [
        Self::Standard,
        Self::StandardIa,
        Self::IntelligentTiering,
        Self::Cold,
        Self::Archive,
        Self::DeepArchive,
        Self::MazStandard,
        Self::MazStandardIa,
        Self::MazIntelligentTiering,
        Self::MazCold,
        Self::MazArchive,
        Self::MazDeepArchive,
    ];

    /// Its name in headers and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::StandardIa => "STANDARD_IA",
            Self::IntelligentTiering => "INTELLIGENT_TIERING",
            Self::Cold => "COLD",
            Self::Archive => "ARCHIVE",
            Self::DeepArchive => "DEEP_ARCHIVE",
            Self::MazStandard => "MAZ_STANDARD",
            Self::MazStandardIa => "MAZ_STANDARD_IA",
            Self::MazIntelligentTiering => "MAZ_INTELLIGENT_TIERING",
            Self::MazCold => "MAZ_COLD",
            Self::MazArchive => "MAZ_ARCHIVE",
            Self::MazDeepArchive => "MAZ_DEEP_ARCHIVE",
        }
    }

    /// The header that names it; none for the default.
    pub(super) fn header(self) -> Option<Pair<'static>> {
        (self != Self::default()).then(|| pair("x-cos-storage-class", self.as_str()))
    }

    /// Where an object of intelligent tiering is kept (436/38314): with what is read often, since how often that is, is not
    /// counted. None of another class.
    pub const fn tier(self) -> Option<&'static str> {
        match self {
            Self::IntelligentTiering => Some("FREQUENT"),
            _ => None,
        }
    }

    /// Whether an object of this class can be read without being restored first.
    pub const fn is_readable(self) -> bool {
        use StorageClass::{Archive, DeepArchive, MazArchive, MazDeepArchive};
        !matches!(self, Archive | DeepArchive | MazArchive | MazDeepArchive)
    }
}

/// The text is not the name of a storage class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownStorageClass;

impl fmt::Display for UnknownStorageClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a storage class, such as STANDARD or STANDARD_IA")
    }
}

impl std::error::Error for UnknownStorageClass {}

impl FromStr for StorageClass {
    type Err = UnknownStorageClass;

    /// In any case: the Java SDK sends `Standard_IA`.
    fn from_str(text: &str) -> Result<Self, UnknownStorageClass> {
        let same = |class: &Self| class.as_str().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(same).ok_or(UnknownStorageClass)
    }
}

/// The MD5 of a body, as `Content-MD5` carries it: 16 bytes in base64 (RFC 1864).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentMd5(pub [u8; 16]);

impl ContentMd5 {
    pub(super) fn header(self) -> Pair<'static> {
        pair("Content-MD5", self.to_string())
    }

    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        STANDARD.decode(value).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for ContentMd5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_has_bounds() {
        for (text, limit) in [
            ("819200", Some(819_200)),
            ("838860800", Some(838_860_800)),
            ("819199", None),
            ("838860801", None),
            ("", None),
            ("+819200", None),
            ("1e6", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(
                TrafficLimit::parse(text).map(TrafficLimit::bits_per_second),
                limit,
                "{text}"
            );
        }
        assert_eq!(TrafficLimit::new(819_200).unwrap().bytes_per_second(), 102_400);
    }

    #[test]
    fn classes_print_and_parse() {
        for class in StorageClass::ALL {
            assert_eq!(class.as_str().parse(), Ok(class));
        }
        assert_eq!("Standard_IA".parse(), Ok(StorageClass::StandardIa));
        assert_eq!("STANDARDS".parse::<StorageClass>(), Err(UnknownStorageClass));
    }

    #[test]
    fn md5_prints_and_parses() {
        let md5 = ContentMd5::parse(b"7o3pGNBWQBRbGPcPTDqmAg==").unwrap();
        assert_eq!(md5.to_string(), "7o3pGNBWQBRbGPcPTDqmAg==");
        for text in ["", "string", "7o3pGNBWQBRbGPcPTDqm", "ee8de918d05640145b18f70f4c3aa602"] {
            assert_eq!(ContentMd5::parse(text.as_bytes()), None, "{text}");
        }
    }
}
