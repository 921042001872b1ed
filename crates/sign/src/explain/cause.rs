//! What can be wrong with a signed request: one variant a cause, with its words and its remedy.

use std::fmt;

use crate::claim::ClaimError;
use crate::convention::Convention;

/// Between which two of the three texts the difference lies: the text that was signed, the request
/// as it is sent, the request as the server received it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Between signing and sending.
    Signed,
    /// Between sending and receiving.
    Received,
}

impl Side {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Signed => ("was signed as", "is sent as"),
            Self::Received => ("is sent as", "was received by the server as"),
        }
    }
}

/// A value before and after something happened to it. Decoded; bytes that are no UTF-8 are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The earlier value.
    pub before: String,
    /// The later value.
    pub after: String,
}

impl Change {
    pub(crate) fn new(before: &[u8], after: &[u8]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { before: text(before), after: text(after) }
    }
}

/// Why a request is refused.
///
/// `Display` says in one line what is wrong, with which value; [`remedy`](Self::remedy) says in one
/// line what to do. No variant holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields `name`, `change` and `side` are what they say")]
pub enum Cause {
    /// Nothing is wrong: the signature holds.
    Accepted { convention: Convention },
    /// The signature cannot be read.
    Claim(ClaimError),
    /// A `?` in the key was not encoded, so that the key ends before it.
    KeyCut,
    /// `now` lies after the end of a time range.
    Expired { field: &'static str, end: i64, now: i64 },
    /// A time range starts after `now`.
    NotYetValid { field: &'static str, start: i64, now: i64 },
    /// The local clock is `seconds` ahead of the server's (behind, if negative).
    Clock { seconds: i64 },
    /// The credentials are temporary, or a token is listed, and the request carries none.
    TokenMissing,
    /// The request carries another token than the one that belongs to its SecretId.
    TokenDiffers,
    /// A header is listed as signed and not sent.
    HeaderNotSent { name: String },
    /// A parameter is listed as signed and not sent.
    ParamNotSent { name: String },
    /// Another method.
    Method { change: Change, side: Side },
    /// Another path.
    Path { change: Change, side: Side },
    /// The key was percent-encoded twice.
    KeyEncodedTwice { change: Change, side: Side },
    /// The key was signed encoded, or sent without being encoded: `%` escapes of it were decoded.
    KeyNotEncoded { change: Change, side: Side },
    /// A `+` in the path stands for a space, or the other way round.
    PlusInPath { change: Change, side: Side },
    /// A parameter came on top.
    ParamAdded { name: String, side: Side },
    /// A parameter was lost.
    ParamDropped { name: String, side: Side },
    /// A parameter has another value.
    ParamChanged { name: String, change: Change, side: Side },
    /// A parameter's value was encoded or decoded once too often.
    ParamReencoded { name: String, change: Change, side: Side },
    /// A `+` in a parameter stands for a space, or the other way round.
    PlusForSpace { name: String, change: Change, side: Side },
    /// A header came on top.
    HeaderAdded { name: String, side: Side },
    /// A header was lost.
    HeaderDropped { name: String, side: Side },
    /// A header or a parameter was signed and is sent, but its name is missing in the list of what is signed.
    NotListed { name: String },
    /// A header has another value.
    HeaderChanged { name: String, change: Change, side: Side },
    /// A header's value was encoded or decoded once too often.
    HeaderReencoded { name: String, change: Change, side: Side },
    /// The host is that of another domain.
    Host { change: Change, side: Side },
    /// The host has a port in one place and none, or another, in the other.
    HostPort { change: Change, side: Side },
    /// The request goes to a CDN domain.
    CdnDomain { host: String },
    /// A field of the signature itself was changed.
    FieldChanged { field: &'static str, sent: String, signed: String },
    /// `q-signature` itself was changed.
    SignatureChanged,
    /// The signature holds only by a convention that the server does not accept.
    Convention { convention: Convention },
    /// The credentials at hand are not those of `q-ak`.
    OtherSecretId { claimed: String, given: String },
    /// The SecretKey at hand has white space around it.
    SecretKeyPadded,
    /// All text agrees, so the SecretKey is not the one of `q-ak`; `unless_changed` if the text that
    /// was signed is not known, so that a value may have been changed before it was sent.
    WrongSecretKey { unless_changed: bool },
    /// Either the SecretKey is not the one that signed, or a signed value was changed in a way that
    /// cannot be found backwards.
    SecretKeyOrSignedValue { params: Vec<String>, headers: Vec<String> },
    /// The server refused for a reason that is not the signature.
    Server { code: String, message: String },
    /// Nothing parts in what can be seen without the SecretKey or the server's answer.
    Unverified,
}

impl Cause {
    /// The stable name of the cause.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Claim(error) => error.cause(),
            Self::KeyCut => "key-cut",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::Clock { .. } => "clock",
            Self::TokenMissing => "token-missing",
            Self::TokenDiffers => "token-differs",
            Self::HeaderNotSent { .. } => "header-not-sent",
            Self::ParamNotSent { .. } => "param-not-sent",
            Self::Method { .. } => "method",
            Self::Path { .. } => "path",
            Self::KeyEncodedTwice { .. } => "key-encoded-twice",
            Self::KeyNotEncoded { .. } => "key-not-encoded",
            Self::PlusInPath { .. } => "plus-in-path",
            Self::ParamAdded { .. } => "param-added",
            Self::ParamDropped { .. } => "param-dropped",
            Self::ParamChanged { .. } => "param-changed",
            Self::ParamReencoded { .. } => "param-reencoded",
            Self::PlusForSpace { .. } => "plus-for-space",
            Self::HeaderAdded { .. } => "header-added",
            Self::HeaderDropped { .. } => "header-dropped",
            Self::NotListed { .. } => "not-listed",
            Self::HeaderChanged { .. } => "header-changed",
            Self::HeaderReencoded { .. } => "header-reencoded",
            Self::Host { .. } => "host",
            Self::HostPort { .. } => "host-port",
            Self::CdnDomain { .. } => "cdn-domain",
            Self::FieldChanged { .. } => "field-changed",
            Self::SignatureChanged => "signature-changed",
            Self::Convention { .. } => "convention",
            Self::OtherSecretId { .. } => "other-secret-id",
            Self::SecretKeyPadded => "secret-key-padded",
            Self::WrongSecretKey { .. } => "wrong-secret-key",
            Self::SecretKeyOrSignedValue { .. } => "secret-key-or-signed-value",
            Self::Server { .. } => "server",
            Self::Unverified => "unverified",
        }
    }

    /// Whether the signature holds.
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }

    /// Whether the cause is the time: expired, not yet valid, or clocks that differ.
    pub const fn is_time(&self) -> bool {
        matches!(self, Self::Expired { .. } | Self::NotYetValid { .. } | Self::Clock { .. })
    }

    /// What to do, in one line.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "Nothing: send it as it is.",
            Self::Claim(_) => "Sign the request again and pass the signature on unchanged.",
            Self::KeyCut => "Percent-encode the key: `?` as %3F, `#` as %23, `%` as %25.",
            Self::Expired { .. } => "Ask for a new signature; sign later, or for longer.",
            Self::NotYetValid { .. } => "Wait, or set the clock of the signer right.",
            Self::Clock { .. } => "Set the clock right, or sign with the server's time.",
            Self::TokenMissing => {
                "Temporary keys come with a token: sign it as the parameter x-cos-security-token, or \
                 send it in the header of that name."
            }
            Self::TokenDiffers => {
                "Use the SecretId, SecretKey and token of one and the same set of temporary keys."
            }
            Self::HeaderNotSent { .. } => {
                "Send the header with the value that was signed, or sign without it."
            }
            Self::ParamNotSent { .. } | Self::ParamDropped { .. } => {
                "Use the URL whole: a signed parameter cannot be left out."
            }
            Self::Method { .. } => "Use the method that was signed, or sign for this one.",
            Self::Path { .. } => {
                "Use the path as it was signed; nothing may normalise or rewrite it."
            }
            Self::KeyEncodedTwice { .. } => {
                "Encode the key once: sign the raw key and send it percent-encoded."
            }
            Self::KeyNotEncoded { .. } => {
                "Sign the raw key, not the encoded one, and percent-encode it in the URL."
            }
            Self::PlusInPath { .. } => {
                "In a path `+` is a plus sign: write a space as %20 and a plus sign as %2B."
            }
            Self::ParamAdded { .. } | Self::HeaderAdded { .. } => {
                "Sign it as well, or leave it out of the lists of the signature."
            }
            Self::ParamChanged { .. } => "Use the value that was signed, or sign for this one.",
            Self::ParamReencoded { .. } | Self::HeaderReencoded { .. } => {
                "Sign the raw value; encode it once, and only in the URL."
            }
            Self::PlusForSpace { .. } => {
                "Write a space as %20 and a plus sign as %2B, so that nobody reads one as the other."
            }
            Self::HeaderDropped { .. } => {
                "Make the client and everything between pass the header on, or sign without it."
            }
            Self::NotListed { .. } => {
                "Send q-header-list and q-url-param-list as they were signed."
            }
            Self::HeaderChanged { .. } => {
                "Send exactly the value that was signed; HTTP libraries like to add a charset."
            }
            Self::Host { .. } => {
                "Sign for the host that the request goes to, or leave host out of the signature."
            }
            Self::HostPort { .. } => "Sign the host with the port that the client sends.",
            Self::CdnDomain { .. } => {
                "Sign for the bucket's own domain and request that; a CDN has its own URL \
                 authentication."
            }
            Self::FieldChanged { .. } | Self::SignatureChanged => {
                "Use the signature unchanged, or ask for a new one."
            }
            Self::Convention { .. } => "Sign by the canonical rule: cospass presign does.",
            Self::OtherSecretId { .. } => "Set the credentials of the SecretId that signed.",
            Self::SecretKeyPadded => "Remove the white space around the SecretKey.",
            Self::WrongSecretKey { unless_changed: false } => {
                "Sign with the SecretKey that belongs to this SecretId."
            }
            Self::WrongSecretKey { unless_changed: true } => {
                "Sign with the SecretKey that belongs to this SecretId; if that was done, compare \
                 with the URL as it was signed (--original URL)."
            }
            Self::SecretKeyOrSignedValue { .. } => {
                "Check that the SecretKey belongs to this SecretId; then compare the signed values \
                 with those that were signed (--original URL)."
            }
            Self::Server { code, .. } if code == "InvalidAccessKeyId" => {
                "Check the SecretId: the server does not know it, or it is disabled or deleted."
            }
            Self::Server { .. } => "The signature is not the reason; see the server's code.",
            Self::Unverified => {
                "Set the SecretKey in the environment, or give the server's answer with --error."
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { convention } if convention.is_canonical() => {
                f.write_str("the signature holds")
            }
            Self::Accepted { convention } => {
                write!(f, "the signature holds, by convention: {convention}")
            }
            Self::Claim(error) => error.fmt(f),
            Self::KeyCut => {
                f.write_str("the key holds a `?` that was not encoded; the path ends before it")
            }
            Self::Expired { field, end, now } => {
                write!(
                    f,
                    "{field} ended at {end}, {} s before now ({now})",
                    now.saturating_sub(*end)
                )
            }
            Self::NotYetValid { field, start, now } => write!(
                f,
                "{field} starts at {start}, {} s after now ({now})",
                start.saturating_sub(*now)
            ),
            Self::Clock { seconds } if *seconds < 0 => {
                write!(f, "the local clock is {} s behind the server's", seconds.unsigned_abs())
            }
            Self::Clock { seconds } => {
                write!(f, "the local clock is {seconds} s ahead of the server's")
            }
            Self::TokenMissing => {
                f.write_str("the token of the temporary keys (x-cos-security-token) is missing")
            }
            Self::TokenDiffers => {
                f.write_str("the x-cos-security-token is not the one that belongs to the SecretId")
            }
            Self::HeaderNotSent { name } => {
                write!(f, "the header {name:?} is listed as signed and not sent")
            }
            Self::ParamNotSent { name } => {
                write!(f, "the parameter {name:?} is listed as signed and not sent")
            }
            Self::Method { change, side } => {
                let upper = |method: &str| method.to_uppercase();
                let (before, after) = side.words();
                let (was, is) = (upper(&change.before), upper(&change.after));
                write!(f, "the method {before} {was} and {after} {is}")
            }
            Self::Path { change, side } => changed(f, "the path", change, *side),
            Self::KeyEncodedTwice { change, side } => {
                changed(f, "the key is percent-encoded once too often: it", change, *side)
            }
            Self::KeyNotEncoded { change, side } => {
                changed(f, "the escapes of the key were taken for its text: it", change, *side)
            }
            Self::PlusInPath { change, side } => {
                changed(f, "`+` and space were confused in the path: it", change, *side)
            }
            Self::ParamAdded { name, side: Side::Signed } => {
                write!(f, "the parameter {name:?} was not there when the request was signed")
            }
            Self::ParamAdded { name, side: Side::Received } => {
                write!(f, "the server received a parameter {name:?} that is not sent")
            }
            Self::ParamDropped { name, side: Side::Signed } => {
                write!(f, "the parameter {name:?} was signed and is not sent")
            }
            Self::ParamDropped { name, side: Side::Received } => {
                write!(f, "the parameter {name:?} is sent and did not reach the server")
            }
            Self::ParamChanged { name, change, side } => {
                changed(f, &format!("the parameter {name:?}"), change, *side)
            }
            Self::ParamReencoded { name, change, side } => {
                let what =
                    format!("the parameter {name:?} is encoded once too often or too seldom: it");
                changed(f, &what, change, *side)
            }
            Self::PlusForSpace { name, change, side } => {
                let what = format!("`+` and space were confused in the parameter {name:?}: it");
                changed(f, &what, change, *side)
            }
            Self::HeaderAdded { name, side: Side::Signed } => {
                write!(f, "the header {name:?} was not there when the request was signed")
            }
            Self::HeaderAdded { name, side: Side::Received } => {
                write!(f, "the server received a header {name:?} that is not sent")
            }
            Self::HeaderDropped { name, side: Side::Signed } => {
                write!(f, "the header {name:?} was signed and is not sent")
            }
            Self::HeaderDropped { name, side: Side::Received } => {
                write!(f, "the header {name:?} is sent and did not reach the server")
            }
            Self::NotListed { name } => {
                write!(
                    f,
                    "{name:?} was signed and is sent, and the signature does not list it any more"
                )
            }
            Self::HeaderChanged { name, change, side } => {
                changed(f, &format!("the header {name:?}"), change, *side)
            }
            Self::HeaderReencoded { name, change, side } => {
                let what =
                    format!("the header {name:?} is encoded once too often or too seldom: it");
                changed(f, &what, change, *side)
            }
            Self::Host { change, side } => changed(f, "the host", change, *side),
            Self::HostPort { change, side } => {
                changed(f, "the port of the host differs: it", change, *side)
            }
            Self::CdnDomain { host } => {
                write!(f, "{host:?} is a CDN domain, and those accept no COS signatures")
            }
            Self::FieldChanged { field, sent, signed } => {
                write!(f, "{field} was signed as {signed:?} and is sent as {sent:?}")
            }
            Self::SignatureChanged => f.write_str("q-signature is not the one that was made"),
            Self::Convention { convention } => {
                write!(f, "the signature holds only by the convention: {convention}")
            }
            Self::OtherSecretId { claimed, given } => {
                write!(
                    f,
                    "signed by the SecretId {claimed:?}, and the credentials are those of {given:?}"
                )
            }
            Self::SecretKeyPadded => f.write_str("the SecretKey has white space around it"),
            Self::WrongSecretKey { unless_changed: false } => {
                f.write_str("all text agrees: the SecretKey is not the one of this SecretId")
            }
            Self::WrongSecretKey { unless_changed: true } => f.write_str(
                "all text agrees with what the server saw: the SecretKey is not the one of this \
                 SecretId, or a signed value was changed before it was sent",
            ),
            Self::SecretKeyOrSignedValue { params, headers } => {
                f.write_str(
                    "either the SecretKey is not the one that signed, or a signed value was changed: \
                     the path",
                )?;
                for (kind, names) in [("parameter", params), ("header", headers)] {
                    for name in names {
                        write!(f, ", the {kind} {name:?}")?;
                    }
                }
                Ok(())
            }
            Self::Server { code, message } => write!(f, "the server refused: {code}: {message}"),
            Self::Unverified => f.write_str(
                "nothing parts in what can be seen without the SecretKey or the server's answer",
            ),
        }
    }
}

fn changed(f: &mut fmt::Formatter<'_>, what: &str, change: &Change, side: Side) -> fmt::Result {
    let (before, after) = side.words();
    write!(f, "{what} {before} {:?} and {after} {:?}", change.before, change.after)
}
