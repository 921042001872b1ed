//! `-H 'Name: value'` and `-q 'name[=value]'` as a person writes them.

use std::borrow::Cow;

/// A name and a value, raw.
pub(crate) type Pair = (String, String);

/// Names and values, raw, borrowed wherever they can be.
pub(crate) type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// Pairs that belong to somebody else.
pub(crate) fn borrowed(pairs: &[Pair]) -> Pairs<'_> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// Reads a header; white space around the value is no part of it (RFC 9110 §5.5).
pub(crate) fn parse_header(text: &str) -> Result<Pair, String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => {
            Ok((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()))
        }
        _ => Err("it is not a header; write 'Name: value'".to_owned()),
    }
}

/// Reads a query parameter. Nothing is decoded: name and value are raw text.
pub(crate) fn parse_param(text: &str) -> Result<Pair, String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    if name.is_empty() {
        return Err("the parameter has no name; write name or name=value".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_split_at_its_first_colon() {
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(parse_header("Host: a:80"), pair("Host", "a:80"));
        assert_eq!(parse_header("X:  b \t"), pair("X", "b"));
        assert_eq!(parse_header("X:"), pair("X", ""));
        assert!(parse_header("X").is_err() && parse_header(": b").is_err());
    }

    #[test]
    fn a_parameter_is_raw_and_split_at_its_first_equals_sign() {
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(parse_param("a=b=c%20+ "), pair("a", "b=c%20+ "));
        assert_eq!(parse_param("acl"), pair("acl", ""));
        assert!(parse_param("=b").is_err() && parse_param("").is_err());
    }
}
