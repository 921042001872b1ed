//! The ordinary request, as nearly all are: every listed name is plain and was sent once. Its canonical text is written
//! straight from what was sent.
//!
//! What is written here is what [`Reading`](crate::reading::Reading) writes by the rule, and a test compares the two. Whatever
//! could be read in another way, or needs to be looked up among many, is left to it.

use crate::claim::Claim;
use crate::head::{RequestHead, is_signature_field};
use crate::percent;
use crate::reading::{could_be_signed_by_another_host, could_be_signed_by_another_path};
use crate::sets::{has_mark, has_unlisted};
use crate::split::split_at;
use crate::verify::Acceptance;

/// More listed names than this are looked up in an order, not one by one.
const FEW: usize = 16;

/// What the headers of most requests take, beside what path and query do, in bytes.
const ROOM: usize = 256;

/// What is known of an ordinary request whose canonical text was written.
pub(crate) struct Ordinary {
    /// Whether no deviation of an SDK could have made another text of it, so that a mismatch is final.
    pub(crate) has_one_reading: bool,
}

/// Writes the `HttpString` of a request in place of what `out` held. `None` if the request is not ordinary: what `out` holds
/// then is of no account.
pub(crate) fn write(
    claim: &Claim<'_>,
    head: &RequestHead<'_>,
    acceptance: Acceptance,
    out: &mut Vec<u8>,
) -> Option<Ordinary> {
    let authorization = claim.authorization();
    let (header_list, param_list) = (authorization.header_list(), authorization.param_list());
    if has_unlisted(header_list.as_bytes()) || has_unlisted(param_list.as_bytes()) {
        return None;
    }
    out.clear();
    out.reserve(head.path().len() + head.query().map_or(0, <[u8]>::len) + ROOM);
    out.extend_from_slice(head.method().as_bytes());
    out.make_ascii_lowercase();
    out.push(b'\n');
    percent::decode_into(out, head.path());
    out.push(b'\n');
    if !param_list.is_empty() {
        write_params(claim, head, param_list, out)?;
    }
    out.push(b'\n');
    let mut may_deviate = could_be_signed_by_another_path(head.path(), acceptance);
    let mut last: &[u8] = b"";
    for (position, name) in names(header_list).enumerate() {
        let value = only(head.headers(), name)?;
        may_deviate |= value.trim_ascii().len() < value.len()
            || (name == b"host" && could_be_signed_by_another_host(value));
        write_name(position, last, name, out)?;
        percent::encode_into(out, value);
        last = name;
    }
    out.push(b'\n');
    Some(Ordinary { has_one_reading: !may_deviate })
}

/// The names of a list.
fn names(list: &str) -> impl Iterator<Item = &[u8]> {
    let mut left = (!list.is_empty()).then_some(list.as_bytes());
    std::iter::from_fn(move || {
        let (name, behind) = split_at(left?, b';');
        left = behind;
        Some(name)
    })
}

/// Writes a name, if it is one of few and stands behind the last one, as the rule sorts them.
#[inline]
fn write_name(position: usize, last: &[u8], name: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if position == FEW || name.is_empty() {
        return None;
    }
    // Compared with no text, a name takes longer than all else here: the bytes of an empty slice are at no address, and a
    // processor that compares a vector of them, of which none counts, is interrupted.
    if position > 0 {
        if name <= last {
            return None;
        }
        out.push(b'&');
    }
    out.extend_from_slice(name);
    out.push(b'=');
    Some(())
}

/// The one header of that name, in any case.
fn only<'a>(headers: &[(&'a [u8], &'a [u8])], name: &[u8]) -> Option<&'a [u8]> {
    let mut of_name = headers.iter().filter(|(sent, _)| is_called(sent, name));
    let (_, value) = of_name.next()?;
    of_name.next().is_none().then_some(value)
}

/// Whether what was sent is called so, in any case; most send what they sign.
#[inline]
fn is_called(sent: &[u8], name: &[u8]) -> bool {
    sent.len() == name.len() && (sent == name || sent.eq_ignore_ascii_case(name))
}

/// Writes the listed parameters, with their values as they were sent; the query is read once.
fn write_params(
    claim: &Claim<'_>,
    head: &RequestHead<'_>,
    list: &str,
    out: &mut Vec<u8>,
) -> Option<()> {
    let mut listed: [(&[u8], Option<&[u8]>); FEW] = [(b"", None); FEW];
    let mut count = 0;
    for name in names(list) {
        // The fields of a signature are no parameters, whatever lists them.
        if is_signature_field(name) {
            return None;
        }
        *listed.get_mut(count)? = (name, None);
        count += 1;
    }
    let listed = listed.get_mut(..count)?;
    for (sent, value) in claim.sent_params(head) {
        if let Some((_, place)) = listed.iter_mut().find(|(name, _)| is_called(sent, name)) {
            // Of two of that name, either may be meant.
            if place.replace(value.unwrap_or_default()).is_some() {
                return None;
            }
        } else if has_mark(sent) {
            return None;
        }
    }
    let mut last: &[u8] = b"";
    for (position, (name, value)) in listed.iter().enumerate() {
        write_name(position, last, name, out)?;
        percent::recode_into(out, (*value)?)?;
        last = name;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::canonical::Canonical;
    use crate::percent::Plus;
    use crate::reading::{Attempt, Reading};

    fn with_claim<R>(
        [path, query, header_list, param_list]: [&str; 4],
        headers: &[(&[u8], &[u8])],
        run: impl FnOnce(&Claim<'_>, &RequestHead<'_>) -> R,
    ) -> R {
        let digits = "0".repeat(40);
        let text = format!(
            "q-sign-algorithm=sha1&q-ak=A&q-sign-time=1;2&q-key-time=1;2&q-header-list={header_list}\
             &q-url-param-list={param_list}&q-signature={digits}"
        );
        let mut headers = headers.to_vec();
        headers.push((b"authorization", text.as_bytes()));
        let head = RequestHead::new("Get", path.as_bytes(), Some(query.as_bytes()), &headers);
        run(&Claim::read(&head).unwrap(), &head)
    }

    fn is_ordinary(parts: [&str; 4], headers: &[(&[u8], &[u8])]) -> Option<bool> {
        with_claim(parts, headers, |claim, head| {
            let ordinary = write(claim, head, Acceptance::Service, &mut Vec::new());
            ordinary.map(|ordinary| ordinary.has_one_reading)
        })
    }

    #[test]
    fn what_is_not_ordinary_is_left_to_the_reading() {
        let host: (&[u8], &[u8]) = (b"Host", b"h");
        assert_eq!(is_ordinary(["/k", "a=1&b", "host", "a;b"], &[host]), Some(true));
        for (parts, headers) in [
            (["/k", "a=1+2", "host", "a"], &[host][..]),
            (["/k", "a=1&A=2", "host", "a"], &[host]),
            (["/k", "a=1&%61=2", "host", "a"], &[host]),
            (["/k", "a=1", "host", "A"], &[host]),
            (["/k", "a=1&b=2", "host", "b;a"], &[host]),
            (["/k", "a=1", "host", "a;a"], &[host]),
            (["/k", "a%2fb=1", "host", "a%2fb"], &[host]),
            (["/k", "a=1", "host", "b"], &[host]),
            (["/k", "a=1", "host", "q-ak"], &[host]),
            (["/k", "", "host;range", ""], &[host]),
            (["/k", "", "host", ""], &[host, host]),
        ] {
            assert_eq!(is_ordinary(parts, headers), None, "{parts:?}");
        }
    }

    /// A claim that was read from one query says nothing of another.
    #[test]
    fn the_parameters_are_those_of_the_head() {
        let parts = ["/k", "a=1", "host", "a"];
        with_claim(parts, &[(b"host", b"h")], |claim, head| {
            let mut text = Vec::new();
            for (query, expected) in
                [("a=2", &b"get\n/k\na=2\nhost=h\n"[..]), ("a=1", b"get\n/k\na=1\nhost=h\n")]
            {
                let other = RequestHead::new("GET", b"/k", Some(query.as_bytes()), head.headers());
                write(claim, &other, Acceptance::Service, &mut text).unwrap();
                assert_eq!(text, expected);
            }
            let without = RequestHead::new("GET", b"/k", None, head.headers());
            assert!(write(claim, &without, Acceptance::Service, &mut text).is_none());
        });
    }

    #[test]
    fn more_parameters_than_few_are_found_as_well() {
        let query: String = (0..20).map(|n| format!("p{n:02}=v&")).collect();
        assert_eq!(is_ordinary(["/k", &query, "host", "p00;p19"], &[(b"host", b"h")]), Some(true));
    }

    #[test]
    fn a_request_that_an_sdk_may_have_signed_differently_has_several_readings() {
        for (path, host) in [("/k", "h:8080"), ("/k", "H"), ("/k", "h "), ("/", "h")] {
            let parts = [path, "", "host", ""];
            assert_eq!(is_ordinary(parts, &[(b"host", host.as_bytes())]), Some(false));
        }
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_the_rule(
            path in "/[a-z%+/ 0-9A-F]{0,12}",
            query in "([abAB](=([a-z +]|%[0-9A-Fa-f][0-9a-f]){0,3})?(&|&&)?){0,4}",
            values in vec("[a-zA-Z:0-9 é]{0,6}", 3),
            header_list in select(vec!["", "host", "host;range", "range", "date;host;range"]),
            param_list in select(vec!["", "a", "b", "a;b"]),
        ) {
            let names: [&[u8]; 3] = [b"Host", b"range", b"Date"];
            let headers: Vec<_> =
                names.into_iter().zip(values.iter().map(|value| value.as_bytes())).collect();
            let parts = [path.as_str(), &query, header_list, param_list];
            with_claim(parts, &headers, |claim, head| {
                let mut text = Vec::new();
                let Some(ordinary) = write(claim, head, Acceptance::Service, &mut text) else {
                    return Ok(());
                };
                let reading = Reading::of(claim, head, Plus::Space);
                prop_assert!(reading.missing().is_none() && reading.convention.is_canonical());
                let mut canonical = Canonical::new();
                reading.write(&Attempt::RULE, &mut canonical);
                prop_assert_eq!(&text[..], canonical.http_string());
                let others = reading.attempts(Acceptance::Service).count() > 1;
                prop_assert!(!(ordinary.has_one_reading && others), "another reading is left out");
                Ok(())
            })?;
        }
    }
}
