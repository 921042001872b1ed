//! What is wrong with a bucket, a domain, a clock or credentials, before somebody else finds it out.
//!
//! Nothing is changed, unless it is asked for: only requests that read, or that cannot have an effect, are sent. Credentials are
//! shown to nobody but COS: what answers otherwise is told so, and is sent nothing signed.

mod ask;
mod check;
mod rights;

use std::fmt;

use cospass_protocol::{Bucket, Endpoint, ObjectKey, Scheme};
use cospass_sign::Credentials;

use crate::transport::Transport;
use ask::{Asked, Asking};

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
    /// Whether to find out as well what of the key may be written, which may leave an upload that cannot be aborted, or a
    /// delete marker where the bucket keeps versions. What is at the key stays.
    pub write: bool,
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
    /// What was looked at: `domain`, `scheme`, `reach`, `server`, `clock`, `bucket`, `region`, `credentials`, `rights`,
    /// `writing`, `strict`, `cors`.
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
        let listing = Asked { params: &[("max-keys", "1")], ..Asked::new("GET") };
        let unsigned = match asking.unsigned(listing).await {
            Ok(reply) => reply,
            Err(error) => {
                found.push(check::unreachable(&error));
                return found;
            }
        };
        let (server, is_cos) = check::server(&unsigned);
        found.extend(server);
        if !is_cos {
            return found;
        }
        let (clock, off) = check::clock(self, &unsigned);
        found.push(clock);
        // A clock that is off must not hide what else is wrong: what follows is signed by the server's.
        let asking = asking.with_clock_off_by(off);
        let listed = match asking.signed(listing).await {
            Ok(reply) => reply,
            Err(error) => {
                found.push(check::unreachable(&error));
                return found;
            }
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
            let key = self.key.filter(|key| !key.is_bucket());
            found.push(rights::rights(&asking, key, &listed).await);
            if let Some(key) = key.filter(|_| self.write) {
                found.extend(rights::writing(&asking, key).await);
            }
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
