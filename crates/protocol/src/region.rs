//! Regions, and the domain label that they stand for (Python SDK `cos_comm.py`, `format_region`).
//!
//! A region `ap-guangzhou` stands in a host as `cos.ap-guangzhou`, inside the cloud's own network as
//! `cos-internal.ap-guangzhou`. The old aliases (`cosgz`, …) stand for today's names, six old names (`cn-south`, …) stand
//! without `cos.`, and a text that has `cos.` in it is taken as the label itself.

use std::error::Error;
use std::fmt;

/// The longest DNS label (RFC 1035 §2.3.4), in bytes.
const LABEL_MAX: usize = 63;

/// Names of the fourth version of the service and the regions of today.
const ALIASES: [(&str, &str); 9] = [
    ("cossh", "ap-shanghai"),
    ("cosgz", "ap-guangzhou"),
    ("cosbj", "ap-beijing"),
    ("costj", "ap-beijing-1"),
    ("coscd", "ap-chengdu"),
    ("cossgp", "ap-singapore"),
    ("coshk", "ap-hongkong"),
    ("cosca", "na-toronto"),
    ("cosger", "eu-frankfurt"),
];

/// Old names that have no `cos.` before them in a host.
const BARE: [&str; 6] = ["cn-north", "cn-south", "cn-east", "cn-south-2", "cn-southwest", "sg"];

/// A region of the service, for example `ap-guangzhou`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region {
    label: String,
    internal_label: String,
}

impl Region {
    /// Checks a region's name, lower-cases it and resolves the old aliases.
    ///
    /// # Errors
    /// One [`RegionError`] for each rule that the name breaks; the first broken rule is told.
    pub fn new(name: impl AsRef<str>) -> Result<Self, RegionError> {
        let name = name.as_ref();
        check(name)?;
        let name = name.to_ascii_lowercase();
        if name.contains("cos.") || BARE.contains(&name.as_str()) {
            return Ok(Region { internal_label: name.clone(), label: name });
        }
        let today = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, today)| *today);
        let name = today.unwrap_or(&name);
        Ok(Region { label: format!("cos.{name}"), internal_label: format!("cos-internal.{name}") })
    }

    /// The part of a public host that stands for the region, for example `cos.ap-guangzhou`.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The same for hosts inside the cloud's own network, for example `cos-internal.ap-guangzhou`.
    pub fn internal_label(&self) -> &str {
        &self.internal_label
    }

    /// The region's name as the service prints it (`x-cos-bucket-region`, GET Service), for example `ap-guangzhou`.
    pub fn name(&self) -> &str {
        self.label.strip_prefix("cos.").unwrap_or(&self.label)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn check(name: &str) -> Result<(), RegionError> {
    let value = || name.to_owned();
    if name.is_empty() {
        return Err(RegionError::Empty);
    }
    for found in name.chars() {
        match found {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' => {}
            found if found.is_whitespace() => {
                return Err(RegionError::WhiteSpace { value: value() });
            }
            found => {
                return Err(RegionError::Character { value: value(), found });
            }
        }
    }
    if name.len() < 2 {
        return Err(RegionError::TooShort { value: value() });
    }
    if name.starts_with(['-', '.']) || name.ends_with(['-', '.']) {
        return Err(RegionError::Edge { value: value() });
    }
    for label in name.split('.') {
        match label.len() {
            0 => return Err(RegionError::EmptyLabel { value: value() }),
            1..=LABEL_MAX => {}
            length => {
                return Err(RegionError::LabelTooLong { value: value(), length });
            }
        }
    }
    Ok(())
}

/// Why a text is not a region's name. Each variant carries the text as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionError {
    /// The name is empty.
    Empty,
    /// A space, tab or line end stands in or around the name.
    WhiteSpace {
        /// The text as given.
        value: String,
    },
    /// A character other than letters, digits, `-` and `.`.
    Character {
        /// The text as given.
        value: String,
        /// The first such character.
        found: char,
    },
    /// One character alone names no region.
    TooShort {
        /// The text as given.
        value: String,
    },
    /// The name begins or ends with `-` or `.`.
    Edge {
        /// The text as given.
        value: String,
    },
    /// Two dots stand together.
    EmptyLabel {
        /// The text as given.
        value: String,
    },
    /// A part between dots is longer than a DNS label, 63 bytes.
    LabelTooLong {
        /// The text as given.
        value: String,
        /// The length of that part, in bytes.
        length: usize,
    },
}

impl RegionError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Empty => "region-empty",
            Self::WhiteSpace { .. } => "region-white-space",
            Self::Character { .. } => "region-character",
            Self::TooShort { .. } => "region-too-short",
            Self::Edge { .. } => "region-edge",
            Self::EmptyLabel { .. } => "region-empty-label",
            Self::LabelTooLong { .. } => "region-label-too-long",
        }
    }
}

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the region is empty; give one such as ap-guangzhou"),
            Self::WhiteSpace { value } => {
                write!(f, "region {value:?} has white space in or around it; remove it")
            }
            Self::Character { value, found } => write!(
                f,
                "region {value:?} has the character {found:?}; only letters, digits, - and . are allowed, as in ap-guangzhou"
            ),
            Self::TooShort { value } => {
                write!(f, "region {value:?} is too short; give one such as ap-guangzhou")
            }
            Self::Edge { value } => {
                write!(f, "region {value:?} begins or ends with - or .; remove it")
            }
            Self::EmptyLabel { value } => write!(f, "region {value:?} has two dots together"),
            Self::LabelTooLong { value, length } => write!(
                f,
                "region {value:?} has a part of {length} bytes; a host name label has at most {LABEL_MAX}"
            ),
        }
    }
}

impl Error for RegionError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(name: &str) -> (String, String) {
        let region = Region::new(name).unwrap();
        (region.label().to_owned(), region.internal_label().to_owned())
    }

    fn refused(value: &str) -> RegionError {
        let refusal = Region::new(value).unwrap_err();
        assert!(value.is_empty() || refusal.to_string().contains(&format!("{value:?}")));
        refusal
    }

    #[test]
    fn a_region_stands_after_cos() {
        assert_eq!(
            labels("ap-guangzhou"),
            ("cos.ap-guangzhou".into(), "cos-internal.ap-guangzhou".into())
        );
        assert_eq!(Region::new("AP-Guangzhou").unwrap(), Region::new("ap-guangzhou").unwrap());
        assert_eq!(Region::new("ap-guangzhou").unwrap().to_string(), "ap-guangzhou");
    }

    #[test]
    fn old_aliases_stand_for_the_names_of_today() {
        for (alias, today) in ALIASES {
            assert_eq!(Region::new(alias).unwrap(), Region::new(today).unwrap());
        }
        assert_eq!(Region::new("cosgz").unwrap().name(), "ap-guangzhou");
    }

    #[test]
    fn six_old_names_stand_without_cos() {
        for name in BARE {
            assert_eq!(labels(name), (name.into(), name.into()));
        }
    }

    #[test]
    fn a_label_is_taken_as_it_is() {
        for name in ["cos.ap-beijing-1", "ap-guangzhou.cos.x"] {
            assert_eq!(labels(name), (name.into(), name.into()));
        }
        assert_eq!(Region::new("cos.ap-beijing-1").unwrap().name(), "ap-beijing-1");
    }

    #[test]
    fn empty_is_refused() {
        assert_eq!(refused(""), RegionError::Empty);
    }

    #[test]
    fn white_space_is_refused() {
        for value in ["ap-guangzhou\n", " ap-guangzhou", "ap guangzhou"] {
            assert_eq!(refused(value), RegionError::WhiteSpace { value: value.into() });
        }
    }

    #[test]
    fn another_character_is_refused() {
        for (value, found) in [("ap_guangzhou", '_'), ("广州", '广'), ("ap/x", '/')] {
            assert_eq!(refused(value), RegionError::Character { value: value.into(), found });
        }
    }

    #[test]
    fn one_character_is_refused() {
        assert_eq!(refused("a"), RegionError::TooShort { value: "a".into() });
    }

    #[test]
    fn an_edge_that_is_no_letter_or_digit_is_refused() {
        for value in ["-ap", "ap-", ".ap", "ap."] {
            assert_eq!(refused(value), RegionError::Edge { value: value.into() });
        }
    }

    #[test]
    fn two_dots_together_are_refused() {
        assert_eq!(refused("cos..ap"), RegionError::EmptyLabel { value: "cos..ap".into() });
    }

    #[test]
    fn a_label_over_63_bytes_is_refused() {
        let value = "a".repeat(64);
        assert_eq!(refused(&value), RegionError::LabelTooLong { value, length: 64 });
    }
}
