//! The form of POST Object: an upload as a web page makes it, without a line of script (436/14690).
//!
//! ```text
//! multipart/form-data ─► FieldsReader ─► Form (fields, name of the file) ─► FormPolicy::check
//!                              └───────► FileReader (the file's bytes) ─► nothing of weight may follow
//! ```
//!
//! [`FieldsReader`] and [`FileReader`] are given the bytes of a body as they come, however they are cut, and hold no more
//! of them than [`FormLimits`] allows; [`Form::write`] is their inverse. [`FormPolicy`] is the document that the form's
//! signature covers.

mod condition;
mod disposition;
mod error;
mod fields;
mod file;
mod parts;
mod policy;
#[cfg(test)]
mod tests;

pub use condition::{Condition, Unmet};
pub use error::{FormError, FormPolicyError};
pub use fields::{Form, FormFields};
pub use file::FileReader;
pub use parts::{FieldsReader, FormLimits};
pub use policy::FormPolicy;
