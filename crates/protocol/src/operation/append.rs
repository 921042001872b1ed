//! Appending to an object.

use super::acl::{AclHeaders, CannedAcl};
use super::encryption::ServerSideEncryption;
use super::fields::{
    content_md5, metadata, metadata_headers, storage_class, traffic_limit, traffic_limit_header,
};
use super::parts::{Headers, Pair, Params, Parts, number, pair, parts};
use super::request::{Request, called};
use super::tagging::{tags, tags_header};
use super::value::{ContentMd5, StorageClass, TrafficLimit};
use super::{ContentHeaders, DecodeError, Need, Permission, invalid};
use crate::policy::Target;
use crate::{Bucket, ObjectKey, TagSet};

const POSITION: &str = "position";

/// Appends to an object that was begun so, or begins one (436/7741). What it says of the object beside its bytes counts
/// when it begins one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendObject {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Where to append: the length of what is there.
    pub position: u64,
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
    /// How it is encrypted. A key of the customer must come with each append, the same each time.
    pub encryption: Option<ServerSideEncryption>,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
    /// How fast the body may be sent.
    pub traffic_limit: Option<TrafficLimit>,
}

impl AppendObject {
    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        let position = params.owned(POSITION)?;
        Ok(Self {
            bucket,
            key,
            position: number(&position).ok_or_else(|| invalid(POSITION, &position))?,
            content: ContentHeaders::decode(headers)?,
            metadata: metadata(headers)?,
            storage_class: storage_class(headers)?,
            acl: AclHeaders::decode(&headers, CannedAcl::is_for_object)?,
            tags: tags(headers)?,
            encryption: ServerSideEncryption::decode(headers)?,
            md5: content_md5(headers)?,
            traffic_limit: traffic_limit(params, headers)?,
        })
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        let mut out = self.content.encode();
        out.extend(metadata_headers(&self.metadata));
        out.extend(self.storage_class.header());
        out.extend(self.acl.iter().flat_map(|acl| acl.encode()));
        out.extend(tags_header(&self.tags));
        out.extend(self.encryption.iter().flat_map(|encryption| encryption.headers()));
        out.extend(self.md5.map(ContentMd5::header));
        out.extend(self.traffic_limit.map(traffic_limit_header));
        out
    }
}

impl Request for AppendObject {
    called!("APPEND Object", "AppendObject");

    fn encode(&self) -> Parts<'_> {
        let position = pair(POSITION, self.position.to_string());
        parts("POST", (&self.bucket, &self.key), "append", vec![position], self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Write)
    }
}
