//! What is wrong with a bucket, a domain, a clock or credentials, before somebody else finds it out.
//!
//! Nothing is changed: only requests that read are sent. So what may be written is not found out.

mod ask;
mod check;

use std::fmt;

use cospass_protocol::{Bucket, Endpoint, ObjectKey, Scheme};
use cospass_sign::Credentials;

use crate::transport::Transport;
use ask::Asking;

/// What is to be examined, and by whom.
#[derive(Clone, Copy)]
pub struct Doctor<'a> {
    /// Who asks.
    pub credentials: &'a Credentials,
    /// Where the bucket is reached.
    pub endpoint: &'a Endpoint,
    /// How.
    pub scheme: Scheme,
    /// The bucket.
    pub bucket: &'a Bucket,
    /// An object, if one is to be read.
    pub key: Option<&'a ObjectKey>,
    /// The origin of a web page that is to use the bucket: `https://example.com`.
    pub origin: Option<&'a str>,
    /// Now by this machine, Unix seconds.
    pub now: i64,
    /// What requests go through.
    pub transport: &'a dyn Transport,
}

/// Something that was looked at, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What was looked at: `domain`, `scheme`, `reach`, `clock`, `bucket`, `region`, `credentials`, `rights`, `strict`, `cors`.
    pub check: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub text: String,
    /// What to do, where there is something to do.
    pub remedy: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Fine,
    /// It could not be found out.
    Unknown,
    /// It works, and will not in some cases.
    Doubtful,
    /// It does not work.
    Bad,
}

impl Health {
    /// `ok`, `?`, `warn` or `bad`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Unknown => "?",
            Self::Doubtful => "warn",
            Self::Bad => "bad",
        }
    }
}

impl Doctor<'_> {
    /// Looks at everything, in an order in which what makes the rest useless comes first.
    pub async fn examine(&self) -> Vec<Diagnosis> {
        let mut found = vec![check::domain(self), check::scheme(self)];
        let asking = Asking::new(self);
        let unsigned = match asking.unsigned("GET", &[("max-keys", "1")], &[]).await {
            Ok(reply) => reply,
            Err(error) => {
                found.push(check::unreachable(&error));
                return found;
            }
        };
        let (clock, off) = check::clock(self, &unsigned);
        found.push(clock);
        // A clock that is off must not hide what else is wrong: what follows is signed by the server's.
        let asking = asking.with_clock_off_by(off);
        let Ok(listed) = asking.signed("GET", None, &[("max-keys", "1")], &[]).await else {
            return found;
        };
        let bucket = check::bucket(self, &listed);
        let is_there = bucket.health != Health::Bad;
        found.push(bucket);
        found.extend(check::region(self, &listed));
        let (credentials, are_valid) = check::credentials(&listed);
        if !is_there {
            return found;
        }
        found.push(credentials);
        if are_valid {
            found.push(check::rights(&asking, self, &listed).await);
            found.push(check::strict(&asking, &listed).await);
        }
        if let Some(origin) = self.origin {
            found.push(check::cors(&asking, origin).await);
        }
        found
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<4} {}: {}", self.health.as_str(), self.check, self.text)?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Doctor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor")
            .field("endpoint", self.endpoint)
            .field("bucket", self.bucket)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
