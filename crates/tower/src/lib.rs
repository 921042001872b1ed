//! A [tower](https://docs.rs/tower) layer that lets only requests with a valid COS signature through to a service: an
//! axum router, or any other service of HTTP requests.
//!
//! Whoever may upload or download signs requests with the SDK of Tencent Cloud COS, or hands out pre-signed URLs; the
//! service behind the layer sees who signed, and what the signature covers, as an [`Identity`] among the extensions of
//! the request. What is refused is answered as COS answers it: status, XML error document, `x-cos-request-id`.
//!
//! ```
//! use cospass_sign::Credentials;
//! use cospass_tower::{CosAuthLayer, Identity};
//! use axum::{Extension, Router, routing::get};
//!
//! async fn read(Extension(identity): Extension<Identity>) -> String {
//!     format!("signed by {}", identity.secret_id())
//! }
//!
//! let app: Router = Router::new()
//!     .route("/{*key}", get(read))
//!     .layer(CosAuthLayer::new(Credentials::new("AKIDEXAMPLE", "secret")));
//! ```
//!
//! # What it does and what it leaves to the service
//!
//! - The layer must see the request as it was sent. Put it outside of whatever rewrites a path (`Router::nest`), adds or
//!   removes headers, or decompresses.
//! - It says **who** asks, not what they may. A signature covers the method, the path, and the headers and parameters that
//!   it lists; what it does not list, the sender chose freely: ask [`Identity::covers_header`] and
//!   [`Identity::covers_param`] before acting on it.
//! - A body is never signed. It is handed on unread; a `Content-MD5` that is covered binds it, if the service checks it.
//! - A signature holds for its whole validity, as often as it is sent.

mod identity;
mod layer;
mod lookup;
mod refusal;

pub use identity::Identity;
pub use layer::{CosAuth, CosAuthLayer};
pub use lookup::{LookupFailed, SecretLookup};
