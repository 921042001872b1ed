//! The tags of an object: its sub-resource, and the headers by which an upload brings them along (436/42997, 436/42998,
//! 436/42999).

use cospass_sign::percent;

use super::fields::content_md5;
use super::parts::{Headers, Pair, Params, Parts, pair, parts};
use super::request::{Request, called};
use super::value::ContentMd5;
use super::versions::{version_id, version_param};
use super::{DecodeError, invalid};
use crate::{Bucket, ObjectKey, Tag, TagSet};

const TAGGING: &str = "x-cos-tagging";
const DIRECTIVE: &str = "x-cos-tagging-directive";

/// Replaces the tags of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutObjectTagging {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
}

impl PutObjectTagging {
    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(Self { bucket, key, version_id: version_id(params)?, md5: content_md5(headers)? })
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        self.md5.map(ContentMd5::header).into_iter().collect()
    }
}

impl Request for PutObjectTagging {
    called!("PUT Object tagging", "PutObjectTagging");

    fn encode(&self) -> Parts<'_> {
        let version = version_param(self.version_id.as_ref());
        parts("PUT", (&self.bucket, &self.key), "tagging", version, self.headers())
    }
}

/// Reads the tags of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetObjectTagging {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
}

impl Request for GetObjectTagging {
    called!("GET Object tagging", "GetObjectTagging");

    fn encode(&self) -> Parts<'_> {
        let version = version_param(self.version_id.as_ref());
        parts("GET", (&self.bucket, &self.key), "tagging", version, vec![])
    }
}

/// Removes the tags of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteObjectTagging {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
}

impl Request for DeleteObjectTagging {
    called!("DELETE Object tagging", "DeleteObjectTagging");

    fn encode(&self) -> Parts<'_> {
        let version = version_param(self.version_id.as_ref());
        parts("DELETE", (&self.bucket, &self.key), "tagging", version, vec![])
    }
}

/// Reads `x-cos-tagging: k1=v1&k2=v2`, each key and value percent-encoded. A `+` is a space, as in a form: whoever
/// encodes leaves no other one. An absent header is no tags.
pub(super) fn tags(headers: Headers<'_, '_>) -> Result<TagSet, DecodeError> {
    tags_up_to(headers, TagSet::OF_OBJECT)
}

/// As [`tags`], of a bucket that is to be (436/7738).
pub(super) fn bucket_tags(headers: Headers<'_, '_>) -> Result<TagSet, DecodeError> {
    tags_up_to(headers, TagSet::OF_BUCKET)
}

fn tags_up_to(headers: Headers<'_, '_>, most: usize) -> Result<TagSet, DecodeError> {
    let text = headers.text(TAGGING)?.unwrap_or_default();
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        String::from_utf8(percent::decode(text.as_bytes()).into_owned()).ok()
    };
    let tag = |piece: &str| {
        let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
        let (key, value) = (decoded(key), decoded(value));
        Some(Tag { key: key?, value: value? })
    };
    let pieces = text.split('&').filter(|piece| !piece.is_empty());
    let tags: Option<Vec<_>> = pieces.map(tag).collect();
    let tags = tags.ok_or_else(|| invalid(TAGGING, &text))?;
    TagSet::new(tags, most).map_err(DecodeError::InvalidTag)
}

/// The inverse of [`tags`].
pub(super) fn tags_header(tags: &TagSet) -> Option<Pair<'static>> {
    let encode = |text: &str| percent::encode(text.as_bytes());
    let tag = |tag: &Tag| format!("{}={}", encode(&tag.key), encode(&tag.value));
    let texts: Vec<_> = tags.as_slice().iter().map(tag).collect();
    (!texts.is_empty()).then(|| pair(TAGGING, texts.join("&")))
}

/// The tags that `x-cos-tagging-directive: Replaced` gives a copy; `None` if it is to have those of its source.
pub(super) fn replaced_tags(headers: Headers<'_, '_>) -> Result<Option<TagSet>, DecodeError> {
    match headers.text(DIRECTIVE)?.as_deref() {
        Some("Replaced") => tags(headers).map(Some),
        Some("Copy" | "") | None => Ok(None),
        Some(other) => Err(invalid(DIRECTIVE, other)),
    }
}

/// The inverse of [`replaced_tags`].
pub(super) fn replaced_tags_headers(tags: Option<&TagSet>) -> Vec<Pair<'static>> {
    let directive = tags.map(|_| pair(DIRECTIVE, "Replaced"));
    directive.into_iter().chain(tags.and_then(tags_header)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TagError;

    fn read(text: &'static str) -> Result<TagSet, DecodeError> {
        tags(Headers(&[pair(TAGGING, text)]))
    }

    #[test]
    fn the_header_is_read_and_written() {
        let set = read("k1=v1&a%20b=%E9%A1%B5&c+d=a%2Bb%3D&e=&f").unwrap();
        let pairs: Vec<_> =
            set.as_slice().iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
        let want = [("k1", "v1"), ("a b", "页"), ("c d", "a+b="), ("e", ""), ("f", "")];
        assert_eq!(pairs, want);
        let header = tags_header(&set).unwrap();
        assert_eq!(tags(Headers(&[header])), Ok(set));
        assert_eq!(read(""), Ok(TagSet::default()));
        assert_eq!(tags_header(&TagSet::default()), None);
    }

    #[test]
    fn what_is_no_set_of_tags_is_refused() {
        let twice = TagError::Duplicate { key: "k".to_owned() };
        assert_eq!(read("k=1&k=2"), Err(DecodeError::InvalidTag(twice)));
        let many = read("1&2&3&4&5&6&7&8&9&10&11");
        assert_eq!(many, Err(DecodeError::InvalidTag(TagError::TooMany { most: 10 })));
        let nameless = TagError::Key { key: String::new() };
        assert_eq!(read("=v"), Err(DecodeError::InvalidTag(nameless)));
        assert_eq!(read("%ff=v"), Err(invalid(TAGGING, "%ff=v")));
    }

    #[test]
    fn the_directive_decides() {
        let given = pair(TAGGING, "k=v");
        let with = |directive: &'static str| {
            replaced_tags(Headers(&[given.clone(), pair(DIRECTIVE, directive)]))
        };
        assert_eq!(with("Replaced").map(|set| set.unwrap().as_slice().len()), Ok(1));
        assert_eq!(with("Copy"), Ok(None));
        assert_eq!(with("Replace"), Err(invalid(DIRECTIVE, "Replace")));
    }
}
