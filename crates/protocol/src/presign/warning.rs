//! What a signer should know about a signature that is valid and yet a risk: data in the result, never text on a stream.

use std::fmt;

use cospass_sign::KeyTime;

use super::PresignRequest;
use super::check::is_token;
use super::selection::is_given;

/// The longest validity without a warning, from now on, in seconds: 7 days. The service states no limit of its own.
const LONG_SECONDS: i64 = 7 * 24 * 60 * 60;

/// A risk of one signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// The signature holds for more than 7 days.
    LongValidity {
        /// From its start to its end, in seconds.
        seconds: i64,
    },
    /// The credentials end before the signature does, which the service then refuses.
    CredentialsEndFirst {
        /// From when on, Unix seconds.
        at: i64,
    },
    /// The host is not signed: the signature holds for every domain that leads to the bucket, and for other buckets of
    /// the account that hold the same key.
    UnsignedHost,
    /// A permanent key signs a request that changes data.
    PermanentKeyWrite,
    /// A signed header's name is not an HTTP token (RFC 9110 §5.1). The canonical text has a form for it; hardly a client
    /// sends it.
    UnsendableHeader,
}

impl Warning {
    /// The stable name of the warning.
    pub fn id(self) -> &'static str {
        match self {
            Warning::LongValidity { .. } => "long-validity",
            Warning::CredentialsEndFirst { .. } => "credentials-end-first",
            Warning::UnsignedHost => "unsigned-host",
            Warning::PermanentKeyWrite => "permanent-key-write",
            Warning::UnsendableHeader => "unsendable-header",
        }
    }
}

/// The warnings of one signature: one of each kind at most, and no allocation for them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Warnings {
    /// Those that count are the first ones; the others are one of a kind, so that equal warnings compare equal.
    all: [Warning; KINDS],
    count: usize,
}

const KINDS: usize = 5;

impl Warnings {
    const NONE: Self = Self { all: [Warning::UnsignedHost; KINDS], count: 0 };

    /// Those that do not depend on the time, of a request with these signed headers; whether it is `temporary` (a token is
    /// with it) is known to the signer.
    pub(super) fn of(
        request: &PresignRequest<'_>,
        headers: &[(&str, &str)],
        temporary: bool,
    ) -> Self {
        let host_signed = is_given("host", headers);
        let writes = ["PUT", "POST", "DELETE"]
            .iter()
            .any(|method| request.method.eq_ignore_ascii_case(method));
        let warnings = [
            (!host_signed).then_some(Warning::UnsignedHost),
            (writes && !temporary).then_some(Warning::PermanentKeyWrite),
            (!headers.iter().all(|(name, _)| is_token(name))).then_some(Warning::UnsendableHeader),
        ];
        Self::NONE.and(warnings.into_iter().flatten())
    }

    /// These, after those that depend on the time.
    pub(super) fn with_time(self, key_time: KeyTime, credentials_end: Option<i64>) -> Self {
        let seconds = key_time.end().saturating_sub(key_time.start());
        let is_long = seconds > LONG_SECONDS + KeyTime::BACKDATE_SECONDS;
        let ends_first = credentials_end.filter(|at| *at <= key_time.end());
        if !is_long && ends_first.is_none() {
            return self;
        }
        Self::NONE
            .and(ends_first.map(|at| Warning::CredentialsEndFirst { at }))
            .and(is_long.then_some(Warning::LongValidity { seconds }))
            .and(self.as_slice().iter().copied())
    }

    fn and(mut self, warnings: impl IntoIterator<Item = Warning>) -> Self {
        for (place, warning) in self.all.iter_mut().skip(self.count).zip(warnings) {
            *place = warning;
            self.count += 1;
        }
        self
    }

    pub(super) fn as_slice(&self) -> &[Warning] {
        self.all.get(..self.count).unwrap_or_default()
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::LongValidity { seconds } => write!(
                f,
                "the signature holds for {} days and cannot be revoked but with the key; let it end sooner and sign again when it is needed",
                seconds / (24 * 60 * 60)
            ),
            Warning::CredentialsEndFirst { at } => write!(
                f,
                "the credentials end at {at} (Unix time), before the signature does, which the service refuses from then on; sign for a shorter time, or with credentials that last longer"
            ),
            Warning::UnsignedHost => f.write_str(
                "the host is not signed, so the signature holds for the same key in every bucket of the account; sign the host, or name the one that is sent with a Host header",
            ),
            Warning::PermanentKeyWrite => f.write_str(
                "a permanent key signs a request that changes data; whoever has it can repeat it until it ends, so sign it with temporary credentials that allow this key and nothing else",
            ),
            Warning::UnsendableHeader => f.write_str(
                "a signed header has a name that is no HTTP token, which clients and proxies refuse to send; use ASCII letters, digits and -",
            ),
        }
    }
}
