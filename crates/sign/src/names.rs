//! Which headers a signature covers when the caller does not say.
//!
//! The official SDKs share one list (`cos_auth.py` `filter_headers`, Go `auth.go` `NeedSignHeaders`,
//! Java `COSSigner`, Node `util.js`); a signature may nevertheless cover any header, and a verifier
//! takes the names from the signature alone.

/// The headers that the official SDKs sign when they are present, in lower case. Headers that begin
/// with `x-cos-` or `x-ci-` come on top.
pub const OFFICIAL_HEADERS: [&str; 17] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-md5",
    "content-type",
    "expect",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "origin",
    "pic-operations",
    "range",
    "transfer-encoding",
];

/// Whether a header of this name, in any case, is signed by default.
///
/// ```
/// use cospass_sign::is_official_header;
///
/// assert!(is_official_header("Content-MD5") && is_official_header("x-cos-acl"));
/// assert!(!is_official_header("Date") && !is_official_header("x-cosmic"));
/// ```
pub fn is_official_header(name: &str) -> bool {
    let has_prefix = |prefix: &str| {
        name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    OFFICIAL_HEADERS.iter().any(|official| name.eq_ignore_ascii_case(official))
        || has_prefix("x-cos-")
        || has_prefix("x-ci-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_and_the_prefixes_count_in_any_case() {
        for name in ["Host", "RANGE", "X-Cos-Meta-A", "x-ci-process", "Pic-Operations"] {
            assert!(is_official_header(name), "{name}");
        }
    }

    #[test]
    fn everything_else_is_left_out() {
        for name in ["", "x-cos", "x-cosmic", "user-agent", "authorization", "date", "é"] {
            assert!(!is_official_header(name), "{name}");
        }
    }
}
