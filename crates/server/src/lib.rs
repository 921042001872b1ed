//! An endpoint that honours the signatures of Tencent Cloud COS: it serves what a valid signature allows and refuses
//! every other request the way the service does.
//!
//! [`Server::builder`] describes and starts one. A request passes through stages, each with a type that only the stage
//! before can make: the head, the signer, the permit, the answer. No byte of a body is read before there is a permit,
//! but for the fields of an upload form, which carry its signature.
//!
//! What hyper refuses before any of it (a head that is no HTTP, longer than [`Limits::head_size`] or with a raw `"`, `<`
//! or `>` in its query) is answered with a bare 400 or 431 and closed.

mod authenticate;
mod authorize;
mod body;
mod clock;
mod conditions;
mod connection;
mod credentials;
mod download;
mod endpoint;
mod execute;
mod form;
mod framing;
mod head;
mod limits;
mod pace;
mod private;
mod refusal;
mod reply;
mod request_id;
mod route;
mod server;
mod spelling;
mod store;

pub use clock::Clock;
pub use credentials::{KeptCredentials, KeptCredentialsError};
pub use limits::Limits;
pub use server::{Builder, Running, Server, StartError};
pub use store::StoreError;
