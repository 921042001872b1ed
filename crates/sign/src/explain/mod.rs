//! Why a request was refused: which stage parts first, and what to do about it.
//!
//! `SignatureDoesNotMatch` says that two parties did not hash the same text, or not with the same
//! key. This module finds the place. It compares the request as it is sent with whatever else is
//! known: the request as it was signed, the text that the server says it saw, the SecretKey. With
//! the SecretKey it goes backwards, too: it tries the changes that are known to happen on the way
//! (and every change of one character) until the signature fits.
//!
//! Nothing secret comes out: no key, no token, no expected signature. [`Cause`] lists what can be
//! found.

mod cause;
mod compare;
mod search;
mod stage;

pub use cause::{Cause, Change, Side};
pub use stage::{Stage, Verdict};

use crate::TOKEN_NAME;
use crate::claim::{Claim, ClaimError};
use crate::head::RequestHead;
use crate::secret::Credentials;
use crate::signing::SigningKey;
use crate::verify::{Acceptance, CLOCK_SKEW_SECONDS, Parts, Refusal, Verified};
use compare::Text;

/// What is known of a refused request. Only [`head`](Self::head) is needed.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The request as it is sent.
    pub head: RequestHead<'a>,
    /// The credentials of whoever asks.
    pub credentials: Option<&'a Credentials>,
    /// What the server answered.
    pub server: Option<&'a ServerView>,
    /// The request as it was when it was signed.
    pub original: Option<RequestHead<'a>>,
    /// The time of whoever asks, Unix seconds.
    pub now: Option<i64>,
    /// Hosts that the request may have been signed for, beside the one it is sent to.
    pub other_hosts: &'a [String],
    /// Whether the host is known to be a CDN domain.
    pub is_cdn: bool,
}

impl<'a> Evidence<'a> {
    /// Nothing but the request.
    pub const fn new(head: RequestHead<'a>) -> Self {
        Self {
            head,
            credentials: None,
            server: None,
            original: None,
            now: None,
            other_hosts: &[],
            is_cdn: false,
        }
    }
}

/// What a server's error document says (COS document 436/7730).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerView {
    /// `Code`, such as `SignatureDoesNotMatch`.
    pub code: String,
    /// `Message`.
    pub message: String,
    /// `StringToSign` as the server made it.
    pub string_to_sign: Option<String>,
    /// `FormatString`, the `HttpString` as the server made it.
    pub format_string: Option<Vec<u8>>,
    /// `ServerTime`, Unix seconds.
    pub server_time: Option<i64>,
}

/// The finding: the stages side by side, and the cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    stages: Vec<Stage>,
    cause: Cause,
}

impl Explanation {
    /// The first thing that is wrong.
    pub const fn cause(&self) -> &Cause {
        &self.cause
    }

    /// What was compared, in the order in which it is hashed.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }
}

/// Finds out why a request is refused, or that it is not.
///
/// ```
/// use cospass_sign::RequestHead;
/// use cospass_sign::explain::{Evidence, explain};
///
/// let query = "q-sign-algorithm=sha1&q-ak=AKID&q-sign-time=1;2&q-key-time=1;2&q-header-list=\
///     &q-url-param-list=acl&q-signature=0123456789abcdef0123456789abcdef01234567";
/// let head = RequestHead::new("GET", b"/k", Some(query.as_bytes()), &[]);
/// let explanation = explain(&Evidence { now: Some(2), ..Evidence::new(head) });
/// assert_eq!(explanation.cause().id(), "param-not-sent");
/// assert!(explanation.cause().to_string().contains("acl"));
/// ```
pub fn explain(evidence: &Evidence<'_>) -> Explanation {
    let claim = match Claim::read(&evidence.head) {
        Ok(claim) => claim,
        Err(error) => {
            return Explanation { stages: Vec::new(), cause: unreadable(evidence, error) };
        }
    };
    let finding = Inquiry { evidence, claim: &claim }.find();
    let stages = stage::stages(evidence, &claim, &finding);
    Explanation { stages, cause: finding.cause }
}

/// A cause and, where it is known, the text that was signed instead.
struct Finding {
    cause: Cause,
    signed: Option<Text>,
}

impl From<Cause> for Finding {
    fn from(cause: Cause) -> Self {
        Self { cause, signed: None }
    }
}

fn unreadable(evidence: &Evidence<'_>, error: ClaimError) -> Cause {
    // A `?` that was not encoded in the key ends the path, so that the signature's first field has
    // the rest of the key before it (.NET SDK).
    let query = evidence.head.query().unwrap_or_default();
    let cut = [&b"?q-"[..], b"?sign="]
        .iter()
        .any(|mark| query.windows(mark.len()).any(|window| window == *mark));
    if cut { Cause::KeyCut } else { Cause::Claim(error) }
}

/// One request under examination.
struct Inquiry<'e, 'a> {
    evidence: &'e Evidence<'a>,
    claim: &'e Claim<'a>,
}

impl<'a> Inquiry<'_, 'a> {
    /// A CDN domain is the cause wherever nothing nearer than the host is: no signature holds there,
    /// not even one that is made for it.
    fn find(&self) -> Finding {
        let Finding { cause, signed } = self.find_on_any_domain();
        let cause = match cause {
            Cause::Accepted { .. }
            | Cause::Host { .. }
            | Cause::WrongSecretKey { .. }
            | Cause::SecretKeyOrSignedValue { .. }
            | Cause::Server { .. }
            | Cause::Unverified
                if self.evidence.is_cdn =>
            {
                Cause::CdnDomain { host: self.host() }
            }
            cause => cause,
        };
        Finding { cause, signed }
    }

    fn find_on_any_domain(&self) -> Finding {
        if let Some(cause) = self.wrong_time().or_else(|| self.wrong_token()) {
            return cause.into();
        }
        if let Some(finding) = self.parted_from_original() {
            return finding;
        }
        if let Some(cause) = self.not_sent() {
            return cause.into();
        }
        let credentials = self.evidence.credentials;
        match credentials.filter(|c| c.secret_id().as_str() == self.claim.secret_id()) {
            Some(credentials) => self.with_secret(credentials),
            None => self.without_secret(credentials),
        }
    }

    fn wrong_time(&self) -> Option<Cause> {
        let (sign_time, key_time, _) = self.claim.authorization().times()?;
        let server_time = self.evidence.server.and_then(|server| server.server_time);
        let now = server_time.or(self.evidence.now)?;
        for (field, time) in [("q-sign-time", sign_time), ("q-key-time", key_time)] {
            let expired = now > time.end();
            let early = time.start() > now.saturating_add(CLOCK_SKEW_SECONDS);
            if !expired && !early {
                continue;
            }
            let here = self.evidence.now.filter(|_| server_time.is_some());
            return Some(match here {
                // It holds by the local clock and not by the server's: the clocks differ.
                Some(local) if (time.start()..=time.end()).contains(&local) => {
                    Cause::Clock { seconds: local.saturating_sub(now) }
                }
                _ if expired => Cause::Expired { field, end: time.end(), now },
                _ => Cause::NotYetValid { field, start: time.start(), now },
            });
        }
        None
    }

    fn wrong_token(&self) -> Option<Cause> {
        let credentials = self.evidence.credentials?;
        let token = credentials.token()?;
        if credentials.secret_id().as_str() != self.claim.secret_id() {
            return None;
        }
        match (self.claim.has_token(), self.claim.carries_token(token)) {
            (false, _) => Some(Cause::TokenMissing),
            (true, false) => Some(Cause::TokenDiffers),
            (true, true) => None,
        }
    }

    fn parted_from_original(&self) -> Option<Finding> {
        let original = self.evidence.original?;
        let claim = Claim::read(&original).ok()?;
        let signed = Text::of(&Parts::of(&claim, &original));
        let cause = changed_field(self.claim, &claim)
            .or_else(|| compare::first_difference(&self.sent(), &signed, Side::Signed))
            .or_else(|| {
                let same =
                    self.claim.authorization().signature() == claim.authorization().signature();
                (!same).then_some(Cause::SignatureChanged)
            });
        cause.map(|cause| Finding { cause, signed: Some(signed) })
    }

    fn not_sent(&self) -> Option<Cause> {
        match self.claim.not_sent(&self.evidence.head)? {
            Refusal::HeaderMissing { name } | Refusal::ParamMissing { name }
                if name == TOKEN_NAME =>
            {
                Some(Cause::TokenMissing)
            }
            Refusal::HeaderMissing { name } => Some(Cause::HeaderNotSent { name }),
            Refusal::ParamMissing { name } => Some(Cause::ParamNotSent { name }),
            _ => None,
        }
    }

    fn with_secret(&self, credentials: &Credentials) -> Finding {
        let authorization = self.claim.authorization();
        let key = SigningKey::derive(credentials.secret_key(), authorization.key_time());
        let verdict =
            self.claim.find_convention(&self.evidence.head, &key, Acceptance::Service, false);
        match verdict {
            Ok(verified) => self.holds_here(verified),
            Err(Refusal::SignatureMismatch | Refusal::HeaderMissing { .. }) => {
                search::signed_text(self.evidence, self.claim, credentials)
                    .unwrap_or_else(|| self.unexplained().into())
            }
            Err(_) => self.unexplained().into(),
        }
    }

    /// The signature is right for what is sent; what did the server see?
    fn holds_here(&self, verified: Verified) -> Finding {
        let accepted = Cause::Accepted { convention: verified.convention() };
        let Some(server) = self.evidence.server else { return accepted.into() };
        if let Some(finding) = self.parted_from_server(server) {
            return finding;
        }
        let cause = match server.code.as_str() {
            "SignatureDoesNotMatch" if !verified.convention().is_canonical() => {
                Cause::Convention { convention: verified.convention() }
            }
            _ => Cause::Server { code: server.code.clone(), message: server.message.clone() },
        };
        cause.into()
    }

    fn without_secret(&self, credentials: Option<&Credentials>) -> Finding {
        if let Some(server) = self.evidence.server {
            if let Some(finding) = self.parted_from_server(server) {
                return finding;
            }
            if server.code != "SignatureDoesNotMatch" {
                let (code, message) = (server.code.clone(), server.message.clone());
                return Cause::Server { code, message }.into();
            }
        }
        match credentials {
            Some(credentials) => Cause::OtherSecretId {
                claimed: self.claim.secret_id().to_owned(),
                given: credentials.secret_id().to_string(),
            },
            None if self.server_agrees() => self.wrong_secret_key(),
            None => Cause::Unverified,
        }
        .into()
    }

    fn parted_from_server(&self, server: &ServerView) -> Option<Finding> {
        let received = Text::parse(server.format_string.as_deref()?)?;
        let cause = compare::first_difference(&self.sent(), &received, Side::Received)?;
        Some(Finding { cause, signed: Some(received) })
    }

    fn unexplained(&self) -> Cause {
        if let Some(finding) =
            self.evidence.server.and_then(|server| self.parted_from_server(server))
        {
            return finding.cause;
        }
        if self.server_agrees() || self.evidence.original.is_some() {
            return self.wrong_secret_key();
        }
        let names = |list: &mut dyn Iterator<Item = &str>| list.map(str::to_owned).collect();
        Cause::SecretKeyOrSignedValue {
            params: names(&mut self.claim.signed_params()),
            headers: names(&mut self.claim.signed_headers()),
        }
    }

    /// Called once nothing parts from the original, if there is one.
    fn wrong_secret_key(&self) -> Cause {
        Cause::WrongSecretKey { unless_changed: self.evidence.original.is_none() }
    }

    /// Whether the server is known to have seen the text that is sent.
    fn server_agrees(&self) -> bool {
        let server = self.evidence.server.and_then(|s| Text::parse(s.format_string.as_deref()?));
        server.is_some_and(|text| {
            compare::first_difference(&self.sent(), &text, Side::Received).is_none()
        })
    }

    fn sent(&self) -> Text {
        Text::of(&Parts::of(self.claim, &self.evidence.head))
    }

    fn host(&self) -> String {
        String::from_utf8_lossy(self.evidence.head.header(b"host").unwrap_or_default()).into_owned()
    }
}

fn changed_field(sent: &Claim<'_>, signed: &Claim<'_>) -> Option<Cause> {
    let (sent, signed) = (sent.authorization(), signed.authorization());
    let fields = [
        ("q-ak", sent.secret_id(), signed.secret_id()),
        ("q-sign-time", sent.sign_time(), signed.sign_time()),
        ("q-key-time", sent.key_time(), signed.key_time()),
        ("q-header-list", sent.header_list(), signed.header_list()),
        ("q-url-param-list", sent.param_list(), signed.param_list()),
    ];
    let changed = fields.into_iter().find(|(_, sent, signed)| sent != signed);
    changed.map(|(field, sent, signed)| Cause::FieldChanged {
        field,
        sent: sent.to_owned(),
        signed: signed.to_owned(),
    })
}
