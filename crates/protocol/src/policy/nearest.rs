//! The name that was probably meant, for messages.

/// The known name that is nearest to a given one, if it is near: a letter in another case is no difference, and of four
/// letters one may be wrong, missing or too much.
pub(super) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = given.to_ascii_lowercase();
    let most = (given.len() / 4).clamp(1, 3);
    let near = known.into_iter().map(|name| (distance(&lower, &name.to_ascii_lowercase()), name));
    near.filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters have to be put, removed or replaced (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    // The distances of what was read of `a` to each beginning of `b`.
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (index, of_a) in a.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (cell, of_b) in row.iter_mut().skip(1).zip(b.chars()) {
            let replaced = diagonal + usize::from(of_a != of_b);
            diagonal = *cell;
            left = replaced.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
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

    #[test]
    fn letters_are_counted() {
        for (a, b, letters) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
            ("图a", "图b", 1),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (letters, letters), "{a} {b}");
        }
    }
}
