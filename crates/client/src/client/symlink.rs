//! Objects that stand for another one of their bucket.

use cospass_protocol::operation::{Conditions, GetSymlink, PutSymlink, SymlinkTarget};

use super::Client;
use super::object::repeat_of;
use crate::error::Error;
use crate::payload::Payload;
use crate::retry::Repeat;

/// The header that tells what a link stands for (436/109082).
const TARGET: &str = "x-cos-symlink-target";

impl Client {
    /// PUT symlink (436/109082).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn put_symlink(&self, operation: &PutSymlink) -> Result<(), Error> {
        let repeat = repeat_of(operation.forbid_overwrite, &Conditions::default());
        self.send(operation, Payload::default(), repeat).await.map(drop)
    }

    /// GET symlink (436/109082): what a link stands for.
    ///
    /// # Errors
    /// [`Error`]; one of the service's where the object is no link.
    pub async fn symlink(&self, operation: &GetSymlink) -> Result<SymlinkTarget, Error> {
        let answer = self.send(operation, Payload::default(), Repeat::Safe).await?;
        let target = answer.headers.get(TARGET);
        let target = target.and_then(|target| SymlinkTarget::parse(target.as_bytes()));
        target.ok_or(Error::Header { name: TARGET })
    }
}
