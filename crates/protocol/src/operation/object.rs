//! Operations on objects.

use super::acl::{AclHeaders, CannedAcl};
use super::encryption::{CustomerKey, ServerSideEncryption};
use super::parts::{Headers, Pair, Params, Parts, pair, parts};
use super::request::Request;
use super::retention::{retain_until, retain_until_headers};
use super::tagging::{tags, tags_header};
use super::value::{ContentMd5, StorageClass, TrafficLimit};
use super::versions::{version_id, version_param};
use super::{DecodeError, invalid};
use super::{Need, Permission};
use crate::policy::Target;
use crate::{Bucket, ByteRange, ObjectKey, TagSet};

/// The prefix of user metadata.
const META: &str = "x-cos-meta-";

/// The most user metadata that an object may have, in bytes, names and values (436/7749).
const META_MAX: usize = 2048;

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
    fn name(&self) -> &'static str {
        "PUT Object"
    }

    fn action(&self) -> &'static str {
        "PutObject"
    }

    fn encode(&self) -> Parts<'_> {
        parts("PUT", (&self.bucket, &self.key), "", vec![], self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Write)
    }
}

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
        out.extend(self.traffic_limit.map(traffic_limit_header));
        out
    }
}

impl Request for GetObject {
    fn name(&self) -> &'static str {
        "GET Object"
    }

    fn action(&self) -> &'static str {
        "GetObject"
    }

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
    fn name(&self) -> &'static str {
        "HEAD Object"
    }

    fn action(&self) -> &'static str {
        "HeadObject"
    }

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
    fn name(&self) -> &'static str {
        "DELETE Object"
    }

    fn action(&self) -> &'static str {
        "DeleteObject"
    }

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
    fn name(&self) -> &'static str {
        "GET Object acl"
    }

    fn action(&self) -> &'static str {
        "GetObjectACL"
    }

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
    fn name(&self) -> &'static str {
        "PUT Object acl"
    }

    fn action(&self) -> &'static str {
        "PutObjectACL"
    }

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

macro_rules! fields {
    ($($(#[$doc:meta])* $type:ident { $($field:ident: $name:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $type {
            $(#[doc = concat!("`", $name, "`")] pub $field: Option<Vec<u8>>,)*
        }

        impl $type {
            /// What is there: names and values.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
                [$(($name, &self.$field)),*]
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value.as_deref()?)))
            }

            pub(super) fn encode(&self) -> Vec<Pair<'_>> {
                self.iter().map(|(name, value)| (name.as_bytes().into(), value.into())).collect()
            }

            pub(super) fn decode(headers: Headers<'_, '_>) -> Result<Self, DecodeError> {
                Ok(Self { $($field: headers.once($name)?.map(<[u8]>::to_vec),)* })
            }
        }
    )*};
}

fields! {
    /// Headers that are kept with an object and sent with each download.
    ContentHeaders {
        cache_control: "Cache-Control",
        content_disposition: "Content-Disposition",
        content_encoding: "Content-Encoding",
        content_language: "Content-Language",
        content_type: "Content-Type",
        expires: "Expires",
    }

    /// What must hold of an object for the operation to be done (RFC 9110 §13); values as sent.
    Conditions {
        if_match: "If-Match",
        if_modified_since: "If-Modified-Since",
        if_none_match: "If-None-Match",
        if_unmodified_since: "If-Unmodified-Since",
    }
}

/// Headers that the answer to a download is to bear instead of the object's own: the parameters `response-…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseOverrides(Vec<(&'static str, &'static str, Vec<u8>)>);

impl ResponseOverrides {
    /// Parameters and the headers that they stand for.
    pub const NAMES: [(&str, &str); 6] = [
        ("response-cache-control", "Cache-Control"),
        ("response-content-disposition", "Content-Disposition"),
        ("response-content-encoding", "Content-Encoding"),
        ("response-content-language", "Content-Language"),
        ("response-content-type", "Content-Type"),
        ("response-expires", "Expires"),
    ];

    /// With one more header replaced; a name that is none of [`NAMES`](Self::NAMES) changes nothing.
    #[must_use]
    pub fn with(mut self, param: &str, value: impl Into<Vec<u8>>) -> Self {
        let found = Self::NAMES.into_iter().find(|(name, _)| *name == param);
        self.0.extend(found.map(|(param, header)| (param, header, value.into())));
        self
    }

    /// What is there: parameters, the headers that they stand for, values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str, &[u8])> {
        self.0.iter().map(|(param, header, value)| (*param, *header, value.as_slice()))
    }

    fn decode(params: Params<'_, '_>) -> Result<Self, DecodeError> {
        let mut found = Vec::new();
        for (param, header) in Self::NAMES {
            let Some(value) = params.once(param)? else {
                continue;
            };
            if value.iter().any(|&byte| byte.is_ascii_control() && byte != b'\t') {
                return Err(invalid(param, &String::from_utf8_lossy(value)));
            }
            found.push((param, header, value.to_vec()));
        }
        Ok(Self(found))
    }
}

pub(super) fn metadata(headers: Headers<'_, '_>) -> Result<Vec<(String, Vec<u8>)>, DecodeError> {
    let found = headers
        .with_prefix(META)
        .filter_map(|(name, value)| Some((name.strip_prefix(META)?.to_owned(), value.to_vec())));
    let found: Vec<(String, Vec<u8>)> = found.collect();
    for (index, (name, _)) in found.iter().enumerate() {
        let is_twice = found.iter().skip(index + 1).any(|(other, _)| other == name);
        if is_twice || !is_metadata_name(name) {
            return Err(DecodeError::MetadataName { name: format!("{META}{name}") });
        }
    }
    let length = found.iter().map(|(name, value)| name.len() + value.len()).sum();
    if length > META_MAX { Err(DecodeError::MetadataTooLong { length }) } else { Ok(found) }
}

/// Letters, digits and `-` (436/13361); others, `_` among them, are lost or refused on the way into the service.
fn is_metadata_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

pub(super) fn metadata_headers(metadata: &[(String, Vec<u8>)]) -> Vec<Pair<'_>> {
    let named = |name: &String| format!("{META}{name}").into_bytes().into();
    metadata.iter().map(|(name, value)| (named(name), value.as_slice().into())).collect()
}

pub(super) fn storage_class(headers: Headers<'_, '_>) -> Result<StorageClass, DecodeError> {
    match headers.text("x-cos-storage-class")? {
        Some(name) => name.parse().map_err(|_| invalid("x-cos-storage-class", &name)),
        None => Ok(StorageClass::default()),
    }
}

pub(super) fn content_md5(headers: Headers<'_, '_>) -> Result<Option<ContentMd5>, DecodeError> {
    let value = headers.once("Content-MD5")?;
    value.map(|value| ContentMd5::parse(value).ok_or(DecodeError::InvalidDigest)).transpose()
}

const TRAFFIC_LIMIT: &str = "x-cos-traffic-limit";

/// As a header or as a parameter; if as both, they must say the same.
pub(super) fn traffic_limit(
    params: Params<'_, '_>,
    headers: Headers<'_, '_>,
) -> Result<Option<TrafficLimit>, DecodeError> {
    let parse = |text: &str| TrafficLimit::parse(text).ok_or_else(|| invalid(TRAFFIC_LIMIT, text));
    let header = headers.text(TRAFFIC_LIMIT)?.map(|text| parse(&text)).transpose()?;
    let param = params.text(TRAFFIC_LIMIT)?.map(|text| parse(&text)).transpose()?;
    match (header, param) {
        (Some(header), Some(param)) if header != param => {
            Err(invalid(TRAFFIC_LIMIT, &param.bits_per_second().to_string()))
        }
        (header, param) => Ok(header.or(param)),
    }
}

pub(super) fn traffic_limit_header(limit: TrafficLimit) -> Pair<'static> {
    pair(TRAFFIC_LIMIT, limit.bits_per_second().to_string())
}

pub(super) const FORBID_OVERWRITE: &str = "x-cos-forbid-overwrite";

pub(super) fn forbid_overwrite(is_forbidden: bool) -> Option<Pair<'static>> {
    is_forbidden.then(|| pair(FORBID_OVERWRITE, "true"))
}
