//! What a bucket is configured to: the documents as they are given back, and what is acted on, read.
//!
//! All of it lies in the bucket's record, which is in memory: whoever judges a request has it without waiting, and with
//! the bucket it goes. A change makes a new value; whoever holds the old one is not disturbed.

use std::fmt;
use std::sync::Arc;

use cospass_protocol::Tag;
use cospass_protocol::operation::Configuration;
use cospass_protocol::policy::{Policy, PolicyError, PolicyKind};
use cospass_protocol::xml::{
    CorsConfiguration, LifecycleConfiguration, ObjectLockConfiguration, RefererConfiguration,
    ServerSideEncryptionConfiguration, VersioningConfiguration, WebsiteConfiguration, XmlError,
    read_tagging,
};
use serde::{Deserialize, Serialize};

/// All configurations of a bucket. Clones are the same value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Kept>", into = "Vec<Kept>")]
pub(crate) struct Configurations(Arc<Inner>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Inner {
    /// In the order in which they were made.
    kept: Vec<Kept>,
    cors: Option<CorsConfiguration>,
    referer: Option<RefererConfiguration>,
    versioning: Option<VersioningConfiguration>,
    lifecycle: Option<LifecycleConfiguration>,
    website: Option<WebsiteConfiguration>,
    encryption: Option<ServerSideEncryptionConfiguration>,
    object_lock: Option<ObjectLockConfiguration>,
    policy: Option<Policy>,
    tags: Vec<Tag>,
}

/// One configuration, as it was put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Its sub-resource, or [`INVENTORY_ONCE`].
    kind: String,
    /// Of which there is one for each; empty if there is but one.
    pub(crate) id: String,
    /// Larger than that of each one that was made before; kept when it is replaced.
    pub(crate) number: u64,
    /// When it was made, Unix seconds; kept when it is replaced.
    pub(crate) made: i64,
    /// The document as GET answers it.
    pub(crate) document: String,
}

/// A report that is made once is no configuration, but its id is taken.
pub(crate) const INVENTORY_ONCE: &str = "inventory-once";

impl Configurations {
    /// The configuration of a kind, and of an id if there are several.
    pub(crate) fn find(&self, configuration: Configuration, id: &str) -> Option<&Kept> {
        self.find_named(configuration.subresource(), id)
    }

    pub(crate) fn find_named(&self, kind: &str, id: &str) -> Option<&Kept> {
        self.0.kept.iter().find(|kept| kept.kind == kind && kept.id == id)
    }

    /// Those of a kind, in the order in which they were made.
    pub(crate) fn of_kind(&self, configuration: Configuration) -> impl Iterator<Item = &Kept> {
        self.0.kept.iter().filter(move |kept| kept.kind == configuration.subresource())
    }

    /// With a configuration put, made now, Unix seconds.
    ///
    /// # Errors
    /// [`DocumentError`] if it is of a kind that is acted on, and its document is none.
    pub(crate) fn with(
        &self,
        kind: &str,
        id: &str,
        document: String,
        now: i64,
    ) -> Result<Self, DocumentError> {
        let mut kept = self.0.kept.clone();
        match kept.iter_mut().find(|kept| kept.kind == kind && kept.id == id) {
            Some(found) => found.document = document,
            None => {
                let last = kept.iter().map(|kept| kept.number).max().unwrap_or(0);
                kept.push(Kept {
                    kind: kind.to_owned(),
                    id: id.to_owned(),
                    number: last.saturating_add(1),
                    made: now,
                    document,
                });
            }
        }
        kept.try_into()
    }

    /// Without a configuration.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub(crate) fn without(
        &self,
        configuration: Configuration,
        id: &str,
    ) -> Result<Self, DocumentError> {
        let is_other = |kept: &&Kept| kept.kind != configuration.subresource() || kept.id != id;
        self.0.kept.iter().filter(is_other).cloned().collect::<Vec<_>>().try_into()
    }

    pub(crate) fn cors(&self) -> Option<&CorsConfiguration> {
        self.0.cors.as_ref()
    }

    pub(crate) fn referer(&self) -> Option<&RefererConfiguration> {
        self.0.referer.as_ref()
    }

    /// `None` until it is enabled for the first time.
    pub(crate) fn versioning(&self) -> Option<VersioningConfiguration> {
        self.0.versioning
    }

    pub(crate) fn lifecycle(&self) -> Option<&LifecycleConfiguration> {
        self.0.lifecycle.as_ref()
    }

    pub(crate) fn website(&self) -> Option<&WebsiteConfiguration> {
        self.0.website.as_ref()
    }

    pub(crate) fn encryption(&self) -> Option<&ServerSideEncryptionConfiguration> {
        self.0.encryption.as_ref()
    }

    /// `None` until objects can be locked, which they always can from then on.
    pub(crate) fn object_lock(&self) -> Option<&ObjectLockConfiguration> {
        self.0.object_lock.as_ref()
    }

    /// The bucket's own tags.
    pub(crate) fn tags(&self) -> &[Tag] {
        &self.0.tags
    }

    pub(crate) fn policy(&self) -> Option<&Policy> {
        self.0.policy.as_ref()
    }
}

impl TryFrom<Vec<Kept>> for Configurations {
    type Error = DocumentError;

    fn try_from(kept: Vec<Kept>) -> Result<Self, DocumentError> {
        let find = |configuration: Configuration| {
            let found = kept.iter().find(|kept| kept.kind == configuration.subresource());
            found.map(|kept| kept.document.as_bytes())
        };
        let read = Inner {
            cors: find(Configuration::Cors).map(CorsConfiguration::read).transpose()?,
            referer: find(Configuration::Referer)
                .map(RefererConfiguration::read)
                .transpose()?
                .flatten(),
            versioning: find(Configuration::Versioning)
                .map(VersioningConfiguration::read)
                .transpose()?,
            lifecycle: find(Configuration::Lifecycle)
                .map(LifecycleConfiguration::read)
                .transpose()?,
            website: find(Configuration::Website).map(WebsiteConfiguration::read).transpose()?,
            encryption: find(Configuration::Encryption)
                .map(ServerSideEncryptionConfiguration::read)
                .transpose()?,
            object_lock: find(Configuration::ObjectLock)
                .map(ObjectLockConfiguration::read)
                .transpose()?,
            policy: find(Configuration::Policy)
                .map(|document| Policy::parse(document, PolicyKind::Bucket))
                .transpose()?,
            tags: find(Configuration::Tagging).map(read_tagging).transpose()?.unwrap_or_default(),
            kept: Vec::new(),
        };
        Ok(Self(Arc::new(Inner { kept, ..read })))
    }
}

impl From<Configurations> for Vec<Kept> {
    fn from(configurations: Configurations) -> Self {
        configurations.0.kept.clone()
    }
}

/// Why a configuration that is acted on cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DocumentError {
    /// It is no such document.
    Xml(XmlError),
    /// It is no policy.
    Policy(PolicyError),
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xml(error) => write!(f, "{error}"),
            Self::Policy(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for DocumentError {}

impl From<XmlError> for DocumentError {
    fn from(error: XmlError) -> Self {
        Self::Xml(error)
    }
}

impl From<PolicyError> for DocumentError {
    fn from(error: PolicyError) -> Self {
        Self::Policy(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUSPENDED: &str =
        "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";

    #[test]
    fn what_is_put_is_found_and_read() {
        let none = Configurations::default();
        let some = none.with("versioning", "", SUSPENDED.to_owned(), 7).unwrap();
        assert_eq!(some.versioning(), Some(VersioningConfiguration::Suspended));
        let kept = some.find(Configuration::Versioning, "").unwrap();
        assert_eq!((kept.made, kept.document.as_str()), (7, SUSPENDED));
        assert_eq!(some.without(Configuration::Versioning, "").unwrap(), none);
        assert!(none.with("versioning", "", "<Other/>".to_owned(), 7).is_err());
    }

    #[test]
    fn those_of_a_kind_stay_in_the_order_of_their_making() {
        let mut all = Configurations::default();
        for (id, now) in [("b", 1), ("a", 2), ("b", 3), ("c", 4)] {
            all = all.with("inventory", id, format!("{now}"), now).unwrap();
        }
        let all = all.without(Configuration::Inventory, "c").unwrap();
        let all = all.with("inventory", "d", String::new(), 5).unwrap();
        let ids: Vec<_> = all.of_kind(Configuration::Inventory).map(|kept| &*kept.id).collect();
        assert_eq!(ids, ["b", "a", "d"]);
        let kept = all.find(Configuration::Inventory, "b").unwrap();
        assert_eq!((kept.made, kept.document.as_str()), (1, "3"));
    }

    #[test]
    fn a_record_holds_them() {
        let some = Configurations::default().with("versioning", "", SUSPENDED.to_owned(), 7);
        let some = some.unwrap();
        let bytes = postcard::to_stdvec(&some).unwrap();
        assert_eq!(postcard::from_bytes::<Configurations>(&bytes).unwrap(), some);
    }
}
