//! Bucket names, `NAME-APPID` (document 436/13312 "Bucket overview").
//!
//! The whole name is one DNS label, because it stands before the endpoint in the host: lower-case letters, digits and
//! `-`, at most 63 bytes. The APPID is the account's number and belongs to the name.

use std::error::Error;
use std::fmt;

/// The longest NAME before `-APPID`, in bytes.
const NAME_MAX: usize = 50;

/// The longest DNS label (RFC 1035 §2.3.4), in bytes.
const LABEL_MAX: usize = 63;

/// A bucket's whole name, for example `examplebucket-1250000000`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket {
    full: String,
    /// Where the `-` before the APPID stands.
    hyphen: usize,
}

impl Bucket {
    /// Checks and keeps a whole bucket name, `NAME-APPID`.
    ///
    /// # Errors
    /// One [`BucketError`] for each rule that the name breaks; the first broken rule is told.
    pub fn new(full: impl Into<String>) -> Result<Self, BucketError> {
        let full = full.into();
        check_characters(&full)?;
        let Some((name, appid)) = full.rsplit_once('-') else {
            return Err(BucketError::AppIdMissing { value: full });
        };
        if name.is_empty() {
            return Err(BucketError::NameMissing { value: full });
        }
        if appid.is_empty() || name.starts_with('-') || name.ends_with('-') {
            return Err(BucketError::HyphenAtEdge { value: full });
        }
        if !appid.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BucketError::AppIdMissing { value: full });
        }
        if name.len() > NAME_MAX {
            return Err(BucketError::NameTooLong { length: name.len(), value: full });
        }
        if full.len() > LABEL_MAX {
            return Err(BucketError::LabelTooLong { length: full.len(), value: full });
        }
        let hyphen = name.len();
        Ok(Bucket { full, hyphen })
    }

    /// The whole name, as it stands in the host.
    pub fn as_str(&self) -> &str {
        &self.full
    }

    /// The part that the owner chose, before `-APPID`.
    pub fn name(&self) -> &str {
        self.full.split_at(self.hyphen).0
    }

    /// The account's number, digits only.
    pub fn appid(&self) -> &str {
        self.full.split_at(self.hyphen + 1).1
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

fn check_characters(full: &str) -> Result<(), BucketError> {
    if full.is_empty() {
        return Err(BucketError::Empty);
    }
    let value = || full.to_owned();
    for found in full.chars() {
        match found {
            'a'..='z' | '0'..='9' | '-' => {}
            'A'..='Z' => return Err(BucketError::UpperCase { value: value() }),
            found if found.is_whitespace() => {
                return Err(BucketError::WhiteSpace { value: value() });
            }
            found => {
                return Err(BucketError::Character { value: value(), found });
            }
        }
    }
    Ok(())
}

/// Why a text is not a bucket's name. Each variant carries the text as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BucketError {
    /// The name is empty.
    Empty,
    /// A space, tab or line end stands in or around the name.
    WhiteSpace {
        /// The text as given.
        value: String,
    },
    /// The name has upper-case letters; hosts are lower case.
    UpperCase {
        /// The text as given.
        value: String,
    },
    /// A character other than `a-z`, `0-9` and `-`.
    Character {
        /// The text as given.
        value: String,
        /// The first such character.
        found: char,
    },
    /// The name begins or ends with `-`, or `-` stands twice before the APPID.
    HyphenAtEdge {
        /// The text as given.
        value: String,
    },
    /// The name does not end in `-` and digits: the short name without the APPID.
    AppIdMissing {
        /// The text as given.
        value: String,
    },
    /// Nothing stands before `-APPID`.
    NameMissing {
        /// The text as given.
        value: String,
    },
    /// The part before `-APPID` is longer than 50 bytes.
    NameTooLong {
        /// The text as given.
        value: String,
        /// The length of that part, in bytes.
        length: usize,
    },
    /// The whole name is longer than a DNS label, 63 bytes.
    LabelTooLong {
        /// The text as given.
        value: String,
        /// The length of the whole, in bytes.
        length: usize,
    },
}

impl BucketError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Empty => "bucket-empty",
            Self::WhiteSpace { .. } => "bucket-white-space",
            Self::UpperCase { .. } => "bucket-upper-case",
            Self::Character { .. } => "bucket-character",
            Self::HyphenAtEdge { .. } => "bucket-hyphen-at-edge",
            Self::AppIdMissing { .. } => "bucket-appid-missing",
            Self::NameMissing { .. } => "bucket-name-missing",
            Self::NameTooLong { .. } => "bucket-name-too-long",
            Self::LabelTooLong { .. } => "bucket-label-too-long",
        }
    }
}

impl fmt::Display for BucketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the bucket is empty; give its whole name, NAME-APPID"),
            Self::WhiteSpace { value } => {
                write!(f, "bucket {value:?} has white space in or around it; remove it")
            }
            Self::UpperCase { value } => write!(
                f,
                "bucket {value:?} has upper-case letters; bucket names are lower case, as in the console"
            ),
            Self::Character { value, found } => write!(
                f,
                "bucket {value:?} has the character {found:?}; only a-z, 0-9 and - are allowed, and no scheme, domain or key"
            ),
            Self::HyphenAtEdge { value } => write!(
                f,
                "bucket {value:?} has a - at its beginning, its end or before another - of the APPID; remove it"
            ),
            Self::AppIdMissing { value } => write!(
                f,
                "bucket {value:?} has no APPID; give the whole name, for example {value}-1250000000"
            ),
            Self::NameMissing { value } => {
                write!(f, "bucket {value:?} has no name before the APPID; give NAME-APPID")
            }
            Self::NameTooLong { value, length } => write!(
                f,
                "bucket {value:?} has a name of {length} bytes before the APPID; at most {NAME_MAX} are allowed"
            ),
            Self::LabelTooLong { value, length } => write!(
                f,
                "bucket {value:?} is {length} bytes long; a host name label has at most {LABEL_MAX}"
            ),
        }
    }
}

impl Error for BucketError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(value: &str) -> BucketError {
        let refusal = Bucket::new(value).unwrap_err();
        assert!(value.is_empty() || refusal.to_string().contains(&format!("{value:?}")));
        refusal
    }

    #[test]
    fn a_whole_name_is_accepted_and_taken_apart() {
        let bucket = Bucket::new("example-bucket-1250000000").unwrap();
        assert_eq!(bucket.as_str(), "example-bucket-1250000000");
        assert_eq!(bucket.name(), "example-bucket");
        assert_eq!(bucket.appid(), "1250000000");
        assert_eq!(bucket.to_string(), bucket.as_str());
    }

    #[test]
    fn the_shortest_and_the_longest_names_are_accepted() {
        assert_eq!(Bucket::new("a-1").unwrap().name(), "a");
        let longest = format!("{}-{}", "a".repeat(NAME_MAX), "1".repeat(12));
        assert_eq!(Bucket::new(longest.clone()).unwrap().as_str(), longest);
    }

    #[test]
    fn empty_is_refused() {
        assert_eq!(refused(""), BucketError::Empty);
    }

    #[test]
    fn white_space_is_refused() {
        for value in [" a-1", "a-1 ", "a-1\n", "a b-1", "a\t-1", "\u{3000}a-1"] {
            assert_eq!(refused(value), BucketError::WhiteSpace { value: value.into() });
        }
    }

    #[test]
    fn upper_case_is_refused() {
        let value = "ExampleBucket-1250000000".to_owned();
        assert_eq!(refused(&value), BucketError::UpperCase { value });
    }

    #[test]
    fn another_character_is_refused() {
        for (value, found) in [("a_b-1", '_'), ("a.b-1", '.'), ("cos://a-1", ':'), ("桶-1", '桶')]
        {
            assert_eq!(refused(value), BucketError::Character { value: value.into(), found });
        }
    }

    #[test]
    fn a_hyphen_at_an_edge_is_refused() {
        for value in ["-a-1", "a-1-", "a--1", "a-"] {
            assert_eq!(refused(value), BucketError::HyphenAtEdge { value: value.into() });
        }
    }

    #[test]
    fn a_name_without_appid_is_refused() {
        for value in ["examplebucket", "example-bucket", "1250000000"] {
            assert_eq!(refused(value), BucketError::AppIdMissing { value: value.into() });
        }
    }

    #[test]
    fn an_appid_without_name_is_refused() {
        assert_eq!(refused("-1"), BucketError::NameMissing { value: "-1".into() });
    }

    #[test]
    fn a_name_over_50_bytes_is_refused() {
        let value = format!("{}-1", "a".repeat(51));
        assert_eq!(refused(&value), BucketError::NameTooLong { value, length: 51 });
    }

    #[test]
    fn a_label_over_63_bytes_is_refused() {
        let value = format!("{}-{}", "a".repeat(50), "1".repeat(13));
        assert_eq!(refused(&value), BucketError::LabelTooLong { value, length: 64 });
    }
}
