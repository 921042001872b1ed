//! Tags: names and values by which objects and buckets are grouped (436/35665, 436/42997).

use std::fmt;

/// The longest key of a tag, in bytes.
const KEY_MAX: usize = 128;

/// The longest value of a tag, in bytes.
const VALUE_MAX: usize = 256;

/// A tag as it stands in a document or header.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value, which may be empty.
    pub value: String,
}

/// The tags of one object or bucket: as many as it may have, each key once, all of the characters that are allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TagSet(Vec<Tag>);

impl TagSet {
    /// The most tags of an object (436/35665).
    pub const OF_OBJECT: usize = 10;

    /// The most tags of a bucket (436/34838).
    pub const OF_BUCKET: usize = 50;

    /// Checks tags, of which there may be so many.
    ///
    /// # Errors
    /// [`TagError`] for the first that breaks a rule.
    pub fn new(tags: Vec<Tag>, most: usize) -> Result<Self, TagError> {
        if tags.len() > most {
            return Err(TagError::TooMany { most });
        }
        for (index, tag) in tags.iter().enumerate() {
            if tag.key.is_empty() || tag.key.len() > KEY_MAX || !tag.key.chars().all(is_allowed) {
                return Err(TagError::Key { key: tag.key.clone() });
            }
            if tag.value.len() > VALUE_MAX || !tag.value.chars().all(is_allowed) {
                return Err(TagError::Value { key: tag.key.clone() });
            }
            if tags.iter().take(index).any(|before| before.key == tag.key) {
                return Err(TagError::Duplicate { key: tag.key.clone() });
            }
        }
        Ok(Self(tags))
    }

    /// The tags, in the order given.
    pub fn as_slice(&self) -> &[Tag] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Letters of every script and `@`, which 436/35665 allows and 436/42997 does not name.
fn is_allowed(character: char) -> bool {
    character.is_alphanumeric() || " +-_=.:/@".contains(character)
}

/// Why tags cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagError {
    /// There are more than the object or bucket may have.
    TooMany {
        /// How many it may have.
        most: usize,
    },
    /// A key is empty, longer than 128 bytes, or has a character that is not allowed.
    Key {
        /// The key.
        key: String,
    },
    /// A value is longer than 256 bytes, or has a character that is not allowed.
    Value {
        /// The key of that value.
        key: String,
    },
    /// A key stands twice.
    Duplicate {
        /// The key.
        key: String,
    },
}

impl fmt::Display for TagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CHARACTERS: &str = "letters, digits, spaces and + - _ = . : / @";
        match self {
            Self::TooMany { most } => write!(f, "there are more than {most} tags"),
            Self::Key { key } => {
                write!(f, "the tag key {key:?} is not 1 to {KEY_MAX} bytes of {CHARACTERS}")
            }
            Self::Value { key } => {
                write!(
                    f,
                    "the value of the tag {key:?} is not 0 to {VALUE_MAX} bytes of {CHARACTERS}"
                )
            }
            Self::Duplicate { key } => write!(f, "the tag key {key:?} stands twice"),
        }
    }
}

impl std::error::Error for TagError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn what_the_documentation_allows_is_a_set() {
        let tags = vec![tag("a +-_=.:/@", ""), tag("年龄", "18"), tag(&"k".repeat(128), "v")];
        assert_eq!(TagSet::new(tags.clone(), 3).unwrap().as_slice(), tags);
        let longest = vec![tag("k", &"v".repeat(256))];
        assert!(!TagSet::new(longest, TagSet::OF_OBJECT).unwrap().is_empty());
        assert!(TagSet::new(vec![], 0).unwrap().is_empty());
    }

    #[test]
    fn each_rule_has_its_error() {
        let many = (0..11).map(|number| tag(&number.to_string(), "")).collect();
        assert_eq!(TagSet::new(many, TagSet::OF_OBJECT), Err(TagError::TooMany { most: 10 }));
        for key in ["", "a\n", "a,b", &"k".repeat(129)] {
            let refused = TagSet::new(vec![tag(key, "")], 1);
            assert_eq!(refused, Err(TagError::Key { key: key.to_owned() }));
        }
        for value in ["\u{1}", "<", &"v".repeat(257)] {
            let refused = TagSet::new(vec![tag("k", value)], 1);
            assert_eq!(refused, Err(TagError::Value { key: "k".to_owned() }));
        }
        let twice = TagSet::new(vec![tag("k", "a"), tag("k", "b")], 2);
        assert_eq!(twice, Err(TagError::Duplicate { key: "k".to_owned() }));
    }
}
