//! `cos://BUCKET/KEY`: an object as a person writes it.
//!
//! It looks like a URL and is none: KEY is raw text, everything after the first `/` behind the bucket, with `?`, `#`
//! and `%` as they stand. It is read as keys are everywhere (one leading `/` of its own is dropped), so that a batch and
//! the official SDKs mean the same by it. `cos://BUCKET/` is the bucket itself.

use cospass_protocol::{Bucket, ObjectKey};

/// A bucket and an object in it, or the bucket itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) bucket: Bucket,
    pub(crate) key: ObjectKey,
}

/// Reads the target; the message says what is wrong with which part.
pub(crate) fn parse_target(text: &str) -> Result<Target, String> {
    let form = "write cos://NAME-APPID/KEY, for example cos://photos-1250000000/2024/a.jpg";
    let Some(rest) = text.strip_prefix("cos://") else {
        return Err(format!("it does not begin with cos://; {form}"));
    };
    let Some((bucket, key)) = rest.split_once('/') else {
        return Err(format!(
            "no / stands behind the bucket; {form}, or cos://{rest}/ for the bucket itself"
        ));
    };
    let bucket = Bucket::new(bucket).map_err(|error| error.to_string())?;
    let key = match key {
        "" => ObjectKey::bucket(),
        key => ObjectKey::new(key).map_err(|error| error.to_string())?,
    };
    Ok(Target { bucket, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        parse_target(text).unwrap().key.path().to_owned()
    }

    #[test]
    fn the_key_is_everything_after_the_first_slash() {
        assert_eq!(key("cos://b-1/a/b c.txt"), "/a/b c.txt");
        assert_eq!(key("cos://b-1/a?b#c%20d+e"), "/a?b#c%20d+e");
        assert_eq!(key("cos://b-1//a"), "/a");
        assert_eq!(key("cos://b-1///a"), "//a");
        assert_eq!(key("cos://b-1/中\n"), "/中\n");
    }

    #[test]
    fn no_key_and_a_slash_alone_are_the_bucket() {
        assert!(parse_target("cos://b-1/").unwrap().key.is_bucket());
        assert!(parse_target("cos://b-1//").unwrap().key.is_bucket());
        assert!(!parse_target("cos://b-1///").unwrap().key.is_bucket());
    }

    #[test]
    fn other_forms_are_refused_with_the_form() {
        for text in ["b-1/a", "https://b-1/a", "COS://b-1/a", "cos:/b-1/a", "", "cos://b-1"] {
            assert!(parse_target(text).unwrap_err().contains("cos://"), "{text}");
        }
        assert!(parse_target("cos://short/a").unwrap_err().contains("short"));
        let long = format!("cos://b-1/{}", "a".repeat(851));
        assert!(parse_target(&long).unwrap_err().contains("850"));
    }
}
