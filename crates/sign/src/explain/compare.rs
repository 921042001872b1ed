//! Two canonical texts side by side: the first place where they part, and what happened there.

use std::collections::BTreeMap;

use crate::TOKEN_NAME;
use crate::canonical::{Canonical, Form};
use crate::explain::cause::{Cause, Change, Side};
use crate::head::RequestHead;
use crate::percent::{self, Plus};
use crate::reading::{Parts, without_port};

/// An `HttpString` taken apart: the pairs by canonical name, values decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) method: String,
    pub(crate) path: Vec<u8>,
    pub(crate) params: Pairs,
    pub(crate) headers: Pairs,
}

/// Canonical name to decoded values, in canonical order.
pub(crate) type Pairs = BTreeMap<String, Vec<Vec<u8>>>;

impl Text {
    pub(crate) fn of(parts: &Parts<'_>) -> Self {
        let mut canonical = Canonical::new();
        parts.write(Form::RULE, &mut canonical);
        Self::parse(canonical.http_string())
            .unwrap_or_else(|| unreachable!("a canonical text has its four lines"))
    }

    /// Reads an `HttpString`. The path is decoded and may hold line ends; the lines around it may
    /// not.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let end_of_method = text.iter().position(|&b| b == b'\n')?;
        let start_of_headers = text.iter().rposition(|&b| b == b'\n')?;
        let before_headers = text.get(..start_of_headers)?;
        let start_of_params = before_headers.iter().rposition(|&b| b == b'\n')?;
        Some(Self {
            method: String::from_utf8_lossy(text.get(..end_of_method)?).into_owned(),
            path: text.get(end_of_method + 1..start_of_params)?.to_vec(),
            params: pairs(before_headers.get(start_of_params + 1..)?),
            headers: pairs(text.get(start_of_headers + 1..)?),
        })
    }
}

fn pairs(line: &[u8]) -> Pairs {
    let mut pairs = Pairs::new();
    for piece in line.split(|&b| b == b'&').filter(|piece| !piece.is_empty()) {
        let mut halves = piece.splitn(2, |&b| b == b'=');
        let name = String::from_utf8_lossy(halves.next().unwrap_or_default()).into_owned();
        let value = percent::decode(halves.next().unwrap_or_default()).into_owned();
        pairs.entry(name).or_default().push(value);
    }
    pairs
}

/// The first difference between the text of the request as sent and another one: the text that was
/// signed, or the text that the server received.
pub(crate) fn first_difference(sent: &Text, other: &Text, side: Side) -> Option<Cause> {
    let (before, after) = match side {
        Side::Signed => (other, sent),
        Side::Received => (sent, other),
    };
    if before.method != after.method {
        let change = Change::new(before.method.as_bytes(), after.method.as_bytes());
        return Some(Cause::Method { change, side });
    }
    if before.path != after.path {
        return Some(path_difference(&before.path, &after.path, side));
    }
    pair_difference(&before.params, &after.params)
        .map(|difference| param_cause(difference, side))
        .or_else(|| {
            let difference = pair_difference(&before.headers, &after.headers)?;
            Some(header_cause(difference, side))
        })
}

/// What a text that was signed and the request part in: what is not in the request's text may be in the request.
pub(crate) fn parted(sent: &Text, signed: &Text, head: &RequestHead<'_>) -> Option<Cause> {
    Some(match first_difference(sent, signed, Side::Signed)? {
        Cause::HeaderDropped { name, .. } if head.header(name.as_bytes()).is_some() => {
            Cause::NotListed { name }
        }
        Cause::ParamDropped { name, .. } if has_param(head, &name) => Cause::NotListed { name },
        cause => cause,
    })
}

fn has_param(head: &RequestHead<'_>, wanted: &str) -> bool {
    head.params(Plus::Literal).any(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
}

fn path_difference(before: &[u8], after: &[u8], side: Side) -> Cause {
    let change = Change::new(before, after);
    match relation(before, after) {
        Relation::EncodedOnceMore => Cause::KeyEncodedTwice { change, side },
        Relation::DecodedOnceMore => Cause::KeyNotEncoded { change, side },
        Relation::PlusForSpace => Cause::PlusInPath { change, side },
        Relation::Other => Cause::Path { change, side },
    }
}

/// Where two lists of pairs part.
enum Difference {
    Added { name: String },
    Dropped { name: String },
    Changed { name: String, before: Vec<u8>, after: Vec<u8> },
}

/// Whether a server says that there was a value, and not which: an endpoint does so with secrets.
fn is_left_out(values: &[Vec<u8>]) -> bool {
    values == ["…".as_bytes()]
}

fn pair_difference(before: &Pairs, after: &Pairs) -> Option<Difference> {
    let mut names: Vec<_> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().find_map(|name| match (before.get(name), after.get(name)) {
        (None, _) => Some(Difference::Added { name: name.clone() }),
        (_, None) => Some(Difference::Dropped { name: name.clone() }),
        (Some(before), Some(after)) if before != after && !is_left_out(after) => {
            Some(Difference::Changed {
                name: name.clone(),
                before: before.join(&b", "[..]),
                after: after.join(&b", "[..]),
            })
        }
        _ => None,
    })
}

fn param_cause(difference: Difference, side: Side) -> Cause {
    match difference {
        Difference::Added { name } => Cause::ParamAdded { name, side },
        Difference::Dropped { name } if name == TOKEN_NAME => Cause::TokenMissing,
        Difference::Dropped { name } => Cause::ParamDropped { name, side },
        Difference::Changed { name, .. } if name == TOKEN_NAME => Cause::TokenDiffers,
        Difference::Changed { name, before, after } => {
            let change = Change::new(&before, &after);
            match relation(&before, &after) {
                Relation::PlusForSpace => Cause::PlusForSpace { name, change, side },
                Relation::Other => Cause::ParamChanged { name, change, side },
                _ => Cause::ParamReencoded { name, change, side },
            }
        }
    }
}

fn header_cause(difference: Difference, side: Side) -> Cause {
    match difference {
        Difference::Added { name } => Cause::HeaderAdded { name, side },
        Difference::Dropped { name } if name == TOKEN_NAME => Cause::TokenMissing,
        Difference::Dropped { name } => Cause::HeaderDropped { name, side },
        Difference::Changed { name, .. } if name == TOKEN_NAME => Cause::TokenDiffers,
        Difference::Changed { name, before, after } => {
            let change = Change::new(&before, &after);
            match relation(&before, &after) {
                _ if name == "host" && without_port(&before) == without_port(&after) => {
                    Cause::HostPort { change, side }
                }
                _ if name == "host" => Cause::Host { change, side },
                Relation::Other => Cause::HeaderChanged { name, change, side },
                _ => Cause::HeaderReencoded { name, change, side },
            }
        }
    }
}

/// How one value became another.
enum Relation {
    EncodedOnceMore,
    DecodedOnceMore,
    PlusForSpace,
    Other,
}

fn relation(before: &[u8], after: &[u8]) -> Relation {
    let spaced = |text: &[u8]| -> Vec<u8> {
        text.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect()
    };
    if *percent::decode(after) == *before {
        Relation::EncodedOnceMore
    } else if *percent::decode(before) == *after {
        Relation::DecodedOnceMore
    } else if spaced(before) == spaced(after) {
        Relation::PlusForSpace
    } else {
        Relation::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_hold_line_ends() {
        let text = Text::parse(b"get\n/a\nb\n\nhost=h\n").unwrap();
        assert_eq!(text.path, b"/a\nb");
        assert_eq!(text.headers.keys().collect::<Vec<_>>(), ["host"]);
        assert!(text.params.is_empty());
    }

    #[test]
    fn what_is_no_http_string_is_not_read() {
        for text in [&b""[..], b"get", b"get\n/a\n"] {
            assert_eq!(Text::parse(text), None);
        }
    }

    #[test]
    fn a_value_that_the_server_leaves_out_parts_nowhere() {
        let sent = Text::parse(b"get\n/a\n\nhost=h&x-cos-security-token=t\n").unwrap();
        let told = |token: &str| {
            let text = format!("get\n/a\n\nhost=h&x-cos-security-token={token}\n");
            first_difference(&sent, &Text::parse(text.as_bytes()).unwrap(), Side::Received)
        };
        assert_eq!(told("…"), None);
        assert!(told("other").is_some());
    }

    #[test]
    fn equal_texts_part_nowhere() {
        let text = Text::parse(b"get\n/a\nacl=\nhost=h\n").unwrap();
        assert_eq!(first_difference(&text, &text, Side::Signed), None);
    }
}
