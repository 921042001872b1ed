//! The order in which a request is examined: what needs no key first, then what the SecretKey tells, then what is left.

use crate::TOKEN_NAME;
use crate::authorization::Times;
use crate::claim::Claim;
use crate::explain::compare::{self, Text};
use crate::explain::{Cause, Evidence, ServerView, Side, search};
use crate::reading::Parts;
use crate::refusal::Refusal;
use crate::secret::Credentials;
use crate::signing::SigningKey;
use crate::verify::{Acceptance, Verified};

/// A cause, and what came to light on the way to it.
pub(super) struct Finding {
    pub(super) cause: Cause,
    /// The text that was signed, or that the server received, where it is known.
    pub(super) there: Option<Text>,
    /// Whether the signature is that of what is sent, where the SecretKey could tell.
    pub(super) holds: Option<bool>,
}

impl Finding {
    fn told_by(self, secret_key_says: bool) -> Self {
        Self { holds: Some(secret_key_says), ..self }
    }
}

impl From<Cause> for Finding {
    fn from(cause: Cause) -> Self {
        Self { cause, there: None, holds: None }
    }
}

/// One request under examination.
pub(super) struct Inquiry<'e, 'a> {
    pub(super) evidence: &'e Evidence<'a>,
    pub(super) claim: &'e Claim<'a>,
}

impl<'a> Inquiry<'_, 'a> {
    /// A CDN domain is the cause wherever nothing nearer than the host is: no signature holds there,
    /// not even one that is made for it.
    pub(super) fn find(&self) -> Finding {
        let finding = self.find_on_any_domain();
        let cause = match finding.cause {
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
        Finding { cause, ..finding }
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
        let Times { sign: sign_time, key: key_time, .. } = self.claim.authorization().times()?;
        let server_time = self.evidence.server.and_then(|server| server.server_time);
        let now = server_time.or(self.evidence.now)?;
        let (field, cause) = match self.claim.check_times(now).err()? {
            Refusal::Expired { field, end, now } => (field, Cause::Expired { field, end, now }),
            Refusal::NotYetValid { field, start, now } => {
                (field, Cause::NotYetValid { field, start, now })
            }
            _ => return None,
        };
        let time = if field == "q-sign-time" { sign_time } else { key_time };
        let local = self.evidence.now.filter(|_| server_time.is_some());
        // It holds by the local clock and not by the server's: the clocks differ.
        let by_local_clock = local.filter(|local| (time.start()..=time.end()).contains(local));
        Some(
            by_local_clock
                .map_or(cause, |local| Cause::Clock { seconds: local.saturating_sub(now) }),
        )
    }

    fn wrong_token(&self) -> Option<Cause> {
        let credentials = self.evidence.credentials?;
        let token = credentials.token()?;
        if credentials.secret_id().as_str() != self.claim.secret_id() {
            return None;
        }
        match self.claim.check_token(token).err()? {
            Refusal::TokenMissing => Some(Cause::TokenMissing),
            _ => Some(Cause::TokenDiffers),
        }
    }

    fn parted_from_original(&self) -> Option<Finding> {
        let original = self.evidence.original?;
        let claim = Claim::read(&original).ok()?;
        let signed = Text::of(&Parts::of(&claim, &original));
        let cause = changed_field(self.claim, &claim)
            .or_else(|| compare::parted(&self.sent(), &signed, &self.evidence.head))
            .or_else(|| {
                let same =
                    self.claim.authorization().signature() == claim.authorization().signature();
                (!same).then_some(Cause::SignatureChanged)
            });
        cause.map(|cause| Finding { there: Some(signed), ..cause.into() })
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
        let key = SigningKey::derive(credentials.secret_key(), &authorization.key_time());
        let verdict =
            self.claim.find_convention(&self.evidence.head, &key, Acceptance::Service, false);
        match verdict {
            Ok(verified) => self.holds_here(verified).told_by(true),
            Err(_) => search::signed_text(self.evidence, self.claim, credentials)
                .unwrap_or_else(|| self.unexplained().into())
                .told_by(false),
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
        Some(Finding { there: Some(received), ..cause.into() })
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
        ("q-sign-time", &*sent.sign_time(), &*signed.sign_time()),
        ("q-key-time", &*sent.key_time(), &*signed.key_time()),
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
