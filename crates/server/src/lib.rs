//! An endpoint that honours the signatures of Tencent Cloud COS: it serves what a valid signature allows and refuses
//! every other request the way the service does.
//!
//! [`Server::builder`] describes and starts one. A request passes through stages, each with a type that only the stage
//! before can make: the head, the signer, the permit, the answer. No byte of a body is read before there is a permit,
//! but for the fields of an upload form, which carry its signature, and a call of STS, whose signature covers its body.
//!
//! In a test of whatever uses COS: a free port, a clock that the test moves, buckets that are there, nothing left behind.
//!
//! ```
//! use cospass_server::{Clock, Server};
//! use cospass_sign::Credentials;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let clock = Clock::manual(1_700_000_000);
//! let endpoint = Server::builder()
//!     .in_memory()
//!     .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
//!     .bucket("examplebucket-1250000000")
//!     .default_bucket("examplebucket-1250000000") // of requests to the bare address
//!     .clock(clock.clone())
//!     .start()
//!     .await?;
//! let url = format!("http://{}/a.txt", endpoint.local_addr()); // sign it, use it
//! clock.advance(3600); // and see how it expires
//! endpoint.shutdown().await;
//! # assert!(url.starts_with("http://127.0.0.1:"));
//! # Ok::<(), cospass_server::StartError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What hyper refuses before any of it (a head that is no HTTP, longer than [`Limits::head_size`] or with a raw `"`, `<`
//! or `>` in its query) is answered with an error document as well, and the connection closed.

mod access_log;
mod accounts;
mod acknowledge;
mod authenticate;
mod authorize;
mod body;
mod clock;
mod conditions;
mod configurations;
mod connection;
mod control;
mod cors;
mod coverage;
mod credentials;
mod download;
mod endpoint;
mod exchange;
mod execute;
mod file_limit;
mod form;
mod framing;
mod guarded;
mod head;
mod lifecycle;
mod limits;
mod metrics;
mod pace;
mod private;
mod recent;
mod redact;
mod referer;
mod refusal;
mod reply;
mod request_id;
mod route;
mod server;
mod spelling;
mod store;
mod sts;
mod tls;
mod website;
mod workers;

pub use access_log::AccessLogTarget;
pub use accounts::{Role, User};
pub use clock::{Clock, ClockSetting, ClockSettingError};
pub use cospass_protocol::operation::CannedAcl;
pub use coverage::Coverage;
pub use credentials::{KeptCredentials, KeptCredentialsError};
pub use file_limit::raise as raise_file_limit;
pub use limits::Limits;
pub use server::{Builder, ReloadError, Running, Server, StartError};
pub use store::StoreError;
pub use sts::{IdentityProvider, TokenKeyError};
pub use tls::TlsError;
pub use workers::BLOCKING_THREADS;
