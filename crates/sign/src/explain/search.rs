//! Backwards from the signature: with the SecretKey at hand, the changes that happen to requests are
//! tried until one gives the signature that the request carries.
//!
//! Each try is one hash, so a few tens of thousands of them are affordable once somebody asks
//! [`explain`](super::explain()); nothing here runs when a request is verified.

use std::borrow::Cow;

use crate::TOKEN_NAME;
use crate::canonical::{Canonical, Form};
use crate::claim::Claim;
use crate::explain::compare::{self, Text};
use crate::explain::inquiry::Finding;
use crate::explain::{Cause, Evidence};
use crate::head::Parameter;
use crate::names::is_official_header;
use crate::percent::{self, Plus};
use crate::reading::{Parts, without_port};
use crate::secret::{Credentials, SecretKey};
use crate::signing::{Signature, SigningKey};

/// How many texts are hashed at most.
const MOST_TRIES: u32 = 100_000;

/// The methods that a URL may have been signed for (COS document 436/7778 and the SDKs).
const METHODS: [&str; 6] = ["GET", "PUT", "HEAD", "POST", "DELETE", "OPTIONS"];

/// Validities in seconds that people ask for, counted from 60 s after the start.
const USUAL_EXPIRES: [i64; 16] = [
    60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10_000, 21_600, 43_200, 86_400, 604_800,
    2_592_000,
];

/// The text that was signed, if a change that is known to happen leads back to it.
pub(super) fn signed_text(
    evidence: &Evidence<'_>,
    claim: &Claim<'_>,
    credentials: &Credentials,
) -> Option<Finding> {
    let authorization = claim.authorization();
    let secret_key = credentials.secret_key();
    let sign_time = authorization.sign_time();
    let mut probe = Probe {
        key: SigningKey::derive(secret_key, &authorization.key_time()),
        sign_time: &sign_time,
        signature: authorization.signature(),
        canonical: Canonical::new(),
        tries: 0,
    };
    let readings = Parts::readings(claim, &evidence.head);
    for reading in &readings {
        if let Some(cause) = changed_time(claim, reading, secret_key) {
            return Some(cause.into());
        }
    }
    let searches: [Search; 2] = [known_changes, one_character];
    for search in searches {
        for reading in &readings {
            if let Some(signed) = search(evidence, reading, &mut probe) {
                let signed = Text::of(&signed);
                let cause = compare::parted(&Text::of(reading), &signed, &evidence.head)?;
                return Some(Finding { there: Some(signed), ..cause.into() });
            }
        }
    }
    None
}

/// Looks for a text that fits, one change away from a reading of the request.
type Search = fn(&Evidence<'_>, &Parts<'_>, &mut Probe<'_>) -> Option<Parts<'static>>;

/// Compares candidates with the signature of the request.
struct Probe<'c> {
    key: SigningKey,
    sign_time: &'c str,
    signature: &'c Signature,
    canonical: Canonical,
    tries: u32,
}

impl Probe<'_> {
    fn fits(&mut self, parts: &Parts<'_>) -> bool {
        self.tries += 1;
        parts.write(Form::RULE, &mut self.canonical);
        self.key.sign(self.sign_time, &self.canonical) == *self.signature
    }

    fn is_exhausted(&self) -> bool {
        self.tries >= MOST_TRIES
    }
}

fn changed_time(claim: &Claim<'_>, reading: &Parts<'_>, secret_key: &SecretKey) -> Option<Cause> {
    let authorization = claim.authorization();
    let (sign_time, key_time) = (&*authorization.sign_time(), &*authorization.key_time());
    let mut canonical = Canonical::new();
    reading.write(Form::RULE, &mut canonical);
    let fits = |secret_key: &SecretKey, sign_time: &str, key_time: &str| {
        let key = SigningKey::derive(secret_key, key_time);
        key.sign(sign_time, &canonical) == *authorization.signature()
    };
    let trimmed = SecretKey::new(secret_key.expose().trim());
    if fits(&trimmed, sign_time, key_time) {
        return Some(Cause::SecretKeyPadded);
    }
    let changed = |field, sent: &str, signed: &str| Cause::FieldChanged {
        field,
        sent: sent.to_owned(),
        signed: signed.to_owned(),
    };
    if fits(secret_key, key_time, key_time) {
        return Some(changed("q-sign-time", sign_time, key_time));
    }
    if fits(secret_key, sign_time, sign_time) {
        return Some(changed("q-key-time", key_time, sign_time));
    }
    earlier_times(sign_time)
        .into_iter()
        .find(|time| fits(secret_key, time, time))
        .map(|time| changed("q-sign-time", sign_time, &time))
}

/// What a time may have been: one digit another, or an end that is usual.
fn earlier_times(time: &str) -> Vec<String> {
    let mut times = Vec::new();
    for (position, old) in time.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        for digit in ('0'..='9').filter(|digit| *digit != old) {
            let (before, after) = (time.get(..position), time.get(position + 1..));
            times.push(format!("{}{digit}{}", before.unwrap_or(""), after.unwrap_or("")));
        }
    }
    let start: Option<i64> = time.split(';').next().and_then(|start| start.parse().ok());
    if let Some(start) = start {
        for expires in USUAL_EXPIRES {
            for backdate in [0, 1, 60] {
                times.push(format!("{start};{}", start.saturating_add(expires + backdate)));
            }
        }
    }
    times
}

/// Tries what is known to happen to requests.
fn known_changes(
    evidence: &Evidence<'_>,
    reading: &Parts<'_>,
    probe: &mut Probe<'_>,
) -> Option<Parts<'static>> {
    let methods = METHODS.map(|method| Parts { method: method.into(), ..reading.clone() });
    let paths = earlier_paths(evidence, reading)
        .into_iter()
        .map(|path| Parts { path: path.into(), ..reading.clone() });
    let hosts = earlier_hosts(evidence, reading).into_iter().map(|host| Parts {
        headers: with_value(&reading.headers, b"host", host),
        ..reading.clone()
    });
    let params = earlier_lists(&reading.params, evidence.head.params(Plus::Space), |_| true)
        .into_iter()
        .map(|params| Parts { params, ..reading.clone() });
    let all_headers = evidence.head.headers().iter().map(|&(n, v)| (n.into(), v.into()));
    let is_official = |name: &[u8]| std::str::from_utf8(name).is_ok_and(is_official_header);
    let headers = earlier_lists(&reading.headers, all_headers, is_official)
        .into_iter()
        .map(|headers| Parts { headers, ..reading.clone() });
    methods
        .into_iter()
        .chain(paths)
        .chain(hosts)
        .chain(params)
        .chain(headers)
        .find(|parts| probe.fits(parts))
        .map(owned)
}

/// What the path may have been before it was encoded, decoded, normalised or re-rooted.
fn earlier_paths(evidence: &Evidence<'_>, reading: &Parts<'_>) -> Vec<Vec<u8>> {
    let path = &*reading.path;
    let swap = |from: u8, to: u8| -> Vec<u8> {
        path.iter().map(|&b| if b == from { to } else { b }).collect()
    };
    let trailing = [path, b"/"].concat();
    let leading = [b"/", path].concat();
    let inner = path.strip_prefix(b"/").unwrap_or(path);
    vec![
        percent::decode(path).into_owned(),
        evidence.head.path().to_vec(),
        encoded_path(path),
        swap(b'+', b' '),
        swap(b' ', b'+'),
        path.to_ascii_lowercase(),
        trailing,
        path.strip_suffix(b"/").unwrap_or(path).to_vec(),
        leading,
        inner.to_vec(),
    ]
}

fn encoded_path(path: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(path.len());
    for (position, segment) in path.split(|&b| b == b'/').enumerate() {
        if position > 0 {
            encoded.push(b'/');
        }
        percent::encode_into(&mut encoded, segment);
    }
    encoded
}

fn earlier_hosts(evidence: &Evidence<'_>, reading: &Parts<'_>) -> Vec<Vec<u8>> {
    let Some(host) = value_of(&reading.headers, b"host") else { return Vec::new() };
    let bare = without_port(host);
    let with_port = |port: &str| [bare, port.as_bytes()].concat();
    let mut hosts = vec![bare.to_vec(), with_port(":80"), with_port(":443")];
    hosts.extend(evidence.other_hosts.iter().map(|host| host.clone().into_bytes()));
    hosts
}

/// What a list may have been: one value re-encoded, emptied or otherwise worn; one pair less; one
/// pair more.
fn earlier_lists<'a>(
    listed: &[Parameter<'a>],
    sent: impl Iterator<Item = Parameter<'a>>,
    may_be_signed: impl Fn(&[u8]) -> bool,
) -> Vec<Vec<Parameter<'a>>> {
    let mut lists = Vec::new();
    for (position, (name, value)) in listed.iter().enumerate() {
        if name.eq_ignore_ascii_case(TOKEN_NAME.as_bytes()) {
            continue;
        }
        for earlier in earlier_values(value) {
            let mut list = listed.to_vec();
            if let Some(pair) = list.get_mut(position) {
                pair.1 = Cow::Owned(earlier);
            }
            lists.push(list);
        }
        let mut list = listed.to_vec();
        list.remove(position);
        lists.push(list);
    }
    for (name, value) in sent {
        let is_listed = listed.iter().any(|(n, _)| n.eq_ignore_ascii_case(&name));
        if !is_listed && may_be_signed(&name) {
            let mut list = listed.to_vec();
            list.push((name, value));
            lists.push(list);
        }
    }
    lists
}

fn earlier_values(value: &[u8]) -> Vec<Vec<u8>> {
    let swap = |from: u8, to: u8| -> Vec<u8> {
        value.iter().map(|&b| if b == from { to } else { b }).collect()
    };
    let without_charset = value.split(|&b| b == b';').next().unwrap_or_default();
    let mut encoded = Vec::new();
    percent::encode_into(&mut encoded, value);
    let mut values = vec![
        swap(b'+', b' '),
        swap(b' ', b'+'),
        percent::decode(value).into_owned(),
        percent::decode(&percent::decode(value)).into_owned(),
        encoded,
        Vec::new(),
        b"0".to_vec(),
        value.to_ascii_lowercase(),
        value.to_ascii_uppercase(),
        value.trim_ascii().to_vec(),
        [value, b" "].concat(),
        without_charset.to_vec(),
    ];
    for charset in ["; charset=utf-8", ";charset=utf-8", "; charset=UTF-8", ";charset=UTF-8"] {
        values.push([without_charset, charset.as_bytes()].concat());
    }
    values
}

/// Tries every change of one character in the path and in each signed value.
fn one_character(
    _: &Evidence<'_>,
    reading: &Parts<'_>,
    probe: &mut Probe<'_>,
) -> Option<Parts<'static>> {
    let path = edits(&reading.path, probe, |path, probe| {
        probe.fits(&Parts { path: path.to_vec().into(), ..reading.clone() })
    });
    if let Some(path) = path {
        return Some(owned(Parts { path: path.into(), ..reading.clone() }));
    }
    let lists = [&reading.params, &reading.headers];
    for (which, list) in lists.into_iter().enumerate() {
        for (name, value) in list {
            if name.eq_ignore_ascii_case(TOKEN_NAME.as_bytes()) {
                continue;
            }
            let with = |value: &[u8]| {
                let list = with_value(list, name, value.to_vec());
                match which {
                    0 => Parts { params: list, ..reading.clone() },
                    _ => Parts { headers: list, ..reading.clone() },
                }
            };
            if let Some(value) = edits(value, probe, |value, probe| probe.fits(&with(value))) {
                return Some(owned(with(&value)));
            }
        }
    }
    None
}

/// The first text one edit away from `text` that fits: a character less, another, or one more.
fn edits<'c>(
    text: &[u8],
    probe: &mut Probe<'c>,
    mut fits: impl FnMut(&[u8], &mut Probe<'c>) -> bool,
) -> Option<Vec<u8>> {
    let printable = b' '..=b'~';
    for position in 0..=text.len() {
        let (before, after) = text.split_at_checked(position)?;
        let rest = after.get(1..);
        let fewer = rest.map(|rest| [before, rest].concat());
        let others = rest
            .into_iter()
            .flat_map(|rest| printable.clone().map(move |byte| [before, &[byte], rest].concat()));
        let more = printable.clone().map(|byte| [before, &[byte], after].concat());
        for candidate in fewer.into_iter().chain(others).chain(more) {
            if probe.is_exhausted() {
                return None;
            }
            if fits(&candidate, probe) {
                return Some(candidate);
            }
        }
    }
    None
}

fn value_of<'l>(list: &'l [Parameter<'_>], name: &[u8]) -> Option<&'l [u8]> {
    list.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}

fn with_value<'a>(list: &[Parameter<'a>], name: &[u8], value: Vec<u8>) -> Vec<Parameter<'a>> {
    let replace = |(n, v): &Parameter<'a>| {
        let is_it = n.eq_ignore_ascii_case(name);
        (n.clone(), if is_it { Cow::Owned(value.clone()) } else { v.clone() })
    };
    list.iter().map(replace).collect()
}

fn owned(parts: Parts<'_>) -> Parts<'static> {
    let own = |list: Vec<Parameter<'_>>| {
        list.into_iter()
            .map(|(n, v)| (Cow::Owned(n.into_owned()), Cow::Owned(v.into_owned())))
            .collect()
    };
    Parts {
        method: Cow::Owned(parts.method.into_owned()),
        path: Cow::Owned(parts.path.into_owned()),
        params: own(parts.params),
        headers: own(parts.headers),
    }
}
