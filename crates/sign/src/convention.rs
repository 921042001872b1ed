//! The ways in which official SDKs leave the canonical rule, each with a name.

use std::fmt;

/// One way in which an official SDK's signature differs from the canonical rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Deviation {
    /// The lists are sorted by the raw lower-case name: Node, browser and mini-program SDKs
    /// (`util.js`), C (`cos_auth.c`), iOS.
    RawKeyOrder,
    /// Names enter as `enc(lower(name))`, hex digits in upper case: iOS
    /// (`QCloudAuthentationV5Creator.m`).
    UpperHexNames,
    /// Names enter as they are: requests of the .NET SDK (`IQCloudSigner.cs`).
    UnencodedNames,
    /// An entry of a list stands unencoded (`a/b` for `a%2fb`): Node's synchronous URL, Android, iOS.
    DecodedList,
    /// `+` in the query is a plus sign: C++, raw tokens of PHP and Node.
    LiteralPlus,
    /// The host was signed in lower case: Python (`cos_auth.py`, `urlparse().hostname`).
    LowerCaseHost,
    /// The host was signed in lower case and without its port: Python, iOS, Android's `setHost`.
    HostWithoutPort,
    /// A name listed several times, its values sorted: Go (`auth.go`).
    DuplicatesSorted,
    /// A name listed once, all its values signed: Android.
    EveryDuplicate,
    /// Of several values the first was signed: iOS.
    FirstDuplicate,
    /// A name listed or sent several times, its last value signed as often: .NET (`host;host`),
    /// Android.
    RepeatedName,
    /// The path was signed as it stands, escapes and all: .NET `GenerateSignURL` with a key that was
    /// encoded before.
    EncodedPath,
    /// `+` in the path was signed as a space: Android.
    PathPlusAsSpace,
    /// The root path was signed as no path at all: Go `GetPresignedURL3`.
    EmptyPath,
    /// White space around a header value was dropped: Android, PHP.
    TrimmedHeader,
    /// `content-length` is listed and absent, which counts as `0`: .NET, iOS, Android.
    AbsentContentLength,
    /// `x-cos-security-token` is listed as a header and stands in the query: iOS.
    TokenFromQuery,
    /// A time has a fraction: Python, when it is given a fractional expiry.
    FractionalTime,
}

impl Deviation {
    const ALL: [Self; 18] = [
        Self::RawKeyOrder,
        Self::UpperHexNames,
        Self::UnencodedNames,
        Self::DecodedList,
        Self::LiteralPlus,
        Self::LowerCaseHost,
        Self::HostWithoutPort,
        Self::DuplicatesSorted,
        Self::EveryDuplicate,
        Self::FirstDuplicate,
        Self::RepeatedName,
        Self::EncodedPath,
        Self::PathPlusAsSpace,
        Self::EmptyPath,
        Self::TrimmedHeader,
        Self::AbsentContentLength,
        Self::TokenFromQuery,
        Self::FractionalTime,
    ];

    /// The stable name, as it stands in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RawKeyOrder => "raw key order",
            Self::UpperHexNames => "upper-case hex in names",
            Self::UnencodedNames => "unencoded names",
            Self::DecodedList => "decoded list entry",
            Self::LiteralPlus => "literal plus",
            Self::LowerCaseHost => "host in lower case",
            Self::HostWithoutPort => "host without port",
            Self::DuplicatesSorted => "duplicates sorted by value",
            Self::EveryDuplicate => "every duplicate signed",
            Self::FirstDuplicate => "first duplicate signed",
            Self::RepeatedName => "repeated name",
            Self::EncodedPath => "encoded path",
            Self::PathPlusAsSpace => "plus in the path as a space",
            Self::EmptyPath => "empty path",
            Self::TrimmedHeader => "trimmed header value",
            Self::AbsentContentLength => "absent content-length as 0",
            Self::TokenFromQuery => "token header taken from the query",
            Self::FractionalTime => "fractional time",
        }
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The convention by which a signature holds: the canonical rule, or the deviations it needs.
///
/// It prints as `canonical`, or as the names of the deviations joined by `, `.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Convention(u32);

impl Convention {
    /// The canonical rule.
    pub const CANONICAL: Self = Self(0);

    /// Whether this is the canonical rule, without a deviation.
    pub const fn is_canonical(self) -> bool {
        self.0 == 0
    }

    /// The deviations.
    pub fn deviations(self) -> impl Iterator<Item = Deviation> {
        Deviation::ALL.into_iter().filter(move |deviation| self.contains(*deviation))
    }

    /// Whether this convention needs that deviation.
    pub const fn contains(self, deviation: Deviation) -> bool {
        self.0 & (1 << deviation as u8) != 0
    }

    pub(crate) const fn with(self, deviation: Deviation) -> Self {
        Self(self.0 | 1 << deviation as u8)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl fmt::Display for Convention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_canonical() {
            return f.write_str("canonical");
        }
        for (position, deviation) in self.deviations().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            f.write_str(deviation.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Convention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Convention({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_convention_prints_its_deviations() {
        assert_eq!(Convention::CANONICAL.to_string(), "canonical");
        let both = Convention::default().with(Deviation::LiteralPlus).with(Deviation::RawKeyOrder);
        assert_eq!(both.to_string(), "raw key order, literal plus");
        assert_eq!(both.count(), 2);
    }

    #[test]
    fn every_deviation_is_listed_under_its_own_number() {
        for (position, deviation) in Deviation::ALL.into_iter().enumerate() {
            assert_eq!(deviation as usize, position);
        }
    }
}
