//! The name that was probably meant, for messages.

use strsim::levenshtein;

/// The known name that is nearest to a given one, if it is near: a letter in another case is no difference, and of four
/// letters one may be wrong, missing or too much.
pub(super) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = given.to_ascii_lowercase();
    let most = (given.len() / 4).clamp(1, 3);
    let near =
        known.into_iter().map(|name| (levenshtein(&lower, &name.to_ascii_lowercase()), name));
    near.filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_what_is_wrong_with_it() {
        let known = ["string_equal", "string_like", "ip_equal", "GetObject", "GetBucketACL"];
        for (given, meant) in [
            ("ip_equals", Some("ip_equal")),
            ("GetObjekt", Some("GetObject")),
            ("getBucketAcl", Some("GetBucketACL")),
            ("strng_lik", Some("string_like")),
            ("x", None),
            ("", None),
            ("numeric", None),
        ] {
            assert_eq!(nearest(given, known), meant, "{given}");
        }
    }
}
