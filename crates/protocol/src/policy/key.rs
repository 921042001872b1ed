//! Condition keys, and what of a request carries each (436/71306).

use super::PolicyProblem;

/// What of a request carries a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// The client's address.
    Ip,
    /// Now.
    Time,
    SecureTransport,
    TlsVersion,
    /// A header, raw.
    Header(&'static str),
    /// A query parameter, compared as it is percent-encoded.
    Param(&'static str),
    /// The tags that a request brings along, `KEY&VALUE` each.
    RequestTags,
    /// The tags of the bucket, `KEY&VALUE` each.
    ResourceTags,
    /// Nothing here: there are no private networks, and no document tells of the others.
    Nothing,
}

/// A key that a request may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) carrier: Carrier,
    /// With which actions; with all, if there are none.
    actions: &'static [&'static str],
}

impl Key {
    /// The key of that name, in its case. Keys of other services are known by their form: their statements are for others.
    pub(super) fn parse(name: &str) -> Result<Self, PolicyProblem> {
        let bad = || PolicyProblem::Key { value: name.to_owned() };
        if let Some((_, carrier, actions)) = KEYS.iter().find(|(known, ..)| *known == name) {
            return Ok(Self { carrier: *carrier, actions });
        }
        let (service, rest) = name.split_once(':').ok_or_else(bad)?;
        let is_name = |text: &str| {
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte);
            !text.is_empty() && text.bytes().all(is_allowed)
        };
        if matches!(service, "cos" | "qcs" | "vpc") || !is_name(service) || !is_name(rest) {
            return Err(bad());
        }
        Ok(Self { carrier: Carrier::Nothing, actions: &[] })
    }

    /// The names of those that are known.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        KEYS.iter().map(|(name, ..)| *name)
    }

    /// Whether a request for that action may have it.
    pub(super) fn goes_with(self, action: &str) -> bool {
        self.actions.is_empty() || self.actions.contains(&action)
    }
}

const LISTS: &[&str] =
    &["GetBucket", "GetBucketObjectVersions", "ListMultipartUploads", "ListLiveChannels"];

const UPLOADS: &[&str] =
    &["PutObject", "PutObjectCopy", "PostObject", "InitiateMultipartUpload", "AppendObject"];

const WITH_ACL: &[&str] = &[
    "PutObject",
    "PutObjectCopy",
    "PostObject",
    "PutObjectACL",
    "PutBucket",
    "PutBucketACL",
    "AppendObject",
    "InitiateMultipartUpload",
];

const VERSIONED: &[&str] = &[
    "GetObject",
    "HeadObject",
    "DeleteObject",
    "PostObjectRestore",
    "PutObjectTagging",
    "GetObjectTagging",
    "DeleteObjectTagging",
];

/// Names, carriers and actions. `cos:content_length` is an older spelling that policies still have.
const KEYS: &[(&str, Carrier, &[&str])] = &[
    ("qcs:ip", Carrier::Ip, &[]),
    ("qcs:current_time", Carrier::Time, &[]),
    ("cos:secure-transport", Carrier::SecureTransport, &[]),
    ("cos:tls-version", Carrier::TlsVersion, &[]),
    ("vpc:requester_vpc", Carrier::Nothing, &[]),
    ("qcs:vpc", Carrier::Nothing, &[]),
    ("cos:host", Carrier::Header("host"), &[]),
    ("cos:prefix", Carrier::Param("prefix"), LISTS),
    ("cos:delimiter", Carrier::Param("delimiter"), LISTS),
    ("cos:max-keys", Carrier::Param("max-keys"), LISTS),
    ("cos:versionid", Carrier::Param("versionId"), VERSIONED),
    ("cos:x-cos-storage-class", Carrier::Header("x-cos-storage-class"), UPLOADS),
    ("cos:x-cos-acl", Carrier::Header("x-cos-acl"), WITH_ACL),
    ("cos:x-cos-grant-read", Carrier::Header("x-cos-grant-read"), WITH_ACL),
    ("cos:x-cos-grant-write", Carrier::Header("x-cos-grant-write"), WITH_ACL),
    ("cos:x-cos-grant-read-acp", Carrier::Header("x-cos-grant-read-acp"), WITH_ACL),
    ("cos:x-cos-grant-write-acp", Carrier::Header("x-cos-grant-write-acp"), WITH_ACL),
    ("cos:x-cos-grant-full-control", Carrier::Header("x-cos-grant-full-control"), WITH_ACL),
    ("cos:x-cos-forbid-overwrite", Carrier::Header("x-cos-forbid-overwrite"), UPLOADS),
    ("cos:content-length", Carrier::Header("content-length"), &[]),
    ("cos:content_length", Carrier::Header("content-length"), &[]),
    ("cos:content-type", Carrier::Header("content-type"), &[]),
    ("cos:response-content-type", Carrier::Param("response-content-type"), &["GetObject"]),
    ("qcs:request_tag", Carrier::RequestTags, &["PutBucket", "PutBucketTagging"]),
    ("qcs:resource_tag", Carrier::ResourceTags, &[]),
    ("cos:x-cos-object-type", Carrier::Nothing, &[]),
    ("cos:object-lock-mode", Carrier::Nothing, &[]),
    ("cos:object-lock-remaining-retention-days", Carrier::Nothing, &[]),
    ("cos:secretid-age", Carrier::Nothing, &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_keys_and_those_of_other_services_are_read() {
        let prefix = Key::parse("cos:prefix").unwrap();
        assert!(prefix.goes_with("GetBucket") && !prefix.goes_with("GetObject"));
        assert!(Key::parse("qcs:ip").unwrap().goes_with("PutBucket"));
        assert_eq!(Key::parse("cvm:instance_type").unwrap().carrier, Carrier::Nothing);
    }

    #[test]
    fn unknown_keys_are_refused() {
        for name in ["", "ip", "cos:Prefix", "cos:prefixes", "qcs:source_ip", ":x", "a b:c"] {
            let refused = Key::parse(name);
            assert_eq!(refused, Err(PolicyProblem::Key { value: name.into() }), "{name}");
        }
    }
}
