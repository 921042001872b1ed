//! The ways in which a request can be read, each a text that may have been signed.
//!
//! Which deviations from the rule a request could need is seen from the request itself: only a query with a `+` can mean
//! it literally, only a host with a port can have been signed without it. So the ordinary request has one reading, and no
//! request has more than [`MOST_ATTEMPTS`] for each way to read its `+`.

use std::borrow::Cow;

use crate::canonical::{Canonical, Form, NameForm, Order};
use crate::claim::{Claim, entries};
use crate::convention::{Convention, Deviation};
use crate::head::{Parameter, RequestHead};
use crate::percent::{self, Plus};
use crate::refusal::Refusal;
use crate::secret::TOKEN_NAME;
use crate::selection::{Duplicates, Selection, lower_case};
use crate::sets::has_upper_case_or_colon;
use crate::verify::Acceptance;

/// How many readings of one request are tried at most.
const MOST_ATTEMPTS: usize = 128;

/// The ways to read a `+` in the query.
pub(crate) fn readings_of_plus(head: &RequestHead<'_>) -> impl Iterator<Item = Plus> + use<> {
    let ambiguous = head.query().is_some_and(|query| query.contains(&b'+'));
    [Plus::Space, Plus::Literal].into_iter().take(if ambiguous { 2 } else { 1 })
}

/// Whether some SDK would have signed another form of that host.
pub(crate) fn could_be_signed_by_another_host(host: &[u8]) -> bool {
    has_upper_case_or_colon(host)
}

/// Whether some SDK that is accepted would have signed another form of that path.
pub(crate) fn could_be_signed_by_another_path(path: &[u8], acceptance: Acceptance) -> bool {
    let another_path = acceptance != Acceptance::Service;
    path == b"/" || (another_path && (path.contains(&b'%') || path.contains(&b'+')))
}

/// What a signature covers of a request: decoded values, the listed names alone.
#[derive(Clone, Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) method: Cow<'a, str>,
    pub(crate) path: Cow<'a, [u8]>,
    pub(crate) params: Vec<Parameter<'a>>,
    pub(crate) headers: Vec<Parameter<'a>>,
}

impl<'a> Parts<'a> {
    /// What the claim's lists select, by the rule.
    pub(crate) fn of(claim: &Claim<'a>, head: &RequestHead<'a>) -> Self {
        Reading::of(claim, head, Plus::Space).parts(&Attempt::RULE)
    }

    /// The readings of the host and of a `+` in the query that a signer may have had, the rule's
    /// first.
    pub(crate) fn readings(claim: &Claim<'a>, head: &RequestHead<'a>) -> Vec<Self> {
        let mut readings = Vec::new();
        for plus in readings_of_plus(head) {
            let reading = Reading::of(claim, head, plus);
            let host = reading.headers.value_of(b"host").unwrap_or_default();
            let hosts = std::iter::once(HostForm::AsSent).chain(HostForm::deviating(host));
            readings.extend(hosts.map(|host| reading.parts(&Attempt { host, ..Attempt::RULE })));
        }
        readings
    }

    pub(crate) fn write(&self, form: Form, canonical: &mut Canonical) {
        canonical.write_in(form, &self.method, &self.path, &self.params, &self.headers);
    }
}

/// A request read in one way: which of its parameters and headers the signature lists.
pub(crate) struct Reading<'a> {
    head: RequestHead<'a>,
    params: Selection<'a>,
    headers: Selection<'a>,
    /// What reading it so needs, whatever is tried on top.
    pub(crate) convention: Convention,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(claim: &Claim<'a>, head: &RequestHead<'a>, plus: Plus) -> Self {
        let listed_params = entries_of(claim.authorization().param_list());
        let listed_headers = entries_of(claim.authorization().header_list());
        let params = Selection::of(head.params(plus), listed_params);
        let mut convention = Convention::CANONICAL;
        if plus == Plus::Literal {
            convention = convention.with(Deviation::LiteralPlus);
        }
        let mut stand_ins: Vec<Parameter<'a>> = Vec::new();
        for (deviation, name, value) in Self::stand_ins(claim, plus) {
            let listed = listed_headers.iter().any(|entry| **entry == *name.as_bytes());
            if listed && head.header(name.as_bytes()).is_none() {
                stand_ins.push((Cow::Borrowed(name.as_bytes()), value));
                convention = convention.with(deviation);
            }
        }
        let sent = head.headers().iter().map(|&(n, v)| (Cow::Borrowed(n), Cow::Borrowed(v)));
        let headers = Selection::of(sent.chain(stand_ins), listed_headers);
        if params.by_decoded_entry() || headers.by_decoded_entry() {
            convention = convention.with(Deviation::DecodedList);
        }
        Self { head: *head, params, headers, convention }
    }

    /// The headers that may be listed and absent, with the value that stands in for them.
    fn stand_ins(
        claim: &Claim<'a>,
        plus: Plus,
    ) -> impl Iterator<Item = (Deviation, &'static str, Cow<'a, [u8]>)> {
        let length = (Deviation::AbsentContentLength, "content-length", Cow::Borrowed(&b"0"[..]));
        let token = claim.query_token().map(|raw| {
            let value = percent::decode_query(raw, plus);
            (Deviation::TokenFromQuery, TOKEN_NAME, value)
        });
        std::iter::once(length).chain(token)
    }

    pub(crate) fn missing(&self) -> Option<Refusal> {
        let header = self.headers.missing().map(|n| Refusal::HeaderMissing { name: n.to_owned() });
        header
            .or_else(|| self.params.missing().map(|n| Refusal::ParamMissing { name: n.to_owned() }))
    }

    pub(crate) fn write(&self, attempt: &Attempt, canonical: &mut Canonical) {
        self.parts(attempt).write(attempt.form, canonical);
    }

    fn parts(&self, attempt: &Attempt) -> Parts<'a> {
        let mut headers = self.headers.pairs(attempt.duplicates);
        for (name, value) in &mut headers {
            if attempt.trimmed {
                *value = Cow::Owned(value.trim_ascii().to_vec());
            }
            if name.eq_ignore_ascii_case(b"host") {
                *value = attempt.host.of(std::mem::take(value));
            }
        }
        Parts {
            method: Cow::Borrowed(self.head.method()),
            path: attempt.path.of(&self.head),
            params: self.params.pairs(attempt.duplicates),
            headers,
        }
    }

    /// The readings worth trying for this request, those with the fewest deviations first: the rule
    /// alone until it has failed.
    pub(crate) fn attempts(&self, acceptance: Acceptance) -> impl Iterator<Item = Attempt> {
        let deviating = std::iter::once_with(move || self.deviating_attempts(acceptance));
        std::iter::once(Attempt::RULE).chain(deviating.flatten())
    }

    fn deviating_attempts(&self, acceptance: Acceptance) -> impl Iterator<Item = Attempt> + use<> {
        let mut attempts = vec![Attempt::RULE];
        let mut vary = |apply: &dyn Fn(&Attempt, &mut Vec<Attempt>)| {
            for attempt in attempts.clone() {
                apply(&attempt, &mut attempts);
            }
        };
        if self.params.has_reserved_name() || self.headers.has_reserved_name() {
            vary(&|base, out| out.extend(Form::DEVIATING.map(|form| Attempt { form, ..*base })));
        }
        if let Some(host) = self.headers.value_of(b"host") {
            let forms = HostForm::deviating(host);
            vary(&|base, out| out.extend(forms.iter().map(|&host| Attempt { host, ..*base })));
        }
        if self.params.has_duplicates() || self.headers.has_duplicates() {
            vary(&|base, out| {
                out.extend(Duplicates::DEVIATING.map(|duplicates| Attempt { duplicates, ..*base }));
            });
        }
        let forms = PathForm::deviating(self.head.path(), acceptance);
        if !forms.is_empty() {
            vary(&|base, out| out.extend(forms.iter().map(|&path| Attempt { path, ..*base })));
        }
        if self.headers.has_padded_value() {
            vary(&|base, out| out.push(Attempt { trimmed: true, ..*base }));
        }
        attempts.sort_by_key(|attempt| attempt.convention().count());
        attempts.truncate(MOST_ATTEMPTS);
        // The rule has no deviation.
        attempts.into_iter().skip(1)
    }
}

fn entries_of(list: &str) -> Vec<Cow<'_, [u8]>> {
    entries(list).map(|entry| lower_case(entry.as_bytes())).collect()
}

impl Form {
    const DEVIATING: [Self; 5] = [
        Self { names: NameForm::EncodedLower, order: Order::Raw },
        Self { names: NameForm::LowerEncoded, order: Order::Encoded },
        Self { names: NameForm::LowerEncoded, order: Order::Raw },
        Self { names: NameForm::Unencoded, order: Order::Encoded },
        Self { names: NameForm::Unencoded, order: Order::Raw },
    ];
}

/// One way to write a request, each field the rule or a deviation.
#[derive(Clone, Copy)]
pub(crate) struct Attempt {
    form: Form,
    host: HostForm,
    duplicates: Duplicates,
    path: PathForm,
    trimmed: bool,
}

impl Attempt {
    pub(crate) const RULE: Self = Self {
        form: Form::RULE,
        host: HostForm::AsSent,
        duplicates: Duplicates::AsListed,
        path: PathForm::Decoded,
        trimmed: false,
    };

    pub(crate) fn convention(&self) -> Convention {
        let names = match self.form.names {
            NameForm::EncodedLower => None,
            NameForm::LowerEncoded => Some(Deviation::UpperHexNames),
            NameForm::Unencoded => Some(Deviation::UnencodedNames),
        };
        let order = (self.form.order == Order::Raw).then_some(Deviation::RawKeyOrder);
        let trimmed = self.trimmed.then_some(Deviation::TrimmedHeader);
        let all = [
            names,
            order,
            self.host.deviation(),
            self.duplicates.deviation(),
            self.path.deviation(),
            trimmed,
        ];
        all.into_iter().flatten().fold(Convention::CANONICAL, Convention::with)
    }
}

/// How the host was signed (D6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HostForm {
    AsSent,
    LowerCase,
    WithoutPort,
}

impl HostForm {
    fn deviating(host: &[u8]) -> Vec<Self> {
        let lower = host.iter().any(u8::is_ascii_uppercase).then_some(Self::LowerCase);
        let port = (without_port(host).len() < host.len()).then_some(Self::WithoutPort);
        lower.into_iter().chain(port).collect()
    }

    const fn deviation(self) -> Option<Deviation> {
        match self {
            Self::AsSent => None,
            Self::LowerCase => Some(Deviation::LowerCaseHost),
            Self::WithoutPort => Some(Deviation::HostWithoutPort),
        }
    }

    fn of(self, host: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
        match self {
            Self::AsSent => host,
            Self::LowerCase => Cow::Owned(host.to_ascii_lowercase()),
            Self::WithoutPort => Cow::Owned(python_hostname(&host).to_ascii_lowercase()),
        }
    }
}

/// `host` without `:port`.
pub(crate) fn without_port(host: &[u8]) -> &[u8] {
    match host.iter().rposition(|&b| b == b':') {
        Some(colon) if host.get(colon + 1..).is_some_and(|p| p.iter().all(u8::is_ascii_digit)) => {
            host.get(..colon).unwrap_or_default()
        }
        _ => host,
    }
}

/// The host as Python's `urlparse().hostname` gives it: no port, no brackets around IPv6.
fn python_hostname(host: &[u8]) -> &[u8] {
    let host = without_port(host);
    host.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]")).unwrap_or(host)
}

/// How the path was signed (D8, D18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PathForm {
    Decoded,
    AsSent,
    PlusAsSpace,
    Empty,
}

impl PathForm {
    fn deviating(path: &[u8], acceptance: Acceptance) -> Vec<Self> {
        let another_path = acceptance != Acceptance::Service;
        let encoded = (another_path && percent::has_escape(path)).then_some(Self::AsSent);
        let plus = (another_path && path.contains(&b'+')).then_some(Self::PlusAsSpace);
        let empty = (path == b"/").then_some(Self::Empty);
        encoded.into_iter().chain(plus).chain(empty).collect()
    }

    const fn deviation(self) -> Option<Deviation> {
        match self {
            Self::Decoded => None,
            Self::AsSent => Some(Deviation::EncodedPath),
            Self::PlusAsSpace => Some(Deviation::PathPlusAsSpace),
            Self::Empty => Some(Deviation::EmptyPath),
        }
    }

    fn of<'a>(self, head: &RequestHead<'a>) -> Cow<'a, [u8]> {
        match self {
            Self::Decoded => head.decoded_path(),
            Self::AsSent => Cow::Borrowed(head.path()),
            Self::PlusAsSpace => percent::decode_query(head.path(), Plus::Space),
            Self::Empty => Cow::Borrowed(b""),
        }
    }
}
