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
mod inquiry;
mod json;
mod search;
mod stage;

pub use cause::{Cause, Change, Side};
pub use stage::{Stage, Verdict};

use crate::claim::{Claim, ClaimError};
use crate::head::RequestHead;
use crate::secret::Credentials;
use inquiry::Inquiry;

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

    /// The finding for a server that accepts the canonical rule alone: a signature that holds by a convention does not
    /// hold there.
    #[must_use]
    pub fn strictly(self) -> Self {
        let cause = match self.cause {
            Cause::Accepted { convention } if !convention.is_canonical() => {
                Cause::Convention { convention }
            }
            cause => cause,
        };
        Self { cause, ..self }
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

fn unreadable(evidence: &Evidence<'_>, error: ClaimError) -> Cause {
    // A `?` that was not encoded in the key ends the path, so that the signature's first field has
    // the rest of the key before it (.NET SDK).
    let query = evidence.head.query().unwrap_or_default();
    let cut = [&b"?q-"[..], b"?sign="]
        .iter()
        .any(|mark| query.windows(mark.len()).any(|window| window == *mark));
    if cut { Cause::KeyCut } else { Cause::Claim(error) }
}
