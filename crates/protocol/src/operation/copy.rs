//! Copying an object, and naming the object that is copied.

use std::fmt;

use cospass_sign::percent;

use super::acl::{AclHeaders, CannedAcl};
use super::encryption::{CustomerKey, ServerSideEncryption};
use super::fields::{
    FORBID_OVERWRITE, forbid_overwrite, metadata, metadata_headers, storage_class,
};
use super::multipart::{UPLOAD_ID, part_number};
use super::parts::{Headers, Pair, Params, Parts, pair, parts};
use super::request::{Request, called};
use super::retention::{retain_until, retain_until_headers};
use super::tagging::{replaced_tags, replaced_tags_headers};
use super::value::StorageClass;
use super::{Conditions, ContentHeaders, DecodeError, Unserved, invalid};
use super::{Need, Permission};
use crate::policy::Target;
use crate::{Bucket, ByteRange, ObjectKey, TagSet};

const SOURCE: &str = "x-cos-copy-source";
const RANGE: &str = "x-cos-copy-source-range";
const DIRECTIVE: &str = "x-cos-metadata-directive";

/// Copies an object (436/10881).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutObjectCopy {
    /// The bucket to copy to.
    pub bucket: Bucket,
    /// The key to copy to.
    pub key: ObjectKey,
    /// What is copied.
    pub source: CopySource,
    /// What must hold of the source: `x-cos-copy-source-If-…`.
    pub source_conditions: Conditions,
    /// What the copy is, but for its bytes; as the source is if absent.
    pub replaced: Option<Replaced>,
    /// The tags of the copy; those of the source if absent.
    pub replaced_tags: Option<TagSet>,
    /// The storage class of the copy.
    pub storage_class: StorageClass,
    /// Access control of the copy; by the bucket's rules if absent.
    pub acl: Option<AclHeaders>,
    /// How the copy is encrypted.
    pub encryption: Option<ServerSideEncryption>,
    /// Until when it cannot be changed, Unix seconds; as the bucket's configuration says if absent.
    pub retain_until: Option<i64>,
    /// The key that the source is encrypted with, if it is one of the customer.
    pub source_key: Option<CustomerKey>,
    /// `x-cos-forbid-overwrite: true`: only if there is no object of that key.
    pub forbid_overwrite: bool,
    /// What must hold of the object that is there.
    pub conditions: Conditions,
}

/// What `x-cos-metadata-directive: Replaced` gives a copy instead of what its source has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// What is sent with each download.
    pub content: ContentHeaders,
    /// User metadata: names without `x-cos-meta-`, in lower case, and values.
    pub metadata: Vec<(String, Vec<u8>)>,
}

impl PutObjectCopy {
    /// A copy that is as its source is.
    pub fn new(bucket: Bucket, key: ObjectKey, source: CopySource) -> Self {
        Self {
            bucket,
            key,
            source,
            source_conditions: Conditions::default(),
            replaced: None,
            replaced_tags: None,
            storage_class: StorageClass::default(),
            acl: None,
            encryption: None,
            retain_until: None,
            forbid_overwrite: false,
            source_key: None,
            conditions: Conditions::default(),
        }
    }

    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        // Without an upload it would be the range of nothing, and all would be copied.
        if headers.once(RANGE)?.is_some_and(|range| !range.is_empty()) {
            return Err(DecodeError::Unserved(Unserved::Header(RANGE.to_owned())));
        }
        let directive = headers.text(DIRECTIVE)?.unwrap_or_default();
        let replaced = match directive.to_ascii_lowercase().as_str() {
            // `Replaced` in 436/10881; cos-java-sdk-v5 `COSClient.copyObject` sends `REPLACE`.
            "replaced" | "replace" => Some(Replaced {
                content: ContentHeaders::decode(headers)?,
                metadata: metadata(headers)?,
            }),
            "copy" | "" => None,
            _ => return Err(invalid(DIRECTIVE, &directive)),
        };
        Ok(Self {
            bucket,
            key,
            source: CopySource::decode(headers)?,
            source_conditions: source_conditions(headers)?,
            replaced,
            replaced_tags: replaced_tags(headers)?,
            storage_class: storage_class(headers)?,
            acl: AclHeaders::decode(&headers, CannedAcl::is_for_object)?,
            encryption: ServerSideEncryption::decode(headers)?,
            retain_until: retain_until(headers)?,
            source_key: CustomerKey::decode_of_source(headers)?,
            forbid_overwrite: headers.flag(FORBID_OVERWRITE)?,
            conditions: Conditions::decode(headers)?,
        })
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        let mut out = self.source.headers();
        out.extend(source_condition_headers(&self.source_conditions));
        if let Some(replaced) = &self.replaced {
            out.push(pair(DIRECTIVE, "Replaced"));
            out.extend(replaced.content.encode());
            out.extend(metadata_headers(&replaced.metadata));
        }
        out.extend(replaced_tags_headers(self.replaced_tags.as_ref()));
        out.extend(self.storage_class.header());
        out.extend(self.acl.iter().flat_map(|acl| acl.encode()));
        out.extend(self.source_key.iter().flat_map(|key| key.headers_of_source()));
        out.extend(self.encryption.iter().flat_map(|encryption| encryption.headers()));
        out.extend(retain_until_headers(self.retain_until));
        out.extend(forbid_overwrite(self.forbid_overwrite));
        out.extend(self.conditions.encode());
        out
    }
}

impl Request for PutObjectCopy {
    called!("PUT Object - Copy", "PutObjectCopy");

    fn encode(&self) -> Parts<'_> {
        parts("PUT", (&self.bucket, &self.key), "", vec![], self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .or("PutObject")
            .granted_by(Permission::Write)
    }

    fn also_needs(&self) -> Option<Need> {
        Some(self.source.need())
    }
}

/// Makes a part of an upload out of an object (436/8287).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPartCopy {
    /// The bucket of the upload.
    pub bucket: Bucket,
    /// The key of the upload.
    pub key: ObjectKey,
    /// Which upload it is a part of.
    pub upload_id: String,
    /// Which part, 1 to 10000.
    pub number: u16,
    /// What is copied.
    pub source: CopySource,
    /// The first and the last byte that are copied; all if absent.
    pub range: Option<(u64, u64)>,
    /// What must hold of the source: `x-cos-copy-source-If-…`.
    pub source_conditions: Conditions,
    /// The key that the upload is encrypted with, if it is one of the customer.
    pub customer_key: Option<CustomerKey>,
    /// The key that the source is encrypted with, if it is one of the customer.
    pub source_key: Option<CustomerKey>,
}

impl UploadPartCopy {
    pub(super) fn decode(
        bucket: Bucket,
        key: ObjectKey,
        params: Params<'_, '_>,
        headers: Headers<'_, '_>,
    ) -> Result<Self, DecodeError> {
        // The Python SDK sends an empty one to copy all.
        let range = headers.text(RANGE)?.filter(|text| !text.is_empty());
        let range = range.map(|text| match ByteRange::parse(text.as_bytes()) {
            Some(ByteRange::FromTo(first, last)) => Ok((first, last)),
            _ => Err(invalid(RANGE, &text)),
        });
        Ok(Self {
            bucket,
            key,
            upload_id: params.owned(UPLOAD_ID)?,
            number: part_number(params)?,
            source: CopySource::decode(headers)?,
            range: range.transpose()?,
            source_conditions: source_conditions(headers)?,
            customer_key: CustomerKey::decode(headers)?,
            source_key: CustomerKey::decode_of_source(headers)?,
        })
    }

    fn params(&self) -> Vec<Pair<'_>> {
        vec![pair("partNumber", self.number.to_string()), pair(UPLOAD_ID, &*self.upload_id)]
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        let mut out = self.source.headers();
        let range = self.range.map(|(first, last)| ByteRange::FromTo(first, last).to_string());
        out.extend(range.map(|range| pair(RANGE, range)));
        out.extend(source_condition_headers(&self.source_conditions));
        out.extend(self.customer_key.iter().flat_map(|key| key.headers()));
        out.extend(self.source_key.iter().flat_map(|key| key.headers_of_source()));
        out
    }
}

impl Request for UploadPartCopy {
    called!("Upload Part - Copy", "UploadPartCopy");

    fn encode(&self) -> Parts<'_> {
        parts("PUT", (&self.bucket, &self.key), "", self.params(), self.headers())
    }

    fn need(&self) -> Need {
        Need::new(self.action(), Target::object(&self.bucket, &self.key))
            .or("UploadPart")
            .granted_by(Permission::Write)
    }

    fn also_needs(&self) -> Option<Need> {
        Some(self.source.need())
    }
}

/// An object that is copied: `BUCKET.DOMAIN/KEY`, the key percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySource {
    /// The bucket.
    pub bucket: Bucket,
    /// The domain after the bucket, such as `cos.ap-guangzhou.myqcloud.com`, with a port if it has one.
    pub domain: String,
    /// The key.
    pub key: ObjectKey,
    /// Which version of it; the current one if absent.
    pub version_id: Option<String>,
}

impl CopySource {
    /// Reads the header's value. A `+` is a `+`, as in a path. An empty `versionId` is none.
    ///
    /// # Errors
    /// [`DecodeError::InvalidCopySource`] for another form.
    pub fn parse(value: &[u8]) -> Result<Self, DecodeError> {
        let bad = || DecodeError::InvalidCopySource;
        let text = std::str::from_utf8(value).map_err(|_| bad())?;
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let version_id = match query.strip_prefix("versionId=") {
            None if !query.is_empty() => return Err(bad()),
            version => version.filter(|version| !version.is_empty()),
        };
        let path = path.strip_prefix('/').unwrap_or(path);
        let (host, key) = path.split_once('/').ok_or_else(bad)?;
        let (bucket, domain) = host.split_once('.').ok_or_else(bad)?;
        let key = percent::decode(key.as_bytes());
        let key = std::str::from_utf8(&key).map_err(|_| bad())?;
        let key = ObjectKey::new(format!("/{key}")).map_err(|_| bad())?;
        let is_domain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
        if key.is_bucket() || domain.is_empty() || !domain.bytes().all(is_domain) {
            return Err(bad());
        }
        let bucket = Bucket::new(bucket).map_err(|_| bad())?;
        let version_id = version_id.map(str::to_owned);
        Ok(Self { bucket, domain: domain.to_owned(), key, version_id })
    }

    pub(super) fn decode(headers: Headers<'_, '_>) -> Result<Self, DecodeError> {
        Self::parse(headers.once(SOURCE)?.unwrap_or_default())
    }

    /// What has to be allowed for it to be copied.
    fn need(&self) -> Need {
        let target = Target::object(&self.bucket, &self.key);
        Need::new("GetObject", target)
            .granted_by(Permission::Read)
            .of_version(self.version_id.as_ref())
    }

    fn headers(&self) -> Vec<Pair<'_>> {
        vec![pair(SOURCE, self.to_string())]
    }

    /// Whether a request names one.
    pub(super) fn is_in(headers: Headers<'_, '_>) -> Result<bool, DecodeError> {
        Ok(headers.once(SOURCE)?.is_some())
    }
}

impl fmt::Display for CopySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = percent::encode(self.key.as_str().as_bytes()).replace("%2F", "/");
        write!(f, "{}.{}/{key}", self.bucket.as_str(), self.domain)?;
        match &self.version_id {
            Some(version) => write!(f, "?versionId={version}"),
            None => Ok(()),
        }
    }
}

const CONDITIONS: [&str; 4] = [
    "x-cos-copy-source-If-Match",
    "x-cos-copy-source-If-Modified-Since",
    "x-cos-copy-source-If-None-Match",
    "x-cos-copy-source-If-Unmodified-Since",
];

pub(super) fn source_conditions(headers: Headers<'_, '_>) -> Result<Conditions, DecodeError> {
    let [if_match, if_modified_since, if_none_match, if_unmodified_since] =
        CONDITIONS.map(|name| headers.once(name).map(|value| value.map(<[u8]>::to_vec)));
    Ok(Conditions {
        if_match: if_match?,
        if_modified_since: if_modified_since?,
        if_none_match: if_none_match?,
        if_unmodified_since: if_unmodified_since?,
    })
}

pub(super) fn source_condition_headers(conditions: &Conditions) -> Vec<Pair<'_>> {
    let named = conditions.iter().filter_map(|(name, value)| {
        let name =
            CONDITIONS.into_iter().find(|found| found.ends_with(&format!("source-{name}")))?;
        Some((name.as_bytes().into(), value.into()))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CopySource, DecodeError> {
        CopySource::parse(text.as_bytes())
    }

    #[test]
    fn what_sdks_send_is_read() {
        for (text, domain, key) in [
            ("b-1.cos.ap-guangzhou.myqcloud.com/a", "cos.ap-guangzhou.myqcloud.com", "a"),
            (
                "/b-1.cos.ap-guangzhou.localhost:9000/a%2Bb+c",
                "cos.ap-guangzhou.localhost:9000",
                "a+b+c",
            ),
            ("b-1.x//a?versionId=", "x", "/a"),
            ("b-1.x/%E9%A1%B5/页%3F", "x", "页/页?"),
        ] {
            let source = parse(text).unwrap();
            assert_eq!((source.domain.as_str(), source.key.as_str()), (domain, key), "{text}");
            assert_eq!(parse(&source.to_string()), Ok(source), "{text}");
        }
    }

    #[test]
    fn another_form_is_refused() {
        for text in
            ["", "a", "b-1/a", "b-1.x", "b-1.x/", "b.x/a", "b-1.x/%ff", "b-1.x/a?b=c", "b-1.x y/a"]
        {
            assert_eq!(parse(text), Err(DecodeError::InvalidCopySource), "{text}");
        }
        let long = format!("b-1.x/{}", "k".repeat(851));
        assert_eq!(parse(&long), Err(DecodeError::InvalidCopySource));
    }

    #[test]
    fn a_version_is_read() {
        let source = parse("b-1.x/a?versionId=MTg0").unwrap();
        assert_eq!(source.version_id.as_deref(), Some("MTg0"));
        assert_eq!(parse(&source.to_string()), Ok(source));
    }
}
