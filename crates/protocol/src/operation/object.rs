//! Operations on objects.

use super::DecodeError;
use super::acl::{AclHeaders, CannedAcl};
use super::encryption::{CustomerKey, ServerSideEncryption};
use super::fields::{
    Conditions, ContentHeaders, FORBID_OVERWRITE, ResponseOverrides, content_md5, forbid_overwrite,
    metadata, metadata_headers, storage_class, traffic_limit, traffic_limit_header,
};
use super::parts::{Headers, Pair, Params, Parts, pair, parts};
use super::request::{Request, called};
use super::retention::{retain_until, retain_until_headers};
use super::tagging::{tags, tags_header};
use super::value::{ContentMd5, StorageClass, TrafficLimit};
use super::versions::{version_id, version_param};
use super::{Need, Permission};
use crate::policy::Target;
use crate::{Bucket, ByteRange, ObjectKey, TagSet};

/// Uploads an object (436/7749).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutObject {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// What is kept and sent with each download.
    pub content: ContentHeaders,
    /// User metadata: names without `x-cos-meta-`, in lower case, and values.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// The storage class.
    pub storage_class: StorageClass,
    /// Access control; by the bucket's rules if absent.
    pub acl: Option<AclHeaders>,
    /// Its tags.
    pub tags: TagSet,
    /// How it is encrypted.
    pub encryption: Option<ServerSideEncryption>,
    /// Until when it cannot be changed, Unix seconds; as the bucket's configuration says if absent.
    pub retain_until: Option<i64>,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
    /// How fast the body may be sent.
    pub traffic_limit: Option<TrafficLimit>,
    /// `x-cos-forbid-overwrite: true`: only if there is no object of that key.
    pub forbid_overwrite: bool,
    /// What must hold of the object that is there.
    pub conditions: Conditions,
}

impl PutObject {
    /// An upload that says nothing but where to.
    pub fn new(bucket: Bucket, key: ObjectKey) -> Self {
        Self {
            bucket,
            key,
            content: ContentHeaders::default(),
            metadata: Vec::new(),
            storage_class: StorageClass::default(),
            acl: None,
            tags: TagSet::default(),
            encryption: None,
            retain_until: None,
            md5: None,
            traffic_limit: None,
            forbid_overwrite: false,
            conditions: Conditions::default(),
        }
    }

    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(Self {
            bucket,
            key,
            content: ContentHeaders::decode(headers)?,
            metadata: metadata(headers)?,
            storage_class: storage_class(headers)?,
            acl: AclHeaders::decode(&headers, CannedAcl::is_for_object)?,
            encryption: ServerSideEncryption::decode(headers)?,
            retain_until: retain_until(headers)?,
            tags: tags(headers)?,
            md5: content_md5(headers)?,
            traffic_limit: traffic_limit(params, headers)?,
            forbid_overwrite: headers.flag(FORBID_OVERWRITE)?,
            conditions: Conditions::decode(headers)?,
        })
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        let mut out = self.content.encode();
        out.extend(metadata_headers(&self.metadata));
        out.extend(self.storage_class.header());
        out.extend(self.acl.iter().flat_map(|acl| acl.encode()));
        out.extend(self.encryption.iter().flat_map(|encryption| encryption.headers()));
        out.extend(retain_until_headers(self.retain_until));
        out.extend(tags_header(&self.tags));
        out.extend(self.md5.map(ContentMd5::header));
        out.extend(self.traffic_limit.map(traffic_limit_header));
        out.extend(forbid_overwrite(self.forbid_overwrite));
        out.extend(self.conditions.encode());
        out
    }
}

impl Request for PutObject {
    called!("PUT Object", "PutObject");

    fn encode(&self) -> Parts<'_> {
        parts("PUT", (&self.bucket, &self.key), "", vec![], self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Write)
    }
}

const IF_RANGE: &str = "If-Range";

/// Downloads an object or a part of it (436/7753).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetObject {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
    /// Which part of it; all of it if absent.
    pub range: Option<ByteRange>,
    /// `If-Range`: of which object a range is wanted, by its entity tag or the date of its last change (RFC 9110 §13.1.5); all of
    /// another one is sent. The value as sent.
    pub if_range: Option<Vec<u8>>,
    /// What must hold of the object.
    pub conditions: Conditions,
    /// The key that it is encrypted with, if it is one of the customer.
    pub customer_key: Option<CustomerKey>,
    /// Headers that the answer is to bear instead of the object's own.
    pub overrides: ResponseOverrides,
    /// How fast the body may be sent.
    pub traffic_limit: Option<TrafficLimit>,
}

impl GetObject {
    /// A download of all of an object, as it is.
    pub fn new(bucket: Bucket, key: ObjectKey) -> Self {
        Self {
            bucket,
            key,
            version_id: None,
            range: None,
            if_range: None,
            conditions: Conditions::default(),
            overrides: ResponseOverrides::default(),
            traffic_limit: None,
            customer_key: None,
        }
    }

    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(Self {
            bucket,
            key,
            version_id: version_id(params)?,
            range: headers.once("Range")?.and_then(ByteRange::parse),
            if_range: headers.once(IF_RANGE)?.map(<[u8]>::to_vec),
            conditions: Conditions::decode(headers)?,
            customer_key: CustomerKey::decode(headers)?,
            overrides: ResponseOverrides::decode(params)?,
            traffic_limit: traffic_limit(params, headers)?,
        })
    }

    fn params(&self) -> Vec<Pair<'_>> {
        let overrides = self.overrides.iter();
        let overrides = overrides.map(|(param, _, value)| (param.as_bytes().into(), value.into()));
        overrides.chain(version_param(self.version_id.as_ref())).collect()
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        let mut out = self.conditions.encode();
        out.extend(self.customer_key.iter().flat_map(|key| key.headers()));
        out.extend(self.range.map(|range| pair("Range", range.to_string())));
        out.extend(
            self.if_range.as_deref().map(|value| (IF_RANGE.as_bytes().into(), value.into())),
        );
        out.extend(self.traffic_limit.map(traffic_limit_header));
        out
    }
}

impl Request for GetObject {
    called!("GET Object", "GetObject");

    fn encode(&self) -> Parts<'_> {
        parts("GET", (&self.bucket, &self.key), "", self.params(), self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Read)
            .of_version(self.version_id.as_ref())
    }
}

/// Tells what an object is (436/7745). A range is ignored: RFC 9110 §14.2 defines it for GET alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadObject {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
    /// What must hold of the object.
    pub conditions: Conditions,
    /// The key that it is encrypted with, if it is one of the customer.
    pub customer_key: Option<CustomerKey>,
}

impl HeadObject {
    /// A question that is answered whatever the object is.
    pub fn new(bucket: Bucket, key: ObjectKey) -> Self {
        Self {
            bucket,
            key,
            version_id: None,
            conditions: Conditions::default(),
            customer_key: None,
        }
    }

    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(Self {
            bucket,
            key,
            version_id: version_id(params)?,
            conditions: Conditions::decode(headers)?,
            customer_key: CustomerKey::decode(headers)?,
        })
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        let key = self.customer_key.iter().flat_map(|key| key.headers());
        self.conditions.encode().into_iter().chain(key).collect()
    }
}

impl Request for HeadObject {
    called!("HEAD Object", "HeadObject");

    fn encode(&self) -> Parts<'_> {
        let version = version_param(self.version_id.as_ref());
        parts("HEAD", (&self.bucket, &self.key), "", version, self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Read)
            .of_version(self.version_id.as_ref())
    }
}

/// Deletes an object (436/7743).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteObject {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
}

impl Request for DeleteObject {
    called!("DELETE Object", "DeleteObject");

    fn encode(&self) -> Parts<'_> {
        let version = version_param(self.version_id.as_ref());
        parts("DELETE", (&self.bucket, &self.key), "", version, vec![])
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Write)
    }
}

/// Reads an object's access control (436/7744).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetObjectAcl {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
}

impl Request for GetObjectAcl {
    called!("GET Object acl", "GetObjectACL");

    fn encode(&self) -> Parts<'_> {
        let version = version_param(self.version_id.as_ref());
        parts("GET", (&self.bucket, &self.key), "acl", version, vec![])
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::ReadAcp)
            .of_version(self.version_id.as_ref())
    }
}

/// Replaces an object's access control (436/7748).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutObjectAcl {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
    /// The new access control; in the body if absent.
    pub acl: Option<AclHeaders>,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
}

impl PutObjectAcl {
    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        let acl = AclHeaders::decode(&headers, CannedAcl::is_for_object)?;
        let (version_id, md5) = (version_id(params)?, content_md5(headers)?);
        Ok(Self { bucket, key, version_id, acl, md5 })
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        let mut out = self.acl.as_ref().map(AclHeaders::encode).unwrap_or_default();
        out.extend(self.md5.map(ContentMd5::header));
        out
    }
}

impl Request for PutObjectAcl {
    called!("PUT Object acl", "PutObjectACL");

    fn encode(&self) -> Parts<'_> {
        let version = version_param(self.version_id.as_ref());
        parts("PUT", (&self.bucket, &self.key), "acl", version, self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::WriteAcp)
            .of_version(self.version_id.as_ref())
    }
}
