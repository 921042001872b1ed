//! Uploading an object in parts.

use super::acl::{AclHeaders, CannedAcl};
use super::encryption::{CustomerKey, ServerSideEncryption};
use super::fields::{
    FORBID_OVERWRITE, content_md5, forbid_overwrite, metadata, metadata_headers, storage_class,
    traffic_limit, traffic_limit_header,
};
use super::list::{count, encoding, texts};
use super::parts::{Headers, Pair, Params, Parts, number, pair, parts};
use super::request::{Request, called};
use super::retention::{retain_until, retain_until_headers};
use super::tagging::{tags, tags_header};
use super::value::{ContentMd5, StorageClass, TrafficLimit};
use super::{Conditions, ContentHeaders, DecodeError, invalid};
use super::{Need, Permission};
use crate::policy::Target;
use crate::{Bucket, ObjectKey, TagSet};

/// The highest number of a part (436/7750).
const PART_MAX: u64 = 10_000;

/// The most parts or uploads that one answer lists (436/7747, 436/7736).
const LISTED_MAX: u32 = 1000;

/// Begins an upload in parts (436/7746).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitiateMultipartUpload {
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
    /// `x-cos-forbid-overwrite: true`: only if there is no object of that key.
    pub forbid_overwrite: bool,
}

impl InitiateMultipartUpload {
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
            forbid_overwrite: false,
        }
    }

    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
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
            forbid_overwrite: headers.flag(FORBID_OVERWRITE)?,
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
        out.extend(forbid_overwrite(self.forbid_overwrite));
        out
    }
}

impl Request for InitiateMultipartUpload {
    called!("Initiate Multipart Upload", "InitiateMultipartUpload");

    fn encode(&self) -> Parts<'_> {
        parts("POST", (&self.bucket, &self.key), "uploads", vec![], self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Write)
    }
}

/// Uploads a part (436/7750).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPart {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which upload it is a part of.
    pub upload_id: String,
    /// Which part, 1 to 10000.
    pub number: u16,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
    /// The key that the upload is encrypted with, if it is one of the customer.
    pub customer_key: Option<CustomerKey>,
    /// How fast the body may be sent.
    pub traffic_limit: Option<TrafficLimit>,
}

impl UploadPart {
    /// A part that says nothing but which it is.
    pub fn new(bucket: Bucket, key: ObjectKey, upload_id: String, number: u16) -> Self {
        Self { bucket, key, upload_id, number, md5: None, traffic_limit: None, customer_key: None }
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
            upload_id: params.owned(UPLOAD_ID)?,
            number: part_number(params)?,
            md5: content_md5(headers)?,
            customer_key: CustomerKey::decode(headers)?,
            traffic_limit: traffic_limit(params, headers)?,
        })
    }

    fn params(&self) -> Vec<Pair<'_>> {
        vec![pair("partNumber", self.number.to_string()), pair(UPLOAD_ID, &*self.upload_id)]
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        let md5 = self.md5.map(ContentMd5::header);
        let key = self.customer_key.iter().flat_map(|key| key.headers());
        md5.into_iter().chain(self.traffic_limit.map(traffic_limit_header)).chain(key).collect()
    }
}

impl Request for UploadPart {
    called!("Upload Part", "UploadPart");

    fn encode(&self) -> Parts<'_> {
        parts("PUT", (&self.bucket, &self.key), "", self.params(), self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Write)
    }
}

/// Lists the parts that were uploaded (436/7747).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListParts {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which upload.
    pub upload_id: String,
    /// Only parts after this number.
    pub part_number_marker: u64,
    /// At most so many, 1 to 1000.
    pub max_parts: u32,
    /// Whether the answer's key is to be percent-encoded.
    pub url_encoded: bool,
}

impl ListParts {
    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
    ) -> Result<Self, DecodeError> {
        let marker = params.owned("part-number-marker")?;
        let part_number_marker = match marker.as_str() {
            "" => Some(0),
            text => number(text),
        };
        Ok(Self {
            bucket,
            key,
            upload_id: params.owned(UPLOAD_ID)?,
            part_number_marker: part_number_marker
                .ok_or_else(|| invalid("part-number-marker", &marker))?,
            max_parts: params.count("max-parts", LISTED_MAX)?,
            url_encoded: params.url_encoding()?,
        })
    }

    fn params(&self) -> Vec<Pair<'_>> {
        let mut params = vec![pair(UPLOAD_ID, &*self.upload_id)];
        if self.part_number_marker != 0 {
            params.push(pair("part-number-marker", self.part_number_marker.to_string()));
        }
        params.extend(count("max-parts", self.max_parts, LISTED_MAX));
        params.extend(encoding(self.url_encoded));
        params
    }
}

impl Request for ListParts {
    called!("List Parts", "ListParts");

    fn encode(&self) -> Parts<'_> {
        parts("GET", (&self.bucket, &self.key), "", self.params(), vec![])
    }
}

/// Lists the uploads in parts that are under way (436/7736).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListMultipartUploads {
    /// The bucket.
    pub bucket: Bucket,
    /// Only keys that begin so.
    pub prefix: String,
    /// Keys that are alike up to this text, beyond the prefix, count as one; none if empty.
    pub delimiter: String,
    /// Only uploads of keys after this one, in byte order.
    pub key_marker: String,
    /// Also uploads of that key after this one; without a key it says nothing.
    pub upload_id_marker: String,
    /// At most so many uploads and common prefixes, 0 to 1000.
    pub max_uploads: u32,
    /// Whether the answer's keys are to be percent-encoded.
    pub url_encoded: bool,
}

impl ListMultipartUploads {
    pub(super) fn decode(bucket: Bucket, params: Params<'_, '_>) -> Result<Self, DecodeError> {
        let max_uploads = match params.text("max-uploads")? {
            None => LISTED_MAX,
            Some(text) => number(&text)
                .and_then(|number| u32::try_from(number).ok())
                .filter(|number| *number <= LISTED_MAX)
                .ok_or_else(|| invalid("max-uploads", &text))?,
        };
        Ok(Self {
            bucket,
            prefix: params.owned("prefix")?,
            delimiter: params.owned("delimiter")?,
            key_marker: params.owned("key-marker")?,
            upload_id_marker: params.owned("upload-id-marker")?,
            max_uploads,
            url_encoded: params.url_encoding()?,
        })
    }

    fn params(&self) -> Vec<Pair<'_>> {
        let mut params = texts([
            ("prefix", &self.prefix),
            ("delimiter", &self.delimiter),
            ("key-marker", &self.key_marker),
            ("upload-id-marker", &self.upload_id_marker),
        ]);
        params.extend(count("max-uploads", self.max_uploads, LISTED_MAX));
        params.extend(encoding(self.url_encoded));
        params
    }
}

impl Request for ListMultipartUploads {
    called!("List Multipart Uploads", "ListMultipartUploads");

    fn encode(&self) -> Parts<'_> {
        parts("GET", &self.bucket, "uploads", self.params(), vec![])
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::prefix(&self.bucket, &self.prefix))
            .granted_by(Permission::Read)
    }
}

/// Makes an object of the parts that the body names (436/7742).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteMultipartUpload {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which upload.
    pub upload_id: String,
    /// What the body's MD5 must be.
    pub md5: Option<ContentMd5>,
    /// `x-cos-forbid-overwrite: true`: only if there is no object of that key.
    pub forbid_overwrite: bool,
    /// What must hold of the object that is there.
    pub conditions: Conditions,
}

impl CompleteMultipartUpload {
    /// Whatever is there is replaced.
    pub fn new(bucket: Bucket, key: ObjectKey, upload_id: String) -> Self {
        let (md5, forbid_overwrite, conditions) = (None, false, Conditions::default());
        Self { bucket, key, upload_id, md5, forbid_overwrite, conditions }
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
            upload_id: params.owned(UPLOAD_ID)?,
            md5: content_md5(headers)?,
            forbid_overwrite: headers.flag(FORBID_OVERWRITE)?,
            conditions: Conditions::decode(headers)?,
        })
    }

    fn params(&self) -> Vec<Pair<'_>> {
        vec![pair(UPLOAD_ID, &*self.upload_id)]
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        let mut out = self.conditions.encode();
        out.extend(self.md5.map(ContentMd5::header));
        out.extend(forbid_overwrite(self.forbid_overwrite));
        out
    }
}

impl Request for CompleteMultipartUpload {
    called!("Complete Multipart Upload", "CompleteMultipartUpload");

    fn encode(&self) -> Parts<'_> {
        parts("POST", (&self.bucket, &self.key), "", self.params(), self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Write)
    }
}

/// Gives an upload up, with all its parts (436/7740).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbortMultipartUpload {
    /// The bucket.
    pub bucket: Bucket,
    /// The key.
    pub key: ObjectKey,
    /// Which upload.
    pub upload_id: String,
}

impl AbortMultipartUpload {
    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
    ) -> Result<Self, DecodeError> {
        Ok(Self { bucket, key, upload_id: params.owned(UPLOAD_ID)? })
    }

    fn params(&self) -> Vec<Pair<'_>> {
        vec![pair(UPLOAD_ID, &*self.upload_id)]
    }
}

impl Request for AbortMultipartUpload {
    called!("Abort Multipart Upload", "AbortMultipartUpload");

    fn encode(&self) -> Parts<'_> {
        parts("DELETE", (&self.bucket, &self.key), "", self.params(), vec![])
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .granted_by(Permission::Write)
    }
}

pub(super) const UPLOAD_ID: &str = "uploadId";

pub(super) fn part_number(params: Params<'_, '_>) -> Result<u16, DecodeError> {
    let text = params.owned("partNumber")?;
    let valid = number(&text).filter(|number| (1..=PART_MAX).contains(number));
    valid.and_then(|number| u16::try_from(number).ok()).ok_or_else(|| invalid("partNumber", &text))
}
