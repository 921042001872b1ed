//! The Security Token Service (STS, product 1312, version 2018-08-13): temporary keys, as both sides see them.
//!
//! A [`Request`] is one of the four actions that are served. [`Outgoing`] makes a signed HTTP request of it, [`Call::read`]
//! reads one back in any of the forms that clients send: JSON, a form, a query; signed with TC3-HMAC-SHA256
//! ([`tc3`]), with the older HmacSHA1 or HmacSHA256 ([`v1`]), or not at all where a web identity is the proof. An
//! [`Answer`] or an [`StsError`] goes back, both with HTTP status 200.
//!
//! ```
//! use cospass_protocol::sts::{Call, Outgoing, Received, Request};
//! use cospass_sign::Credentials;
//!
//! let keys = Credentials::new("AKIDEXAMPLE", "secret");
//! let sent = Outgoing::signed(&Request::GetCallerIdentity, "sts.tencentcloudapi.com", None, &keys, 1_700_000_000);
//! let headers: Vec<_> = sent.headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
//! let received =
//!     Received { method: sent.method, path: sent.path, query: None, headers: &headers, body: &sent.body };
//! let call = Call::read(&received)?;
//! assert_eq!(call.secret_id(), Some("AKIDEXAMPLE"));
//! call.verify(Some(keys.secret_key()), 1_700_000_299)?;
//! assert_eq!(call.request()?, Request::GetCallerIdentity);
//! # Ok::<(), cospass_protocol::sts::StsError>(())
//! ```

mod answer;
mod arn;
mod call;
mod error;
mod limits;
mod outgoing;
mod params;
mod request;
pub mod tc3;
#[cfg(test)]
mod tests;
pub mod v1;

pub use answer::{Answer, AnswerError, CallerIdentity, Form, Issued};
pub use arn::{RoleArn, RoleNamed};
pub use call::{Call, Received};
pub use error::{StsError, StsErrorCode};
pub use limits::{Durations, POLICY_PARAMETER_MAX, TIMESTAMP_SKEW_SECONDS, TOKEN_MAX};
pub use outgoing::Outgoing;
pub use request::{AssumeRole, AssumeRoleWithWebIdentity, GetFederationToken, Request, SessionTag};

/// The version of the interface that is spoken (`X-TC-Version`).
pub const VERSION: &str = "2018-08-13";

/// The host of the service, where no region is named.
pub const HOST: &str = "sts.tencentcloudapi.com";

/// The path of the former interface, of `sts.api.qcloud.com`.
pub const FORMER_PATH: &str = "/v2/index.php";
