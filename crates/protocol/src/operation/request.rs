//! What every operation says of itself, each in its own file.

use super::{Need, Parts};

/// An operation, as a request and as something that has to be allowed.
pub trait Request {
    /// Its name in the documentation.
    fn name(&self) -> &'static str;

    /// The action that a policy has to allow, without `name/cos:` (598/69901; cos-nodejs-sdk-v5 `sdk/base.js`).
    fn action(&self) -> &'static str;

    /// The request that asks for it; the inverse of [`Operation::decode`](super::Operation::decode).
    fn encode(&self) -> Parts<'_>;

    /// What has to be allowed: unless it says otherwise, its action on what the request is for.
    fn need(&self) -> Need {
        Need::new(self.action(), self.encode().resource)
    }

    /// What else has to be allowed: reading what is copied.
    fn also_needs(&self) -> Option<Need> {
        None
    }
}

/// The two names of an operation that has them whatever it is asked for: in the documentation, and as an action.
macro_rules! called {
    ($name:literal, $action:literal) => {
        fn name(&self) -> &'static str {
            $name
        }

        fn action(&self) -> &'static str {
            $action
        }
    };
}

pub(super) use called;
