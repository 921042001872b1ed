//! Symbolic links: objects that stand for another one of their bucket (436/109082).

use cospass_sign::percent;

use super::acl::{AclHeaders, CannedAcl};
use super::fields::{FORBID_OVERWRITE, forbid_overwrite, metadata, metadata_headers};
use super::parts::{Headers, Pair, Parts, pair, parts};
use super::request::{Request, called};
use super::versions::version_param;
use super::{ContentHeaders, DecodeError, Need, Permission, invalid};
use crate::policy::Target;
use crate::{Bucket, ObjectKey};

const TARGET: &str = "x-cos-symlink-target";

/// Makes a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutSymlink {
    /// The bucket of the link and of what it stands for.
    pub bucket: Bucket,
    /// The key of the link.
    pub key: ObjectKey,
    /// The key of what it stands for, which need not be there.
    pub target: SymlinkTarget,
    /// What the link is by itself.
    pub content: ContentHeaders,
    /// User metadata of the link: names without `x-cos-meta-`, in lower case, and values.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// Access control; by the bucket's rules if absent.
    pub acl: Option<AclHeaders>,
    /// `x-cos-forbid-overwrite: true`: only if there is no object of that key.
    pub forbid_overwrite: bool,
}

impl PutSymlink {
    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(Self {
            bucket,
            key,
            target: SymlinkTarget::decode(headers)?,
            content: ContentHeaders::decode(headers)?,
            metadata: metadata(headers)?,
            acl: AclHeaders::decode(&headers, CannedAcl::is_for_object)?,
            forbid_overwrite: headers.flag(FORBID_OVERWRITE)?,
        })
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        let mut out = vec![pair(TARGET, self.target.as_str())];
        out.extend(self.content.encode());
        out.extend(metadata_headers(&self.metadata));
        out.extend(self.acl.iter().flat_map(|acl| acl.encode()));
        out.extend(forbid_overwrite(self.forbid_overwrite));
        out
    }
}

impl Request for PutSymlink {
    called!("PUT symlink", "PutSymlink");

    fn encode(&self) -> Parts<'_> {
        parts("PUT", (&self.bucket, &self.key), "symlink", vec![], self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Write)
    }
}

/// Reads a link itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetSymlink {
    /// The bucket.
    pub bucket: Bucket,
    /// The key of the link.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
}

impl Request for GetSymlink {
    called!("GET symlink", "GetSymlink");

    fn encode(&self) -> Parts<'_> {
        let version = version_param(self.version_id.as_ref());
        parts("GET", (&self.bucket, &self.key), "symlink", version, vec![])
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Read)
    }
}

/// What a link stands for: a key, and how it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SymlinkTarget {
    text: String,
    key: ObjectKey,
}

impl SymlinkTarget {
    /// Reads the header's value. Go percent-encodes it, Python and Java send it raw. One leading slash is that of a path,
    /// as 436/109082 shows a target. `None` if it is not the key of an object.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let decoded = percent::decode(value);
        let path = std::str::from_utf8(&decoded).ok()?;
        let path = path.strip_prefix('/').unwrap_or(path);
        let key = ObjectKey::new(format!("/{path}")).ok().filter(|key| !key.is_bucket())?;
        Some(Self { text: text.to_owned(), key })
    }

    /// As it was written: the service tells it again in this very form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    fn decode(headers: Headers<'_, '_>) -> Result<Self, DecodeError> {
        let value = headers.once(TARGET)?.unwrap_or_default();
        Self::parse(value).ok_or_else(|| invalid(TARGET, &String::from_utf8_lossy(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sdks_send_is_read() {
        for (text, key) in [
            ("test.txt", "test.txt"),
            ("/123/myphoto.jpeg", "123/myphoto.jpeg"),
            ("a%2Fb%20c%2B", "a/b c+"),
            ("照片/a+b", "照片/a+b"),
        ] {
            let target = SymlinkTarget::parse(text.as_bytes()).unwrap();
            assert_eq!((target.as_str(), target.key().as_str()), (text, key));
        }
        for text in ["", "/", "%ff"] {
            let refused = SymlinkTarget::decode(Headers(&[pair(TARGET, text)]));
            assert_eq!(refused, Err(invalid(TARGET, text)));
        }
    }
}
