//! Verification: the canonical rule first, then each convention of the official SDKs.
//!
//! Which deviations a request could need is known from the request itself (only a query with a `+`
//! can mean it literally), so that the ordinary request costs one attempt and no request costs more
//! than [`MOST_ATTEMPTS`]. Whoever forges a signature must still guess 160 bits: each attempt
//! compares the signature of *this* request under another reading of it.

use std::borrow::Cow;
use std::fmt;

use crate::canonical::{Canonical, Form, NameForm, Order};
use crate::claim::{Claim, entries};
use crate::convention::{Convention, Deviation};
use crate::head::{Parameter, RequestHead};
use crate::percent::{self, Plus};
use crate::secret::{SecretKey, TOKEN_NAME};
use crate::selection::{Duplicates, Missing, Selection, lower_case};
use crate::signing::SigningKey;

/// By how many seconds a signature may lie in the future: the service tolerates clocks that are up
/// to 15 minutes off (COS document 436/7730, `RequestTimeTooSkewed`).
pub const CLOCK_SKEW_SECONDS: i64 = 900;

/// How many readings of one request are tried at most.
const MOST_ATTEMPTS: usize = 128;

/// Which conventions are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Acceptance {
    /// The canonical rule alone.
    Strict,
    /// What the service honours: everything but the two conventions that sign another path than the
    /// one the service reads ([`Deviation::EncodedPath`], [`Deviation::PathPlusAsSpace`]). Under
    /// those a signature for one object could be sent for another.
    Service,
    /// Whatever an official SDK makes.
    #[default]
    Sdk,
}

/// A signature that holds. Nothing but [`Claim::verify`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    convention: Convention,
    plus: Plus,
}

impl Verified {
    /// The convention by which it holds.
    pub fn convention(&self) -> Convention {
        self.convention
    }

    /// How the signer meant a `+` in the query: whoever acts on the parameters must read them so.
    pub fn plus(&self) -> Plus {
        self.plus
    }
}

impl Claim<'_> {
    /// Verifies the claim against the request it was read from.
    ///
    /// `secret_key` is the secret of [`Claim::secret_id`], or `None` if the caller knows no such
    /// SecretId: the same work is done then, so that the time it takes tells nothing. `now` is in
    /// Unix seconds. Neither time range needs to lie within the other; each is checked by itself.
    ///
    /// # Errors
    /// The first cause in the order in which the service checks: SecretId, time, signature.
    ///
    /// ```
    /// use cospass_sign::{Acceptance, Authorization, Canonical, Claim, RequestHead};
    /// use cospass_sign::{SecretKey, SigningKey};
    ///
    /// let secret = SecretKey::new("secret");
    /// let mut canonical = Canonical::new();
    /// canonical.write::<&str, &str, _, _>("GET", b"/k", &[], &[("host", "h")]);
    /// let signature = SigningKey::derive(&secret, "0;300").sign("0;300", &canonical);
    /// let mut text = String::new();
    /// Authorization::new("AKID", "0;300", "host", "", signature).write_header(&mut text);
    ///
    /// let headers = [(&b"host"[..], &b"h"[..]), (b"authorization", text.as_bytes())];
    /// let head = RequestHead::new("GET", b"/k", None, &headers);
    /// let claim = Claim::read(&head)?;
    /// assert!(claim.verify(&head, Some(&secret), 300, Acceptance::Strict).is_ok());
    /// let refused = claim.verify(&head, Some(&secret), 301, Acceptance::Strict);
    /// assert_eq!(refused.unwrap_err().cause(), "expired");
    /// # Ok::<(), cospass_sign::ClaimError>(())
    /// ```
    pub fn verify(
        &self,
        head: &RequestHead<'_>,
        secret_key: Option<&SecretKey>,
        now: i64,
        acceptance: Acceptance,
    ) -> Result<Verified, Refusal> {
        let verdict = self.check_times(now).and_then(|fractional| {
            let nobody = SecretKey::new("");
            let key =
                SigningKey::derive(secret_key.unwrap_or(&nobody), self.authorization.key_time());
            let verified = self.find_convention(head, &key, acceptance, fractional)?;
            match acceptance {
                Acceptance::Strict if !verified.convention.is_canonical() => {
                    Err(Refusal::NotCanonical { convention: verified.convention })
                }
                _ => Ok(verified),
            }
        });
        if secret_key.is_some() { verdict } else { Err(Refusal::UnknownSecretId) }
    }

    /// The canonical text of this request as a verifier sees it, with the names that it lists and
    /// has: what the service prints beside `SignatureDoesNotMatch`. It holds no secret.
    pub fn canonical_view(&self, head: &RequestHead<'_>) -> CanonicalView {
        let mut canonical = Canonical::new();
        let reading = Reading::of(self, head, Plus::Space);
        reading.write(&Attempt::RULE, &mut canonical);
        let mut string_to_sign = String::new();
        canonical.write_string_to_sign(self.authorization.sign_time(), &mut string_to_sign);
        CanonicalView { string_to_sign, format_string: canonical.http_string().to_vec() }
    }

    /// The first name that is listed and not sent, however a `+` is read.
    pub(crate) fn not_sent(&self, head: &RequestHead<'_>) -> Option<Refusal> {
        let mut readings =
            readings_of_plus(head).map(|plus| Reading::of(self, head, plus).missing());
        let first = readings.next()??;
        readings.all(|missing| missing.is_some()).then_some(first)
    }

    /// Whether the times hold; the answer says whether one has a fraction.
    fn check_times(&self, now: i64) -> Result<bool, Refusal> {
        let (sign_time, key_time, fractional) = self.authorization.times().unwrap_or_else(|| {
            unreachable!("an Authorization is made with times that were parsed")
        });
        for (field, time) in [("q-sign-time", sign_time), ("q-key-time", key_time)] {
            if now > time.end() {
                return Err(Refusal::Expired { field, end: time.end(), now });
            }
            if time.start() > now.saturating_add(CLOCK_SKEW_SECONDS) {
                return Err(Refusal::NotYetValid { field, start: time.start(), now });
            }
        }
        Ok(fractional)
    }

    pub(crate) fn find_convention(
        &self,
        head: &RequestHead<'_>,
        key: &SigningKey,
        acceptance: Acceptance,
        fractional: bool,
    ) -> Result<Verified, Refusal> {
        let mut canonical = Canonical::new();
        let mut first_refusal = None;
        for plus in readings_of_plus(head) {
            let reading = Reading::of(self, head, plus);
            if let Some(missing) = reading.missing() {
                first_refusal.get_or_insert(missing);
                continue;
            }
            first_refusal.get_or_insert(Refusal::SignatureMismatch);
            for attempt in reading.attempts(acceptance) {
                reading.write(&attempt, &mut canonical);
                let expected = key.sign(self.authorization.sign_time(), &canonical);
                if expected == *self.authorization.signature() {
                    let mut convention = reading.convention.and(attempt.convention());
                    if fractional {
                        convention = convention.with(Deviation::FractionalTime);
                    }
                    return Ok(Verified { convention, plus });
                }
            }
        }
        Err(first_refusal.unwrap_or(Refusal::SignatureMismatch))
    }
}

fn readings_of_plus(head: &RequestHead<'_>) -> impl Iterator<Item = Plus> + use<> {
    let ambiguous = head.query().is_some_and(|query| query.contains(&b'+'));
    [Plus::Space, Plus::Literal].into_iter().take(if ambiguous { 2 } else { 1 })
}

/// The canonical text of a request, as a verifier makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalView {
    string_to_sign: String,
    format_string: Vec<u8>,
}

impl CanonicalView {
    /// `StringToSign`: `sha1`, the sign time and the hash of the `FormatString`, a line each.
    pub fn string_to_sign(&self) -> &str {
        &self.string_to_sign
    }

    /// `FormatString`, the `HttpString` of the documentation. Raw bytes: the path is decoded.
    pub fn format_string(&self) -> &[u8] {
        &self.format_string
    }
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
struct Reading<'a> {
    head: RequestHead<'a>,
    params: Selection<'a>,
    headers: Selection<'a>,
    convention: Convention,
}

impl<'a> Reading<'a> {
    fn of(claim: &Claim<'a>, head: &RequestHead<'a>, plus: Plus) -> Self {
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

    fn missing(&self) -> Option<Refusal> {
        let header = self.headers.missing().map(|Missing { name }| Refusal::HeaderMissing { name });
        header.or_else(|| {
            self.params.missing().map(|Missing { name }| Refusal::ParamMissing { name })
        })
    }

    fn write(&self, attempt: &Attempt, canonical: &mut Canonical) {
        self.parts(attempt).write(attempt.form, canonical);
    }

    fn parts(&self, attempt: &Attempt) -> Parts<'a> {
        let mut headers = self.headers.pairs(attempt.duplicates);
        for (name, value) in &mut headers {
            if attempt.trimmed {
                *value = Cow::Owned(value.trim_ascii().to_vec());
            }
            if attempt.host != HostForm::AsSent && name.eq_ignore_ascii_case(b"host") {
                *value = attempt.host.of(value);
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
    fn attempts(&self, acceptance: Acceptance) -> impl Iterator<Item = Attempt> {
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
struct Attempt {
    form: Form,
    host: HostForm,
    duplicates: Duplicates,
    path: PathForm,
    trimmed: bool,
}

impl Attempt {
    const RULE: Self = Self {
        form: Form::RULE,
        host: HostForm::AsSent,
        duplicates: Duplicates::AsListed,
        path: PathForm::Decoded,
        trimmed: false,
    };

    fn convention(&self) -> Convention {
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

    fn of<'v>(self, host: &[u8]) -> Cow<'v, [u8]> {
        Cow::Owned(match self {
            Self::AsSent => host.to_vec(),
            Self::LowerCase => host.to_ascii_lowercase(),
            Self::WithoutPort => python_hostname(host).to_ascii_lowercase(),
        })
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

/// Why a signature does not hold: one cause each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The verifier knows no such SecretId.
    UnknownSecretId,
    /// `now` lies after the end of a time range.
    Expired {
        /// `q-sign-time` or `q-key-time`.
        field: &'static str,
        /// Its end, Unix seconds.
        end: i64,
        /// The verifier's time, Unix seconds.
        now: i64,
    },
    /// A time range starts more than [`CLOCK_SKEW_SECONDS`] after `now`.
    NotYetValid {
        /// `q-sign-time` or `q-key-time`.
        field: &'static str,
        /// Its start, Unix seconds.
        start: i64,
        /// The verifier's time, Unix seconds.
        now: i64,
    },
    /// A header that the signature lists was not sent.
    HeaderMissing {
        /// Its name as listed.
        name: String,
    },
    /// A parameter that the signature lists was not sent.
    ParamMissing {
        /// Its name as listed.
        name: String,
    },
    /// The signature is that of other text or of another SecretKey.
    SignatureMismatch,
    /// The signature holds by a deviation, and only the canonical rule is accepted.
    NotCanonical {
        /// The deviations it needs.
        convention: Convention,
    },
}

impl Refusal {
    /// The stable name of the cause.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::UnknownSecretId => "unknown-secret-id",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::HeaderMissing { .. } => "signed-header-missing",
            Self::ParamMissing { .. } => "signed-param-missing",
            Self::SignatureMismatch => "signature-mismatch",
            Self::NotCanonical { .. } => "not-canonical",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSecretId => f.write_str("the SecretId (q-ak) is not a known one"),
            Self::Expired { field, end, now } => {
                let ago = now.saturating_sub(*end);
                write!(f, "{field} ended at {end}, {ago} s before now ({now})")
            }
            Self::NotYetValid { field, start, now } => {
                let ahead = start.saturating_sub(*now);
                write!(f, "{field} starts at {start}, {ahead} s after now ({now})")
            }
            Self::HeaderMissing { name } => {
                write!(f, "the signature lists the header {name:?}, which was not sent")
            }
            Self::ParamMissing { name } => {
                write!(f, "the signature lists the parameter {name:?}, which was not sent")
            }
            Self::SignatureMismatch => {
                f.write_str("the signature is not that of this request under this SecretKey")
            }
            Self::NotCanonical { convention } => write!(
                f,
                "the signature holds only by a convention that is not accepted: {convention}"
            ),
        }
    }
}

impl std::error::Error for Refusal {}
