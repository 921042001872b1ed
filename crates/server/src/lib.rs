//! A COS endpoint.

mod clock;
mod limits;
mod private;
mod store;

pub use clock::Clock;
pub use limits::Limits;
pub use store::StoreError;
