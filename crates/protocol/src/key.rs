//! Object keys, and the path of a URL that names exactly one of them.
//!
//! A key is raw UTF-8, never percent-decoded. Its signed path is the key after a slash (document 436/7778); its path in
//! a URL must come out of every URL parser with the same bytes. The WHATWG URL standard removes the segments `.` and
//! `..` (also written `%2e`), so wherever such a segment would stand alone, the slash beside it is written `%2F`.

use std::error::Error;
use std::fmt;

use cospass_sign::percent;

/// The longest key, in bytes of UTF-8 (document 436/13324).
const KEY_MAX: usize = 850;

/// The key of one object, or `/` for the bucket itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The key after one slash.
    path: String,
}

impl ObjectKey {
    /// Checks a key. One leading `/` is the root and dropped; `/` alone names the bucket itself, for operations on it.
    ///
    /// # Errors
    /// [`KeyError::Empty`] and [`KeyError::TooLong`].
    pub fn new(key: impl AsRef<str>) -> Result<Self, KeyError> {
        Ok(ObjectKey { path: ["/", without_root(key.as_ref())?].concat() })
    }

    /// Makes this the key of that text, as [`new`](Self::new) does, in the memory that it has; it stays as it was on error.
    ///
    /// ```
    /// use cospass_protocol::ObjectKey;
    ///
    /// let mut key = ObjectKey::new("a.txt")?;
    /// key.set("b.txt")?;
    /// assert_eq!(key, ObjectKey::new("b.txt")?);
    /// assert!(key.set("").is_err() && key.as_str() == "b.txt");
    /// # Ok::<(), cospass_protocol::KeyError>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn set(&mut self, key: &str) -> Result<(), KeyError> {
        let key = without_root(key)?;
        self.path.truncate(1);
        self.path.push_str(key);
        Ok(())
    }

    /// The path that names the bucket itself, `/`.
    pub fn bucket() -> Self {
        ObjectKey { path: "/".to_owned() }
    }

    /// Whether this is `/`, the bucket itself.
    pub fn is_bucket(&self) -> bool {
        self.path == "/"
    }

    /// The key as the service stores it, without the root's slash; empty for the bucket itself.
    pub fn as_str(&self) -> &str {
        self.path.strip_prefix('/').unwrap_or_default()
    }

    /// The path that is signed: decoded, one slash and the key.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path that stands in a URL, for example `/a/b%20c.txt`.
    ///
    /// # Errors
    /// [`DotSegmentKey`] when the key is `.` or `..`.
    pub fn url_path(&self) -> Result<String, DotSegmentKey> {
        let mut out = String::with_capacity(self.path.len() * 3 / 2);
        self.write_url_path(&mut out)?;
        Ok(out)
    }

    /// Appends [`url_path`](Self::url_path) to a buffer; the buffer is unchanged on error.
    ///
    /// # Errors
    /// [`DotSegmentKey`] when the key is `.` or `..`.
    pub fn write_url_path(&self, out: &mut String) -> Result<(), DotSegmentKey> {
        write_url_path(self.as_str(), out)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_bucket() { "/" } else { self.as_str() })
    }
}

/// The key in a text: what stands after one leading slash, if there is one. Empty for the bucket itself.
pub(crate) fn without_root(given: &str) -> Result<&str, KeyError> {
    if given.is_empty() {
        return Err(KeyError::Empty);
    }
    let key = given.strip_prefix('/').unwrap_or(given);
    match key.len() {
        length if length > KEY_MAX => Err(KeyError::TooLong { length }),
        _ => Ok(key),
    }
}

/// Appends the path of a URL that names a key, or the bucket itself if that is empty; nothing on error.
pub(crate) fn write_url_path(key: &str, out: &mut String) -> Result<(), DotSegmentKey> {
    if is_dot_segment(key) {
        return Err(DotSegmentKey { key: key.to_owned() });
    }
    out.push('/');
    if !key.starts_with('.') && !has_segment_with_dot(key.as_bytes()) {
        percent::push_encoded_path(out, key);
        return Ok(());
    }
    let mut segments = key.split('/').peekable();
    while let Some(segment) = segments.next() {
        percent::push_encoded(out, segment.as_bytes());
        let Some(next) = segments.peek().copied() else {
            break;
        };
        let next_is_last_dots = is_dot_segment(next) && is_last(segments.clone());
        let literal = !is_dot_segment(segment) && !next_is_last_dots;
        out.push_str(if literal { "/" } else { "%2F" });
    }
    Ok(())
}

/// So many bytes are compared at once.
const PIECE: usize = 16;

/// Whether a segment but the first begins with a dot. Without a branch for each byte, so that a compiler compares many at once.
fn has_segment_with_dot(key: &[u8]) -> bool {
    let is_such = |[slash, dot]: [&[u8; PIECE]; 2]| {
        slash.iter().zip(dot).fold(false, |found, pair| found | (pair == (&b'/', &b'.')))
    };
    let (before, behind) = (key.get(..key.len().saturating_sub(1)), key.get(1..));
    let (before, behind) = (before.unwrap_or_default(), behind.unwrap_or_default());
    // The last piece may overlap the one before.
    let (Some(last), Some(last_behind)) = (before.last_chunk(), behind.last_chunk()) else {
        return before.iter().zip(behind).any(|pair| pair == (&b'/', &b'.'));
    };
    let mut pieces = before.as_chunks().0.iter().zip(behind.as_chunks().0);
    pieces.any(|(slash, dot)| is_such([slash, dot])) || is_such([last, last_behind])
}

fn is_dot_segment(segment: &str) -> bool {
    segment == "." || segment == ".."
}

fn is_last<I: Iterator>(segments: I) -> bool {
    segments.take(2).count() == 1
}

/// Why a text is not an object's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyError {
    /// The key is empty. `/` alone names the bucket itself.
    Empty,
    /// The key is longer than 850 bytes of UTF-8.
    TooLong {
        /// Its length, in bytes.
        length: usize,
    },
}

impl KeyError {
    /// The stable name of the cause.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Empty => "key-empty",
            Self::TooLong { .. } => "key-too-long",
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                f.write_str("the key is empty; name an object, or / for the bucket itself")
            }
            Self::TooLong { length } => {
                write!(f, "the key is {length} bytes long in UTF-8; at most {KEY_MAX} are allowed")
            }
        }
    }
}

impl Error for KeyError {}

/// The key is `.` or `..`, which no URL can name.
///
/// The first slash of a URL's path is literal, so the segment after it would be a dot segment however it is written:
/// the URL standard takes `%2e` for a dot, too, and removes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DotSegmentKey {
    /// The key, `.` or `..`.
    pub key: String,
}

impl fmt::Display for DotSegmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no URL can name the key {:?}: URL parsers remove it as a dot segment; rename the object, or sign a header with `authorization` and use a client that sends the path as it is",
            self.key
        )
    }
}

impl Error for DotSegmentKey {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> ObjectKey {
        ObjectKey::new(text).unwrap()
    }

    /// The path that a WHATWG parser leaves, percent-decoded.
    fn path_after_parser(url_path: &str) -> Vec<u8> {
        let url = url::Url::parse(&format!("https://b-1.cos.ap-x.myqcloud.com{url_path}")).unwrap();
        assert_eq!((url.query(), url.fragment()), (None, None));
        percent_encoding::percent_decode_str(url.path()).collect()
    }

    fn assert_survives(text: &str) {
        let key = key(text);
        let url_path = key.url_path().unwrap();
        assert!(
            url_path.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~/%".contains(&b)),
            "{url_path}"
        );
        assert_eq!(path_after_parser(&url_path), key.path().as_bytes(), "{text:?} as {url_path}");
    }

    #[test]
    fn one_leading_slash_is_the_root() {
        assert_eq!(key("/a.txt"), key("a.txt"));
        assert_eq!(key("a.txt").path(), "/a.txt");
        assert_eq!(key("a.txt").as_str(), "a.txt");
        assert_eq!(key("//a").as_str(), "/a");
        assert_eq!(key("//a").path(), "//a");
    }

    #[test]
    fn a_slash_alone_is_the_bucket() {
        assert_eq!(key("/"), ObjectKey::bucket());
        assert!(key("/").is_bucket() && !key("//").is_bucket());
        assert_eq!((key("/").as_str(), key("/").path()), ("", "/"));
        assert_eq!(key("/").url_path().unwrap(), "/");
        assert_eq!(key("/").to_string(), "/");
    }

    #[test]
    fn an_empty_key_is_refused() {
        assert_eq!(ObjectKey::new(""), Err(KeyError::Empty));
    }

    #[test]
    fn a_key_over_850_bytes_is_refused() {
        let longest = "中".repeat(283) + "a";
        assert_eq!(key(&longest).as_str().len(), KEY_MAX);
        assert_eq!(key(&format!("/{longest}")), key(&longest));
        assert_survives(&longest);
        assert_eq!(ObjectKey::new(longest + "b"), Err(KeyError::TooLong { length: 851 }));
    }

    #[test]
    fn a_url_names_the_key_after_any_parser() {
        for (text, url_path) in [
            ("a/b c.txt", "/a/b%20c.txt"),
            ("a/../b", "/a/..%2Fb"),
            ("./a", "/.%2Fa"),
            ("../a", "/..%2Fa"),
            ("a/..", "/a%2F.."),
            ("a/.", "/a%2F."),
            ("../", "/..%2F"),
            ("./", "/.%2F"),
            ("a/./..", "/a/.%2F.."),
            ("a/../..", "/a/..%2F.."),
            ("//a", "//a"),
            ("//.", "/%2F."),
            ("//..", "/%2F.."),
            ("///..", "//%2F.."),
            ("/./", "/.%2F"),
            ("a//b", "/a//b"),
            ("a./b", "/a./b"),
            ("...", "/..."),
            ("a+b", "/a%2Bb"),
            ("100%", "/100%25"),
            ("a%2Fb", "/a%252Fb"),
            ("%2e", "/%252e"),
            ("%2e%2E/x", "/%252e%252E/x"),
            ("a?b#c", "/a%3Fb%23c"),
            ("'\"\\", "/%27%22%5C"),
            ("..\\a", "/..%5Ca"),
            ("测试", "/%E6%B5%8B%E8%AF%95"),
            ("🎉", "/%F0%9F%8E%89"),
            ("a\nb\tc", "/a%0Ab%09c"),
            (" ", "/%20"),
            ("-_.~", "/-_.~"),
            ("https://a.b/c", "/https%3A//a.b/c"),
        ] {
            assert_eq!(key(text).url_path().unwrap(), url_path, "{text:?}");
            assert_survives(text);
        }
    }

    #[test]
    fn a_key_of_dots_alone_has_no_url() {
        for text in [".", "..", "/.", "/.."] {
            let key = key(text);
            assert_eq!(key.url_path(), Err(DotSegmentKey { key: key.as_str().into() }));
            let mut out = "kept".to_owned();
            assert!(key.write_url_path(&mut out).is_err());
            assert_eq!(out, "kept");
        }
        for written in ["/.", "/..", "/%2e", "/%2E%2e", "/.%2e"] {
            assert_eq!(path_after_parser(written), b"/", "no spelling of it survives a parser");
        }
    }

    proptest! {
        #[test]
        fn any_key_survives_a_parser(text in "\\PC{1,60}|[./]{1,12}|([.]{1,3}|[a%2eEfF+?# ]{0,3}|/){1,12}") {
            prop_assume!(!text.is_empty() && !is_dot_segment(key(&text).as_str()));
            assert_survives(&text);
        }
    }
}
